//===- SplitEntry.cpp - A model's function in steps of bounded size -------===//
//
// Bufferization's analysis, and much of LLVM, take time that grows with the square of a function's
// length. A long @main becomes calls of steps, cut where few values pass from one to the next:
// between layers and between experts. Steps that are equal are one function.
//
//===----------------------------------------------------------------------===//

#include "dialect/Moe.h"
#include "lowering/Lowerings.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/buffers/FunctionPool.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/StringMap.h"

namespace moe {
#define GEN_PASS_DEF_SPLITENTRY
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

/// The operations of @main that steps are made of, and what passes between them.
class Order {
public:
  explicit Order(Block &main) {
    for (Operation &op : main.without_terminator()) {
      if (op.hasTrait<OpTrait::ConstantLike>() || isa<WeightOp>(op)) {
        shared.push_back(&op);
        continue;
      }
      position[&op] = ops.size();
      ops.push_back(&op);
    }
    for (Operation *op : ops) {
      unsigned size = 0;
      op->walk([&](Operation *) { ++size; });
      sizes.push_back(size);
    }
    countPassing(main);
  }

  /// Where steps begin and end, the first 0, the last the number of operations.
  SmallVector<size_t> cuts(unsigned most) const;

  SmallVector<Operation *> ops;
  /// What stays in @main: weights are arguments, so that steps with other weights are equal.
  SmallVector<Operation *> shared;

private:
  /// passing[i]: values made before operation i and used by it or later ones.
  void countPassing(Block &main) {
    SmallVector<int64_t> change(ops.size() + 1, 0);
    for (auto [place, op] : llvm::enumerate(ops)) {
      if (isa<tensor::EmptyOp>(op))
        continue;
      for (Value result : op->getResults()) {
        size_t last = place;
        for (Operation *user : result.getUsers()) {
          auto found = position.find(main.findAncestorOpInBlock(*user));
          last = std::max(last, found == position.end() ? ops.size() - 1 : found->second);
        }
        ++change[place + 1 < change.size() ? place + 1 : place];
        --change[std::min(last + 1, ops.size())];
      }
    }
    int64_t now = 0;
    for (int64_t step : change)
      passing.push_back(now += step);
  }

  llvm::DenseMap<Operation *, size_t> position;
  SmallVector<unsigned> sizes;
  SmallVector<int64_t> passing;
};

} // namespace

SmallVector<size_t> Order::cuts(unsigned most) const {
  SmallVector<size_t> found = {0};
  size_t begin = 0;
  while (begin < ops.size()) {
    // Of the places that leave a step of a quarter to the whole of the size, the narrowest, the
    // last of those.
    size_t best = begin + 1;
    unsigned size = 0;
    bool chosen = false;
    for (size_t at = begin; at < ops.size() && (size == 0 || size + sizes[at] <= most); ++at) {
      size += sizes[at];
      if (size < most / 4 && at + 1 < ops.size())
        best = at + 1;
      else if (!chosen || passing[at + 1] <= passing[best])
        best = at + 1, chosen = true;
    }
    found.push_back(begin = best);
  }
  return found;
}

/// Gives the step its own of each empty tensor that it uses from outside: what is unspecified need
/// not pass, and passed it would be written by many.
static SmallVector<Operation *> ownEmpties(ArrayRef<Operation *> ops) {
  llvm::DenseSet<Operation *> within(ops.begin(), ops.end());
  llvm::DenseMap<Operation *, Operation *> own;
  SmallVector<Operation *> all;
  for (Operation *op : ops) {
    op->walk([&](Operation *inner) {
      for (OpOperand &operand : inner->getOpOperands()) {
        auto empty = operand.get().getDefiningOp<tensor::EmptyOp>();
        if (!empty || empty->getBlock() != op->getBlock() || within.contains(empty))
          continue;
        Operation *&made = own[empty];
        if (!made)
          all.push_back(made = OpBuilder(op).clone(*empty));
        operand.set(made->getResult(0));
      }
    });
    all.push_back(op);
  }
  return all;
}

/// What later operations use of `ops`.
static SmallVector<Value> resultsOf(ArrayRef<Operation *> ops) {
  llvm::DenseSet<Operation *> within(ops.begin(), ops.end());
  Block *block = ops.front()->getBlock();
  SmallVector<Value> results;
  for (Operation *op : ops)
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), [&](Operation *user) {
            return !within.contains(block->findAncestorOpInBlock(*user));
          }))
        results.push_back(result);
  return results;
}

/// Makes a call of `ops`.
static void makeStep(ArrayRef<Operation *> ops, FunctionPool &pool) {
  Captured captured = capture(ops);
  SmallVector<Value> results = resultsOf(ops);
  func::FuncOp step = pool.get(ops, captured, results);
  OpBuilder builder(ops.back());
  auto call = func::CallOp::create(builder, ops.back()->getLoc(), step, captured.arguments);
  for (auto [result, returned] : llvm::zip_equal(results, call.getResults()))
    result.replaceAllUsesWith(returned);
  for (Operation *op : llvm::reverse(ops))
    op->erase();
}

namespace {
/// Makes calls of assertions, with the message's place as an argument: messages name nodes, and
/// steps that differ in them only are equal.
class Messages {
public:
  explicit Messages(ModuleOp module) : module(module) {}

  void replace(cf::AssertOp op) {
    OpBuilder builder(op);
    Location loc = op.getLoc();
    auto [place, isNew] = places.try_emplace(op.getMsg(), text.size());
    if (isNew)
      (text += op.getMsg()).push_back('\0');
    Value number =
        arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(place->second));
    func::CallOp::create(builder, loc, function(), ValueRange{op.getArg(), number});
    op.erase();
  }

  void store() {
    if (!text.empty())
      module->setAttr(kMessagesAttr, StringAttr::get(module.getContext(), text));
  }

private:
  func::FuncOp function() {
    if (!check) {
      OpBuilder builder(module.getBody(), module.getBody()->begin());
      check = func::FuncOp::create(
          builder, module.getLoc(), kAssertFunction,
          builder.getFunctionType({builder.getI1Type(), builder.getI64Type()}, {}));
      check.setPrivate();
    }
    return check;
  }

  ModuleOp module;
  func::FuncOp check;
  std::string text;
  llvm::StringMap<int64_t> places;
};

struct SplitEntry : moe::impl::SplitEntryBase<SplitEntry> {
  using SplitEntryBase::SplitEntryBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal() || !main.getBody().hasOneBlock())
      return; // --host-bind-context says what is wrong with it
    Block &body = main.getBody().front();
    if (Order(body).cuts(size).size() <= 2)
      return;
    Messages messages(getOperation());
    main.walk([&](cf::AssertOp op) { messages.replace(op); });
    messages.store();
    Order order(body);
    SmallVector<size_t> cuts = order.cuts(size);
    // What all steps use stands before them.
    for (Operation *op : order.shared)
      op->moveBefore(order.ops.front());
    SmallVector<SmallVector<Operation *>> steps;
    for (size_t i = 0; i + 1 < cuts.size(); ++i)
      steps.push_back(ownEmpties(ArrayRef(order.ops).slice(cuts[i], cuts[i + 1] - cuts[i])));
    FunctionPool pool(getOperation(), "moe_step_");
    for (ArrayRef<Operation *> ops : steps)
      makeStep(ops, pool);
    for (Operation *op : order.shared)
      if (op->use_empty())
        op->erase();
  }
};
} // namespace
