//===- Layer.cpp - The operations of the moe language, on tensors ---------===//

#include "dialect/reference/Interpret.h"

using namespace mlir;
using namespace moe;
using namespace moe::reference;

static reference::Score scoreOf(moe::Score score) {
  switch (score) {
  case moe::Score::Softmax:
    return reference::Score::Softmax;
  case moe::Score::Sigmoid:
    return reference::Score::Sigmoid;
  case moe::Score::Identity:
    return reference::Score::Identity;
  case moe::Score::SqrtSoftplus:
    return reference::Score::SqrtSoftplus;
  case moe::Score::SparseMixer:
    return reference::Score::SparseMixer;
  }
  llvm_unreachable("all scores are named above");
}

GateRule moe::reference::gateRule(GateAttr gate) {
  return {scoreOf(gate.getScore()), gate.getK(),         gate.getScoreAfter(),
          gate.getNormalize(),      gate.epsilonValue(), gate.scaleValue(),
          gate.jitterValue(),       gate.getGroups(),    gate.getTopGroups(),
          gate.getGroupBest(),      gate.outsideValue(), gate.leastWeightValue(),
          gate.leastSumValue()};
}

static std::vector<int64_t> asIntegers(const Tensor &tensor) {
  return std::vector<int64_t>(tensor.values.begin(), tensor.values.end());
}

static Tensor asTensor(const std::vector<int64_t> &integers) {
  return {{static_cast<int64_t>(integers.size())},
          std::vector<double>(integers.begin(), integers.end()),
          {}};
}

LogicalResult Interpreter::runGate(Operation *op) {
  auto gateOp = cast<GateOp>(op);
  FailureOr<Tensor> logits = get(gateOp.getLogits()), bias = Tensor();
  if (gateOp.getBias())
    bias = get(gateOp.getBias());
  if (failed(logits) || failed(bias))
    return failure();
  int64_t tokens = logits->shape[0], experts = logits->shape[1];
  GateRule rule = gateRule(gateOp.getGate());
  Tensor weights{{tokens, rule.k}, {}, {}}, chosen{{tokens, rule.k}, {}, {}};
  for (int64_t t = 0; t < tokens; ++t) {
    auto begin = logits->values.begin() + t * experts;
    Choice choice = gate(std::vector<double>(begin, begin + experts), bias->values, rule);
    llvm::append_range(weights.values, choice.weights);
    llvm::append_range(chosen.values, choice.experts);
  }
  bind(gateOp.getWeights(), std::move(weights));
  bind(gateOp.getExperts(), std::move(chosen));
  return success();
}

LogicalResult Interpreter::runDispatch(Operation *op) {
  auto dispatchOp = cast<DispatchOp>(op);
  FailureOr<Tensor> tokens = get(dispatchOp.getTokens()), experts = get(dispatchOp.getExperts());
  if (failed(tokens) || failed(experts))
    return failure();
  DispatchRule rule;
  rule.experts = dispatchOp.getNumExperts();
  rule.choices = experts->shape[1];
  rule.capacity = dispatchOp.getCapacity().value_or(0);
  rule.rankMajor = dispatchOp.getRankMajor();
  rule.tile = dispatchOp.getTile().value_or(1);
  Positions positions = dispatch(asIntegers(*experts), rule);
  bind(dispatchOp.getRows(), gather(*tokens, positions.slots, rule.choices));
  bind(dispatchOp.getSlots(), asTensor(positions.slots));
  bind(dispatchOp.getOffsets(), asTensor(positions.offsets));
  return success();
}

LogicalResult Interpreter::runCombine(Operation *op) {
  auto combineOp = cast<CombineOp>(op);
  FailureOr<Tensor> rows = get(combineOp.getRows()), slots = get(combineOp.getSlots());
  FailureOr<Tensor> weights = get(combineOp.getWeights());
  if (failed(rows) || failed(slots) || failed(weights))
    return failure();
  // Sums are in f32 at least; then the result is rounded to its own type.
  double stored = unitOf(combineOp.getResult().getType());
  double sums = std::min(stored, unitOf(Float32Type::get(op->getContext())));
  Tensor result = combine(*rows, asIntegers(*slots), *weights, sums);
  for (size_t i = 0; stored > sums && i < result.values.size(); ++i)
    result.errors[i] += stored * (std::fabs(result.values[i]) + result.errors[i]);
  bind(combineOp.getResult(), std::move(result));
  return success();
}

FailureOr<Tensor> Interpreter::weightOf(Value weights, int64_t expert) {
  if (auto weight = weights.getDefiningOp<WeightOp>(); weight && !values.contains(weights))
    return readWeight(weight, expert);
  FailureOr<Tensor> all = get(weights);
  if (failed(all))
    return failure();
  size_t size = all->values.size() / std::max<int64_t>(all->shape[0], 1);
  auto slice = [&](const std::vector<double> &numbers) {
    if (numbers.empty())
      return numbers;
    auto begin = numbers.begin() + expert * size;
    return std::vector<double>(begin, begin + size);
  };
  return Tensor{{all->shape.begin() + 1, all->shape.end()}, slice(all->values), slice(all->errors)};
}

/// Rows begin .. end - 1 of a matrix.
static Tensor rowsOf(const Tensor &matrix, int64_t begin, int64_t end) {
  int64_t width = matrix.shape[1];
  auto slice = [&](const std::vector<double> &numbers) {
    if (numbers.empty())
      return numbers;
    return std::vector<double>(numbers.begin() + begin * width, numbers.begin() + end * width);
  };
  return {{end - begin, width}, slice(matrix.values), slice(matrix.errors)};
}

LogicalResult Interpreter::runBody(ExpertOp op, const Tensor &rows, int64_t index, int64_t begin,
                                   int64_t end, Tensor &out) {
  Block &body = op.getBody().front();
  bind(body.getArgument(0), rowsOf(rows, begin, end));
  for (auto [argument, weights] :
       llvm::zip_equal(body.getArguments().drop_front(), op.getWeights())) {
    FailureOr<Tensor> weight = weightOf(weights, index);
    if (failed(weight))
      return failure();
    bind(argument, std::move(*weight));
  }
  if (failed(run(body)))
    return failure();
  FailureOr<Tensor> result = get(cast<YieldOp>(body.getTerminator()).getValue());
  if (failed(result))
    return failure();
  if (result->shape != std::vector<int64_t>{end - begin, out.shape[1]})
    return op.emitOpError("has a body that yields another number of rows or columns");
  for (size_t i = 0; i < result->values.size(); ++i) {
    out.values[begin * out.shape[1] + i] = result->values[i];
    out.errors[begin * out.shape[1] + i] = result->error(i);
  }
  return success();
}

LogicalResult Interpreter::runExpert(Operation *op) {
  auto expert = cast<ExpertOp>(op);
  // A body within a body would make the depth of this recursion the input's.
  if (expert->getParentOfType<ExpertOp>())
    return op->emitOpError("stands in the body of another one; unsupported by the reference");
  FailureOr<Tensor> rows = get(expert.getRows()), offsets = get(expert.getOffsets());
  if (failed(rows) || failed(offsets))
    return failure();
  int64_t width = cast<ShapedType>(expert.getResult().getType()).getDimSize(1);
  size_t elements = rows->shape[0] * width;
  Tensor out{{rows->shape[0], width}, std::vector<double>(elements), std::vector<double>(elements)};
  std::vector<int64_t> bounds = asIntegers(*offsets);
  for (size_t e = 0; e + 1 < bounds.size(); ++e) {
    if (bounds[e] < 0 || bounds[e] > bounds[e + 1] || bounds[e + 1] > rows->shape[0])
      return op->emitOpError("has offsets that leave its rows");
    if (bounds[e] < bounds[e + 1] &&
        failed(runBody(expert, *rows, e, bounds[e], bounds[e + 1], out)))
      return failure();
  }
  bind(expert.getResult(), std::move(out));
  return success();
}
