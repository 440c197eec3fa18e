//===- Recurrent.cpp - Types of layers that carry a state -----------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// The shape of a state, in a window of states where the node asks for one.
static Numbers inWindow(Inference &n, Numbers state) {
  int64_t window = n.integer("state_window", 0);
  if (window < 0 || window > 64)
    n.malformed("attribute 'state_window' is " + llvm::Twine(window));
  if (window > 0)
    state.insert(state.begin(), window);
  return state;
}

static void linearAttention(Inference &n) {
  if (!n.attributesAmong(
          {"chunk_size", "kv_num_heads", "q_num_heads", "scale", "state_window", "update_rule"}) ||
      !n.arity(3, 6, 2) || !n.sameElem({0, 1, 2, 4, 5}) || !n.floating(0) || !n.rankIs(0, 3) ||
      !n.rankIs(1, 3) || !n.rankIs(2, 3) || (n.has(3) && !n.floating(3)))
    return;
  int64_t heads = n.requiredInteger("q_num_heads"), kvHeads = n.requiredInteger("kv_num_heads");
  if (n.failed())
    return;
  if (heads < 1 || kvHeads < 1)
    return n.malformed("attributes 'q_num_heads' and 'kv_num_heads' must be positive");
  Numbers shape = n.in(0).shape;
  std::optional<Number> key = n.symbols.quotient(n.in(1).shape[2], kvHeads);
  std::optional<Number> value = n.symbols.quotient(n.in(2).shape[2], kvHeads);
  Number keySize = key ? *key : n.symbols.fresh(true);
  Number valueSize = value ? *value : n.symbols.fresh(true);
  // Where keys have more heads than queries, each of them has a result.
  shape[2] = n.symbols.mul(valueSize, std::max(heads, kvHeads));
  Numbers state = inWindow(n, {shape[0], kvHeads, keySize, valueSize});
  if (n.failed())
    return;
  n.result(0, n.elem(0), shape);
  n.result(1, n.has(3) ? n.elem(3) : n.elem(0), state);
}

/// Bias and scale are one number a head, in float32.
static void linearAttentionGate(Inference &n) {
  if (!n.arity(3, 4, 2) || !n.sameElem({0, 3}) || !n.sameElem({1, 2}) || !n.floating(0) ||
      !n.floating(1) || !n.rankAtLeast(0, 1) || !n.rankIs(1, 1) || !n.rankIs(2, 1))
    return;
  for (unsigned input : {1, 2})
    n.same(n.in(input).shape[0], n.in(0).shape.back(),
           "input " + llvm::Twine(input) + " and the last dimension of input 0");
  if (n.failed())
    return;
  n.like(0, 0);
  n.like(1, n.has(3) ? 3 : 0);
}

static void causalConv(Inference &n) {
  if (!n.attributesAmong({"activation", "channels_last", "dilation", "ndim", "state_window"}) ||
      !n.arity(2, 4, 2) || !n.sameElem() || !n.floating(0) || !n.rankAtLeast(0, 3) ||
      !n.rankAtLeast(1, 3))
    return;
  if (n.integer("ndim", 1) != 1)
    return n.unsupported("more than one spatial dimension");
  Number kernel = n.in(1).shape[2];
  if (!n.rankIs(1, 3))
    return;
  int64_t dilation = n.integer("dilation", 1);
  if (dilation < 1 || dilation > (1 << 20) || (kernel.isKnown() && kernel.factor < 1))
    return n.malformed("the kernel has size " + llvm::Twine(kernel.factor) + ", dilation " +
                       llvm::Twine(dilation));
  Numbers state = n.in(0).shape;
  unsigned row = n.integer("channels_last", 0) ? 1 : 2;
  if (row == 2 && !n.rankIs(0, 3))
    return;
  state[row] = n.symbols.mul(n.symbols.sub(kernel, 1), dilation);
  state = inWindow(n, state);
  if (n.failed())
    return;
  n.like(0, 0);
  n.result(1, n.elem(0), state);
}

/// The gate is broadcast over the last dimension.
static void gatedAdd(Inference &n) {
  if (!n.arity(3, 3) || !n.sameElem() || !n.floating(0))
    return;
  n.broadcast({0, 1, 2});
  if (!n.failed())
    n.like(0, 0);
}

llvm::ArrayRef<InferRow> moe::onnx::inferRecurrentRows() {
  static const InferRow rows[] = {
      {"", "CausalConvWithState", 27, causalConv},
      {"", "LinearAttention", 27, linearAttention},
      {"com.microsoft", "CausalConvWithState", 1, causalConv},
      {"com.microsoft", "GatedAdd", 1, gatedAdd},
      {"com.microsoft", "LinearAttention", 1, linearAttention},
      {"com.microsoft", "LinearAttentionGate", 1, linearAttentionGate},
  };
  return rows;
}
