//===- Storage.cpp - How memory holds elements ----------------------------===//
//
// Integers lose their sign, which operators know. What has less than a byte, and floats of a byte,
// have no arithmetic of their own: each lies in a byte, an int4 with its sign, the others as their
// bits, and only operators that move elements or say what they mean may take them.
//
//===----------------------------------------------------------------------===//

#include "dialect/ElementTypes.h"
#include "lowering/onnx/convert/Node.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace moe;

bool convert::isSmall(Type type) {
  const ElementType *element = elementTypeOf(getElementTypeOrSelf(type));
  return element && element->isSmall();
}

Type convert::signless(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.clone(signless(tensor.getElementType()));
  if (isSmall(type))
    return IntegerType::get(type.getContext(), 8);
  if (auto integer = dyn_cast<IntegerType>(type))
    return IntegerType::get(type.getContext(), integer.getWidth());
  return type;
}

/// The elements of a small type, a byte each.
static DenseElementsAttr inBytes(DenseElementsAttr elements, RankedTensorType wanted) {
  llvm::SmallVector<APInt> bytes;
  if (isa<FloatType>(elements.getElementType())) {
    for (const APFloat &number : elements.getValues<APFloat>())
      bytes.push_back(number.bitcastToAPInt().zextOrTrunc(8));
    return DenseElementsAttr::get(wanted, bytes);
  }
  bool isUnsigned = elements.getElementType().isUnsignedInteger();
  for (const APInt &number : elements.getValues<APInt>())
    bytes.push_back(isUnsigned ? number.zext(8) : number.sext(8));
  return DenseElementsAttr::get(wanted, bytes);
}

ElementsAttr convert::signlessElements(ElementsAttr elements) {
  auto type = cast<RankedTensorType>(elements.getType());
  auto wanted = cast<RankedTensorType>(signless(type));
  if (type == wanted)
    return elements;
  if (auto dense = dyn_cast<DenseElementsAttr>(elements))
    return isSmall(type) ? inBytes(dense, wanted) : dense.bitcast(wanted.getElementType());
  // A blob has the file's bytes, which are packed below one.
  auto blob = dyn_cast<DenseResourceElementsAttr>(elements);
  if (blob && elementTypeOf(type.getElementType())->bits >= 8)
    return DenseResourceElementsAttr::get(wanted, blob.getRawHandle());
  return {};
}

bool convert::takesSmall(onnx::NodeOp node) {
  static constexpr llvm::StringLiteral operators[] = {
      "Cast",
      "CastLike",
      "Compress",
      "Concat",
      "ConstantOfShape",
      "Identity",
      "DequantizeLinear",
      "Expand",
      "Flatten",
      "Gather",
      "GatherND",
      "GatherElements",
      "If",
      "Loop",
      "Reshape",
      "Scan",
      "Shape",
      "QuantizeLinear",
      "Size",
      "Slice",
      "Split",
      "Squeeze",
      "Tile",
      "Transpose",
      "Unsqueeze",
      "Where",
  };
  return node.getDomain().empty() && llvm::is_contained(operators, node.getOp());
}
