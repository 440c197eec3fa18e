//===- Program.h - A product, compiled into this process --------*- C++ -*-===//
//
// The compiler's own way from text to machine code, loaded here and called with a context of the
// bench's own. Free of MLIR's headers.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TOOLS_BENCH_PROGRAM_H
#define MOE_TOOLS_BENCH_PROGRAM_H

#include "runtime/moe_abi.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moe::bench {

/// A module at the linalg stage as code of this process.
struct Program {
  moe_entry_fn entry = nullptr;
  int64_t weightBytes = 0; ///< size of its weight section
};

/// Plans and compiles `text`; nothing, and a message on stderr, where that fails. The code stays
/// loaded.
std::optional<Program> compile(const std::string &text, const std::string &variant);

/// The variants that this machine can run, best first.
std::vector<std::string> hostVariants();

} // namespace moe::bench

#endif // MOE_TOOLS_BENCH_PROGRAM_H
