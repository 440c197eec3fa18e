//===- Composite.cpp - Operators that are several of the standard's -------===//

#include "lowering/onnx/infer/Composite.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace moe::onnx {

/// What may follow the product in FusedGemm. Null where the name is no activation.
static bool isActivation(StringRef op) {
  return llvm::StringSwitch<bool>(op)
      .Cases({"Elu", "HardSigmoid", "LeakyRelu", "Relu", "Selu", "Sigmoid"}, true)
      .Cases({"Softplus", "Softsign", "Tanh", "ThresholdedRelu"}, true)
      .Default(false);
}

/// A node of the standard's in the place of `like`.
static NodeOp standard(OpBuilder &builder, NodeOp like, StringRef op,
                       ArrayRef<NamedAttribute> attributes, ValueRange inputs) {
  constexpr int64_t version = 13; // what these operators mean has not changed since
  return NodeOp::create(builder, like.getLoc(), like.getOutputs()[0].getType(), op, "", version,
                        like.getName(), builder.getDictionaryAttr(attributes), ArrayAttr(), inputs,
                        0);
}

/// Gemm, and an activation whose own attributes have `activation_` in front of their names.
static void takeApartGemm(NodeOp fused) {
  constexpr llvm::StringLiteral prefix = "activation_";
  StringRef activation = fused.stringAttribute("activation", "");
  if (!isActivation(activation) || fused.getOutputs().size() != 1)
    return;
  SmallVector<NamedAttribute> ofGemm, ofActivation;
  OpBuilder builder(fused);
  for (NamedAttribute attribute : fused.getOnnxAttributes()) {
    StringRef name = attribute.getName().getValue();
    if (name.consume_front(prefix))
      ofActivation.push_back(builder.getNamedAttr(name, attribute.getValue()));
    else if (name != "activation")
      ofGemm.push_back(attribute);
  }
  NodeOp gemm = standard(builder, fused, "Gemm", ofGemm, fused.getInputs());
  NodeOp result = standard(builder, fused, activation, ofActivation, gemm.getOutputs());
  fused->replaceAllUsesWith(result.getOutputs());
  fused.erase();
}

void takeApart(Operation *root) {
  root->walk([](NodeOp node) {
    if (node.is("FusedGemm", "com.microsoft"))
      takeApartGemm(node);
  });
}

} // namespace moe::onnx
