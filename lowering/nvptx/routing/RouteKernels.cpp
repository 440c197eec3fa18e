//===- RouteKernels.cpp - The kernels of gates and dispatches --------------===//

#include "lowering/nvptx/routing/RouteKernels.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;

/// Bytes of a warp's counters in shared memory; 0 where there is no room for them.
static int64_t counterBytes(const PositionShape &shape) {
  int64_t bytes = llvm::alignTo(shape.experts * 4, 32);
  return bytes <= kSharedBytes ? bytes : 0;
}

bool RouteShape::gateInShared() const { return gate->workspaceBytes() <= kSharedBytes; }

/// How many warps with `bytes` bytes each a block has room for, at most `most`.
static int64_t warpsFor(int64_t bytes, int64_t most) {
  return bytes == 0 ? most : std::clamp<int64_t>(kSharedBytes / bytes, 1, most);
}

int64_t RouteShape::gateWarps() const {
  return warpsFor(gateInShared() ? gate->workspaceBytes() : 0, 8);
}

int64_t RouteShape::blockWarps() const {
  int64_t bytes = positions ? counterBytes(*positions) : 0;
  if (gate && gateInShared())
    bytes = std::max(bytes, gate->workspaceBytes());
  return warpsFor(bytes, 32);
}

SmallVector<SlotPass> RouteShape::passes() const {
  if (positions->capacity && positions->rankMajor)
    return {SlotPass::Keep, SlotPass::Place};
  return {SlotPass::Place};
}

/// `bytes` bytes of shared memory for each of the block's warps, and those of this one: one global
/// for all that a kernel does one after the other.
static Value sharedOfWarp(RoutingKernel &kernel, Value base, int64_t bytes) {
  WarpCode &code = kernel.code;
  Value place = code.mul(code.warp(), code.i32(bytes));
  return code.from({base, code.getI8Type()}, place).base;
}

/// The gate for `token` (i64); `shared` is the block's shared memory or null.
static void emitToken(RoutingKernel &kernel, const RouteShape &shape, Value token, Value shared) {
  WarpCode &code = kernel.code;
  int64_t bytes = shape.gate->workspaceBytes();
  Value workspace = shared ? sharedOfWarp(kernel, shared, bytes)
                           : code.from({kernel.inside.workspace, code.getI8Type()},
                                       code.mul(token, code.i64(bytes)))
                                 .base;
  emitTokenGate(code, *shape.gate, kernel.inside, token, workspace);
}

void moe::emitGateKernel(RoutingKernel &kernel, const RouteShape &shape) {
  WarpCode &code = kernel.code;
  int64_t warps = shape.gateWarps();
  Value shared;
  if (shape.gateInShared())
    shared = kernel.shared(warps * shape.gate->workspaceBytes());
  Value first = code.mul(code.wide(code.block()), code.i64(warps));
  Value token = code.add(first, code.wide(code.warp()));
  Value isThere = code.compare(arith::CmpIPredicate::slt, token, kernel.inside.numTokens);
  code.when(isThere, [&] { emitToken(kernel, shape, token, shared); });
}

/// A warp's counters in `shared`; none where that is null.
static Array countersIn(RoutingKernel &kernel, const RouteShape &shape, Value shared) {
  int64_t bytes = counterBytes(*shape.positions);
  if (!bytes)
    return {};
  return {sharedOfWarp(kernel, shared, bytes), kernel.code.getI32Type()};
}

static Array ownCounters(RoutingKernel &kernel, const RouteShape &shape) {
  int64_t bytes = counterBytes(*shape.positions);
  return countersIn(kernel, shape, bytes ? kernel.shared(bytes) : Value());
}

/// Rows that this thread marks as padding.
static void clearRows(RoutingKernel &kernel, PositionCode &positions, Value blocks) {
  WarpCode &code = kernel.code;
  Value threads = code.i64(kernel.threads);
  Value first = code.add(code.mul(code.wide(code.block()), threads), code.wide(code.thread()));
  positions.clearRows(first, code.mul(blocks, threads));
}

void moe::emitCountKernel(RoutingKernel &kernel, const RouteShape &shape, SlotPass pass) {
  WarpCode &code = kernel.code;
  PositionCode positions(code, *shape.positions, kernel.inside);
  if (pass == shape.passes().front())
    clearRows(kernel, positions, kernel.inside.numChunks);
  positions.countChunk(pass, code.wide(code.block()), ownCounters(kernel, shape));
}

void moe::emitPlaceKernel(RoutingKernel &kernel, const RouteShape &shape, SlotPass pass) {
  WarpCode &code = kernel.code;
  PositionCode positions(code, *shape.positions, kernel.inside);
  positions.placeChunk(pass, code.wide(code.block()), ownCounters(kernel, shape));
}

void moe::emitSumKernel(RoutingKernel &kernel, const RouteShape &shape, SlotPass pass) {
  PositionCode(kernel.code, *shape.positions, kernel.inside).sumChunks(pass, kernel.threads);
}

void moe::emitBlockKernel(RoutingKernel &kernel, const RouteShape &shape) {
  WarpCode &code = kernel.code;
  PositionCode positions(code, *shape.positions, kernel.inside);
  int64_t warps = shape.blockWarps(), bytes = counterBytes(*shape.positions);
  if (shape.gate && shape.gateInShared())
    bytes = std::max(bytes, shape.gate->workspaceBytes());
  Value shared = bytes ? kernel.shared(warps * bytes) : Value();
  Value warp = code.wide(code.warp()), step = code.i64(warps);
  auto eachChunk = [&](llvm::function_ref<void(Value)> body) {
    code.each(warp, kernel.inside.numChunks, step, body);
    code.syncBlock();
  };
  if (shape.gate) {
    code.each(warp, kernel.inside.numTokens, step, [&](Value token) {
      emitToken(kernel, shape, token, shape.gateInShared() ? shared : Value());
    });
    code.syncBlock();
  }
  clearRows(kernel, positions, code.i64(1));
  Array counters = countersIn(kernel, shape, shared);
  for (SlotPass pass : shape.passes()) {
    eachChunk([&](Value chunk) { positions.countChunk(pass, chunk, counters); });
    positions.sumChunks(pass, kernel.threads);
    code.syncBlock();
    eachChunk([&](Value chunk) { positions.placeChunk(pass, chunk, counters); });
  }
}
