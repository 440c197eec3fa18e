//===- WarpCode.h - Short words for kernels of routing ----------*- C++ -*-===//
//
// Routing runs in warps: a lane takes every 32nd element of a row, all lanes meet in warp
// operations. Numbers of a row are i32, places in memory that grow with the tokens i64.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_ROUTING_WARPCODE_H
#define MOE_LOWERING_NVPTX_ROUTING_WARPCODE_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe {

inline constexpr int64_t kWarpLanes = 32;
inline constexpr unsigned kGlobalMemory = 1, kSharedMemory = 3;

/// Elements of one type, one after the other.
struct Array {
  mlir::Value base; ///< the address of the first
  mlir::Type element;

  explicit operator bool() const { return static_cast<bool>(base); }
};

class WarpCode : public mlir::ImplicitLocOpBuilder {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;
  using Predicate = mlir::arith::CmpIPredicate;
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  // Numbers
  Value i32(int64_t number);
  Value i64(int64_t number);
  Value integer(mlir::Type type, int64_t number);
  Value real(mlir::Type type, double number);
  Value add(Value a, Value b);
  Value sub(Value a, Value b);
  Value mul(Value a, Value b);
  /// Of numbers that are not negative.
  Value div(Value a, Value b);
  Value compare(Predicate predicate, Value a, Value b);
  Value both(Value a, Value b);
  Value select(Value condition, Value a, Value b);
  Value wide(Value number);   ///< i32 to i64
  Value narrow(Value number); ///< i64 to i32
  /// A float in another float type, as the reference converts it.
  Value toFloat(Value number, mlir::Type type);

  // Memory
  Value at(Array array, Value index);
  void put(Value value, Array array, Value index);
  /// The array from `index` on.
  Array from(Array array, Value index);
  /// `lanes` elements from `index` on; their bytes are aligned.
  Value vectorAt(Array array, Value index, int64_t lanes);
  void putVector(Value vector, Array array, Value index);

  // Control
  /// for (i = from; i < to; i += step) carried = body(i, carried), all of one integer type.
  Values loop(Value from, Value to, int64_t step, mlir::ValueRange carried,
              llvm::function_ref<Values(Value, mlir::ValueRange)> body);
  void each(Value from, Value to, Value step, llvm::function_ref<void(Value)> body);
  /// This lane's share of 0 .. count - 1.
  void eachOfLane(int64_t count, llvm::function_ref<void(Value)> body);
  void when(Value condition, llvm::function_ref<void()> then);
  /// `then()` where `condition` holds, else `otherwise`.
  Value when(Value condition, llvm::function_ref<Value()> then, Value otherwise);

  // Threads
  Value thread();
  Value block();
  Value lane();
  Value warp();
  void syncWarp();
  void syncBlock();

  // Warps; all lanes take part
  /// The value of the lane whose number is this one's with the bits of `mask` flipped.
  Value fromPartner(Value value, int64_t mask);
  /// An i32 of the lane `distance` before; of the first ones their own.
  Value fromLaneBefore(Value value, int64_t distance);
  Value fromLane(Value value, int64_t lane);
  /// Bits of the lanes that have the same i32.
  Value lanesWithSame(Value value);
  /// The largest signed integer, of i32 or i64.
  Value largest(Value value);
  /// The smallest unsigned i32.
  Value smallest(Value value);
  Value countBits(Value bits);

private:
  Value shuffle(Value value, Value how, int64_t clamp, mlir::NVVM::ShflKind kind);
};

/// Where a row's numbers lie: bytes of a warp, in shared memory where there is room.
struct Workspace {
  int64_t bytes = 0;
  /// Room for `count` elements; the place of the first.
  int64_t reserve(int64_t count, mlir::Type element);
};

} // namespace moe

#endif // MOE_LOWERING_NVPTX_ROUTING_WARPCODE_H
