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

/// The packed twin of a weight, made right after it: `shape` of `held` in the artifact.
static WeightOp pack(Source source, Layout layout, RankedTensorType unpacked,
                     ArrayRef<int64_t> shape, Type held) {
  OpBuilder builder(source.weight->getContext());
  builder.setInsertionPointAfter(source.weight);
  Type number = unpacked.getElementType();
  return WeightOp::create(
      builder, source.weight.getLoc(), RankedTensorType::get(shape, held), source.pieces,
      source.weight.getNameAttr(), LayoutAttr::get(builder.getContext(), layout),
      builder.getI64IntegerAttr(kPanelColumns), builder.getI64IntegerAttr(unpacked.getDimSize(1)),
      builder.getI64IntegerAttr(unpacked.getDimSize(2)),
      /*offset=*/IntegerAttr(), number == held ? TypeAttr() : TypeAttr::get(number));
}

/// G x panels x lines x columns of a panel.
static SmallVector<int64_t> panelShape(RankedTensorType unpacked, int64_t together) {
  return {unpacked.getDimSize(0), llvm::divideCeilSigned(unpacked.getDimSize(2), kPanelColumns),
          llvm::divideCeilSigned(unpacked.getDimSize(1), together), kPanelColumns};
}

/// Codes become words along K.
static WeightOp packWords(Source source, RankedTensorType unpacked) {
  int64_t together = 32 / unpacked.getElementTypeBitWidth();
  return pack(source, Layout::WordPanels, unpacked, panelShape(unpacked, together),
              IntegerType::get(unpacked.getContext(), 32));
}

/// Scales and zero points become panels, those below a byte with a byte each.
static WeightOp packBlocks(Source source, RankedTensorType unpacked) {
  bool small = unpacked.getElementTypeBitWidth() < 8;
  Type held = small ? IntegerType::get(unpacked.getContext(), 8) : unpacked.getElementType();
  return pack(source, Layout::Panels, unpacked, panelShape(unpacked, 1), held);
}

/// Floats become panels, those of 16 bits in pairs along K.
static WeightOp packFloats(Source source, RankedTensorType unpacked) {
  bool pairs = unpacked.getElementTypeBitWidth() == 16;
  SmallVector<int64_t> shape = panelShape(unpacked, pairs ? 2 : 1);
  if (pairs)
    shape.push_back(2);
  return pack(source, pairs ? Layout::PairPanels : Layout::Panels, unpacked, shape,
              unpacked.getElementType());
}

namespace {
struct PlanArtifact : moe::impl::PlanArtifactBase<PlanArtifact> {
  using PlanArtifactBase::PlanArtifactBase;

  void runOnOperation() override {
    for (GroupedMatmulOp product : collect<GroupedMatmulOp>(getOperation()))
      if (failed(packWeights(product)))
        return signalPassFailure();
    if (failed(placeWeights()))
      return signalPassFailure();
    Builder builder(&getContext());
    for (auto [number, observe] : llvm::enumerate(collect<ObserveOp>(getOperation())))
      observe.setNumberAttr(builder.getI32IntegerAttr(number));
  }

  LogicalResult packWeights(GroupedMatmulOp product) {
    using PackFn = WeightOp (*)(Source, RankedTensorType);
    bool quantised = product.getQuant().has_value();
    std::pair<MutableOperandRange, PackFn> operands[] = {
        {product.getWeightsMutable(), quantised ? packWords : packFloats},
        {product.getScalesMutable(), packBlocks},
        {product.getZeroPointsMutable(), packBlocks}};
    if (!llvm::all_of(operands, [](auto &pair) { return llvm::all_of(pair.first, canPack); })) {
      if (quantised)
        return product.emitOpError(
            "is unsupported: quantised weights, scales and zero points must be stored weights");
      remark::missed(product.getLoc(), remark::RemarkOpts::name("Unpacked").category(kFlag))
          << "a weight is not packed: it is no stored weight of 16 bits or more an element";
      return success();
    }
    for (auto &[range, packed] : operands)
      for (OpOperand &operand : range)
        replace(operand,
                packed(sourceOf(operand.get()), cast<RankedTensorType>(operand.get().getType())));
    return success();
  }

  static bool canPack(OpOperand &operand) {
    auto type = dyn_cast<RankedTensorType>(operand.get().getType());
    Source source = type && type.getRank() == 3 ? sourceOf(operand.get()) : Source();
    bool wide = type && type.getElementTypeBitWidth() >= 16;
    return source.pieces && source.weight.getLayout() == Layout::Rows &&
           (wide || cast<GroupedMatmulOp>(operand.getOwner()).getQuant());
  }

  static void replace(OpOperand &operand, Value packed) {
    Value unpacked = operand.get();
    operand.set(packed);
    // A shape operation that nobody reads any more would keep the unpacked numbers in the artifact.
    if (auto expand = unpacked.getDefiningOp<tensor::ExpandShapeOp>())
      if (expand->use_empty())
        expand.erase();
  }

  /// Gives each weight its place; those of the same numbers in the same layout share one.
  LogicalResult placeWeights() {
    using Key = std::tuple<Attribute, Type, int64_t, Type>;
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
      Key key{weight.getPieces(), weight.getType(), static_cast<int64_t>(weight.getLayout()),
              weight.getNumberType()};
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
