//===- Storage.cpp - How memory holds elements ----------------------------===//
//
// Integers lose their sign, which operators know. What has less than a byte, and floats of a byte,
// have no arithmetic of their own: each lies in a byte, an int4 with its sign, the others as their
// bits, and only operators that move elements or say what they mean may take them.
//
//===----------------------------------------------------------------------===//

#include "dialect/ElementTypes.h"
#include "lowering/onnx/convert/Node.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
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

/// The weight of `pieces`, in bytes.
static Value bytesOf(ImplicitLocOpBuilder &b, WeightOp weight, ArrayRef<int64_t> shape,
                     ArrayRef<Attribute> pieces) {
  auto type = RankedTensorType::get(shape, b.getI8Type());
  return WeightOp::create(b, type, b.getArrayAttr(pieces), weight.getNameAttr(), Layout::Rows,
                          IntegerAttr(), IntegerAttr(), IntegerAttr(), IntegerAttr());
}

/// The numbers of `bits` bits each in `packed`, low bits first, in a byte each.
static Value unpacked(ImplicitLocOpBuilder &b, Value packed, ArrayRef<int64_t> shape, unsigned bits,
                      bool isSigned) {
  Type byte = b.getI8Type();
  Value init = tensor::EmptyOp::create(b, shape, byte);
  SmallVector<utils::IteratorType> loops(shape.size(), utils::IteratorType::parallel);
  AffineMap identity = b.getMultiDimIdentityMap(shape.size());
  auto body = [&](OpBuilder &inner, Location loc, ValueRange) {
    ImplicitLocOpBuilder at(loc, inner);
    auto number = [&](int64_t n) -> Value { return arith::ConstantIndexOp::create(at, n); };
    auto small = [&](int64_t n) -> Value {
      return arith::ConstantOp::create(at, at.getIntegerAttr(byte, n));
    };
    Value flat = number(0);
    for (auto [d, size] : llvm::enumerate(shape)) {
      flat = arith::MulIOp::create(at, flat, number(size));
      flat = arith::AddIOp::create(at, flat, linalg::IndexOp::create(at, d));
    }
    Value each = number(8 / bits);
    Value found = tensor::ExtractOp::create(
        at, packed, ValueRange{arith::DivUIOp::create(at, flat, each).getResult()});
    Value place = arith::IndexCastOp::create(at, byte, arith::RemUIOp::create(at, flat, each));
    // To the top of the byte, and back with or without the sign.
    Value below = arith::MulIOp::create(at, place, small(bits));
    found = arith::ShLIOp::create(at, arith::ShRUIOp::create(at, found, below), small(8 - bits));
    found = isSigned ? arith::ShRSIOp::create(at, found, small(8 - bits)).getResult()
                     : arith::ShRUIOp::create(at, found, small(8 - bits));
    linalg::YieldOp::create(at, found);
  };
  return linalg::GenericOp::create(b, init.getType(), ValueRange{}, init, identity, loops, body)
      .getResult(0);
}

Value convert::weightInBytes(ImplicitLocOpBuilder &b, WeightOp weight) {
  auto type = cast<RankedTensorType>(weight.getType());
  const ElementType *element = elementTypeOf(type.getElementType());
  if (!element->isPacked())
    return bytesOf(b, weight, type.getShape(), weight.getPieces().getValue());
  // A file's own tensor: one piece, row by row, from a whole byte on.
  auto piece = cast<PieceAttr>(weight.getPieces()[0]);
  SmallVector<int64_t> rows(type.getRank(), 1);
  for (int64_t i = type.getRank() - 1; i > 0; --i)
    rows[i - 1] = rows[i] * type.getDimSize(i);
  auto elements = dyn_cast<DenseElementsAttr>(piece.getSource());
  bool isWhole = weight.getPieces().size() == 1 && piece.getShape() == type.getShape() &&
                 piece.getStrides() == ArrayRef<int64_t>(rows) && piece.getOffset() % 8 == 0;
  if (elements && isWhole && elements.getType() == type)
    return arith::ConstantOp::create(b, cast<TypedAttr>(signlessElements(elements)));
  if (elements || !isWhole)
    return {};
  int64_t bytes = llvm::divideCeil(type.getNumElements(), 8 / element->bits);
  Attribute view =
      PieceAttr::get(b.getContext(), piece.getSource(), piece.getOffset() / 8, bytes, 1);
  bool isSigned = element->name.starts_with("int");
  return unpacked(b, bytesOf(b, weight, bytes, view), type.getShape(), element->bits, isSigned);
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
  return (node.getDomain().empty() && llvm::is_contained(operators, node.getOp())) ||
         node.is("GatherBlockQuantized", "com.microsoft");
}
