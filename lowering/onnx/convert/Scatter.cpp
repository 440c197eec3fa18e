//===- Scatter.cpp - Writing at positions that are data -------------------===//
//
// One loop in the order of the updates: positions may repeat, and then the last one stays, or the
// sum has one order. The loops carry the result, so that bufferization writes in place.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// What an update does to the element that is there; nothing where it takes its place.
FailureOr<std::optional<Fold>> reductionOf(Node &n) {
  llvm::StringRef name = n.op.stringAttribute("reduction", "none");
  auto fold = llvm::StringSwitch<std::optional<Fold>>(name)
                  .Case("add", Fold::Sum)
                  .Case("mul", Fold::Product)
                  .Case("max", Fold::Max)
                  .Case("min", Fold::Min)
                  .Default(std::nullopt);
  if (!fold && name != "none")
    return n.unsupported("reduction " + name);
  return fold;
}

/// The element after an update, computed in the width of computation.
Value updated(Node &n, std::optional<Fold> fold, Value old, Value update) {
  if (!fold)
    return update;
  Value result = foldOnce(n, *fold, widen(n, old), widen(n, update), n.isUnsigned(0));
  return narrow(n, result, update.getType());
}

LogicalResult scatterElements(Node &n) {
  Value data = n.in(0), indices = n.in(1), updates = n.in(2);
  Dims to = n.dims(data), dims = n.dims(indices);
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", 0), to.size());
  if (!axis || dims.size() != to.size() || n.rank(2) != dims.size())
    return n.malformed("axis, or rank of indices or updates, does not fit the data");
  FailureOr<std::optional<Fold>> fold = reductionOf(n);
  if (failed(fold) || failed(checkIndices(n, indices, to[*axis])))
    return failure();
  Dims given = n.dims(updates);
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (!same(dim, given[i]))
      n.check(
          arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, dim), asValue(n, given[i])),
          "indices and updates differ in shape");
    if (static_cast<int64_t>(i) != *axis && !same(dim, to[i]))
      n.check(
          arith::CmpIOp::create(n, arith::CmpIPredicate::ule, asValue(n, dim), asValue(n, to[i])),
          "indices are larger than the data");
  }
  return n.set(0, loops(n, dims, data, [&](ValueRange at, ValueRange carried) {
                 SmallVector<Value> place(at);
                 Value index = tensor::ExtractOp::create(n, indices, at);
                 place[*axis] = wrapIndex(n, index, to[*axis]);
                 Value element = tensor::ExtractOp::create(n, updates, at);
                 if (*fold)
                   element =
                       updated(n, *fold, tensor::ExtractOp::create(n, carried[0], place), element);
                 return SmallVector<Value>{tensor::InsertOp::create(n, element, carried[0], place)};
               })[0]);
}

/// A part of a tensor: one index along each leading dimension, the rest whole.
struct Part {
  Dims offsets, sizes, strides;
  RankedTensorType type;

  Part(Node &n, ArrayRef<Value> at, ArrayRef<OpFoldResult> rest, Type element)
      : offsets(at), sizes(at.size(), n.getIndexAttr(1)),
        strides(at.size() + rest.size(), n.getIndexAttr(1)), type(typeOf(rest, element)) {
    offsets.append(rest.size(), n.getIndexAttr(0));
    sizes.append(rest.begin(), rest.end());
  }
  Value of(Node &n, Value tensor) const {
    return tensor::ExtractSliceOp::create(n, type, tensor, offsets, sizes, strides);
  }
  Value into(Node &n, Value part, Value tensor) const {
    return tensor::InsertSliceOp::create(n, part, tensor, offsets, sizes, strides);
  }
};

/// `rest` of the updates at `from` goes to `place` of the result.
Value scatterPart(Node &n, std::optional<Fold> fold, Value result, Value updates,
                  ArrayRef<Value> from, ArrayRef<Value> place, ArrayRef<OpFoldResult> rest) {
  Type element = getElementTypeOrSelf(result.getType());
  if (rest.empty()) {
    Value update = tensor::ExtractOp::create(n, updates, from);
    if (fold)
      update = updated(n, fold, tensor::ExtractOp::create(n, result, place), update);
    return tensor::InsertOp::create(n, update, result, place);
  }
  Part source(n, from, rest, element), target(n, place, rest, element);
  Value update = source.of(n, updates);
  if (!fold)
    return target.into(n, update, result);
  Value old = target.of(n, result);
  SmallVector<AffineMap> maps(2, n.getMultiDimIdentityMap(rest.size()));
  SmallVector<utils::IteratorType> iterators(rest.size(), utils::IteratorType::parallel);
  Value sum = generic(n, update, old, maps, iterators, [&](ValueRange args) {
    return SmallVector<Value>{updated(n, fold, args[1], args[0])};
  })[0];
  return target.into(n, sum, result);
}

/// The updates have the shape of the positions' outer dimensions, then of the data's inner ones.
LogicalResult checkUpdates(Node &n, ArrayRef<OpFoldResult> outer, ArrayRef<OpFoldResult> rest) {
  Dims given = n.dims(n.in(2)), wanted(outer);
  wanted.append(rest.begin(), rest.end());
  if (given.size() != wanted.size())
    return n.malformed("updates have rank " + Twine(given.size()) + " instead of " +
                       Twine(wanted.size()));
  for (auto [have, want] : llvm::zip_equal(given, wanted)) {
    if (same(have, want))
      continue;
    if (number(have) && number(want))
      return n.malformed("updates do not have the shape of the positions and the data");
    n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, have), asValue(n, want)),
            "updates do not have the shape of the positions and the data");
  }
  return success();
}

LogicalResult scatterND(Node &n) {
  Value data = n.in(0), indices = n.in(1), updates = n.in(2);
  Dims to = n.dims(data), at = n.dims(indices);
  if (at.empty() || !number(at.back()))
    return n.unsupported("length of the positions is not known");
  int64_t length = *number(at.back());
  if (length > static_cast<int64_t>(to.size()))
    return n.malformed("positions of length " + Twine(length) + " in data of rank " +
                       Twine(to.size()));
  ArrayRef<OpFoldResult> all(to), outer = ArrayRef<OpFoldResult>(at).drop_back();
  ArrayRef<OpFoldResult> rest = all.drop_front(length);
  FailureOr<std::optional<Fold>> fold = reductionOf(n);
  if (failed(fold) || failed(checkIndices(n, indices, all.take_front(length))) ||
      failed(checkUpdates(n, outer, rest)))
    return failure();
  updates = castTo(n, updates, n.dims(updates));
  return n.set(
      0, loops(n, outer, castTo(n, data, to), [&](ValueRange i, ValueRange carried) {
        SmallVector<Value> from(i), index(i), place;
        for (int64_t p = 0; p < length; ++p) {
          index.push_back(indexOf(n, p));
          place.push_back(wrapIndex(n, tensor::ExtractOp::create(n, indices, index), to[p]));
          index.pop_back();
        }
        return SmallVector<Value>{scatterPart(n, *fold, carried[0], updates, from, place, rest)};
      })[0]);
}

const Table::Row rows[] = {
    {"", "ScatterElements", 11, scatterElements},
    {"", "ScatterND", 11, scatterND},
};
} // namespace

ArrayRef<Table::Row> convert::scatterRows() { return rows; }
