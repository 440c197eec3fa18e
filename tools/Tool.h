//===- Tool.h - What the compiler's tools share -----------------*- C++ -*-===//
//
// Options, messages and output files, the same in every tool: an error is one `error:` line and
// status 1 (the user's input) or 2 (a fault of ours); an output file is written aside and renamed.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TOOLS_TOOL_H
#define MOE_TOOLS_TOOL_H

#include "lowering/Compile.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>

namespace moe::tool {

inline constexpr int kSuccess = 0, kUserError = 1, kInternalError = 2;

/// One option: `--name`, `--name=VALUE` (or `--name VALUE` where `needsValue`).
struct Option {
  llvm::StringRef name;
  llvm::StringRef value; ///< what the help calls its value; empty for a flag
  llvm::StringRef help;
};

/// A command line, taken apart. `-o FILE` is `--output FILE`.
struct Arguments {
  llvm::StringMap<std::string> values;
  std::vector<std::string> inputs;

  bool has(llvm::StringRef name) const { return values.contains(name); }
  llvm::StringRef get(llvm::StringRef name, llvm::StringRef otherwise = "") const {
    auto found = values.find(name);
    return found == values.end() ? otherwise : llvm::StringRef(found->second);
  }
};

/// Parses, and answers --help and --version. Returns the status to end with where the tool is done.
std::optional<int> parseArguments(int argc, char **argv, llvm::StringRef usage,
                                  llvm::ArrayRef<Option> options, Arguments &arguments);

/// Prints `error: MESSAGE` and returns kUserError.
int fail(const llvm::Twine &message);

/// Prints the context's diagnostics as `error:`, `warning:` and `note:` lines that name file and
/// node, and remembers whether there was an error.
class Messages {
public:
  /// `file`: what the messages are about.
  Messages(mlir::MLIRContext *context, llvm::StringRef file);
  ~Messages();
  /// The status to end with after a failure: ours, if nobody said what was wrong.
  int failure() const;

private:
  void print(mlir::Diagnostic &diagnostic);

  mlir::MLIRContext *context;
  std::string file;
  mlir::DiagnosticEngine::HandlerID handler;
  unsigned errors = 0;
};

/// Prints remarks of passes to stderr, a line each.
void printRemarks(mlir::MLIRContext *context);

/// Writes `text` to `path` ("-": stdout): aside, then renamed. False with a message on stderr.
bool writeOutput(llvm::StringRef path, llvm::StringRef text);

/// Shows on stderr how far the work is: on a terminal a bar, from the first second on; elsewhere,
/// where it was asked for (`always`), a line for each step and every few seconds.
class ProgressLine {
public:
  explicit ProgressLine(bool always);
  ~ProgressLine();
  void show(const ProgressStep &step);

private:
  void showBar(llvm::StringRef text, double done);

  bool terminal, enabled, shown = false;
  int64_t begin, last = 0;
  std::string what;
  int64_t whatBegan = 0; ///< when this step's first byte was written
};

} // namespace moe::tool

#endif // MOE_TOOLS_TOOL_H
