//===- EmitRouting.cpp - Kernels of routing, gathering and combining -===//

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
#define GEN_PASS_DEF_EMITROUTING
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {
struct EmitRouting : moe::impl::EmitRoutingBase<EmitRouting> {
  using EmitRoutingBase::EmitRoutingBase;

  void runOnOperation() override {}
};
} // namespace
