//===- Diagnostics.cpp - Errors as users see them -------------------------===//

#include "tools/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace moe;

/// "FILE: ", "FILE:LINE:COLUMN: ", or "" where the location knows no file.
static std::string placeOf(Location location) {
  std::string place;
  location->walk([&](Location inner) {
    auto file = dyn_cast<FileLineColLoc>(inner);
    if (!file)
      return WalkResult::advance();
    place = file.getFilename().str();
    // Models have no lines.
    if (file.getLine() != 0)
      place += ":" + std::to_string(file.getLine()) + ":" + std::to_string(file.getColumn());
    place += ": ";
    return WalkResult::interrupt();
  });
  return place;
}

/// "'NODE': " where the location names a node that the message does not name.
static std::string nodeOf(Location location, llvm::StringRef message) {
  auto name = dyn_cast<NameLoc>(location);
  if (!name || name.getName().empty() || message.contains(name.getName().getValue()))
    return "";
  return "'" + name.getName().str() + "': ";
}

static llvm::StringRef severityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return "note: ";
  case DiagnosticSeverity::Warning:
    return "warning: ";
  case DiagnosticSeverity::Error:
    return "error: ";
  case DiagnosticSeverity::Remark:
    return "remark: ";
  }
  llvm_unreachable("all severities are named above");
}

static void print(Diagnostic &diagnostic) {
  std::string message = diagnostic.str();
  llvm::errs() << severityName(diagnostic.getSeverity()) << placeOf(diagnostic.getLocation())
               << nodeOf(diagnostic.getLocation(), message) << message << "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    print(note);
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext *context) : ScopedDiagnosticHandler(context) {
  setHandler([](Diagnostic &diagnostic) { print(diagnostic); });
}

void moe::printError(const llvm::Twine &what) { llvm::errs() << "error: " << what << "\n"; }
