//===- Device.h - Kernels of a device and their launches --------*- C++ -*-===//
//
// The shape of the target stage for a GPU: one `gpu.module` holds all kernels, `gpu.launch_func`
// operations of the host's functions start them. A memref operand of a `gpu.func` kernel is its
// whole descriptor, of an `llvm.func` kernel the address of its first element.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_DEVICE_H
#define MOE_LOWERING_NVPTX_DEVICE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace moe {

inline constexpr llvm::StringLiteral kDeviceModule = "moe_device";

/// On the module: a list of dictionaries of each kernel's name, threads and shared memory, in the
/// order of their numbers (--nvptx-bind-launches).
inline constexpr llvm::StringLiteral kKernelsAttr = "moe.kernels";
/// On the module: a list of dictionaries of a `layer` and the numbers of the `kernels` that stand
/// for it, in the order of the host's code; of alternatives by size all.
inline constexpr llvm::StringLiteral kLaunchesAttr = "moe.launches";

/// The module of all kernels, made where there is none yet.
mlir::gpu::GPUModuleOp getDeviceModule(mlir::ModuleOp module);

/// How a kernel is started. `threads` and `sharedBytes` (dynamic shared memory) are the same in all
/// launches of a kernel.
struct Launch {
  std::array<mlir::Value, 3> grid; ///< blocks, of type index; null: 1
  int64_t threads;                 ///< of a block, at most 1024
  int64_t sharedBytes = 0;
};

/// Starts `kernel` (of the device module) in the stream's order. What stands for an operation of a
/// layer, before which it is made, belongs to that layer (`moe.layer`).
mlir::gpu::LaunchFuncOp createLaunch(mlir::OpBuilder &builder, mlir::Location loc,
                                     mlir::Operation *kernel, const Launch &launch,
                                     mlir::ValueRange operands);

/// `value` / `by`, rounded up, of type index.
mlir::Value ceilDiv(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, int64_t by);

/// All calls of `function` in `module`.
llvm::SmallVector<mlir::func::CallOp> callsOf(mlir::ModuleOp module, mlir::func::FuncOp function);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_DEVICE_H
