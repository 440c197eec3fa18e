#!/bin/sh
# run-linalg.sh LIBRARIES FILE: converts FILE to linalg and runs its @main.
set -e
moe-opt "$2" --pass-pipeline='builtin.module(
  convert-moe-to-linalg, canonicalize, cse,
  one-shot-bufferize{bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map},
  canonicalize, cse, canonicalize,
  func.func(scf-forall-to-parallel, convert-linalg-to-loops), convert-scf-to-cf, expand-strided-metadata,
  lower-affine, convert-math-to-llvm, convert-math-to-libm, convert-arith-to-llvm,
  finalize-memref-to-llvm, convert-func-to-llvm, convert-cf-to-llvm, reconcile-unrealized-casts)' |
  mlir-runner -e main --entry-point-result=void \
    --shared-libs="$1/libmlir_runner_utils.so,$1/libmlir_c_runner_utils.so"
