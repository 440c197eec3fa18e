//===- ExpertBody.cpp - Find the products and epilogues of a body ---------===//
//
// A body is cut at the values that have to be stored: the left sides of its products and what it
// yields. Everything between two cuts is elementwise and becomes one epilogue. The proof that a
// cluster is what a `moe.grouped_matmul` computes is this file; what it does not recognise it
// refuses, with the operation in the way.
//
//===----------------------------------------------------------------------===//

#include "passes/ExpertBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace moe;

TypedAttr moe::splatOf(Value value) {
  DenseElementsAttr elements;
  if (matchPattern(value, m_Constant(&elements)))
    return elements.isSplat() ? elements.getSplatValue<TypedAttr>() : TypedAttr();
  auto fill = value.getDefiningOp<linalg::FillOp>();
  TypedAttr scalar;
  if (fill && matchPattern(fill.getInputs().front(), m_Constant(&scalar)))
    return scalar;
  return {};
}

namespace {

using Refusal = std::optional<Obstacle>;

Obstacle refuse(Operation *op, const llvm::Twine &reason) { return {op, reason.str()}; }

/// Whether `value` is the expert's share of a weight.
bool isWeightOf(ExpertOp expert, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument && argument.getOwner() == &expert.getBody().front() &&
         argument.getArgNumber() > 0;
}

/// A product as a grouped product computes it: rows times a whole weight, from zero.
Refusal checkProduct(ExpertOp expert, linalg::MatmulOp product) {
  if (product.hasUserDefinedMaps())
    return refuse(product, "the product has indexing maps of its own");
  Value lhs = product.getInputs()[0], weight = product.getInputs()[1];
  auto dequantize = weight.getDefiningOp<DequantizeOp>();
  SmallVector<Value, 3> stored{weight};
  if (dequantize)
    stored.assign(dequantize->operand_begin(), dequantize->operand_end());
  if (!llvm::all_of(stored, [&](Value value) { return isWeightOf(expert, value); }))
    return refuse(product, "the right side of the product is not a weight of the expert");
  auto type = cast<RankedTensorType>(weight.getType());
  Type element = type.getElementType();
  if (!type.hasStaticShape() || !isa<FloatType>(element))
    return refuse(product, "the weight is not a static tensor of floats");
  if (!dequantize && cast<ShapedType>(lhs.getType()).getElementType() != element)
    return refuse(product, "rows and weight are of different element types");
  if (cast<ShapedType>(lhs.getType()).getDimSize(1) != type.getDimSize(0))
    return refuse(product, "the depth of rows and weight differ");
  Type accumulator = element.isF64() ? element : Float32Type::get(element.getContext());
  if (dequantize && cast<ShapedType>(lhs.getType()).getElementTypeBitWidth() > 32)
    return refuse(product, "the rows of a quantised weight have more than 32 bits");
  Value init = product.getOutputs().front();
  if (cast<ShapedType>(init.getType()).getElementType() != accumulator)
    return refuse(product, "the product is not summed in the accumulator's type");
  auto zero = dyn_cast_or_null<FloatAttr>(splatOf(init));
  if (!zero || !zero.getValue().isZero())
    return refuse(product, "the sum of the product does not start at zero");
  return std::nullopt;
}

/// Whether a scalar operation can stand in an epilogue.
bool isScalarMath(Operation &op) {
  return isa_and_present<arith::ArithDialect, math::MathDialect>(op.getDialect()) &&
         op.getNumRegions() == 0;
}

/// An elementwise step: all loops parallel, every result at the place of its row and column.
Refusal checkStep(linalg::GenericOp step) {
  if (step.getNumLoops() != 2 || step.getNumParallelLoops() != 2)
    return refuse(step, "the step is not elementwise");
  for (OpOperand &init : step.getDpsInitsMutable())
    if (!step.getMatchingIndexingMap(&init).isIdentity())
      return refuse(step, "the step does not write rows and columns as they lie");
  for (Operation &op : step.getBody()->without_terminator())
    if (!isScalarMath(op))
      return refuse(&op, "the operation is not scalar arithmetic");
  // Scalars from outside the step have to be constants: an epilogue can clone those.
  Refusal captured;
  step.getBody()->walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (operand.getParentBlock() != step.getBody() && !matchPattern(operand, m_Constant()))
        captured = refuse(step, "the step reads a value from outside that is no constant");
  });
  return captured;
}

/// Whether the weights of two products are quantised alike, or both not.
bool sameQuant(linalg::MatmulOp a, linalg::MatmulOp b) {
  auto first = a.getInputs()[1].getDefiningOp<DequantizeOp>();
  auto second = b.getInputs()[1].getDefiningOp<DequantizeOp>();
  if (!first || !second)
    return !first && !second;
  return first.getQuant() == second.getQuant() &&
         bool(first.getZeroPoints()) == bool(second.getZeroPoints());
}

/// Collects the cluster of one stored value, backwards from it.
class ClusterBuilder {
public:
  ClusterBuilder(ExpertOp expert, Value result) : expert(expert) { cluster.result = result; }

  std::variant<Cluster, Obstacle> build() {
    SmallVector<Value> pending{cluster.result};
    llvm::SmallDenseSet<Value> seen;
    while (!pending.empty()) {
      Value value = pending.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      if (Refusal refusal = visit(value, pending))
        return *refusal;
    }
    sortAndJoin();
    if (Refusal refusal = checkJoined())
      return *refusal;
    return std::move(cluster);
  }

private:
  Refusal visit(Value value, SmallVectorImpl<Value> &pending) {
    if (auto product = value.getDefiningOp<linalg::MatmulOp>()) {
      products.insert(product);
      return checkProduct(expert, product);
    }
    auto step = value.getDefiningOp<linalg::GenericOp>();
    if (!step) {
      Operation *op = value.getDefiningOp();
      return refuse(op ? op : expert.getOperation(),
                    op ? "the value is neither a product, nor elementwise, nor a splat"
                       : "the rows themselves are read outside of a product");
    }
    if (!steps.insert(step))
      return std::nullopt;
    if (Refusal refusal = checkStep(step))
      return refusal;
    for (OpOperand &operand : step->getOpOperands())
      if (step.payloadUsesValueFromOperand(&operand))
        if (Refusal refusal = visitOperand(step, operand, pending))
          return refusal;
    return std::nullopt;
  }

  /// An operand of a step: a scalar or splat, a column, or a value of the cluster.
  Refusal visitOperand(linalg::GenericOp step, OpOperand &operand,
                       SmallVectorImpl<Value> &pending) {
    Value value = operand.get();
    if (!isa<ShapedType>(value.getType())) {
      if (!matchPattern(value, m_Constant()))
        return refuse(step, "a scalar operand of the step is no constant");
      return std::nullopt;
    }
    if (splatOf(value))
      return std::nullopt;
    AffineMap map = step.getMatchingIndexingMap(&operand);
    auto argument = dyn_cast<BlockArgument>(value);
    bool isWeight = argument && argument.getArgNumber() > 0;
    if (isWeight && map == AffineMap::get(2, 0, getAffineDimExpr(1, step.getContext()))) {
      if (!isa<FloatType>(cast<ShapedType>(value.getType()).getElementType()))
        return refuse(step, "a column is not of a float type");
      cluster.columns.push_back(value);
      return std::nullopt;
    }
    if (!map.isIdentity())
      return refuse(step, "an operand of the step is neither a row nor one value a column");
    pending.push_back(value);
    return std::nullopt;
  }

  /// The order of the body, which the text of the epilogue then has too; each column once.
  void sortAndJoin() {
    auto before = [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); };
    cluster.products.assign(products.begin(), products.end());
    llvm::sort(cluster.products, before);
    cluster.steps.assign(steps.begin(), steps.end());
    llvm::sort(cluster.steps, before);
    llvm::SetVector<Value> columns(cluster.columns.begin(), cluster.columns.end());
    cluster.columns = columns.takeVector();
    llvm::sort(cluster.columns, [](Value a, Value b) {
      return cast<BlockArgument>(a).getArgNumber() < cast<BlockArgument>(b).getArgNumber();
    });
  }

  /// What one grouped product asks of the products that it joins.
  Refusal checkJoined() {
    if (cluster.products.empty())
      return refuse(cluster.result.getDefiningOp(), "no product goes into the stored value");
    linalg::MatmulOp first = cluster.products.front();
    cluster.lhs = first.getInputs()[0];
    for (linalg::MatmulOp product : cluster.products) {
      if (product.getInputs()[0] != cluster.lhs)
        return refuse(product, "one elementwise function joins products of different rows");
      if (product.getInputs()[1].getType() != first.getInputs()[1].getType())
        return refuse(product, "one elementwise function joins weights of different types");
      if (!sameQuant(product, first))
        return refuse(product,
                      "one elementwise function joins weights that are quantised otherwise");
    }
    auto type = cast<RankedTensorType>(cluster.result.getType());
    Type accumulator = cast<ShapedType>(first.getResultTypes()[0]).getElementType();
    if (!isa<FloatType>(type.getElementType()) ||
        type.getElementTypeBitWidth() > accumulator.getIntOrFloatBitWidth())
      return refuse(cluster.result.getDefiningOp(),
                    "the stored value is not of a float type that the accumulator holds");
    return std::nullopt;
  }

  ExpertOp expert;
  Cluster cluster;
  llvm::SmallSetVector<linalg::MatmulOp, 4> products;
  llvm::SmallSetVector<linalg::GenericOp, 8> steps;
};

/// The values that have to be stored, in order of the body.
llvm::SmallVector<Value> storedValues(ExpertOp expert) {
  Block &body = expert.getBody().front();
  llvm::SmallSetVector<Value, 4> stored;
  for (auto product : body.getOps<linalg::MatmulOp>())
    if (Value lhs = product.getInputs()[0]; lhs != body.getArgument(0))
      stored.insert(lhs);
  stored.insert(cast<YieldOp>(body.getTerminator()).getValue());
  return stored.takeVector();
}

/// A product that two epilogues read would be computed twice.
Refusal checkReadOnce(ArrayRef<Cluster> clusters) {
  llvm::SmallDenseSet<Operation *> seen;
  for (const Cluster &cluster : clusters)
    for (linalg::MatmulOp product : cluster.products)
      if (!seen.insert(product).second)
        return refuse(product, "two stored values are computed from the product");
  return std::nullopt;
}

} // namespace

std::variant<SmallVector<Cluster>, Obstacle> moe::analyseBody(ExpertOp expert) {
  SmallVector<Cluster> clusters;
  for (Value value : storedValues(expert)) {
    auto built = ClusterBuilder(expert, value).build();
    if (auto *obstacle = std::get_if<Obstacle>(&built))
      return *obstacle;
    clusters.push_back(std::move(std::get<Cluster>(built)));
  }
  if (Refusal refusal = checkReadOnce(clusters))
    return *refusal;
  return clusters;
}
