//===- EmitProducts.cpp - Kernels of grouped products -===//

#include "lowering/Lowerings.h"
#include "lowering/nvptx/Device.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace moe {
#define GEN_PASS_DEF_EMITPRODUCTS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {
struct EmitProducts : moe::impl::EmitProductsBase<EmitProducts> {
  using EmitProductsBase::EmitProductsBase;

  void runOnOperation() override {}
};
} // namespace
