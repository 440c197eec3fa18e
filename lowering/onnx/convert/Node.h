//===- Node.h - One node while it is converted ------------------*- C++ -*-===//
//
// What a row of a conversion table works with: the node, its operands as they are after conversion,
// a builder that stands before the node, and the way to hand back results or a refusal.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_CONVERT_NODE_H
#define MOE_LOWERING_ONNX_CONVERT_NODE_H

#include "lowering/onnx/OperatorTable.h"
#include "lowering/onnx/convert/Shapes.h"
#include "mlir/IR/IRMapping.h"

namespace moe::convert {

/// Builds what stands in place of one node. Is a builder, so that helpers take only the node.
class Node : public mlir::ImplicitLocOpBuilder {
public:
  /// Moves the operations of a subgraph to where the builder stands, with `arguments` for its
  /// inputs, and converts them; gives what they compute. Fails with the errors reported.
  using ConvertBody = llvm::function_ref<mlir::FailureOr<llvm::SmallVector<Value>>(
      mlir::Region &body, mlir::ValueRange arguments, mlir::ImplicitLocOpBuilder &builder)>;

  Node(onnx::NodeOp op, const mlir::IRMapping &values, Shapes &shapes, ConvertBody convertBody)
      : ImplicitLocOpBuilder(op.getLoc(), op), op(op), values(values), shapes(shapes),
        convertBody(convertBody), results(op.getNumResults()) {}

  onnx::NodeOp op;

  bool has(unsigned input) { return static_cast<bool>(op.input(input)); }
  /// Number of inputs, left-out ones counted.
  unsigned numInputs() { return op.getInputs().size(); }
  /// Input `input` after conversion (signless); null where it is left out.
  Value in(unsigned input);
  /// All inputs after conversion.
  llvm::SmallVector<Value> ins();
  mlir::RankedTensorType inType(unsigned input) {
    return mlir::cast<mlir::RankedTensorType>(in(input).getType());
  }
  unsigned rank(unsigned input) { return inType(input).getRank(); }
  /// Element type after conversion.
  mlir::Type inElement(unsigned input) { return inType(input).getElementType(); }
  /// Input `input` counts from zero up: an unsigned integer or a bool.
  bool isUnsigned(unsigned input);

  /// Somebody uses output `output`: operators have outputs that few ask for.
  bool wants(unsigned output) {
    return output < op.getNumResults() && !op.getResult(output).use_empty() &&
           mlir::isa<mlir::RankedTensorType>(outType(output));
  }
  /// Type of an output, after conversion.
  mlir::Type outType(unsigned output);
  mlir::Type outElement(unsigned output) {
    return mlir::cast<mlir::RankedTensorType>(outType(output)).getElementType();
  }
  /// The output's element type is unsigned in the graph.
  bool isOutUnsigned(unsigned output);

  /// Hands back output `output`; ignored where nobody can ask for it. Casts what is known of its
  /// dimensions to what the node's type says.
  mlir::LogicalResult set(unsigned output, Value value);
  llvm::ArrayRef<Value> outs() { return results; }

  /// The subgraph of attribute `name`, which each node has once; null where it is missing.
  mlir::Region *body(llvm::StringRef name);
  /// The converted results of a subgraph, computed where the builder stands.
  mlir::FailureOr<llvm::SmallVector<Value>> compute(mlir::Region &body,
                                                    mlir::ValueRange arguments) {
    return convertBody(body, arguments, *this);
  }

  Dims dims(Value value) { return shapes.of(*this, value); }
  void remember(Value value, llvm::ArrayRef<OpFoldResult> dims) { shapes.remember(value, dims); }

  /// The operator is known, this use of it is not: says why.
  mlir::LogicalResult unsupported(const llvm::Twine &reason);
  /// The graph itself breaks a rule of ONNX.
  mlir::LogicalResult malformed(const llvm::Twine &reason);
  /// Ends the run, outside of any loop, with "node NAME: `what`" where `condition` is false.
  void check(Value condition, const llvm::Twine &what);

private:
  const mlir::IRMapping &values;
  Shapes &shapes;
  ConvertBody convertBody;
  llvm::SmallVector<Value> results;
};

using Table = onnx::OperatorTable<mlir::LogicalResult (*)(Node &)>;

/// `axis` counted from the front for `rank` dimensions; nothing where it lies outside.
std::optional<int64_t> wrapAxis(int64_t axis, int64_t rank);

/// `type` as memory holds it: integers signless, small types (see ElementTypes.h) i8.
mlir::Type signless(mlir::Type type);
/// Constant elements of the type `signless` gives; null for strings and the like.
mlir::ElementsAttr signlessElements(mlir::ElementsAttr elements);
/// The elements of a weight of a small type as `signless` has them; null where its pieces allow no
/// such view. What lies packed in the file is unpacked in each run.
Value weightInBytes(mlir::ImplicitLocOpBuilder &b, WeightOp weight);
/// Whether elements are of a small type.
bool isSmall(mlir::Type type);
/// Whether the operator takes elements of small types: it only moves them, or says what they mean.
bool takesSmall(onnx::NodeOp node);

/// The rows of each family, in the order of the files' names.
llvm::ArrayRef<Table::Row> activationRows();
llvm::ArrayRef<Table::Row> attentionRows();
llvm::ArrayRef<Table::Row> blockQuantizedRows();
llvm::ArrayRef<Table::Row> cacheRows();
llvm::ArrayRef<Table::Row> castRows();
llvm::ArrayRef<Table::Row> channelNormRows();
llvm::ArrayRef<Table::Row> controlRows();
llvm::ArrayRef<Table::Row> convRows();
llvm::ArrayRef<Table::Row> createRows();
llvm::ArrayRef<Table::Row> einsumRows();
llvm::ArrayRef<Table::Row> elementwiseRows();
llvm::ArrayRef<Table::Row> gatherRows();
llvm::ArrayRef<Table::Row> groupQueryRows();
llvm::ArrayRef<Table::Row> matMulRows();
llvm::ArrayRef<Table::Row> multiHeadRows();
llvm::ArrayRef<Table::Row> normRows();
llvm::ArrayRef<Table::Row> orderRows();
llvm::ArrayRef<Table::Row> poolRows();
llvm::ArrayRef<Table::Row> quantizeRows();
llvm::ArrayRef<Table::Row> recurrentRows();
llvm::ArrayRef<Table::Row> reduceRows();
llvm::ArrayRef<Table::Row> reshapeRows();
llvm::ArrayRef<Table::Row> rotaryRows();
llvm::ArrayRef<Table::Row> scatterRows();
llvm::ArrayRef<Table::Row> sliceRows();

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_NODE_H
