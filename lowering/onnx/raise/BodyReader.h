//===- BodyReader.h - Reads an expert's body from a graph -------*- C++ -*-===//
//
// Inside of matchBody: values with labelled axes, whose features are some columns of a step or some
// numbers of a weight. Parts and reshapes of features change only where they lie; what was cut is
// written once, when a step needs it.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_BODYREADER_H
#define MOE_LOWERING_ONNX_RAISE_BODYREADER_H

#include "lowering/onnx/raise/Body.h"
#include "llvm/ADT/DenseMap.h"

namespace moe::raise {

/// A value of a body. Its free dimensions, in the order of the axes, are its features.
struct BodyValue {
  Axes axes;
  /// Of rows: columns `start`, ... of `operand`, a stride and a size for each free dimension.
  Body::Operand operand = {Body::Operand::Rows};
  int64_t start = 0;
  llvm::SmallVector<int64_t, 2> sizes, strides;
  /// Of a weight instead: after the experts, if any, a dimension for each free one.
  std::optional<Body::Weight> weight;

  /// All columns of `operand`.
  static BodyValue whole(Body::Operand operand, const Axes &axes, int64_t columns);

  llvm::SmallVector<int64_t, 2> freeSizes() const;
  /// Changes of features; `index` counts the free dimensions.
  void slice(unsigned index, int64_t start, int64_t count, int64_t step);
  void select(unsigned index, int64_t at);
  void permute(llvm::ArrayRef<int64_t> order);
  /// False where it would copy.
  bool reshape(llvm::ArrayRef<int64_t> to);
};

class BodyReader {
public:
  using Input = llvm::function_ref<std::optional<BodyInput>(mlir::Value)>;
  BodyReader(Input input, Counts counts, bool plainRows, Attempt &attempt)
      : input(input), counts(counts), plainRows(plainRows), attempt(attempt) {}

  mlir::FailureOr<Body> read(mlir::Value output);

private:
  // BodyReader.cpp: values in order, layout, parts.
  bool readInput(mlir::Value value, const BodyInput &found, mlir::Value &next);
  void inputsToRead(onnx::NodeOp node, llvm::SmallVectorImpl<mlir::Value> &inputs);
  using NodeReader = mlir::LogicalResult (BodyReader::*)(onnx::NodeOp, mlir::Value);
  static NodeReader readerOf(onnx::NodeOp node);
  mlir::LogicalResult readLayout(onnx::NodeOp node, mlir::Value value);
  mlir::LogicalResult readPart(onnx::NodeOp node, mlir::Value value);
  mlir::LogicalResult takePart(onnx::NodeOp node, BodyValue &of, int64_t axis, int64_t start,
                               int64_t count, int64_t step);

  // BodySteps.cpp: products and elementwise steps.
  mlir::LogicalResult readProduct(onnx::NodeOp node, mlir::Value value);
  mlir::FailureOr<BodyValue> product(onnx::NodeOp node, const BodyValue &rows,
                                     llvm::ArrayRef<int> rowLetters, const BodyValue &weight,
                                     llvm::ArrayRef<int> weightLetters, llvm::ArrayRef<int> out);
  // BodyQuantised.cpp: products with codes.
  mlir::LogicalResult readNBits(onnx::NodeOp node, mlir::Value value);
  std::optional<BodyValue> quantisedWeight(mlir::Value value);
  mlir::FailureOr<llvm::SmallVector<Body::Operand, 3>>
  matrixOperands(onnx::NodeOp node, const Body::Weight &matrix, mlir::DictionaryAttr &rule);
  mlir::LogicalResult addAffine(onnx::NodeOp gemm, BodyValue &result);
  mlir::LogicalResult readElementwise(onnx::NodeOp node, mlir::Value value);
  mlir::FailureOr<Body::Operand> sideOperand(onnx::NodeOp node, mlir::Value value, const Axes &axes,
                                             int64_t columns);
  std::optional<BodyValue> constantWeight(mlir::Value value);

  // BodyCut.cpp: what is written down.
  mlir::FailureOr<Body::Operand> columnsOf(onnx::NodeOp node, const BodyValue &value);
  mlir::FailureOr<Body::Operand> cut(onnx::NodeOp node, Body::Operand operand, int64_t start,
                                     int64_t count, int64_t step);
  Body::Operand addStep(llvm::StringRef op, llvm::StringRef domain, mlir::DictionaryAttr attributes,
                        llvm::ArrayRef<Body::Operand> operands, int64_t columns);
  Body::Operand literal(double value);
  Body::Operand weight(const Body::Weight &view);
  int64_t widthOf(Body::Operand operand);
  void prune();

  mlir::LogicalResult miss(onnx::NodeOp node, const llvm::Twine &why) {
    return attempt.miss(node, nameOf(node) + " " + why.str());
  }

  Input input;
  Counts counts;
  /// Rows are just rows: reshaping them in whatever way changes nothing.
  bool plainRows;
  Attempt &attempt;
  Body body;
  int64_t rowColumns = 0;
  llvm::DenseMap<mlir::Value, BodyValue> known;
  mlir::MLIRContext *context = nullptr;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_BODYREADER_H
