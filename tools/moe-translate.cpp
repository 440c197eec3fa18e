//===- moe-translate.cpp - Between files of other formats and MLIR --------===//
//
// One row an action. An own main, because MLIR's streams its output: here a file is whole or not
// there.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/Import.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "tools/Diagnostics.h"
#include "tools/Output.h"

using namespace mlir;
using namespace moe;

namespace {

/// Exit codes, as for all our tools.
enum ExitCode { Right = 0, UserError = 1, OurError = 2 };

struct Action {
  llvm::StringLiteral flag, input, output;
  ExitCode (*run)(llvm::StringRef input, llvm::StringRef output);
};

ExitCode importModel(llvm::StringRef input, llvm::StringRef output) {
  MLIRContext context;
  DiagnosticPrinter printer(&context);
  OwningOpRef<ModuleOp> module = importOnnx(input, &context);
  if (!module)
    return UserError;
  if (failed(verify(*module))) {
    printError("the importer made an invalid module of this model; please report it");
    return OurError;
  }
  auto print = [&](llvm::raw_ostream &stream) {
    module->print(stream); // not <<, which leaves resources out
    stream << "\n";
  };
  return writeOutput(output, print) ? Right : UserError;
}

const Action actions[] = {
    {"--import-onnx", "MODEL.onnx", "OUT.mlir", importModel},
};

/// What the command line asks for.
struct Request {
  const Action *action = nullptr;
  llvm::StringRef input, output = "-";
};

void printUsage(llvm::raw_ostream &stream) {
  for (const Action &action : actions)
    stream << "usage: moe-translate " << action.flag << " " << action.input << " [-o "
           << action.output << "|-]\n";
}

/// Fills `request`, or says what is wrong with the command line.
std::string parse(llvm::ArrayRef<const char *> arguments, Request &request) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    llvm::StringRef argument = arguments[i];
    const Action *action =
        llvm::find_if(actions, [&](const Action &row) { return row.flag == argument; });
    if (action != std::end(actions)) {
      if (request.action)
        return "two actions are asked for; expected one";
      request.action = action;
    } else if (argument == "-o") {
      if (++i == arguments.size())
        return "-o needs a file name";
      request.output = arguments[i];
    } else if (argument.starts_with("-")) {
      return ("unknown option '" + argument + "'").str();
    } else if (!request.input.empty()) {
      return ("unexpected argument '" + argument + "'").str();
    } else {
      request.input = argument;
    }
  }
  if (!request.action || request.input.empty())
    return "expected an action and a file";
  return "";
}

} // namespace

int main(int argc, char **argv) {
  llvm::ArrayRef<const char *> arguments(argv + 1, argc > 0 ? argc - 1 : 0);
  if (llvm::is_contained(arguments, llvm::StringRef("--help"))) {
    printUsage(llvm::outs());
    return Right;
  }
  Request request;
  std::string error = parse(arguments, request);
  if (error.empty())
    return request.action->run(request.input, request.output);
  printError("moe-translate: " + error);
  printUsage(llvm::errs());
  return UserError;
}
