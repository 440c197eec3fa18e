//===- FuseRouting.cpp - Gate and positions in one sweep ------------------===//
//
// A gate and the dispatch of its choices read the same tokens one after the other, and the dispatch
// copies rows that most targets gather as they compute. This pass makes one `moe.route` of the two;
// what is left of the copying is a `moe.gather`, which a later pass can drop.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"
#include "passes/Passes.h"
#include "llvm/Support/Error.h"

namespace moe {
#define GEN_PASS_DEF_FUSEROUTING
#include "passes/Passes.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

static constexpr auto kRemark =
    remark::RemarkOpts::name("fuse-routing").category("moe-fuse-routing");

/// The gate that `dispatch` can be fused with, or why there is none.
static llvm::Expected<GateOp> findGate(DispatchOp dispatch) {
  auto refuse = [](const llvm::Twine &why) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(), why);
  };
  auto gate = dispatch.getExperts().getDefiningOp<GateOp>();
  if (!gate)
    return refuse("its experts do not come from a moe.gate");
  auto isDispatch = [](Operation *user) { return isa<DispatchOp>(user); };
  if (llvm::count_if(gate.getExperts().getUsers(), isDispatch) != 1)
    return refuse("the gate's experts are read by more than one moe.dispatch");
  int64_t experts = cast<ShapedType>(gate.getLogits().getType()).getDimSize(1);
  if (experts != static_cast<int64_t>(dispatch.getNumExperts()))
    return refuse("the gate chooses among " + llvm::Twine(experts) + " experts, the dispatch has " +
                  llvm::Twine(dispatch.getNumExperts()));
  return gate;
}

/// %w, %e = moe.gate %logits; %rows, %slots, %offsets = moe.dispatch %x, %e
/// becomes
/// %w, %e, %slots, %offsets = moe.route %logits; %rows = moe.gather %x, %slots
static void fuse(GateOp gate, DispatchOp dispatch) {
  OpBuilder builder(gate);
  Location loc = builder.getFusedLoc({gate.getLoc(), dispatch.getLoc()});
  auto route =
      RouteOp::create(builder, loc,
                      TypeRange{gate.getWeights().getType(), gate.getExperts().getType(),
                                dispatch.getSlots().getType(), dispatch.getOffsets().getType()},
                      gate.getLogits(), gate.getBias(), gate.getGate(), dispatch.getCapacityAttr(),
                      dispatch.getRankMajorAttr(), dispatch.getTileAttr());
  int64_t k = gate.getGate().getK();
  builder.setInsertionPoint(dispatch);
  auto gather = GatherOp::create(builder, dispatch.getLoc(), dispatch.getRows().getType(),
                                 dispatch.getTokens(), route.getSlots(), k);
  dispatch.replaceAllUsesWith(ValueRange{gather.getRows(), route.getSlots(), route.getOffsets()});
  dispatch.erase();
  gate.replaceAllUsesWith(ValueRange{route.getWeights(), route.getExperts()});
  gate.erase();
}

namespace {
struct FuseRouting : moe::impl::FuseRoutingBase<FuseRouting> {
  using FuseRoutingBase::FuseRoutingBase;

  // A walk over the dispatches: each is fused or not on its own, in no order that matters.
  void runOnOperation() override {
    SmallVector<DispatchOp> dispatches;
    getOperation().walk([&](DispatchOp dispatch) { dispatches.push_back(dispatch); });
    for (DispatchOp dispatch : dispatches) {
      Location loc = dispatch.getLoc();
      if (llvm::Expected<GateOp> gate = findGate(dispatch)) {
        fuse(*gate, dispatch);
        remark::passed(loc, kRemark) << "gate and dispatch are one sweep over the tokens";
      } else {
        remark::missed(loc, kRemark)
            << remark::reason("kept apart: {0}", llvm::toString(gate.takeError()));
      }
    }
  }
};
} // namespace
