//===- CapacityLayer.cpp - From proven masks to a layer -------------------===//
//
// Summed over an expert's places, the mask that weights is the routing weight of each token and
// expert, and the mask that dispatches says whether the token is there at all. Choices that were
// dropped become -1.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/CapacityLayer.h"
#include "lowering/onnx/raise/KeptIds.h"
#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/MixtureLayer.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Each [tokens..., k].
struct Routing {
  Value ids, weights;
};

/// Writes the nodes that turn masks into routing.
class RoutingWriter {
public:
  RoutingWriter(OpBuilder &builder, const CapacityLayer &layer, onnx::NodeOp anchor)
      : builder(builder), layer(layer), nodes(builder, anchor) {
    ArrayRef<int64_t> shape = tensorType(layer.tokens).getShape().drop_back();
    tokens.assign(shape.begin(), shape.end());
  }

  Value perExpert(ArrayRef<MaskFactor> masks);
  Routing routing();

private:
  Value summed(ArrayRef<MaskFactor> masks, StringRef out, RankedTensorType type);

  OpBuilder &builder;
  const CapacityLayer &layer;
  NodeWriter nodes;
  /// The tokens' sizes.
  SmallVector<int64_t> tokens;
};

/// The product of masks, summed over all dimensions but those of `out`, as floats.
Value RoutingWriter::summed(ArrayRef<MaskFactor> masks, StringRef out, RankedTensorType type) {
  std::string equation;
  SmallVector<Value> operands;
  char unit = 'p';
  for (const MaskFactor &mask : masks) {
    equation += equation.empty() ? "" : ",";
    Value value = nodes.cast(mask.value, type.getElementType());
    SmallVector<int64_t> shape, sizes;
    std::string letters;
    for (auto [name, size] : llvm::zip_equal(mask.dims, tensorType(value).getShape())) {
      if (name == "ec") {
        shape.append({layer.sizes.experts, layer.sizes.places});
        sizes.append({layer.sizes.experts, layer.sizes.places});
        letters += "ec";
        continue;
      }
      // What lies before stays where it is; behind, the one unknown size is what is left.
      bool before = !llvm::is_contained(letters, 'c');
      shape.push_back(before ? 0 : ShapedType::isDynamic(size) ? -1 : size);
      sizes.push_back(size);
      letters += name.empty() ? std::string(1, unit++) : name;
    }
    if (shape.size() != mask.dims.size())
      value = nodes.node("Reshape", {value, nodes.ints(shape)},
                         RankedTensorType::get(sizes, type.getElementType()));
    operands.push_back(value);
    equation += letters;
  }
  equation += "->" + out.str();
  return nodes.node("Einsum", operands, type,
                    builder.getNamedAttr("equation", builder.getStringAttr(equation)));
}

/// A number for each token and expert.
Value RoutingWriter::perExpert(ArrayRef<MaskFactor> masks) {
  SmallVector<int64_t> shape = tokens;
  shape.push_back(layer.sizes.experts);
  return summed(masks, layer.grouped ? "gte" : "te",
                RankedTensorType::get(shape, builder.getF32Type()));
}

/// What the masks leave of the choices.
Routing RoutingWriter::routing() {
  Value weights = layer.weights, present = layer.present;
  if (!weights) {
    weights = perExpert(layer.combine);
    present = perExpert({MaskFactor{layer.mask, layer.maskDims}});
  }
  KeptIds ids = writeKeptIds(nodes, layer.ids, present);
  if (!layer.ids.empty())
    weights = nodes.node("GatherElements", {weights, ids.ids},
                         tensorType(ids.ids).clone(tensorType(weights).getElementType()),
                         nodes.attribute("axis", tokens.size()));
  return {ids.kept, weights};
}

} // namespace

LogicalResult writeCapacity(const CapacityLayer &layer, const Choices &choices, Attempt &attempt) {
  onnx::NodeOp node = nodeOf(layer.result);
  RankedTensorType type = tensorType(layer.tokens), result = tensorType(layer.result);
  const Body &body = layer.bodies.front();
  for (const Body::Weight &weight : body.weights)
    if (weight.view.elementType != type.getElementType())
      return attempt.miss(node, nameOf(node) + " weights experts whose weights are of another type "
                                               "than their rows");
  if (result.getElementType() != type.getElementType() || !isa<FloatType>(type.getElementType()) ||
      type.getElementTypeBitWidth() > 32 || body.columns() != result.getShape().back())
    return attempt.miss(node, nameOf(node) + " is of another type than the experts' rows");
  if (!followTokens(layer.ids, layer.grouped ? MaskDims{"g", "t"} : MaskDims{"t"}))
    return attempt.miss(node, nameOf(node) + " follows choices in another order than the tokens");
  // Of each sum one term is not zero: f32 holds it for all types that are no wider.
  OpBuilder builder(node);
  Routing routing = RoutingWriter(builder, layer, node).routing();
  LayerSpec spec;
  spec.anchor = choices.anchor;
  spec.experts = choices.experts;
  spec.tokens = layer.tokens;
  spec.given = GivenRouting{routing.ids, routing.weights, choices.name,
                            "what the masks leave of the choices"};
  setWeights(spec, layer.bodies, choices.experts);
  spec.intermediate = body.intermediate();
  spec.columns = body.columns();
  spec.resultType = result;
  auto write = [&](BodyBuilder &builder) { writeBody(body, builder); };
  spec.writeBody = write;
  spec.form = "capacity";
  spec.body = body.describe();
  spec.checkTokens = true;
  Value whole = layer.result;
  whole.replaceAllUsesWith(attempt.layers.write(builder, spec));
  return success();
}

} // namespace moe::raise
