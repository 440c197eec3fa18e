//===- Shapes.cpp - Dimensions of values, known while converting ----------===//

#include "lowering/onnx/convert/Shapes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

bool convert::same(OpFoldResult a, OpFoldResult b) {
  std::optional<int64_t> x = getConstantIntValue(a), y = getConstantIntValue(b);
  return x || y ? x == y : cast<Value>(a) == cast<Value>(b);
}

bool convert::isStatic(OpFoldResult dim, int64_t number) {
  return getConstantIntValue(dim) == number;
}

std::optional<int64_t> convert::number(OpFoldResult dim) { return getConstantIntValue(dim); }

OpFoldResult convert::simplified(Value value) { return getAsOpFoldResult(value); }

Value convert::asValue(ImplicitLocOpBuilder &b, OpFoldResult dim) {
  if (auto attr = dyn_cast<Attribute>(dim))
    return arith::ConstantIndexOp::create(b, cast<IntegerAttr>(attr).getInt());
  return cast<Value>(dim);
}

namespace {
/// The `Op` of `x` and `y` that stands before the builder in its block already; else null.
template <typename Op> Value existing(ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y) {
  Block *block = b.getInsertionBlock();
  Value operand = isa<Value>(x) ? cast<Value>(x) : cast<Value>(y);
  for (Operation *user : operand.getUsers()) {
    if (!isa<Op>(user) || user->getBlock() != block)
      continue;
    bool before =
        b.getInsertionPoint() == block->end() || user->isBeforeInBlock(&*b.getInsertionPoint());
    if (before && same(simplified(user->getOperand(0)), x) &&
        same(simplified(user->getOperand(1)), y))
      return user->getResult(0);
  }
  return {};
}

/// Folds two numbers, gives `x` where `y` is neutral, and otherwise builds an `Op`.
template <typename Op>
OpFoldResult combine(ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y,
                     std::optional<int64_t> neutral,
                     llvm::function_ref<std::optional<int64_t>(int64_t, int64_t)> fold) {
  std::optional<int64_t> m = number(x), n = number(y);
  if (m && n)
    if (std::optional<int64_t> result = fold(*m, *n))
      return b.getIndexAttr(*result);
  if (n && n == neutral)
    return x;
  if (m && n)
    return simplified(Op::create(b, asValue(b, x), asValue(b, y)));
  // One computation is one value, so that dimensions that are computed twice are seen to be equal.
  if (Value value = existing<Op>(b, x, y))
    return value;
  return Op::create(b, asValue(b, x), asValue(b, y)).getResult();
}

/// What `fold` computes, where it fits 64 bits.
template <typename Fold> std::optional<int64_t> checked(Fold fold, int64_t m, int64_t n) {
  int64_t result;
  if (fold(m, n, result))
    return std::nullopt;
  return result;
}
} // namespace

OpFoldResult convert::add(ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y) {
  if (isStatic(x, 0))
    return y;
  return combine<arith::AddIOp>(
      b, x, y, 0, [](int64_t m, int64_t n) { return checked(llvm::AddOverflow<int64_t>, m, n); });
}

OpFoldResult convert::subtract(ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y) {
  return combine<arith::SubIOp>(
      b, x, y, 0, [](int64_t m, int64_t n) { return checked(llvm::SubOverflow<int64_t>, m, n); });
}

OpFoldResult convert::multiply(ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y) {
  if (isStatic(x, 1) || isStatic(y, 0))
    return y;
  return combine<arith::MulIOp>(
      b, x, y, 1, [](int64_t m, int64_t n) { return checked(llvm::MulOverflow<int64_t>, m, n); });
}

OpFoldResult convert::divide(ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y) {
  return combine<arith::DivUIOp>(b, x, y, 1, [](int64_t m, int64_t n) {
    return n > 0 ? std::optional<int64_t>(m / n) : std::nullopt;
  });
}

OpFoldResult convert::product(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> dims) {
  OpFoldResult result = b.getIndexAttr(1);
  for (OpFoldResult dim : dims)
    result = multiply(b, result, dim);
  return result;
}

Shapes::Shapes(ImplicitLocOpBuilder &b, func::FuncOp function) {
  llvm::StringMap<OpFoldResult> symbols;
  for (BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    auto names = function.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), onnx::kDimsAttr);
    Dims dims;
    for (auto [i, size] : llvm::enumerate(type.getShape())) {
      auto name = names && i < names.size() ? dyn_cast<StringAttr>(names[i]) : StringAttr();
      OpFoldResult &symbol = symbols[name ? name.getValue() : ""];
      bool named = name && !name.getValue().empty();
      if (!ShapedType::isDynamic(size))
        dims.push_back(b.getIndexAttr(size));
      else if (named && symbol)
        dims.push_back(symbol);
      else
        dims.push_back(symbol = tensor::DimOp::create(b, argument, i).getResult());
    }
    known[argument] = dims;
  }
}

Dims Shapes::of(ImplicitLocOpBuilder &b, Value value) {
  Dims &dims = known[value];
  auto type = cast<RankedTensorType>(value.getType());
  if (dims.size() == static_cast<size_t>(type.getRank()))
    return dims;
  dims.clear();
  // Whoever asks may stand in a loop; what is remembered must be good everywhere.
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointAfterValue(value);
  for (auto [i, size] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(size))
      dims.push_back(tensor::DimOp::create(b, value, i).getResult());
    else
      dims.push_back(b.getIndexAttr(size));
  return dims;
}

void Shapes::remember(Value value, ArrayRef<OpFoldResult> dims) {
  auto type = cast<RankedTensorType>(value.getType());
  Dims &mine = known[value];
  mine.assign(dims.begin(), dims.end());
  for (auto [dim, size] : llvm::zip_equal(mine, type.getShape()))
    if (!ShapedType::isDynamic(size))
      dim = IntegerAttr::get(IndexType::get(value.getContext()), size);
}

void Shapes::visit(ImplicitLocOpBuilder &b, Operation *op) {
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return remember(empty, empty.getMixedSizes());
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return remember(cast, of(b, cast.getSource()));
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return remember(expand, getMixedValues(expand.getStaticOutputShape(), expand.getOutputShape(),
                                           b.getContext()));
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
    Dims from = of(b, collapse.getSrc()), to;
    for (const ReassociationIndices &group : collapse.getReassociationIndices()) {
      Dims members;
      for (int64_t i : group)
        members.push_back(from[i]);
      to.push_back(product(b, members));
    }
    return remember(collapse, to);
  }
  if (auto combine = dyn_cast<CombineOp>(op))
    return remember(combine, {of(b, combine.getWeights())[0], of(b, combine.getRows())[1]});
  if (auto gate = dyn_cast<GateOp>(op)) {
    OpFoldResult tokens = of(b, gate.getLogits())[0], k = b.getIndexAttr(gate.getGate().getK());
    remember(gate.getWeights(), {tokens, k});
    return remember(gate.getExperts(), {tokens, k});
  }
  if (auto destination = dyn_cast<DestinationStyleOpInterface>(op))
    for (OpResult result : op->getResults())
      if (isa<RankedTensorType>(result.getType()))
        remember(result, of(b, destination.getTiedOpOperand(result)->get()));
}
