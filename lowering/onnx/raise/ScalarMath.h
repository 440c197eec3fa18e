//===- ScalarMath.h - Elementwise operators of expert bodies ----*- C++ -*-===//
//
// A table of the ONNX operators that may stand between an expert's products, each with its formula
// on one element. A new activation is a row (and a function of Formulas.h).
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_SCALARMATH_H
#define MOE_LOWERING_ONNX_RAISE_SCALARMATH_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe::raise {

/// Operands and result are scalars of one float type; a left-out operand is null.
using ScalarFormula = mlir::Value (*)(mlir::ImplicitLocOpBuilder &, llvm::ArrayRef<mlir::Value>,
                                      mlir::DictionaryAttr attributes);

struct ElementwiseOperator {
  llvm::StringRef op;
  llvm::StringRef domain;
  /// Operands that must be there, and that may be.
  unsigned least, most;
  ScalarFormula formula;
};

/// The row of `domain.op`, or null where it may not stand in a body.
const ElementwiseOperator *findElementwise(llvm::StringRef op, llvm::StringRef domain);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_SCALARMATH_H
