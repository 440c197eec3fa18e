//===- BindContext.cpp - From @main to the entry of the ABI ---------------===//
//
// The runtime knows one function, `moe_entry(context, inputs, outputs)`. Memrefs exist only within:
// their descriptors are read from `moe_abi_tensor`s here and written back to them.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/host/BindSteps.h"
#include "lowering/host/Context.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "runtime/moe_abi.h"

namespace moe {
#define GEN_PASS_DEF_BINDCONTEXT
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

constexpr int64_t kRankOffset = offsetof(moe_abi_tensor, rank);
constexpr int64_t kShapeOffset = offsetof(moe_abi_tensor, shape);
constexpr int64_t kTensorSize = sizeof(moe_abi_tensor);

struct BindContext : moe::impl::BindContextBase<BindContext> {
  using BindContextBase::BindContextBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || main.isExternal() || !main.getBody().hasOneBlock()) {
      getOperation().emitError("expected a function @main with one block: it becomes the entry");
      return signalPassFailure();
    }
    if (failed(checkSignature(main)))
      return signalPassFailure();
    bind(main);
    bindSteps(getOperation());
  }

private:
  LogicalResult checkSignature(func::FuncOp main) {
    auto check = [&](Type type) -> LogicalResult {
      auto memref = dyn_cast<MemRefType>(type);
      if (memref && memref.getLayout().isIdentity() && memref.getRank() <= MOE_MAX_RANK)
        return success();
      return main.emitError("expected dense memrefs of rank 0 to ")
             << MOE_MAX_RANK << " as inputs and outputs of @main, found " << type;
    };
    for (Type type : llvm::concat<const Type>(main.getArgumentTypes(), main.getResultTypes()))
      if (failed(check(type)))
        return failure();
    return success();
  }

  /// A memref over the tensor that `tensor` points to.
  Value readTensor(OpBuilder &builder, Location loc, Value tensor, MemRefType type,
                   const LLVMTypeConverter &converter) {
    auto descriptor = MemRefDescriptor::poison(builder, loc, converter.convertType(type));
    Value data = LLVM::LoadOp::create(builder, loc, tensor.getType(), tensor);
    descriptor.setAllocatedPtr(builder, loc, data);
    descriptor.setAlignedPtr(builder, loc, data);
    descriptor.setConstantOffset(builder, loc, 0);
    Type i64 = builder.getI64Type();
    Value stride = LLVM::ConstantOp::create(builder, loc, i64, 1);
    for (int64_t dim = type.getRank() - 1; dim >= 0; --dim) {
      Value size;
      if (type.isDynamicDim(dim))
        size = LLVM::LoadOp::create(builder, loc, i64,
                                    addressAt(builder, loc, tensor, kShapeOffset + 8 * dim));
      else
        size = LLVM::ConstantOp::create(builder, loc, i64, type.getDimSize(dim));
      descriptor.setSize(builder, loc, dim, size);
      descriptor.setStride(builder, loc, dim, stride);
      if (dim > 0)
        stride = LLVM::MulOp::create(builder, loc, stride, size);
    }
    return UnrealizedConversionCastOp::create(builder, loc, type, Value(descriptor)).getResult(0);
  }

  /// Fills the tensor that `tensor` points to with what `memref` describes.
  void writeTensor(OpBuilder &builder, Location loc, Value tensor, Value memref,
                   const LLVMTypeConverter &converter) {
    auto type = cast<MemRefType>(memref.getType());
    Value cast =
        UnrealizedConversionCastOp::create(builder, loc, converter.convertType(type), memref)
            .getResult(0);
    MemRefDescriptor descriptor(cast);
    LLVM::StoreOp::create(builder, loc, descriptor.alignedPtr(builder, loc), tensor);
    Type i64 = builder.getI64Type();
    Value rank = LLVM::ConstantOp::create(builder, loc, i64, type.getRank());
    LLVM::StoreOp::create(builder, loc, rank, addressAt(builder, loc, tensor, kRankOffset));
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      LLVM::StoreOp::create(builder, loc, descriptor.size(builder, loc, dim),
                            addressAt(builder, loc, tensor, kShapeOffset + 8 * dim));
  }

  void bind(func::FuncOp main) {
    LLVMTypeConverter converter(&getContext());
    Block &body = main.getBody().front();
    Location loc = main.getLoc();
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    SmallVector<Value> old(body.getArguments());
    Value arguments[3];
    for (Value &argument : arguments)
      argument = body.addArgument(pointer, loc);

    OpBuilder builder(&body, body.begin());
    for (auto [i, value] : llvm::enumerate(old)) {
      Value tensor = addressAt(builder, loc, arguments[1], kTensorSize * static_cast<int64_t>(i));
      value.replaceAllUsesWith(
          readTensor(builder, loc, tensor, cast<MemRefType>(value.getType()), converter));
    }
    body.eraseArguments(0, old.size());

    auto end = cast<func::ReturnOp>(body.getTerminator());
    builder.setInsertionPoint(end);
    for (auto [i, value] : llvm::enumerate(end.getOperands())) {
      Value tensor = addressAt(builder, loc, arguments[2], kTensorSize * static_cast<int64_t>(i));
      writeTensor(builder, loc, tensor, value, converter);
    }
    end->setOperands({});
    main.setFunctionType(builder.getFunctionType({pointer, pointer, pointer}, {}));
    setArgumentAttributes(main);
    main.setSymName(MOE_ENTRY_SYMBOL);
    main.setPublic();
    main->removeAttr("llvm.emit_c_interface");
  }

  /// What the ABI promises of the three pointers.
  void setArgumentAttributes(func::FuncOp entry) {
    entry.removeArgAttrsAttr();
    auto unit = UnitAttr::get(&getContext());
    for (unsigned i = 0; i < 3; ++i) {
      entry.setArgAttr(i, LLVM::LLVMDialect::getNonNullAttrName(), unit);
      entry.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), unit);
    }
    entry.removeResAttrsAttr();
  }
};

} // namespace
