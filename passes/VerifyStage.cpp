//===- VerifyStage.cpp - Guards at the borders between stages -------------===//
//
// A stage is defined by what it may not contain. A leftover is found at the border it should not
// have crossed, with its operation and its place, and all leftovers are reported at once.
//
//===----------------------------------------------------------------------===//

#include "passes/Passes.h"

namespace moe {
#define GEN_PASS_DEF_VERIFYSTAGE
#include "passes/Passes.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

/// One row of the table: what may not be there from `stage` on, and the way out.
struct Rule {
  llvm::StringRef stage;
  llvm::function_ref<bool(Operation *)> forbids;
  llvm::StringRef what;
  llvm::StringRef advice;
};

bool hasUnknownType(Operation *op) {
  auto unknown = [](Type type) { return isa<onnx::ValueType>(type); };
  return llvm::any_of(op->getResultTypes(), unknown) ||
         llvm::any_of(op->getOperandTypes(), unknown);
}

bool isOnnx(Operation *op) { return isa_and_present<onnx::OnnxDialect>(op->getDialect()); }

bool isUndecidedDispatch(Operation *op) {
  // A gate alone is no dispatch: its choices may serve something else.
  return isa<DispatchOp, RouteOp>(op) && !op->hasAttr("tile");
}

bool isHighMoe(Operation *op) {
  return isa_and_present<MoeDialect>(op->getDialect()) &&
         !isa<GroupedMatmulOp, WeightOp, ObserveOp, YieldOp>(op);
}

bool hasTensor(Operation *op) {
  auto tensor = [](Type type) { return isa<TensorType>(type); };
  return llvm::any_of(op->getResultTypes(), tensor) || llvm::any_of(op->getOperandTypes(), tensor);
}

const Rule rules[] = {
    {"typed", hasUnknownType, "a value of unknown type", "run --onnx-infer-types"},
    {"moe", isOnnx, "an ONNX operation", "run --convert-onnx-to-linalg"},
    {"routed", isUndecidedDispatch, "routing without a decision",
     "run --moe-fuse-routing and --moe-pad-capacity"},
    {"linalg", isHighMoe, "an operation of the moe language",
     "run --moe-group-experts and --convert-moe-to-linalg"},
    {"target", hasTensor, "a tensor", "run the target's pipeline"},
};

struct VerifyStage : moe::impl::VerifyStageBase<VerifyStage> {
  using VerifyStageBase::VerifyStageBase;

  void runOnOperation() override {
    auto last = llvm::find_if(rules, [&](const Rule &rule) { return rule.stage == stage; });
    if (last == std::end(rules)) {
      getOperation().emitError("unknown stage '")
          << stage << "': expected typed, moe, routed, linalg or target";
      return signalPassFailure();
    }
    // What one stage forbids, all later ones forbid too.
    bool clean = true;
    getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
      // The kept copy of the moe stage (for --verify) is not on the way any more.
      if (isa<ModuleOp>(op) && op != getOperation())
        return WalkResult::skip();
      for (const Rule *rule = rules; rule <= last; ++rule)
        if (rule->forbids(op)) {
          InFlightDiagnostic error = op->emitError("'") << op->getName() << "'";
          if (auto node = dyn_cast<onnx::NodeOp>(op))
            error << " \"" << node.qualifiedName() << "\" version " << node.getVersion();
          error << " is " << rule->what << ", which stage '" << stage << "' may not contain; "
                << rule->advice;
          clean = false;
          break;
        }
      return WalkResult::advance();
    });
    if (!clean)
      return signalPassFailure();
    getOperation()->setAttr(kStageAttr, StringAttr::get(&getContext(), stage));
  }
};

} // namespace
