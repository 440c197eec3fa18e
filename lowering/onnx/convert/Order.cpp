//===- Order.cpp - Largest elements, positions, running sums --------------===//
//
// TopK: largest (or smallest) first, the lower index first among equals, a NaN is the largest.
// ArgMax, ArgMin: the first NaN wins where there is one, as in numpy.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Axes.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
Value isNaN(Node &n, Value x) { return arith::CmpFOp::create(n, arith::CmpFPredicate::UNO, x, x); }
Value both(Node &n, Value a, Value b) { return arith::AndIOp::create(n, a, b); }
Value one(Node &n, Value a, Value b) { return arith::OrIOp::create(n, a, b); }
Value no(Node &n, Value a) { return arith::XOrIOp::create(n, a, integer(n, n.getI1Type(), 1)); }

/// The total order of TopK: a NaN is above all numbers.
struct Order {
  bool largest, isUnsigned;

  Value above(Node &n, Value a, Value b) const {
    if (!isa<FloatType>(a.getType())) {
      auto predicate = isUnsigned ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt;
      return arith::CmpIOp::create(n, predicate, a, b);
    }
    Value more = arith::CmpFOp::create(n, arith::CmpFPredicate::OGT, a, b);
    return one(n, more, both(n, isNaN(n, a), no(n, isNaN(n, b))));
  }
  /// `a` comes before `b`, whatever their indices.
  Value before(Node &n, Value a, Value b) const {
    return largest ? above(n, a, b) : above(n, b, a);
  }
};

/// Index and value of what comes first in `row` among all that come after `last`.
std::pair<Value, Value> nextInOrder(Node &n, Order order, OpFoldResult length, Value j,
                                    std::pair<Value, Value> last,
                                    llvm::function_ref<Value(Value)> row) {
  Value none = indexOf(n, -1);
  Value isFirst = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, j, indexOf(n, 0));
  SmallVector<Value> best = loops(n, length, {none, last.second}, [&](ValueRange at, ValueRange c) {
    Value i = at[0], x = row(i);
    Value later = arith::CmpIOp::create(n, arith::CmpIPredicate::sgt, i, last.first);
    Value tied = both(n, no(n, order.before(n, x, last.second)), later);
    Value left = one(n, isFirst, one(n, order.before(n, last.second, x), tied));
    Value nothing = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, c[0], none);
    Value better = both(n, left, one(n, nothing, order.before(n, x, c[1])));
    return SmallVector<Value>{arith::SelectOp::create(n, better, i, c[0]),
                              arith::SelectOp::create(n, better, x, c[1])};
  });
  return {best[0], best[1]};
}

LogicalResult convertTopK(Node &n) {
  Value data = n.in(0);
  Dims from = n.dims(data), dims = from;
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", -1), from.size());
  if (!axis)
    return n.malformed("axis outside of the input's rank");
  dims[*axis] = simplified(toIndex(n, elementAt(n, n.in(1), 0)));
  OpFoldResult length = from[*axis];
  if (number(dims[*axis]) && number(length) && *number(dims[*axis]) > *number(length))
    return n.malformed("k = " + Twine(*number(dims[*axis])) + " of " + Twine(*number(length)));
  if (!number(dims[*axis]) || !number(length))
    n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::ule, asValue(n, dims[*axis]),
                                  asValue(n, length)),
            "k is larger than the axis");
  Order order{n.op.intAttribute("largest", 1) != 0, n.isUnsigned(0)};
  Type element = n.inElement(0), whole = n.getI64Type();
  Dims outer = dims;
  outer.erase(outer.begin() + *axis);
  SmallVector<Value> outs = {empty(n, dims, element), empty(n, dims, whole)};
  outs = loops(n, outer, outs, [&](ValueRange at, ValueRange rows) {
    auto place = [&](Value i) {
      SmallVector<Value> all(at);
      all.insert(all.begin() + *axis, i);
      return all;
    };
    auto row = [&](Value i) -> Value { return tensor::ExtractOp::create(n, data, place(i)); };
    SmallVector<Value> carried(rows);
    carried.append({indexOf(n, -1), scalar(n, element, 0)});
    SmallVector<Value> done =
        loops(n, dims[*axis], carried, [&](ValueRange j, ValueRange c) -> SmallVector<Value> {
          auto [index, value] = nextInOrder(n, order, length, j[0], {c[2], c[3]}, row);
          Value number = arith::IndexCastOp::create(n, whole, index);
          return {tensor::InsertOp::create(n, value, c[0], place(j[0])),
                  tensor::InsertOp::create(n, number, c[1], place(j[0])), index, value};
        });
    done.truncate(2);
    return done;
  });
  return failure(failed(n.set(0, outs[0])) || failed(n.set(1, outs[1])));
}

/// `x` takes the place of `best` so far; equal elements only where the last one is asked for.
Value takesOver(Node &n, Value x, Value best, bool largest, bool last) {
  if (auto type = dyn_cast<IntegerType>(x.getType())) {
    using P = arith::CmpIPredicate;
    bool up = n.isUnsigned(0);
    P predicate = largest ? (last ? (up ? P::uge : P::sge) : (up ? P::ugt : P::sgt))
                          : (last ? (up ? P::ule : P::sle) : (up ? P::ult : P::slt));
    return arith::CmpIOp::create(n, predicate, x, best);
  }
  using P = arith::CmpFPredicate;
  P predicate = largest ? (last ? P::OGE : P::OGT) : (last ? P::OLE : P::OLT);
  Value better = arith::CmpFOp::create(n, predicate, x, best);
  Value spoiled = last ? isNaN(n, x) : both(n, isNaN(n, x), no(n, isNaN(n, best)));
  return one(n, better, spoiled);
}

template <bool largest> LogicalResult argBest(Node &n) {
  Value data = n.in(0);
  Dims from = n.dims(data), to;
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", 0), from.size());
  if (!axis)
    return n.malformed("axis outside of the input's rank");
  bool last = n.op.intAttribute("select_last_index", 0);
  SmallVector<utils::IteratorType> iterators(from.size(), utils::IteratorType::parallel);
  iterators[*axis] = utils::IteratorType::reduction;
  SmallVector<AffineExpr> kept;
  for (int64_t i = 0, rank = from.size(); i < rank; ++i)
    if (i != *axis) {
      kept.push_back(n.getAffineDimExpr(i));
      to.push_back(from[i]);
    }
  AffineMap out = AffineMap::get(from.size(), 0, kept, n.getContext());
  AffineMap maps[] = {n.getMultiDimIdentityMap(from.size()), out, out};
  Type element = computeType(n.inElement(0));
  Value worst = neutral(n, largest ? Fold::Max : Fold::Min, element, n.isUnsigned(0));
  Value inits[] = {filled(n, to, worst), filled(n, to, integer(n, n.getI64Type(), 0))};
  Value result = generic(n, data, inits, maps, iterators, [&](ValueRange args) {
    Value x = widen(n, args[0]);
    Value here = arith::IndexCastOp::create(n, n.getI64Type(), linalg::IndexOp::create(n, *axis));
    Value taken = takesOver(n, x, args[1], largest, last);
    return SmallVector<Value>{arith::SelectOp::create(n, taken, x, args[1]),
                              arith::SelectOp::create(n, taken, here, args[2])};
  })[1];
  if (n.op.intAttribute("keepdims", 1))
    result = reshape(n, result, withOnes(n, from, *axis));
  return n.set(0, result);
}

Value isNonZero(Node &n, Value x) {
  if (isa<FloatType>(x.getType()))
    return arith::CmpFOp::create(n, arith::CmpFPredicate::UNE, x, scalar(n, x.getType(), 0));
  return arith::CmpIOp::create(n, arith::CmpIPredicate::ne, x, integer(n, x.getType(), 0));
}

/// How many elements are not zero, as an index.
Value countNonZero(Node &n, Value data) {
  unsigned rank = n.rank(0);
  AffineMap maps[] = {n.getMultiDimIdentityMap(rank), AffineMap::get(rank, 0, n.getContext())};
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::reduction);
  Value init = filled(n, {}, integer(n, n.getI64Type(), 0));
  Value count = generic(n, data, init, maps, iterators, [&](ValueRange args) {
    Value here = arith::ExtUIOp::create(n, n.getI64Type(), isNonZero(n, args[0]));
    return SmallVector<Value>{arith::AddIOp::create(n, args[1], here)};
  })[0];
  return toIndex(n, tensor::ExtractOp::create(n, count, ValueRange{}));
}

/// Counts, then writes the positions in ascending order.
LogicalResult nonZero(Node &n) {
  Value data = n.in(0);
  Dims from = n.dims(data);
  Type whole = n.outElement(0);
  Dims dims = {n.getIndexAttr(from.size()), countNonZero(n, data)};
  Value init = empty(n, dims, whole);
  return n.set(0, loops(n, from, {init, indexOf(n, 0)}, [&](ValueRange at, ValueRange carried) {
                 Value found = isNonZero(n, tensor::ExtractOp::create(n, data, at));
                 auto branch = scf::IfOp::create(n, carried.getTypes(), found, true, true);
                 OpBuilder::InsertionGuard guard(n);
                 n.setInsertionPointToStart(branch.thenBlock());
                 Value positions = carried[0];
                 for (auto [d, i] : llvm::enumerate(at)) {
                   Value number = arith::IndexCastOp::create(n, whole, i);
                   positions = tensor::InsertOp::create(n, number, positions,
                                                        ValueRange{indexOf(n, d), carried[1]});
                 }
                 Value next = arith::AddIOp::create(n, carried[1], indexOf(n, 1));
                 scf::YieldOp::create(n, ValueRange{positions, next});
                 n.setInsertionPointToStart(branch.elseBlock());
                 scf::YieldOp::create(n, carried);
                 return SmallVector<Value>(branch.getResults());
               })[0]);
}

/// One step along the axis: the running sum of a whole slice, and the slice put into the result.
struct Running {
  Fold fold;
  Dims offsets, sizes, strides;
  RankedTensorType type;

  Running(Node &n, Fold fold, const Dims &dims, int64_t axis, Type element)
      : fold(fold), offsets(dims.size(), n.getIndexAttr(0)), sizes(dims),
        strides(dims.size(), n.getIndexAttr(1)) {
    sizes[axis] = n.getIndexAttr(1);
    type = typeOf(sizes, element);
  }
};

/// Sums are carried in the width of computation and rounded where they are put down.
SmallVector<Value> runStep(Node &n, Running part, int64_t axis, Value step, Value data,
                           ValueRange carried, bool exclusive) {
  part.offsets[axis] = step;
  Value slice =
      tensor::ExtractSliceOp::create(n, part.type, data, part.offsets, part.sizes, part.strides);
  SmallVector<AffineMap> maps(2, n.getMultiDimIdentityMap(part.sizes.size()));
  SmallVector<utils::IteratorType> iterators(part.sizes.size(), utils::IteratorType::parallel);
  auto put = [&](Value running) -> Value {
    Value shown = convertFloat(n, running, part.type.getElementType());
    return tensor::InsertSliceOp::create(n, shown, carried[0], part.offsets, part.sizes,
                                         part.strides);
  };
  // What is read before the sum grows in place is put down before.
  Value before = exclusive ? put(carried[1]) : Value();
  Value sum = generic(n, slice, carried[1], maps, iterators, [&](ValueRange args) {
    return SmallVector<Value>{foldOnce(n, part.fold, args[1], widen(n, args[0]), false)};
  })[0];
  return {exclusive ? before : put(sum), sum};
}

/// Sums (or products) of all elements up to each along an axis.
Value cumulate(Node &n, Fold fold, Value data, int64_t axis) {
  Dims dims = n.dims(data);
  bool exclusive = n.op.intAttribute("exclusive", 0), reverse = n.op.intAttribute("reverse", 0);
  Type element = n.inElement(0);
  Running part(n, fold, dims, axis, element);
  data = castTo(n, data, dims);
  Value start = filled(n, part.sizes, neutral(n, fold, computeType(element), false));
  Value end = asValue(n, subtract(n, dims[axis], n.getIndexAttr(1)));
  Value init = empty(n, dims, element);
  return loops(n, dims[axis], {init, start}, [&](ValueRange at, ValueRange carried) {
    Value step = reverse ? arith::SubIOp::create(n, end, at[0]).getResult() : at[0];
    return runStep(n, part, axis, step, data, carried, exclusive);
  })[0];
}

/// An axis that is data: the tensor counts as one of three dimensions, those before the axis, the
/// axis, and those behind.
LogicalResult cumulateByData(Node &n, Fold fold) {
  Dims dims = n.dims(n.in(0));
  Value one = indexOf(n, 1), parts[] = {one, one, one};
  Value list = reshape(n, n.in(1), {n.getIndexAttr(1)});
  FailureOr<RunTimeAxes> axes = RunTimeAxes::of(n, list, dims.size());
  if (failed(axes))
    return failure();
  using P = arith::CmpIPredicate;
  for (auto [i, dim] : llvm::enumerate(dims))
    for (auto [part, predicate] : llvm::zip_equal(parts, ArrayRef<P>{P::ult, P::eq, P::ugt})) {
      Value here = arith::CmpIOp::create(n, predicate, indexOf(n, i), axes->axis(0));
      Value size = arith::SelectOp::create(n, here, asValue(n, dim), one);
      part = arith::MulIOp::create(n, part, size);
    }
  Value result = cumulate(n, fold, reshape(n, n.in(0), {parts[0], parts[1], parts[2]}), 1);
  return n.set(0, reshape(n, result, dims));
}

template <Fold fold> LogicalResult cumulative(Node &n) {
  auto asked = constantInts(n.in(1));
  if (!asked)
    return cumulateByData(n, fold);
  std::optional<int64_t> axis = wrapAxis((*asked)[0], n.rank(0));
  if (!axis)
    return n.malformed("axis outside of the input's rank");
  return n.set(0, cumulate(n, fold, n.in(0), *axis));
}

/// The positions where `condition` is true, ascending, of those before `end`.
Value positionsOf(Node &n, Value condition, Value end) {
  Value zero = indexOf(n, 0), one = indexOf(n, 1);
  auto isTrue = [&](Value i) -> Value { return tensor::ExtractOp::create(n, condition, i); };
  auto counted = [&](ValueRange at, ValueRange carried) -> SmallVector<Value> {
    Value more = arith::AddIOp::create(n, carried[0], one);
    return {arith::SelectOp::create(n, isTrue(at[0]), more, carried[0])};
  };
  OpFoldResult length = end;
  Value count = loops(n, length, zero, counted)[0];
  // A place beyond the last takes what is not chosen.
  Value places = arith::AddIOp::create(n, count, one);
  Value init = empty(n, {OpFoldResult(places)}, n.getIndexType());
  Value all = loops(n, length, {init, zero}, [&](ValueRange at, ValueRange carried) {
    Value taken = tensor::InsertOp::create(n, at[0], carried[0], carried[1]);
    return SmallVector<Value>{taken, counted(at, carried[1])[0]};
  })[0];
  Dims start = {n.getIndexAttr(0)}, size = {count}, stride = {n.getIndexAttr(1)};
  Value result = tensor::ExtractSliceOp::create(n, all, start, size, stride);
  n.remember(result, size);
  return result;
}

/// What stands along the axis where the condition is true; without an axis, in the flat tensor.
LogicalResult compress(Node &n) {
  Value data = n.in(0);
  if (!n.op.attribute("axis"))
    data = reshape(n, data, product(n, n.dims(data)));
  Dims dims = n.dims(data);
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", 0), dims.size());
  if (!axis)
    return n.malformed("axis outside of the input's rank");
  Value length = asValue(n, n.dims(n.in(1))[0]), size = asValue(n, dims[*axis]);
  Value end = arith::MinUIOp::create(n, length, size);
  Value positions = positionsOf(n, n.in(1), end);
  dims[*axis] = n.dims(positions)[0];
  return n.set(0, compute(n, dims, n.outElement(0), [&](ValueRange at) -> Value {
                 SmallVector<Value> place(at);
                 place[*axis] = tensor::ExtractOp::create(n, positions, at[*axis]);
                 return tensor::ExtractOp::create(n, data, place);
               }));
}

const Table::Row rows[] = {
    {"", "ArgMax", 1, argBest<true>},
    {"", "ArgMin", 1, argBest<false>},
    {"", "Compress", 9, compress},
    {"", "CumProd", 26, cumulative<Fold::Product>},
    {"", "CumSum", 11, cumulative<Fold::Sum>},
    {"", "NonZero", 9, nonZero},
    {"", "TopK", 10, convertTopK},
};
} // namespace

ArrayRef<Table::Row> convert::orderRows() { return rows; }
