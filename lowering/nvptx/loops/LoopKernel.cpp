//===- LoopKernel.cpp - A kernel of an outlined function ------------------===//

#include "lowering/nvptx/loops/LoopKernel.h"
#include "lowering/Routing.h"
#include "lowering/nvptx/Device.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;

static gpu::GPUFuncOp makeFunction(func::FuncOp outlined) {
  gpu::GPUModuleOp module = getDeviceModule(outlined->getParentOfType<ModuleOp>());
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  auto made = gpu::GPUFuncOp::create(builder, outlined.getLoc(), outlined.getSymName(),
                                     builder.getFunctionType({}, {}));
  made->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), builder.getUnitAttr());
  auto body = OpBuilder::atBlockEnd(&made.getBody().front());
  gpu::ReturnOp::create(body, outlined.getLoc());
  return made;
}

LoopKernel::LoopKernel(func::FuncOp outlined, Operation *original)
    : function(makeFunction(outlined)), original(original), host(original->getLoc(), original),
      inside(original->getLoc(), function.getBody().front().getTerminator()) {
  SmallVector<Operation *> before;
  for (Operation &op : llvm::make_range(original->getBlock()->begin(), original->getIterator()))
    before.push_back(&op);
  IRMapping mapping;
  for (BlockArgument argument : outlined.getArguments())
    mapping.map(argument, pass(argument));
  for (Operation *op : before)
    inside.clone(*op, mapping);
  copy = inside.clone(*original, mapping);
  inside.setInsertionPoint(copy);
}

Value LoopKernel::pass(Value value) {
  auto add = [&](Value operand) -> Value {
    operands.push_back(operand);
    unsigned number = function.getNumArguments();
    [[maybe_unused]] LogicalResult added =
        function.insertArgument(number, operand.getType(), {}, operand.getLoc());
    return function.getArgument(number);
  };
  if (!value.getType().isInteger(1))
    return add(value);
  // A truth value is a byte on its way.
  Value wide = add(arith::ExtUIOp::create(host, host.getI8Type(), value));
  auto entry = ImplicitLocOpBuilder::atBlockBegin(value.getLoc(), &function.getBody().front());
  return arith::TruncIOp::create(entry, entry.getI1Type(), wide);
}

void LoopKernel::returnResults(Value rank) {
  if (copy->getNumResults() == 0)
    return;
  OpBuilder::InsertionGuard guard(inside);
  inside.setInsertionPointAfter(copy);
  SmallVector<Value> memories;
  for (Value result : copy->getResults()) {
    Type element = result.getType().isInteger(1) ? host.getI8Type() : result.getType();
    results.push_back(memref::AllocOp::create(host, MemRefType::get({1}, element)));
    memories.push_back(pass(results.back()));
  }
  onlyIf(inside, isZero(inside, rank), [&] {
    for (auto [result, memory] : llvm::zip_equal(copy->getResults(), memories)) {
      Value value = result;
      if (value.getType().isInteger(1))
        value = arith::ExtUIOp::create(inside, inside.getI8Type(), value);
      memref::StoreOp::create(inside, value, memory, ValueRange{indexOf(inside, 0)});
    }
  });
}

void LoopKernel::launch(Value work, Value blocks, int64_t threads) {
  auto start = [&] { createLaunch(host, host.getLoc(), function, {{blocks}, threads}, operands); };
  std::optional<int64_t> known = getConstantIntValue(work);
  if (!known) {
    Value some = arith::CmpIOp::create(host, arith::CmpIPredicate::ne, work, indexOf(host, 0));
    onlyIf(host, some, start);
  } else if (*known != 0) {
    start();
  }
  for (auto [result, memory] : llvm::zip_equal(original->getResults(), results)) {
    Value value = memref::LoadOp::create(host, memory, ValueRange{indexOf(host, 0)});
    if (result.getType().isInteger(1))
      value = arith::TruncIOp::create(host, result.getType(), value);
    result.replaceAllUsesWith(value);
  }
  original->erase();
}

/// From so many calls on, the host's side of a kernel stays a function: code then follows what is
/// different in a model, not what is there.
static constexpr size_t kManyCalls = 8, kNeverMany = SIZE_MAX;

/// Those of `functions` whose calls are inlined. What a layer calls is its own, so that its
/// launches are known as the layer's.
static llvm::StringMap<func::FuncOp> inlined(ArrayRef<func::FuncOp> functions, ModuleOp module) {
  llvm::StringMap<size_t> calls;
  module.walk([&](func::CallOp call) {
    size_t &count = calls[call.getCallee()];
    count = call->hasAttr(kLayerAttr) || count == kNeverMany ? kNeverMany : count + 1;
  });
  llvm::StringMap<func::FuncOp> found;
  for (func::FuncOp function : functions) {
    size_t count = calls.lookup(function.getSymName());
    if (count < kManyCalls || count == kNeverMany)
      found[function.getSymName()] = function;
  }
  return found;
}

void moe::inlineCalls(ArrayRef<func::FuncOp> functions, ModuleOp module) {
  llvm::StringMap<func::FuncOp> byName = inlined(functions, module);
  SmallVector<func::CallOp> open;
  module.walk([&](func::CallOp call) {
    if (!byName.contains(call->getParentOfType<func::FuncOp>().getSymName()))
      open.push_back(call);
  });
  while (!open.empty()) {
    func::CallOp call = open.pop_back_val();
    func::FuncOp function = byName.lookup(call.getCallee());
    if (!function)
      continue;
    OpBuilder builder(call);
    IRMapping mapping;
    Block &body = function.getBody().front();
    mapping.map(body.getArguments(), call.getOperands());
    for (Operation &op : body.without_terminator())
      builder.clone(op, mapping)->walk([&](func::CallOp inner) { open.push_back(inner); });
    for (auto [result, value] :
         llvm::zip_equal(call.getResults(), body.getTerminator()->getOperands()))
      result.replaceAllUsesWith(mapping.lookupOrDefault(value));
    call.erase();
  }
  for (auto &entry : byName)
    entry.second->erase();
}
