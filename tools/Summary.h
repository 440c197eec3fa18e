//===- Summary.h - moe-compile --summary ------------------------*- C++ -*-===//
//
// One screen that says what became of a model: its MoE layers, and which operators there were
// before and are after raising.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TOOLS_SUMMARY_H
#define MOE_TOOLS_SUMMARY_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

namespace moe::tool {

class Summary {
public:
  /// Counts the operators of the file, the bodies of If, Loop and Scan included.
  explicit Summary(mlir::ModuleOp imported);

  /// Prints the layers of `compiled`, of the moe stage or later, and both counts.
  void print(mlir::ModuleOp compiled, llvm::raw_ostream &out) const;

private:
  std::map<std::string, unsigned> before;
};

} // namespace moe::tool

#endif // MOE_TOOLS_SUMMARY_H
