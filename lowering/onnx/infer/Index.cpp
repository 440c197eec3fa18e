//===- Index.cpp - Types of operators that gather, scatter and search -----===//
//
// Operators whose operands or results are indices.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

static Type int64Of(Inference &n) { return IntegerType::get(n.node.getContext(), 64); }

static Numbers joined(llvm::ArrayRef<Number> a, llvm::ArrayRef<Number> b) {
  Numbers shape(a);
  llvm::append_range(shape, b);
  return shape;
}

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

static void gather(Inference &n) {
  if (!n.arity(2, 2) || !n.index(1) || !n.rankAtLeast(0, 1))
    return;
  int64_t axis = n.axis(n.integer("axis", 0), n.in(0).rank());
  if (n.failed())
    return;
  llvm::ArrayRef<Number> data(n.in(0).shape);
  Number extent = data[axis];
  if (const Numbers *indices = n.values(1))
    for (Number index : *indices)
      if (extent.isKnown() && index.isKnown() &&
          (index.factor < -extent.factor || index.factor >= extent.factor))
        return n.malformed("index " + llvm::Twine(index.factor) +
                           " is out of range for dimension " + llvm::Twine(extent.factor));
  n.result(0, n.elem(0),
           joined(joined(data.take_front(axis), n.in(1).shape), data.drop_front(axis + 1)));
  const Numbers *values = n.values(0);
  std::optional<llvm::SmallVector<int64_t>> indices = n.knownValues(1);
  if (!values || !indices || data.size() != 1)
    return;
  Numbers taken;
  for (int64_t index : *indices)
    taken.push_back((*values)[index < 0 ? index + extent.factor : index]);
  n.setValues(0, std::move(taken));
}

static void gatherElements(Inference &n) {
  if (!n.arity(2, 2) || !n.index(1) || !n.rankAtLeast(0, 1) || !n.rankIs(1, n.in(0).rank()))
    return;
  n.axis(n.integer("axis", 0), n.in(0).rank());
  n.result(0, n.elem(0), n.in(1).shape);
}

/// How many dimensions of input 0 an index of input 1 selects: the last dimension of the indices.
static std::optional<int64_t> depthOf(Inference &n, int64_t batch) {
  if (!n.rankAtLeast(0, 1) || !n.rankAtLeast(1, 1))
    return std::nullopt;
  Number depth = n.in(1).shape.back();
  if (!depth.isKnown()) {
    n.declared(0, n.elem(0), "the last dimension of the indices is unknown");
    return std::nullopt;
  }
  if (batch < 0 || batch >= n.in(1).rank() || depth.factor < 1 ||
      depth.factor > n.in(0).rank() - batch) {
    n.malformed("indices of " + llvm::Twine(depth.factor) + " numbers with " + llvm::Twine(batch) +
                " batch dimensions do not fit a tensor of rank " + llvm::Twine(n.in(0).rank()));
    return std::nullopt;
  }
  return depth.factor;
}

static void gatherNd(Inference &n) {
  if (!n.arity(2, 2) || !n.index(1))
    return;
  int64_t batch = n.version() < 12 ? 0 : n.integer("batch_dims", 0);
  std::optional<int64_t> depth = depthOf(n, batch);
  if (!depth)
    return;
  llvm::ArrayRef<Number> data(n.in(0).shape), indices(n.in(1).shape);
  for (int64_t dim = 0; dim < batch; ++dim)
    n.same(data[dim], indices[dim], "batch dimensions " + llvm::Twine(dim));
  n.result(0, n.elem(0), joined(indices.drop_back(), data.drop_front(batch + *depth)));
}

//===----------------------------------------------------------------------===//
// Scatter
//===----------------------------------------------------------------------===//

/// `reduction` came at 16, min and max at 18.
static bool reductionKnown(Inference &n) {
  llvm::StringRef reduction = n.text("reduction", "none");
  bool known = reduction == "none" ||
               (n.version() >= 16 && (reduction == "add" || reduction == "mul")) ||
               (n.version() >= 18 && (reduction == "min" || reduction == "max"));
  if (!known)
    n.malformed("reduction '" + reduction + "' is not of this version");
  return known;
}

/// Numbers of a list written over others: exporters change one size of a shape so.
static void scatterValues(Inference &n) {
  const Numbers *data = n.values(0), *updates = n.values(2);
  auto places = n.knownValues(1);
  if (n.failed() || !data || !updates || !places || n.in(0).rank() != 1 ||
      places->size() != updates->size() || n.text("reduction", "none") != "none")
    return;
  Numbers result = *data;
  int64_t size = result.size();
  for (auto [place, update] : llvm::zip_equal(*places, *updates)) {
    int64_t at = place < 0 ? place + size : place;
    if (at < 0 || at >= size)
      return n.malformed("index " + llvm::Twine(place) + " is out of range for dimension " +
                         llvm::Twine(size));
    result[at] = update;
  }
  n.setValues(0, std::move(result));
}

static void scatterElements(Inference &n) {
  if (!n.arity(3, 3) || !n.index(1) || !n.sameElem({0, 2}) || !reductionKnown(n))
    return;
  int64_t rank = n.in(0).rank();
  if (!n.rankAtLeast(0, 1) || !n.rankIs(1, rank) || !n.rankIs(2, rank))
    return;
  n.axis(n.integer("axis", 0), rank);
  for (int64_t dim = 0; dim < rank; ++dim)
    n.same(n.in(1).shape[dim], n.in(2).shape[dim],
           "dimensions " + llvm::Twine(dim) + " of the indices and the updates");
  n.like(0, 0);
  scatterValues(n);
}

static void scatterNd(Inference &n) {
  if (!n.arity(3, 3) || !n.index(1) || !n.sameElem({0, 2}) || !reductionKnown(n))
    return;
  std::optional<int64_t> depth = depthOf(n, 0);
  if (!depth)
    return;
  llvm::ArrayRef<Number> data(n.in(0).shape), indices(n.in(1).shape);
  Numbers updates = joined(indices.drop_back(), data.drop_front(*depth));
  if (!n.rankIs(2, updates.size()))
    return;
  for (auto [dim, expected] : llvm::enumerate(updates))
    n.same(expected, n.in(2).shape[dim],
           "dimension " + llvm::Twine(dim) + " of the updates and what the indices select");
  n.like(0, 0);
}

//===----------------------------------------------------------------------===//
// Search
//===----------------------------------------------------------------------===//

/// One row a dimension, one column a nonzero element, in row-major order.
static void nonZero(Inference &n) {
  if (!n.arity(1, 1))
    return;
  const Numbers &shape = n.in(0).shape;
  std::optional<llvm::SmallVector<int64_t>> values = n.knownValues(0);
  if (!values || shape.empty())
    return n.result(0, int64Of(n), {Number(shape.size()), n.symbols.fresh(true)});
  llvm::SmallVector<Numbers> places(shape.size());
  for (auto [flat, value] : llvm::enumerate(*values)) {
    int64_t rest = flat;
    for (int64_t dim = int64_t(shape.size()) - 1; value && dim >= 0; --dim) {
      places[dim].push_back(rest % shape[dim].factor);
      rest /= shape[dim].factor;
    }
  }
  n.result(0, int64Of(n), {Number(shape.size()), Number(places[0].size())});
  Numbers all;
  for (const Numbers &row : places)
    llvm::append_range(all, row);
  n.setValues(0, std::move(all));
}

/// Where the place of the index is, the second value; elsewhere, also for an index out of range,
/// the first. Negative indices count from the end.
static void oneHotValues(Inference &n, int64_t axis) {
  std::optional<llvm::SmallVector<int64_t>> indices = n.knownValues(0), depth = n.knownValues(1);
  const Numbers *values = n.values(2);
  Number size = n.count(n.known(0)->tensor.shape);
  if (!indices || !depth || !values || !size.isKnown() || size.factor > kMaxKnown)
    return;
  int64_t inner = n.count(llvm::ArrayRef(n.in(0).shape).drop_front(axis)).factor,
          extent = (*depth)[0];
  Numbers result;
  for (int64_t flat = 0; flat < size.factor; ++flat) {
    int64_t place = flat / inner % extent;
    int64_t index = (*indices)[flat / (inner * extent) * inner + flat % inner];
    result.push_back((*values)[place == (index < 0 ? index + extent : index)]);
  }
  n.setValues(0, std::move(result));
}

static void oneHot(Inference &n) {
  if (!n.arity(3, 3) || !n.numeric(0) || !n.numeric(1))
    return;
  if (!n.count(n.in(1).shape).is(1))
    return n.malformed("the depth (input 1) must be a scalar");
  if (!n.rankIs(2, 1))
    return;
  n.same(n.in(2).shape[0], 2, "the number of values (input 2) and 2");
  int64_t rank = n.in(0).rank() + 1;
  int64_t axis = n.axis(n.integer("axis", -1), rank);
  if (n.failed())
    return;
  Numbers shape = n.in(0).shape;
  shape.insert(shape.begin() + axis, n.dimFrom(1, 0));
  n.result(0, n.elem(2), shape);
  if (!n.failed())
    oneHotValues(n, axis);
}

/// k is an input since 10.
static void topK(Inference &n) {
  if (!n.arity(2, 2, 2) || !n.numeric(0) || !n.rankAtLeast(0, 1))
    return;
  if (!n.elem(1).isSignlessInteger(64) || !n.count(n.in(1).shape).is(1))
    return n.malformed("k (input 1) must be one int64");
  int64_t axis = n.axis(n.integer("axis", -1), n.in(0).rank());
  if (n.failed())
    return;
  Numbers shape = n.in(0).shape;
  Number taken = n.dimFrom(1, 0);
  if (taken.isKnown() && shape[axis].isKnown() && taken.factor > shape[axis].factor)
    return n.malformed("k is " + llvm::Twine(taken.factor) + ", but dimension " +
                       llvm::Twine(axis) + " is " + llvm::Twine(shape[axis].factor));
  shape[axis] = taken;
  n.result(0, n.elem(0), shape);
  n.result(1, int64Of(n), shape);
}

/// What a condition along an axis, or in the flat tensor, chooses; how much, data tell.
static void compress(Inference &n) {
  if (!n.arity(2, 2) || !n.boolean(1) || !n.rankIs(1, 1))
    return;
  Number found = n.symbols.fresh(true);
  if (!n.hasAttribute("axis"))
    return n.result(0, n.elem(0), found);
  Numbers shape = n.in(0).shape;
  int64_t axis = n.axis(n.integer("axis", 0), shape.size());
  if (n.failed())
    return;
  shape[axis] = found;
  n.result(0, n.elem(0), shape);
}

/// Distinct elements, or rows along an axis; how many, data tell.
static void unique(Inference &n) {
  if (!n.arity(1, 1, 4))
    return;
  Number found = n.symbols.fresh(true);
  Numbers shape{found};
  Number searched = n.count(n.in(0).shape);
  if (n.hasAttribute("axis")) {
    shape = n.in(0).shape;
    int64_t axis = n.axis(n.integer("axis", 0), shape.size());
    if (n.failed())
      return;
    searched = shape[axis];
    shape[axis] = found;
  }
  n.result(0, n.elem(0), shape);
  n.result(1, int64Of(n), found);
  n.result(2, int64Of(n), searched);
  n.result(3, int64Of(n), found);
}

llvm::ArrayRef<InferRow> moe::onnx::inferIndexRows() {
  static const InferRow rows[] = {
      {"", "Gather", 1, gather},
      {"", "GatherElements", 11, gatherElements},
      {"", "GatherND", 11, gatherNd},
      {"", "Scatter", 9, scatterElements},
      {"", "ScatterElements", 11, scatterElements},
      {"", "ScatterND", 11, scatterNd},
      {"", "Compress", 9, compress},
      {"", "NonZero", 9, nonZero},
      {"", "OneHot", 9, oneHot},
      {"", "TopK", 10, topK},
      {"", "Unique", 11, unique},
  };
  return rows;
}
