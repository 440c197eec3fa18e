//===- PositionCode.h - Which slot stands in which row, by warps -*- C++ -*-===//
//
// Slots are cut into chunks. A warp counts each chunk's slots by expert; prefix sums over chunks
// and experts give every chunk its first places; a warp places each chunk's slots in slot order. No
// place depends on who comes first.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_ROUTING_POSITIONCODE_H
#define MOE_LOWERING_NVPTX_ROUTING_POSITIONCODE_H

#include "lowering/nvptx/routing/RoutingKernel.h"

namespace moe {

/// What decides the places of slots, as in `moe.dispatch`.
struct PositionShape {
  int64_t experts, choices, tile;
  std::optional<int64_t> capacity;
  bool rankMajor; ///< only with a capacity
};

/// The order in which slots are counted, and what becomes of them.
enum class SlotPass {
  Keep,  ///< in the order of the capacity: writes `kept` of `experts`
  Place, ///< in slot order: writes `slots` and `rowOf`
};

/// Writes positions for operands with the rule of `shape`.
class PositionCode {
public:
  PositionCode(WarpCode &code, const PositionShape &shape, const RoutingOperands &operands);

  /// Marks rows first, first + step, ... as padding (i64).
  void clearRows(mlir::Value first, mlir::Value step);
  /// Counts of chunk `chunk` (i64), by a warp; `counters` are E numbers of its own in shared
  /// memory, or null.
  void countChunk(SlotPass pass, mlir::Value chunk, Array counters);
  /// Counts become numbers of slots before the chunk, and offsets follow; by a block of `threads`.
  void sumChunks(SlotPass pass, int64_t threads);
  /// Places or keeps the slots of chunk `chunk`, as `countChunk`.
  void placeChunk(SlotPass pass, mlir::Value chunk, Array counters);

private:
  struct Slot {
    mlir::Value number, expert; ///< i32
    mlir::Value isThere, isOfExpert;
    mlir::Value rank; ///< among the slots of its expert, in the pass's order
  };
  using SlotFn = llvm::function_ref<void(const Slot &)>;

  void eachSlot(SlotPass pass, mlir::Value chunk, Array counters, SlotFn body);
  mlir::Value slotAt(SlotPass pass, mlir::Value number);
  std::optional<int64_t> limitOf(SlotPass pass);
  mlir::Value place(const Slot &slot);
  mlir::Value sumOverChunks(mlir::Value expert);
  void sumExperts();
  Array countsOf(mlir::Value chunk);
  Array expertsOf(SlotPass pass);

  WarpCode &code;
  const PositionShape &shape;
  Array experts, kept, slots, offsets, rowOf, counts;
  mlir::Value numTokens, numSlots, numRows, chunkSize, numChunks; ///< i64
};

} // namespace moe

#endif // MOE_LOWERING_NVPTX_ROUTING_POSITIONCODE_H
