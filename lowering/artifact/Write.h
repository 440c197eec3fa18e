//===- Write.h - The artifact file ------------------------------*- C++ -*-===//

#ifndef MOE_LOWERING_ARTIFACT_WRITE_H
#define MOE_LOWERING_ARTIFACT_WRITE_H

#include "lowering/nvptx/Codegen.h"
#include "mlir/IR/BuiltinOps.h"

namespace moe {

/// The code of one variant.
struct ArtifactCode {
  std::string name, target;
  std::vector<std::string> features; ///< of the CPU, as /proc/cpuinfo spells them
  llvm::SmallVector<char, 0> object; ///< an ELF shared object for the host
  // Of a GPU target only:
  unsigned architecture = 0;
  std::string ptx;
  llvm::SmallVector<char, 0> cubin; ///< may be empty
  uint64_t deviceBytes = 0;
  std::vector<KernelInfo> kernels;
  std::vector<LaunchesInfo> launches;
};

/// Writes the artifact of a planned module (after --cpu-plan-artifact, with its kept reference) to
/// `path`, as runtime/moe_format.h says: aside, then read back and checked, then renamed. Weights
/// go from their files to the artifact a piece at a time. `progress` gets the bytes
/// of weights written, and of all.
mlir::LogicalResult writeArtifact(mlir::ModuleOp planned, llvm::ArrayRef<ArtifactCode> codes,
                                  llvm::StringRef path,
                                  llvm::function_ref<void(uint64_t, uint64_t)> progress);

/// The metadata section (FlatBuffers, runtime/moe_meta.fbs) of a planned module.
mlir::FailureOr<std::vector<uint8_t>> buildMetadata(mlir::ModuleOp planned,
                                                    llvm::ArrayRef<ArtifactCode> codes);

/// The reference section: the kept moe stage as bytecode, its weights by their places in the
/// artifact. Weights of the reference that `planned` does not hold are an error.
mlir::FailureOr<std::string> buildReference(mlir::ModuleOp planned);

} // namespace moe

#endif // MOE_LOWERING_ARTIFACT_WRITE_H
