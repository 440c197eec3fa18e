//===- LoopPlan.cpp - How a linalg operation is computed ------------------===//
//
// Lanes run where memory is contiguous: along a parallel loop if all outputs and inputs allow it,
// else along a reduction. The order of a sum depends on the reduced length alone, never on the
// other loops, the variant or the threads: that is what makes a token's bits the same in any batch.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/LoopNest.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moe;

StringRef LoopPlan::describe() const {
  if (!lane)
    return "one element at a time";
  return lanesReduce ? "lanes along a reduction" : "lanes along a parallel loop";
}

/// Every output is a reduction with one combiner whose neutral element is known.
static bool reducesSimply(const LoopSpace &space) {
  SmallVector<BlockArgument> outputs;
  for (const Access &access : space.accesses)
    if (access.output)
      outputs.push_back(access.argument);
  for (unsigned i = 0; i < outputs.size(); ++i) {
    SmallVector<Operation *> combiners;
    if (!matchReduction(outputs, i, combiners) || combiners.size() != 1 ||
        !arith::getNeutralElement(combiners.front()))
      return false;
  }
  return true;
}

static bool inputsRun(const LoopSpace &space, unsigned loop) {
  return llvm::all_of(space.accesses, [&](const Access &access) {
    return access.output || !access.moves(loop) || access.contiguous(loop);
  });
}

static bool chooseLanes(const LoopSpace &space, const LoopBody &body, LoopPlan &plan) {
  SmallVector<unsigned> parallels = space.select(true), reductions = space.select(false);
  std::optional<unsigned> parallel, reduction;
  for (unsigned loop : llvm::reverse(parallels))
    if (llvm::all_of(space.accesses,
                     [&](const Access &a) { return !a.output || a.contiguous(loop); }) &&
        body.canUseLanes(loop)) {
      parallel = loop;
      break;
    }
  if (parallel && inputsRun(space, *parallel)) {
    plan.lane = parallel;
    return true;
  }
  for (unsigned loop : llvm::reverse(reductions)) {
    bool runs = llvm::any_of(space.accesses,
                             [&](const Access &a) { return !a.output && a.contiguous(loop); });
    if (runs && inputsRun(space, loop) && body.canUseLanes(loop) && reducesSimply(space)) {
      reduction = loop;
      break;
    }
  }
  if (reduction) {
    plan.lane = reduction;
    plan.lanesReduce = true;
    return true;
  }
  plan.lane = parallel; // inputs are gathered
  return parallel.has_value();
}

/// Two parallel loops of which each moves another input: results in a tile share what they load.
static void chooseTile(const LoopSpace &space, LoopPlan &plan, unsigned vectorBits) {
  auto isInput = [](const Access &access) { return !access.output && access.flat; };
  SmallVector<unsigned> parallels = space.select(true);
  for (unsigned row : llvm::reverse(parallels)) {
    if (row == plan.column)
      continue;
    bool left = false, right = false;
    for (const Access &access : llvm::make_filter_range(space.accesses, isInput)) {
      left |= access.moves(row) && !access.moves(*plan.column);
      right |= !access.moves(row) && access.moves(*plan.column);
    }
    if (!left || !right)
      continue;
    plan.row = row;
    plan.rows = 4;
    if (auto size = space.loops[row].size.known)
      plan.rows = std::clamp<int64_t>(*size, 1, 4);
    break;
  }
  // Sixteen results in registers of 512 bits, four where each takes two registers.
  plan.columns = vectorBits >= 512 ? 4 : plan.row ? 1 : 4;
  int64_t unit = plan.lanesReduce ? 1 : kLanes;
  if (auto size = space.loops[*plan.column].size.known)
    plan.columns = std::clamp<int64_t>(*size / unit, 1, plan.columns);
}

LoopPlan moe::chooseLoopPlan(const LoopSpace &space, const LoopBody &body, unsigned vectorBits) {
  LoopPlan plan;
  SmallVector<unsigned> parallels = space.select(true);
  bool lanes = chooseLanes(space, body, plan);
  bool reduces = !space.select(false).empty();
  if (lanes && !plan.lanesReduce)
    plan.column = plan.lane;
  else if (!parallels.empty())
    plan.column = parallels.back();
  if (plan.column && reduces && lanes)
    chooseTile(space, plan, vectorBits);
  int64_t unit = lanes && !plan.lanesReduce ? kLanes : 1;
  // Without a reduction a ticket is a run of memory, with one a tile.
  plan.block = reduces ? plan.columns * unit : 4096;
  return plan;
}
