//===- ContextPatterns.cpp - Operations that become calls of the context --===//
//
// Generated code has no undefined symbols: memory, weights, failures and observations all go
// through the `moe_context` that the runtime hands in.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/ContextPatterns.h"
#include "dialect/Moe.h"
#include "lowering/cpu/Context.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "runtime/moe_abi.h"

using namespace mlir;
using namespace moe;

namespace {

struct AllocPattern : ConvertOpToLLVMPattern<memref::AllocOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::AllocOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value context = contextOf(op);
    if (!context)
      return rewriter.notifyMatchFailure(op, "only the entry may allocate");
    Location loc = op.getLoc();
    SmallVector<Value> sizes, strides;
    Value bytes;
    getMemRefDescriptorSizes(loc, op.getType(), adaptor.getDynamicSizes(), rewriter, sizes, strides,
                             bytes);
    Value block =
        callContext(rewriter, loc, context, offsetof(moe_context, alloc), context.getType(), bytes)
            .getResult();
    rewriter.replaceOp(op, Value(createMemRefDescriptor(loc, op.getType(), block, block, sizes,
                                                        strides, rewriter)));
    return success();
  }
};

struct DeallocPattern : ConvertOpToLLVMPattern<memref::DeallocOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::DeallocOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value context = contextOf(op);
    if (!context)
      return rewriter.notifyMatchFailure(op, "only the entry may free");
    Value block = MemRefDescriptor(adaptor.getMemref()).allocatedPtr(rewriter, op.getLoc());
    callContext(rewriter, op.getLoc(), context, offsetof(moe_context, free), {}, block);
    rewriter.eraseOp(op);
    return success();
  }
};

struct WeightPattern : ConvertOpToLLVMPattern<WeightOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(WeightOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value context = contextOf(op);
    if (!context || !op.getOffset())
      return rewriter.notifyMatchFailure(op, "no context here, or no offset planned");
    Location loc = op.getLoc();
    Value base = loadContextField(rewriter, loc, context, offsetof(moe_context, weights));
    Value data = addressAt(rewriter, loc, base, static_cast<int64_t>(*op.getOffset()));
    auto type = cast<MemRefType>(op.getType());
    rewriter.replaceOp(op, Value(MemRefDescriptor::fromStaticShape(
                               rewriter, loc, *getTypeConverter(), type, data)));
    return success();
  }
};

/// Ends `op`'s block with a branch: to a new block, which is returned, where `condition` does not
/// hold, else on to what follows `op`. What follows starts with `op`.
Block *branchUnless(Operation *op, Value condition, ConversionPatternRewriter &rewriter) {
  Block *before = op->getBlock();
  Block *after = rewriter.splitBlock(before, op->getIterator());
  Block *aside = rewriter.createBlock(after->getParent(), after->getParent()->end());
  rewriter.setInsertionPointToEnd(before);
  LLVM::CondBrOp::create(rewriter, op->getLoc(), condition, after, ValueRange(), aside,
                         ValueRange(), std::make_pair<uint32_t, uint32_t>(2000, 1));
  rewriter.setInsertionPointToStart(aside);
  return after;
}

struct AssertPattern : ConvertOpToLLVMPattern<cf::AssertOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(cf::AssertOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value context = contextOf(op);
    if (!context)
      return rewriter.notifyMatchFailure(op, "only the entry may fail");
    Location loc = op.getLoc();
    LLVM::GlobalOp message = makeMessage(op, rewriter);
    branchUnless(op, adaptor.getArg(), rewriter);
    Value text = LLVM::AddressOfOp::create(rewriter, loc, message);
    callContext(rewriter, loc, context, offsetof(moe_context, fail), {}, text);
    LLVM::UnreachableOp::create(rewriter, loc);
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// A global with the message and a zero at its end.
  LLVM::GlobalOp makeMessage(cf::AssertOp op, ConversionPatternRewriter &rewriter) const {
    auto module = op->getParentOfType<ModuleOp>();
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointToStart(module.getBody());
    SmallVector<char> text(op.getMsg().begin(), op.getMsg().end());
    text.push_back('\0');
    auto type = LLVM::LLVMArrayType::get(rewriter.getI8Type(), text.size());
    // LLVM gives globals of one name numbers; MLIR does not, so the place in memory of the
    // conversion cannot be part of it: count.
    std::string name = "moe_message_" + std::to_string(messages++);
    auto global = LLVM::GlobalOp::create(
        rewriter, op.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::Internal, name,
        rewriter.getStringAttr(StringRef(text.data(), text.size())));
    global.setUnnamedAddr(LLVM::UnnamedAddr::Global);
    return global;
  }

  mutable unsigned messages = 0;
};

struct ObservePattern : ConvertOpToLLVMPattern<ObserveOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(ObserveOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value context = contextOf(op);
    if (!context || !op.getNumber())
      return rewriter.notifyMatchFailure(op, "no context here, or no number planned");
    Location loc = op.getLoc();
    int64_t number = *op.getNumber();
    Value tensor = makeTensor(op, rewriter);
    Value flags = loadContextField(rewriter, loc, context, offsetof(moe_context, observed));
    Value flag = LLVM::LoadOp::create(rewriter, loc, rewriter.getI8Type(),
                                      addressAt(rewriter, loc, flags, number));
    Value zero = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI8Type(), 0);
    Value unasked = LLVM::ICmpOp::create(rewriter, loc, LLVM::ICmpPredicate::eq, flag, zero);
    Block *after = branchUnless(op, unasked, rewriter);
    fillTensor(op, tensor, adaptor.getValue(), rewriter);
    Value which = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32Type(), number);
    callContext(rewriter, loc, context, offsetof(moe_context, observe), {}, {which, tensor});
    LLVM::BrOp::create(rewriter, loc, after);
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// A moe_abi_tensor on the stack.
  Value makeTensor(ObserveOp op, ConversionPatternRewriter &rewriter) const {
    OpBuilder::InsertionGuard guard(rewriter);
    auto function = op->getParentOfType<FunctionOpInterface>();
    rewriter.setInsertionPointToStart(&function.getFunctionBody().front());
    Value one = LLVM::ConstantOp::create(rewriter, op.getLoc(), rewriter.getI64Type(), 1);
    auto bytes = LLVM::LLVMArrayType::get(rewriter.getI8Type(), sizeof(moe_abi_tensor));
    return LLVM::AllocaOp::create(rewriter, op.getLoc(), getPtrType(), bytes, one,
                                  alignof(moe_abi_tensor));
  }

  void fillTensor(ObserveOp op, Value tensor, Value value,
                  ConversionPatternRewriter &rewriter) const {
    Location loc = op.getLoc();
    MemRefDescriptor descriptor(value);
    int64_t rank = cast<MemRefType>(op.getValue().getType()).getRank();
    LLVM::StoreOp::create(rewriter, loc, descriptor.alignedPtr(rewriter, loc), tensor);
    Value count = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI64Type(), rank);
    LLVM::StoreOp::create(rewriter, loc, count,
                          addressAt(rewriter, loc, tensor, offsetof(moe_abi_tensor, rank)));
    for (int64_t dim = 0; dim < rank; ++dim)
      LLVM::StoreOp::create(
          rewriter, loc, descriptor.size(rewriter, loc, dim),
          addressAt(rewriter, loc, tensor, offsetof(moe_abi_tensor, shape) + 8 * dim));
  }
};

} // namespace

void moe::populateContextPatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<AllocPattern, DeallocPattern, WeightPattern, AssertPattern, ObservePattern>(
      converter, /*benefit=*/PatternBenefit(10));
}
