//===- Compile.cpp - The whole way of the data ----------------------------===//

#include "lowering/Compile.h"
#include "lowering/Lowerings.h"
#include "lowering/Targets.h"
#include "lowering/artifact/Write.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/cpu/Codegen.h"
#include "lowering/nvptx/Codegen.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace moe;

static constexpr llvm::StringLiteral stageNames[] = {"import", "typed",  "moe",  "routed",
                                                     "linalg", "target", "llvm", "artifact"};

llvm::StringRef moe::stageName(Stage stage) { return stageNames[static_cast<int>(stage)]; }

std::optional<Stage> moe::parseStage(llvm::StringRef name) {
  const auto *found = llvm::find(stageNames, name);
  if (found == std::end(stageNames))
    return std::nullopt;
  return static_cast<Stage>(found - std::begin(stageNames));
}

static void addGuard(OpPassManager &pm, Stage stage) {
  VerifyStageOptions options;
  options.stage = stageName(stage).str();
  pm.addPass(createVerifyStage(options));
}

/// import -> typed
static void buildTyped(OpPassManager &pm) { pm.addPass(createInferTypes()); }

/// typed -> moe
static void buildMoe(OpPassManager &pm, const CompileOptions &options) {
  RaiseOptions raise;
  raise.allowMissingExperts = options.allowMissingExperts;
  raise.moeLayout = options.moeLayout;
  pm.addPass(createRaise(raise));
  // Raising first: it wants the operators as the exporter wrote them.
  pm.addPass(createConvertOnnxToLinalg());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  // Last of the stage: later passes may take a layer apart, --verify needs it whole.
  pm.addPass(createKeepReference());
}

namespace {
/// --moe-pad-capacity with the tile that the module's own choice of targets asks for.
struct PadForTargets : PassWrapper<PadForTargets, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PadForTargets)

  void runOnOperation() override {
    PadCapacityOptions pad;
    pad.tile = commonTile(getTargetChoice(getOperation()).targets);
    OpPassManager passes(ModuleOp::getOperationName());
    passes.addNestedPass<func::FuncOp>(createPadCapacity(pad));
    if (failed(runPipeline(passes, getOperation())))
      signalPassFailure();
  }
};
} // namespace

/// moe -> routed
static void buildRouted(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createFuseRouting());
  // After fusion: the decision then stands on one operation a layer.
  pm.addPass(std::make_unique<PadForTargets>());
  // After padding: the grouped products take over the padded rows.
  pm.addNestedPass<func::FuncOp>(createGroupExperts());
}

/// routed -> linalg
static void buildLinalg(OpPassManager &pm) {
  // As functions: a target may have kernels of its own for them.
  ConvertMoeToLinalgOptions convert;
  convert.functions = true;
  pm.addPass(createConvertMoeToLinalg(convert));
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
}

void moe::buildStage(OpPassManager &pm, Stage stage, const CompileOptions &options) {
  switch (stage) {
  case Stage::Typed:
    buildTyped(pm);
    break;
  case Stage::Moe:
    buildMoe(pm, options);
    break;
  case Stage::Routed:
    buildRouted(pm);
    break;
  case Stage::Linalg:
    buildLinalg(pm);
    break;
  case Stage::Import:
  case Stage::Target:
  case Stage::Llvm:
  case Stage::Artifact:
    // The importer makes the first; the last are made a code variant at a time.
    return;
  }
  addGuard(pm, stage);
}

namespace {
/// Options of the pipelines; the same words as moe-compile's.
struct StageOptions : PassPipelineOptions<StageOptions> {
  Option<bool> allowMissingExperts{*this, "allow-missing-experts",
                                   llvm::cl::desc("Go on where experts are missing")};
  Option<std::string> moeLayout{*this, "moe-layout", llvm::cl::desc("modern or legacy")};
  CompileOptions get() const { return {allowMissingExperts, moeLayout}; }
};
} // namespace

void moe::registerMoePipelines() {
  PassPipelineRegistration<StageOptions>(
      "to-typed", "import -> typed",
      [](OpPassManager &pm, const StageOptions &o) { buildStage(pm, Stage::Typed, o.get()); });
  PassPipelineRegistration<StageOptions>(
      "to-moe", "typed -> moe",
      [](OpPassManager &pm, const StageOptions &o) { buildStage(pm, Stage::Moe, o.get()); });
  PassPipelineRegistration<StageOptions>(
      "to-routed", "moe -> routed",
      [](OpPassManager &pm, const StageOptions &o) { buildStage(pm, Stage::Routed, o.get()); });
  PassPipelineRegistration<StageOptions>(
      "to-linalg", "routed -> linalg",
      [](OpPassManager &pm, const StageOptions &o) { buildStage(pm, Stage::Linalg, o.get()); });
  PassPipelineRegistration<StageOptions>(
      "moe-pipeline", "import -> linalg: what moe-translate --export-artifact takes",
      [](OpPassManager &pm, const StageOptions &o) {
        for (Stage stage : {Stage::Typed, Stage::Moe, Stage::Routed, Stage::Linalg})
          buildStage(pm, stage, o.get());
      });
  registerCpuPipelines();
  registerNvptxPipelines();
}

void moe::registerMoeDialects(DialectRegistry &registry) {
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registry.insert<MoeDialect, onnx::OnnxDialect>();
  registerCpuDialects(registry);
  registerNvptxDialects(registry);
}

/// The stage that `module` says it has reached; a module without the attribute is an import.
static std::optional<Stage> reachedStage(ModuleOp module) {
  auto name = module->getAttrOfType<StringAttr>(kStageAttr);
  return name ? parseStage(name.getValue()) : Stage::Import;
}

LogicalResult moe::compileTo(ModuleOp module, Stage last, const CompileOptions &options,
                             Progress progress) {
  std::optional<Stage> reached = reachedStage(module);
  if (!reached)
    return module.emitError("malformed: unknown stage ") << module->getAttr(kStageAttr);
  for (int next = static_cast<int>(*reached) + 1;
       next <= static_cast<int>(std::min(last, Stage::Linalg)); ++next) {
    Stage stage = static_cast<Stage>(next);
    progress({stageName(stage), 0.4 * next / static_cast<int>(Stage::Linalg)});
    PassManager pm(module.getContext());
    buildStage(pm, stage, options);
    if (failed(pm.run(module)))
      return failure();
  }
  return success();
}

/// A copy of the planned module without the kept reference, which is no code.
static OwningOpRef<ModuleOp> cloneForTarget(ModuleOp planned) {
  OwningOpRef<ModuleOp> copy = planned.clone();
  for (ModuleOp nested : llvm::make_early_inc_range(copy->getOps<ModuleOp>()))
    nested.erase();
  return copy;
}

static LogicalResult planArtifact(ModuleOp module) {
  PassManager pm(module.getContext());
  pm.addPass(createPlanArtifact());
  return pm.run(module);
}

/// What all variants share of the way to the target stage.
static OwningOpRef<ModuleOp> lowerShared(ModuleOp planned) {
  OwningOpRef<ModuleOp> copy = cloneForTarget(planned);
  PassManager pm(planned.getContext());
  buildCpuKernelPipeline(pm);
  if (failed(pm.run(*copy)))
    return {};
  return copy;
}

static LogicalResult lowerForVariant(ModuleOp shared, const CpuVariant &variant, Stage last) {
  PassManager pm(shared.getContext());
  buildCpuTargetPipeline(pm, variant);
  addGuard(pm, Stage::Target);
  if (last != Stage::Target)
    buildCpuLlvmPipeline(pm, variant);
  return pm.run(shared);
}

OwningOpRef<ModuleOp> moe::lowerForCpu(ModuleOp module, llvm::StringRef variant, Stage last) {
  OwningOpRef<ModuleOp> planned = module.clone();
  if (failed(planArtifact(*planned)))
    return {};
  OwningOpRef<ModuleOp> lowered = lowerShared(*planned);
  if (!lowered || failed(lowerForVariant(*lowered, *findCpuVariant(variant), last)))
    return {};
  return lowered;
}

/// The GPU's way on a copy of the planned module.
static OwningOpRef<ModuleOp> lowerForGpuFrom(ModuleOp planned, Stage last) {
  OwningOpRef<ModuleOp> copy = cloneForTarget(planned);
  PassManager pm(planned.getContext());
  buildNvptxTargetPipeline(pm, getTargetChoice(planned).precision);
  addGuard(pm, Stage::Target);
  if (last != Stage::Target)
    buildNvptxLlvmPipeline(pm);
  if (failed(pm.run(*copy)))
    return {};
  return copy;
}

OwningOpRef<ModuleOp> moe::lowerForGpu(ModuleOp module, Stage last) {
  OwningOpRef<ModuleOp> planned = module.clone();
  if (failed(planArtifact(*planned)))
    return {};
  return lowerForGpuFrom(*planned, last);
}

/// The code of each CPU variant: while one becomes machine code, the next is lowered.
static LogicalResult emitVariants(ModuleOp planned, const TargetChoice &choice,
                                  SmallVectorImpl<ArtifactCode> &codes, Progress progress) {
  OwningOpRef<ModuleOp> shared = lowerShared(planned);
  if (!shared)
    return failure();
  std::vector<std::pair<const CpuVariant *, std::future<MachineCode>>> running;
  for (auto [index, name] : llvm::enumerate(choice.cpu)) {
    progress({name, 0.4 + 0.3 * index / choice.cpu.size()});
    const CpuVariant *variant = findCpuVariant(name);
    if (!variant)
      return planned.emitError("malformed: unknown code variant '") << name << "' in moe.cpu";
    OwningOpRef<ModuleOp> lowered = shared->clone();
    if (failed(lowerForVariant(*lowered, *variant, Stage::Llvm)))
      return failure();
    running.emplace_back(variant, startCpuCode(*lowered, *variant));
  }
  for (auto &[variant, future] : running) {
    auto code = finishCpuCode(*shared, *variant, std::move(future));
    if (failed(code))
      return failure();
    ArtifactCode made;
    made.name = variant->name.str();
    made.target = "cpu";
    made.features.assign(variant->required.begin(), variant->required.end());
    made.object = std::move(*code);
    codes.push_back(std::move(made));
  }
  return success();
}

/// The program of all GPU targets, a variant each.
static LogicalResult emitGpuVariants(ModuleOp planned, const TargetChoice &choice,
                                     SmallVectorImpl<ArtifactCode> &codes, Progress progress,
                                     bool cubin) {
  SmallVector<unsigned> architectures = choice.architectures();
  if (architectures.empty())
    return success();
  progress({"gpu", 0.7});
  OwningOpRef<ModuleOp> lowered = lowerForGpuFrom(planned, Stage::Llvm);
  if (!lowered)
    return failure();
  FailureOr<GpuProgram> program = emitGpuProgram(*lowered, architectures, cubin);
  if (failed(program))
    return failure();
  for (GpuCode &gpu : program->codes) {
    ArtifactCode made;
    made.name = made.target = "sm_" + std::to_string(gpu.architecture);
    made.features.assign(program->hostFeatures.begin(), program->hostFeatures.end());
    made.object = program->host;
    made.architecture = gpu.architecture;
    made.ptx = std::move(gpu.ptx);
    made.cubin = std::move(gpu.cubin);
    made.deviceBytes = program->deviceBytes;
    made.kernels = program->kernels;
    made.launches = program->launches;
    codes.push_back(std::move(made));
  }
  return success();
}

LogicalResult moe::exportArtifact(ModuleOp module, llvm::StringRef path, Progress progress,
                                  bool cubin) {
  std::optional<Stage> reached = reachedStage(module);
  if (reached != Stage::Linalg)
    return module.emitError(
               "an artifact is made from the stage 'linalg', but this module has reached '")
           << (reached ? stageName(*reached) : "an unknown one") << "'; run moe-opt --moe-pipeline";
  OwningOpRef<ModuleOp> planned = module.clone();
  if (failed(planArtifact(*planned)))
    return failure();
  TargetChoice choice = getTargetChoice(module);
  SmallVector<ArtifactCode> codes;
  if ((choice.hasCpu() && failed(emitVariants(*planned, choice, codes, progress))) ||
      failed(emitGpuVariants(*planned, choice, codes, progress, cubin)))
    return failure();
  return writeArtifact(*planned, codes, path, [&](uint64_t bytes, uint64_t total) {
    double done = total ? static_cast<double>(bytes) / static_cast<double>(total) : 1;
    progress({"weights", 0.8 + 0.2 * done, bytes, total});
  });
}
