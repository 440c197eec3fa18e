//===- Codegen.h - From the planned linalg stage to an ELF object -*- C++ -*-===//
//
// What the driver and the artifact's writer need to know of code generation for CPUs: which
// variants there are, the pipeline of one, and the bytes it ends in.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_CODEGEN_H
#define MOE_LOWERING_CPU_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <future>

namespace moe {

/// One instruction set that code is generated for.
struct CpuVariant {
  llvm::StringRef name;     ///< "avx2", "avx512": what users and the artifact call it
  llvm::StringRef cpu;      ///< LLVM's name: "x86-64-v3"
  llvm::StringRef features; ///< LLVM's target-features string
  unsigned vectorBits;      ///< width of a vector register
  /// What must be there at run time, as /proc/cpuinfo spells it.
  llvm::ArrayRef<llvm::StringRef> required;
};

/// All variants, best first.
llvm::ArrayRef<CpuVariant> cpuVariants();

/// The variant of that name, or null.
const CpuVariant *findCpuVariant(llvm::StringRef name);

/// Whether this machine runs the variant: what the runtime will say when it loads the artifact.
bool hostRuns(const CpuVariant &variant);

/// Planned linalg stage -> kernels on memrefs, the same for all variants.
void buildCpuBufferPipeline(mlir::OpPassManager &manager);
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

/// A shared object, or what went wrong.
struct MachineCode {
  llvm::SmallVector<char, 0> bytes;
  std::string error;
};

/// Begins what `emitCpuCode` does; all but the translation to LLVM IR runs on a thread of its own.
std::future<MachineCode> startCpuCode(mlir::ModuleOp module, const CpuVariant &variant);
/// Waits for it. Reports at `module` what went wrong.
mlir::FailureOr<llvm::SmallVector<char, 0>>
finishCpuCode(mlir::ModuleOp module, const CpuVariant &variant, std::future<MachineCode> code);

/// The module (LLVM dialect, after `buildCpuPipeline`) as an ELF shared object that exports
/// MOE_ENTRY_SYMBOL and needs nothing. Same module, same bytes. Reports what went wrong.
mlir::FailureOr<llvm::SmallVector<char, 0>> emitCpuCode(mlir::ModuleOp module,
                                                        const CpuVariant &variant);

} // namespace moe

#endif // MOE_LOWERING_CPU_CODEGEN_H
