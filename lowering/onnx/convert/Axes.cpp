//===- Axes.cpp - Axes that are known at run time only --------------------===//

#include "lowering/onnx/convert/Axes.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

static Value compare(Node &n, arith::CmpIPredicate predicate, Value a, Value b) {
  return arith::CmpIOp::create(n, predicate, a, b);
}

static Value select(Node &n, Value condition, Value a, Value b) {
  return arith::SelectOp::create(n, condition, a, b);
}

FailureOr<RunTimeAxes> RunTimeAxes::of(Node &n, Value list, int64_t rank) {
  auto type = cast<RankedTensorType>(list.getType());
  if (!type.hasStaticShape() || type.getNumElements() > rank)
    return n.unsupported("the number of axes is not known, or above the rank");
  using P = arith::CmpIPredicate;
  Value count = indexOf(n, rank), zero = indexOf(n, 0);
  RunTimeAxes result;
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    Value axis = toIndex(n, elementAt(n, list, i));
    Value negative = compare(n, P::slt, axis, zero);
    axis = select(n, negative, arith::AddIOp::create(n, axis, count), axis);
    n.check(compare(n, P::ult, axis, count), "an axis lies outside of the rank");
    for (Value other : result.axes)
      n.check(compare(n, P::ne, axis, other), "an axis is given twice");
    result.axes.push_back(axis);
  }
  for (int64_t dim = 0; dim < rank; ++dim) {
    Value here = integer(n, n.getI1Type(), 0);
    for (Value axis : result.axes)
      here = arith::OrIOp::create(n, here, compare(n, P::eq, axis, indexOf(n, dim)));
    result.isAxis.push_back(here);
  }
  return result;
}

Value RunTimeAxes::before(Node &n, int64_t dim) const {
  Value count = indexOf(n, 0), one = indexOf(n, 1), zero = count;
  for (int64_t i = 0; i < dim; ++i)
    count = arith::AddIOp::create(n, count, select(n, isAxis[i], zero, one));
  return count;
}

Dims RunTimeAxes::others(Node &n, const Dims &dims) const {
  Dims result;
  for (int64_t place = 0; place < rank() - count(); ++place) {
    Value found = indexOf(n, 1);
    for (int64_t dim = 0; dim < rank(); ++dim) {
      Value here = compare(n, arith::CmpIPredicate::eq, before(n, dim), indexOf(n, place));
      Value stays = select(n, isAxis[dim], integer(n, n.getI1Type(), 0), here);
      found = select(n, stays, asValue(n, dims[dim]), found);
    }
    result.push_back(found);
  }
  return result;
}

Dims RunTimeAxes::withOnes(Node &n, const Dims &others) const {
  Dims result;
  for (int64_t dim = 0; dim < rank(); ++dim) {
    Value found = indexOf(n, 1), place = before(n, dim);
    for (auto [i, other] : llvm::enumerate(others)) {
      Value here = compare(n, arith::CmpIPredicate::eq, place, indexOf(n, i));
      found = select(n, here, asValue(n, other), found);
    }
    result.push_back(select(n, isAxis[dim], indexOf(n, 1), found));
  }
  return result;
}

Dims convert::agreed(Node &n, const Dims &dims) {
  auto type = cast<RankedTensorType>(n.outType(0));
  Dims result = dims;
  for (auto [i, dim] : llvm::enumerate(result)) {
    if (type.isDynamicDim(i) || number(dim))
      continue;
    Value size = indexOf(n, type.getDimSize(i));
    n.check(compare(n, arith::CmpIPredicate::eq, asValue(n, dim), size),
            "a dimension is another than declared");
    dim = n.getIndexAttr(type.getDimSize(i));
  }
  return result;
}
