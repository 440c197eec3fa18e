//===- FusedRouting.cpp - What a fused operator's scores mean -------------===//

#include "lowering/onnx/raise/FusedRouting.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/Router.h"
#include "lowering/onnx/raise/Scores.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Writes the operators that a fused one stands for, so that the matcher of routers reads both.
class NodeWriter {
public:
  NodeWriter(OpBuilder &builder, onnx::NodeOp fused) : builder(builder), fused(fused) {}

  onnx::NodeOp write(StringRef op, TypeRange types, ValueRange inputs,
                     ArrayRef<NamedAttribute> attributes = {}) {
    constexpr int64_t version = 13;
    return onnx::NodeOp::create(builder, fused.getLoc(), types, op, "", version, fused.getName(),
                                builder.getDictionaryAttr(attributes), ArrayAttr(), inputs, 0);
  }

  Value integers(ArrayRef<int64_t> numbers) {
    auto type = RankedTensorType::get({static_cast<int64_t>(numbers.size())}, builder.getI64Type());
    return onnx::ConstantOp::create(builder, fused.getLoc(), type,
                                    DenseIntElementsAttr::get(type, numbers));
  }

  NamedAttribute lastAxis() { return builder.getNamedAttr("axis", builder.getI64IntegerAttr(-1)); }

private:
  OpBuilder &builder;
  onnx::NodeOp fused;
};

/// Scores that were scattered over a number that softmax leaves nothing of: `values` of `choices`.
struct Scattered {
  Choices choices;
  Value values;
};

std::optional<Scattered> readScattered(Value scores, int64_t k) {
  int64_t experts = lastDim(scores);
  onnx::NodeOp scatter = nodeOf(stripRows(scores, experts), "ScatterElements");
  RankedTensorType type = scatter ? tensorType(scatter.getOutputs()[0]) : RankedTensorType();
  auto fill = scatter ? filledWith(scatter.input(0)) : std::nullopt;
  if (!type || !fill || !isLastAxis(scatter, 0, type.getRank()) ||
      type.getShape().back() != experts || lastDim(scatter.input(1)) != k ||
      scatter.stringAttribute("reduction", "none") != "none")
    return std::nullopt;
  // Nothing is left of exp(fill) beside the logarithm of a score, which is -104 at least in f32;
  // logits may lie deeper.
  bool isLog = static_cast<bool>(nodeOf(stripRows(scatter.input(2), k), "Log"));
  if (*fill > (isLog ? -1e4 : -1e9))
    return std::nullopt;
  onnx::NodeOp topk = nodeOf(stripRows(scatter.input(1), k));
  auto choices = topk ? choicesAt(topk) : std::nullopt;
  if (!choices || choices->k != k || choices->experts != experts ||
      stripRows(scatter.input(1), k) != choices->ids)
    return std::nullopt;
  return Scattered{*choices, scatter.input(2)};
}

/// The operator's rows are those of its scores; that there are as many is checked at run time.
bool setRule(LayerSpec &spec, const Choices &choices, Value weights, Attempt &search) {
  auto rule = matchRouter(choices, weights, search);
  if (failed(rule))
    return false;
  spec.logits = rule->logits;
  spec.bias = rule->bias;
  spec.gate = rule->gate;
  return true;
}

/// The operator's own top k of scores that were scattered is the choice before them: their softmax
/// is that of the k values.
bool setScattered(LayerSpec &spec, const FusedRouter &router, OpBuilder &builder,
                  Attempt &attempt) {
  auto scattered = readScattered(router.scores, router.k);
  if (!scattered)
    return false;
  NodeWriter writer(builder, spec.anchor);
  Value weights =
      writer.write("Softmax", scattered->values.getType(), scattered->values, writer.lastAxis())
          .getOutputs()[0];
  Attempt search{attempt.layers};
  return setRule(spec, scattered->choices, weights, search);
}

/// TopK of one tensor, and another tensor's numbers at its places.
void setMixing(LayerSpec &spec, const FusedRouter &router, OpBuilder &builder, Attempt &attempt) {
  NodeWriter writer(builder, spec.anchor);
  RankedTensorType scores = tensorType(router.scores), mixing = tensorType(router.mixing);
  SmallVector<int64_t> shape(scores.getShape());
  shape.back() = router.k;
  RankedTensorType values = scores.clone(shape);
  RankedTensorType ids = values.clone(builder.getI64Type()), weights = mixing.clone(shape);
  onnx::NodeOp topk = writer.write("TopK", {values, ids},
                                   {router.scores, writer.integers(router.k)}, writer.lastAxis());
  Value chosen = writer
                     .write("GatherElements", weights, {router.mixing, topk.getOutputs()[1]},
                            writer.lastAxis())
                     .getOutputs()[0];
  if (router.normalize) {
    shape.back() = 1;
    Value sum = writer.write("ReduceSum", mixing.clone(shape), {chosen, writer.integers(-1)})
                    .getOutputs()[0];
    chosen = writer.write("Div", weights, {chosen, sum}).getOutputs()[0];
  }
  Attempt search{attempt.layers};
  if (!setRule(spec, *choicesAt(topk), chosen, search))
    spec.given =
        GivenRouting{topk.getOutputs()[1], chosen, "topk_router_weights", search.missedWhy};
}

} // namespace

void setFusedRouting(LayerSpec &spec, const FusedRouter &router, OpBuilder &builder,
                     Attempt &attempt) {
  spec.checkTokens = true;
  spec.experts = lastDim(router.scores);
  if (router.mixing)
    return setMixing(spec, router, builder, attempt);
  if (!router.sparseMixer && setScattered(spec, router, builder, attempt))
    return;
  Scores before = readScores(router.scores, spec.experts);
  if (before.function == Score::Softmax || before.function == Score::Sigmoid)
    spec.anchor.emitWarning(nameOf(spec.anchor))
        << ": router_probs comes from "
        << (before.function == Score::Softmax ? "Softmax" : "Sigmoid")
        << ", and the operator takes a softmax of it once more";
  spec.logits = router.scores;
  spec.gate =
      GateAttr::get(builder.getContext(), router.sparseMixer ? Score::SparseMixer : Score::Softmax,
                    router.k, false, router.normalize && !router.sparseMixer, FloatAttr(),
                    FloatAttr(), FloatAttr(), 1, 1, 1);
}

} // namespace moe::raise
