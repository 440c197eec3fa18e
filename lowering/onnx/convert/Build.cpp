//===- Build.cpp - Tensors, views and loops that conversions are made of --===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

Value convert::empty(Node &n, ArrayRef<OpFoldResult> dims, Type element) {
  Value tensor = tensor::EmptyOp::create(n, dims, element);
  n.remember(tensor, dims);
  return tensor;
}

Value convert::filled(Node &n, ArrayRef<OpFoldResult> dims, Value scalar) {
  Value tensor = empty(n, dims, scalar.getType());
  Value result = linalg::FillOp::create(n, scalar, tensor).getResult(0);
  n.remember(result, dims);
  return result;
}

Value convert::castTo(Node &n, Value value, ArrayRef<OpFoldResult> dims) {
  auto type = cast<RankedTensorType>(value.getType());
  RankedTensorType wanted = typeOf(dims, type.getElementType());
  if (type == wanted)
    return value;
  Value result = tensor::CastOp::create(n, wanted, value);
  n.remember(result, dims);
  return result;
}

namespace {
/// Dimensions [0, head) and the last `tail` stay; `from` in the middle become `to`.
struct Middle {
  size_t head, tail, from, to;

  Middle(ArrayRef<OpFoldResult> source, ArrayRef<OpFoldResult> target) : head(0), tail(0) {
    size_t both = std::min(source.size(), target.size());
    while (head < both && same(source[head], target[head]))
      ++head;
    while (tail < both - head && same(source.rbegin()[tail], target.rbegin()[tail]))
      ++tail;
    count(source.size(), target.size());
    // A middle that is empty on one side holds ones on the other: a neighbour joins in.
    if ((from == 0) != (to == 0) && head + tail > 0) {
      --(head > 0 ? head : tail);
      count(source.size(), target.size());
    }
  }
  void count(size_t source, size_t target) {
    from = source - head - tail;
    to = target - head - tail;
  }
  /// The groups of a view between `inner` groups in the middle and one dimension each around it.
  SmallVector<ReassociationIndices> groups(ArrayRef<size_t> inner) const {
    SmallVector<ReassociationIndices> all;
    int64_t next = 0;
    auto take = [&](size_t count) {
      ReassociationIndices &group = all.emplace_back();
      for (size_t i = 0; i < count; ++i)
        group.push_back(next++);
    };
    for (size_t i = 0; i < head; ++i)
      take(1);
    for (size_t count : inner)
      take(count);
    for (size_t i = 0; i < tail; ++i)
      take(1);
    return all;
  }
};

/// Dimensions without their ones, and how many of them each of these stands for.
struct Core {
  Dims dims;
  SmallVector<size_t> members;

  explicit Core(ArrayRef<OpFoldResult> all) {
    size_t leading = 0;
    for (OpFoldResult dim : all) {
      if (!isStatic(dim, 1)) {
        dims.push_back(dim);
        members.push_back(1 + std::exchange(leading, 0));
      } else {
        ++(members.empty() ? leading : members.back());
      }
    }
  }
  /// The whole as one dimension.
  Core(OpFoldResult whole, size_t count) : dims{whole}, members{count} {}
};
} // namespace

/// Everything in one element: between rank 0 and a rank whose dimensions are all 1.
static Value reshapeScalar(Node &n, Value value, ArrayRef<OpFoldResult> dims) {
  auto type = cast<RankedTensorType>(value.getType());
  Dims ones(std::max<size_t>(type.getRank(), dims.size()), n.getIndexAttr(1));
  SmallVector<ReassociationIndices> none;
  if (dims.empty())
    return tensor::CollapseShapeOp::create(n, typeOf({}, type.getElementType()),
                                           castTo(n, value, ones), none);
  return tensor::ExpandShapeOp::create(n, typeOf(ones, type.getElementType()), value, none, ones);
}

/// The product where all are known, else the mark of an unknown dimension.
static int64_t staticProduct(ArrayRef<OpFoldResult> dims) {
  int64_t result = 1;
  for (OpFoldResult dim : dims)
    if (!number(dim) || llvm::MulOverflow(result, *number(dim), result))
      return ShapedType::kDynamic;
  return result;
}

/// The lengths of the longest known ends of `a` and `b` with one number of elements; 0 where there
/// are none, or where that number is 0.
static std::pair<size_t, size_t> commonEnds(ArrayRef<OpFoldResult> a, ArrayRef<OpFoldResult> b) {
  std::pair<size_t, size_t> best = {0, 0};
  for (size_t i = 1; i <= a.size() && number(a[a.size() - i]); ++i)
    for (size_t j = 1; j <= b.size() && number(b[b.size() - j]); ++j) {
      int64_t mine = staticProduct(a.take_back(i)), other = staticProduct(b.take_back(j));
      if (mine == other && mine > 1)
        best = {i, j};
    }
  return best;
}

/// Unknown dimensions on both sides: known ends are split off, and what is left has its shape made
/// of numbers at run time.
static Value reshapeUnknown(Node &n, Value value, ArrayRef<OpFoldResult> dims) {
  Dims from = n.dims(value);
  auto [mine, others] = commonEnds(from, dims);
  if (mine > 1 || others > 1) {
    OpFoldResult end = n.getIndexAttr(staticProduct(dims.take_back(others)));
    Dims first(ArrayRef<OpFoldResult>(from).drop_back(mine)), second(dims.drop_back(others));
    first.push_back(end);
    second.push_back(end);
    return reshape(n, reshape(n, reshape(n, value, first), second), dims);
  }
  SmallVector<Value> sizes;
  for (OpFoldResult dim : dims)
    sizes.push_back(asValue(n, dim));
  Value shape = tensor::FromElementsOp::create(n, sizes);
  RankedTensorType type = typeOf(dims, getElementTypeOrSelf(value.getType()));
  Value result = tensor::ReshapeOp::create(n, type, value, shape);
  n.remember(result, dims);
  return result;
}

Value convert::reshape(Node &n, Value value, ArrayRef<OpFoldResult> dims) {
  Dims from = n.dims(value);
  Middle middle(from, dims);
  if (middle.from == 0 && middle.to == 0)
    return castTo(n, value, dims);
  if (from.empty() || dims.empty())
    return castTo(n, reshapeScalar(n, value, dims), dims);
  Type element = getElementTypeOrSelf(value.getType());
  ArrayRef<OpFoldResult> oldMiddle = ArrayRef<OpFoldResult>(from).slice(middle.head, middle.from);
  ArrayRef<OpFoldResult> newMiddle = dims.slice(middle.head, middle.to);
  Core before(oldMiddle), after(newMiddle);
  // Where more than ones come and go, the middle becomes one dimension in between.
  bool moves = before.dims.empty() || before.dims.size() != after.dims.size() ||
               !llvm::equal(before.dims, after.dims, same);
  bool isKnown = !ShapedType::isDynamic(staticProduct(oldMiddle)) &&
                 !ShapedType::isDynamic(staticProduct(newMiddle));
  if (moves && middle.from > 1 && middle.to > 1 && !isKnown)
    return reshapeUnknown(n, castTo(n, value, from), dims);
  if (moves) {
    before = Core(product(n, oldMiddle), oldMiddle.size());
    after = Core(before.dims[0], newMiddle.size());
  }
  Dims flat(dims.take_front(middle.head));
  flat.append(before.dims);
  flat.append(dims.end() - middle.tail, dims.end());
  if (flat.size() != from.size()) {
    value = tensor::CollapseShapeOp::create(n, typeOf(flat, element), castTo(n, value, from),
                                            middle.groups(before.members));
    n.remember(value, flat);
  }
  // The view below wants the middle static just where all that it becomes is.
  SmallVector<int64_t> shape(typeOf(flat, element).getShape());
  if (after.dims.size() == 1)
    shape[middle.head] = staticProduct(newMiddle);
  if (ArrayRef<int64_t>(shape) != cast<RankedTensorType>(value.getType()).getShape())
    value = tensor::CastOp::create(n, RankedTensorType::get(shape, element), value);
  if (flat.size() != dims.size())
    value = tensor::ExpandShapeOp::create(n, typeOf(dims, element), value,
                                          middle.groups(after.members), dims);
  n.remember(value, dims);
  return value;
}

Value convert::transpose(Node &n, Value value, ArrayRef<int64_t> permutation) {
  Dims from = n.dims(value), to;
  SmallVector<int64_t> moving;
  for (int64_t p : permutation) {
    to.push_back(from[p]);
    if (!isStatic(from[p], 1))
      moving.push_back(p);
  }
  // Where only ones move, the elements lie as before.
  if (llvm::is_sorted(moving))
    return reshape(n, value, to);
  Value init = empty(n, to, getElementTypeOrSelf(value.getType()));
  Value result =
      linalg::TransposeOp::create(n, castTo(n, value, from), init, permutation)->getResult(0);
  n.remember(result, to);
  return result;
}

Value convert::sliceAlong(Node &n, Value value, int64_t axis, OpFoldResult offset,
                          OpFoldResult size, int64_t step) {
  Dims sizes = n.dims(value);
  if (same(sizes[axis], size) && isStatic(offset, 0))
    return value;
  Dims offsets(sizes.size(), n.getIndexAttr(0)), strides(sizes.size(), n.getIndexAttr(1));
  offsets[axis] = offset;
  sizes[axis] = size;
  strides[axis] = n.getIndexAttr(step);
  // Nothing may start behind the last element, which no slice may.
  if (isStatic(size, 0))
    return empty(n, sizes, getElementTypeOrSelf(value.getType()));
  Value part = tensor::ExtractSliceOp::create(n, value, offsets, sizes, strides);
  n.remember(part, sizes);
  return part;
}

Value convert::insertAlong(Node &n, Value part, Value into, int64_t axis, OpFoldResult offset,
                           int64_t step) {
  Dims sizes = n.dims(part), whole = n.dims(into);
  Dims offsets(sizes.size(), n.getIndexAttr(0)), strides(sizes.size(), n.getIndexAttr(1));
  offsets[axis] = offset;
  strides[axis] = n.getIndexAttr(step);
  Value result =
      tensor::InsertSliceOp::create(n, castTo(n, part, sizes), into, offsets, sizes, strides);
  n.remember(result, whole);
  return result;
}

SmallVector<Value> convert::generic(Node &n, ValueRange ins, ValueRange outs,
                                    ArrayRef<AffineMap> maps,
                                    ArrayRef<utils::IteratorType> iterators,
                                    llvm::function_ref<SmallVector<Value>(ValueRange)> body) {
  auto op = linalg::GenericOp::create(n, outs.getTypes(), ins, outs, maps, iterators,
                                      [&](OpBuilder &b, Location, ValueRange args) {
                                        OpBuilder::InsertionGuard guard(n);
                                        n.restoreInsertionPoint(b.saveInsertionPoint());
                                        linalg::YieldOp::create(n, body(args));
                                      });
  for (auto [result, out] : llvm::zip_equal(op.getResults(), outs))
    n.remember(result, n.dims(out));
  return op.getResults();
}

SmallVector<Value> convert::iterationIndices(Node &n, unsigned rank) {
  SmallVector<Value> indices;
  for (unsigned i = 0; i < rank; ++i)
    indices.push_back(linalg::IndexOp::create(n, i));
  return indices;
}

Value convert::compute(Node &n, ArrayRef<OpFoldResult> dims, Type element, ScalarFn body) {
  SmallVector<utils::IteratorType> iterators(dims.size(), utils::IteratorType::parallel);
  AffineMap identity = n.getMultiDimIdentityMap(dims.size());
  return generic(n, {}, empty(n, dims, element), identity, iterators, [&](ValueRange) {
    return SmallVector<Value>{body(iterationIndices(n, dims.size()))};
  })[0];
}

SmallVector<Value>
convert::loops(Node &n, ArrayRef<OpFoldResult> dims, ValueRange carried,
               llvm::function_ref<SmallVector<Value>(ValueRange, ValueRange)> body) {
  SmallVector<Value> upper;
  for (OpFoldResult dim : dims)
    upper.push_back(asValue(n, dim));
  SmallVector<Value> zeros(dims.size(), indexOf(n, 0)), ones(dims.size(), indexOf(n, 1));
  scf::LoopNest nest = scf::buildLoopNest(
      n, n.getLoc(), zeros, upper, ones, carried,
      [&](OpBuilder &b, Location, ValueRange indices, ValueRange args) -> scf::ValueVector {
        OpBuilder::InsertionGuard guard(n);
        n.restoreInsertionPoint(b.saveInsertionPoint());
        SmallVector<Value> results = body(indices, args);
        return scf::ValueVector(results.begin(), results.end());
      });
  SmallVector<Value> results(nest.results.begin(), nest.results.end());
  for (auto [result, init] : llvm::zip_equal(results, carried))
    if (isa<RankedTensorType>(init.getType()))
      n.remember(result, n.dims(init));
  return results;
}
