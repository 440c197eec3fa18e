//===- ScaledInput.cpp - Experts whose input is weighted, not their output ===//
//
// Llama 4 multiplies the tokens by dense scores, runs every expert on them, and adds the outputs
// up. A score of zero makes rows of zeros, and an expert that makes zeros of zeros adds nothing;
// with one choice a token what is left is the chosen expert on the weighted token.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Body.h"
#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/MixtureLayer.h"
#include "lowering/onnx/raise/Patterns.h"
#include "lowering/onnx/raise/RepeatedRows.h"
#include "lowering/onnx/raise/Router.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// What is known of a number that an expert makes of a row of zeros.
enum class AtZero { Zero, Finite };

bool keepsZero(StringRef op) {
  return llvm::StringSwitch<bool>(op)
      .Cases({"Abs", "Celu", "Elu", "Erf", "Gelu", "HardSwish", "LeakyRelu", "Mish", "Neg"}, true)
      .Cases({"PRelu", "QuickGelu", "Relu", "Selu", "Softsign", "Swish", "Tanh"}, true)
      .Default(false);
}

/// Whether the body makes zeros of zeros.
bool keepsZeros(const Body &body) {
  using Operand = Body::Operand;
  SmallVector<AtZero> values;
  auto isZero = [&](Operand operand) {
    return operand.kind == Operand::Rows ||
           (operand.kind == Operand::Step && values[operand.index] == AtZero::Zero);
  };
  for (const Body::Step &step : body.steps) {
    StringRef op = step.op ? step.op.getValue() : "";
    Operand first = step.operands[0];
    bool zero = false;
    if (!step.op || keepsZero(op))
      zero = isZero(first);
    else if (op == "Mul")
      zero = llvm::any_of(step.operands, isZero);
    else if (op == "Add" || op == "Sub")
      zero = llvm::all_of(step.operands, isZero);
    values.push_back(zero ? AtZero::Zero : AtZero::Finite);
  }
  return isZero(body.result);
}

/// The sums over experts that come from `value`.
SmallVector<onnx::NodeOp> sumsAfter(Value value) {
  SmallVector<onnx::NodeOp> sums;
  SmallVector<Value> work{value};
  llvm::DenseSet<Operation *> seen;
  for (size_t next = 0; next < work.size() && seen.size() < 256; ++next)
    for (Operation *user : work[next].getUsers()) {
      auto node = dyn_cast<onnx::NodeOp>(user);
      if (!node || !seen.insert(user).second || user->getBlock() != value.getParentBlock())
        continue;
      if (node.is("ReduceSum"))
        sums.push_back(node);
      else
        llvm::append_range(work, node.getOutputs());
    }
  return sums;
}

/// tokens * root, and ones in the place of the weights.
GivenRouting weightTokens(OpBuilder &builder, Location loc, const Choices &choices, Value root,
                          Value &tokens) {
  auto node = [&](StringRef op, Type type, ValueRange inputs, ArrayRef<NamedAttribute> attributes) {
    return onnx::NodeOp::create(builder, loc, type, op, "", 20, "",
                                builder.getDictionaryAttr(attributes), ArrayAttr(), inputs, 0)
        .getOutputs()[0];
  };
  tokens = node("Mul", tokens.getType(), {tokens, root}, {});
  RankedTensorType type = tensorType(root);
  Value shape =
      node("Shape", RankedTensorType::get({type.getRank()}, builder.getI64Type()), {root}, {});
  auto one = DenseElementsAttr::get(RankedTensorType::get({1}, type.getElementType()),
                                    builder.getFloatAttr(type.getElementType(), 1.0));
  Value ones = node("ConstantOfShape", type, {shape}, builder.getNamedAttr("value", one));
  return GivenRouting{choices.ids, ones, choices.name,
                      "the experts' input is weighted, not their output"};
}

/// `scaled` is `rows` times dense scores; `sum` adds up what the experts make of it.
LogicalResult raiseSum(onnx::NodeOp scaled, const RepeatedRows &rows, const Routed &scores,
                       onnx::NodeOp sum, const RoutedValues &routed, const Choices &choices,
                       Attempt &attempt) {
  auto axes = broadcast(rows.axes, scores.axes);
  auto named = axesOf(sum);
  if (!axes || !named || named->size() != 1)
    return failure();
  auto input = [&](Value value) -> std::optional<BodyInput> {
    if (value != scaled.getOutputs()[0])
      return std::nullopt;
    return BodyInput{BodyInput::Rows, *axes};
  };
  auto body = matchBody(sum.input(0), routed.counts(), input, attempt);
  if (failed(body))
    return failure();
  auto axis = normalizeAxis(named->front(), body->axes.size());
  RankedTensorType tokens = tensorType(rows.tokens), result = tensorType(sum.getOutputs()[0]);
  if (!axis || !body->axes[*axis].isJust(Atom::Expert) || !body->axes.back().free ||
      result.getRank() != 2 || tokens.getRank() != 2 || tensorType(scores.root).getRank() != 2 ||
      result.getElementType() != tokens.getElementType() ||
      tensorType(scores.root).getElementType() != tokens.getElementType())
    return attempt.miss(sum, nameOf(sum) + " is no sum over the experts, tokens x features");
  if (!keepsZeros(*body))
    return attempt.miss(scaled, nameOf(scaled) +
                                    " weights the input of experts that may make something of "
                                    "zeros");
  OpBuilder builder(sum);
  LayerSpec spec;
  spec.anchor = choices.anchor;
  spec.experts = choices.experts;
  spec.tokens = rows.tokens;
  spec.given = weightTokens(builder, sum.getLoc(), choices, scores.root, spec.tokens);
  setWeights(spec, {*body}, choices.experts);
  spec.intermediate = body->intermediate();
  spec.columns = body->columns();
  spec.resultType = result;
  auto write = [&](BodyBuilder &builder) { writeBody(*body, builder); };
  spec.writeBody = write;
  spec.form = "dense";
  spec.body = body->describe();
  sum.getOutputs()[0].replaceAllUsesWith(attempt.layers.write(builder, spec));
  return success();
}

} // namespace

Outcome raiseScaledInput(onnx::NodeOp anchor, Attempt &attempt) {
  std::optional<Choices> choices = choicesAt(anchor);
  if (!choices || choices->k != 1)
    return Outcome::NoMatch;
  RoutedValues routed = RoutedValues::of(*choices);
  Outcome outcome = Outcome::NoMatch;
  for (const auto &[value, scores] : routed.all()) {
    if (scores.kind != Routed::Mixed || scores.expert || !hasAtom(scores.axes, Atom::Expert))
      continue;
    for (Operation *user : llvm::make_early_inc_range(value.getUsers())) {
      auto scaled = dyn_cast<onnx::NodeOp>(user);
      if (!scaled || !scaled.is("Mul"))
        continue;
      auto rows = repeatedRows(scaled.input(scaled.input(0) == value ? 1 : 0), routed);
      if (!rows)
        continue;
      for (onnx::NodeOp sum : sumsAfter(scaled.getOutputs()[0])) {
        outcome = Outcome::Missed;
        if (succeeded(raiseSum(scaled, *rows, scores, sum, routed, *choices, attempt)))
          return Outcome::Raised;
      }
    }
  }
  return outcome;
}

} // namespace moe::raise
