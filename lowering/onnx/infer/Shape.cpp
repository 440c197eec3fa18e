//===- Shape.cpp - Types of operators that rearrange a tensor -------------===//
//
// Reshape and its kind: the elements stay, the dimensions change. The shape is often an operand, of
// which some numbers are known.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// What is known of the input stays known where the elements stay in order.
static void keepElements(Inference &n) {
  if (n.failed())
    return;
  if (auto constant = dyn_cast_or_null<DenseElementsAttr>(n.constant(0))) {
    RankedTensorType type = n.known(0)->tensor.type();
    if (type.hasStaticShape() && type.getNumElements() == constant.getNumElements())
      return n.setConstant(0, constant.reshape(type));
  }
  if (const Numbers *values = n.values(0))
    n.setValues(0, *values);
}

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

/// The dimension that -1 stands for: what `total` elements leave beside `rest`.
static Number remaining(Inference &n, Number total, Number rest) {
  if (std::optional<Number> exact = n.symbols.quotient(total, rest))
    return *exact;
  if (total.isKnown() && rest.isKnown()) {
    // With no elements at all, any number would do.
    if (rest.is(0))
      n.malformed("-1 in the shape stands beside a dimension of 0");
    else
      n.malformed(llvm::Twine(total.factor) + " elements do not divide by " +
                  llvm::Twine(rest.factor));
    return 0;
  }
  return n.symbols.div(total, rest);
}

/// The dimensions that `wanted` asks for, with zeros copied; `hole` is the place of -1.
static Numbers wantedShape(Inference &n, const Numbers &wanted, std::optional<size_t> &hole) {
  bool allowZero = n.version() >= 14 && n.integer("allowzero", 0) != 0;
  const Numbers &old = n.in(0).shape;
  Numbers shape;
  for (auto [place, number] : llvm::enumerate(wanted)) {
    if (number.is(-1) && hole)
      n.malformed("-1 stands twice in the shape");
    else if (number.is(-1))
      hole = place;
    else if (number.isKnown() && number.factor < -1)
      n.malformed("the shape has the dimension " + llvm::Twine(number.factor));
    else if (number.is(0) && !allowZero && place >= old.size())
      n.malformed("0 in the shape copies dimension " + llvm::Twine(place) +
                  ", but the input has rank " + llvm::Twine(old.size()));
    if (n.failed())
      return shape;
    if (number.is(0) && !allowZero)
      shape.push_back(old[place]);
    else
      shape.push_back(number.is(-1)                                     ? Number(1)
                      : number.isKnown() || n.symbols.isNatural(number) ? number
                                                                        : n.symbols.fresh(true));
  }
  return shape;
}

static void reshape(Inference &n) {
  if (!n.arity(2, 2))
    return;
  std::optional<int64_t> rank = n.rankFrom(1, n.elem(0));
  if (!rank)
    return;
  const Numbers *wanted = n.values(1);
  Numbers shape;
  if (!wanted) {
    for (int64_t dim = 0; dim < *rank; ++dim)
      shape.push_back(n.symbols.fresh(true));
    return n.result(0, n.elem(0), shape);
  }
  std::optional<size_t> hole;
  shape = wantedShape(n, *wanted, hole);
  if (n.failed())
    return;
  Number total = n.count(n.in(0).shape), rest = n.count(shape);
  if (hole)
    shape[*hole] = remaining(n, total, rest);
  else if (total.isKnown() && rest.isKnown() && total != rest)
    n.malformed(llvm::Twine(total.factor) + " elements cannot have a shape of " +
                llvm::Twine(rest.factor));
  if (n.failed())
    return;
  n.result(0, n.elem(0), shape);
  keepElements(n);
}

/// Two dimensions: those before the axis, and the rest.
static void flatten(Inference &n) {
  if (!n.arity(1, 1))
    return;
  int64_t axis = n.integer("axis", 1), rank = n.in(0).rank();
  axis = axis == rank ? rank : n.axis(axis, rank);
  llvm::ArrayRef<Number> shape(n.in(0).shape);
  if (n.failed())
    return;
  n.result(0, n.elem(0), {n.count(shape.take_front(axis)), n.count(shape.drop_front(axis))});
  keepElements(n);
}

//===----------------------------------------------------------------------===//
// Dimensions of one
//===----------------------------------------------------------------------===//

/// Without axes, all dimensions of 1 go: they must be known then.
static void squeeze(Inference &n) {
  if (!n.arity(1, n.version() < 13 ? 1 : 2))
    return;
  const Numbers &shape = n.in(0).shape;
  bool all = n.version() < 13 ? !n.hasAttribute("axes") : !n.has(1);
  if (std::optional<int64_t> count = n.unknownAxes(1); count && *count <= n.in(0).rank())
    return n.result(0, n.elem(0), n.unknownShape(n.in(0).rank() - *count));
  std::optional<llvm::SmallVector<int64_t>> axes = n.axesOf(1, 13, shape.size());
  if (!axes || n.failed())
    return;
  Numbers kept;
  for (auto [dim, number] : llvm::enumerate(shape)) {
    bool named = llvm::is_contained(*axes, int64_t(dim));
    if (all && !number.isKnown())
      return n.declared(0, n.elem(0),
                        "without axes, dimension " + llvm::Twine(dim) + " is squeezed if it is 1");
    if (named && number.isKnown() && !number.is(1))
      return n.malformed("dimension " + llvm::Twine(dim) + " to squeeze is " +
                         llvm::Twine(number.factor) + ", not 1");
    if (!named && !(all && number.is(1)))
      kept.push_back(number);
  }
  n.result(0, n.elem(0), kept);
  keepElements(n);
}

static void unsqueeze(Inference &n) {
  bool asInput = n.version() >= 13;
  if (!n.arity(asInput ? 2 : 1, asInput ? 2 : 1))
    return;
  if (!asInput && !n.hasAttribute("axes"))
    return n.malformed("attribute 'axes' is missing");
  std::optional<llvm::SmallVector<int64_t>> given = asInput ? n.knownValues(1) : n.integers("axes");
  if (std::optional<int64_t> count = n.unknownAxes(1))
    return n.result(0, n.elem(0), n.unknownShape(n.in(0).rank() + *count));
  if (!given)
    return n.failed() ? void() : n.declared(0, n.elem(0), "the axes are not constant");
  int64_t rank = n.in(0).rank() + int64_t(given->size());
  std::optional<llvm::SmallVector<int64_t>> axes = n.axes(*given, rank);
  if (!axes)
    return;
  Numbers shape;
  for (int64_t dim = 0, old = 0; dim < rank; ++dim)
    shape.push_back(llvm::is_contained(*axes, dim) ? Number(1) : n.in(0).shape[old++]);
  n.result(0, n.elem(0), shape);
  keepElements(n);
}

//===----------------------------------------------------------------------===//
// Order and repetition
//===----------------------------------------------------------------------===//

static void transpose(Inference &n) {
  if (!n.arity(1, 1))
    return;
  int64_t rank = n.in(0).rank();
  llvm::SmallVector<int64_t> perm = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (std::optional<llvm::SmallVector<int64_t>> given = n.integers("perm")) {
    std::optional<llvm::SmallVector<int64_t>> axes = n.axes(*given, rank);
    if (!axes)
      return;
    if (int64_t(axes->size()) != rank)
      return n.malformed("attribute 'perm' has " + llvm::Twine(axes->size()) +
                         " axes for a tensor of rank " + llvm::Twine(rank));
    perm = *axes;
  }
  Numbers shape;
  for (int64_t dim : perm)
    shape.push_back(n.in(0).shape[dim]);
  n.result(0, n.elem(0), shape);
  // Beyond one dimension the elements change their order.
  if (rank <= 1)
    keepElements(n);
}

/// The elements of a tensor with one element, `count` times.
static void repeatScalar(Inference &n) {
  const Numbers *values = n.values(0);
  if (n.failed() || !values || values->size() != 1)
    return;
  Number size = n.count(n.known(0)->tensor.shape);
  if (size.isKnown() && size.factor <= kMaxKnown)
    n.setValues(0, Numbers(size.factor, values->front()));
}

static void expand(Inference &n) {
  if (!n.arity(2, 2))
    return;
  std::optional<int64_t> rank = n.rankFrom(1, n.elem(0));
  if (!rank)
    return;
  Numbers wanted;
  for (int64_t dim = 0; dim < *rank; ++dim)
    wanted.push_back(n.dimFrom(1, dim));
  n.result(0, n.elem(0), n.broadcast(n.in(0).shape, wanted));
  if (!n.failed() && n.known(0)->tensor.shape == n.in(0).shape)
    return keepElements(n);
  repeatScalar(n);
}

static void tile(Inference &n) {
  if (!n.arity(2, 2) || !n.rankIs(1, 1) || !n.index(1))
    return;
  const Numbers &old = n.in(0).shape;
  n.same(n.in(1).shape[0], old.size(), "the number of repeats and the rank of input 0");
  if (n.failed())
    return;
  Numbers shape;
  for (size_t dim = 0; dim < old.size(); ++dim)
    shape.push_back(n.symbols.mul(old[dim], n.dimFrom(1, dim)));
  n.result(0, n.elem(0), shape);
  repeatScalar(n);
}

static void trilu(Inference &n) {
  if (n.arity(1, 2) && n.rankAtLeast(0, 2))
    n.like(0, 0);
}

/// Channels become a block of `blocksize` in both directions of space, or the other way round.
template <bool toSpace> static void blocks(Inference &n) {
  int64_t block = n.requiredInteger("blocksize");
  if (!n.arity(1, 1) || !n.rankIs(0, 4) || n.failed())
    return;
  if (block < 1 || block > (1 << 15))
    return n.malformed("attribute 'blocksize' is " + llvm::Twine(block));
  Numbers shape = n.in(0).shape;
  auto scale = [&](unsigned dim, int64_t by, bool up) {
    if (!up && shape[dim].isKnown() && shape[dim].factor % by != 0)
      n.malformed("dimension " + llvm::Twine(dim) + " is no multiple of " + llvm::Twine(by));
    shape[dim] = up ? n.symbols.mul(shape[dim], by) : n.symbols.div(shape[dim], by);
  };
  scale(1, block * block, !toSpace);
  scale(2, block, toSpace);
  scale(3, block, toSpace);
  if (!n.failed())
    n.result(0, n.elem(0), shape);
}

llvm::ArrayRef<InferRow> moe::onnx::inferShapeRows() {
  static const InferRow rows[] = {
      {"", "Reshape", 5, reshape},
      {"", "Flatten", 1, flatten},
      {"", "Squeeze", 1, squeeze},
      {"", "Unsqueeze", 1, unsqueeze},
      {"", "Transpose", 1, transpose},
      {"", "Expand", 8, expand},
      {"", "Tile", 6, tile},
      {"", "Trilu", 14, trilu},
      {"", "DepthToSpace", 1, blocks<true>},
      {"", "SpaceToDepth", 1, blocks<false>},
  };
  return rows;
}
