//===- Stack.cpp - Values of a loop's rounds in one tensor ----------------===//

#include "lowering/onnx/convert/Stack.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

using P = arith::CmpIPredicate;

static Value compare(Node &n, P predicate, Value a, Value b) {
  return arith::CmpIOp::create(n, predicate, a, b);
}

/// `count` and then the dimensions of a value.
static Dims stacked(OpFoldResult count, ArrayRef<OpFoldResult> dims) {
  Dims all = {count};
  all.append(dims.begin(), dims.end());
  return all;
}

Value Stack::start(Node &n) const {
  Dims dims;
  for (int64_t size : type.getShape())
    dims.push_back(n.getIndexAttr(ShapedType::isDynamic(size) ? 0 : size));
  Value tensor =
      empty(n, stacked(isMade() ? *rounds : n.getIndexAttr(0), dims), type.getElementType());
  if (isMade())
    return tensor;
  SmallVector<int64_t> shape(type.getShape());
  shape.insert(shape.begin(), ShapedType::kDynamic);
  return tensor::CastOp::create(n, RankedTensorType::get(shape, type.getElementType()), tensor);
}

Value Stack::grown(Node &n, Value stack, Value round, const Dims &dims) const {
  Value zero = indexOf(n, 0), first = compare(n, P::eq, round, zero);
  Value length = tensor::DimOp::create(n, stack, zero);
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (!type.isDynamicDim(i))
      continue;
    Value have = tensor::DimOp::create(n, stack, i + 1);
    Value equal = compare(n, P::eq, have, asValue(n, dim));
    n.check(arith::OrIOp::create(n, first, equal), "scan outputs of the rounds differ in shape");
  }
  Value full = rounds ? first : compare(n, P::uge, round, length);
  auto branch = scf::IfOp::create(n, stack.getType(), full, true, true);
  OpBuilder::InsertionGuard guard(n);
  n.setInsertionPointToStart(branch.thenBlock());
  Value twice = arith::MulIOp::create(n, length, indexOf(n, 2));
  Value more =
      rounds ? asValue(n, *rounds) : arith::MaxUIOp::create(n, twice, indexOf(n, 4)).getResult();
  Value larger = empty(n, stacked(more, dims), type.getElementType());
  if (!rounds) {
    Dims offsets(dims.size() + 1, n.getIndexAttr(0)), strides(dims.size() + 1, n.getIndexAttr(1));
    Dims sizes = stacked(round, dims);
    Value old = tensor::ExtractSliceOp::create(n, stack, offsets, sizes, strides);
    larger = tensor::InsertSliceOp::create(n, old, larger, offsets, sizes, strides);
  }
  if (larger.getType() != stack.getType())
    larger = tensor::CastOp::create(n, stack.getType(), larger);
  scf::YieldOp::create(n, larger);
  n.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(n, stack);
  return branch.getResult(0);
}

Value Stack::put(Node &n, Value stack, Value round, Value place, Value value) const {
  Dims dims = n.dims(value);
  if (!isMade())
    stack = grown(n, stack, round, dims);
  Dims offsets(dims.size() + 1, n.getIndexAttr(0)), strides(dims.size() + 1, n.getIndexAttr(1));
  offsets[0] = place;
  return tensor::InsertSliceOp::create(n, castTo(n, value, dims), stack, offsets,
                                       stacked(n.getIndexAttr(1), dims), strides);
}

Value Stack::finish(Node &n, Value stack, Value count) const {
  if (isMade())
    return stack;
  Dims all = n.dims(stack), sizes = all;
  sizes[0] = simplified(count);
  Dims offsets(all.size(), n.getIndexAttr(0)), strides(all.size(), n.getIndexAttr(1));
  Value result = tensor::ExtractSliceOp::create(n, stack, offsets, sizes, strides);
  n.remember(result, sizes);
  return result;
}
