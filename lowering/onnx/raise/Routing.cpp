//===- Routing.cpp - Settles how a layer's tokens find their experts ------===//

#include "lowering/onnx/raise/Routing.h"
#include "lowering/onnx/raise/Router.h"
#include "lowering/onnx/raise/TokenShape.h"

using namespace mlir;

namespace moe::raise {

void setRouting(LayerSpec &spec, const Choices &choices, Value weights, Attempt &attempt) {
  if (choices.kept) {
    spec.anchor = choices.anchor;
    spec.experts = choices.experts;
    spec.given = GivenRouting{choices.kept, weights, choices.name, "the graph drops choices"};
    return;
  }
  // That no rule is found is no reason against the layer.
  Attempt search{attempt.layers};
  auto router = matchRouter(choices, weights, search);
  spec.anchor = choices.anchor;
  spec.experts = choices.experts;
  if (succeeded(router) && sameTokens(router->logits, spec.tokens)) {
    spec.logits = router->logits;
    spec.bias = router->bias;
    spec.gate = router->gate;
    if (choices.name == "argmax")
      spec.gateName = choices.name;
    return;
  }
  std::string why = failed(router)
                        ? search.missedWhy
                        : "the logits are not known to be of the tokens that the experts read";
  spec.given = GivenRouting{choices.ids, weights, choices.name, why};
}

Value weightsOfOne(Value ids, Type type, onnx::NodeOp at) {
  OpBuilder builder(at);
  RankedTensorType own = tensorType(ids);
  auto write = [&](StringRef op, Value input, ArrayRef<NamedAttribute> attributes, Type result) {
    return onnx::NodeOp::create(builder, at.getLoc(), result, op, "", 13, "",
                                builder.getDictionaryAttr(attributes), ArrayAttr(), input, 0)
        .getOutputs()[0];
  };
  Value shape =
      write("Shape", ids, {}, RankedTensorType::get({own.getRank()}, builder.getI64Type()));
  auto one =
      DenseElementsAttr::get(RankedTensorType::get({1}, type), builder.getFloatAttr(type, 1.0));
  return write("ConstantOfShape", shape, builder.getNamedAttr("value", one), own.clone(type));
}

} // namespace moe::raise
