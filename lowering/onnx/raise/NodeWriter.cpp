//===- NodeWriter.cpp - Writes ONNX nodes ---------------------------------===//

#include "lowering/onnx/raise/NodeWriter.h"

using namespace mlir;

namespace moe::raise {

/// The version that written nodes are of: it has all forms used here.
static constexpr int64_t kVersion = 18;

Value NodeWriter::node(StringRef op, ValueRange inputs, RankedTensorType type,
                       ArrayRef<NamedAttribute> attributes) {
  return onnx::NodeOp::create(builder, loc, type, op, "", kVersion, "",
                              builder.getDictionaryAttr(attributes), ArrayAttr(), inputs, 0)
      .getOutputs()[0];
}

Value NodeWriter::ints(ArrayRef<int64_t> numbers) {
  auto type = RankedTensorType::get({static_cast<int64_t>(numbers.size())}, builder.getI64Type());
  return onnx::ConstantOp::create(builder, loc, type, DenseIntElementsAttr::get(type, numbers));
}

Value NodeWriter::integer(int64_t number) {
  auto type = RankedTensorType::get({}, builder.getI64Type());
  return onnx::ConstantOp::create(builder, loc, type, DenseIntElementsAttr::get(type, {number}));
}

Value NodeWriter::number(float number) {
  auto type = RankedTensorType::get({}, builder.getF32Type());
  return onnx::ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, {number}));
}

NamedAttribute NodeWriter::attribute(StringRef key, int64_t value) {
  return builder.getNamedAttr(key, builder.getI64IntegerAttr(value));
}

Value NodeWriter::cast(Value value, Type element) {
  RankedTensorType type = tensorType(value);
  if (type.getElementType() == element)
    return value;
  // The numbers of TensorProto.DataType.
  int64_t code = element.isF32() ? 1 : element.isInteger(1) ? 9 : 7;
  return node("Cast", value, type.clone(element), attribute("to", code));
}

Value NodeWriter::reshape(Value value, ArrayRef<int64_t> shape) {
  RankedTensorType type = tensorType(value);
  if (type.getShape() == shape && llvm::count_if(shape, ShapedType::isDynamic) == 0)
    return value;
  SmallVector<int64_t> sizes(shape);
  for (int64_t &size : sizes)
    size = ShapedType::isDynamic(size) ? -1 : size;
  return node("Reshape", {value, ints(sizes)}, type.clone(shape));
}

Value NodeWriter::withLast(Value value) {
  RankedTensorType type = tensorType(value);
  SmallVector<int64_t> shape(type.getShape());
  shape.push_back(1);
  return node("Unsqueeze", {value, ints({type.getRank()})}, type.clone(shape));
}

Value NodeWriter::concat(ValueRange values, int64_t axis) {
  if (values.size() == 1)
    return values.front();
  RankedTensorType type = tensorType(values.front());
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = 0;
  for (Value value : values)
    shape[axis] += tensorType(value).getDimSize(axis);
  return node("Concat", values, type.clone(shape), attribute("axis", axis));
}

} // namespace moe::raise
