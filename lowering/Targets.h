//===- Targets.h - What the compiler can compile for ------------*- C++ -*-===//
//
// One row a target. Everything that differs between targets above their own folders stands here.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_TARGETS_H
#define MOE_LOWERING_TARGETS_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace moe {

struct Target {
  llvm::StringRef name;     ///< as `--target` spells it
  llvm::StringRef sentence; ///< for people
  int64_t tileRows;         ///< rows that an expert's rows are padded to a multiple of
  unsigned architecture;    ///< of a GPU: 80 for sm_80; 0 for the cpu
};

/// All targets, in the order in which they are listed for people.
llvm::ArrayRef<Target> targets();
const Target *findTarget(llvm::StringRef name);

/// The choices of a compilation, kept as attributes of the module so that the way through
/// moe-translate and moe-opt gives the same artifact as moe-compile.
struct TargetChoice {
  llvm::SmallVector<std::string> targets; ///< rows of `targets()`
  llvm::SmallVector<std::string> cpu;     ///< code variants of the target cpu, best first
  std::string precision = "f32";          ///< of f32 products on GPUs: f32 or tf32
  bool hasCpu() const;
  /// Of the GPU targets, highest first.
  llvm::SmallVector<unsigned> architectures() const;
};

/// Rows that suit all targets among `names`: the largest of their tiles.
int64_t commonTile(llvm::ArrayRef<std::string> names);

/// Reads `--target`, `--cpu` ("all", "native", or a list) and `--precision`. An unknown name is an
/// error in `message` that lists the known ones.
bool parseTargetChoice(llvm::StringRef targetList, llvm::StringRef cpuList,
                       llvm::StringRef precision, TargetChoice &choice, std::string &message);

void setTargetChoice(mlir::ModuleOp module, const TargetChoice &choice);
/// What `setTargetChoice` stored, or the defaults.
TargetChoice getTargetChoice(mlir::ModuleOp module);

} // namespace moe

#endif // MOE_LOWERING_TARGETS_H
