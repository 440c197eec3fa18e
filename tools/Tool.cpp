//===- Tool.cpp - What the compiler's tools share -------------------------===//

#include "tools/Tool.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/ToolOutputFile.h"
#include <chrono>
#include <unistd.h>

using namespace mlir;
using namespace moe::tool;

int moe::tool::fail(const llvm::Twine &message) {
  llvm::errs() << "error: " << message << "\n";
  return kUserError;
}

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

static void printHelp(llvm::StringRef usage, ArrayRef<Option> options) {
  llvm::outs() << usage << "\n\n";
  for (const Option &option : options) {
    std::string left = ("--" + option.name).str();
    if (!option.value.empty())
      left += ("=" + option.value).str();
    llvm::outs() << "  " << llvm::left_justify(left, 28) << " " << option.help << "\n";
  }
}

std::optional<int> moe::tool::parseArguments(int argc, char **argv, llvm::StringRef usage,
                                             ArrayRef<Option> options, Arguments &arguments) {
  llvm::StringRef program = llvm::sys::path::filename(argv[0]);
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef word = argv[i];
    if (word == "-o")
      word = "--output";
    if (word == "--help" || word == "-h")
      return printHelp(usage, options), kSuccess;
    if (word == "--version") {
      llvm::outs() << program << " " MOE_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
      return kSuccess;
    }
    if (!word.starts_with("-") || word == "-") {
      arguments.inputs.push_back(word.str());
      continue;
    }
    llvm::StringRef name = word.ltrim('-'), value;
    std::tie(name, value) = name.split('=');
    const Option *option = llvm::find_if(options, [&](const Option &o) { return o.name == name; });
    if (option == options.end())
      return fail("unknown option '" + word + "'; see " + program + " --help");
    bool given = word.contains('=');
    if (option->value.empty() && given)
      return fail("option '--" + name + "' takes no value");
    if (!option->value.empty() && !given) {
      if (++i == argc)
        return fail("option '--" + name + "' needs a value, " + option->value);
      value = argv[i];
    }
    arguments.values[name] = value.str();
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

/// The node's name that a location carries, or "".
static llvm::StringRef nodeName(Location location) {
  llvm::StringRef name;
  location->walk([&](Location part) {
    if (auto named = dyn_cast<NameLoc>(part))
      name = named.getName().getValue();
    return name.empty() ? WalkResult::advance() : WalkResult::interrupt();
  });
  return name;
}

/// The file that a location carries, with line and column where it has lines, or "".
static std::string fileOf(Location location) {
  std::string place;
  location->walk([&](Location part) {
    auto file = dyn_cast<FileLineColLoc>(part);
    if (!file)
      return WalkResult::advance();
    place = file.getFilename().str();
    // Models have no lines.
    if (file.getLine() != 0)
      place += ":" + std::to_string(file.getLine()) + ":" + std::to_string(file.getColumn());
    return WalkResult::interrupt();
  });
  return place;
}

Messages::Messages(MLIRContext *context, llvm::StringRef file) : context(context), file(file) {
  // The operation's text is for those who write passes, not for users.
  context->printOpOnDiagnostic(false);
  handler = context->getDiagEngine().registerHandler(
      [this](Diagnostic &diagnostic) { print(diagnostic); });
}

Messages::~Messages() { context->getDiagEngine().eraseHandler(handler); }

void Messages::print(Diagnostic &diagnostic) {
  std::string text = diagnostic.str();
  llvm::StringRef node = nodeName(diagnostic.getLocation());
  std::string where = fileOf(diagnostic.getLocation());
  where = (where.empty() ? file : where) + ": ";
  if (!node.empty() && text.find(node) == std::string::npos)
    where += ("node '" + node + "': ").str();
  llvm::StringRef kind = "error: ";
  switch (diagnostic.getSeverity()) {
  case DiagnosticSeverity::Error:
    ++errors;
    break;
  case DiagnosticSeverity::Warning:
    kind = "warning: ";
    break;
  case DiagnosticSeverity::Remark:
    kind = "remark: ";
    break;
  case DiagnosticSeverity::Note:
    kind = "note: ";
    break;
  }
  llvm::errs() << kind << where << text << "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    llvm::errs() << "note: " << note.str() << "\n";
}

int Messages::failure() const {
  if (errors)
    return kUserError;
  llvm::errs() << "error: " << file << ": internal: a step failed without saying why\n";
  return kInternalError;
}

namespace {
/// Prints each remark as one line: who says it, of which node, whether it was done, and what.
struct LineStreamer : remark::detail::MLIRRemarkStreamerBase {
  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    llvm::StringRef node = nodeName(remark.getLocation());
    llvm::errs() << "remark: " << remark.getCategoryName() << ": ";
    if (!node.empty())
      llvm::errs() << "node '" << node << "': ";
    if (remark.getRemarkType() == llvm::remarks::Type::Missed)
      llvm::errs() << "not done: ";
    bool first = true;
    for (const auto &argument : remark.getArgs()) {
      if (argument.key != "Remark")
        llvm::errs() << (first ? "" : ", ") << argument.key << ' ';
      llvm::errs() << argument.val;
      first = false;
    }
    llvm::errs() << "\n";
  }
};
} // namespace

void moe::tool::printRemarks(MLIRContext *context) {
  // Each kind has to be named; the filter for all kinds only widens those.
  // How each loop was vectorised is for those who look at one pass, with moe-opt.
  std::string any = "(moe|onnx|convert|cpu-plan|cpu-emit).*";
  remark::RemarkCategories all{any, any, any, any, any};
  // Only fails where an engine is there already; then remarks are printed by that one.
  (void)remark::enableOptimizationRemarks(*context, std::make_unique<LineStreamer>(),
                                          std::make_unique<remark::RemarkEmittingPolicyAll>(), all);
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

static bool failWrite(llvm::StringRef path, const llvm::Twine &why) {
  fail("cannot write '" + path + "': " + why);
  return false;
}

/// Writes `text` to a stream that must not be destroyed with an error in it.
static bool writeText(llvm::raw_fd_ostream &out, llvm::StringRef path, llvm::StringRef text) {
  out << text;
  out.flush();
  if (!out.has_error())
    return true;
  std::string why = out.error().message();
  out.clear_error();
  return failWrite(path, why);
}

bool moe::tool::writeOutput(llvm::StringRef path, llvm::StringRef text) {
  if (path == "-")
    return writeText(llvm::outs(), "standard output", text);
  // A device or a pipe is written to, not replaced.
  llvm::sys::fs::file_status status;
  if (!llvm::sys::fs::status(path, status) && !llvm::sys::fs::is_regular_file(status)) {
    std::error_code error;
    llvm::raw_fd_ostream out(path, error, llvm::sys::fs::CD_OpenExisting);
    return error ? failWrite(path, error.message()) : writeText(out, path, text);
  }
  auto temporary = llvm::sys::fs::TempFile::create(path + ".tmp-%%%%%%");
  if (!temporary)
    return failWrite(path, llvm::toString(temporary.takeError()));
  {
    llvm::raw_fd_ostream out(temporary->FD, /*shouldClose=*/false);
    if (!writeText(out, path, text)) {
      llvm::consumeError(temporary->discard());
      return false;
    }
  }
  if (llvm::Error error = temporary->keep(path))
    return failWrite(path, llvm::toString(std::move(error)));
  return true;
}

/// Milliseconds before anything is shown, and between two showings on a terminal and elsewhere.
static constexpr int64_t kQuiet = 1000, kBar = 100, kLine = 2000;

static int64_t milliseconds() {
  using namespace std::chrono;
  return duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch()).count();
}

ProgressLine::ProgressLine(bool always)
    : terminal(isatty(2)), enabled(always || terminal), begin(milliseconds()) {
  if (always)
    begin -= kQuiet;
}

ProgressLine::~ProgressLine() {
  if (shown && terminal)
    llvm::errs() << "\r\x1b[K";
}

void ProgressLine::showBar(llvm::StringRef text, double done) {
  int filled = static_cast<int>(done * 30);
  llvm::errs() << "\r\x1b[K[" << std::string(filled, '#') << std::string(30 - filled, ' ') << "] "
               << llvm::format("%3d%% ", static_cast<int>(done * 100)) << text;
}

void ProgressLine::show(const ProgressStep &step) {
  int64_t now = milliseconds();
  if (!enabled || now - begin < kQuiet)
    return;
  bool isNew = what != step.what;
  if (isNew) {
    what = step.what.str();
    whatBegan = now;
  } else if (now - last < (terminal ? kBar : kLine)) {
    return;
  }
  last = now;
  shown = true;
  std::string text = what;
  llvm::raw_string_ostream out(text);
  constexpr double giga = 1e9, mega = 1e6;
  if (step.totalBytes)
    out << llvm::format(" %.2f of %.2f GB", step.bytes / giga, step.totalBytes / giga);
  if (step.totalBytes && now > whatBegan)
    out << llvm::format(", %.0f MB/s", step.bytes / mega / (now - whatBegan) * 1000);
  if (terminal)
    showBar(text, step.done);
  else
    llvm::errs() << "progress: " << static_cast<int>(step.done * 100) << "% " << text << "\n";
}
