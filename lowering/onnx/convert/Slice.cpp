//===- Slice.cpp - Parts of tensors, and tensors of parts -----------------===//

#include "lowering/onnx/convert/Axes.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// A strided range of every dimension.
struct Range {
  Dims offsets, sizes, strides;

  Range(Node &n, const Dims &whole)
      : offsets(whole.size(), n.getIndexAttr(0)), sizes(whole),
        strides(whole.size(), n.getIndexAttr(1)) {}
};

/// Nothing is in the range: its start may then be beyond the last element, which no slice may have.
bool isEmpty(const Range &range, const Dims &whole) {
  return llvm::any_of(llvm::zip_equal(range.offsets, range.sizes, whole), [](auto axis) {
    auto [offset, size, dim] = axis;
    return isStatic(size, 0) || (number(offset) && number(dim) && *number(offset) >= *number(dim));
  });
}

Value extract(Node &n, Value source, const Range &range) {
  if (isEmpty(range, n.dims(source)))
    return empty(n, range.sizes, getElementTypeOrSelf(source.getType()));
  Value part = tensor::ExtractSliceOp::create(n, source, range.offsets, range.sizes, range.strides);
  n.remember(part, range.sizes);
  return part;
}

Value insert(Node &n, Value part, Value into, const Range &range) {
  if (isEmpty(range, n.dims(into)))
    return into;
  Value whole = tensor::InsertSliceOp::create(n, castTo(n, part, range.sizes), into, range.offsets,
                                              range.sizes, range.strides);
  n.remember(whole, n.dims(into));
  return whole;
}

OpFoldResult larger(Node &n, OpFoldResult a, OpFoldResult b) {
  if (number(a) && number(b))
    return n.getIndexAttr(std::max(*number(a), *number(b)));
  return arith::MaxSIOp::create(n, asValue(n, a), asValue(n, b)).getResult();
}
OpFoldResult smaller(Node &n, OpFoldResult a, OpFoldResult b) {
  if (number(a) && number(b))
    return n.getIndexAttr(std::min(*number(a), *number(b)));
  return arith::MinSIOp::create(n, asValue(n, a), asValue(n, b)).getResult();
}

/// Holds `at`, counted from the end where negative, within [low, high].
OpFoldResult clamp(Node &n, OpFoldResult at, OpFoldResult size, OpFoldResult low,
                   OpFoldResult high) {
  // 2^31 - 1 is how exporters write "to the end".
  constexpr int64_t kEnd = std::numeric_limits<int32_t>::max();
  if (std::optional<int64_t> known = number(at)) {
    if (*known >= kEnd)
      return high;
    if (*known <= -kEnd)
      return low;
    if (*known >= 0)
      return isStatic(at, 0) && isStatic(low, 0) && !number(high) && same(high, size)
                 ? at
                 : smaller(n, larger(n, at, low), high);
    return smaller(n, larger(n, add(n, size, at), low), high);
  }
  if (same(at, size))
    return high;
  Value value = asValue(n, at);
  Value negative = arith::CmpIOp::create(n, arith::CmpIPredicate::slt, value, indexOf(n, 0));
  Value wrapped = arith::AddIOp::create(n, value, asValue(n, size));
  OpFoldResult counted = arith::SelectOp::create(n, negative, wrapped, value).getResult();
  return smaller(n, larger(n, counted, low), high);
}

/// ceil(distance / step), or 0 where the distance is negative.
OpFoldResult steps(Node &n, OpFoldResult distance, int64_t step, bool neverNegative) {
  if (!neverNegative)
    distance = larger(n, distance, n.getIndexAttr(0));
  return divide(n, add(n, distance, n.getIndexAttr(step - 1)), n.getIndexAttr(step));
}

/// Start and number of elements of one axis; `step` is not 0.
std::pair<OpFoldResult, OpFoldResult> bounds(Node &n, OpFoldResult start, OpFoldResult end,
                                             int64_t step, OpFoldResult size) {
  OpFoldResult zero = n.getIndexAttr(0), minus = n.getIndexAttr(-1);
  if (step > 0) {
    OpFoldResult first = clamp(n, start, size, zero, size), last = clamp(n, end, size, zero, size);
    bool whole = isStatic(first, 0);
    return {first, steps(n, subtract(n, last, first), step, whole)};
  }
  OpFoldResult top = subtract(n, size, n.getIndexAttr(1));
  OpFoldResult first = clamp(n, start, size, zero, top), last = clamp(n, end, size, minus, top);
  return {first, steps(n, subtract(n, first, last), -step, false)};
}

/// Elements from the ranges' offsets on, by steps that may be negative.
Value walkBackwards(Node &n, Value source, const Range &range) {
  return compute(n, range.sizes, getElementTypeOrSelf(source.getType()), [&](ValueRange at) {
    SmallVector<Value> from;
    for (auto [i, index] : llvm::enumerate(at)) {
      Value moved = arith::MulIOp::create(n, index, asValue(n, range.strides[i]));
      from.push_back(arith::AddIOp::create(n, asValue(n, range.offsets[i]), moved));
    }
    return tensor::ExtractOp::create(n, source, from);
  });
}

/// A part of a tensor that is made of scalars is made of scalars.
Value sliceOfScalars(Node &n, Value source, const Range &range) {
  auto scalars = scalarsOf(n, source);
  RankedTensorType type = typeOf(range.sizes, getElementTypeOrSelf(source.getType()));
  std::optional<int64_t> step = number(range.strides[0]), first = number(range.offsets[0]);
  if (!scalars || range.sizes.size() != 1 || !type.hasStaticShape() || !step || !first)
    return {};
  SmallVector<Value> part;
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    part.push_back((*scalars)[*first + i * *step]);
  return tensor::FromElementsOp::create(n, type, part);
}

/// The length of lists that are as long as each other; nothing where none is known, or they differ.
std::optional<int64_t> lengthOf(Node &n, ArrayRef<unsigned> inputs) {
  std::optional<int64_t> length;
  for (unsigned input : inputs) {
    if (!n.has(input) || !n.inType(input).hasStaticShape())
      continue;
    int64_t mine = n.inType(input).getNumElements();
    if (length && *length != mine)
      return std::nullopt;
    length = mine;
  }
  return length;
}

/// Start, number of elements and step of one axis, where the step is data and not 0.
void cutByData(Node &n, Range &range, int64_t axis, Value start, Value end, Value step) {
  using P = arith::CmpIPredicate;
  OpFoldResult size = range.sizes[axis], zero = n.getIndexAttr(0), minus = n.getIndexAttr(-1);
  auto choose = [&](Value condition, OpFoldResult a, OpFoldResult b) -> OpFoldResult {
    return arith::SelectOp::create(n, condition, asValue(n, a), asValue(n, b)).getResult();
  };
  Value back = arith::CmpIOp::create(n, P::slt, step, indexOf(n, 0));
  OpFoldResult high = choose(back, subtract(n, size, n.getIndexAttr(1)), size);
  OpFoldResult first = clamp(n, start, size, zero, high);
  OpFoldResult last = clamp(n, end, size, choose(back, minus, zero), high);
  OpFoldResult distance = choose(back, subtract(n, first, last), subtract(n, last, first));
  OpFoldResult stride = choose(back, subtract(n, zero, step), step);
  Value reach = asValue(n, larger(n, distance, zero));
  Value count = arith::CeilDivUIOp::create(n, reach, asValue(n, stride));
  range.offsets[axis] = first;
  range.sizes[axis] = count;
  range.strides[axis] = step;
}

/// Axes or steps that are data: each dimension asks whether it is an axis.
LogicalResult sliceByData(Node &n, int64_t count) {
  Dims dims = n.dims(n.in(0)), starts = dimsFrom(n, n.in(1), count),
       ends = dimsFrom(n, n.in(2), count), steps(count, n.getIndexAttr(1));
  if (n.has(4))
    steps = dimsFrom(n, n.in(4), count);
  if (count > static_cast<int64_t>(dims.size()))
    return n.malformed("more starts than dimensions");
  SmallVector<Value> axes;
  for (int64_t i = 0; i < count; ++i)
    axes.push_back(indexOf(n, i));
  if (n.has(3)) {
    FailureOr<RunTimeAxes> given = RunTimeAxes::of(n, n.in(3), dims.size());
    if (failed(given))
      return failure();
    for (int64_t i = 0; i < count; ++i)
      axes[i] = given->axis(i);
  }
  for (OpFoldResult step : steps)
    n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::ne, asValue(n, step), indexOf(n, 0)),
            "a step is 0");
  Range range(n, dims);
  for (auto [d, dim] : llvm::enumerate(dims)) {
    Value start = indexOf(n, 0), end = asValue(n, dim), step = indexOf(n, 1);
    for (int64_t i = 0; i < count; ++i) {
      Value here = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, axes[i], indexOf(n, d));
      start = arith::SelectOp::create(n, here, asValue(n, starts[i]), start);
      end = arith::SelectOp::create(n, here, asValue(n, ends[i]), end);
      step = arith::SelectOp::create(n, here, asValue(n, steps[i]), step);
    }
    cutByData(n, range, d, start, end, step);
  }
  range.sizes = agreed(n, range.sizes);
  return n.set(0, walkBackwards(n, n.in(0), range));
}

LogicalResult convertSlice(Node &n) {
  std::optional<int64_t> count = lengthOf(n, {1, 2, 3, 4});
  if (!count)
    return n.unsupported("the number of axes is not known");
  for (unsigned input : {3u, 4u})
    if (n.has(input) && !constantInts(n.in(input)))
      return sliceByData(n, *count);
  Dims dims = n.dims(n.in(0));
  Dims starts = dimsFrom(n, n.in(1), *count), ends = dimsFrom(n, n.in(2), *count);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, starts.size()));
  SmallVector<int64_t> strides(starts.size(), 1);
  for (auto [input, list] : {std::pair(3u, &axes), std::pair(4u, &strides)})
    if (n.has(input))
      *list = *constantInts(n.in(input));
  if (axes.size() != starts.size() || strides.size() != starts.size())
    return n.malformed("starts, ends, axes and steps differ in length");
  Range range(n, dims);
  bool backwards = false;
  for (auto [i, asked] : llvm::enumerate(axes)) {
    std::optional<int64_t> axis = wrapAxis(asked, dims.size());
    if (!axis || strides[i] == 0)
      return n.malformed("axis " + Twine(asked) + " with step " + Twine(strides[i]) +
                         " of a tensor of rank " + Twine(dims.size()));
    std::tie(range.offsets[*axis], range.sizes[*axis]) =
        bounds(n, starts[i], ends[i], strides[i], dims[*axis]);
    range.strides[*axis] = n.getIndexAttr(strides[i]);
    backwards |= strides[i] < 0;
  }
  if (Value small = sliceOfScalars(n, n.in(0), range))
    return n.set(0, small);
  return n.set(0, backwards ? walkBackwards(n, n.in(0), range) : extract(n, n.in(0), range));
}

/// Sizes of a Split's parts: given, or equal with a smaller last one.
FailureOr<Dims> partSizes(Node &n, OpFoldResult whole) {
  Dims sizes;
  if (auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(n.op.attribute("split"))) {
    for (int64_t size : attr.asArrayRef())
      sizes.push_back(n.getIndexAttr(size));
  } else if (n.has(1)) {
    sizes = dimsFrom(n, n.in(1),
                     n.inType(1).hasStaticShape() ? n.inType(1).getNumElements()
                                                  : n.op.getNumResults());
  } else {
    int64_t parts = n.op.getNumResults();
    OpFoldResult up = add(n, whole, n.getIndexAttr(parts - 1));
    OpFoldResult size = divide(n, up, n.getIndexAttr(parts)), left = whole;
    for (int64_t i = 0; i < parts; ++i) {
      sizes.push_back(smaller(n, size, left));
      left = subtract(n, left, sizes.back());
    }
  }
  if (sizes.size() != n.op.getNumResults())
    return n.malformed(Twine(sizes.size()) + " parts for " + Twine(n.op.getNumResults()) +
                       " outputs");
  return sizes;
}

LogicalResult convertSplit(Node &n) {
  Dims dims = n.dims(n.in(0));
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", 0), dims.size());
  if (!axis)
    return n.malformed("axis outside of the input's rank");
  FailureOr<Dims> sizes = partSizes(n, dims[*axis]);
  if (failed(sizes))
    return failure();
  OpFoldResult offset = n.getIndexAttr(0);
  for (OpFoldResult size : *sizes)
    offset = add(n, offset, size);
  if (number(offset) && number(dims[*axis]) && !same(offset, dims[*axis]))
    return n.malformed("parts sum up to " + Twine(*number(offset)) + " of " +
                       Twine(*number(dims[*axis])));
  if (n.has(1) && !same(offset, dims[*axis]))
    n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, offset),
                                  asValue(n, dims[*axis])),
            "parts do not sum up to the whole");
  offset = n.getIndexAttr(0);
  for (auto [i, size] : llvm::enumerate(*sizes)) {
    Range range(n, dims);
    range.offsets[*axis] = offset;
    range.sizes[*axis] = size;
    if (failed(n.set(i, extract(n, n.in(0), range))))
      return failure();
    offset = add(n, offset, size);
  }
  return success();
}

/// All inputs are lists of scalars: so is the output.
Value concatOfScalars(Node &n) {
  SmallVector<Value> all;
  for (Value part : n.ins()) {
    auto scalars = scalarsOf(n, part);
    if (!scalars || cast<RankedTensorType>(part.getType()).getRank() != 1)
      return {};
    llvm::append_range(all, *scalars);
  }
  auto type = RankedTensorType::get(static_cast<int64_t>(all.size()), n.outElement(0));
  return tensor::FromElementsOp::create(n, type, all);
}

/// The dimensions but `axis` are those of the first part; another part's are checked.
LogicalResult checkOthers(Node &n, const Dims &first, const Dims &part, int64_t axis) {
  for (auto [i, dim] : llvm::enumerate(part)) {
    if (static_cast<int64_t>(i) == axis || same(dim, first[i]))
      continue;
    if (number(dim) && number(first[i]))
      return n.malformed("parts differ in dimension " + Twine(i));
    n.check(
        arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, dim), asValue(n, first[i])),
        "parts differ in a dimension");
  }
  return success();
}

LogicalResult convertConcat(Node &n) {
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", 0), n.rank(0));
  if (!axis)
    return n.malformed("axis outside of the inputs' rank");
  if (n.numInputs() == 1)
    return n.set(0, n.in(0));
  if (Value small = concatOfScalars(n))
    return n.set(0, small);
  Dims whole = n.dims(n.in(0));
  whole[*axis] = n.getIndexAttr(0);
  for (Value part : n.ins()) {
    Dims dims = n.dims(part);
    if (dims.size() != whole.size())
      return n.malformed("parts differ in rank");
    if (failed(checkOthers(n, n.dims(n.in(0)), dims, *axis)))
      return failure();
    whole[*axis] = add(n, whole[*axis], dims[*axis]);
  }
  Value result = empty(n, whole, n.outElement(0));
  OpFoldResult offset = n.getIndexAttr(0);
  for (Value part : n.ins()) {
    Range range(n, whole);
    range.offsets[*axis] = offset;
    range.sizes[*axis] = n.dims(part)[*axis];
    result = insert(n, part, result, range);
    offset = add(n, offset, range.sizes[*axis]);
  }
  return n.set(0, result);
}

/// What is in `source` beyond a negative padding goes, then the rest is put into a filled tensor.
Value pad(Node &n, Value source, const Dims &before, const Dims &after, Value filling) {
  Dims dims = n.dims(source), whole;
  Range kept(n, dims), place(n, dims);
  OpFoldResult zero = n.getIndexAttr(0);
  auto lost = [&](OpFoldResult padding) { return larger(n, subtract(n, zero, padding), zero); };
  for (size_t i = 0; i < dims.size(); ++i) {
    kept.offsets[i] = lost(before[i]);
    kept.sizes[i] = subtract(n, subtract(n, dims[i], kept.offsets[i]), lost(after[i]));
    place.offsets[i] = larger(n, before[i], zero);
    place.sizes[i] = kept.sizes[i];
    whole.push_back(add(n, add(n, dims[i], before[i]), after[i]));
  }
  return insert(n, extract(n, source, kept), filled(n, whole, filling), place);
}

LogicalResult convertPad(Node &n) {
  llvm::StringRef mode = n.op.stringAttribute("mode", "constant");
  if (mode != "constant")
    return n.unsupported("mode " + mode);
  int64_t rank = n.rank(0);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (n.has(3)) {
    auto known = constantInts(n.in(3));
    if (!known)
      return n.unsupported("axes are not known");
    axes = *known;
  }
  if (n.inType(1).hasStaticShape() &&
      n.inType(1).getNumElements() != static_cast<int64_t>(2 * axes.size()))
    return n.malformed("pads do not hold two numbers an axis");
  Dims pads = dimsFrom(n, n.in(1), 2 * axes.size());
  Dims before(rank, n.getIndexAttr(0)), after = before;
  for (auto [i, asked] : llvm::enumerate(axes)) {
    std::optional<int64_t> axis = wrapAxis(asked, rank);
    if (!axis)
      return n.malformed("axis outside of the input's rank");
    before[*axis] = pads[i];
    after[*axis] = pads[axes.size() + i];
  }
  Value filling = n.has(2) ? elementAt(n, n.in(2), 0) : scalar(n, n.outElement(0), 0);
  return n.set(0, pad(n, n.in(0), before, after, filling));
}

const Table::Row rows[] = {
    {"", "Concat", 4, convertConcat},
    {"", "Pad", 11, convertPad},
    {"", "Slice", 10, convertSlice},
    {"", "Split", 2, convertSplit},
};
} // namespace

ArrayRef<Table::Row> convert::sliceRows() { return rows; }
