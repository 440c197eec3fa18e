//===- Interpret.h - Runs the moe stage in plain loops ----------*- C++ -*-===//
//
// The part of the reference that reads IR: layers as --moe-keep-reference keeps them, and experts'
// bodies. Every number is computed in double and goes with a bound of what rounding may do to it.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_DIALECT_REFERENCE_INTERPRET_H
#define MOE_DIALECT_REFERENCE_INTERPRET_H

#include "dialect/Moe.h"
#include "dialect/reference/Reference.h"
#include <functional>
#include <optional>

namespace moe::reference {

/// Reads the numbers of a weight: those of one index of its leading dimension, without it, or all.
/// Reports an error where it cannot.
using WeightReader =
    std::function<mlir::FailureOr<Tensor>(WeightOp weight, std::optional<int64_t> leading)>;

/// The rule of a gate.
GateRule gateRule(GateAttr gate);
/// Unit roundoff of a float type, 0 of others.
double unitOf(mlir::Type type);

/// Runs blocks, operation by operation. What it does not know is reported as an error of the
/// operation.
class Interpreter {
public:
  explicit Interpreter(WeightReader readWeight) : readWeight(std::move(readWeight)) {}

  /// Gives a value (a block argument) its numbers.
  void bind(mlir::Value value, Tensor tensor);
  /// Runs all operations but the terminator.
  mlir::LogicalResult run(mlir::Block &block);
  /// The numbers of a value that has been computed or bound.
  mlir::FailureOr<Tensor> get(mlir::Value value);

private:
  /// The same, without a copy where the value is kept; `own` holds what is not.
  mlir::FailureOr<const Tensor *> peek(mlir::Value value, Tensor &own);
  struct Row;
  static const Row *findRow(mlir::Operation *op);

  mlir::LogicalResult runConstant(mlir::Operation *op);
  mlir::LogicalResult runWeight(mlir::Operation *op);
  mlir::LogicalResult runEmpty(mlir::Operation *op);
  mlir::LogicalResult runDim(mlir::Operation *op);
  mlir::LogicalResult runReshape(mlir::Operation *op);
  mlir::LogicalResult runFill(mlir::Operation *op);
  mlir::LogicalResult runMatmul(mlir::Operation *op);
  mlir::LogicalResult runGeneric(mlir::Operation *op);
  mlir::LogicalResult runDequantize(mlir::Operation *op);
  mlir::LogicalResult runGate(mlir::Operation *op);
  mlir::LogicalResult runDispatch(mlir::Operation *op);
  mlir::LogicalResult runExpert(mlir::Operation *op);
  mlir::LogicalResult runCombine(mlir::Operation *op);

  /// weights[expert, ...] of an operand of moe.expert.
  mlir::FailureOr<Tensor> weightOf(mlir::Value weights, int64_t expert);
  /// The body of `expert` on the rows begin .. end - 1, put into `out`.
  mlir::LogicalResult runBody(ExpertOp expert, const Tensor &rows, int64_t index, int64_t begin,
                              int64_t end, Tensor &out);

  WeightReader readWeight;
  llvm::DenseMap<mlir::Value, Tensor> values;
};

/// A region on scalars (the body of a linalg.generic), made ready to be run for each element.
class ScalarProgram {
public:
  struct Number {
    double value = 0, error = 0;
  };

  /// Reports what it does not know; `outside` gives the scalars that the body captures.
  static mlir::FailureOr<ScalarProgram>
  compile(mlir::Block &block, llvm::function_ref<mlir::FailureOr<Tensor>(mlir::Value)> outside);
  /// The yielded numbers, given those of the block's arguments.
  void run(llvm::ArrayRef<Number> arguments, llvm::SmallVectorImpl<Number> &results);

private:
  using Function = double (*)(const double *operands);
  struct Step {
    Function apply;
    double unit; ///< rounding of the result, relative; 0 where the operation is exact
    llvm::SmallVector<unsigned, 3> operands;
  };

  static Number evaluate(const Step &step, llvm::ArrayRef<Number> numbers);
  mlir::LogicalResult addStep(mlir::Operation &op, llvm::ArrayRef<unsigned> operands);

  llvm::SmallVector<Number> numbers; ///< arguments, then captured scalars, then results of steps
  llvm::SmallVector<Step> steps;
  unsigned firstResult = 0;
  llvm::SmallVector<unsigned> yielded;
};

} // namespace moe::reference

#endif // MOE_DIALECT_REFERENCE_INTERPRET_H
