//===- OutlineParallel.cpp - Parallel loops to calls of the runtime -------===//
//
// The runtime runs ranges of items on its own threads: a loop's body becomes a function of a range,
// and what it captures travels in a block on the stack. The runtime's loop does not nest and ends
// before the next begins, so one block serves all loops of a function.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/host/Closure.h"
#include "lowering/host/Context.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "runtime/moe_abi.h"
#include "llvm/ADT/SetVector.h"

namespace moe {
#define GEN_PASS_DEF_OUTLINEPARALLEL
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

/// `loop` as nested scf.for, for loops that stay on the thread they are on.
void makeSerial(scf::ParallelOp loop) {
  OpBuilder builder(loop);
  Location loc = loop.getLoc();
  SmallVector<Value> counters;
  for (auto [lower, upper, step] :
       llvm::zip_equal(loop.getLowerBound(), loop.getUpperBound(), loop.getStep())) {
    auto serial = scf::ForOp::create(builder, loc, lower, upper, step);
    counters.push_back(serial.getInductionVar());
    builder.setInsertionPointToStart(serial.getBody());
  }
  Block *body = builder.getInsertionBlock();
  loop.getBody()->getTerminator()->erase();
  for (auto [argument, counter] : llvm::zip_equal(loop.getInductionVars(), counters))
    argument.replaceAllUsesWith(counter);
  body->getOperations().splice(body->begin(), loop.getBody()->getOperations());
  loop.erase();
}

class Outliner {
public:
  Outliner(func::FuncOp entry, unsigned &count, func::FuncOp &dispatch)
      : entry(entry), converter(entry.getContext()), count(count), dispatch(dispatch) {}

  void outline(scf::ParallelOp loop) {
    Location loc = loop.getLoc();
    OpBuilder builder(loop);
    SmallVector<Value> captures = collect(loop);
    func::FuncOp body = makeBody(loop, captures);

    Closure written(builder, loc, closure(), converter);
    for (Value value : captures)
      written.write(value);
    reserve(written.size());
    int64_t grain = 1;
    if (auto given = loop->getAttrOfType<IntegerAttr>("moe.grain"))
      grain = std::max<int64_t>(1, given.getInt());
    call(builder, loc, body, loop.getUpperBound().front(), grain);
    loop.erase();
  }

private:
  /// The block on the stack that all closures of the function share.
  Value closure() {
    if (!block) {
      OpBuilder builder(&entry.getBody().front(), entry.getBody().front().begin());
      Location loc = entry.getLoc();
      Value size = LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), 0);
      auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
      block = LLVM::AllocaOp::create(builder, loc, pointer, builder.getI8Type(), size, 64);
    }
    return block;
  }

  void reserve(int64_t bytes) {
    Value size = closure().getDefiningOp<LLVM::AllocaOp>().getArraySize();
    auto constant = size.getDefiningOp<LLVM::ConstantOp>();
    if (cast<IntegerAttr>(constant.getValue()).getInt() < bytes)
      constant.setValueAttr(IntegerAttr::get(size.getType(), bytes));
  }

  Value convert(OpBuilder &builder, Location loc, Value value, Type type) {
    if (value.getType() == type)
      return value;
    return UnrealizedConversionCastOp::create(builder, loc, type, value).getResult(0);
  }

  /// Replaces operands within `region`. A look at each operand there, not at each use of a value
  /// in the whole model: constants are used everywhere.
  static void remap(Region &region, const IRMapping &mapping) {
    region.walk([&](Operation *op) {
      for (OpOperand &operand : op->getOpOperands())
        if (Value value = mapping.lookupOrNull(operand.get()))
          operand.set(value);
    });
  }

  /// What the body uses from outside. Constants are cheaper made anew than carried.
  SmallVector<Value> collect(scf::ParallelOp loop) {
    llvm::SetVector<Value> used;
    getUsedValuesDefinedAbove(loop.getRegion(), used);
    OpBuilder inside = OpBuilder::atBlockBegin(loop.getBody());
    IRMapping copies;
    SmallVector<Value> captures;
    for (Value value : used) {
      Operation *op = value.getDefiningOp();
      if (op && (op->hasTrait<OpTrait::ConstantLike>() || isa<memref::GetGlobalOp>(op))) {
        copies.map(value, inside.clone(*op)->getResult(0));
        continue;
      }
      captures.push_back(value);
    }
    remap(loop.getRegion(), copies);
    return captures;
  }

  /// The function of (closure, begin, end) that runs the loop's body.
  func::FuncOp makeBody(scf::ParallelOp loop, ArrayRef<Value> captures) {
    Location loc = loop.getLoc();
    OpBuilder builder(entry);
    Type i64 = builder.getI64Type(), index = builder.getIndexType();
    auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
    auto body = func::FuncOp::create(builder, loc, "moe_body_" + std::to_string(count++),
                                     builder.getFunctionType({pointer, i64, i64}, {}));
    body.setPrivate();
    for (auto name :
         {LLVM::LLVMDialect::getNonNullAttrName(), LLVM::LLVMDialect::getNoAliasAttrName()})
      body.setArgAttr(0, name, builder.getUnitAttr());
    Block *block = body.addEntryBlock();
    builder.setInsertionPointToStart(block);
    IRMapping inside;
    Closure carried(builder, loc, block->getArgument(0), converter);
    for (Value value : captures)
      inside.map(value, carried.read(value.getType()));
    remap(loop.getRegion(), inside);
    Value begin = arith::IndexCastOp::create(builder, loc, index, block->getArgument(1));
    Value end = arith::IndexCastOp::create(builder, loc, index, block->getArgument(2));
    Value one = arith::ConstantIndexOp::create(builder, loc, 1);
    auto items = scf::ForOp::create(builder, loc, begin, end, one);
    func::ReturnOp::create(builder, loc);

    loop.getBody()->getTerminator()->erase();
    loop.getInductionVars().front().replaceAllUsesWith(items.getInductionVar());
    items.getBody()->getOperations().splice(items.getBody()->begin(),
                                            loop.getBody()->getOperations());
    return body;
  }

  /// One grain is run here; more are the runtime's. One function decides for all loops, so that
  /// others stay one block however many loops they have.
  func::FuncOp dispatcher(func::FuncOp body) {
    if (dispatch)
      return dispatch;
    Location loc = entry.getLoc();
    OpBuilder builder(entry);
    Type i64 = builder.getI64Type();
    auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
    dispatch =
        func::FuncOp::create(builder, loc, "moe_dispatch",
                             builder.getFunctionType({pointer, i64, i64, pointer, pointer}, {}));
    dispatch.setPrivate();
    Block *start = dispatch.addEntryBlock();
    builder.setInsertionPointToStart(start);
    Value context = start->getArgument(0), items = start->getArgument(1);
    Value grain = start->getArgument(2), function = start->getArgument(3);
    Value closure = start->getArgument(4);
    Value single = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sle, items, grain);
    scf::IfOp::create(
        builder, loc, single,
        [&](OpBuilder &inner, Location) {
          Value zero = LLVM::ConstantOp::create(inner, loc, i64, 0);
          auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(inner.getContext()),
                                                  body.getArgumentTypes());
          LLVM::CallOp::create(inner, loc, type, ValueRange{function, closure, zero, items});
          scf::YieldOp::create(inner, loc);
        },
        [&](OpBuilder &inner, Location) {
          callContext(inner, loc, context, offsetof(moe_context, parallel_for), {},
                      {items, grain, function, closure});
          scf::YieldOp::create(inner, loc);
        });
    func::ReturnOp::create(builder, loc);
    return dispatch;
  }

  void call(OpBuilder &builder, Location loc, func::FuncOp body, Value items, int64_t grain) {
    Type i64 = builder.getI64Type();
    Value number = arith::IndexCastOp::create(builder, loc, i64, items);
    Value limit = LLVM::ConstantOp::create(builder, loc, i64, grain);
    auto reference =
        func::ConstantOp::create(builder, loc, body.getFunctionType(), SymbolRefAttr::get(body));
    Value function = convert(builder, loc, reference, closure().getType());
    func::CallOp::create(builder, loc, dispatcher(body),
                         ValueRange{entry.getArgument(0), number, limit, function, closure()});
  }

  func::FuncOp entry;
  LLVMTypeConverter converter;
  unsigned &count;
  Value block;
  func::FuncOp &dispatch;
};

struct OutlineParallel : moe::impl::OutlineParallelBase<OutlineParallel> {
  using OutlineParallelBase::OutlineParallelBase;

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    unsigned count = 0;
    func::FuncOp dispatch;
    for (func::FuncOp function : functions) {
      SmallVector<scf::ParallelOp> outer, serial;
      function.walk<WalkOrder::PreOrder>([&](scf::ParallelOp loop) {
        bool parallel =
            contextOf(loop) && isRuntimeLoop(loop) && !loop->getParentOfType<scf::ParallelOp>();
        (parallel ? outer : serial).push_back(loop);
      });
      for (scf::ParallelOp loop : llvm::reverse(serial)) {
        if (loop.getNumReductions() != 0) {
          loop.emitError(
              "a parallel reduction is not supported; its order would depend on threads");
          return signalPassFailure();
        }
        makeSerial(loop);
      }
      Outliner outliner(function, count, dispatch);
      for (scf::ParallelOp loop : outer)
        outliner.outline(loop);
    }
  }

private:
  /// From 0 in steps of 1, in one dimension, without a result.
  static bool isRuntimeLoop(scf::ParallelOp loop) {
    return loop.getNumLoops() == 1 && loop.getNumReductions() == 0 &&
           matchPattern(loop.getLowerBound().front(), m_Zero()) &&
           matchPattern(loop.getStep().front(), m_One());
  }
};

} // namespace
