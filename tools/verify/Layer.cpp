//===- Layer.cpp - Compare one layer of a run with the reference ----------===//
//
// Routing is compared given the logits, arithmetic given the observed routing; never both at once,
// or a choice between two equal scores would look like wrong arithmetic.
//
//===----------------------------------------------------------------------===//

#include "tools/verify/Verify.h"
#include <cmath>

using namespace mlir;
using namespace moe;
using namespace moe::verify;
using namespace moe::reference;

/// Takes |found - expected| / bound into the largest ratio. NaN has to meet NaN, infinity itself; a
/// NaN ratio stays.
static void addRatio(double found, double expected, double bound, double &largest) {
  if (found == expected || (std::isnan(found) && std::isnan(expected)))
    return;
  double ratio = std::fabs(found - expected) / bound;
  if (!(ratio <= largest))
    largest = std::isnan(largest) ? largest : ratio;
}

static Observed roleOf(DictionaryAttr attributes) {
  return attributes.getAs<ObservedAttr>(kRoleAttr).getValue();
}

namespace {

class LayerVerifier {
public:
  LayerVerifier(func::FuncOp layer, const WeightSection &section, moe_verify_result &result)
      : layer(layer), result(result),
        interpreter([section](WeightOp weight, std::optional<int64_t> leading) {
          return readWeight(weight, leading, section);
        }) {}

  LogicalResult run(const Observations &observations) {
    if (failed(checkForm()) || failed(bindObservations(observations)))
      return failure();
    if (failed(interpreter.run(layer.getBody().front())))
      return failure();
    return failed(compareRouting()) ? failure() : compareOutput();
  }

private:
  /// What --moe-keep-reference writes.
  LogicalResult checkForm() {
    auto hasRole = [&](DictionaryAttr attributes) {
      return attributes && attributes.getAs<ObservedAttr>(kRoleAttr);
    };
    bool known = !layer.isExternal() && llvm::hasSingleElement(layer.getBody());
    for (unsigned i = 0; i < layer.getNumArguments(); ++i)
      known &=
          hasRole(layer.getArgAttrDict(i)) && isa<RankedTensorType>(layer.getArgumentTypes()[i]);
    for (unsigned i = 0; i < layer.getNumResults(); ++i)
      known &=
          hasRole(layer.getResultAttrDict(i)) && isa<RankedTensorType>(layer.getResultTypes()[i]);
    return known ? success() : layer.emitOpError("is not a layer as --moe-keep-reference keeps it");
  }

  LogicalResult bindObservations(const Observations &observations) {
    auto read = [&](Type type, Observed role) -> LogicalResult {
      const moe_verify_observation *observation = observations.lookup(role);
      if (!observation)
        return layer.emitOpError("is not observed as ") << stringifyObserved(role);
      FailureOr<Tensor> tensor = readObservation(layer.getLoc(), type, *observation);
      if (succeeded(tensor))
        observed[role] = std::move(*tensor);
      return tensor;
    };
    for (unsigned i = 0; i < layer.getNumArguments(); ++i) {
      Observed role = roleOf(layer.getArgAttrDict(i));
      if (failed(read(layer.getArgumentTypes()[i], role)))
        return failure();
      interpreter.bind(layer.getArgument(i), observed[role]);
    }
    for (unsigned i = 0; i < layer.getNumResults(); ++i)
      if (failed(read(layer.getResultTypes()[i], roleOf(layer.getResultAttrDict(i)))))
        return failure();
    return success();
  }

  /// The returned value of a role, or null.
  Value returned(Observed role) {
    Operation *terminator = layer.getBody().front().getTerminator();
    for (unsigned i = 0; i < layer.getNumResults(); ++i)
      if (roleOf(layer.getResultAttrDict(i)) == role)
        return terminator->getOperand(i);
    return {};
  }

  LogicalResult compareRouting() {
    Value experts = returned(Observed::Experts);
    // A choice that the graph itself computes is given, and there is nothing to compare it with.
    if (!experts)
      return success();
    auto gateOp = experts.getDefiningOp<GateOp>();
    if (!gateOp)
      return layer.emitOpError("does not return the experts of a moe.gate");
    FailureOr<Tensor> logits = interpreter.get(gateOp.getLogits()), bias = Tensor();
    if (gateOp.getBias())
      bias = interpreter.get(gateOp.getBias());
    if (failed(logits) || failed(bias))
      return failure();
    GateRule rule = gateRule(gateOp.getGate());
    const Tensor &chosen = observed[Observed::Experts];
    int64_t numExperts = logits->shape[1];
    if (chosen.shape != std::vector<int64_t>{logits->shape[0], rule.k})
      return layer.emitOpError("was observed with experts of another shape than its logits have");
    // Scores are computed in f32 at least.
    double unit = std::min(unitOf(Float32Type::get(layer.getContext())),
                           unitOf(gateOp.getLogits().getType()));
    for (int64_t t = 0; t < logits->shape[0]; ++t) {
      auto begin = logits->values.begin() + t * numExperts;
      std::vector<double> row(begin, begin + numExperts);
      Choice choice = gate(row, bias->values, rule);
      ChoiceErrors errors = choiceErrors(row, bias->values, rule, choice, unit);
      bool same = true;
      for (int64_t j = 0; j < rule.k; ++j) {
        auto found = static_cast<int64_t>(chosen.values[t * rule.k + j]);
        if (found == choice.experts[j])
          continue;
        same = false;
        ++(isNearTie(choice, errors, j, found) ? result.routing_near_ties
                                               : result.routing_mismatches);
      }
      if (same)
        compareWeights(t, choice, errors);
    }
    return success();
  }

  /// The weights of one token, where they are the gate's own.
  void compareWeights(int64_t token, const Choice &choice, const ChoiceErrors &errors) {
    Value weights = returned(Observed::Weights);
    if (!weights)
      return;
    double stored = unitOf(weights.getType());
    size_t k = choice.weights.size();
    for (size_t j = 0; j < k; ++j) {
      double bound = errors.weights[j] + stored * std::fabs(choice.weights[j]);
      addRatio(observed[Observed::Weights].values[token * k + j], choice.weights[j], bound,
               result.max_error_ratio);
    }
  }

  LogicalResult compareOutput() {
    Value value = returned(Observed::Output);
    FailureOr<Tensor> expected = value ? interpreter.get(value) : FailureOr<Tensor>();
    if (failed(expected))
      return layer.emitOpError("does not return the layer's output");
    const Tensor &found = observed[Observed::Output];
    if (found.shape != expected->shape)
      return layer.emitOpError("was observed with an output of another shape than its tokens have");
    for (size_t i = 0; i < found.values.size(); ++i) {
      addRatio(found.values[i], expected->values[i], expected->error(i), result.max_error_ratio);
      addRatio(found.values[i], expected->values[i], 1, result.max_absolute_error);
    }
    result.rows_compared = found.shape.empty() ? 0 : found.shape[0];
    return success();
  }

  func::FuncOp layer;
  moe_verify_result &result;
  Interpreter interpreter;
  llvm::SmallDenseMap<Observed, Tensor> observed;
};

} // namespace

LogicalResult verify::verifyLayer(func::FuncOp layer, const Observations &observations,
                                  const WeightSection &section, moe_verify_result &result) {
  return LayerVerifier(layer, section, result).run(observations);
}
