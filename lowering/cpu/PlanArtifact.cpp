//===- PlanArtifact.cpp - How weights lie in the artifact -----------------===//
//
// All CPU variants of an artifact share its weights, so their layout and places are decided once,
// before the variants part: weights of grouped products are packed, each weight gets its place, and
// each observation its number. Afterwards every `moe.weight` has an `offset`.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/cpu/Pack.h"
#include "lowering/cpu/TileChoice.h"
#include "mlir/IR/Remarks.h"
#include "llvm/Support/MathExtras.h"

namespace moe {
#define GEN_PASS_DEF_PLANARTIFACT
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

/// Every weight begins on a cache line, a large one on a page.
static constexpr int64_t kAlignment = 64, kPage = 4096, kLarge = 16 * kPage;

static constexpr llvm::StringLiteral kFlag = "cpu-plan-artifact";

/// All operations of the model but those of a kept copy of the moe stage.
template <typename OpT> static SmallVector<OpT> collect(ModuleOp module) {
  SmallVector<OpT> found;
  module->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<ModuleOp>(op) && op != module)
      return WalkResult::skip();
    if (auto wanted = dyn_cast<OpT>(op))
      found.push_back(wanted);
    return WalkResult::advance();
  });
  return found;
}

/// The pieces of a K x N weight as those of a 1 x K x N one, or null: only one piece can stay one.
static ArrayAttr addLeadingGroup(WeightOp weight) {
  if (weight.getPieces().size() != 1)
    return {};
  auto piece = cast<PieceAttr>(weight.getPieces()[0]);
  SmallVector<int64_t> shape{1}, strides{0};
  llvm::append_range(shape, piece.getShape());
  llvm::append_range(strides, piece.getStrides());
  Builder builder(weight.getContext());
  return builder.getArrayAttr(
      PieceAttr::get(weight.getContext(), piece.getSource(), piece.getOffset(), shape, strides));
}

namespace {

/// A weight as a grouped product sees it: which operation, and its pieces as G x K x N.
struct Source {
  WeightOp weight;
  ArrayAttr pieces;
};

} // namespace

/// Finds the weight behind an operand, through a leading dimension of one.
static Source sourceOf(Value operand) {
  auto type = cast<ShapedType>(operand.getType());
  if (auto weight = operand.getDefiningOp<WeightOp>())
    return {weight, weight.getPieces()};
  auto expand = operand.getDefiningOp<tensor::ExpandShapeOp>();
  if (!expand || type.getRank() != 3 || type.getDimSize(0) != 1)
    return {};
  auto weight = expand.getSrc().getDefiningOp<WeightOp>();
  if (!weight || cast<ShapedType>(weight.getType()).getShape() != type.getShape().drop_front())
    return {};
  return {weight, addLeadingGroup(weight)};
}

/// The packed twin of a weight, made right after it.
static WeightOp pack(Source source, RankedTensorType unpacked) {
  OpBuilder builder(source.weight->getContext());
  builder.setInsertionPointAfter(source.weight);
  int64_t groups = unpacked.getDimSize(0), depth = unpacked.getDimSize(1);
  int64_t columns = unpacked.getDimSize(2);
  bool pairs = unpacked.getElementTypeBitWidth() == 16;
  SmallVector<int64_t> shape{groups, llvm::divideCeilSigned(columns, kPanelColumns),
                             pairs ? llvm::divideCeilSigned(depth, 2) : depth, kPanelColumns};
  if (pairs)
    shape.push_back(2);
  return WeightOp::create(builder, source.weight.getLoc(),
                          RankedTensorType::get(shape, unpacked.getElementType()), source.pieces,
                          source.weight.getNameAttr(), pairs ? Layout::PairPanels : Layout::Panels,
                          builder.getI64IntegerAttr(kPanelColumns),
                          builder.getI64IntegerAttr(depth), builder.getI64IntegerAttr(columns),
                          /*offset=*/IntegerAttr());
}

namespace {
struct PlanArtifact : moe::impl::PlanArtifactBase<PlanArtifact> {
  using PlanArtifactBase::PlanArtifactBase;

  void runOnOperation() override {
    for (GroupedMatmulOp product : collect<GroupedMatmulOp>(getOperation()))
      packWeights(product);
    if (failed(placeWeights()))
      return signalPassFailure();
    Builder builder(&getContext());
    for (auto [number, observe] : llvm::enumerate(collect<ObserveOp>(getOperation())))
      observe.setNumberAttr(builder.getI32IntegerAttr(number));
  }

  void packWeights(GroupedMatmulOp product) {
    SmallVector<Value> packed;
    for (Value operand : product.getWeights()) {
      auto type = dyn_cast<RankedTensorType>(operand.getType());
      Source source = type && type.getRank() == 3 ? sourceOf(operand) : Source();
      bool can = source.pieces && source.weight.getLayout() == Layout::Rows &&
                 type.getElementTypeBitWidth() >= 16;
      if (!can) {
        remark::missed(product.getLoc(), remark::RemarkOpts::name("Unpacked").category(kFlag))
            << "a weight is not packed: it is no stored weight of 16 bits or more an element";
        return;
      }
      packed.push_back(pack(source, type));
    }
    SmallVector<Value> unpacked(product.getWeights());
    product.getWeightsMutable().assign(packed);
    // A shape operation that nobody reads any more would keep the unpacked numbers in the artifact.
    for (Value operand : unpacked)
      if (auto expand = operand.getDefiningOp<tensor::ExpandShapeOp>())
        if (expand->use_empty())
          expand.erase();
  }

  /// Gives each weight its place; those of the same numbers in the same layout share one.
  LogicalResult placeWeights() {
    using Key = std::tuple<Attribute, Type, int64_t>;
    llvm::DenseMap<Key, int64_t> places;
    int64_t end = 0;
    Builder builder(&getContext());
    for (WeightOp weight : collect<WeightOp>(getOperation())) {
      if (weight->use_empty()) {
        weight.erase();
        continue;
      }
      FailureOr<int64_t> bytes = weightBytes(weight);
      if (failed(bytes))
        return failure();
      Key key{weight.getPieces(), weight.getType(), static_cast<int64_t>(weight.getLayout())};
      int64_t start;
      if (llvm::AddOverflow(end, (*bytes >= kLarge ? kPage : kAlignment) - 1, start) ||
          llvm::AddOverflow(start, *bytes, start))
        return weight.emitOpError("ends beyond what can be addressed: the weights before it take ")
               << end << " bytes";
      start = llvm::alignTo(end, *bytes >= kLarge ? kPage : kAlignment);
      auto [place, isNew] = places.try_emplace(key, start);
      if (isNew)
        end = start + *bytes;
      weight.setOffsetAttr(builder.getI64IntegerAttr(place->second));
    }
    getOperation()->setAttr(kWeightBytesAttr, builder.getI64IntegerAttr(end));
    remark::passed(getOperation().getLoc(), remark::RemarkOpts::name("Weights").category(kFlag))
        << "placed " << std::to_string(places.size()) << " weights in " << std::to_string(end)
        << " bytes";
    return success();
  }
};
} // namespace
