//===- ContextPatterns.cpp - Operations that become calls of the context --===//
//
// Generated code has no undefined symbols: memory, weights, failures and observations all go
// through the `moe_context` that the runtime hands in.
//
//===----------------------------------------------------------------------===//

#include "lowering/host/ContextPatterns.h"
#include "dialect/Moe.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/host/Context.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
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

/// The function that fails where its condition does not hold: one for all, so that functions keep
/// their blocks. LLVM inlines it where that pays.
class Checker {
public:
  LLVM::LLVMFuncOp get(ModuleOp module, Type pointer, ConversionPatternRewriter &rewriter) {
    if (check)
      return check;
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPointToStart(module.getBody());
    Location loc = module.getLoc();
    auto none = LLVM::LLVMVoidType::get(rewriter.getContext());
    auto type = LLVM::LLVMFunctionType::get(none, {pointer, rewriter.getI1Type(), pointer});
    check = LLVM::LLVMFuncOp::create(rewriter, loc, "moe_check", type, LLVM::Linkage::Internal);
    Block *start = check.addEntryBlock(rewriter);
    Block *fail = rewriter.createBlock(&check.getBody(), check.getBody().end());
    callContext(rewriter, loc, start->getArgument(0), offsetof(moe_context, fail), {},
                start->getArgument(2));
    LLVM::UnreachableOp::create(rewriter, loc);
    Block *done = rewriter.createBlock(&check.getBody(), check.getBody().end());
    LLVM::ReturnOp::create(rewriter, loc, ValueRange());
    rewriter.setInsertionPointToEnd(start);
    LLVM::CondBrOp::create(rewriter, loc, start->getArgument(1), done, ValueRange(), fail,
                           ValueRange(), std::make_pair<uint32_t, uint32_t>(2000, 1));
    return check;
  }

private:
  LLVM::LLVMFuncOp check;
};

/// A global of constant bytes, before all functions.
LLVM::GlobalOp makeText(ModuleOp module, StringRef name, StringRef text,
                        ConversionPatternRewriter &rewriter) {
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMArrayType::get(rewriter.getI8Type(), text.size());
  auto global = LLVM::GlobalOp::create(rewriter, module.getLoc(), type, /*isConstant=*/true,
                                       LLVM::Linkage::Internal, name, rewriter.getStringAttr(text));
  global.setUnnamedAddr(LLVM::UnnamedAddr::Global);
  return global;
}

struct AssertPattern : ConvertOpToLLVMPattern<cf::AssertOp> {
  AssertPattern(const LLVMTypeConverter &converter, std::shared_ptr<Checker> checker,
                PatternBenefit benefit)
      : ConvertOpToLLVMPattern(converter, benefit), checker(std::move(checker)) {}

  LogicalResult matchAndRewrite(cf::AssertOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value context = contextOf(op);
    if (!context)
      return rewriter.notifyMatchFailure(op, "only the entry may fail");
    Location loc = op.getLoc();
    auto module = op->getParentOfType<ModuleOp>();
    SmallVector<char> text(op.getMsg().begin(), op.getMsg().end());
    text.push_back('\0');
    // Symbols are unique: a number each.
    LLVM::GlobalOp message = makeText(module, "moe_message_" + std::to_string(messages++),
                                      StringRef(text.data(), text.size()), rewriter);
    Value address = LLVM::AddressOfOp::create(rewriter, loc, message);
    LLVM::LLVMFuncOp check = checker->get(module, context.getType(), rewriter);
    LLVM::CallOp::create(rewriter, loc, check, ValueRange{context, adaptor.getArg(), address});
    rewriter.eraseOp(op);
    return success();
  }

private:
  std::shared_ptr<Checker> checker;
  mutable unsigned messages = 0;
};

/// Calls of the function that stands for assertions in steps: the message is a place in all text.
struct AssertCallPattern : ConvertOpToLLVMPattern<func::CallOp> {
  AssertCallPattern(const LLVMTypeConverter &converter, std::shared_ptr<Checker> checker,
                    PatternBenefit benefit)
      : ConvertOpToLLVMPattern(converter, benefit), checker(std::move(checker)) {}

  LogicalResult matchAndRewrite(func::CallOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    auto module = op->getParentOfType<ModuleOp>();
    auto all = module->getAttrOfType<StringAttr>(kMessagesAttr);
    Value context = contextOf(op);
    if (op.getCallee() != kAssertFunction || !all || !context)
      return rewriter.notifyMatchFailure(op, "no assertion, or no messages here");
    Location loc = op.getLoc();
    if (!texts)
      texts = makeText(module, "moe_messages", all.getValue(), rewriter);
    Value base = LLVM::AddressOfOp::create(rewriter, loc, texts);
    Value text = LLVM::GEPOp::create(rewriter, loc, base.getType(), rewriter.getI8Type(), base,
                                     ValueRange{adaptor.getOperands()[1]});
    LLVM::LLVMFuncOp check = checker->get(module, context.getType(), rewriter);
    LLVM::CallOp::create(rewriter, loc, check, ValueRange{context, adaptor.getOperands()[0], text});
    rewriter.eraseOp(op);
    return success();
  }

private:
  std::shared_ptr<Checker> checker;
  mutable LLVM::GlobalOp texts;
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
    auto type = cast<MemRefType>(op.getValue().getType());
    int64_t rank = type.getRank();
    Value data = descriptor.bufferPtr(rewriter, loc, *getTypeConverter(), type);
    LLVM::StoreOp::create(rewriter, loc, data, tensor);
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
  PatternBenefit benefit(10);
  patterns.add<AllocPattern, DeallocPattern, WeightPattern, ObservePattern>(converter, benefit);
  auto checker = std::make_shared<Checker>();
  patterns.add<AssertPattern, AssertCallPattern>(converter, checker, benefit);
}
