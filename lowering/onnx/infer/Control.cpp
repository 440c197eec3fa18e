//===- Control.cpp - Types of operators with subgraphs --------------------===//
//
// The subgraphs are typed before their node: what is left is to join the branches.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// A dimension on which the branches do not agree is unknown; their ranks must agree.
static void ifOp(Inference &n) {
  if (!n.arity(1, 1, ~0u) || !n.boolean(0))
    return;
  if (n.bodies.size() != 2)
    return n.malformed("expects two branches, but has " + llvm::Twine(n.bodies.size()));
  const auto &first = n.bodies[0], &second = n.bodies[1];
  if (first.size() != n.numResults() || second.size() != n.numResults())
    return n.malformed("the branches give " + llvm::Twine(first.size()) + " and " +
                       llvm::Twine(second.size()) + " values for " + llvm::Twine(n.numResults()) +
                       " results");
  for (unsigned result = 0; result < n.numResults() && !n.failed(); ++result) {
    const Tensor &a = first[result]->tensor, &b = second[result]->tensor;
    if (a.elem != b.elem)
      return n.malformed("the branches give result " + llvm::Twine(result) + " as " +
                         elemName(a.elem) + " and " + elemName(b.elem));
    if (a.rank() != b.rank())
      return n.unsupported("the rank of result " + llvm::Twine(result) +
                           " depends on data: the branches give " + llvm::Twine(a.rank()) +
                           " and " + llvm::Twine(b.rank()));
    Numbers shape;
    for (auto [one, other] : llvm::zip(a.shape, b.shape))
      shape.push_back(one == other ? one : n.symbols.fresh(true));
    n.result(result, a.elem, shape);
  }
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// A tensor of which only the type is known.
static Known valueOf(const Tensor &tensor) { return {tensor, std::nullopt, {}}; }

/// The number of a round, or whether there is one: the body may want it as a list of one element.
static Known oneElement(Inference &n, BlockArgument argument, unsigned width) {
  auto declared = dyn_cast<RankedTensorType>(argument.getType());
  Known known = valueOf({IntegerType::get(n.node.getContext(), width), {}});
  if (declared && declared.getRank() == 1)
    known.tensor.shape.push_back(1);
  if (width > 1)
    known.values = Numbers{n.symbols.fresh(true)};
  return known;
}

/// Loop: the round's number, the condition, the carried values.
static std::optional<LoopBody> bodyOfLoop(Inference &n, Block &body) {
  for (unsigned input : {0, 1})
    if (n.has(input) && !n.count(n.in(input).shape).is(1))
      n.malformed("input " + llvm::Twine(input) + " must have one element");
  if (n.has(1))
    n.boolean(1);
  if (n.failed())
    return std::nullopt;
  LoopBody result;
  result.first = 2;
  result.states = n.numInputs() - 2;
  result.inputs = {oneElement(n, body.getArgument(0), 64), oneElement(n, body.getArgument(1), 1)};
  for (unsigned input = 2; input < n.numInputs(); ++input)
    result.inputs.push_back(valueOf(n.in(input)));
  return result;
}

/// Element `i` of a list attribute, 0 where there is no list.
static int64_t entry(Inference &n, llvm::StringRef name, size_t i) {
  auto list = n.integers(name);
  return list && i < list->size() ? (*list)[i] : 0;
}

/// Scan: the carried values, then a slice of each scanned input.
static std::optional<LoopBody> bodyOfScan(Inference &n) {
  int64_t scans = n.requiredInteger("num_scan_inputs");
  if (!n.failed() && (scans < 1 || scans > n.numInputs()))
    n.malformed("attribute 'num_scan_inputs' is " + llvm::Twine(scans));
  if (n.failed())
    return std::nullopt;
  LoopBody result;
  result.states = n.numInputs() - scans;
  for (unsigned input = 0; input < n.numInputs(); ++input) {
    Tensor tensor = n.in(input);
    if (input >= result.states) {
      int64_t axis = n.axis(entry(n, "scan_input_axes", input - result.states), tensor.rank());
      if (n.failed())
        return std::nullopt;
      tensor.shape.erase(tensor.shape.begin() + axis);
    }
    result.inputs.push_back(valueOf(tensor));
  }
  return result;
}

std::optional<LoopBody> moe::onnx::loopBody(Inference &n) {
  bool isLoop = n.node.is("Loop");
  if (n.node.getBodies().size() != 1 || !n.node.getBodies()[0].hasOneBlock()) {
    n.malformed("expects one body");
    return std::nullopt;
  }
  Block &body = n.node.getBodies()[0].front();
  for (unsigned input = isLoop ? 2 : 0; input < n.numInputs(); ++input)
    if (!n.has(input))
      n.malformed("input " + llvm::Twine(input) + " is left out, but not optional");
  if (n.numInputs() < (isLoop ? 2 : 1) || body.getNumArguments() != n.numInputs())
    n.malformed("the body has " + llvm::Twine(body.getNumArguments()) + " inputs for " +
                llvm::Twine(n.numInputs()) + " of the node");
  if (n.failed())
    return std::nullopt;
  return isLoop ? bodyOfLoop(n, body) : bodyOfScan(n);
}

/// A dimension of what a body gives, seen from outside: what stands for one in the body has no
/// meaning here.
static Number outside(Inference &n, Number dim) {
  return dim.isKnown() ? dim : n.symbols.fresh(true);
}

/// The results: what is carried, as the body takes it, then the stacked ones.
static void loopResults(Inference &n, unsigned first, unsigned states, Number rounds,
                        llvm::StringRef outputAxes) {
  // The body's results start with the condition where its inputs do.
  const auto &results = n.bodies[0];
  unsigned skipped = first ? 1 : 0;
  if (results.size() < skipped + states || results.size() - skipped != n.numResults())
    return n.malformed("the body gives " + llvm::Twine(results.size()) + " values for " +
                       llvm::Twine(n.numResults()) + " results");
  for (unsigned i = 0; i < n.numResults() && !n.failed(); ++i) {
    const Tensor &given = results[skipped + i]->tensor;
    if (i < states) {
      const Tensor &taken = n.arguments[first + i].tensor;
      Numbers shape;
      for (auto [before, after] : llvm::zip(taken.shape, given.shape))
        shape.push_back(before == after ? before : n.symbols.fresh(true));
      n.result(i, taken.elem, shape);
      continue;
    }
    Numbers shape;
    for (Number dim : given.shape)
      shape.push_back(outside(n, dim));
    int64_t axis =
        outputAxes.empty() ? 0 : n.axis(entry(n, outputAxes, i - states), given.rank() + 1);
    shape.insert(shape.begin() + axis, rounds);
    n.result(i, given.elem, shape);
  }
}

/// Whether the one truth value is known to be true.
static bool isTrue(const Known &known) { return known.values && known.values->front().is(1); }

static void loopOp(Inference &n) {
  if (n.bodies.size() != 1 || n.bodies[0].empty())
    return n.malformed("the body gives no condition");
  const Numbers *most = n.values(0), *condition = n.values(1);
  bool counts =
      n.has(0) && (!n.has(1) || (condition && condition->front().is(1))) && isTrue(*n.bodies[0][0]);
  Number rounds = counts && most && most->front().isKnown() ? n.symbols.max(most->front(), 0)
                                                            : n.symbols.fresh(true);
  loopResults(n, 2, n.numInputs() - 2, rounds, "");
}

static void scanOp(Inference &n) {
  int64_t scans = n.requiredInteger("num_scan_inputs");
  unsigned states = n.numInputs() - scans;
  Number rounds = n.symbols.fresh(true);
  for (unsigned input = states; input < n.numInputs() && !n.failed(); ++input) {
    const Tensor &data = n.in(input);
    Number length = data.shape[n.axis(entry(n, "scan_input_axes", input - states), data.rank())];
    rounds = input == states ? length : n.same(rounds, length, "the lengths of scanned inputs");
  }
  loopResults(n, 0, states, rounds, "scan_output_axes");
}

llvm::ArrayRef<InferRow> moe::onnx::inferControlRows() {
  static const InferRow rows[] = {
      {"", "If", 1, ifOp},
      {"", "Loop", 1, loopOp},
      {"", "Scan", 9, scanOp},
  };
  return rows;
}
