//===- RouteKernels.h - The kernels of gates and dispatches -----*- C++ -*-===//
//
// Few tokens are routed by one block in one launch; many by a kernel for each phase: gate, counts,
// sums, places.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_ROUTING_ROUTEKERNELS_H
#define MOE_LOWERING_NVPTX_ROUTING_ROUTEKERNELS_H

#include "lowering/nvptx/routing/GateCode.h"
#include "lowering/nvptx/routing/PositionCode.h"

namespace moe {

/// What a routing function does; a gate alone has no positions, a dispatch no gate.
struct RouteShape {
  std::optional<GateShape> gate;
  std::optional<PositionShape> positions;

  /// Whether a token's workspace lies in shared memory.
  bool gateInShared() const;
  /// Warps of a block of the gate's kernel, and of the kernel of one block.
  int64_t gateWarps() const;
  int64_t blockWarps() const;
  /// The passes over the slots, in order.
  llvm::SmallVector<SlotPass> passes() const;
};

/// Tokens, a warp each: blocks of `gateWarps`.
void emitGateKernel(RoutingKernel &kernel, const RouteShape &shape);
/// Chunks, a block of one warp each; the first pass clears the rows too.
void emitCountKernel(RoutingKernel &kernel, const RouteShape &shape, SlotPass pass);
void emitPlaceKernel(RoutingKernel &kernel, const RouteShape &shape, SlotPass pass);
/// One block.
void emitSumKernel(RoutingKernel &kernel, const RouteShape &shape, SlotPass pass);
/// All phases by one block of `blockWarps`.
void emitBlockKernel(RoutingKernel &kernel, const RouteShape &shape);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_ROUTING_ROUTEKERNELS_H
