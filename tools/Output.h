//===- Output.h - Files that are whole or not there -------------*- C++ -*-===//
//
// What a tool writes is written aside and renamed, so that an error leaves nothing half-written.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TOOLS_OUTPUT_H
#define MOE_TOOLS_OUTPUT_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

namespace moe {

/// Lets `write` fill `path` ("-" is stdout). False, after an error line, where that fails.
bool writeOutput(llvm::StringRef path, llvm::function_ref<void(llvm::raw_ostream &)> write);

} // namespace moe

#endif // MOE_TOOLS_OUTPUT_H
