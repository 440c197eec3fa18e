//===- HostCode.h - From functions on memrefs to an ELF object --*- C++ -*-===//
//
// What runs on the host: on a CPU the whole model, for a device what allocates and launches. The
// instruction sets there are, the pipeline to the LLVM dialect, and the bytes it ends in.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_HOST_HOSTCODE_H
#define MOE_LOWERING_HOST_HOSTCODE_H

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

/// The last passes to the LLVM dialect, behind --bind-context.
void buildHostLlvmPipeline(mlir::OpPassManager &manager);

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

#endif // MOE_LOWERING_HOST_HOSTCODE_H
