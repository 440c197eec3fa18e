//===- SortedRules.h - The facts that a node hands on -----------*- C++ -*-===//
//
// One rule for each operator that may stand between the choices and the experts' rows. Private to
// the files of `Sorted`.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_SORTEDRULES_H
#define MOE_LOWERING_ONNX_RAISE_SORTEDRULES_H

#include "lowering/onnx/raise/Sorted.h"

namespace moe::raise {

class SortedRules {
public:
  explicit SortedRules(Sorted &sorted) : s(sorted) {}

  /// Gives the node's results their facts, if any.
  void visit(onnx::NodeOp node);
  /// To be called after the last node: says what is not finished.
  void finishWrites();

private:
  using Rule = void (SortedRules::*)(onnx::NodeOp);
  static Rule ruleOf(onnx::NodeOp node);

  // What a node's operand is.
  const Fact *fact(onnx::NodeOp node, unsigned input) { return s.find(node.input(input)); }
  /// The operand's fact where it is one number for each element of a space.
  const Fact *numbers(onnx::NodeOp node, unsigned input);
  std::optional<Tally> tallyOf(mlir::Value value);
  /// Whether the rows are, or from here on have to be, sorted in this direction.
  bool fixOrder(bool descending);
  /// The number of experts whose rows come before a place among the sorted.
  std::optional<int64_t> boundOf(mlir::Value value, bool isEnd);
  bool isNumberOfPairs(mlir::Value value);
  bool isNumberOfTokens(mlir::Value value);
  bool isRange(mlir::Value value);
  void set(mlir::Value value, Fact fact) { s.facts[value] = std::move(fact); }
  void stop(onnx::NodeOp node, const llvm::Twine &why);

  // Numbers: SortedNumbers.cpp.
  void cast(onnx::NodeOp node);
  void pointwise(onnx::NodeOp node);
  std::optional<Fact> tables(onnx::NodeOp node);
  std::optional<Fact> absorbed(onnx::NodeOp node);
  std::optional<Fact> unchanged(onnx::NodeOp node);
  std::optional<Fact> compared(onnx::NodeOp node);
  std::optional<Fact> divided(onnx::NodeOp node);
  std::optional<Fact> columnsOf(onnx::NodeOp node);
  void where(onnx::NodeOp node);
  void oneHot(onnx::NodeOp node);
  void reduceSum(onnx::NodeOp node);
  void cumSum(onnx::NodeOp node);
  void pad(onnx::NodeOp node);

  // Layout, sorting and moving: SortedRows.cpp.
  int64_t widthOf(mlir::Value value);
  bool splitsPairs(onnx::NodeOp node, const Fact &known);
  void reshape(onnx::NodeOp node);
  bool turn(onnx::NodeOp node, const Fact &known);
  void transpose(onnx::NodeOp node);
  void expand(onnx::NodeOp node);
  void sort(onnx::NodeOp node);
  void gather(onnx::NodeOp node);
  void gatherNd(onnx::NodeOp node);
  void gatherElements(onnx::NodeOp node);
  void gathered(onnx::NodeOp node, const Fact &index);
  void scatter(onnx::NodeOp node);
  void scatterOver(onnx::NodeOp node, const Fact &index);
  mlir::Value updatesOf(onnx::NodeOp node);
  bool holdsAllPairs(mlir::Value value);
  bool countsIds(onnx::NodeOp node, const Fact &index);

  // Writing expert by expert: SortedWrites.cpp.
  bool hasRowPerPair(mlir::Value blank);
  bool reachesAllRows(mlir::Value places);
  void slicePlaces(onnx::NodeOp node);
  mlir::Value rowsToWrite(onnx::NodeOp node);
  void writeGroup(onnx::NodeOp node, const Fact &index);
  void joinWrites(onnx::NodeOp node);

  // Cutting, joining and what is in between: SortedCuts.cpp.
  void range(onnx::NodeOp node);
  void slice(onnx::NodeOp node);
  void split(onnx::NodeOp node);
  void concat(onnx::NodeOp node);
  bool joinGroups(onnx::NodeOp node);
  void cut(onnx::NodeOp node, mlir::Value part, int64_t expert);
  void data(onnx::NodeOp node);
  void endOfOne(onnx::NodeOp node);

  Sorted &s;
};

/// Whether the fact's tensor has its space in the first dimension alone.
bool isFirstDim(const Fact &fact, mlir::Value value);
/// Whether two tensors have the same shape as far as types tell.
bool sameTypeShape(mlir::Value a, mlir::Value b);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_SORTEDRULES_H
