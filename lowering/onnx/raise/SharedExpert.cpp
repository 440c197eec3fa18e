//===- SharedExpert.cpp - Finds experts that every token goes to ----------===//

#include "lowering/onnx/raise/SharedExpert.h"
#include "lowering/onnx/raise/Routed.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// An MLP, its gate included, is smaller; so is what lies between a layer and its sums.
constexpr size_t kMostNodes = 64;

bool isProduct(onnx::NodeOp node) {
  return node.is("MatMul") || node.is("Gemm") || node.is("MatMulNBits", "com.microsoft") ||
         node.is("FusedMatMul", "com.microsoft");
}

/// Operators that stand between an MLP's products.
bool isBetween(onnx::NodeOp node) {
  return llvm::StringSwitch<bool>(node.getOp())
      .Cases({"Add", "Mul", "Sub", "Div", "Sigmoid", "Relu", "Gelu", "Erf", "Tanh", "Swish"}, true)
      .Cases({"Silu", "QuickGelu", "FastGelu", "BiasGelu", "Clip", "Min", "Max", "Pow"}, true)
      .Cases({"Split", "Slice", "Gather", "Cast", "CastLike", "Identity", "Reshape"}, true)
      .Cases({"Squeeze", "Unsqueeze", "Transpose", "Neg", "Exp", "Reciprocal"}, true)
      .Default(false);
}

bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa_and_present<onnx::ConstantOp, onnx::NoneOp, WeightOp>(op))
    return true;
  onnx::NodeOp node = nodeOf(value);
  bool relaid = node && (node.is("Transpose") || node.is("DequantizeLinear") || node.is("Cast"));
  return relaid && node.input(0) &&
         isa_and_present<onnx::ConstantOp, WeightOp>(node.input(0).getDefiningOp());
}

/// Whether `value` is computed by at least `products` products from nothing but `tokens` and
/// constants.
bool isComputedFrom(Value value, Value tokens, unsigned products) {
  llvm::SetVector<Value> work;
  work.insert(value);
  unsigned found = 0;
  bool reaches = false;
  for (size_t next = 0; next < work.size(); ++next) {
    if (next >= kMostNodes)
      return false;
    if (stripShape(work[next]) == tokens) {
      reaches = true;
      continue;
    }
    if (isConstant(work[next]))
      continue;
    onnx::NodeOp node = nodeOf(work[next]);
    if (!node || (!isProduct(node) && !isBetween(node) && !node.is("Shape")))
      return false;
    if (node.is("Shape"))
      continue;
    found += isProduct(node);
    for (Value input : node.getInputs())
      work.insert(input);
  }
  return reaches && found >= products;
}

/// One number a token between 0 and 1, of the tokens.
bool isGate(Value value, Value tokens) {
  onnx::NodeOp sigmoid = nodeOf(stripShape(value), "Sigmoid");
  return sigmoid && lastDim(sigmoid.input(0)) == 1 && isComputedFrom(sigmoid.input(0), tokens, 1);
}

SharedExpert classify(Value value, Value tokens) {
  onnx::NodeOp product = nodeOf(stripShape(value), "Mul");
  for (unsigned i : {0u, 1u})
    if (product && product.input(1) && isGate(product.input(i), tokens) &&
        isComputedFrom(product.input(1 - i), tokens, 2))
      return SharedExpert::Gated;
  return isComputedFrom(value, tokens, 2) ? SharedExpert::Plain : SharedExpert::None;
}

/// The root of what a layer reads, before the changes of shape that raising wrote.
Value rootOf(Value value) {
  while (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>())
    value = collapse.getSrc();
  return stripShape(value);
}

} // namespace

SharedExpert findSharedExpert(Value result, Value tokens) {
  Value root = rootOf(tokens);
  llvm::SetVector<Value> work;
  work.insert(result);
  for (size_t next = 0; next < work.size() && next < kMostNodes; ++next)
    for (OpOperand &use : work[next].getUses()) {
      if (isa<tensor::ExpandShapeOp, tensor::CastOp>(use.getOwner()))
        work.insert(use.getOwner()->getResult(0));
      auto node = dyn_cast<onnx::NodeOp>(use.getOwner());
      bool keeps = node && (stripShape(node.getOutputs()[0]) != node.getOutputs()[0] ||
                            node.is("Transpose") ||
                            (node.is("Mul") && filledWith(node.input(1 - use.getOperandNumber()))));
      if (node && node.is("Add")) {
        SharedExpert found = classify(node.input(1 - use.getOperandNumber()), root);
        if (found != SharedExpert::None)
          return found;
        keeps = true;
      }
      if (keeps)
        work.insert(node.getOutputs()[0]);
    }
  return SharedExpert::None;
}

} // namespace moe::raise
