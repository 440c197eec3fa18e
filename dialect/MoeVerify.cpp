//===- MoeVerify.cpp - Verifiers of the moe dialect, by operation ---------===//
//
// Messages name the constraint by its number in the .td: expected before found.
//
//===----------------------------------------------------------------------===//

#include "dialect/Moe.h"
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

/// The gate's own constraints; `route` names them as its C1.
static LogicalResult verifyGate(Operation *op, Value logits, Value bias, GateAttr gate,
                                Value weights, Value experts, bool isRoute) {
  auto label = [&](llvm::StringRef own) { return isRoute ? llvm::StringRef("C1") : own; };
  int64_t numExperts = dim(logits, 1), k = gate.getK();
  if (ShapedType::isDynamic(numExperts))
    return op->emitOpError("expects a static number of experts (") << label("C1") << ")";
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
  if (gate.getScore() == Score::SparseMixer && (k != 2 || bias || groups != 1))
    return op->emitOpError("expects k = 2, no bias and no groups with sparsemixer (")
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
  int64_t tokens = dim(experts, 0), k = dim(experts, 1);
  if (ShapedType::isDynamic(tokens) || ShapedType::isDynamic(k))
    return success();
  return expectDim(op, "slots", slots, 0, paddedRows(tokens * k, numExperts, tile.value_or(1)),
                   rowsLabel);
}

LogicalResult DispatchOp::verify() {
  if (failed(expectDim(*this, "experts", getExperts(), 0, dim(getTokens(), 0), "C1")))
    return failure();
  int64_t experts = getNumExperts();
  if (experts < 1)
    return emitOpError("expects `num_experts` to be at least 1 (C2), but got ") << experts;
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

LogicalResult GroupedMatmulOp::verify() {
  auto shaped = [](Value value) { return cast<ShapedType>(value.getType()); };
  if (getWeights().empty())
    return emitOpError("expects at least one weight (C1)");
  auto ranked = [&](Value value, int64_t rank) {
    return shaped(value).hasRank() && shaped(value).getRank() == rank;
  };
  if (!ranked(getRows(), 2) || !ranked(getInit(), 2))
    return emitOpError("expects `rows` and `init` of rank 2 (C1)");
  int64_t groups = getNumGroups(), depth = getReduction(), columns = getNumColumns();
  if (ShapedType::isDynamic(groups) || ShapedType::isDynamic(depth) ||
      ShapedType::isDynamic(columns))
    return emitOpError("expects static groups, depth and columns (C1)");
  for (Value weight : getWeights()) {
    ShapedType type = shaped(weight);
    if (type != shaped(getWeights().front()))
      return emitOpError("expects all weights to have one type (C1), ")
             << getWeights().front().getType() << ", but got " << type;
    bool unpacked = type.getRank() == 3;
    if (unpacked && (type.getDimSize(1) != depth || type.getDimSize(2) != columns))
      return emitOpError("expects weights of ")
             << groups << "x" << depth << "x" << columns << " (C1), but got " << type;
    if (!unpacked && type.getRank() != 4 && type.getRank() != 5)
      return emitOpError("expects weights of rank 3, or packed (C1), but got ") << type;
  }
  for (Value column : getColumns())
    if (!ranked(column, 2) || shaped(column).getDimSize(0) != groups ||
        shaped(column).getDimSize(1) != columns)
      return emitOpError("expects columns of ")
             << groups << "x" << columns << " (C1), but got " << column.getType();
  if (!getOffsets() && groups != 1)
    return emitOpError("expects one group without offsets (C2), but got ") << groups;
  if (getOffsets() &&
      (!ranked(getOffsets(), 1) || shaped(getOffsets()).getDimSize(0) != groups + 1))
    return emitOpError("expects ")
           << groups + 1 << " offsets (C2), but got " << getOffsets().getType();
  if (static_cast<int64_t>(getDivisor()) < 1)
    return emitOpError("expects `divisor` to be at least 1 (C3), but got ") << getDivisor();
  Value rowSource = getRowIndex() ? getRowIndex() : getRows();
  if (!compatible(dim(rowSource, 0), dim(getInit(), 0)))
    return emitOpError("expects as many rows as `init` has (C3), ")
           << dim(getInit(), 0) << ", but got " << dim(rowSource, 0);
  Block *block = getEpilogueBlock();
  if (!block) {
    if (getWeights().size() != 1 || !getColumns().empty())
      return emitOpError("expects one weight and no column without an epilogue (C5)");
    return success();
  }
  Type scalar = getAccumulatorType();
  if (block->getNumArguments() != getWeights().size() + getColumns().size() ||
      llvm::any_of(block->getArgumentTypes(), [&](Type type) { return type != scalar; }))
    return emitOpError("expects an epilogue argument of ")
           << scalar << " for each weight and column (C4)";
  auto yield = dyn_cast<YieldOp>(block->getTerminator());
  if (!yield || yield.getValue().getType() != scalar)
    return emitOpError("expects its epilogue to yield ") << scalar << " (C4)";
  return success();
}

/// The bytes from the first to one past the last element of a view, or nothing on overflow.
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

LogicalResult WeightOp::verify() {
  auto type = cast<ShapedType>(getType());
  if (!type.hasStaticShape())
    return emitOpError("expects a static result (C1), but got ") << type;
  if (!type.getElementType().isIntOrFloat() || type.getElementTypeBitWidth() % 8)
    return emitOpError("expects elements of whole bytes (C1), but got ") << type;
  int64_t elements = type.getElementTypeBitWidth() / 8;
  for (int64_t size : type.getShape())
    if (llvm::MulOverflow(elements, size, elements))
      return emitOpError("has a size that overflows (C1): ") << type;
  bool packed = getLayout() != Layout::Rows;
  if (packed != (getPanel() && getDepth() && getColumns()) ||
      (!packed && (getPanel() || getDepth() || getColumns())))
    return emitOpError(
        "expects `panel`, `depth` and `columns` with a packed layout and only there (C5)");
  SmallVector<int64_t> shape = getUnpackedShape();
  if (getPieces().empty())
    return emitOpError("expects at least one piece (C2)");
  int64_t leading = 0;
  for (auto piece : getPieces().getAsRange<PieceAttr>()) {
    if (piece.getShape().size() != piece.getStrides().size() ||
        piece.getShape().size() != shape.size() ||
        (!shape.empty() && piece.getShape().drop_front() != ArrayRef<int64_t>(shape).drop_front()))
      return emitOpError("expects pieces that add up to its shape (C2), but got ") << piece;
    if (!shape.empty())
      leading += piece.getShape().front();
    auto negative = [](int64_t value) { return value < 0; };
    if (negative(piece.getOffset()) || llvm::any_of(piece.getStrides(), negative) ||
        llvm::any_of(piece.getShape(), negative) ||
        !viewExtent(piece, type.getElementTypeBitWidth() / 8))
      return emitOpError("expects views without negative or overflowing places (C3), but got ")
             << piece;
    auto constant = dyn_cast<ElementsAttr>(piece.getSource());
    if (!constant && !isa<StringAttr>(piece.getSource()))
      return emitOpError("expects a path or a constant as a piece's source (C4), but got ")
             << piece.getSource();
    if (constant && constant.getElementType() != type.getElementType())
      return emitOpError("expects a constant of ")
             << type.getElementType() << " (C4), but got " << constant.getElementType();
  }
  if (!shape.empty() && leading != shape.front())
    return emitOpError("expects pieces that add up to its shape (C2), ")
           << shape.front() << " along the leading dimension, but got " << leading;
  return success();
}
