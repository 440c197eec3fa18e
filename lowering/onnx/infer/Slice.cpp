//===- Slice.cpp - Types of operators that cut and join tensors -----------===//
//
// Concat, Split, Slice and Pad: bounds are operands, and shapes are cut and joined with the same
// operators, so that the numbers follow the types.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// Files write the largest int32 or int64 for "up to the end".
static constexpr int64_t kEnd = std::numeric_limits<int32_t>::max();

//===----------------------------------------------------------------------===//
// Concat and Split
//===----------------------------------------------------------------------===//

static void concat(Inference &n) {
  if (!n.arity(1, ~0u) || !n.sameElem())
    return;
  int64_t rank = n.in(0).rank();
  int64_t axis = n.axis(n.requiredInteger("axis"), rank);
  Numbers shape = n.in(0).shape;
  for (unsigned input = 1; input < n.numInputs() && !n.failed(); ++input) {
    if (!n.rankIs(input, rank))
      return;
    for (auto [dim, number] : llvm::enumerate(n.in(input).shape))
      shape[dim] =
          int64_t(dim) == axis
              ? n.symbols.add(shape[dim], number)
              : n.same(shape[dim], number,
                       "dimensions " + llvm::Twine(dim) + " of inputs 0 and " + llvm::Twine(input));
  }
  if (n.failed())
    return;
  n.result(0, n.elem(0), shape);
  Numbers joined;
  for (unsigned input = 0; input < n.numInputs(); ++input) {
    // Along the first axis the elements of the inputs stand one after the other.
    if (axis != 0 || !n.values(input) || joined.size() > size_t(kMaxKnown))
      return;
    llvm::append_range(joined, *n.values(input));
  }
  n.setValues(0, std::move(joined));
}

/// The sizes of the parts that Split was told; nothing where it was told none or they are unknown.
static std::optional<Numbers> toldSizes(Inference &n) {
  if (n.version() < 13) {
    std::optional<llvm::SmallVector<int64_t>> sizes = n.integers("split");
    return sizes ? std::optional(llvm::to_vector_of<Number, 4>(*sizes)) : std::nullopt;
  }
  const Numbers *sizes = n.values(1);
  return sizes ? std::optional(*sizes) : std::nullopt;
}

/// Parts as equal as they can be: rounded up, the last one takes what is left (since 18).
static Numbers equalSizes(Inference &n, Number total) {
  int64_t parts = n.numResults();
  if (n.version() >= 18 && n.hasAttribute("num_outputs"))
    parts = n.integer("num_outputs", parts);
  if (parts != n.numResults())
    n.malformed("attribute 'num_outputs' is " + llvm::Twine(parts) + ", but there are " +
                llvm::Twine(n.numResults()) + " outputs");
  if (n.failed())
    return {};
  if (std::optional<Number> exact = n.symbols.quotient(total, parts))
    return Numbers(parts, *exact);
  if (total.isKnown() && n.version() < 18)
    n.malformed("dimension " + llvm::Twine(total.factor) + " does not split into " +
                llvm::Twine(parts) + " equal parts");
  Numbers sizes;
  int64_t left = total.factor, part = left / parts + (left % parts != 0);
  for (int64_t place = 0; place < parts; ++place, left -= std::min(part, left))
    sizes.push_back(total.isKnown() ? Number(std::min(part, left)) : n.symbols.fresh(true));
  return sizes;
}

static void split(Inference &n) {
  if (!n.arity(1, n.version() < 13 ? 1 : 2, ~0u))
    return;
  int64_t axis = n.axis(n.integer("axis", 0), n.in(0).rank());
  if (n.failed())
    return;
  Number total = n.in(0).shape[axis];
  std::optional<Numbers> sizes = toldSizes(n);
  bool told = sizes.has_value();
  if (!told && n.has(1))
    for (sizes.emplace(); sizes->size() < n.numResults();)
      sizes->push_back(n.symbols.fresh(true));
  if (!sizes)
    sizes = equalSizes(n, total);
  if (n.failed())
    return;
  if (sizes->size() != n.numResults())
    return n.malformed(llvm::Twine(sizes->size()) + " sizes are given for " +
                       llvm::Twine(n.numResults()) + " outputs");
  Number sum(0);
  for (Number size : *sizes)
    sum = n.symbols.add(sum, size);
  n.same(sum, total, "the sum of the sizes and dimension " + llvm::Twine(axis));
  const Numbers *values = n.in(0).rank() == 1 ? n.values(0) : nullptr;
  int64_t offset = 0;
  for (auto [part, size] : llvm::enumerate(*sizes)) {
    Numbers shape = n.in(0).shape;
    shape[axis] = size.isKnown() || n.symbols.isNatural(size) ? size : n.symbols.fresh(true);
    n.result(part, n.elem(0), shape);
    if (n.failed() || !values || !sum.isKnown())
      continue;
    n.setValues(part, Numbers(llvm::ArrayRef(*values).slice(offset, size.factor)));
    offset += size.factor;
  }
}

//===----------------------------------------------------------------------===//
// Slice
//===----------------------------------------------------------------------===//

namespace {
/// One axis of a slice.
struct Cut {
  std::optional<Number> start, end, step;
};

/// A cut of a known dimension: `count` elements from `first` on.
struct Run {
  int64_t first, count;
};
} // namespace

/// As the ONNX text says: negative bounds count from the end, then both are clamped.
static Run run(int64_t dim, int64_t start, int64_t end, int64_t step) {
  auto clamp = [&](int64_t at, int64_t low, int64_t high) {
    return std::clamp(at < 0 && at >= -dim ? at + dim : at, low, high);
  };
  if (step > 0) {
    int64_t first = clamp(start, 0, dim), last = clamp(end, 0, dim);
    return {first, last > first ? (last - first - 1) / step + 1 : 0};
  }
  int64_t first = clamp(start, -1, dim - 1), last = clamp(end, -1, dim - 1);
  // The most negative step has no magnitude; it takes one element like any other huge one.
  int64_t magnitude = step == std::numeric_limits<int64_t>::min() ? kEnd : -step;
  return {first, first > last ? (first - last - 1) / magnitude + 1 : 0};
}

static bool allKnown(const Cut &cut) {
  return cut.start && cut.end && cut.step && cut.start->isKnown() && cut.end->isKnown() &&
         cut.step->isKnown();
}

/// A bound of a dimension with step 1, between 0 and `dim`; nothing where its sign is unknown.
static std::optional<Number> bound(Inference &n, Number dim, std::optional<Number> at) {
  if (!at)
    return std::nullopt;
  if (at->isKnown() && at->factor < 0)
    return at->factor <= -kEnd ? Number(0) : n.symbols.max(n.symbols.add(dim, *at), 0);
  if (at->isKnown() && at->factor >= kEnd)
    return dim;
  if (!n.symbols.isNatural(*at))
    return std::nullopt;
  return n.symbols.min(*at, dim);
}

/// The dimension that a cut leaves of `dim`.
static Number cutDim(Inference &n, Number dim, const Cut &cut) {
  if (allKnown(cut) && dim.isKnown())
    return run(dim.factor, cut.start->factor, cut.end->factor, cut.step->factor).count;
  bool wholeReversed = allKnown(cut) && cut.step->is(-1) && cut.end->factor <= -kEnd &&
                       (cut.start->is(-1) || cut.start->factor >= kEnd);
  if (wholeReversed)
    return dim;
  if (!cut.step || !cut.step->is(1))
    return n.symbols.fresh(true);
  std::optional<Number> start = bound(n, dim, cut.start), end = bound(n, dim, cut.end);
  // The last few of a dimension that may be shorter.
  if (cut.start && cut.start->isKnown() && cut.start->factor < 0 && end == dim &&
      cut.start->factor > -kEnd)
    return n.symbols.min(-cut.start->factor, dim);
  if (!start || !end)
    return n.symbols.fresh(true);
  return n.symbols.max(n.symbols.sub(*end, *start), 0);
}

/// The number at `place` of input `input`, if anything is known of it.
static std::optional<Number> numberAt(Inference &n, unsigned input, size_t place) {
  const Numbers *values = n.values(input);
  return values && place < values->size() ? std::optional((*values)[place]) : std::nullopt;
}

static void cutValues(Inference &n, const Cut &cut) {
  const Numbers *values = n.values(0);
  if (!values || n.in(0).rank() != 1 || !allKnown(cut) || n.failed())
    return;
  Run taken = run(values->size(), cut.start->factor, cut.end->factor, cut.step->factor);
  Numbers result;
  for (int64_t place = 0, at = taken.first; place < taken.count; ++place, at += cut.step->factor)
    result.push_back((*values)[at]);
  n.setValues(0, std::move(result));
}

static void slice(Inference &n) {
  if (!n.arity(3, 5))
    return;
  for (unsigned input = 1; input < n.numInputs(); ++input)
    if (n.has(input) && (!n.rankIs(input, 1) || !n.index(input)))
      return;
  Numbers shape = n.in(0).shape;
  Number count = n.in(1).shape[0];
  for (unsigned input = 2; input < n.numInputs(); ++input)
    if (n.has(input))
      count = n.same(count, n.in(input).shape[0], "the numbers of starts, ends, axes and steps");
  std::optional<llvm::SmallVector<int64_t>> axes = n.knownValues(3);
  if (!n.has(3) && count.isKnown() && count.factor <= n.in(0).rank())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, count.factor));
  if (!n.failed() && !n.has(3) && count.isKnown() && count.factor > n.in(0).rank())
    n.malformed("more starts than dimensions");
  if (axes)
    axes = n.axes(*axes, shape.size());
  if (n.failed())
    return;
  Cut cut;
  if (!axes)
    for (Number &dim : shape)
      dim = n.symbols.fresh(true);
  for (size_t place = 0; axes && place < axes->size(); ++place) {
    cut = {numberAt(n, 1, place), numberAt(n, 2, place),
           n.has(4) ? numberAt(n, 4, place) : Number(1)};
    if (cut.step && cut.step->is(0))
      return n.malformed("a step is 0");
    Number &dim = shape[(*axes)[place]];
    dim = cutDim(n, dim, cut);
  }
  n.result(0, n.elem(0), shape);
  if (axes && axes->size() == 1)
    cutValues(n, cut);
}

//===----------------------------------------------------------------------===//
// Pad
//===----------------------------------------------------------------------===//

/// Pads are an input since 11, axes since 18: all begins, then all ends.
static void pad(Inference &n) {
  if (!n.arity(2, n.version() < 18 ? 3 : 4) || !n.sameElem({0, 2}) || !n.rankIs(1, 1))
    return;
  Numbers shape = n.in(0).shape;
  std::optional<llvm::SmallVector<int64_t>> axes =
      llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
  if (n.has(3)) {
    if (n.unknownAxes(3))
      return n.result(0, n.elem(0), n.unknownShape(shape.size()));
    axes = n.knownValues(3);
    if (!axes)
      return n.unsupported("the axes (input 3) depend on data");
    axes = n.axes(*axes, shape.size());
  }
  if (n.failed())
    return;
  n.same(n.in(1).shape[0], 2 * int64_t(axes->size()), "the number of pads and twice that of axes");
  const Numbers *pads = n.values(1);
  for (size_t place = 0; place < axes->size() && !n.failed(); ++place) {
    Number &dim = shape[(*axes)[place]];
    if (!pads)
      dim = n.symbols.fresh(true);
    else
      dim = n.symbols.add(n.symbols.add(dim, (*pads)[place]), (*pads)[place + axes->size()]);
    if (!dim.isKnown() && !n.symbols.isNatural(dim))
      dim = n.symbols.fresh(true);
  }
  if (!n.failed())
    n.result(0, n.elem(0), shape);
}

llvm::ArrayRef<InferRow> moe::onnx::inferSliceRows() {
  static const InferRow rows[] = {
      {"", "Concat", 4, concat},
      {"", "Split", 2, split},
      {"", "Slice", 10, slice},
      {"", "Pad", 11, pad},
  };
  return rows;
}
