//===- VectorCode.h - Short names for what kernels are made of ---*- C++ -*-===//
//
// Emission reads like the loops it emits when constants, loops and conversions are one word each.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_VECTORCODE_H
#define MOE_LOWERING_CPU_VECTORCODE_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe {

/// A builder with the arithmetic of indices and the conversions of elements.
struct Emitter : mlir::ImplicitLocOpBuilder {
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value rem(mlir::Value a, mlir::Value b);
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value ceilDiv(mlir::Value a, mlir::Value b);
  mlir::Value lessThan(mlir::Value a, mlir::Value b);
  mlir::Value dim(mlir::Value memref, int64_t index);
  /// An element of a list of i32 as an index.
  mlir::Value loadIndex(mlir::Value list, mlir::ValueRange at);

  /// for (i = from; i < to; i += step) body(i)
  void loop(mlir::Value from, mlir::Value to, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);
  /// The same with values carried from round to round.
  mlir::ValueRange
  carry(mlir::Value from, mlir::Value to, int64_t step, mlir::ValueRange initial,
        llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);
  /// if (condition) then()
  void when(mlir::Value condition, llvm::function_ref<void()> then,
            llvm::function_ref<void()> otherwise = nullptr);

  mlir::VectorType vectorOf(int64_t lanes, mlir::Type element) {
    return mlir::VectorType::get({lanes}, element);
  }
  /// A vector of zeros.
  mlir::Value zeros(mlir::VectorType type);
  /// `lanes` elements from `at` on. Where `count` is given, only the first `count` of them (at most
  /// `lanes`) are touched, and the others are zero.
  mlir::Value load(int64_t lanes, mlir::Value memref, mlir::ValueRange at);
  mlir::Value loadAs(mlir::FloatType wanted, int64_t lanes, mlir::Value memref, mlir::ValueRange at,
                     mlir::Value count = {});
  /// Stores numbers, rounded to the memref's type; the first `count` where it is given.
  void store(mlir::Value vector, mlir::Value memref, mlir::ValueRange at, mlir::Value count = {});
  /// A scalar or vector of floats in another float type, of the same shape. Rounds once, to
  /// nearest, ties to even.
  mlir::Value convert(mlir::Value value, mlir::Type element);
  /// offsets, sizes and unit strides; leading dimensions of size 1 are dropped down to `rank`.
  mlir::Value view(mlir::Value memref, llvm::ArrayRef<mlir::OpFoldResult> offsets,
                   llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::MemRefType type);
};

/// A static size or a value as a size.
inline mlir::OpFoldResult fixed(mlir::Builder &builder, int64_t value) {
  return builder.getIndexAttr(value);
}

} // namespace moe

#endif // MOE_LOWERING_CPU_VECTORCODE_H
