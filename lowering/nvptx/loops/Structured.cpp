//===- Structured.cpp - A structured operation where code is made ---------===//

#include "lowering/nvptx/loops/Structured.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;

Structured::Structured(ImplicitLocOpBuilder &builder, linalg::GenericOp op)
    : op(op), builder(builder) {
  auto linalgOp = cast<linalg::LinalgOp>(op.getOperation());
  for (Range &range : linalgOp.createLoopRanges(builder, builder.getLoc()))
    sizes.push_back(getValueOrCreateConstantIndexOp(builder, builder.getLoc(), range.size));
  // Neighbours among threads write neighbours in memory.
  AffineMap written = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  SmallVector<unsigned> last;
  for (AffineExpr expr : written.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      if (!llvm::is_contained(last, dim.getPosition()))
        last.push_back(dim.getPosition());
  for (auto [loop, type] : llvm::enumerate(op.getIteratorTypesArray()))
    if (type == utils::IteratorType::reduction)
      reduction.push_back(loop);
    else if (!llvm::is_contained(last, loop))
      parallel.push_back(loop);
  for (unsigned loop : last)
    if (!llvm::is_contained(reduction, loop))
      parallel.push_back(loop);
}

Value Structured::count(ArrayRef<unsigned> loops) {
  Value all = indexOf(builder, 1);
  for (unsigned loop : loops)
    all = product(builder, all, sizes[loop]);
  return all;
}

SmallVector<Value> Structured::origin() {
  return SmallVector<Value>(sizes.size(), indexOf(builder, 0));
}

void Structured::split(Value number, ArrayRef<unsigned> loops, MutableArrayRef<Value> counters) {
  for (unsigned i = loops.size(); i-- > 0;) {
    Value size = sizes[loops[i]];
    if (getConstantIntValue(size) == 1)
      continue; // its counter is the origin's
    bool rest = llvm::any_of(loops.take_front(i),
                             [&](unsigned loop) { return getConstantIntValue(sizes[loop]) != 1; });
    counters[loops[i]] = rest ? arith::RemUIOp::create(builder, number, size) : number;
    if (!rest)
      return;
    number = arith::DivUIOp::create(builder, number, size);
  }
}

SmallVector<Value> Structured::place(OpOperand &operand, ValueRange counters) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  SmallVector<Value> indices;
  for (AffineExpr expr : map.getResults())
    indices.push_back(affine::expandAffineExpr(builder, builder.getLoc(), expr, counters, {}));
  return indices;
}

Value Structured::load(OpOperand &operand, ValueRange counters) {
  if (!isa<MemRefType>(operand.get().getType()))
    return operand.get();
  return memref::LoadOp::create(builder, operand.get(), place(operand, counters));
}

SmallVector<Value> Structured::start(ValueRange counters) {
  SmallVector<Value> values;
  for (OpOperand &output : op.getDpsInitsMutable())
    values.push_back(op.payloadUsesValueFromOperand(&output) ? load(output, counters) : Value());
  return values;
}

/// A product whose only use adds it to what a reduction has so far.
bool Structured::isFusedProduct(Operation &candidate) {
  if (reduction.empty() || !isa<arith::MulFOp>(candidate) || !candidate.hasOneUse() ||
      !isa<Float32Type, Float64Type>(candidate.getResult(0).getType()))
    return false;
  auto sum = dyn_cast<arith::AddFOp>(*candidate.user_begin());
  return sum && llvm::any_of(sum->getOperands(), [&](Value operand) {
           return llvm::is_contained(op.getRegionOutputArgs(), operand);
         });
}

/// acc + a * b with one rounding, as on every target: null where `candidate` is not that.
Value Structured::fuse(Operation &candidate, const IRMapping &mapping) {
  auto sum = dyn_cast<arith::AddFOp>(candidate);
  if (!sum)
    return {};
  for (auto [multiplied, other] :
       {std::pair(sum.getRhs(), sum.getLhs()), std::pair(sum.getLhs(), sum.getRhs())}) {
    auto multiply = multiplied.getDefiningOp<arith::MulFOp>();
    if (multiply && isFusedProduct(*multiply) && isa<BlockArgument>(other))
      return math::FmaOp::create(builder, mapping.lookupOrDefault(multiply.getLhs()),
                                 mapping.lookupOrDefault(multiply.getRhs()),
                                 mapping.lookupOrDefault(other));
  }
  return {};
}

SmallVector<Value> Structured::step(ValueRange counters, ValueRange outputs) {
  IRMapping mapping;
  for (OpOperand *input : op.getDpsInputOperands())
    if (BlockArgument argument = op.getMatchingBlockArgument(input); !argument.use_empty())
      mapping.map(argument, load(*input, counters));
  for (auto [argument, value] : llvm::zip_equal(op.getRegionOutputArgs(), outputs))
    if (value)
      mapping.map(argument, value);
  Block *body = op.getBlock();
  for (Operation &inner : body->without_terminator()) {
    if (isFusedProduct(inner))
      continue;
    if (auto index = dyn_cast<linalg::IndexOp>(inner))
      mapping.map(index.getResult(), counters[index.getDim()]);
    else if (Value fused = fuse(inner, mapping))
      mapping.map(inner.getResult(0), fused);
    else
      builder.clone(inner, mapping);
  }
  SmallVector<Value> yielded;
  for (Value value : body->getTerminator()->getOperands())
    yielded.push_back(mapping.lookupOrDefault(value));
  return yielded;
}

void Structured::finish(ValueRange counters, ValueRange outputs) {
  for (auto [output, value] : llvm::zip_equal(op.getDpsInitsMutable(), outputs))
    memref::StoreOp::create(builder, value, output.get(), place(output, counters));
}

/// One loop around all reduction loops but the first, from the innermost outwards.
SmallVector<Value> Structured::reduce(SmallVector<Value> counters, SmallVector<Value> outputs) {
  OpBuilder::InsertionGuard guard(builder);
  SmallVector<scf::ForOp> nest;
  Value zero = indexOf(builder, 0), one = indexOf(builder, 1);
  for (unsigned loop : reduction) {
    nest.push_back(scf::ForOp::create(builder, zero, sizes[loop], one, outputs));
    builder.setInsertionPointToStart(nest.back().getBody());
    counters[loop] = nest.back().getInductionVar();
    outputs = llvm::to_vector(ValueRange(nest.back().getRegionIterArgs()));
  }
  SmallVector<Value> next = step(counters, outputs);
  for (scf::ForOp loop : llvm::reverse(nest)) {
    builder.setInsertionPointToEnd(loop.getBody());
    scf::YieldOp::create(builder, next);
    next = llvm::to_vector(ValueRange(loop.getResults()));
  }
  return next;
}

void Structured::emitOutput(const SmallVector<Value> &counters) {
  SmallVector<Value> values = start(counters);
  if (reduction.empty())
    return finish(counters, step(counters, values));
  // What the last turn leaves counts, and without a turn what was there.
  for (auto [output, value] : llvm::zip_equal(op.getDpsInitsMutable(), values))
    if (!value)
      value = load(output, counters);
  finish(counters, reduce(counters, values));
}

void Structured::shareOut(const Team &team) {
  Value outputs = count(parallel);
  if (team.alone && getConstantIntValue(outputs) == 1)
    return emitOutput(origin());
  SmallVector<Value> counters = origin();
  forEach(builder, team.rank, outputs, team.size, [&](Value number) {
    SmallVector<Value> at = llvm::to_vector(counters);
    split(number, parallel, at);
    emitOutput(at);
  });
}
