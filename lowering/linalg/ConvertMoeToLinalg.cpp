//===- ConvertMoeToLinalg.cpp - Routing in linalg, scf and tensor ---------===//
//
// The border between what a layer means and how any machine could compute it. Tokens and rows are
// parallel loops (scf.forall); what has an order, slots and sums, is a plain one.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace moe {
#define GEN_PASS_DEF_CONVERTMOETOLINALG
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

/// The rule of a dispatch or route for `offsets`, which has an element more than there are experts.
template <typename Op> static DispatchRule ruleOf(Op op) {
  int64_t experts = cast<ShapedType>(op.getOffsets().getType()).getDimSize(0) - 1;
  std::optional<int64_t> capacity;
  if (op.getCapacity())
    capacity = *op.getCapacity();
  return {experts, capacity, op.getRankMajor(), static_cast<int64_t>(op.getTile().value_or(1))};
}

/// The results of `op` as plain tensors, null for one without users; none where it stays.
static Emit::Values convert(Emit &emit, Operation *op) {
  return llvm::TypeSwitch<Operation *, Emit::Values>(op)
      .Case([&](GateOp gate) -> Emit::Values {
        auto [weights, experts] = emitGate(emit, gate.getLogits(), gate.getBias(), gate.getGate(),
                                           getElementTypeOrSelf(gate.getWeights()));
        return {weights, experts};
      })
      .Case([&](RouteOp route) -> Emit::Values {
        auto [weights, experts] =
            emitGate(emit, route.getLogits(), route.getBias(), route.getGate(),
                     getElementTypeOrSelf(route.getWeights()));
        auto [slots, offsets] = emitPositions(emit, experts, ruleOf(route));
        return {weights, experts, slots, offsets};
      })
      .Case([&](DispatchOp dispatch) -> Emit::Values {
        auto [slots, offsets] = emitPositions(emit, dispatch.getExperts(), ruleOf(dispatch));
        return {Value(), slots, offsets};
      })
      .Case([&](GatherOp gather) -> Emit::Values {
        return {emitGather(emit, gather.getTokens(), gather.getSlots(), gather.getK())};
      })
      .Case([&](ExpertOp expert) -> Emit::Values { return {emitExpert(emit, expert)}; })
      .Case([&](CombineOp combine) -> Emit::Values { return {emitCombine(emit, combine)}; })
      .Default([](Operation *) { return Emit::Values(); });
}

/// Copies of rows are an operation of their own; grouped products read the tokens themselves.
static void splitRows(DispatchOp dispatch) {
  if (dispatch.getRows().use_empty())
    return;
  OpBuilder builder(dispatch->getContext());
  builder.setInsertionPointAfter(dispatch);
  int64_t k = cast<ShapedType>(dispatch.getExperts().getType()).getDimSize(1);
  auto gather = GatherOp::create(builder, dispatch.getLoc(), dispatch.getRows().getType(),
                                 dispatch.getTokens(), dispatch.getSlots(), k);
  dispatch.getRows().replaceAllUsesWith(gather.getRows());
}

/// Checks at run time stand where the model is, not where routing becomes a function.
static void checkRange(Operation *op) {
  auto check = [&](auto routing, Value tokens, int64_t k) {
    Emit emit(op->getLoc(), op);
    emitRangeCheck(emit, emit.product(emit.size(tokens, 0), emit.getIndexAttr(k)), ruleOf(routing));
  };
  if (auto route = dyn_cast<RouteOp>(op))
    check(route, route.getLogits(), route.getGate().getK());
  else if (auto dispatch = dyn_cast<DispatchOp>(op))
    check(dispatch, dispatch.getExperts(),
          cast<ShapedType>(dispatch.getExperts().getType()).getDimSize(1));
}

/// The model's moe operations; those of the kept reference are not on the way.
static SmallVector<Operation *> collect(ModuleOp module) {
  SmallVector<Operation *> ops;
  for (auto function : module.getOps<func::FuncOp>())
    function.walk([&](Operation *op) {
      if (isa_and_present<MoeDialect>(op->getDialect()))
        ops.push_back(op);
    });
  return ops;
}

/// Puts the results of `op` in its place.
static void replace(Operation *op) {
  Emit emit(op->getLoc(), op);
  Emit::Values results = convert(emit, op);
  if (results.empty())
    return;
  for (auto [old, made] : llvm::zip_equal(op->getResults(), results))
    if (made)
      old.replaceAllUsesWith(emit.cast(made, old.getType()));
  op->erase();
}

namespace {
struct ConvertMoeToLinalg : moe::impl::ConvertMoeToLinalgBase<ConvertMoeToLinalg> {
  using ConvertMoeToLinalgBase::ConvertMoeToLinalgBase;

  // Walks: every operation has one form here, which does not depend on its neighbours.
  void runOnOperation() override {
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<ModuleOp>(op) && op != getOperation())
        return WalkResult::skip();
      if (auto dispatch = dyn_cast<DispatchOp>(op))
        splitRows(dispatch);
      checkRange(op);
      return WalkResult::advance();
    });
    if (functions) {
      markLayers(getOperation(), collect(getOperation()));
      outlineRouting(getOperation(), collect(getOperation()));
    }
    for (Operation *op : collect(getOperation()))
      replace(op);
  }
};
} // namespace
