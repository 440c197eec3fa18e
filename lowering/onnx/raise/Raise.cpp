//===- Raise.cpp - Finds MoE layers in ONNX graphs ------------------------===//
//
// Offers each anchor (a fused operator, a TopK) to the patterns in turn. The first that proves its
// case replaces the subgraph; the nodes left without users go. What nearly fitted is told in a
// remark, and the graph stays as it was.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/CutTokens.h"
#include "lowering/onnx/raise/EinsumPairs.h"
#include "lowering/onnx/raise/ExpertStacks.h"
#include "lowering/onnx/raise/Guards.h"
#include "lowering/onnx/raise/HitList.h"
#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/LooseRounds.h"
#include "lowering/onnx/raise/NotRaised.h"
#include "lowering/onnx/raise/Patterns.h"
#include "lowering/onnx/raise/Router.h"
#include "lowering/onnx/raise/RowScales.h"
#include "lowering/onnx/raise/Undone.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace moe {
#define GEN_PASS_DEF_RAISE
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;
using namespace moe::raise;

namespace {

/// The patterns, the surest first. A new kind of graph is a file and a row.
using Pattern = Outcome (*)(onnx::NodeOp, Attempt &);
const Pattern patterns[] = {raiseFusedMoe,    raiseUnrolledLoop, raiseGrouped,     raiseMixture,
                            raiseScaledInput, raiseCapacity,     raiseExpertChoice};

/// Joins the rounds of each block.
void joinRoundsOf(FunctionOpInterface function) {
  SmallVector<Block *> blocks;
  function->walk([&](Block *block) { blocks.push_back(block); });
  for (Block *block : blocks)
    joinLooseRounds(*block);
}

/// Where layers are looked for, the bodies of If, Loop and Scan included: graph order, which is the
/// order of `moe.layers`; but rounds of a choice are tried as one before they are tried one by one.
SmallVector<onnx::NodeOp> anchorsOf(FunctionOpInterface function) {
  llvm::DenseMap<Operation *, Operation *> wholes;
  SmallVector<onnx::NodeOp> found, anchors;
  function->walk<WalkOrder::PreOrder>([&](onnx::NodeOp node) {
    auto choices = choicesAt(node);
    if (!choices && !node.is("TopK") && node.getDomain() != "com.microsoft")
      return;
    found.push_back(node);
    for (const Choices &round : choices ? choices->rounds : std::vector<Choices>())
      wholes.insert({round.anchor, node});
  });
  llvm::SetVector<Operation *> order;
  for (onnx::NodeOp node : found) {
    if (Operation *whole = wholes.lookup(node))
      order.insert(whole);
    order.insert(node);
  }
  for (Operation *op : order)
    anchors.push_back(cast<onnx::NodeOp>(op));
  return anchors;
}

/// Erases what has no users, users before what they use.
void eraseDead(FunctionOpInterface function, Guards &guards, NotRaised &notRaised) {
  function->walk<WalkOrder::PostOrder, ReverseIterator>([&](Operation *op) {
    if (op == function || guards.hold(op) || !isOpTriviallyDead(op))
      return;
    notRaised.erased(op);
    guards.erased(op);
    op->erase();
  });
}

/// A model without layers says so, and names a choice that no pattern knows yet.
void remarkNoLayer(ModuleOp module) {
  std::string why = "no MoE layer: no fused operator, and no TopK that leads to experts";
  Location at = module.getLoc();
  module.walk([&](onnx::NodeOp node) {
    if (!node.is("ArgMax"))
      return WalkResult::advance();
    why += "; " + nameOf(node) + " may choose one expert, which no pattern knows";
    at = node.getLoc();
    return WalkResult::interrupt();
  });
  remark::missed(at, remark::RemarkOpts::name("NotRaised").category("moe-raise")) << why;
}

struct Raise : moe::impl::RaiseBase<Raise> {
  using RaiseBase::RaiseBase;

  /// False where the user's file is at fault. `parts`: rounds of choices that were raised as one.
  bool raiseAt(onnx::NodeOp anchor, Layers &layers, NotRaised &notRaised,
               llvm::DenseSet<Operation *> &parts) {
    if (parts.contains(anchor))
      return true;
    Attempt attempt{layers, allowMissingExperts, moeLayout};
    auto choices = choicesAt(anchor);
    for (Pattern pattern : patterns) {
      Outcome outcome = pattern(anchor, attempt);
      if (outcome == Outcome::Raised) {
        notRaised.raised(anchor);
        for (const Choices &round : choices ? choices->rounds : std::vector<Choices>())
          parts.insert(round.anchor);
        return true;
      }
      if (outcome == Outcome::Error)
        return false;
    }
    notRaised.missed(anchor, attempt);
    return true;
  }

  bool raiseIn(FunctionOpInterface function, Layers &layers, NotRaised &notRaised) {
    bool good = true;
    Guards guards;
    guards.open(function);
    splitEinsums(function);
    spellRowScales(function);
    joinExpertStacks(function);
    joinRoundsOf(function);
    dropUndone(function);
    CutTokens cutTokens;
    cutTokens.open(function);
    llvm::DenseSet<Operation *> parts;
    for (onnx::NodeOp anchor : anchorsOf(function))
      good &= raiseAt(anchor, layers, notRaised, parts);
    if (!good)
      return false;
    cutTokens.close();
    // What no layer needs goes first: the questions that it asked are then not asked again.
    eraseDead(function, guards, notRaised);
    guards.close();
    eraseDead(function, guards, notRaised);
    return true;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (!moeLayout.empty() && moeLayout != "modern" && moeLayout != "legacy") {
      module.emitError("unknown moe-layout '") << moeLayout << "': expected modern or legacy";
      return signalPassFailure();
    }
    Layers layers;
    NotRaised notRaised;
    bool good = true;
    for (auto function : module.getOps<FunctionOpInterface>()) {
      good &= raiseIn(function, layers, notRaised);
      warnOfHitLists(function);
    }
    layers.store(module);
    notRaised.tell();
    auto stored = module->getAttrOfType<ArrayAttr>(kLayersAttr);
    if (good && (!stored || stored.empty()))
      remarkNoLayer(module);
    if (!good)
      signalPassFailure();
  }
};

} // namespace
