//===- LoopEnd.cpp - What stands around the rounds of a loop --------------===//

#include "lowering/onnx/raise/LoopEnd.h"
#include "lowering/onnx/raise/Routing.h"
#include "lowering/onnx/raise/TokenShape.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Between the rounds and the end of the layer stand a few nodes.
constexpr int kMostSteps = 16;

/// The labels of [tokens..., features], or of pairs in two dimensions or (`flat`) one.
Axes rowAxes(RankedTensorType type, bool slots, bool flat) {
  Axes axes;
  int64_t rank = type.getRank();
  for (int64_t i = 0; i + 1 < rank; ++i)
    axes.push_back(dimOf(Atom::Token, type.getDimSize(i)));
  if (slots && flat && rank == 2)
    axes.front().atoms = {Atom::Token, Atom::Slot};
  else if (slots)
    axes.back() = dimOf(Atom::Slot, type.getDimSize(rank - 2));
  axes.push_back(freeDim(type.getShape().back()));
  return axes;
}

/// Whether rows are laid out as pairs, in one dimension or two.
bool isPairs(const Axes &axes) {
  if (axes.size() < 2 || !axes.back().free)
    return false;
  SmallVector<Atom, 4> atoms;
  for (const Dim &dim : ArrayRef<Dim>(axes).drop_back())
    for (Atom atom : dim.atoms)
      if (atoms.empty() || atom != Atom::Token || atoms.back() != Atom::Token)
        atoms.push_back(atom);
  return atoms == ArrayRef<Atom>{Atom::Token, Atom::Slot};
}

class EndReader {
public:
  EndReader(Value result, Value weights, Lists &lists, Attempt &attempt)
      : lists(lists), attempt(attempt), end{result, weights} {}

  /// Of rows for each pair.
  FailureOr<LoopEnd> readPairs(bool flat);
  /// Of rows for each token.
  LoopEnd readTokens();

private:
  onnx::NodeOp onlyUser();
  bool takeWeights(onnx::NodeOp mul, const Axes &axes);
  bool isSlotSum(onnx::NodeOp node, const Axes &axes);
  LoopEnd finish();

  Lists &lists;
  Attempt &attempt;
  LoopEnd end;
};

onnx::NodeOp EndReader::onlyUser() {
  return end.result.hasOneUse() ? dyn_cast<onnx::NodeOp>(*end.result.user_begin()) : onnx::NodeOp();
}

/// A product with one number for each row.
bool EndReader::takeWeights(onnx::NodeOp mul, const Axes &axes) {
  if (!mul.is("Mul") || end.weights)
    return false;
  Value other = mul.input(mul.input(0) == end.result ? 1 : 0);
  const Routed *view = other == end.result ? nullptr : lists.numbers(other, *lists.all().front());
  if (!view || view->kind != Routed::Numbers || view->axes.size() != axes.size() ||
      !view->axes.back().isUnit())
    return false;
  for (auto [mine, theirs] : llvm::drop_end(llvm::zip(axes, view->axes)))
    if (!(mine == theirs))
      return false;
  end.weights = view->root;
  return true;
}

bool EndReader::isSlotSum(onnx::NodeOp node, const Axes &axes) {
  if (!node.is("ReduceSum"))
    return false;
  auto dims = axesOf(node);
  if (!dims || dims->size() != 1)
    return false;
  auto dim = normalizeAxis(dims->front(), axes.size());
  return dim && axes[*dim].isJust(Atom::Slot) && node.intAttribute("keepdims", 1) == 0;
}

/// Rows that nothing weights have the weight one.
LoopEnd EndReader::finish() {
  if (end.weights)
    return end;
  end.weights =
      weightsOfOne(lists.choices.ids, tensorType(end.result).getElementType(), nodeOf(end.result));
  return end;
}

FailureOr<LoopEnd> EndReader::readPairs(bool flat) {
  Axes axes = rowAxes(tensorType(end.result), true, flat);
  Counts counts = lists.routed.counts();
  onnx::NodeOp node;
  for (int step = 0; step < kMostSteps; ++step) {
    node = onlyUser();
    if (!node)
      break;
    bool sum = isSlotSum(node, axes);
    if (!sum && !takeWeights(node, axes)) {
      auto laid = relaid(node, axes, counts);
      if (!laid || node.input(0) != end.result)
        break;
      axes = *laid;
    }
    end.result = node.getOutputs()[0];
    if (sum)
      return finish();
  }
  Operation *at = node ? node : nodeOf(end.result);
  return attempt.miss(at, nameOf(cast<onnx::NodeOp>(at)) +
                              " does not sum the rows of a token over its slots");
}

LoopEnd EndReader::readTokens() {
  onnx::NodeOp node = onlyUser();
  if (node && lists.choices.k == 1 &&
      takeWeights(node, rowAxes(tensorType(end.result), false, false)))
    end.result = node.getOutputs()[0];
  return finish();
}

} // namespace

Value repeatedTokens(Value value, const Lists &lists) {
  Value root = value;
  SmallVector<onnx::NodeOp> path;
  int64_t width = lastDim(value);
  for (int step = 0; step < kMostSteps && root; ++step) {
    RankedTensorType type = tensorType(root);
    if (type && type.getRank() >= 2 && lastDim(root) == width &&
        sameTokens(root, lists.choices.scores)) {
      Axes axes = rowAxes(type, false, false);
      for (onnx::NodeOp node : llvm::reverse(path)) {
        auto laid = relaid(node, axes, lists.routed.counts());
        if (!laid)
          return {};
        axes = *laid;
      }
      return isPairs(axes) ? root : Value();
    }
    onnx::NodeOp node = nodeOf(root);
    if (!node)
      return {};
    path.push_back(node);
    root = node.input(0);
  }
  return {};
}

FailureOr<LoopEnd> matchLoopEnd(const Accumulation &chain, Value weights, Lists &lists,
                                Attempt &attempt) {
  EndReader reader(chain.result, weights, lists, attempt);
  const Round &round = chain.rounds.front();
  if (!round.pairs)
    return reader.readTokens();
  return reader.readPairs(lists.find(round.scatter->getOperand(1))->places.front().isPair());
}

} // namespace moe::raise
