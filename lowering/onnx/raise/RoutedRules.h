//===- RoutedRules.h - How operators change routed values -------*- C++ -*-===//
//
// A rule looks at one node, some of whose inputs are known, and says what its outputs hold. Rules
// stand in tables by family; a new operator is a row.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_ROUTEDRULES_H
#define MOE_LOWERING_ONNX_RAISE_ROUTEDRULES_H

#include "lowering/onnx/raise/Routed.h"

namespace moe::raise {

/// What rules see.
class RoutedRules {
public:
  RoutedRules(RoutedValues &values) : values(values) {}

  using Rule = void (*)(RoutedRules &, onnx::NodeOp);
  struct Row {
    llvm::StringRef op;
    Rule rule;
  };
  /// The families.
  static llvm::ArrayRef<Row> layoutRows();
  static llvm::ArrayRef<Row> maskRows();
  static llvm::ArrayRef<Row> numberRows();
  static llvm::ArrayRef<Row> slotRows();
  /// Null where no rule knows the operator.
  static Rule find(onnx::NodeOp node);

  const Routed *of(mlir::Value value) { return values.find(value); }
  const Routed *at(onnx::NodeOp node, unsigned input) { return values.find(node.input(input)); }
  Counts counts() const { return values.sizes; }
  const Axes &idsAxes() const { return values.axes; }
  mlir::Value ids() const { return values.idsValue; }
  /// Records what the node's output `index` holds; the first word counts.
  void hold(onnx::NodeOp node, const Routed &routed, unsigned index = 0);
  /// Records that the node's first output is `routed` with other labels, if it has any.
  void holdRelaid(onnx::NodeOp node, Routed routed, std::optional<Axes> axes);
  /// Writes a node of operator `op` before `before`, or after its last input, with a result of type
  /// `type`.
  mlir::Value write(onnx::NodeOp before, llvm::StringRef op, mlir::Type type,
                    llvm::ArrayRef<mlir::Value> inputs,
                    llvm::ArrayRef<std::pair<llvm::StringRef, int64_t>> attributes = {});

private:
  RoutedValues &values;
};

/// Puts `builder` before `before`, or after what makes the last of `inputs` in its block: numbers
/// of all slots may stand after the node that they are of.
void insertAfterInputs(mlir::OpBuilder &builder, onnx::NodeOp before,
                       llvm::ArrayRef<mlir::Value> inputs);

/// The rule of a sum of masks, or of what masks pick, of several slots: false where it is none.
bool sumOverSlots(RoutedRules &rules, onnx::NodeOp node);
/// The rule of a scatter by the ids of one slot.
bool scatterSlot(RoutedRules &rules, onnx::NodeOp node);
/// The rule of arithmetic on numbers of one slot.
bool holdSlotNumbers(RoutedRules &rules, onnx::NodeOp node);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ROUTEDRULES_H
