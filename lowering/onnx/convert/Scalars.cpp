//===- Scalars.cpp - Constants, and tensors that are made of scalars ------===//
//
// Shapes are computed by chains of tiny integer tensors (Shape, Gather, Concat ...). They are
// converted to scalars, so that a dimension computed from dimensions is seen as such.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

Value convert::integer(Node &n, Type type, int64_t number) {
  return arith::ConstantOp::create(n, n.getIntegerAttr(type, number));
}

Value convert::scalar(Node &n, Type type, double number) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(n, n.getFloatAttr(type, number));
  return integer(n, type, static_cast<int64_t>(number));
}

/// What `value` is a view of: the same elements in the same order.
static Value throughViews(Value value) {
  for (;;) {
    Operation *op = value.getDefiningOp();
    if (!isa_and_present<tensor::CastOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op))
      return value;
    value = op->getOperand(0);
  }
}

static DenseElementsAttr constantOf(Value value) {
  auto constant = throughViews(value).getDefiningOp<arith::ConstantOp>();
  return constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
}

std::optional<SmallVector<int64_t>> convert::constantInts(Value value) {
  DenseElementsAttr constant = constantOf(value);
  if (!constant || !isa<IntegerType>(constant.getElementType()))
    return std::nullopt;
  bool isBool = constant.getElementType().isInteger(1);
  SmallVector<int64_t> numbers;
  for (const APInt &number : constant.getValues<APInt>())
    numbers.push_back(isBool ? number.getZExtValue() : number.getSExtValue());
  return numbers;
}

std::optional<SmallVector<Value>> convert::scalarsOf(Node &n, Value value) {
  constexpr int64_t kMost = 16;
  auto type = cast<RankedTensorType>(value.getType());
  if (!isa<IntegerType>(type.getElementType()) || !type.hasStaticShape() ||
      type.getNumElements() > kMost)
    return std::nullopt;
  if (auto made = throughViews(value).getDefiningOp<tensor::FromElementsOp>())
    return SmallVector<Value>(made.getElements());
  DenseElementsAttr constant = constantOf(value);
  if (!constant)
    return std::nullopt;
  SmallVector<Value> scalars;
  for (Attribute element : constant.getValues<Attribute>())
    scalars.push_back(arith::ConstantOp::create(n, cast<TypedAttr>(element)));
  return scalars;
}

Value convert::elementAt(Node &n, Value tensor, int64_t linear) {
  if (auto made = throughViews(tensor).getDefiningOp<tensor::FromElementsOp>())
    return made.getElements()[linear];
  if (DenseElementsAttr constant = constantOf(tensor))
    return arith::ConstantOp::create(
        n, cast<TypedAttr>(*(constant.value_begin<Attribute>() + linear)));
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.hasStaticShape())
    tensor = listOf(n, tensor, 1), type = cast<RankedTensorType>(tensor.getType());
  SmallVector<Value> indices(type.getRank());
  for (int64_t d = type.getRank(); d-- > 0; linear /= type.getDimSize(d))
    indices[d] = indexOf(n, linear % type.getDimSize(d));
  return tensor::ExtractOp::create(n, tensor, indices);
}

Value convert::toIndex(Node &n, Value value) {
  if (auto back = value.getDefiningOp<arith::IndexCastOp>())
    if (back.getIn().getType().isIndex())
      return back.getIn();
  return n.createOrFold<arith::IndexCastOp>(n.getIndexType(), value);
}

Value convert::listOf(Node &n, Value list, int64_t length) {
  auto type = cast<RankedTensorType>(list.getType());
  if (type.hasStaticShape())
    return list;
  Value have = asValue(n, product(n, n.dims(list)));
  Value good = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, have, indexOf(n, length));
  n.check(good, "a list has the wrong length");
  Dims ones(type.getRank(), n.getIndexAttr(1));
  ones.back() = n.getIndexAttr(length);
  return castTo(n, list, ones);
}

Dims convert::dimsFrom(Node &n, Value list, int64_t length) {
  list = listOf(n, list, length);
  Dims dims;
  for (int64_t i = 0; i < length; ++i)
    dims.push_back(simplified(toIndex(n, elementAt(n, list, i))));
  return dims;
}

Type convert::computeType(Type element) {
  return element.isF16() || element.isBF16() ? Float32Type::get(element.getContext()) : element;
}

RankedTensorType convert::typeOf(ArrayRef<OpFoldResult> dims, Type element) {
  SmallVector<int64_t> shape;
  for (OpFoldResult dim : dims)
    shape.push_back(number(dim).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, element);
}

Value convert::widen(Node &n, Value scalar) {
  Type type = computeType(scalar.getType());
  return type == scalar.getType() ? scalar : n.createOrFold<arith::ExtFOp>(type, scalar);
}

Value convert::narrow(Node &n, Value scalar, Type element) {
  if (!element.isF16() && !element.isBF16())
    return scalar;
  return arith::TruncFOp::create(n, element, scalar);
}
