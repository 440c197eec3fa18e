//===- Reduce.cpp - Types of operators along axes -------------------------===//
//
// Reductions, softmax, argmax and cumulative sums. Axes moved from attribute to input, at 13 for
// ReduceSum and at 18 for the others.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// Combines the known numbers of a whole reduction of a vector.
using Combine = Number (Symbols::*)(Number, Number);

static void reduceValues(Inference &n, Combine combine) {
  const Numbers *values = n.values(0);
  if (!values || values->empty() || n.failed() || !n.count(n.known(0)->tensor.shape).is(1))
    return;
  Number total = values->front();
  for (Number value : llvm::ArrayRef(*values).drop_front())
    total = (n.symbols.*combine)(total, value);
  n.setValues(0, {total});
}

static void reduce(Inference &n, int64_t axesAsInput, Combine combine) {
  bool asInput = n.version() >= axesAsInput;
  if (!n.arity(1, asInput ? 2 : 1))
    return;
  int64_t rank = n.in(0).rank();
  bool keep = n.integer("keepdims", 1) != 0;
  bool noop = asInput && n.integer("noop_with_empty_axes", 0) != 0;
  if (std::optional<int64_t> count = asInput ? n.unknownAxes(1) : std::nullopt;
      count && *count > 0 && *count <= rank)
    return n.result(0, n.elem(0), n.unknownShape(keep ? rank : rank - *count));
  std::optional<llvm::SmallVector<int64_t>> axes = n.axesOf(1, axesAsInput, rank);
  if (!axes || n.failed())
    return;
  if (axes->empty() && !noop)
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  Numbers shape;
  for (auto [dim, number] : llvm::enumerate(n.in(0).shape)) {
    bool reduced = llvm::is_contained(*axes, int64_t(dim));
    if (!reduced)
      shape.push_back(number);
    else if (keep)
      shape.push_back(1);
  }
  n.result(0, n.elem(0), shape);
  if (combine && int64_t(axes->size()) == rank)
    reduceValues(n, combine);
}

static void reduceSum(Inference &n) { reduce(n, 13, &Symbols::add); }
static void reduceProd(Inference &n) { reduce(n, 18, &Symbols::mul); }
static void reduceMin(Inference &n) { reduce(n, 18, &Symbols::min); }
static void reduceMax(Inference &n) { reduce(n, 18, &Symbols::max); }
static void reduceOther(Inference &n) { reduce(n, 18, nullptr); }

static void argMax(Inference &n) {
  if (!n.arity(1, 1) || !n.numeric(0) || !n.rankAtLeast(0, 1))
    return;
  Numbers shape = n.in(0).shape;
  int64_t axis = n.axis(n.integer("axis", 0), shape.size());
  if (n.failed())
    return;
  if (n.integer("keepdims", 1) != 0)
    shape[axis] = 1;
  else
    shape.erase(shape.begin() + axis);
  n.result(0, IntegerType::get(n.node.getContext(), 64), shape);
}

/// Before 13 the tensor is flattened to two dimensions at the axis, 1 by default, which may be the
/// rank; the type is the same.
static void softmax(Inference &n) {
  if (!n.arity(1, 1) || !n.floating(0))
    return;
  int64_t rank = n.in(0).rank(), axis = n.integer("axis", n.version() < 13 ? 1 : -1);
  if (!(n.version() < 13 && axis == rank))
    n.axis(axis, rank);
  n.like(0, 0);
}

/// CumSum and CumProd; `combine` for known numbers.
template <Combine combine, int64_t start> static void cumulative(Inference &n) {
  if (!n.arity(2, 2) || !n.numeric(0) || !n.index(1))
    return;
  if (!n.count(n.in(1).shape).is(1))
    return n.malformed("the axis (input 1) must be a scalar");
  if (std::optional<llvm::SmallVector<int64_t>> axis = n.knownValues(1))
    n.axis(axis->front(), n.in(0).rank());
  n.like(0, 0);
  const Numbers *values = n.values(0);
  if (!values || n.in(0).rank() != 1 || n.failed())
    return;
  bool reverse = n.integer("reverse", 0) != 0, exclusive = n.integer("exclusive", 0) != 0;
  Numbers sums(values->size());
  Number total(start);
  for (size_t step = 0; step < sums.size(); ++step) {
    size_t place = reverse ? sums.size() - 1 - step : step;
    Number before = total;
    total = (n.symbols.*combine)(total, (*values)[place]);
    sums[place] = exclusive ? before : total;
  }
  n.setValues(0, std::move(sums));
}

llvm::ArrayRef<InferRow> moe::onnx::inferReduceRows() {
  static const InferRow rows[] = {
      {"", "ReduceSum", 1, reduceSum},
      {"", "ReduceProd", 1, reduceProd},
      {"", "ReduceMin", 1, reduceMin},
      {"", "ReduceMax", 1, reduceMax},
      {"", "ReduceMean", 1, reduceOther},
      {"", "ReduceL1", 1, reduceOther},
      {"", "ReduceL2", 1, reduceOther},
      {"", "ReduceLogSum", 1, reduceOther},
      {"", "ReduceLogSumExp", 1, reduceOther},
      {"", "ReduceSumSquare", 1, reduceOther},
      {"", "ArgMax", 1, argMax},
      {"", "ArgMin", 1, argMax},
      {"", "Softmax", 1, softmax},
      {"", "LogSoftmax", 1, softmax},
      {"", "Hardmax", 1, softmax},
      {"", "CumProd", 26, cumulative<&Symbols::mul, 1>},
      {"", "CumSum", 11, cumulative<&Symbols::add, 0>},
  };
  return rows;
}
