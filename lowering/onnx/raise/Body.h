//===- Body.h - Recognises an expert's body ---------------------*- C++ -*-===//
//
// What stands between the rows that an expert reads and its output, as a list of steps with the
// weights set apart, so that the bodies of all experts can be compared up to their weights. Rows
// may lie along any dimensions, in any order, beside one dimension of features; a body of all
// experts at once has weights with the experts in front.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_BODY_H
#define MOE_LOWERING_ONNX_RAISE_BODY_H

#include "lowering/onnx/raise/Attempt.h"
#include "lowering/onnx/raise/Axes.h"
#include "lowering/onnx/raise/BodyBuilder.h"
#include "lowering/onnx/raise/Quantized.h"

namespace moe::raise {

struct Body {
  struct Operand {
    enum Kind { Rows, Step, Weight, Literal, Absent } kind;
    /// Which step, weight or literal.
    unsigned index = 0;
    bool operator==(const Operand &o) const { return kind == o.kind && index == o.index; }
  };
  struct Step {
    /// Null for the product of rows and a weight. The weight is one operand, or codes, scales and
    /// zero points, if any, with their rule as the attribute `quant`.
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
  struct Weight {
    /// [K, N] of a product, [N] of others; after the experts where it is `stacked`.
    WeightView view;
    bool stacked = false;
    /// While a body is read: what makes numbers of `view`, which are its codes.
    std::optional<QuantView> quant = {};
    bool operator==(const Weight &o) const { return stacked == o.stacked && view == o.view; }
  };
  llvm::SmallVector<Weight, 0> weights;
  llvm::SmallVector<double> literals;
  Operand result{Operand::Rows};
  /// The dimensions of the output.
  Axes axes;

  /// Whether the two do the same with weights of the same types.
  bool sameUpToWeights(const Body &other) const;
  /// Whether all weights are of rows of `type`: of that type, or codes with what belongs to them.
  bool weightsFit(mlir::Type type) const;
  /// The width of the result; a body has at least one step.
  int64_t columns() const { return steps[result.index].columns; }
  /// The depth of the last product.
  int64_t intermediate() const;
  /// "matmul, Add, Gelu, matmul, Add", for remarks.
  std::string describe() const;
};

/// What a pattern knows of a value that a body is read back to.
struct BodyInput {
  enum Kind {
    /// What the experts read: one dimension of features, the others rows.
    Rows,
    /// A weight of the expert that each row goes to: `view` is [E, ...], the rest in the order of
    /// the features' dimensions of `axes`.
    Weight,
    /// The same as another value, which is read instead.
    Alias,
  } kind;
  Axes axes = {};
  WeightView view = {};
  mlir::Value alias = {};
};

/// Reads the body back from `output` to the values that `input` knows. Constants with a dimension
/// of all experts are weights.
mlir::FailureOr<Body> matchBody(mlir::Value output, Counts counts,
                                llvm::function_ref<std::optional<BodyInput>(mlir::Value)> input,
                                Attempt &attempt);
/// Reads the body of one expert back to the values that `isRows` accepts: rows, features last.
mlir::FailureOr<Body> matchBody(mlir::Value output, llvm::function_ref<bool(mlir::Value)> isRows,
                                Attempt &attempt);
/// The same, for values that `input` knows; all rows are `plainRows`.
mlir::FailureOr<Body> matchRowsBody(mlir::Value output,
                                    llvm::function_ref<std::optional<BodyInput>(mlir::Value)> input,
                                    Attempt &attempt);
/// The labels of rows with their features last, or nothing where the value is not of that kind.
std::optional<Axes> plainRows(mlir::Value value);

/// Writes the steps of `body`.
void writeBody(const Body &body, BodyBuilder &builder);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_BODY_H
