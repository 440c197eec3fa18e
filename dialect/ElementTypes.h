//===- ElementTypes.h - Element types of ONNX and of MLIR -------*- C++ -*-===//
//
// One table: what ONNX calls a type, its number in files, MLIR's type, and its number in an
// artifact. Whoever needs one for the other looks here.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_DIALECT_ELEMENTTYPES_H
#define MOE_DIALECT_ELEMENTTYPES_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/StringRef.h"

namespace moe {

/// One element type.
struct ElementType {
  /// ONNX's name as people write it: "float32", "bool", ... (`onnx.elem`).
  llvm::StringLiteral name;
  /// `TensorProto.DataType` of the ONNX specification.
  int32_t onnxCode;
  /// `ElementType` of `runtime/moe_meta.fbs`; 0 where an artifact's inputs and outputs cannot have
  /// it.
  uint8_t metaCode;
  /// Bits of one element in a file; 0 for strings.
  unsigned bits;
  /// The type in `onnx` operations: signed integers signless, unsigned ones unsigned.
  mlir::Type (*type)(mlir::MLIRContext *);

  /// Whether elements are whole bytes of one number each, so that they can be referenced in a file.
  bool isPlain() const;
  /// Whether an element is an integer of less than a byte or a float of a byte or less: each lies
  /// in a byte of its own in memory, an int4 with its sign, the others as their bits.
  bool isSmall() const;
  /// Whether several elements share a byte.
  bool isPacked() const { return bits == 2 || bits == 4; }
};

/// The row of an ONNX number, an ONNX name or an MLIR type, or null. A signless integer type finds
/// the signed row.
const ElementType *elementTypeByCode(int32_t onnxCode);
const ElementType *elementTypeByName(llvm::StringRef name);
const ElementType *elementTypeOf(mlir::Type type);

} // namespace moe

#endif // MOE_DIALECT_ELEMENTTYPES_H
