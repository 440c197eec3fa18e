//===- WidenBits.cpp - Truth values in memory are bytes -------------------===//
//
// A vector of i1 in memory would be packed bits to LLVM, a scalar i1 a byte. The ABI says a byte, 0
// or 1: buffers get that type here, and what is loaded or stored is converted where it passes.
//
//===----------------------------------------------------------------------===//

#include "dialect/Moe.h"
#include "lowering/Lowerings.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace moe {
#define GEN_PASS_DEF_WIDENBITS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

/// `type` with bytes for truth values; null where nothing changes.
Type widened(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  if (!memref || !memref.getElementType().isInteger(1))
    return {};
  return MemRefType::Builder(memref).setElementType(IntegerType::get(type.getContext(), 8));
}

class Widener {
public:
  explicit Widener(MLIRContext *context)
      : i1(IntegerType::get(context, 1)), i8(IntegerType::get(context, 8)) {}

  void run(ModuleOp module) {
    module.walk([&](Operation *op) {
      // Loads and stores first: they are where bits and bytes meet.
      llvm::TypeSwitch<Operation *>(op)
          .Case<memref::LoadOp>([&](auto load) { widenLoad(load); })
          .Case<memref::StoreOp>([&](auto store) { widenStore(store); })
          .Case<linalg::GenericOp>([&](auto generic) { widenGeneric(generic); })
          .Case<linalg::FillOp>([&](auto fill) { widenFill(fill); })
          .Case<memref::GlobalOp>([&](auto global) { widenGlobal(global); })
          .Case<func::FuncOp>([&](auto function) { widenFunction(function); });
      for (Region &region : op->getRegions())
        for (Block &block : region)
          for (BlockArgument argument : block.getArguments())
            widen(argument);
      if (isa<WeightOp>(op))
        return widenWeight(op);
      for (Value result : op->getResults())
        widen(result);
    });
  }

private:
  void widen(Value value) {
    if (Type type = widened(value.getType()))
      value.setType(type);
  }

  /// Operands are widened where they are made, before or after this operation is seen.
  bool isBits(Value memref) {
    Type element = cast<MemRefType>(memref.getType()).getElementType();
    return element == i1 || element == i8;
  }

  void widenLoad(memref::LoadOp load) {
    if (!load.getType().isInteger(1))
      return;
    OpBuilder builder(load.getContext());
    builder.setInsertionPointAfter(load);
    load.getResult().setType(i8);
    auto bit = arith::TruncIOp::create(builder, load.getLoc(), i1, load.getResult());
    load.getResult().replaceAllUsesExcept(bit, bit);
  }

  void widenStore(memref::StoreOp store) {
    if (!store.getValue().getType().isInteger(1))
      return;
    OpBuilder builder(store);
    store.getValueMutable().assign(
        arith::ExtUIOp::create(builder, store.getLoc(), i8, store.getValue()));
  }

  void widenGeneric(linalg::GenericOp generic) {
    Block *body = generic.getBlock();
    OpBuilder builder = OpBuilder::atBlockBegin(body);
    for (OpOperand &operand : generic->getOpOperands()) {
      BlockArgument argument = generic.getMatchingBlockArgument(&operand);
      if (!argument.getType().isInteger(1) || !isa<MemRefType>(operand.get().getType()))
        continue;
      argument.setType(i8);
      if (argument.use_empty())
        continue;
      auto bit = arith::TruncIOp::create(builder, generic.getLoc(), i1, argument);
      argument.replaceAllUsesExcept(bit, bit);
    }
    Operation *yield = body->getTerminator();
    builder.setInsertionPoint(yield);
    for (OpOperand &value : yield->getOpOperands())
      if (value.get().getType().isInteger(1))
        value.set(arith::ExtUIOp::create(builder, generic.getLoc(), i8, value.get()));
  }

  void widenFill(linalg::FillOp fill) {
    Value value = fill.value();
    if (!value.getType().isInteger(1) || !isa<MemRefType>(fill.output().getType()))
      return;
    OpBuilder builder(fill);
    fill.getInputsMutable().assign(arith::ExtUIOp::create(builder, fill.getLoc(), i8, value));
    // Its hidden body only hands the value on.
    for (BlockArgument argument : fill.getRegion().getArguments())
      argument.setType(i8);
  }

  void widenGlobal(memref::GlobalOp global) {
    Type type = widened(global.getType());
    if (!type)
      return;
    global.setType(cast<MemRefType>(type));
    auto value = dyn_cast_or_null<DenseElementsAttr>(global.getInitialValueAttr());
    if (!value)
      return;
    SmallVector<int8_t> bytes;
    for (bool bit : value.getValues<bool>())
      bytes.push_back(bit ? 1 : 0);
    auto shape = RankedTensorType::get(value.getType().getShape(), i8);
    global.setInitialValueAttr(DenseElementsAttr::get(shape, ArrayRef<int8_t>(bytes)));
  }

  void widenFunction(func::FuncOp function) {
    auto map = [](TypeRange types) {
      SmallVector<Type> result;
      for (Type type : types)
        result.push_back(widened(type) ? widened(type) : type);
      return result;
    };
    FunctionType type = function.getFunctionType();
    function.setFunctionType(
        FunctionType::get(function.getContext(), map(type.getInputs()), map(type.getResults())));
  }

  /// A weight's type is tied to its pieces; only what is read of it changes.
  void widenWeight(Operation *op) {
    Type type = widened(op->getResult(0).getType());
    if (!type)
      return;
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    auto cast = UnrealizedConversionCastOp::create(builder, op->getLoc(), type, op->getResult(0));
    op->getResult(0).replaceAllUsesExcept(cast.getResult(0), cast);
  }

  Type i1, i8;
};

struct WidenBits : moe::impl::WidenBitsBase<WidenBits> {
  using WidenBitsBase::WidenBitsBase;
  void runOnOperation() override { Widener(&getContext()).run(getOperation()); }
};

} // namespace
