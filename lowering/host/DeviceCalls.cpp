//===- DeviceCalls.cpp - What host code asks a device to do ---------------===//

#include "lowering/host/DeviceCalls.h"
#include "lowering/host/Context.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "runtime/moe_abi.h"

using namespace mlir;
using namespace moe;

//===----------------------------------------------------------------------===//
// On memrefs
//===----------------------------------------------------------------------===//

static Value constantIndex(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value moe::addressOf(OpBuilder &builder, Location loc, Value memref, ValueRange indices) {
  auto type = cast<MemRefType>(memref.getType());
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(builder, loc, memref);
  if (indices.empty() && type.getLayout().isIdentity())
    return address;
  auto metadata = memref::ExtractStridedMetadataOp::create(builder, loc, memref);
  Value elements = metadata.getOffset();
  for (auto [index, stride] :
       llvm::zip_equal(indices, metadata.getStrides().take_front(indices.size())))
    elements = arith::AddIOp::create(builder, loc, elements,
                                     arith::MulIOp::create(builder, loc, index, stride));
  int64_t width = type.getElementType().isIndex() ? 8 : type.getElementTypeBitWidth() / 8;
  Value bytes = arith::MulIOp::create(builder, loc, elements, constantIndex(builder, loc, width));
  return arith::AddIOp::create(builder, loc, address, bytes);
}

/// Calls the function without a body of that name; all take three indices.
static void createCall(OpBuilder &builder, Location loc, StringRef name, ValueRange operands) {
  auto module = builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  auto function = module.lookupSymbol<func::FuncOp>(name);
  if (!function) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    function = func::FuncOp::create(builder, module.getLoc(), name,
                                    builder.getFunctionType(operands.getTypes(), {}));
    function.setPrivate();
  }
  func::CallOp::create(builder, loc, function, operands);
}

void moe::createUpload(OpBuilder &builder, Location loc, Value device, Value host, Value bytes) {
  createCall(builder, loc, kUploadFunction, {device, host, bytes});
}

void moe::createUploadSection(OpBuilder &builder, Location loc, Value device, int64_t place,
                              int64_t bytes) {
  createCall(builder, loc, kUploadSectionFunction,
             {addressOf(builder, loc, device), constantIndex(builder, loc, place),
              constantIndex(builder, loc, bytes)});
}

void moe::createFetch(OpBuilder &builder, Location loc, Value host, Value device, Value bytes) {
  createCall(builder, loc, kFetchFunction, {host, device, bytes});
}

//===----------------------------------------------------------------------===//
// To the LLVM dialect
//===----------------------------------------------------------------------===//

namespace {

struct TransferPattern : ConvertOpToLLVMPattern<func::CallOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(func::CallOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    StringRef name = op.getCallee();
    bool fromSection = name == kUploadSectionFunction, fetches = name == kFetchFunction;
    Value context = contextOf(op);
    if (!context || !(fromSection || fetches || name == kUploadFunction))
      return rewriter.notifyMatchFailure(op, "no transfer, or no context here");
    Location loc = op.getLoc();
    auto pointer = [&](Value address) -> Value {
      return LLVM::IntToPtrOp::create(rewriter, loc, context.getType(), address);
    };
    Value first = pointer(adaptor.getOperands()[0]), second = adaptor.getOperands()[1];
    if (fromSection) {
      Value section = loadContextField(rewriter, loc, context, offsetof(moe_context, section));
      second = LLVM::GEPOp::create(rewriter, loc, context.getType(), rewriter.getI8Type(), section,
                                   ValueRange{second});
    } else {
      second = pointer(second);
    }
    callContext(rewriter, loc, context,
                fetches ? offsetof(moe_context, fetch) : offsetof(moe_context, upload), {},
                {first, second, adaptor.getOperands()[2]});
    rewriter.eraseOp(op);
    return success();
  }
};

struct DeviceWeightsPattern : ConvertOpToLLVMPattern<memref::GetGlobalOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::GetGlobalOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value context = contextOf(op);
    if (op.getName() != kDeviceWeights || !context)
      return rewriter.notifyMatchFailure(op, "not the device's weights, or no context here");
    Location loc = op.getLoc();
    Value data = loadContextField(rewriter, loc, context, offsetof(moe_context, weights));
    rewriter.replaceOp(op, Value(MemRefDescriptor::fromStaticShape(
                               rewriter, loc, *getTypeConverter(), op.getType(), data)));
    return success();
  }
};

/// The weight memory is the runtime's: nothing of it is left in the code.
struct DeviceWeightsGlobalPattern : ConvertOpToLLVMPattern<memref::GlobalOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(memref::GlobalOp op, OpAdaptor,
                                ConversionPatternRewriter &rewriter) const override {
    if (op.getSymName() != kDeviceWeights)
      return rewriter.notifyMatchFailure(op, "not the device's weights");
    rewriter.eraseOp(op);
    return success();
  }
};

/// The grid, the parameters' values and, as the driver wants them, pointers to these values stand
/// in one block of the stack.
struct LaunchPattern : ConvertOpToLLVMPattern<gpu::LaunchFuncOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(gpu::LaunchFuncOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Value context = contextOf(op);
    auto number = op->getAttrOfType<IntegerAttr>(kKernelAttr);
    if (!context || !number)
      return rewriter.notifyMatchFailure(op, "no context here, or the kernel has no number");
    Location loc = op.getLoc();
    SmallVector<Value> values = {adaptor.getGridSizeX(), adaptor.getGridSizeY(),
                                 adaptor.getGridSizeZ()};
    for (Value operand : adaptor.getKernelOperands())
      llvm::append_range(values, partsOf(loc, operand, rewriter));
    size_t parameters = values.size() - 3;
    Value block = makeBlock(op, values.size() + parameters, rewriter);
    auto slot = [&](size_t i) {
      return addressAt(rewriter, loc, block, 8 * static_cast<int64_t>(i));
    };
    for (auto [i, value] : llvm::enumerate(values)) {
      // As in --moe-expand-math: halves in memory are integers, for which no CPU calls a function.
      if (value.getType().isF16() || value.getType().isBF16())
        value = LLVM::BitcastOp::create(rewriter, loc, rewriter.getI16Type(), value);
      LLVM::StoreOp::create(rewriter, loc, value, slot(i));
    }
    for (size_t i = 0; i < parameters; ++i)
      LLVM::StoreOp::create(rewriter, loc, slot(3 + i), slot(values.size() + i));
    Value which = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI32Type(), number.getInt());
    callContext(rewriter, loc, context, offsetof(moe_context, launch), {},
                {which, block, slot(values.size())});
    rewriter.eraseOp(op);
    return success();
  }

private:
  /// Memory of `slots` times 8 bytes on the function's stack.
  Value makeBlock(Operation *op, size_t slots, ConversionPatternRewriter &rewriter) const {
    OpBuilder::InsertionGuard guard(rewriter);
    auto function = op->getParentOfType<FunctionOpInterface>();
    rewriter.setInsertionPointToStart(&function.getFunctionBody().front());
    Location loc = op->getLoc();
    Value count = LLVM::ConstantOp::create(rewriter, loc, rewriter.getI64Type(), slots);
    return LLVM::AllocaOp::create(rewriter, loc, getPtrType(), rewriter.getI64Type(), count,
                                  /*alignment=*/8);
  }

  /// What a kernel takes for `operand`: a number, or all numbers of a descriptor.
  static SmallVector<Value> partsOf(Location loc, Value operand,
                                    ConversionPatternRewriter &rewriter) {
    auto descriptor = dyn_cast<LLVM::LLVMStructType>(operand.getType());
    if (!descriptor)
      return {operand};
    SmallVector<Value> parts;
    auto take = [&](ArrayRef<int64_t> position) {
      parts.push_back(LLVM::ExtractValueOp::create(rewriter, loc, operand, position));
    };
    for (auto [i, type] : llvm::enumerate(descriptor.getBody())) {
      auto field = static_cast<int64_t>(i);
      auto array = dyn_cast<LLVM::LLVMArrayType>(type);
      if (!array)
        take(field);
      for (int64_t j = 0; array && j < static_cast<int64_t>(array.getNumElements()); ++j)
        take({field, j});
    }
    return parts;
  }
};

} // namespace

void moe::populateDevicePatterns(const LLVMTypeConverter &converter, RewritePatternSet &patterns) {
  PatternBenefit benefit(10);
  patterns.add<TransferPattern, DeviceWeightsPattern, DeviceWeightsGlobalPattern, LaunchPattern>(
      converter, benefit);
}
