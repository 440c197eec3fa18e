//===- ExpertChoice.cpp - Raises experts that choose their tokens ---------===//
//
// TopK over the tokens for each expert: a token may be with any number of experts. To the layer
// that is a choice of all experts for each token, where those that did not take it are dropped.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/CapacityLayer.h"
#include "lowering/onnx/raise/Patterns.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/TokenShape.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Between the choice and its use are a few nodes that change the layout; a bound keeps it linear.
constexpr int kLongestChain = 16;

/// The tokens that each expert takes.
struct TokenChoice {
  onnx::NodeOp topk;
  /// [E, C] or, where TopK is over the first dimension, [C, E].
  Value ids, values;
  Axes axes;
  int64_t experts, places;
  bool expertsFirst;
};

/// TopK over one of two dimensions, the other one of which counts the experts.
std::optional<TokenChoice> tokenChoiceAt(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.input(0));
  if (!node.is("TopK") || node.getOutputs().size() != 2 || !type || type.getRank() != 2 ||
      !node.input(1) || node.intAttribute("largest", 1) != 1)
    return std::nullopt;
  auto axis = normalizeAxis(node.intAttribute("axis", -1), 2);
  auto places = constantInt(node.input(1));
  if (!axis || !places || *places < 1 || type.isDynamicDim(1 - *axis) ||
      type.getDimSize(1 - *axis) < 2)
    return std::nullopt;
  int64_t experts = type.getDimSize(1 - *axis);
  Axes axes{dimOf(Atom::Expert, experts), dimOf(Atom::Token, *places)};
  if (*axis == 0)
    std::swap(axes[0], axes[1]);
  return TokenChoice{node,      node.getOutputs()[1], node.getOutputs()[0], axes, experts, *places,
                     *axis == 1};
}

class Reader {
public:
  Reader(const TokenChoice &choice, Attempt &attempt) : choice(choice), attempt(attempt) {}

  /// Whether `scatter` adds weighted outputs at the tokens that were chosen.
  LogicalResult read(onnx::NodeOp scatter);
  CapacityLayer layer;

private:
  std::optional<Axes> axesFrom(Value value, Value source, Axes axes);
  std::optional<Axes> placesOf(onnx::NodeOp node, Value index);
  std::optional<BodyInput> rowsAt(Value value);
  LogicalResult miss(onnx::NodeOp node, const Twine &why) {
    return attempt.miss(node, nameOf(node) + " " + why.str());
  }

  const TokenChoice &choice;
  Attempt &attempt;
};

/// The labels of `value` where it is `source`, of the labels `axes`, in another layout.
std::optional<Axes> Reader::axesFrom(Value value, Value source, Axes axes) {
  SmallVector<onnx::NodeOp> path;
  while (value != source) {
    onnx::NodeOp node = nodeOf(value);
    bool isLayout = node && (node.is("Reshape") || node.is("Unsqueeze") || node.is("Squeeze") ||
                             node.is("Flatten") || node.is("Transpose") || node.is("Cast") ||
                             node.is("Identity") || node.is("Expand"));
    if (!isLayout || !node.input(0) || path.size() >= kLongestChain)
      return std::nullopt;
    path.push_back(node);
    value = node.input(0);
  }
  std::optional<Axes> result = axes;
  while (result && !path.empty())
    result = relaid(path.pop_back_val(), *result, {1, choice.experts});
  return result;
}

/// The labels of the list of tokens that `node` reads or writes whole rows at.
std::optional<Axes> Reader::placesOf(onnx::NodeOp node, Value index) {
  RankedTensorType type = tensorType(index), rows = tensorType(node.input(0));
  if (!type || !rows || rows.getRank() != 2)
    return std::nullopt;
  auto axes = axesFrom(index, choice.ids, choice.axes);
  bool isNd = node.is("GatherND") || node.is("ScatterND");
  if (!axes || axes->empty())
    return std::nullopt;
  if (isNd) {
    if (!axes->back().isUnit() || node.intAttribute("batch_dims", 0) != 0)
      return std::nullopt;
    axes->pop_back();
    return axes;
  }
  if (normalizeAxis(node.intAttribute("axis", 0), 2) != 0)
    return std::nullopt;
  if (node.is("Gather"))
    return axes;
  // A column of tokens, repeated along the row.
  bool whole = axes->size() == 2 && (axes->back().same || axes->back().isUnit()) &&
               !rows.isDynamicDim(1) && type.getShape().back() == rows.getDimSize(1);
  axes->pop_back();
  return whole ? axes : std::nullopt;
}

std::optional<BodyInput> Reader::rowsAt(Value value) {
  onnx::NodeOp node = nodeOf(value);
  if (!node || !(node.is("Gather") || node.is("GatherND") || node.is("GatherElements")))
    return std::nullopt;
  Value tokens = node.input(0);
  auto axes = node.input(1) ? placesOf(node, node.input(1)) : std::nullopt;
  if (!axes || ShapedType::isDynamic(lastDim(tokens)) || (layer.tokens && layer.tokens != tokens))
    return std::nullopt;
  layer.tokens = tokens;
  axes->push_back(freeDim(lastDim(tokens)));
  return BodyInput{BodyInput::Rows, *axes};
}

LogicalResult Reader::read(onnx::NodeOp scatter) {
  auto places = placesOf(scatter, scatter.input(1));
  if (!places || scatter.stringAttribute("reduction", "none") != "add" ||
      filledWith(scatter.input(0)) != 0.0)
    return miss(scatter, "does not add rows at the chosen tokens, to zeros");
  Value product = scatter.input(2);
  for (int step = 0; step < kLongestChain && !nodeOf(product, "Mul"); ++step)
    if (onnx::NodeOp node = nodeOf(product); node && node.input(0))
      product = node.input(0);
  onnx::NodeOp mul = nodeOf(product, "Mul");
  for (unsigned side = 0; mul && side < 2; ++side) {
    auto weights = axesFrom(mul.input(side), choice.values, choice.axes);
    if (!weights || weights->empty() || !weights->back().isUnit())
      continue;
    auto body = matchBody(
        mul.input(1 - side), {1, choice.experts}, [&](Value value) { return rowsAt(value); },
        attempt);
    if (failed(body))
      return failure();
    Axes rows = *weights;
    rows.back() = body->axes.empty() ? Dim() : body->axes.back();
    auto added = axesFrom(scatter.input(2), product, body->axes);
    Axes wanted = *places;
    wanted.push_back(rows.back());
    if (!sameLeadingDims(scatter.input(0), layer.tokens, 1))
      return miss(scatter, "adds to rows that are not known to be the tokens'");
    if (rows != body->axes || !rows.back().free || added != wanted)
      return miss(scatter, "adds rows in another order than that of the chosen tokens");
    layer.bodies.push_back(std::move(*body));
    layer.result = scatter.getOutputs()[0];
    layer.sizes = {choice.experts, choice.places};
    return success();
  }
  return miss(scatter, "adds rows that are not multiplied by the scores of their choice");
}

/// `numbers` of each choice, or ones, at its token and expert: [T, E].
Value spread(OpBuilder &builder, const TokenChoice &choice, Value numbers) {
  onnx::NodeOp topk = choice.topk;
  Location loc = topk.getLoc();
  auto f32 = builder.getF32Type();
  auto node = [&](StringRef op, ValueRange inputs, RankedTensorType type,
                  ArrayRef<NamedAttribute> attributes) {
    return onnx::NodeOp::create(builder, loc, type, op, "", 18, "",
                                builder.getDictionaryAttr(attributes), ArrayAttr(), inputs, 0)
        .getOutputs()[0];
  };
  auto filled = [&](Value like, float number) {
    RankedTensorType type = tensorType(like);
    auto scalar = RankedTensorType::get({}, f32);
    Value one =
        onnx::ConstantOp::create(builder, loc, scalar, DenseElementsAttr::get(scalar, {number}));
    Value shape = node("Shape", like, RankedTensorType::get({2}, builder.getI64Type()), {});
    return node("Expand", {one, shape}, type.clone(f32), {});
  };
  Value scores = topk.input(0);
  RankedTensorType type = tensorType(scores).clone(f32);
  Value updates = numbers ? numbers : filled(choice.ids, 1.0f);
  Value whole = node("ScatterElements", {filled(scores, 0.0f), choice.ids, updates}, type,
                     builder.getNamedAttr("axis", builder.getI64IntegerAttr(choice.expertsFirst)));
  if (!choice.expertsFirst)
    return whole;
  return node("Transpose", whole, type.clone({type.getDimSize(1), type.getDimSize(0)}),
              builder.getNamedAttr("perm", builder.getDenseI64ArrayAttr({1, 0})));
}

/// The nodes that add at the chosen tokens, the last first.
SmallVector<onnx::NodeOp> scattersOf(Value ids) {
  SmallVector<Value> work{ids};
  SmallVector<onnx::NodeOp> found;
  for (size_t at = 0; at < work.size() && work.size() < 64; ++at)
    for (Operation *user : work[at].getUsers()) {
      auto node = dyn_cast<onnx::NodeOp>(user);
      if (!node || node->getBlock() != ids.getParentBlock())
        continue;
      if ((node.is("ScatterND") || node.is("ScatterElements")) && node.input(1) == work[at])
        found.push_back(node);
      else if (node.input(0) == work[at] &&
               isa<IntegerType>(cast<ShapedType>(work[at].getType()).getElementType()))
        llvm::append_range(work, node.getOutputs());
    }
  return found;
}

} // namespace

Outcome raiseExpertChoice(onnx::NodeOp anchor, Attempt &attempt) {
  auto choice = tokenChoiceAt(anchor);
  if (!choice)
    return Outcome::NoMatch;
  Choices choices{anchor,          choice->ids,     choice->values, anchor.input(0),
                  choice->experts, choice->experts, "expert_choice"};
  auto masks = readCapacity(choices, attempt);
  if (succeeded(masks))
    return succeeded(writeCapacity(*masks, choices, attempt)) ? Outcome::Raised : Outcome::Missed;
  for (onnx::NodeOp scatter : scattersOf(choice->ids)) {
    Reader reader(*choice, attempt);
    RankedTensorType values = tensorType(choice->values);
    if (!values || !values.getElementType().isF32() || failed(reader.read(scatter)))
      continue;
    OpBuilder builder(scatter);
    reader.layer.weights = spread(builder, *choice, choice->values);
    reader.layer.present = spread(builder, *choice, {});
    if (succeeded(writeCapacity(reader.layer, choices, attempt)))
      return Outcome::Raised;
  }
  return attempt.missedAt ? Outcome::Missed : Outcome::NoMatch;
}

} // namespace moe::raise
