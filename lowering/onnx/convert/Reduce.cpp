//===- Reduce.cpp - Reductions over axes, and softmax ---------------------===//
//
// Accumulated in f32 for f16 and bf16, and rounded once at the end.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Axes.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// What a row reduces to: each element changed, folded, and the result changed.
struct Kind {
  Fold fold;
  Value (*before)(Node &, Value) = nullptr;
  Value (*after)(Node &, Value, Value count) = nullptr;
};

Value square(Node &n, Value x) { return foldOnce(n, Fold::Product, x, x, false); }
Value magnitude(Node &n, Value x) {
  if (isa<FloatType>(x.getType()))
    return math::AbsFOp::create(n, x);
  return n.isUnsigned(0) ? x : math::AbsIOp::create(n, x).getResult();
}

/// A float function of a result; integers go through f64.
template <typename Op> Value realFunction(Node &n, Value x, Value) {
  if (isa<FloatType>(x.getType()))
    return Op::create(n, x);
  Value real = arith::SIToFPOp::create(n, n.getF64Type(), x);
  return arith::FPToSIOp::create(n, x.getType(), Op::create(n, real));
}

Value mean(Node &n, Value sum, Value count) {
  if (auto real = dyn_cast<FloatType>(sum.getType())) {
    Value whole = arith::IndexCastOp::create(n, n.getI64Type(), count);
    return arith::DivFOp::create(n, sum, arith::SIToFPOp::create(n, real, whole));
  }
  Value most = arith::MaxUIOp::create(n, count, indexOf(n, 1));
  Value whole = arith::IndexCastOp::create(n, sum.getType(), most);
  return n.isUnsigned(0) ? arith::DivUIOp::create(n, sum, whole).getResult()
                         : arith::DivSIOp::create(n, sum, whole);
}

/// Whether `list` has no elements by its type.
bool givesNone(Value list) {
  auto type = cast<RankedTensorType>(list.getType());
  return type.hasStaticShape() && type.getNumElements() == 0;
}

/// The axes reduced, ascending; an error where they are unknown. No axes: all, or with
/// `noop_with_empty_axes` none.
FailureOr<SmallVector<int64_t>> axesOf(Node &n) {
  int64_t rank = n.rank(0);
  SmallVector<int64_t> axes;
  if (auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(n.op.attribute("axes")))
    axes.assign(attr.asArrayRef().begin(), attr.asArrayRef().end());
  else if (n.has(1) && !givesNone(n.in(1))) {
    auto known = constantInts(n.in(1));
    if (!known)
      return n.unsupported("axes are not known");
    axes = *known;
  }
  if (axes.empty() && !n.op.intAttribute("noop_with_empty_axes", 0))
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  for (int64_t &axis : axes) {
    std::optional<int64_t> wrapped = wrapAxis(axis, rank);
    if (!wrapped)
      return n.malformed("axis " + Twine(axis) + " of a tensor of rank " + Twine(rank));
    axis = *wrapped;
  }
  llvm::sort(axes);
  axes.erase(llvm::unique(axes), axes.end());
  return axes;
}

/// What is reduced: `x` over `axes`. The result has the dimensions of `kept`, or of `ones` with
/// keepdims.
struct Source {
  Value x;
  SmallVector<int64_t> axes;
  Dims ones, kept;
};

/// Axes known at run time only: each dimension becomes two, one that stays and one that is reduced;
/// the one that is not meant is 1.
FailureOr<Source> sourceByData(Node &n) {
  Dims dims = n.dims(n.in(0)), spread, reduced;
  int64_t rank = dims.size();
  FailureOr<RunTimeAxes> axes = RunTimeAxes::of(n, n.in(1), rank);
  if (failed(axes))
    return failure();
  Source source;
  Value one = indexOf(n, 1);
  for (auto [i, dim] : llvm::enumerate(dims)) {
    Value size = asValue(n, dim), here = axes->contains(i);
    spread.push_back(arith::SelectOp::create(n, here, one, size).getResult());
    reduced.push_back(arith::SelectOp::create(n, here, size, one).getResult());
    source.axes.push_back(rank + i);
  }
  source.ones = spread;
  source.kept = axes->others(n, dims);
  spread.append(reduced);
  source.x = compute(n, spread, n.inElement(0), [&](ValueRange at) -> Value {
    SmallVector<Value> place;
    for (int64_t i = 0; i < rank; ++i)
      place.push_back(arith::AddIOp::create(n, at[i], at[rank + i]));
    return tensor::ExtractOp::create(n, n.in(0), place);
  });
  return source;
}

FailureOr<Source> sourceOf(Node &n) {
  bool given = n.has(1) && !givesNone(n.in(1));
  if (given && !n.op.attribute("axes") && !constantInts(n.in(1)))
    return sourceByData(n);
  FailureOr<SmallVector<int64_t>> axes = axesOf(n);
  if (failed(axes))
    return failure();
  Source source{n.in(0), *axes, withOnes(n, n.dims(n.in(0)), *axes), {}};
  for (auto [i, dim] : llvm::enumerate(n.dims(n.in(0))))
    if (!llvm::is_contained(*axes, static_cast<int64_t>(i)))
      source.kept.push_back(dim);
  return source;
}

/// The number of elements that are folded into one.
Value countOf(Node &n, const Source &source) {
  OpFoldResult count = n.getIndexAttr(1);
  Dims dims = n.dims(source.x);
  for (int64_t axis : source.axes)
    count = multiply(n, count, dims[axis]);
  return asValue(n, count);
}

/// Rounds to the output's element type, and gives the dimensions asked for.
LogicalResult finish(Node &n, Value result, const Source &source) {
  result = convertFloat(n, result, n.outElement(0));
  const Dims &dims = n.op.intAttribute("keepdims", 1) ? source.ones : source.kept;
  return n.set(0, reshape(n, result, agreed(n, dims)));
}

LogicalResult reduceBy(Node &n, Kind kind) {
  FailureOr<Source> source = sourceOf(n);
  if (failed(source))
    return failure();
  // Without axes nothing is reduced, but each element is still changed before and after.
  auto before = [&](ValueRange x) { return kind.before ? kind.before(n, x[0]) : x[0]; };
  Value result = reduce(n, source->x, source->axes, kind.fold, n.isUnsigned(0), before);
  if (kind.after) {
    Value count = countOf(n, *source);
    Type element = getElementTypeOrSelf(result.getType());
    result = pointwise(n, result, n.dims(result), element,
                       [&](ValueRange args) { return kind.after(n, args[0], count); });
  }
  return finish(n, result, *source);
}

LogicalResult reduceSum(Node &n) { return reduceBy(n, {Fold::Sum}); }
LogicalResult reduceProd(Node &n) { return reduceBy(n, {Fold::Product}); }
LogicalResult reduceMean(Node &n) { return reduceBy(n, {Fold::Sum, nullptr, mean}); }
LogicalResult reduceL1(Node &n) { return reduceBy(n, {Fold::Sum, magnitude}); }
LogicalResult reduceL2(Node &n) {
  return reduceBy(n, {Fold::Sum, square, realFunction<math::SqrtOp>});
}
LogicalResult reduceSumSquare(Node &n) { return reduceBy(n, {Fold::Sum, square}); }
LogicalResult reduceLogSum(Node &n) {
  return reduceBy(n, {Fold::Sum, nullptr, realFunction<math::LogOp>});
}
/// The largest bool is an or, the smallest an and; both come as unsigned comparisons too.
LogicalResult reduceMax(Node &n) { return reduceBy(n, {Fold::Max}); }
LogicalResult reduceMin(Node &n) { return reduceBy(n, {Fold::Min}); }

/// exp(x - largest) in the width of computation; an infinite largest element gives NaN or 0 as
/// the formula says.
Value shiftedExp(Node &n, Value x, Value largest, ArrayRef<OpFoldResult> dims) {
  Type type = computeType(getElementTypeOrSelf(x.getType()));
  return pointwise(n, {x, largest}, dims, type, [&](ValueRange args) -> Value {
    return math::ExpOp::create(n, arith::SubFOp::create(n, args[0], args[1]));
  });
}

LogicalResult reduceLogSumExp(Node &n) {
  FailureOr<Source> source = sourceOf(n);
  if (failed(source))
    return failure();
  if (!isa<FloatType>(n.inElement(0)))
    return n.unsupported("integers");
  Value x = source->x, largest = reduce(n, x, source->axes, Fold::Max);
  Dims dims = n.dims(x), kept = n.dims(largest);
  // Where all are -inf, or one is inf, nothing may be subtracted: inf - inf is NaN.
  Value shift = pointwise(
      n, largest, kept, getElementTypeOrSelf(largest.getType()), [&](ValueRange args) -> Value {
        Value zero = scalar(n, args[0].getType(), 0);
        Value difference = arith::SubFOp::create(n, args[0], args[0]);
        Value finite = arith::CmpFOp::create(n, arith::CmpFPredicate::OEQ, difference, zero);
        return arith::SelectOp::create(n, finite, args[0], zero);
      });
  Value exps = shiftedExp(n, x, reshape(n, shift, withOnes(n, dims, source->axes)), dims);
  Value sum = reduce(n, exps, source->axes, Fold::Sum);
  Value result = pointwise(
      n, {sum, shift}, kept, getElementTypeOrSelf(sum.getType()), [&](ValueRange args) -> Value {
        return arith::AddFOp::create(n, math::LogOp::create(n, args[0]), args[1]);
      });
  return finish(n, result, *source);
}

/// Softmax, or its logarithm, over `axes` of `x`.
Value softmaxOver(Node &n, Value x, ArrayRef<int64_t> axes, Type element, bool logarithm) {
  Dims dims = n.dims(x), ones = withOnes(n, dims, axes);
  Value largest = reshape(n, reduce(n, x, axes, Fold::Max), ones);
  Value exps = shiftedExp(n, x, largest, dims);
  Value sum = reshape(n, reduce(n, exps, axes, Fold::Sum), ones);
  if (!logarithm)
    return pointwise(n, {exps, sum}, dims, element, [&](ValueRange args) -> Value {
      return arith::DivFOp::create(n, args[0], args[1]);
    });
  return pointwise(n, {x, largest, sum}, dims, element, [&](ValueRange args) -> Value {
    Value shifted = arith::SubFOp::create(n, args[0], args[1]);
    return arith::SubFOp::create(n, shifted, math::LogOp::create(n, args[2]));
  });
}

/// Before opset 13 the input counts as a matrix: everything from the axis on is one row.
template <bool logarithm, bool asMatrix> LogicalResult softmax(Node &n) {
  int64_t rank = n.rank(0);
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", asMatrix ? 1 : -1), rank);
  if (!axis)
    return n.malformed("axis outside of the input's rank");
  SmallVector<int64_t> axes = {*axis};
  if (asMatrix)
    axes = llvm::to_vector(llvm::seq<int64_t>(*axis, rank));
  return n.set(0, softmaxOver(n, n.in(0), axes, n.outElement(0), logarithm));
}

const Table::Row rows[] = {
    {"", "LogSoftmax", 1, softmax<true, true>},
    {"", "LogSoftmax", 13, softmax<true, false>},
    {"", "ReduceL1", 1, reduceL1},
    {"", "ReduceL2", 1, reduceL2},
    {"", "ReduceLogSum", 1, reduceLogSum},
    {"", "ReduceLogSumExp", 1, reduceLogSumExp},
    {"", "ReduceMax", 1, reduceMax},
    {"", "ReduceMean", 1, reduceMean},
    {"", "ReduceMin", 1, reduceMin},
    {"", "ReduceProd", 1, reduceProd},
    {"", "ReduceSum", 1, reduceSum},
    {"", "ReduceSumSquare", 1, reduceSumSquare},
    {"", "Softmax", 1, softmax<false, true>},
    {"", "Softmax", 13, softmax<false, false>},
};
} // namespace

ArrayRef<Table::Row> convert::reduceRows() { return rows; }
