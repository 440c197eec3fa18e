//===- RowScales.cpp - Rows that an Einsum scales -------------------------===//
//
// "r,rc->rc" sums over nothing: it is a column of numbers times rows, which patterns know as Mul.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/RowScales.h"
#include "lowering/onnx/raise/Masks.h"
#include "lowering/onnx/raise/NodeWriter.h"

using namespace mlir;

namespace moe::raise {

/// Which operand holds a number for each row of the other, or nothing.
static std::optional<unsigned> scalingOperand(onnx::NodeOp node) {
  auto letters = node.getInputs().size() == 2 ? contractionOf(node) : std::nullopt;
  if (!letters || letters->out.size() != 2)
    return std::nullopt;
  for (unsigned side : {0u, 1u}) {
    ArrayRef<int> scale = letters->operands[side], rows = letters->operands[1 - side];
    if (rows == ArrayRef<int>(letters->out) && scale == rows.take_front(1))
      return side;
  }
  return std::nullopt;
}

void spellRowScales(FunctionOpInterface function) {
  SmallVector<onnx::NodeOp> nodes;
  function.walk([&](onnx::NodeOp node) {
    RankedTensorType type = node.is("Einsum") ? tensorType(node.getOutputs()[0]) : nullptr;
    if (type && isa<FloatType>(type.getElementType()) && scalingOperand(node))
      nodes.push_back(node);
  });
  for (onnx::NodeOp node : nodes) {
    OpBuilder builder(node);
    NodeWriter writer(builder, node);
    unsigned side = *scalingOperand(node);
    Value column = writer.withLast(node.input(side));
    Value product =
        writer.node("Mul", {column, node.input(1 - side)}, tensorType(node.getOutputs()[0]));
    node.getOutputs()[0].replaceAllUsesWith(product);
    node.erase();
  }
}

} // namespace moe::raise
