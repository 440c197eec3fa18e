//===- BodyQuantised.cpp - Products of a body with codes ------------------===//
//
// A quantised matrix is read as its codes, which lie like any weight; scales and zero points follow
// them, and become operands of the step beside them.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/BodyReader.h"
#include "lowering/onnx/raise/NBits.h"

using namespace mlir;

namespace moe::raise {

using Operand = Body::Operand;

/// A dequantised constant as a weight: a matrix, or one for each expert in front.
std::optional<BodyValue> BodyReader::quantisedWeight(Value value) {
  auto view = quantView(value);
  if (!view || view->rank() < 2 || view->rank() > 3 || llvm::is_contained(view->codes.shape, 1))
    return std::nullopt;
  bool stacked = view->rank() == 3;
  if (stacked && (view->codes.shape[0] != counts.experts || counts.experts < 2))
    return std::nullopt;
  BodyValue result;
  result.weight = Body::Weight{view->codes, stacked, view};
  for (auto [dim, size] : llvm::enumerate(view->codes.shape))
    result.axes.push_back(stacked && dim == 0 ? dimOf(Atom::Expert) : freeDim(size));
  return result;
}

/// The matrix [K, N], after the experts if it is stacked, as operands of a product.
FailureOr<SmallVector<Operand, 3>>
BodyReader::matrixOperands(onnx::NodeOp node, const Body::Weight &matrix, DictionaryAttr &rule) {
  if (!matrix.quant)
    return SmallVector<Operand, 3>{weight(matrix)};
  auto view = matrix.quant->blockedAlong(matrix.stacked);
  if (!view)
    return miss(node, "has a matrix whose scales differ along its depth");
  int64_t depth = view->codes.shape[matrix.stacked], block = view->quant.getBlock();
  if (block < depth && block % 16)
    return miss(node, "has a matrix in blocks of " + Twine(block) + ", not of a multiple of 16");
  rule =
      DictionaryAttr::get(context, NamedAttribute(StringAttr::get(context, "quant"), view->quant));
  SmallVector<Operand, 3> operands{weight({view->codes, matrix.stacked}),
                                   weight({view->scales, matrix.stacked})};
  if (view->zeroPoints)
    operands.push_back(weight({*view->zeroPoints, matrix.stacked}));
  return operands;
}

LogicalResult BodyReader::readNBits(onnx::NodeOp node, Value value) {
  auto found = matMulNBitsView(node);
  if (auto *fault = std::get_if<NBitsFault>(&found))
    return miss(node, "is no product with a constant matrix: " + fault->what);
  auto &view = std::get<QuantView>(found);
  auto rows = known.find(node.input(0));
  if (rows == known.end() || rows->second.weight)
    return miss(node, "does not multiply an expert's rows");
  BodyValue matrix;
  matrix.weight = Body::Weight{view.codes, false, view};
  matrix.axes = {freeDim(view.codes.shape[0]), freeDim(view.codes.shape[1])};
  // Rows are [..., K], the result is [..., N].
  int rank = static_cast<int>(rows->second.axes.size()), depth = rank, columns = rank + 1;
  SmallVector<int> letters = llvm::to_vector(llvm::seq(0, rank - 1)), out = letters;
  letters.push_back(depth);
  out.push_back(columns);
  auto result = product(node, rows->second, letters, matrix, {depth, columns}, out);
  if (failed(result))
    return failure();
  if (Value bias = node.input(5)) {
    int64_t width = result->sizes.front();
    auto side = sideOperand(node, bias, result->axes, width);
    if (failed(side))
      return failure();
    result->operand =
        addStep("Add", "", DictionaryAttr::get(context), {result->operand, *side}, width);
  }
  known.insert({value, *result});
  return success();
}

} // namespace moe::raise
