//===- Body.h - Recognises an expert's body ---------------------*- C++ -*-===//
//
// What stands between the rows that an expert reads and its output, as a list of steps with the
// weights set apart, so that the bodies of all experts can be compared up to their weights.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_BODY_H
#define MOE_LOWERING_ONNX_RAISE_BODY_H

#include "lowering/onnx/raise/Attempt.h"
#include "lowering/onnx/raise/BodyBuilder.h"
#include "lowering/onnx/raise/Weights.h"

namespace moe::raise {

struct Body {
  struct Operand {
    enum Kind { Rows, Step, Weight, Literal, Absent } kind;
    /// Which step, weight or literal.
    unsigned index = 0;
    bool operator==(const Operand &o) const { return kind == o.kind && index == o.index; }
  };
  struct Step {
    /// Null for the product of rows and a weight.
    mlir::StringAttr op;
    mlir::StringAttr domain;
    mlir::DictionaryAttr attributes;
    llvm::SmallVector<Operand, 3> operands;
    /// The width of the result.
    int64_t columns;
    bool operator==(const Step &o) const {
      return op == o.op && domain == o.domain && attributes == o.attributes &&
             operands == o.operands && columns == o.columns;
    }
  };
  llvm::SmallVector<Step> steps;
  llvm::SmallVector<WeightView> weights;
  llvm::SmallVector<double> literals;
  Operand result{Operand::Rows};

  /// Whether the two do the same with weights of the same types.
  bool sameUpToWeights(const Body &other) const;
  /// The width of the result; a body has at least one step.
  int64_t columns() const { return steps[result.index].columns; }
  /// The depth of the last product.
  int64_t intermediate() const;
  /// "matmul, Add, Gelu, matmul, Add", for remarks.
  std::string describe() const;
};

/// Reads the body back from `output` to the values that `isRows` accepts.
mlir::FailureOr<Body> matchBody(mlir::Value output, llvm::function_ref<bool(mlir::Value)> isRows,
                                Attempt &attempt);

/// Writes the steps of `body`.
void writeBody(const Body &body, BodyBuilder &builder);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_BODY_H
