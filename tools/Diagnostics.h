//===- Diagnostics.h - Errors as users see them -----------------*- C++ -*-===//
//
// A diagnostic is one line: "error: FILE: what". Where a node's name is known to the location and
// not to the message, it stands between them.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TOOLS_DIAGNOSTICS_H
#define MOE_TOOLS_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"

namespace moe {

/// Prints diagnostics of `context` to stderr while it lives.
class DiagnosticPrinter : public mlir::ScopedDiagnosticHandler {
public:
  explicit DiagnosticPrinter(mlir::MLIRContext *context);
};

/// Prints "error: WHAT".
void printError(const llvm::Twine &what);

} // namespace moe

#endif // MOE_TOOLS_DIAGNOSTICS_H
