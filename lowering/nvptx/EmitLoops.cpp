//===- EmitLoops.cpp - Kernels of what computes on memory -----------------===//
//
// What is left behind routing and the grouped products: elementwise operations, reductions, norms,
// softmax, gathers, the products of attention, and the loops around them.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/nvptx/Device.h"
#include "lowering/nvptx/HostBuffers.h"
#include "lowering/nvptx/loops/BlockCode.h"
#include "lowering/nvptx/loops/ContractionTiles.h"
#include "lowering/nvptx/loops/HostLoops.h"
#include "lowering/nvptx/loops/KernelBuffers.h"
#include "lowering/nvptx/loops/LoopFacts.h"
#include "lowering/nvptx/loops/LoopKernel.h"
#include "lowering/nvptx/loops/TreeReduction.h"
#include "lowering/nvptx/loops/Turns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Remarks.h"

namespace moe {
#define GEN_PASS_DEF_EMITLOOPS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

/// Blocks of a launch at most: what is more is done in further turns of the same.
static constexpr int64_t kMostBlocks = 1 << 16;
/// Blocks that have a slice of memory each.
static constexpr int64_t kMostSlices = 512;

static Value atMost(ImplicitLocOpBuilder &builder, Value number, int64_t most) {
  return arith::MinUIOp::create(builder, number, indexOf(builder, most));
}

static void emitElements(LoopKernel &kernel) {
  Structured measured(kernel.host, cast<linalg::GenericOp>(kernel.original));
  Value count = measured.count(measured.parallel);
  Structured shared(kernel.inside, cast<linalg::GenericOp>(kernel.copy));
  shared.shareOut(gridTeam(kernel.inside));
  kernel.copy->erase();
  Value blocks = ceilDiv(kernel.host, kernel.host.getLoc(), count, kTeamThreads);
  kernel.launch(count, atMost(kernel.host, blocks, kMostBlocks), kTeamThreads);
}

static void emitBlocks(LoopKernel &kernel) {
  Structured measured(kernel.host, cast<linalg::GenericOp>(kernel.original));
  Value count = measured.count(measured.parallel);
  Structured space(kernel.inside, cast<linalg::GenericOp>(kernel.copy));
  emitTrees(kernel.inside, space, kernel.function, teamOfBlocks(kernel.inside));
  kernel.copy->erase();
  kernel.launch(count, atMost(kernel.host, count, kMostBlocks), kTeamThreads);
}

static void emitTiles(LoopKernel &kernel) {
  auto original = cast<linalg::GenericOp>(kernel.original);
  Structured measured(kernel.host, original);
  Value count = countContractionTiles(kernel.host, measured, *Contraction::of(original));
  auto copy = cast<linalg::GenericOp>(kernel.copy);
  Structured space(kernel.inside, copy);
  Contraction product = *Contraction::of(copy);
  emitContractionTiles(kernel.inside, space, product, kernel.function, teamOfBlocks(kernel.inside));
  kernel.copy->erase();
  kernel.launch(count, atMost(kernel.host, count, kMostBlocks), kTeamThreads);
}

/// The iterations of a parallel loop, in turns of the grid's threads or blocks.
static void emitTurns(LoopKernel &kernel, bool block) {
  Value count = Turns(kernel.original).count(kernel.host);
  Value blocks =
      block ? atMost(kernel.host, count, kMostSlices)
            : atMost(kernel.host, ceilDiv(kernel.host, kernel.host.getLoc(), count, kTeamThreads),
                     kMostBlocks);
  if (block)
    placeBuffersInBlock(kernel, blocks);
  else
    placeBuffersInThread(kernel);
  ImplicitLocOpBuilder &inside = kernel.inside;
  Team among = block ? teamOfBlocks(inside) : gridTeam(inside), threads = blockTeam(inside);
  Turns turns(kernel.copy);
  Block *body = nullptr;
  forEach(inside, among.rank, turns.count(inside), among.size, [&](Value number) {
    turns.inlineTurn(inside, number);
    body = inside.getInsertionBlock();
  });
  kernel.copy->erase();
  if (block)
    shareOutCode(*body, kernel.function, threads);
  else
    makeSerial(*body);
  kernel.launch(count, blocks, kTeamThreads);
}

static void emitAlone(LoopKernel &kernel) {
  placeBuffersInBlock(kernel, indexOf(kernel.host, 1));
  kernel.returnResults(indexOf(kernel.inside, 0));
  makeSerial(kernel.function.getBody().front());
  Value one = indexOf(kernel.host, 1);
  kernel.launch(one, one, /*threads=*/1);
}

static void emitTogether(LoopKernel &kernel) {
  placeBuffersInBlock(kernel, indexOf(kernel.host, 1));
  Team threads = blockTeam(kernel.inside);
  kernel.returnResults(threads.rank);
  shareOutCode(kernel.function.getBody().front(), kernel.function, threads);
  Value one = indexOf(kernel.host, 1);
  kernel.launch(one, one, kTeamThreads);
}

static void emitKernel(LoopKernel &kernel, LoopMapping mapping) {
  switch (mapping) {
  case LoopMapping::Host:
  case LoopMapping::HostLoop:
    return;
  case LoopMapping::ElementEach:
    return emitElements(kernel);
  case LoopMapping::BlockEach:
    return emitBlocks(kernel);
  case LoopMapping::ProductTiles:
    return emitTiles(kernel);
  case LoopMapping::ThreadPerTurn:
    return emitTurns(kernel, /*block=*/false);
  case LoopMapping::BlockPerTurn:
    return emitTurns(kernel, /*block=*/true);
  case LoopMapping::OneThread:
    return emitAlone(kernel);
  case LoopMapping::OneBlock:
    return emitTogether(kernel);
  }
}

namespace {
struct EmitLoops : moe::impl::EmitLoopsBase<EmitLoops> {
  using EmitLoopsBase::EmitLoopsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<func::FuncOp> open, emitted;
    for (auto function : module.getOps<func::FuncOp>())
      if (outlinedOperation(function))
        open.push_back(function);
    HostBuffers onHost(module);
    FunctionPool pool(module, "moe_inner_");
    for (unsigned next = 0; next < open.size(); ++next) {
      func::FuncOp function = open[next];
      Operation *op = general(outlinedOperation(function));
      if (!op) {
        function.emitError("internal error: an operation of '")
            << function.getSymName() << "' has no general form";
        return signalPassFailure();
      }
      LoopMapping mapping = choose(function, op, onHost.contains(function));
      if (mapping == LoopMapping::Host)
        continue;
      emitted.push_back(function);
      emit(function, op, mapping, pool, open);
    }
    inlineCalls(emitted, module);
  }

private:
  static Operation *general(Operation *op) {
    return isStructured(op) && !isSelfCopy(op) ? generalise(op).getOperation() : op;
  }

  LoopMapping choose(func::FuncOp function, Operation *op, bool onHost) {
    LoopFacts facts = factsOf(op);
    facts.shapeArithmetic = onHost;
    LoopMapping mapping = chooseLoopMapping(facts);
    remark::passed(function.getLoc(),
                   remark::RemarkOpts::name("loops").category("nvptx-emit-loops"))
        << function.getSymName() << ": " << nameOf(mapping);
    return mapping;
  }

  /// Makes the host's side of `function`; what it still leaves to others joins `open`.
  void emit(func::FuncOp function, Operation *op, LoopMapping mapping, FunctionPool &pool,
            SmallVectorImpl<func::FuncOp> &open) {
    if (isSelfCopy(op))
      return op->erase();
    if (mapping == LoopMapping::HostLoop)
      return leaveLoopToHost(op, pool, open);
    LoopKernel kernel(function, op);
    emitKernel(kernel, mapping);
  }
};
} // namespace
