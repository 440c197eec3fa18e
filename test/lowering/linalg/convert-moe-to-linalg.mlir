// RUN: moe-opt %s -convert-moe-to-linalg -moe-verify-stage=stage=linalg -canonicalize -cse | FileCheck %s
// RUN: moe-opt %s -convert-moe-to-linalg --one-shot-bufferize="bufferize-function-boundaries allow-unknown-ops" \
// RUN:   -scf-forall-to-parallel | FileCheck %s --check-prefix=PARALLEL

// What is computed is tested by the run-* files; here, the form that targets find.

// Tokens are a parallel loop, slots a plain one.
// CHECK-LABEL: @route
// CHECK: cf.assert %{{.*}}, "too many tokens
// CHECK: scf.forall (%[[T:.*]]) in (%{{.*}}) shared_outs
// CHECK:   tensor.extract_slice %arg0[%[[T]], 0] [1, 8] [1, 1] : tensor<?x8xf32> to tensor<8xf32>
// CHECK:   math.exp
// CHECK: scf.for
// CHECK: return
// PARALLEL-LABEL: @route
// PARALLEL: scf.parallel
func.func @route(%logits: tensor<?x8xf32>) -> (tensor<?x2xf32>, tensor<?xi32>) {
  %w, %e, %s, %o = moe.route %logits <score = softmax, k = 2> {tile = 4 : i64}
      : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>
  return %w, %s : tensor<?x2xf32>, tensor<?xi32>
}

// Known sizes need no check at run time; scores of bf16 are computed in f32.
// CHECK-LABEL: @static_bf16
// CHECK-NOT: cf.assert
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: tensor<36xi32>
// CHECK: return
func.func @static_bf16(%logits: tensor<6x8xbf16>) -> (tensor<6x2xbf16>, tensor<36xi32>) {
  %w, %e, %s, %o = moe.route %logits <score = sigmoid, k = 2> {tile = 4 : i64}
      : tensor<6x8xbf16> -> tensor<6x2xbf16>, tensor<6x2xi32>, tensor<36xi32>, tensor<9xi32>
  return %w, %s : tensor<6x2xbf16>, tensor<36xi32>
}

// CHECK-LABEL: @f64_keys
// CHECK: arith.bitcast %{{.*}} : f64 to i64
func.func @f64_keys(%logits: tensor<?x8xf64>) -> tensor<?x1xi32> {
  %w, %e = moe.gate %logits <score = identity, k = 1> : tensor<?x8xf64> -> tensor<?x1xf64>, tensor<?x1xi32>
  return %e : tensor<?x1xi32>
}

// Ten rows are summed in two steps, and rounded after the second.
// CHECK-LABEL: @combine_f16
// CHECK: scf.forall
// CHECK: %[[PART:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<64xf32>)
// CHECK-COUNT-8: math.fma
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %{{.*}}, %[[PART]] : tensor<64xf16>, tensor<64xf16>, tensor<64xf32>) outs(%{{.*}} : tensor<64xf16>)
// CHECK-COUNT-2: math.fma
// CHECK: arith.truncf
// The sums go straight to where the result lies.
// PARALLEL-LABEL: @combine_f16
// PARALLEL: scf.parallel
// PARALLEL: %[[ROW:.*]] = memref.subview %{{.*}}[%{{.*}}, 0] [1, 64]
// PARALLEL: linalg.generic {{.*}} outs(%[[ROW]]
func.func @combine_f16(%rows: tensor<?x64xf16>, %slots: tensor<?xi32>, %w: tensor<?x10xf16>) -> tensor<?x64xf16> {
  %y = moe.combine %rows, %slots, %w : tensor<?x64xf16>, tensor<?xi32>, tensor<?x10xf16> -> tensor<?x64xf16>
  return %y : tensor<?x64xf16>
}

// What ends at the target stays.
// CHECK-LABEL: @stays
// CHECK: moe.observe
// CHECK: moe.grouped_matmul
func.func @stays(%x: tensor<?x64xf32>, %w: tensor<1x64x16xf32>, %init: tensor<?x16xf32>) -> tensor<?x16xf32> {
  moe.observe "layer" tokens %x : tensor<?x64xf32>
  %y = moe.grouped_matmul %x weights(%w : tensor<1x64x16xf32>) into(%init : tensor<?x16xf32>) : tensor<?x64xf32> -> tensor<?x16xf32>
  return %y : tensor<?x16xf32>
}
