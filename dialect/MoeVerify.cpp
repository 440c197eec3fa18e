//===- MoeVerify.cpp - Verifiers of the moe dialect, by operation ---------===//
//
// Messages name the constraint by its number in the .td: expected before found.
//
//===----------------------------------------------------------------------===//

#include "dialect/Moe.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;

/// Whether two dimensions can be the same at run time.
static bool compatible(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}

static int64_t dim(Value value, unsigned index) {
  return cast<ShapedType>(value.getType()).getDimSize(index);
}

/// "dimension I of NAME to be WANTED (Cn), but got FOUND", where the two cannot be the same.
static LogicalResult expectDim(Operation *op, llvm::StringRef name, Value value, unsigned index,
                               int64_t wanted, llvm::StringRef constraint) {
  int64_t found = dim(value, index);
  if (compatible(found, wanted))
    return success();
  return op->emitOpError("expects dimension ") << index << " of `" << name << "` to be " << wanted
                                               << " (" << constraint << "), but got " << found;
}

static LogicalResult expectPositive(Operation *op, llvm::StringRef name,
                                    std::optional<uint64_t> value, llvm::StringRef constraint) {
  if (!value || static_cast<int64_t>(*value) >= 1)
    return success();
  return op->emitOpError("expects `") << name << "` to be at least 1 (" << constraint
                                      << "), but got " << static_cast<int64_t>(*value);
}

/// Experts, slots and rows are counted in i32.
static constexpr int64_t kMostPositions = std::numeric_limits<int32_t>::max();

/// The gate's own constraints; `route` names them as its C1.
static LogicalResult verifyGate(Operation *op, Value logits, Value bias, GateAttr gate,
                                Value weights, Value experts, bool isRoute) {
  auto label = [&](llvm::StringRef own) { return isRoute ? llvm::StringRef("C1") : own; };
  int64_t numExperts = dim(logits, 1), k = gate.getK();
  if (ShapedType::isDynamic(numExperts))
    return op->emitOpError("expects a static number of experts (") << label("C1") << ")";
  if (numExperts > kMostPositions)
    return op->emitOpError("expects fewer than 2^31 experts (")
           << label("C1") << "), but got " << numExperts;
  if (k < 1 || k > numExperts)
    return op->emitOpError("expects k to be between 1 and the number of experts (")
           << label("C2") << "), " << numExperts << ", but got " << k;
  if (failed(expectDim(op, "weights", weights, 0, dim(logits, 0), label("C3"))) ||
      failed(expectDim(op, "experts", experts, 0, dim(logits, 0), label("C3"))) ||
      failed(expectDim(op, "weights", weights, 1, k, label("C3"))) ||
      failed(expectDim(op, "experts", experts, 1, k, label("C3"))))
    return failure();
  if (bias && failed(expectDim(op, "bias", bias, 0, numExperts, label("C4"))))
    return failure();
  int64_t groups = gate.getGroups(), top = gate.getTopGroups(), best = gate.getGroupBest();
  if (groups < 1 || numExperts % groups || top < 1 || top > groups || best < 1 ||
      best > numExperts / groups || k > top * (numExperts / groups))
    return op->emitOpError("expects groups that divide the experts and hold k of them (")
           << label("C5") << "), but got groups = " << groups << ", top_groups = " << top
           << ", group_best = " << best << " for " << numExperts << " experts and k = " << k;
  if (gate.getScore() == Score::SparseMixer &&
      (k != 2 || bias || groups != 1 || gate.getScoreAfter()))
    return op->emitOpError(
               "expects k = 2, no bias, no groups and no score_after with sparsemixer (")
           << label("C6") << ")";
  return success();
}

LogicalResult GateOp::verify() {
  return verifyGate(*this, getLogits(), getBias(), getGate(), getWeights(), getExperts(), false);
}

/// Rows of padding and the number of rows, as `moe.dispatch` (C3) has them.
static LogicalResult verifyRows(Operation *op, Value experts, int64_t numExperts, Value slots,
                                Value offsets, std::optional<uint64_t> capacity,
                                std::optional<uint64_t> tile, llvm::StringRef rowsLabel,
                                llvm::StringRef sizeLabel) {
  if (failed(expectPositive(op, "capacity", capacity, sizeLabel)) ||
      failed(expectPositive(op, "tile", tile, sizeLabel)) ||
      failed(expectDim(op, "offsets", offsets, 0, numExperts + 1, rowsLabel)))
    return failure();
  if (static_cast<int64_t>(tile.value_or(1)) > kMostPositions)
    return op->emitOpError("expects `tile` below 2^31 (") << sizeLabel << "), but got " << *tile;
  int64_t tokens = dim(experts, 0), k = dim(experts, 1), numSlots;
  if (ShapedType::isDynamic(tokens))
    return success();
  if (llvm::MulOverflow(tokens, k, numSlots) || numSlots > kMostPositions)
    return op->emitOpError("expects fewer than 2^31 slots (")
           << rowsLabel << "), but got " << tokens << " tokens and k = " << k;
  return expectDim(op, "slots", slots, 0, paddedRows(numSlots, numExperts, tile.value_or(1)),
                   rowsLabel);
}

LogicalResult DispatchOp::verify() {
  if (failed(expectDim(*this, "experts", getExperts(), 0, dim(getTokens(), 0), "C1")))
    return failure();
  if (ShapedType::isDynamic(dim(getExperts(), 1)) || dim(getExperts(), 1) < 1)
    return emitOpError("expects a static number of choices, at least 1 (C1), but got ")
           << getExperts().getType();
  int64_t experts = getNumExperts();
  if (experts < 1 || experts > kMostPositions)
    return emitOpError("expects `num_experts` to be at least 1 and below 2^31 (C2), but got ")
           << experts;
  if (failed(expectDim(*this, "rows", getRows(), 1, dim(getTokens(), 1), "C3")) ||
      failed(expectDim(*this, "slots", getSlots(), 0, dim(getRows(), 0), "C3")))
    return failure();
  return verifyRows(*this, getExperts(), experts, getSlots(), getOffsets(), getCapacity(),
                    getTile(), "C3", "C4");
}

LogicalResult RouteOp::verify() {
  if (failed(
          verifyGate(*this, getLogits(), getBias(), getGate(), getWeights(), getExperts(), true)))
    return failure();
  return verifyRows(*this, getExperts(), dim(getLogits(), 1), getSlots(), getOffsets(),
                    getCapacity(), getTile(), "C2", "C3");
}

LogicalResult GatherOp::verify() {
  if (failed(expectDim(*this, "rows", getRows(), 1, dim(getTokens(), 1), "C1")) ||
      failed(expectDim(*this, "rows", getRows(), 0, dim(getSlots(), 0), "C1")))
    return failure();
  return expectPositive(*this, "k", getK(), "C2");
}

LogicalResult CombineOp::verify() {
  if (ShapedType::isDynamic(dim(getWeights(), 1)) || dim(getWeights(), 1) < 1)
    return emitOpError("expects a static number of choices, at least 1 (C1), but got ")
           << getWeights().getType();
  if (failed(expectDim(*this, "slots", getSlots(), 0, dim(getRows(), 0), "C1")) ||
      failed(expectDim(*this, "result", getResult(), 0, dim(getWeights(), 0), "C1")) ||
      failed(expectDim(*this, "result", getResult(), 1, dim(getRows(), 1), "C1")))
    return failure();
  return success();
}

LogicalResult ExpertOp::verifyRegions() {
  if (failed(expectDim(*this, "result", getResult(), 0, dim(getRows(), 0), "C1")))
    return failure();
  int64_t offsets = dim(getOffsets(), 0);
  if (ShapedType::isDynamic(offsets) || offsets < 2)
    return emitOpError(
               "expects `offsets` to have a static number of elements above 1 (C1), but got ")
           << getOffsets().getType();
  Block &block = getBody().front();
  if (block.getNumArguments() != getWeights().size() + 1)
    return emitOpError("expects a region argument for the rows and for each weight (C3), ")
           << getWeights().size() + 1 << ", but got " << block.getNumArguments();
  auto rows = cast<RankedTensorType>(getRows().getType());
  auto one =
      RankedTensorType::get({ShapedType::kDynamic, rows.getDimSize(1)}, rows.getElementType());
  if (block.getArgument(0).getType() != one)
    return emitOpError("expects region argument 0 to be ")
           << one << " (C3), but got " << block.getArgument(0).getType();
  for (auto [index, weight] : llvm::enumerate(getWeights())) {
    auto type = cast<RankedTensorType>(weight.getType());
    if (type.getRank() < 1 || type.getDimSize(0) != offsets - 1)
      return emitOpError("expects weight ")
             << index << " to have the number of experts as its leading dimension (C2), "
             << offsets - 1 << ", but got " << type;
    auto slice = RankedTensorType::get(type.getShape().drop_front(), type.getElementType());
    if (block.getArgument(index + 1).getType() != slice)
      return emitOpError("expects region argument ")
             << index + 1 << " to be " << slice << " (C3), but got "
             << block.getArgument(index + 1).getType();
  }
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  auto result = cast<RankedTensorType>(getResult().getType());
  auto yielded =
      RankedTensorType::get({ShapedType::kDynamic, result.getDimSize(1)}, result.getElementType());
  if (!yield || yield.getValue().getType() != yielded)
    return emitOpError("expects its region to yield ") << yielded << " (C4)";
  return success();
}

static ShapedType shaped(Value value) { return cast<ShapedType>(value.getType()); }

static bool isRanked(Value value, int64_t rank) {
  return shaped(value).hasRank() && shaped(value).getRank() == rank;
}

/// C1 of `moe.grouped_matmul`.
static LogicalResult verifyOperands(GroupedMatmulOp op) {
  if (op.getWeights().empty())
    return op.emitOpError("expects at least one weight (C1)");
  if (!isRanked(op.getRows(), 2) || !isRanked(op.getInit(), 2))
    return op.emitOpError("expects `rows` and `init` of rank 2 (C1)");
  if (!isa<FloatType>(shaped(op.getRows()).getElementType()) ||
      !isa<FloatType>(shaped(op.getInit()).getElementType()))
    return op.emitOpError("expects `rows` and `init` of float types (C1)");
  ShapedType first = shaped(op.getWeights().front());
  if (!first.hasRank() || first.getRank() < 3 || first.getRank() > 5)
    return op.emitOpError("expects weights of rank 3, or packed (C1), but got ") << first;
  int64_t groups = op.getNumGroups(), depth = op.getReduction(), columns = op.getNumColumns();
  if (ShapedType::isDynamic(groups) || ShapedType::isDynamic(depth) ||
      ShapedType::isDynamic(columns))
    return op.emitOpError("expects static groups, depth and columns (C1)");
  if (first.getRank() == 3 && (first.getDimSize(1) != depth || first.getDimSize(2) != columns))
    return op.emitOpError("expects weights of ")
           << groups << "x" << depth << "x" << columns << " (C1), but got " << first;
  for (Value weight : op.getWeights())
    if (shaped(weight) != first)
      return op.emitOpError("expects all weights to have one type (C1), ")
             << first << ", but got " << weight.getType();
  for (Value column : op.getColumns())
    if (!isRanked(column, 2) || shaped(column).getDimSize(0) != groups ||
        shaped(column).getDimSize(1) != columns)
      return op.emitOpError("expects columns of ")
             << groups << "x" << columns << " (C1), but got " << column.getType();
  return success();
}

/// A type that `#moe.quant` can have as its code.
static bool isCode(Type type) {
  return type.isInteger(2) || type.isInteger(4) || type.isInteger(8) || isa<Float4E2M1FNType>(type);
}

/// What `#moe.quant` itself must be.
static LogicalResult verifyQuant(Operation *op, QuantAttr quant, llvm::StringRef constraint) {
  if (!isCode(quant.getCode()))
    return op->emitOpError("expects codes of i2, i4, i8 or f4E2M1FN (")
           << constraint << "), but got " << quant.getCode();
  if (quant.getBlock() < 1)
    return op->emitOpError("expects `block` to be at least 1 (")
           << constraint << "), but got " << quant.getBlock();
  return success();
}

static bool isZeroPointType(Type type, QuantAttr quant) {
  return type == quant.getCode() || isa<FloatType>(type);
}

LogicalResult DequantizeOp::verify() {
  QuantAttr quant = getQuant();
  if (failed(verifyQuant(*this, quant, "C2")))
    return failure();
  auto codes = cast<ShapedType>(getCodes().getType());
  if (!codes.hasStaticShape() || codes.getElementType() != quant.getCode())
    return emitOpError("expects static codes of ") << quant.getCode() << " (C1), but got " << codes;
  SmallVector<int64_t> blocks{quant.blocks(codes.getDimSize(0)), codes.getDimSize(1)};
  auto fits = [&](Value value) {
    return cast<ShapedType>(value.getType()).getShape() == ArrayRef<int64_t>(blocks);
  };
  if (!fits(getScales()))
    return emitOpError("expects scales of ")
           << blocks[0] << "x" << blocks[1] << " (C2), but got " << getScales().getType();
  if (Value zero = getZeroPoints();
      zero &&
      (!fits(zero) || !isZeroPointType(cast<ShapedType>(zero.getType()).getElementType(), quant)))
    return emitOpError("expects zero points of ")
           << blocks[0] << "x" << blocks[1] << " codes or floats (C3), but got " << zero.getType();
  if (cast<ShapedType>(getType()).getShape() != codes.getShape())
    return emitOpError("expects a result shaped like its codes (C4), but got ") << getType();
  return success();
}

/// One operand of scales or zero points of `moe.grouped_matmul`: its shape while it is unpacked.
static bool fitsBlocks(GroupedMatmulOp op, Value value) {
  ShapedType type = shaped(value);
  if (!type.hasRank() || type.getRank() != 3)
    return type.hasRank() && type.getRank() == 4;
  int64_t blocks = op.getQuant()->blocks(op.getReduction());
  return type.getShape() == ArrayRef<int64_t>({op.getNumGroups(), blocks, op.getNumColumns()});
}

/// C6 of `moe.grouped_matmul`.
static LogicalResult verifyQuantised(GroupedMatmulOp op) {
  std::optional<QuantAttr> quant = op.getQuant();
  size_t weights = op.getWeights().size(), scales = op.getScales().size();
  size_t zeroPoints = op.getZeroPoints().size();
  if (!quant) {
    if (scales || zeroPoints)
      return op.emitOpError("expects scales and zero points with `quant` only (C6)");
    return success();
  }
  if (failed(verifyQuant(op, *quant, "C6")))
    return failure();
  if (scales != weights || (zeroPoints && zeroPoints != weights))
    return op.emitOpError("expects scales for each weight, and zero points for each or none (C6), ")
           << weights << ", but got " << scales << " and " << zeroPoints;
  if (op.getAccumulatorType().isF64())
    return op.emitOpError("expects rows of at most 32 bits with `quant` (C6)");
  ShapedType weight = shaped(op.getWeights().front());
  Type held = weight.getRank() == 3 ? quant->getCode() : IntegerType::get(op.getContext(), 32);
  if (weight.getElementType() != held)
    return op.emitOpError("expects weights of ") << held << " (C6), but got " << weight;
  for (Value scale : op.getScales())
    if (!fitsBlocks(op, scale) || !isa<FloatType>(shaped(scale).getElementType()))
      return op.emitOpError("expects scales of floats, one a block and column (C6), but got ")
             << scale.getType();
  for (Value zero : op.getZeroPoints())
    if (Type type = shaped(zero).getElementType();
        !fitsBlocks(op, zero) || (!isZeroPointType(type, *quant) && !type.isInteger(8)))
      return op.emitOpError("expects zero points of codes or floats, one a block and column (C6), "
                            "but got ")
             << zero.getType();
  return success();
}

/// C4 and C5 of `moe.grouped_matmul`.
static LogicalResult verifyEpilogue(GroupedMatmulOp op) {
  Block *block = op.getEpilogueBlock();
  if (!block) {
    if (op.getWeights().size() != 1 || !op.getColumns().empty())
      return op.emitOpError("expects one weight and no column without an epilogue (C5)");
    return success();
  }
  Type scalar = op.getAccumulatorType();
  if (block->getNumArguments() != op.getWeights().size() + op.getColumns().size() ||
      llvm::any_of(block->getArgumentTypes(), [&](Type type) { return type != scalar; }))
    return op.emitOpError("expects an epilogue argument of ")
           << scalar << " for each weight and column (C4)";
  auto yield = dyn_cast<YieldOp>(block->getTerminator());
  if (!yield || yield.getValue().getType() != scalar)
    return op.emitOpError("expects its epilogue to yield ") << scalar << " (C4)";
  return success();
}

LogicalResult GroupedMatmulOp::verify() {
  if (failed(verifyOperands(*this)))
    return failure();
  auto isPositions = [](Value value) {
    return isRanked(value, 1) && shaped(value).getElementType().isInteger(32);
  };
  if (!getOffsets() && getNumGroups() != 1)
    return emitOpError("expects one group without offsets (C2), but got ") << getNumGroups();
  if (getOffsets() && (!isPositions(getOffsets()) || dim(getOffsets(), 0) != getNumGroups() + 1))
    return emitOpError("expects ")
           << getNumGroups() + 1 << " offsets of i32 (C2), but got " << getOffsets().getType();
  if (static_cast<int64_t>(getDivisor()) < 1)
    return emitOpError("expects `divisor` to be at least 1 (C3), but got ")
           << static_cast<int64_t>(getDivisor());
  if (getRowIndex() && !isPositions(getRowIndex()))
    return emitOpError("expects a row index of i32 (C3), but got ") << getRowIndex().getType();
  Value rowSource = getRowIndex() ? getRowIndex() : getRows();
  if (!compatible(dim(rowSource, 0), dim(getInit(), 0)))
    return emitOpError("expects as many rows as `init` has (C3), ")
           << dim(getInit(), 0) << ", but got " << dim(rowSource, 0);
  if (failed(verifyQuantised(*this)))
    return failure();
  return verifyEpilogue(*this);
}

/// The bytes (bits, where elements are smaller) from the source's start to one past the last
/// element of a view, or nothing on overflow.
static std::optional<int64_t> viewExtent(PieceAttr piece, int64_t elementBytes) {
  int64_t last = 0;
  for (auto [size, stride] : llvm::zip_equal(piece.getShape(), piece.getStrides())) {
    if (size == 0)
      return piece.getOffset();
    int64_t step;
    if (llvm::MulOverflow(size - 1, stride, step) || llvm::AddOverflow(last, step, last))
      return std::nullopt;
  }
  int64_t bytes;
  if (llvm::AddOverflow(last, int64_t(1), last) || llvm::MulOverflow(last, elementBytes, bytes) ||
      llvm::AddOverflow(bytes, piece.getOffset(), bytes))
    return std::nullopt;
  return bytes;
}

/// C5 of `moe.weight`, and that the result has as many dimensions as its layout.
static LogicalResult verifyLayout(WeightOp op, ShapedType type) {
  bool packed = op.getLayout() != Layout::Rows;
  if (!packed) {
    if (op.getPanel() || op.getDepth() || op.getColumns())
      return op.emitOpError(
          "expects `panel`, `depth` and `columns` with a packed layout only (C5)");
    return success();
  }
  auto positive = [](std::optional<uint64_t> value) {
    return value && static_cast<int64_t>(*value) >= 1;
  };
  if (!positive(op.getPanel()) || !positive(op.getDepth()) || !positive(op.getColumns()))
    return op.emitOpError(
        "expects `panel`, `depth` and `columns` of at least 1 with a packed layout (C5)");
  int64_t panel = *op.getPanel(), depth = *op.getDepth(), columns = *op.getColumns();
  int64_t panels = llvm::divideCeil(columns, panel);
  SmallVector<int64_t> inPanels{panels, depth, panel};
  if (op.getLayout() == Layout::PairPanels)
    inPanels = {panels, static_cast<int64_t>(llvm::divideCeil(depth, 2)), panel, 2};
  if (op.getLayout() == Layout::WordPanels) {
    int64_t together = 32 / op.getNumberType().getIntOrFloatBitWidth();
    inPanels = {panels, static_cast<int64_t>(llvm::divideCeil(depth, together)), panel};
  }
  ArrayRef<int64_t> shape = type.getShape().drop_front(type.getRank() ? 1 : 0);
  if (type.getRank() == 0 ||
      (shape != ArrayRef<int64_t>(inPanels) && shape != ArrayRef<int64_t>({depth, columns})))
    return op.emitOpError("expects a result of the shape that its layout has (C5), but got ")
           << type;
  return success();
}

/// C2 to C4 of one piece.
static LogicalResult verifyPiece(WeightOp op, PieceAttr piece, ArrayRef<int64_t> shape,
                                 Type element) {
  if (piece.getShape().size() != piece.getStrides().size() ||
      piece.getShape().size() != shape.size() ||
      (!shape.empty() && piece.getShape().drop_front() != shape.drop_front()))
    return op.emitOpError("expects pieces that add up to its shape (C2), but got ") << piece;
  auto negative = [](int64_t value) { return value < 0; };
  if (negative(piece.getOffset()) || llvm::any_of(piece.getStrides(), negative) ||
      llvm::any_of(piece.getShape(), negative) || !viewExtent(piece, pieceUnits(element)))
    return op.emitOpError("expects views without negative or overflowing places (C3), but got ")
           << piece;
  auto constant = dyn_cast<ElementsAttr>(piece.getSource());
  if (!constant && !isa<StringAttr>(piece.getSource()))
    return op.emitOpError("expects a path or a constant as a piece's source (C4), but got ")
           << piece.getSource();
  Type held = element.getIntOrFloatBitWidth() < 8 ? IntegerType::get(op.getContext(), 8) : element;
  if (constant && constant.getElementType() != held)
    return op.emitOpError("expects a constant of ")
           << held << " (C4), but got " << constant.getElementType();
  return success();
}

/// C6: what numbers are, and what the result holds.
static LogicalResult verifyNumbers(WeightOp op, Type held) {
  Type number = op.getNumberType();
  unsigned bits = number.isIntOrFloat() ? number.getIntOrFloatBitWidth() : 0;
  if (bits != 2 && bits != 4 && (bits == 0 || bits % 8))
    return op.emitOpError("expects numbers of 2, 4, 8 or more bits (C6), but got ") << number;
  bool words = op.getLayout() == Layout::WordPanels;
  if (words && bits > 8)
    return op.emitOpError("expects words of at most 8 bits a number (C6), but got ") << number;
  if (!op.getElement())
    return success();
  bool fits = words ? bits <= 8 && held.isInteger(32) : bits < 8 && held.isInteger(8);
  if (!fits)
    return op.emitOpError("expects `element` with words of i32, or with bytes for numbers below a "
                          "byte (C6), but got ")
           << number << " in " << held;
  return success();
}

LogicalResult WeightOp::verify() {
  auto type = cast<ShapedType>(getType());
  if (!type.hasStaticShape() || isa<VectorType>(type))
    return emitOpError("expects a static tensor or memref as its result (C1), but got ") << type;
  if (failed(verifyNumbers(*this, type.getElementType())))
    return failure();
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  for (int64_t size : type.getShape())
    if (llvm::MulOverflow(bytes, size, bytes))
      return emitOpError("has a size that overflows (C1): ") << type;
  if (failed(verifyLayout(*this, type)))
    return failure();
  SmallVector<int64_t> shape = getUnpackedShape();
  if (getPieces().empty())
    return emitOpError("expects at least one piece (C2)");
  int64_t leading = 0;
  for (auto piece : getPieces().getAsRange<PieceAttr>()) {
    if (failed(verifyPiece(*this, piece, shape, getNumberType())))
      return failure();
    if (!shape.empty() && llvm::AddOverflow(leading, piece.getShape().front(), leading))
      return emitOpError("has pieces whose sizes overflow (C2)");
  }
  if (!shape.empty() && leading != shape.front())
    return emitOpError("expects pieces that add up to its shape (C2), ")
           << shape.front() << " along the leading dimension, but got " << leading;
  return success();
}

LogicalResult ObserveOp::verify() {
  auto module = (*this)->getParentOfType<ModuleOp>();
  auto layers = module ? module->getAttrOfType<ArrayAttr>(kLayersAttr) : ArrayAttr();
  auto isThis = [&](Attribute layer) {
    auto entry = dyn_cast<DictionaryAttr>(layer);
    return entry && entry.get("name") == getLayerAttr();
  };
  if (layers && llvm::none_of(layers, isThis))
    return emitOpError("expects its layer to be one of the module's `moe.layers` (C1), but got ")
           << getLayerAttr();
  return success();
}
