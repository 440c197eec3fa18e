//===- GroupExperts.cpp - Experts' bodies become grouped products ---------===//
//
// One expert at a time, a product has few rows and its weights are read for those alone. Grouped,
// all experts' rows are one operation that a target can cut into tiles as it likes, and what stands
// between two products is computed while the accumulators are still in registers.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "passes/ExpertBody.h"
#include "passes/Passes.h"

namespace moe {
#define GEN_PASS_DEF_GROUPEXPERTS
#include "passes/Passes.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

static constexpr auto kRemark =
    remark::RemarkOpts::name("group-experts").category("moe-group-experts");

namespace {

/// Writes the elementwise steps of one cluster as an epilogue on scalars.
class EpilogueWriter {
public:
  EpilogueWriter(GroupedMatmulOp op, const Cluster &cluster)
      : cluster(cluster), builder(op.getContext()), accumulator(op.getAccumulatorType()) {
    size_t arguments = cluster.products.size() + cluster.columns.size();
    Block *block =
        builder.createBlock(&op.getEpilogue(), {}, SmallVector<Type>(arguments, accumulator),
                            SmallVector<Location>(arguments, op.getLoc()));
    unsigned next = 0;
    for (linalg::MatmulOp product : cluster.products)
      scalars[product->getResult(0)] = block->getArgument(next++);
    for (Value column : cluster.columns)
      scalars[column] = block->getArgument(next++);
  }

  void write() {
    for (linalg::GenericOp step : cluster.steps)
      writeStep(step);
    Location loc = cluster.result.getLoc();
    YieldOp::create(builder, loc, accumulated(loc, scalars.lookup(cluster.result)));
  }

private:
  void writeStep(linalg::GenericOp step) {
    IRMapping mapping;
    for (OpOperand &operand : step->getOpOperands())
      if (step.payloadUsesValueFromOperand(&operand))
        mapping.map(step.getMatchingBlockArgument(&operand), scalarOf(step.getLoc(), operand));
    for (Operation &op : step.getBody()->without_terminator())
      cloneScalar(op, mapping);
    for (auto [result, yielded] :
         llvm::zip_equal(step.getResults(), step.getBody()->getTerminator()->getOperands()))
      scalars[result] = mapped(yielded, mapping);
  }

  /// Clones one operation. The extension of a column or an accumulator is no operation here: both
  /// are of the accumulator's type already.
  void cloneScalar(Operation &op, IRMapping &mapping) {
    for (Value operand : op.getOperands())
      mapping.map(operand, mapped(operand, mapping));
    if (isa<arith::ExtFOp>(op) &&
        mapping.lookup(op.getOperand(0)).getType() == op.getResult(0).getType())
      return mapping.map(op.getResult(0), mapping.lookup(op.getOperand(0)));
    builder.clone(op, mapping);
  }

  /// The value that stands for `value` of a step's body; constants from outside are cloned.
  Value mapped(Value value, IRMapping &mapping) {
    if (Value known = mapping.lookupOrNull(value))
      return known;
    return builder.clone(*value.getDefiningOp())->getResult(0);
  }

  /// The scalar that an operand of a step has at the row and column of the epilogue.
  Value scalarOf(Location loc, OpOperand &operand) {
    Value value = operand.get();
    if (Value known = scalars.lookup(value)) {
      // A step that computes in the column's own, shorter type still sees that type.
      Type wanted = getElementTypeOrSelf(value.getType());
      auto *body = cast<linalg::GenericOp>(operand.getOwner()).getBody();
      BlockArgument argument = body->getArgument(operand.getOperandNumber());
      auto isExtension = [&](Operation *user) {
        return isa<arith::ExtFOp>(user) && user->getResult(0).getType() == accumulator;
      };
      if (known.getType() == wanted || llvm::all_of(argument.getUsers(), isExtension))
        return known;
      return arith::TruncFOp::create(builder, loc, wanted, known);
    }
    TypedAttr splat;
    if (isa<ShapedType>(value.getType()))
      splat = splatOf(value);
    else
      matchPattern(value, m_Constant(&splat));
    return arith::ConstantOp::create(builder, loc, splat);
  }

  /// `value` in the accumulator's type. A last rounding to the stored type goes: the grouped
  /// product rounds once, to that type, itself.
  Value accumulated(Location loc, Value value) {
    if (value.getType() == accumulator)
      return value;
    auto rounding = value.getDefiningOp<arith::TruncFOp>();
    if (!rounding || rounding.getIn().getType() != accumulator)
      return arith::ExtFOp::create(builder, loc, accumulator, value);
    Value exact = rounding.getIn();
    if (rounding->use_empty())
      rounding.erase();
    return exact;
  }

  const Cluster &cluster;
  OpBuilder builder;
  FloatType accumulator;
  llvm::DenseMap<Value, Value> scalars;
};

/// The operand of `expert` behind an argument of its body.
Value operandOf(ExpertOp expert, Value argument) {
  return expert.getWeights()[cast<BlockArgument>(argument).getArgNumber() - 1];
}

/// Rows in expert order as places among tokens: row r is `tokens[slots[r] / k]`.
struct RowSource {
  Value tokens, slots;
  int64_t k;
};

/// What `rows` are copied from by a gather or a dispatch, or nothing.
std::optional<RowSource> sourceOf(Value rows) {
  if (auto gather = rows.getDefiningOp<GatherOp>())
    return RowSource{gather.getTokens(), gather.getSlots(), static_cast<int64_t>(gather.getK())};
  if (auto dispatch = rows.getDefiningOp<DispatchOp>()) {
    int64_t k = cast<ShapedType>(dispatch.getExperts().getType()).getDimSize(1);
    return RowSource{dispatch.getTokens(), dispatch.getSlots(), k};
  }
  return std::nullopt;
}

/// Builds the grouped product of `cluster` into `init`; `rows` stands for the cluster's left side.
/// A gather of the expert's own rows becomes the row index.
GroupedMatmulOp buildProduct(OpBuilder &builder, ExpertOp expert, const Cluster &cluster,
                             Value rows, Value init) {
  auto toOperand = [&](Value argument) { return operandOf(expert, argument); };
  SmallVector<Value> weights, columns = llvm::map_to_vector(cluster.columns, toOperand);
  SmallVector<Value> scales, zeroPoints;
  QuantAttr quant;
  for (linalg::MatmulOp product : cluster.products) {
    auto dequantize = product.getInputs()[1].getDefiningOp<DequantizeOp>();
    weights.push_back(toOperand(dequantize ? dequantize.getCodes() : product.getInputs()[1]));
    if (!dequantize)
      continue;
    quant = dequantize.getQuant();
    scales.push_back(toOperand(dequantize.getScales()));
    if (Value given = dequantize.getZeroPoints())
      zeroPoints.push_back(toOperand(given));
  }
  Value rowIndex;
  int64_t divisor = 1;
  std::optional<RowSource> source = sourceOf(rows);
  if (source && rows == expert.getRows()) {
    rows = source->tokens;
    rowIndex = source->slots;
    divisor = source->k;
  }
  auto op = GroupedMatmulOp::create(builder, cluster.result.getLoc(), init.getType(), rows,
                                    expert.getOffsets(), rowIndex, weights, columns, init, scales,
                                    zeroPoints, divisor, quant);
  if (!cluster.steps.empty())
    EpilogueWriter(op, cluster).write();
  // Rounding alone needs no epilogue.
  if (Block *block = op.getEpilogueBlock())
    if (weights.size() == 1 && columns.empty() &&
        cast<YieldOp>(block->getTerminator()).getValue() == block->getArgument(0))
      block->erase();
  return op;
}

/// moe.expert { matmul, elementwise, matmul } becomes grouped_matmul with an epilogue, then
/// grouped_matmul.
void group(ExpertOp expert, ArrayRef<Cluster> clusters) {
  OpBuilder builder(expert);
  Location loc = expert.getLoc();
  auto gather = expert.getRows().getDefiningOp<GatherOp>();
  std::optional<RowSource> source = sourceOf(expert.getRows());
  OpFoldResult numRows =
      tensor::getMixedSize(builder, loc, source ? source->slots : expert.getRows(), 0);
  llvm::DenseMap<Value, Value> stored{{expert.getBody().getArgument(0), expert.getRows()}};
  for (const Cluster &cluster : clusters) {
    auto type = cast<RankedTensorType>(cluster.result.getType());
    Value init = tensor::EmptyOp::create(
        builder, loc, ArrayRef<OpFoldResult>{numRows, builder.getIndexAttr(type.getDimSize(1))},
        type.getElementType());
    Value rows = stored.lookup(cluster.lhs);
    stored[cluster.result] = buildProduct(builder, expert, cluster, rows, init).getResult();
  }
  expert.getResult().replaceAllUsesWith(stored.lookup(clusters.back().result));
  expert.erase();
  if (gather && gather->use_empty())
    gather.erase();
}

struct GroupExperts : moe::impl::GroupExpertsBase<GroupExperts> {
  using GroupExpertsBase::GroupExpertsBase;

  // A walk over the experts: each is grouped or not on its own.
  void runOnOperation() override {
    SmallVector<ExpertOp> experts;
    getOperation().walk([&](ExpertOp expert) { experts.push_back(expert); });
    for (ExpertOp expert : experts) {
      auto analysis = analyseBody(expert);
      if (auto *obstacle = std::get_if<Obstacle>(&analysis)) {
        remark::missed(expert.getLoc(), kRemark)
            << remark::reason("kept as a loop over experts, '{0}' is in the way: {1}",
                              obstacle->op->getName().getStringRef(), obstacle->reason);
        continue;
      }
      auto &clusters = std::get<SmallVector<Cluster>>(analysis);
      remark::passed(expert.getLoc(), kRemark)
          << remark::add("the body is {0} grouped products", clusters.size());
      group(expert, clusters);
    }
  }
};

} // namespace
