//===- HostBuffers.h - What the host keeps for itself -----------*- C++ -*-===//
//
// Shapes are computed by operations like any other. Where a few integers are made and read by the
// host only, a kernel would cost a launch and a wait for each: the host computes them itself.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_HOSTBUFFERS_H
#define MOE_LOWERING_NVPTX_HOSTBUFFERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

namespace moe {

/// Functions and buffers of a module that stay on the host. All else is the device's.
class HostBuffers {
public:
  explicit HostBuffers(mlir::ModuleOp module);

  /// Whether `function` computes on the host: on few integers that nobody else touches.
  bool contains(mlir::func::FuncOp function) const {
    return functions.contains(function.getSymNameAttr());
  }
  bool contains(mlir::func::CallOp call) const {
    return functions.contains(call.getCalleeAttr().getAttr());
  }
  /// Whether the memory that `memref` is a view of is the host's.
  bool contains(mlir::Value memref) const;

private:
  bool onlyHostUses(mlir::Value memref) const;

  llvm::SetVector<mlir::StringAttr> functions;
};

/// Whether memory of this type is small enough for the host's stack.
bool fitsHost(mlir::Type type);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_HOSTBUFFERS_H
