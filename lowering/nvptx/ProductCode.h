//===- ProductCode.h - Short names for what products are made of -*- C++ -*-===//
//
// Indices of a block are i32, places in global memory i64; pointers are of shared (3) or global (1)
// memory.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_PRODUCTCODE_H
#define MOE_LOWERING_NVPTX_PRODUCTCODE_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe {

inline constexpr unsigned kGlobalSpace = 1, kSharedSpace = 3;

struct ProductCode : mlir::ImplicitLocOpBuilder {
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  mlir::Value i32(int64_t value);
  mlir::Value i64(int64_t value);
  /// i32 as i64.
  mlir::Value wide(mlir::Value value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value sub(mlir::Value a, mlir::Value b);
  mlir::Value mul(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, mlir::Value b);
  mlir::Value rem(mlir::Value a, mlir::Value b);
  mlir::Value bitXor(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t b) { return add(a, like(a, b)); }
  mlir::Value mul(mlir::Value a, int64_t b) { return mul(a, like(a, b)); }
  mlir::Value div(mlir::Value a, int64_t b) { return div(a, like(a, b)); }
  mlir::Value rem(mlir::Value a, int64_t b) { return rem(a, like(a, b)); }
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);
  mlir::Value less(mlir::Value a, mlir::Value b);
  mlir::Value less(mlir::Value a, int64_t b) { return less(a, like(a, b)); }
  mlir::Value both(mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value b);
  /// A constant of the type of `value`.
  mlir::Value like(mlir::Value value, int64_t number);
  mlir::Value zero(mlir::Type type);

  /// for (i = from; i < to; i += step) body(i), of i32
  void loop(mlir::Value from, mlir::Value to, int64_t step,
            llvm::function_ref<void(mlir::Value)> body);
  /// The same with values carried from round to round.
  llvm::SmallVector<mlir::Value>
  carry(mlir::Value from, mlir::Value to, int64_t step, mlir::ValueRange initial,
        llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)> body);
  void when(mlir::Value condition, llvm::function_ref<void()> then);
  /// `then()` where `condition` holds, else zero of its type.
  mlir::Value valueWhen(mlir::Value condition, mlir::Type type,
                        llvm::function_ref<mlir::Value()> then);

  /// The address of `pointer[index]`, counted in elements.
  mlir::Value at(mlir::Value pointer, mlir::Type element, mlir::Value index);
  /// The address `bytes` behind `pointer`.
  mlir::Value behind(mlir::Value pointer, mlir::Value bytes);
  mlir::Value behind(mlir::Value pointer, int64_t bytes) { return behind(pointer, i32(bytes)); }
  mlir::Value load(mlir::Type type, mlir::Value pointer, int64_t alignment);
  void store(mlir::Value value, mlir::Value pointer, int64_t alignment);
  /// An i32 of a list in global memory, as i64.
  mlir::Value loadPosition(mlir::Value list, mlir::Value index);
  /// A float in another float type, rounded once.
  mlir::Value convert(mlir::Value value, mlir::Type type);

  mlir::Value threadId();
  mlir::Value blockId();
  mlir::Value blockCount();
  void barrier();
  /// Bits of the warp's lanes where `condition` holds.
  mlir::Value ballot(mlir::Value condition);
  /// Another lane's i32: the one at `lane`, or the one so many below.
  mlir::Value shuffle(mlir::Value value, mlir::Value lane, mlir::NVVM::ShflKind kind);
  /// `bytes` from global to shared memory; only the first `size` are read, the rest is zero.
  void copyAsync(mlir::Value shared, mlir::Value global, int64_t bytes, mlir::Value size);
  void commitCopies();
  /// Waits until at most `pending` commits of this thread are under way.
  void waitCopies(int64_t pending);
  /// Four 8x8 matrices of 16-bit elements, one row address a lane.
  llvm::SmallVector<mlir::Value> loadMatrices(mlir::Value pointer, bool transposed);
};

} // namespace moe

#endif // MOE_LOWERING_NVPTX_PRODUCTCODE_H
