//===- SlotNumbers.cpp - Routing weights that slots hold apart ------------===//

#include "lowering/onnx/raise/SlotNumbers.h"

using namespace mlir;

namespace moe::raise {

bool sameComputation(Value a, Value b, int depth) {
  if (a == b)
    return true;
  auto left = a.getDefiningOp<onnx::ConstantOp>(), right = b.getDefiningOp<onnx::ConstantOp>();
  if (left && right)
    return left.getValue() == right.getValue();
  onnx::NodeOp one = nodeOf(a), two = nodeOf(b);
  if (!one || !two || !depth || one.getOp() != two.getOp() || one.getDomain() != two.getDomain() ||
      one.getOnnxAttributes() != two.getOnnxAttributes() || one->getNumRegions() ||
      one.getInputs().size() != two.getInputs().size() || a.getType() != b.getType() ||
      cast<OpResult>(a).getResultNumber() != cast<OpResult>(b).getResultNumber())
    return false;
  return llvm::all_of(llvm::zip_equal(one.getInputs(), two.getInputs()), [&](auto pair) {
    return sameComputation(std::get<0>(pair), std::get<1>(pair), depth - 1);
  });
}

/// A node of the standard domain with one result.
static Value write(OpBuilder &builder, Location loc, StringRef op, Type type, ValueRange inputs,
                   ArrayRef<NamedAttribute> attributes, StringRef name = "") {
  return onnx::NodeOp::create(builder, loc, type, op, "", 13, name,
                              builder.getDictionaryAttr(attributes), ArrayAttr(), inputs, 0)
      .getOutputs()[0];
}

static Value writeInt(OpBuilder &builder, Location loc, int64_t number) {
  auto numbers = DenseElementsAttr::get(RankedTensorType::get({1}, builder.getI64Type()), {number});
  return onnx::ConstantOp::create(builder, loc, numbers.getType(), numbers);
}

Value withLastDim(Value value, int64_t rank) {
  RankedTensorType type = tensorType(value);
  if (type.getRank() >= rank)
    return value;
  SmallVector<int64_t> shape(type.getShape());
  shape.push_back(1);
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  Value axis = writeInt(builder, value.getLoc(), type.getRank());
  return write(builder, value.getLoc(), "Unsqueeze", type.clone(shape), {value, axis}, {});
}

/// The value that stands last in the block of all.
static Value lastOf(ArrayRef<Value> values) {
  Value last = values.front();
  for (Value value : values) {
    Operation *op = value.getDefiningOp(), *before = last.getDefiningOp();
    if (op && (!before || (before->getBlock() == op->getBlock() && before->isBeforeInBlock(op))))
      last = value;
  }
  return last;
}

Value joinLast(ArrayRef<Value> parts, StringRef name) {
  Value last = lastOf(parts);
  OpBuilder builder(last.getContext());
  builder.setInsertionPointAfterValue(last);
  RankedTensorType type = tensorType(parts.front());
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = 0;
  for (Value part : parts)
    shape.back() += lastDim(part);
  return write(builder, last.getLoc(), "Concat", type.clone(shape), parts,
               {builder.getNamedAttr("axis", builder.getI64IntegerAttr(type.getRank() - 1))}, name);
}

Value spread(Value own, int64_t slots) { return joinLast(SmallVector<Value>(slots, own)); }

/// The inputs of a Concat of numbers for one slot each, or nothing.
static SmallVector<Value> partsOf(Value root) {
  onnx::NodeOp concat = nodeOf(root, "Concat");
  if (!concat || !isLastAxis(concat, 0, tensorType(root).getRank()) ||
      static_cast<int64_t>(concat.getInputs().size()) != lastDim(root))
    return {};
  return SmallVector<Value>(concat.getInputs());
}

/// The numbers of `root` at one slot.
static Value partAt(Value root, int64_t slot) {
  if (SmallVector<Value> parts = partsOf(root); !parts.empty())
    return parts[slot];
  OpBuilder builder(root.getContext());
  builder.setInsertionPointAfterValue(root);
  RankedTensorType type = tensorType(root);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = 1;
  // What was picked by joined ids is picked by each round's own.
  onnx::NodeOp gather = nodeOf(root, "GatherElements");
  if (gather && gather.input(1) && isLastAxis(gather, 0, type.getRank()))
    if (SmallVector<Value> ids = partsOf(gather.input(1)); !ids.empty())
      return write(builder, root.getLoc(), "GatherElements", type.clone(shape),
                   {gather.input(0), ids[slot]}, gather.getOnnxAttributes().getValue());
  Value start = writeInt(builder, root.getLoc(), slot);
  Value end = writeInt(builder, root.getLoc(), slot + 1);
  Value axis = writeInt(builder, root.getLoc(), type.getRank() - 1);
  return write(builder, root.getLoc(), "Slice", type.clone(shape), {root, start, end, axis}, {});
}

Value joinSlots(ArrayRef<Value> roots) {
  if (llvm::all_of(roots, [&](Value root) { return sameComputation(roots.front(), root); }))
    return roots.front();
  SmallVector<Value> parts;
  for (auto [slot, root] : llvm::enumerate(roots))
    parts.push_back(partAt(root, slot));
  return joinLast(parts);
}

} // namespace moe::raise
