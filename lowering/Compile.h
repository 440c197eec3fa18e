//===- Compile.h - The whole way of the data --------------------*- C++ -*-===//
//
// ONNX -> moe -> linalg -> target -> artifact, as a list of stages. The tools call this; they add
// options and messages, and nothing of the way itself.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_COMPILE_H
#define MOE_LOWERING_COMPILE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

namespace moe {

/// A form on the way; see docs/pipeline.md. `--stop-after`, `moe.stage` and the pipelines
/// `--to-STAGE` use the same names.
enum class Stage { Import, Typed, Moe, Routed, Linalg, Target, Llvm, Artifact };

llvm::StringRef stageName(Stage stage);
std::optional<Stage> parseStage(llvm::StringRef name);

struct CompileOptions {
  bool allowMissingExperts = false;
  std::string moeLayout; ///< "", "modern" or "legacy"; see --moe-raise
};

/// Adds the passes from the stage before to `stage` (Typed .. Linalg), guard included.
void buildStage(mlir::OpPassManager &pm, Stage stage, const CompileOptions &options = {});

/// Registers `--to-typed` .. `--to-llvm`, and `--moe-pipeline` (import to linalg).
void registerMoePipelines();

/// Registers every dialect and interface that the stages need.
void registerMoeDialects(mlir::DialectRegistry &registry);

/// What is being done, and how much of all is behind us.
struct ProgressStep {
  llvm::StringRef what;
  double done;                        ///< 0 .. 1
  uint64_t bytes = 0, totalBytes = 0; ///< of weights written, while they are
};
/// Called as work goes on.
using Progress = llvm::function_ref<void(const ProgressStep &)>;

/// Takes a module of any stage up to linalg to the linalg stage, or to `last`. Targets are those of
/// the module (see Targets.h).
mlir::LogicalResult compileTo(mlir::ModuleOp module, Stage last, const CompileOptions &options,
                              Progress progress);

/// The target or llvm stage of one CPU variant, from a module of the linalg stage (which stays).
mlir::OwningOpRef<mlir::ModuleOp> lowerForCpu(mlir::ModuleOp module, llvm::StringRef variant,
                                              Stage last);

/// The target or llvm stage of the GPU targets, from a module of the linalg stage (which stays).
mlir::OwningOpRef<mlir::ModuleOp> lowerForGpu(mlir::ModuleOp module, Stage last);

/// Writes the artifact of a module of the linalg stage to `path`: aside first, read back and
/// checked, then renamed. Nothing is left on failure.
/// GPU code is assembled where there is a ptxas and `cubin` is set.
mlir::LogicalResult exportArtifact(mlir::ModuleOp module, llvm::StringRef path, Progress progress,
                                   bool cubin = true);

} // namespace moe

#endif // MOE_LOWERING_COMPILE_H
