//===- moe-compile.cpp - An ONNX model in, an artifact out ----------------===//

#include "lowering/Compile.h"
#include "lowering/Targets.h"
#include "lowering/onnx/Import.h"
#include "tools/Summary.h"
#include "tools/Tool.h"

using namespace mlir;
using namespace moe;

static constexpr llvm::StringLiteral usage =
    "moe-compile MODEL.onnx -o MODEL.moe [options]\n"
    "Compiles an ONNX model with Mixture-of-Experts layers to an artifact for moe-run.";

static const tool::Option options[] = {
    {"output", "FILE", "where the artifact goes (also -o); - is stdout, with --stop-after"},
    {"target", "LIST", "targets of the artifact (default: cpu)"},
    {"cpu", "LIST", "code variants: all (default), native, or avx512,avx2"},
    {"precision", "NAME", "f32 products on GPUs: f32 (default) or tf32, faster and less exact"},
    {"no-cubin", "", "GPU code as PTX only: no need of ptxas, longer loading"},
    {"stop-after", "STAGE", "print this stage: import typed moe routed linalg target llvm"},
    {"remarks", "", "say what was raised, fused, padded, and why not"},
    {"summary", "", "print a table of the MoE layers, and operator counts before and after"},
    {"progress", "", "show progress from the start: a bar on a terminal, lines elsewhere"},
    {"allow-missing-experts", "", "go on where a traced graph lacks experts"},
    {"moe-layout", "NAME", "weights of MoE where shapes do not tell: modern or legacy"},
};

/// Prints the module at the stage that the user wants to see.
static int printStage(ModuleOp module, Stage last, llvm::StringRef path, tool::Messages &messages) {
  OwningOpRef<ModuleOp> lowered;
  if (last == Stage::Target || last == Stage::Llvm) {
    // One variant: the best of those asked for.
    TargetChoice choice = getTargetChoice(module);
    lowered =
        choice.hasCpu() ? lowerForCpu(module, choice.cpu.front(), last) : lowerForGpu(module, last);
    if (!lowered)
      return messages.failure();
    module = *lowered;
  }
  std::string text;
  llvm::raw_string_ostream out(text);
  module.print(out);
  out << "\n";
  return tool::writeOutput(path, text) ? tool::kSuccess : tool::kUserError;
}

/// Prints the summary at the moe stage, or at `last` where that comes before; on stderr where
/// stdout is the output.
static LogicalResult summarise(ModuleOp module, Stage last, const tool::Arguments &arguments,
                               const CompileOptions &options) {
  tool::Summary summary(module);
  if (failed(compileTo(module, std::min(last, Stage::Moe), options, [](const ProgressStep &) {})))
    return failure();
  bool toStdout = arguments.get("output", "-") == "-";
  summary.print(module, toStdout ? llvm::errs() : llvm::outs());
  return success();
}

static int compile(const tool::Arguments &arguments, Stage last) {
  const std::string &input = arguments.inputs.front();
  TargetChoice choice;
  std::string message;
  if (!parseTargetChoice(arguments.get("target", "cpu"), arguments.get("cpu", "all"),
                         arguments.get("precision", "f32"), choice, message))
    return tool::fail(message);

  DialectRegistry registry;
  registerMoeDialects(registry);
  MLIRContext context(registry);
  tool::Messages messages(&context, input);
  if (arguments.has("remarks"))
    tool::printRemarks(&context);
  tool::ProgressLine line(arguments.has("progress"));
  auto progress = [&](const ProgressStep &step) { line.show(step); };

  OwningOpRef<ModuleOp> module = importOnnx(input, &context);
  if (!module)
    return messages.failure();
  setTargetChoice(*module, choice);
  CompileOptions compileOptions;
  compileOptions.allowMissingExperts = arguments.has("allow-missing-experts");
  compileOptions.moeLayout = arguments.get("moe-layout").str();
  if (arguments.has("summary") && failed(summarise(*module, last, arguments, compileOptions)))
    return messages.failure();
  if (failed(compileTo(*module, last, compileOptions, progress)))
    return messages.failure();
  if (last != Stage::Artifact)
    return printStage(*module, last, arguments.get("output", "-"), messages);
  if (failed(
          exportArtifact(*module, arguments.get("output"), progress, !arguments.has("no-cubin"))))
    return messages.failure();
  return tool::kSuccess;
}

int main(int argc, char **argv) {
  tool::Arguments arguments;
  if (auto status = tool::parseArguments(argc, argv, usage, options, arguments))
    return *status;
  if (arguments.inputs.size() != 1)
    return tool::fail("expected one ONNX model, got " + llvm::Twine(arguments.inputs.size()) +
                      "; see moe-compile --help");
  Stage last = Stage::Artifact;
  if (arguments.has("stop-after")) {
    auto stage = parseStage(arguments.get("stop-after"));
    if (!stage)
      return tool::fail("--stop-after: unknown stage '" + arguments.get("stop-after") +
                        "'; known are import, typed, moe, routed, linalg, target, llvm, artifact");
    last = *stage;
  }
  llvm::StringRef layout = arguments.get("moe-layout");
  if (!layout.empty() && layout != "modern" && layout != "legacy")
    return tool::fail("--moe-layout: expected modern or legacy, got '" + layout + "'");
  if (last == Stage::Artifact && !arguments.has("output"))
    return tool::fail("no output file: give -o MODEL.moe");
  return compile(arguments, last);
}
