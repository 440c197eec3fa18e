//===- Reshape.cpp - The same elements in other dimensions ----------------===//

#include "lowering/onnx/convert/Axes.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include <numeric>

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// The axes an attribute or (from opset 13 on) an input gives, counted from the front, ascending.
/// Nothing where there are none; an error where they are unknown or outside of `rank`.
FailureOr<std::optional<SmallVector<int64_t>>> axesOf(Node &n, unsigned input, int64_t rank) {
  std::optional<SmallVector<int64_t>> axes;
  if (auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(n.op.attribute("axes")))
    axes = SmallVector<int64_t>(attr.asArrayRef());
  else if (n.has(input)) {
    axes = constantInts(n.in(input));
    if (!axes)
      return n.unsupported("axes are not known");
  }
  if (!axes)
    return axes;
  for (int64_t &axis : *axes) {
    std::optional<int64_t> wrapped = wrapAxis(axis, rank);
    if (!wrapped)
      return n.malformed("axis " + Twine(axis) + " of a tensor of rank " + Twine(rank));
    axis = *wrapped;
  }
  llvm::sort(*axes);
  return axes;
}

/// Whether the axes, input 1, are data.
bool axesAreData(Node &n) { return n.has(1) && !constantInts(n.in(1)); }

LogicalResult squeezeByData(Node &n, const Dims &from) {
  FailureOr<RunTimeAxes> axes = RunTimeAxes::of(n, n.in(1), from.size());
  if (failed(axes))
    return failure();
  for (auto [i, dim] : llvm::enumerate(from)) {
    Value one = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, dim), indexOf(n, 1));
    Value stays = arith::XOrIOp::create(n, axes->contains(i), integer(n, n.getI1Type(), 1));
    n.check(arith::OrIOp::create(n, stays, one), "squeezed dimension is not 1");
  }
  return n.set(0, reshape(n, n.in(0), agreed(n, axes->others(n, from))));
}

LogicalResult squeeze(Node &n) {
  Dims from = n.dims(n.in(0)), to;
  if (axesAreData(n))
    return squeezeByData(n, from);
  auto axes = axesOf(n, 1, from.size());
  if (failed(axes))
    return failure();
  for (auto [i, dim] : llvm::enumerate(from)) {
    bool goes = *axes ? llvm::is_contained(**axes, static_cast<int64_t>(i)) : isStatic(dim, 1);
    if (!goes) {
      to.push_back(dim);
      continue;
    }
    if (number(dim) && !isStatic(dim, 1))
      return n.malformed("squeezed dimension is " + Twine(*number(dim)));
    if (!number(dim)) {
      Value one =
          arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, dim), indexOf(n, 1));
      n.check(one, "squeezed dimension is not 1");
    }
  }
  return n.set(0, reshape(n, n.in(0), to));
}

LogicalResult unsqueeze(Node &n) {
  Dims from = n.dims(n.in(0)), to;
  int64_t more = cast<RankedTensorType>(n.outType(0)).getRank() - from.size();
  if (axesAreData(n)) {
    FailureOr<RunTimeAxes> axes = RunTimeAxes::of(n, n.in(1), from.size() + more);
    if (failed(axes))
      return failure();
    return n.set(0, reshape(n, n.in(0), agreed(n, axes->withOnes(n, from))));
  }
  auto axes = axesOf(n, 1, from.size() + more);
  if (failed(axes))
    return failure();
  if (!*axes || static_cast<int64_t>((*axes)->size()) != more ||
      std::adjacent_find((*axes)->begin(), (*axes)->end()) != (*axes)->end())
    return n.malformed("axes are missing or repeated");
  size_t next = 0;
  for (size_t i = 0; i < from.size() + more; ++i)
    to.push_back(llvm::is_contained(**axes, static_cast<int64_t>(i)) ? n.getIndexAttr(1)
                                                                     : from[next++]);
  return n.set(0, reshape(n, n.in(0), to));
}

LogicalResult flatten(Node &n) {
  Dims from = n.dims(n.in(0));
  int64_t axis = n.op.intAttribute("axis", 1), rank = from.size();
  if (axis < -rank || axis > rank)
    return n.malformed("axis " + Twine(axis) + " of a tensor of rank " + Twine(rank));
  size_t split = axis < 0 ? axis + rank : axis;
  ArrayRef<OpFoldResult> all(from);
  return n.set(0, reshape(n, n.in(0),
                          {product(n, all.take_front(split)), product(n, all.drop_front(split))}));
}

/// The dimensions a Reshape asks for, -1 and 0 resolved.
struct Request {
  Dims dims;
  /// Place of the -1, where it is known that there is one.
  std::optional<size_t> rest;
  /// Numbers that are not known, and do not come from dimensions, are among `dims`.
  bool unknown = false;
};

/// A number known at run time only: 0 copies, -1 stays.
OpFoldResult atRunTime(Node &n, Value asked, std::optional<OpFoldResult> copied) {
  if (!copied)
    return asked;
  Value zero = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asked, indexOf(n, 0));
  return arith::SelectOp::create(n, zero, asValue(n, *copied), asked).getResult();
}

FailureOr<Request> requestOf(Node &n, ArrayRef<OpFoldResult> from) {
  Request request;
  bool copies = !n.op.intAttribute("allowzero", 0);
  auto type = cast<RankedTensorType>(n.outType(0));
  Value shape = listOf(n, n.in(1), type.getRank());
  for (int64_t i = 0; i < type.getRank(); ++i) {
    Value asked = elementAt(n, shape, i);
    // A number made from a dimension by a cast alone is that dimension, 0 included.
    auto dimension = asked.getDefiningOp<arith::IndexCastOp>();
    Value size = toIndex(n, asked);
    std::optional<int64_t> known = getConstantIntValue(size);
    std::optional<OpFoldResult> copied;
    if (copies && static_cast<size_t>(i) < from.size())
      copied = from[i];
    if (known == 0 && copies) {
      if (!copied)
        return n.malformed("0 in the shape copies dimension " + Twine(i) + ", which is not there");
      request.dims.push_back(*copied);
    } else if (known == -1) {
      if (request.rest)
        return n.malformed("more than one -1 in the shape");
      request.rest = i;
      request.dims.push_back(n.getIndexAttr(1));
    } else if (known) {
      request.dims.push_back(n.getIndexAttr(*known));
    } else if (!type.isDynamicDim(i)) {
      request.dims.push_back(n.getIndexAttr(type.getDimSize(i)));
    } else if (dimension && dimension.getIn().getType().isIndex()) {
      request.dims.push_back(size);
    } else {
      request.unknown = true;
      request.dims.push_back(atRunTime(n, size, copied));
    }
  }
  return request;
}

/// A -1 among numbers that are known at run time only becomes what is left of `total`.
void resolveRest(Node &n, Request &request, OpFoldResult total) {
  Value minus = indexOf(n, -1), one = indexOf(n, 1), zero = indexOf(n, 0);
  Value known = one;
  SmallVector<Value> isRest;
  for (OpFoldResult dim : request.dims) {
    Value size = asValue(n, dim);
    isRest.push_back(arith::CmpIOp::create(n, arith::CmpIPredicate::eq, size, minus));
    known = arith::MulIOp::create(n, known, arith::SelectOp::create(n, isRest.back(), one, size));
  }
  Value empty = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, known, zero);
  Value left =
      arith::DivUIOp::create(n, asValue(n, total), arith::SelectOp::create(n, empty, one, known));
  for (auto [dim, here] : llvm::zip_equal(request.dims, isRest))
    if (!number(dim))
      dim = arith::SelectOp::create(n, here, left, asValue(n, dim)).getResult();
}

/// Takes out of `mine` and `others` what occurs in both: it cancels.
void cancel(Dims &mine, Dims &others) {
  for (size_t i = mine.size(); i-- > 0;) {
    // A 0 decides the product: it stays.
    if (isStatic(mine[i], 0))
      continue;
    auto *twin = llvm::find_if(others, [&](OpFoldResult dim) { return same(dim, mine[i]); });
    if (twin == others.end())
      continue;
    others.erase(twin);
    mine.erase(mine.begin() + i);
  }
}

/// Takes the common factor out of the numbers that are known on both sides.
void reduceNumbers(Node &n, Dims &mine, Dims &others) {
  int64_t factors[2] = {1, 1};
  for (auto [dims, factor] : {std::pair(&mine, &factors[0]), std::pair(&others, &factors[1])})
    for (OpFoldResult dim : *dims)
      if (number(dim) && llvm::MulOverflow(*factor, *number(dim), *factor))
        return;
  if (factors[0] == 0 || factors[1] == 0)
    return;
  int64_t common = std::gcd(factors[0], factors[1]);
  for (auto [dims, factor] : {std::pair(&mine, factors[0]), std::pair(&others, factors[1])}) {
    llvm::erase_if(*dims, [](OpFoldResult dim) { return number(dim).has_value(); });
    dims->push_back(n.getIndexAttr(factor / common));
  }
}

/// The number of elements stays; what cannot be told now is checked at run time.
LogicalResult checkCount(Node &n, OpFoldResult have, OpFoldResult wanted) {
  if (same(have, wanted))
    return success();
  if (number(have) && number(wanted))
    return n.malformed("reshapes " + Twine(*number(have)) + " elements to " +
                       Twine(*number(wanted)));
  Value equal =
      arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, have), asValue(n, wanted));
  n.check(equal, "number of elements changes");
  return success();
}

LogicalResult convertReshape(Node &n) {
  Dims from = n.dims(n.in(0));
  FailureOr<Request> request = requestOf(n, from);
  if (failed(request))
    return failure();
  if (request->unknown && !request->rest)
    resolveRest(n, *request, product(n, from));
  // Dimensions that stand on both sides cancel: what is left says how the rest is reshaped.
  Dims mine = from, others = request->dims;
  cancel(mine, others);
  reduceNumbers(n, mine, others);
  OpFoldResult have = product(n, mine), wanted = product(n, others);
  if (request->rest) {
    if (isStatic(wanted, 0))
      return n.malformed("-1 in the shape beside a 0");
    Value least = number(wanted) ? asValue(n, wanted)
                                 : arith::MaxUIOp::create(n, asValue(n, wanted), indexOf(n, 1));
    OpFoldResult rest = divide(n, have, simplified(least));
    auto type = cast<RankedTensorType>(n.outType(0));
    if (!number(rest) && !type.isDynamicDim(*request->rest))
      rest = n.getIndexAttr(type.getDimSize(*request->rest));
    request->dims[*request->rest] = rest;
    wanted = multiply(n, wanted, rest);
    // A known factor that takes all that is known leaves no remainder.
    if (isStatic(wanted, 0) || same(rest, have))
      wanted = have;
  }
  if (failed(checkCount(n, have, wanted)))
    return failure();
  return n.set(0, reshape(n, n.in(0), request->dims));
}

LogicalResult convertTranspose(Node &n) {
  SmallVector<int64_t> permutation;
  if (auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(n.op.attribute("perm")))
    permutation.assign(attr.asArrayRef().begin(), attr.asArrayRef().end());
  else
    for (int64_t i = n.rank(0); i-- > 0;)
      permutation.push_back(i);
  if (permutation.size() != n.rank(0) || !isPermutationVector(permutation))
    return n.malformed("perm is no permutation of the axes");
  if (WeightOp weight = weightOf(n.in(0)))
    if (Value view = permutedWeight(n, weight, permutation))
      return n.set(0, view);
  return n.set(0, transpose(n, n.in(0), permutation));
}

/// `dim` in parts of `by`, of which nothing is left over.
OpFoldResult inParts(Node &n, OpFoldResult dim, int64_t by) {
  if (!number(dim)) {
    Value rest = arith::RemUIOp::create(n, asValue(n, dim), indexOf(n, by));
    n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::eq, rest, indexOf(n, 0)),
            "a dimension is no multiple of " + Twine(by));
  }
  return divide(n, dim, n.getIndexAttr(by));
}

/// Blocks of channels become blocks of space; mode CRD has the channels that stay in front.
LogicalResult depthToSpace(Node &n) {
  Dims dims = n.dims(n.in(0));
  int64_t size = n.op.intAttribute("blocksize", 1);
  StringRef mode = n.op.stringAttribute("mode", "DCR");
  if (mode != "DCR" && mode != "CRD")
    return n.malformed("attribute 'mode' is '" + mode + "'");
  OpFoldResult block = n.getIndexAttr(size), channels = inParts(n, dims[1], size * size);
  Dims apart = {dims[0], block, block, channels, dims[2], dims[3]};
  SmallVector<int64_t> order = {0, 3, 4, 1, 5, 2};
  if (mode == "CRD") {
    apart = {dims[0], channels, block, block, dims[2], dims[3]};
    order = {0, 1, 4, 2, 5, 3};
  }
  Value moved = transpose(n, reshape(n, n.in(0), apart), order);
  return n.set(
      0, reshape(n, moved,
                 {dims[0], channels, multiply(n, dims[2], block), multiply(n, dims[3], block)}));
}

LogicalResult spaceToDepth(Node &n) {
  Dims dims = n.dims(n.in(0));
  int64_t size = n.op.intAttribute("blocksize", 1);
  OpFoldResult block = n.getIndexAttr(size);
  OpFoldResult rows = inParts(n, dims[2], size), columns = inParts(n, dims[3], size);
  Value apart = reshape(n, n.in(0), {dims[0], dims[1], rows, block, columns, block});
  Value moved = transpose(n, apart, {0, 3, 5, 1, 2, 4});
  OpFoldResult channels = multiply(n, dims[1], n.getIndexAttr(size * size));
  return n.set(0, reshape(n, moved, {dims[0], channels, rows, columns}));
}

const Table::Row rows[] = {
    {"", "DepthToSpace", 1, depthToSpace}, {"", "Flatten", 1, flatten},
    {"", "Reshape", 5, convertReshape},    {"", "SpaceToDepth", 1, spaceToDepth},
    {"", "Squeeze", 1, squeeze},           {"", "Transpose", 1, convertTranspose},
    {"", "Unsqueeze", 1, unsqueeze},
};
} // namespace

ArrayRef<Table::Row> convert::reshapeRows() { return rows; }
