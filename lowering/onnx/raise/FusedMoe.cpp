//===- FusedMoe.cpp - Raises com.microsoft.MoE and QMoE -------------------===//
//
// The operators stay at version 1 while their schemas change, so that a file is read by what it
// holds: attributes are law, unknown ones are refused, and the layout of the weights follows from
// shapes.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/Formulas.h"
#include "lowering/onnx/raise/FusedQuant.h"
#include "lowering/onnx/raise/FusedRouting.h"
#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/Patterns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

using namespace mlir;

namespace moe::raise {
namespace {

enum class Activation { Relu, Gelu, Silu, Swiglu, Identity };

/// What the node says, checked.
struct Fused {
  onnx::NodeOp node;
  RankedTensorType input, logits, output;
  Activation activation;
  int64_t k, fusion;
  bool normalize, sparseMixer;
  double alpha, beta;
  std::optional<double> limit;
  /// fc1, fc2, fc3 as [E, K, N] (fc1 with all of its columns), and their biases [E, N].
  std::optional<WeightView> weights[3], biases[3];
  /// The same of QMoE, whose weights are codes.
  std::optional<QuantView> codes[3];

  bool isQuantised() const { return onnx::NodeOp(node).is("QMoE", "com.microsoft"); }
  /// Places of fc1, fc2 and fc3 among the inputs: QMoE has scales between weights and biases.
  unsigned weightInput(unsigned i) const { return isQuantised() ? 2 + 3 * i : 2 + 2 * i; }
  unsigned biasInput(unsigned i) const { return isQuantised() ? 4 + 3 * i : 3 + 2 * i; }
  /// Values that mix the experts that router_probs chooses, or null.
  Value routerWeights() const { return isQuantised() ? onnx::NodeOp(node).input(14) : Value(); }
  /// Depth and columns of the last product.
  ArrayRef<int64_t> lastShape() const {
    return isQuantised() ? codes[1]->codes.shape : weights[1]->shape;
  }
};

InFlightDiagnostic error(onnx::NodeOp node) { return node.emitError(nameOf(node)) << ": "; }

LogicalResult checkAttributes(onnx::NodeOp node) {
  static const StringRef known[] = {"k",
                                    "activation_type",
                                    "normalize_routing_weights",
                                    "use_sparse_mixer",
                                    "swiglu_fusion",
                                    "swiglu_limit",
                                    "activation_alpha",
                                    "activation_beta"};
  auto isKnown = [&](StringRef name) {
    return llvm::is_contained(known, name) ||
           (node.is("QMoE", "com.microsoft") && llvm::is_contained(quantAttributes(), name));
  };
  for (NamedAttribute attribute : node.getOnnxAttributes())
    if (!isKnown(attribute.getName().getValue()))
      return error(node) << "unknown attribute " << attribute.getName().getValue()
                         << "; the schema of this operator changes in place, and what is not known "
                            "cannot be left out";
  return success();
}

LogicalResult readActivation(Fused &fused) {
  StringRef name = fused.node.stringAttribute("activation_type", "relu");
  auto activation = llvm::StringSwitch<std::optional<Activation>>(name)
                        .Case("relu", Activation::Relu)
                        .Case("gelu", Activation::Gelu)
                        .Case("silu", Activation::Silu)
                        .Case("swiglu", Activation::Swiglu)
                        .Case("identity", Activation::Identity)
                        .Default(std::nullopt);
  if (!activation)
    return error(fused.node) << "unknown activation_type '" << name
                             << "'; expected relu, gelu, silu, swiglu or identity";
  fused.activation = *activation;
  return success();
}

/// `swiglu_fusion` and the constants of SwiGLU.
LogicalResult readSwiglu(Fused &fused) {
  onnx::NodeOp node = fused.node;
  fused.fusion = fused.activation == Activation::Swiglu ? node.intAttribute("swiglu_fusion", 0) : 0;
  if (fused.fusion < 0 || fused.fusion > 2)
    return error(node) << "swiglu_fusion is " << fused.fusion << ", expected 0, 1 or 2";
  fused.alpha = node.floatAttribute("activation_alpha", 1.0);
  fused.beta = node.floatAttribute("activation_beta", 0.0);
  if (node.attribute("swiglu_limit")) {
    double limit = node.floatAttribute("swiglu_limit", INFINITY);
    if (!(limit >= 0.0))
      return error(node) << "swiglu_limit is negative or no number";
    if (!std::isinf(limit))
      fused.limit = limit;
  }
  bool hasThird = static_cast<bool>(node.input(fused.weightInput(2)));
  bool says = node.attribute("activation_alpha") || node.attribute("activation_beta") ||
              node.attribute("swiglu_limit");
  if (fused.activation != Activation::Swiglu || hasThird == (fused.fusion == 0))
    return success();
  if (hasThird)
    return error(node) << "swiglu_fusion = " << fused.fusion
                       << " has both parts in fc1, but there is an fc3";
  if (says)
    return error(node) << "swiglu with swiglu_fusion = 0 needs an fc3; if fc1 holds both parts, "
                          "say swiglu_fusion = 1 (interleaved) or 2 (halves)";
  return error(node)
         << "swiglu without swiglu_fusion, activation_alpha, activation_beta, "
            "swiglu_limit and fc3 is ambiguous; say swiglu_fusion = 1 with alpha 1.702, "
            "beta 1, limit 7 (gpt-oss, as files for CUDA meant it) or with alpha 1, beta 0 "
            "(as the operator's text has it)";
}

/// Whether input and logits can have the same number of rows, and the output the input's shape.
bool sameTokens(const Fused &fused) {
  auto input = staticCount(fused.input.getShape().drop_back());
  auto logits = staticCount(fused.logits.getShape().drop_back());
  bool mayFit = !input || !logits || input == logits;
  return mayFit && fused.output.getElementType() == fused.input.getElementType() &&
         succeeded(verifyCompatibleShape(fused.input, fused.output));
}

LogicalResult readRouting(Fused &fused) {
  onnx::NodeOp node = fused.node;
  Value input = node.input(0), probs = node.input(1);
  fused.input = tensorType(input);
  fused.logits = tensorType(probs);
  fused.output = tensorType(node.getOutputs()[0]);
  if (!fused.input || !fused.logits || !fused.output || fused.input.getRank() < 2 ||
      fused.logits.getRank() < 2 || !isa<FloatType>(fused.input.getElementType()) ||
      !isa<FloatType>(fused.logits.getElementType()))
    return error(node)
           << "expects float tensors of two or more dimensions as input and router_probs";
  if (ShapedType::isDynamic(lastDim(input)) || ShapedType::isDynamic(lastDim(probs)))
    return error(node) << "unsupported: a hidden size or a number of experts that is not static";
  if (!sameTokens(fused))
    return error(node) << "input " << fused.input << " and router_probs " << fused.logits
                       << " do not have the same number of tokens, or the output " << fused.output
                       << " is shaped otherwise than the input";
  int64_t experts = lastDim(probs);
  fused.k = node.intAttribute("k", 1);
  if (fused.k < 1)
    return error(node) << "k = " << fused.k << " is below 1";
  if (fused.k > experts)
    return error(node) << "k = " << fused.k << " is larger than the number of experts " << experts;
  fused.normalize = node.intAttribute("normalize_routing_weights", 0) != 0;
  fused.sparseMixer = node.intAttribute("use_sparse_mixer", 0) != 0;
  if (fused.sparseMixer && fused.k != 2)
    return error(node) << "use_sparse_mixer takes k = 2, but k is " << fused.k;
  return success();
}

/// Input `index` as a constant; its element type is `element` where that is given.
LogicalResult readConstant(onnx::NodeOp node, unsigned index, const char *name, Type element,
                           std::optional<WeightView> &view) {
  Value value = node.input(index);
  if (!value)
    return success();
  RankedTensorType type = tensorType(value);
  if (element && type && type.getElementType() != element)
    return error(node) << "mixed float types: input is " << element << " but " << name << " is "
                       << type.getElementType();
  view = weightView(value);
  return view ? success() : error(node) << "unsupported: " << name << " is no constant";
}

LogicalResult readWeights(Fused &fused, StringRef layoutOption) {
  static const char *const names[] = {"fc1", "fc2", "fc3"};
  onnx::NodeOp node = fused.node;
  // Files made narrower keep router and scales of QMoE wide.
  Type element = fused.isQuantised() ? Type() : fused.input.getElementType();
  FusedShapes shapes{lastDim(node.input(0)), lastDim(node.input(1)), fused.fusion ? 2 : 1};
  for (unsigned i = 0; i < 3; ++i)
    if (failed(readConstant(node, fused.biasInput(i), names[i], element, fused.biases[i])))
      return failure();
  if (fused.isQuantised())
    return readQuantised(node, shapes, layoutOption, fused.codes, fused.biases);
  for (unsigned i = 0; i < 3; ++i)
    if (failed(readConstant(node, fused.weightInput(i), names[i], element, fused.weights[i])))
      return failure();
  if (!fused.weights[0] || !fused.weights[1])
    return error(node) << "fc1 and fc2 must be given";
  if (fused.logits.getElementType() != element)
    return error(node) << "mixed float types: input is " << element << " but router_probs is "
                       << fused.logits.getElementType();
  return settleLayout(node, shapes, layoutOption, fused.weights, fused.biases);
}

/// The values that mix, where there are any, stand for the experts as router_probs do.
LogicalResult checkRouterWeights(const Fused &fused) {
  Value values = fused.routerWeights();
  if (!values)
    return success();
  RankedTensorType type = tensorType(values);
  if (!type || !isa<FloatType>(type.getElementType()) || type.getRank() != fused.logits.getRank() ||
      failed(verifyCompatibleShape(type.getShape(), fused.logits.getShape())))
    return error(fused.node) << "router_weights " << values.getType() << " is not shaped like "
                             << "router_probs " << fused.logits;
  if (fused.sparseMixer)
    return error(fused.node) << "unsupported: router_weights together with use_sparse_mixer";
  return success();
}

FailureOr<Fused> readNode(onnx::NodeOp node, StringRef layoutOption) {
  Fused fused{};
  fused.node = node;
  if (failed(checkAttributes(node)))
    return failure();
  size_t least = fused.isQuantised() ? 6 : 5, most = fused.isQuantised() ? 21 : 8;
  if (node.getInputs().size() < least || node.getInputs().size() > most ||
      node.getOutputs().size() != 1)
    return error(node) << "expects " << least << " to " << most
                       << " inputs and one output, but got " << node.getInputs().size() << " and "
                       << node.getOutputs().size();
  if (failed(readActivation(fused)) || failed(readSwiglu(fused)) || failed(readRouting(fused)) ||
      failed(checkRouterWeights(fused)) || failed(readWeights(fused, layoutOption)))
    return failure();
  return fused;
}

Value minimum(ImplicitLocOpBuilder &b, Value x, double bound) {
  return arith::MinimumFOp::create(b, x, formula::number(b, x.getType(), bound));
}

/// G * sigmoid(alpha * G) * (L + beta), G clamped above and L on both sides.
Value swiglu(ImplicitLocOpBuilder &b, const Fused &fused, Value gate, Value linear) {
  auto constant = [&](double value) { return formula::number(b, gate.getType(), value); };
  if (fused.limit) {
    gate = minimum(b, gate, *fused.limit);
    linear =
        arith::MaximumFOp::create(b, minimum(b, linear, *fused.limit), constant(-*fused.limit));
  }
  if (fused.beta != 0.0)
    linear = arith::AddFOp::create(b, linear, constant(fused.beta));
  return arith::MulFOp::create(b, formula::swish(b, gate, fused.alpha), linear);
}

Value activate(ImplicitLocOpBuilder &b, Activation activation, Value x) {
  switch (activation) {
  case Activation::Relu:
    return formula::relu(b, x);
  case Activation::Gelu:
    return formula::geluTanh(b, x);
  case Activation::Silu:
    return formula::swish(b, x, 1.0);
  case Activation::Swiglu:
  case Activation::Identity:
    return x;
  }
  llvm_unreachable("all activations are handled above");
}

int64_t columnsOf(const WeightView &view) { return view.shape.back(); }
int64_t columnsOf(const QuantView &view) { return view.codes.shape.back(); }

/// The two parts of fc1 with a fusion: every other column, or halves.
template <typename View>
std::pair<View, View> parts(const View &view, int64_t last, int64_t columns, int64_t fusion) {
  int64_t half = columns / 2, start = fusion == 1 ? 1 : half, step = fusion == 1 ? 2 : 1;
  return {view.sliced(last, 0, half, step), view.sliced(last, start, half, step)};
}

/// Writes the body while it numbers the weights that it reads.
class FusedBody {
public:
  FusedBody(const Fused &fused) : fused(fused) {
    if (fused.isQuantised())
      addAll(fused.codes);
    else
      addAll(fused.weights);
  }

  SmallVector<LayerSpec::Stack> weights;

  void write(BodyBuilder &body) {
    Value gate = linearLayer(body, body.rows(), places[0], places[1]);
    Value linear = places[2] ? linearLayer(body, body.rows(), places[2], places[3]) : Value();
    SmallVector<Value> operands{gate};
    if (linear)
      operands.push_back(linear);
    Value hidden = gate;
    if (fused.activation != Activation::Identity || linear)
      hidden =
          body.elementwise(operands, [&](ImplicitLocOpBuilder &b, ArrayRef<Value> args) -> Value {
            if (fused.activation == Activation::Swiglu)
              return swiglu(b, fused, args[0], args[1]);
            Value active = activate(b, fused.activation, args[0]);
            return args.size() == 1 ? active
                                    : arith::MulFOp::create(b, active, args[1]).getResult();
          });
    body.yield(linearLayer(body, hidden, places[4], places[5]));
  }

private:
  /// Where a weight stands: its number, and for codes what makes numbers of them.
  struct Place {
    int weight = -1, scales = -1, zeroPoints = -1;
    QuantAttr quant;
    explicit operator bool() const { return weight >= 0; }
  };

  template <typename View> void addAll(const std::optional<View> (&given)[3]) {
    std::optional<WeightView> gateBias = fused.biases[0], linearBias = fused.biases[2];
    View gate = *given[0];
    std::optional<View> linear = given[2];
    if (fused.fusion) {
      std::tie(gate, linear.emplace()) = parts(*given[0], 2, columnsOf(*given[0]), fused.fusion);
      if (gateBias)
        std::tie(*gateBias, linearBias.emplace()) =
            parts(*fused.biases[0], 1, fused.biases[0]->shape[1], fused.fusion);
    }
    std::optional<View> ordered[] = {gate, linear, given[1]};
    std::optional<WeightView> biases[] = {gateBias, linearBias, fused.biases[1]};
    for (unsigned i = 0; i < 3; ++i) {
      places.push_back(ordered[i] ? add(*ordered[i]) : Place());
      places.push_back(biases[i] ? add(*biases[i]) : Place());
    }
  }

  Place add(const WeightView &view) {
    weights.push_back({{view}, true});
    Place place;
    place.weight = weights.size() - 1;
    return place;
  }

  Place add(const QuantView &view) {
    Place place = add(view.codes);
    place.scales = add(view.scales).weight;
    place.zeroPoints = view.zeroPoints ? add(*view.zeroPoints).weight : -1;
    place.quant = view.quant;
    return place;
  }

  Value linearLayer(BodyBuilder &body, Value rows, const Place &weight, const Place &bias) {
    auto share = [&](int place) { return place < 0 ? Value() : body.weight(place); };
    Value matrix = share(weight.weight);
    if (weight.quant)
      matrix =
          body.dequantize(matrix, share(weight.scales), share(weight.zeroPoints), weight.quant);
    Value product = body.matmul(rows, matrix);
    if (!bias)
      return product;
    return body.elementwise({product, share(bias.weight)},
                            [](ImplicitLocOpBuilder &b, ArrayRef<Value> args) {
                              return arith::AddFOp::create(b, args[0], args[1]).getResult();
                            });
  }

  const Fused &fused;
  /// Of gate, its bias, linear, its bias, down, its bias.
  SmallVector<Place> places;
};

/// Files for CUDA once meant other constants than those that the operator's text leaves out.
void warnOfConstants(const Fused &fused) {
  onnx::NodeOp node = fused.node;
  bool says = node.attribute("activation_alpha") || node.attribute("activation_beta") ||
              node.attribute("swiglu_limit");
  if (fused.fusion != 0 && !says)
    node.emitWarning(nameOf(node))
        << ": swiglu without activation_alpha, activation_beta and swiglu_limit is compiled as the "
           "operator's text says, with alpha 1, beta 0 and no limit; files for CUDA may have meant "
           "alpha 1.702, beta 1, limit 7";
}

} // namespace

Outcome raiseFusedMoe(onnx::NodeOp node, Attempt &attempt) {
  if (!node.is("MoE", "com.microsoft") && !node.is("QMoE", "com.microsoft"))
    return Outcome::NoMatch;
  auto fused = readNode(node, attempt.layout);
  if (failed(fused))
    return Outcome::Error;
  warnOfConstants(*fused);
  FusedBody body(*fused);
  OpBuilder builder(node);
  LayerSpec spec;
  spec.anchor = node;
  spec.tokens = node.input(0);
  setFusedRouting(
      spec, {node.input(1), fused->routerWeights(), fused->k, fused->normalize, fused->sparseMixer},
      builder, attempt);
  spec.weights = body.weights;
  spec.intermediate = fused->lastShape()[1];
  spec.columns = fused->lastShape()[2];
  auto write = [&](BodyBuilder &builder) { body.write(builder); };
  spec.writeBody = write;
  spec.form = "fused";
  spec.body = node.stringAttribute("activation_type", "relu").str();
  spec.resultType = fused->output;
  node.getOutputs()[0].replaceAllUsesWith(attempt.layers.write(builder, spec));
  return Outcome::Raised;
}

} // namespace moe::raise
