//===- PadCapacity.cpp - Start each expert's rows at a multiple of the tile ===//
//
// Kernels take whole tiles of rows of one expert. This pass decides the tile of every layer: each
// expert's rows start at a multiple of it, and the rows between are padding, which later stages may
// compute but must not use. The attribute stands there for tile 1 too: that no padding is wanted is
// a decision, and the guard of the routed stage asks for one.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "passes/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace moe {
#define GEN_PASS_DEF_PADCAPACITY
#include "passes/Passes.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

/// The rows that a layer's tensors need at most (C3 of `moe.dispatch`): `?` where the number of
/// tokens is, nothing where the number does not fit into the 32 bits of a slot.
static std::optional<int64_t> decideRows(int64_t tokens, int64_t k, int64_t experts, int64_t tile) {
  if (ShapedType::isDynamic(tokens) || ShapedType::isDynamic(k))
    return ShapedType::kDynamic;
  int64_t slots, padding, rows;
  if (llvm::MulOverflow(tokens, k, slots) || llvm::MulOverflow(experts, tile - 1, padding) ||
      llvm::AddOverflow(slots, padding, rows) || rows > std::numeric_limits<int32_t>::max())
    return std::nullopt;
  return paddedRows(slots, experts, tile);
}

/// Gives `value` `rows` as its leading dimension; whether that changed its type.
static bool setRows(Value value, int64_t rows) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.isDynamicDim(0) || type.getDimSize(0) == rows)
    return false;
  SmallVector<int64_t> shape(type.getShape());
  shape.front() = rows;
  value.setType(type.clone(shape));
  return true;
}

/// The rows of an operation that follow the rows of its operand, or null; `init` of a grouped
/// product follows too. An operation that does not know padding is an error.
static FailureOr<Value> followingRows(Operation *user, int64_t rows) {
  if (isa<CombineOp, ObserveOp, tensor::DimOp>(user))
    return Value();
  if (auto gather = dyn_cast<GatherOp>(user))
    return Value(gather.getRows());
  if (auto expert = dyn_cast<ExpertOp>(user))
    return Value(expert.getResult());
  auto product = dyn_cast<GroupedMatmulOp>(user);
  auto init = product ? product.getInit().getDefiningOp<tensor::EmptyOp>() : nullptr;
  if (!init)
    return user->emitOpError("takes rows in expert order, whose number --moe-pad-capacity "
                             "changes; unsupported");
  if (!ShapedType::isDynamic(init.getType().getDimSize(0))) {
    // The same empty tensor may serve others.
    OpBuilder builder(product);
    auto own = cast<tensor::EmptyOp>(builder.clone(*init));
    product.getInitMutable().assign(own.getResult());
    setRows(own.getResult(), rows);
  }
  return Value(product.getResult());
}

/// Carries a changed number of rows to everything that is computed row by row from `slots` and
/// `rows`.
static LogicalResult propagateRows(SmallVector<Value> changed, int64_t rows) {
  while (!changed.empty()) {
    Value value = changed.pop_back_val();
    SmallVector<Operation *> users(value.getUsers());
    for (Operation *user : users) {
      FailureOr<Value> next = followingRows(user, rows);
      if (failed(next))
        return failure();
      if (*next && setRows(*next, rows))
        changed.push_back(*next);
    }
  }
  return success();
}

namespace {
struct PadCapacity : moe::impl::PadCapacityBase<PadCapacity> {
  using PadCapacityBase::PadCapacityBase;

  void runOnOperation() override {
    if (tile < 1) {
      getOperation().emitError("expects the option `tile` to be at least 1, but got ")
          << tile.getValue();
      return signalPassFailure();
    }
    bool failedAny = false;
    getOperation().walk([&](Operation *op) {
      if (auto route = dyn_cast<RouteOp>(op))
        failedAny |= failed(pad(op, route.getExperts(), route.getOffsets(), {route.getSlots()}));
      if (auto dispatch = dyn_cast<DispatchOp>(op))
        failedAny |= failed(pad(op, dispatch.getExperts(), dispatch.getOffsets(),
                                {dispatch.getSlots(), dispatch.getRows()}));
    });
    if (failedAny)
      signalPassFailure();
  }

  /// Writes the decision for one layer and carries it on.
  LogicalResult pad(Operation *op, Value experts, Value offsets, ArrayRef<Value> results) {
    auto chosen = cast<RankedTensorType>(experts.getType());
    int64_t numExperts = cast<ShapedType>(offsets.getType()).getDimSize(0) - 1;
    std::optional<int64_t> rows =
        decideRows(chosen.getDimSize(0), chosen.getDimSize(1), numExperts, tile);
    if (!rows)
      return op->emitOpError("needs more rows than 32-bit positions can count, with tiles of ")
             << tile.getValue() << "; unsupported";
    op->setAttr("tile", Builder(op).getI64IntegerAttr(tile));
    SmallVector<Value> changed;
    if (!ShapedType::isDynamic(*rows))
      llvm::copy_if(results, std::back_inserter(changed),
                    [&](Value result) { return setRows(result, *rows); });
    remark::passed(op->getLoc(),
                   remark::RemarkOpts::name("pad-capacity").category("moe-pad-capacity"))
        << remark::add("rows of an expert start at multiples of {0}", tile.getValue());
    return propagateRows(std::move(changed), *rows);
  }
};
} // namespace
