//===- Codegen.h - From kernels on memrefs to the LLVM dialect --*- C++ -*-===//
//
// What the driver needs to know of code generation for CPUs: the pipeline of a variant. What it
// ends in is host code (lowering/host).
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_CODEGEN_H
#define MOE_LOWERING_CPU_CODEGEN_H

#include "lowering/host/HostCode.h"

namespace moe {

/// Planned linalg stage -> kernels on memrefs, the same for all variants.
void buildCpuKernelPipeline(mlir::OpPassManager &manager);
/// Kernels on memrefs -> target stage: memrefs, scf.parallel, vector (`moe-to-cpu-target` is both).
void buildCpuTargetPipeline(mlir::OpPassManager &manager, const CpuVariant &variant);
/// Target stage -> LLVM dialect, ready to translate (`moe-to-cpu-llvm`).
void buildCpuLlvmPipeline(mlir::OpPassManager &manager, const CpuVariant &variant);
/// All, one after the other.
void buildCpuPipeline(mlir::OpPassManager &manager, const CpuVariant &variant);

/// Registers `moe-to-cpu-target{variant=NAME}` and `moe-to-cpu-llvm{variant=NAME}`.
void registerCpuPipelines();
/// Registers the dialects, external models and translations that the pipelines need.
void registerCpuDialects(mlir::DialectRegistry &registry);

} // namespace moe

#endif // MOE_LOWERING_CPU_CODEGEN_H
