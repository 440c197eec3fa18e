//===- moe-translate.cpp - Between files of other formats and MLIR --------===//
//
// One row an action. An own main, because MLIR's streams its output: here a file is whole or not
// there.
//
//===----------------------------------------------------------------------===//

#include "lowering/Compile.h"
#include "lowering/Targets.h"
#include "lowering/onnx/Import.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "tools/Tool.h"

using namespace mlir;
using namespace moe;

static constexpr llvm::StringLiteral usage =
    "moe-translate --import-onnx MODEL.onnx [-o OUT.mlir] [--target=LIST] [--cpu=LIST]\n"
    "moe-translate --export-artifact IN.mlir -o MODEL.moe\n"
    "Between ONNX, MLIR (stage import, and stage linalg), and artifacts. IN.mlir may be -.";

static const tool::Option options[] = {
    {"import-onnx", "", "ONNX model to MLIR"},
    {"export-artifact", "", "MLIR of the stage linalg to an artifact"},
    {"output", "FILE", "where the output goes (also -o); - is stdout, the default of MLIR"},
    {"target", "LIST", "targets of the artifact (default: cpu)"},
    {"cpu", "LIST", "code variants: all (default), native, or avx512,avx2"},
    {"precision", "NAME", "f32 products on GPUs: f32 (default) or tf32, faster and less exact"},
    {"no-cubin", "", "GPU code as PTX only: no need of ptxas, longer loading"},
    {"progress", "", "show progress from the start: a bar on a terminal, lines elsewhere"},
};

static int importModel(const tool::Arguments &arguments) {
  const std::string &input = arguments.inputs.front();
  TargetChoice choice;
  std::string message;
  if (!parseTargetChoice(arguments.get("target", "cpu"), arguments.get("cpu", "all"),
                         arguments.get("precision", "f32"), choice, message))
    return tool::fail(message);
  MLIRContext context;
  tool::Messages messages(&context, input);
  OwningOpRef<ModuleOp> module = importOnnx(input, &context);
  if (!module)
    return messages.failure();
  setTargetChoice(*module, choice);
  if (failed(verify(*module)))
    return messages.failure();
  std::string text;
  llvm::raw_string_ostream out(text);
  module->print(out);
  out << "\n";
  return tool::writeOutput(arguments.get("output", "-"), text) ? tool::kSuccess : tool::kUserError;
}

static int exportModule(const tool::Arguments &arguments) {
  const std::string &input = arguments.inputs.front();
  if (!arguments.has("output"))
    return tool::fail("no output file: give -o MODEL.moe");
  DialectRegistry registry;
  registerMoeDialects(registry);
  MLIRContext context(registry);
  tool::Messages messages(&context, input);
  tool::ProgressLine line(arguments.has("progress"));
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(input, &context);
  if (!module ||
      failed(exportArtifact(
          *module, arguments.get("output"), [&](const ProgressStep &step) { line.show(step); },
          !arguments.has("no-cubin"))))
    return messages.failure();
  return tool::kSuccess;
}

int main(int argc, char **argv) {
  tool::Arguments arguments;
  if (auto status = tool::parseArguments(argc, argv, usage, options, arguments))
    return *status;
  bool import = arguments.has("import-onnx");
  if (import == arguments.has("export-artifact"))
    return tool::fail("expected one of --import-onnx and --export-artifact");
  if (arguments.inputs.size() != 1)
    return tool::fail("expected one file, got " + llvm::Twine(arguments.inputs.size()) +
                      "; see moe-translate --help");
  return import ? importModel(arguments) : exportModule(arguments);
}
