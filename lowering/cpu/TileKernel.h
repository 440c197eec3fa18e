//===- TileKernel.h - The functions that grouped products call ---*- C++ -*-===//
//
// One function a type of accumulator and way of the panel, shared by all products of a module, so
// that code does not grow with the number of layers.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_TILEKERNEL_H
#define MOE_LOWERING_CPU_TILEKERNEL_H

#include "lowering/cpu/TileChoice.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace moe {

/// memref<rows x columns x element, strided<[pitch, 1], offset: ?>>; any number may be dynamic.
mlir::MemRefType stridedMatrix(int64_t rows, int64_t columns, int64_t pitch, mlir::Type element);

struct Emitter;

/// The private function `name`, made by `body` unless the module has it.
mlir::func::FuncOp
getOrBuildKernel(mlir::ModuleOp module, llvm::StringRef name, llvm::ArrayRef<mlir::Type> arguments,
                 llvm::function_ref<void(Emitter &, mlir::Block::BlockArgListType)> body);

/// The function `sums += rows * panel`, one row of at most 48 columns after the other:
/// (rows : m x depth, panel : depth x 48, sums : m x 48, next : lines x 48). It asks for `next`,
/// the block that will be wanted after this one, evenly over its own time. Sums of a row and column
/// are one chain of fused multiply-adds in ascending depth, whatever m is.
mlir::func::FuncOp getBlockKernel(mlir::ModuleOp module, const TilePlan &plan,
                                  mlir::FloatType accumulator);

/// The function that widens `pairs` (pairs x 48 x 2, 16 bits) into `panel` (2 pairs x 48).
mlir::func::FuncOp getPairWidener(mlir::ModuleOp module, const TilePlan &plan,
                                  mlir::FloatType element, mlir::FloatType accumulator);

/// The function that copies and widens a block of depth x columns (columns <= 48, unit stride) into
/// `panel` (depth x 48), with zeros beyond the block's columns.
mlir::func::FuncOp getBlockCopier(mlir::ModuleOp module, const TilePlan &plan,
                                  mlir::FloatType element, mlir::FloatType accumulator);

} // namespace moe

#endif // MOE_LOWERING_CPU_TILEKERNEL_H
