//===- RoutingKernel.cpp - Kernels of routing and what they are given -----===//

#include "lowering/nvptx/routing/RoutingKernel.h"

using namespace mlir;
using namespace moe;

/// The types of a kernel's parameters for `operands`.
static SmallVector<Type> parameterTypes(MLIRContext *context, RoutingOperands operands) {
  SmallVector<Type> types;
  for (Value *operand : operands.all()) {
    if (!*operand)
      continue;
    bool isMemory = isa<MemRefType>(operand->getType());
    types.push_back(isMemory ? Type(LLVM::LLVMPointerType::get(context, kGlobalMemory))
                             : Type(IntegerType::get(context, 64)));
  }
  return types;
}

static LLVM::LLVMFuncOp makeFunction(ModuleOp module, Location loc, const Twine &name,
                                     int64_t threads, const RoutingOperands &host) {
  MLIRContext *context = module.getContext();
  auto builder = OpBuilder::atBlockEnd(getDeviceModule(module).getBody());
  auto type =
      LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), parameterTypes(context, host));
  auto function = LLVM::LLVMFuncOp::create(builder, loc, name.str(), type);
  function->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), builder.getUnitAttr());
  function->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(), builder.getUnitAttr());
  function->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                    builder.getDenseI32ArrayAttr({static_cast<int32_t>(threads)}));
  function.addEntryBlock(builder);
  return function;
}

RoutingKernel::RoutingKernel(ModuleOp module, Location loc, const Twine &name, int64_t threads,
                             RoutingOperands host)
    : function(makeFunction(module, loc, name, threads, host)),
      code(loc, OpBuilder::atBlockEnd(&function.front())), threads(threads) {
  unsigned number = 0;
  for (auto [outer, inner] : llvm::zip_equal(host.all(), inside.all()))
    if (*outer)
      *inner = function.getArgument(number++);
}

Value RoutingKernel::shared(int64_t bytes) {
  OpBuilder outside(function);
  std::string name = (function.getSymName() + "_shared").str();
  auto type = LLVM::LLVMArrayType::get(code.getI8Type(), static_cast<uint64_t>(bytes));
  LLVM::GlobalOp::create(outside, function.getLoc(), type, /*isConstant=*/false,
                         LLVM::Linkage::Internal, name, Attribute(), /*alignment=*/32,
                         kSharedMemory);
  auto pointer = LLVM::LLVMPointerType::get(code.getContext(), kSharedMemory);
  return LLVM::AddressOfOp::create(code, pointer, name);
}

Operation *RoutingKernel::finish() {
  LLVM::ReturnOp::create(code, ValueRange{});
  return function;
}
