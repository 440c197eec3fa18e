//===- EmitLoops.cpp - Kernels of what computes on memory -===//

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
#define GEN_PASS_DEF_EMITLOOPS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {
struct EmitLoops : moe::impl::EmitLoopsBase<EmitLoops> {
  using EmitLoopsBase::EmitLoopsBase;

  void runOnOperation() override {}
};
} // namespace
