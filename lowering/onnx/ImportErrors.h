//===- ImportErrors.h - What is wrong with a model --------------*- C++ -*-===//
//
// All problems of a file are reported, then the import fails. *Malformed* is what no ONNX file may
// hold, *unsupported* what we do not do (yet).
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_IMPORTERRORS_H
#define MOE_LOWERING_ONNX_IMPORTERRORS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/Twine.h"

namespace moe {

/// Where in a model something stands: its location, and how a message names it ("" for the file).
struct Site {
  mlir::Location location;
  std::string name;

  /// The same place, named more closely: "node 'n' (Constant, opset 13): attribute 'value'".
  Site inner(const llvm::Twine &part) const {
    return {location, name.empty() ? part.str() : (name + ": " + part).str()};
  }
};

/// Emits and counts errors. Beyond a limit they are counted only, so that a file with one fault in
/// each of a million nodes ends.
class ImportErrors {
public:
  mlir::InFlightDiagnostic malformed(const Site &site) { return start(site, "malformed: "); }
  mlir::InFlightDiagnostic unsupported(const Site &site) { return start(site, "unsupported: "); }
  /// Counts a problem that another message has told already.
  void repeated() { ++count; }

  bool any() const { return count != 0; }
  /// Says how many errors were not printed.
  void finish(mlir::Location location) {
    if (beyond)
      mlir::emitError(location) << "and " << beyond << " more problems";
  }

private:
  mlir::InFlightDiagnostic start(const Site &site, llvm::StringRef kind) {
    constexpr uint64_t limit = 100;
    if (++count > limit) {
      ++beyond;
      return {};
    }
    mlir::InFlightDiagnostic error = mlir::emitError(site.location);
    if (!site.name.empty())
      error << site.name << ": ";
    error << kind;
    return error;
  }

  uint64_t count = 0, beyond = 0;
};

} // namespace moe

#endif // MOE_LOWERING_ONNX_IMPORTERRORS_H
