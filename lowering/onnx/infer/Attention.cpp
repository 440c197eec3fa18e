//===- Attention.cpp - Types of attention, rotations and caches -----------===//
//
// The parts of a transformer around its experts that exporters write as one operator.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// The number of heads that attribute `name` gives; 1 after an error.
static int64_t headsOf(Inference &n, llvm::StringRef name) {
  int64_t heads = n.requiredInteger(name);
  if (!n.failed() && (heads < 1 || heads > (int64_t(1) << 31)))
    n.malformed("attribute '" + name + "' is " + llvm::Twine(heads));
  return n.failed() ? 1 : heads;
}

/// The inputs are (input, positions, cos, sin) at Microsoft's, (input, cos, sin, positions) at
/// ONNX.
static void rotaryEmbedding(Inference &n) {
  if (!n.arity(3, 4) || !n.floating(0))
    return;
  if (n.in(0).rank() != 3 && n.in(0).rank() != 4)
    return n.malformed("input 0 must have rank 3 or 4, but has rank " +
                       llvm::Twine(n.in(0).rank()));
  n.like(0, 0);
}

static void contribRotaryEmbedding(Inference &n) {
  if (n.attributesAmong({"interleaved", "is_packed_batching", "mrope_layout", "mrope_section",
                         "num_heads", "rotary_embedding_dim", "scale"}) &&
      n.arity(4, 4) && n.index(1))
    rotaryEmbedding(n);
}

/// Width `width` in `heads` heads.
static Number sizeOf(Inference &n, Number width, int64_t heads) {
  if (std::optional<Number> size = n.symbols.quotient(width, heads))
    return *size;
  if (width.isKnown())
    n.malformed("heads do not divide a width of " + llvm::Twine(width.factor));
  return n.symbols.fresh(true);
}

/// The rows of input `past`, if it is there, and `rows` more.
static Number rowsBehind(Inference &n, unsigned past, Number rows) {
  if (!n.has(past))
    return rows;
  const Numbers &shape = n.in(past).shape;
  return shape.size() == 4 ? n.symbols.add(shape[2], rows) : n.symbols.fresh(true);
}

/// Inputs that are there have one rank.
static bool ranksAre(Inference &n, llvm::ArrayRef<unsigned> inputs, int64_t rank) {
  return llvm::all_of(inputs,
                      [&](unsigned input) { return !n.has(input) || n.rankIs(input, rank); });
}

/// The length of a cache with the past and this step: that of the past where it has room.
static Number cacheLength(Inference &n) {
  const Numbers *total = n.values(6);
  if (!n.has(3))
    return total && total->size() == 1 ? total->front() : n.symbols.fresh(true);
  Number past = n.in(3).shape[2];
  if (n.integer("sliding_window_cache", 0))
    return past;
  return total && total->size() == 1 ? n.symbols.max(past, total->front()) : n.symbols.fresh(true);
}

/// Either three tensors of batch x sequence x hidden, or all packed into input 0.
static void groupQueryAttention(Inference &n) {
  if (!n.attributesAmong({"causal", "do_rotary", "k_quant_type", "kv_cache_bit_width",
                          "kv_num_heads", "local_window_size", "num_heads", "qk_norm_epsilon",
                          "qk_output", "rotary_interleaved", "scale", "sliding_window_cache",
                          "smooth_softmax", "softcap", "v_quant_type"}) ||
      !n.arity(1, 16, 4) || !n.floating(0) || !n.rankIs(0, 3) || !ranksAre(n, {1, 2}, 3))
    return;
  if (n.has(12) || n.has(13) || n.text("k_quant_type", "NONE") != "NONE" ||
      n.text("v_quant_type", "NONE") != "NONE")
    return n.unsupported("a quantised cache of keys and values");
  if (!ranksAre(n, {3, 4}, 4) || !n.sameElem({0, 1, 2, 3, 4}))
    return;
  int64_t heads = headsOf(n, "num_heads"), kvHeads = headsOf(n, "kv_num_heads");
  if (n.failed())
    return;
  if (heads % kvHeads)
    return n.malformed("attributes 'num_heads' and 'kv_num_heads' are " + llvm::Twine(heads) +
                       " and " + llvm::Twine(kvHeads));
  Numbers shape = n.in(0).shape;
  bool packed = !n.has(1);
  Number size = sizeOf(n, shape[2], packed ? heads + 2 * kvHeads : heads);
  if (packed)
    shape[2] = n.symbols.mul(size, heads);
  if (n.failed())
    return;
  n.result(0, n.elem(0), shape);
  Number length = cacheLength(n);
  for (unsigned present : {1, 2})
    n.result(present, n.elem(0), {shape[0], kvHeads, length, size});
  n.result(3, n.elem(0), {shape[0], heads, shape[1], n.symbols.fresh(true)});
}

/// Keys and values are three of a kind, packed into fewer tensors, or come with heads apart.
static void multiHeadAttention(Inference &n) {
  if (!n.attributesAmong({"mask_filter_value", "num_heads", "scale", "unidirectional"}) ||
      !n.arity(1, 10, 4) || !n.floating(0) || !n.sameElem({0, 1, 2, 3, 5, 6, 7}))
    return;
  int64_t heads = headsOf(n, "num_heads");
  if (n.failed())
    return;
  const Numbers q = n.in(0).shape;
  if (q.size() != 3 && !(q.size() == 5 && !n.has(1)))
    return n.malformed("input 0 must have rank 3, or 5 where it is all, but has rank " +
                       llvm::Twine(q.size()));
  Numbers shape{q[0], q[1], q.size() == 5 ? n.symbols.mul(q[2], q[4]) : q[2]};
  Number rows = q[1], size = sizeOf(n, shape[2], heads), valueSize = size;
  if (n.has(1)) {
    const Numbers k = n.in(1).shape;
    if (k.size() < 3 || k.size() > 5)
      return n.malformed("input 1 must have rank 3, 4 or 5");
    rows = k[k.size() == 4 ? 2 : 1];
    if (k.size() != 5) {
      if (!n.has(2) || !n.rankIs(2, k.size()))
        return n.failed() ? void() : n.malformed("input 2 is left out");
      const Numbers &v = n.in(2).shape;
      valueSize = k.size() == 4 ? v[3] : sizeOf(n, v[2], heads);
    }
    shape[2] = n.symbols.mul(valueSize, heads);
  }
  if (n.failed())
    return;
  n.result(0, n.elem(0), shape);
  Number total = rowsBehind(n, 6, rows);
  n.result(1, n.elem(0), {q[0], heads, total, size});
  n.result(2, n.elem(0), {q[0], heads, total, valueSize});
  n.result(3, n.elem(0), {q[0], heads, q[1], total});
}

/// With the projection: the weights' columns are queries', keys' and values'.
static void contribAttention(Inference &n) {
  if (!n.attributesAmong({"do_rotary", "mask_filter_value", "num_heads",
                          "past_present_share_buffer", "qkv_hidden_sizes", "rotary_embedding_dim",
                          "scale", "unidirectional"}) ||
      !n.arity(2, 7, 2) || !n.floating(0) || !n.rankIs(0, 3) || !n.rankIs(1, 2) ||
      !n.sameElem({0, 1, 2, 4, 5}) || !ranksAre(n, {4}, 5))
    return;
  int64_t heads = headsOf(n, "num_heads");
  Number width = n.in(1).shape[1];
  Number third = sizeOf(n, width, 3);
  if (auto sizes = n.integers("qkv_hidden_sizes"); sizes && !sizes->empty()) {
    if (sizes->size() != 3)
      return n.malformed("attribute 'qkv_hidden_sizes' has not three sizes");
    third = (*sizes)[2];
  }
  if (n.failed())
    return;
  const Numbers x = n.in(0).shape;
  n.result(0, n.elem(0), {x[0], x[1], third});
  Number rows = n.has(4) ? n.symbols.add(n.in(4).shape[3], x[1]) : x[1];
  n.result(1, n.elem(0), {2, x[0], heads, rows, sizeOf(n, third, heads)});
}

/// ONNX's own, since 23: rank 4 with heads apart, or rank 3 with attributes that count them.
static void attention(Inference &n) {
  if (!n.arity(3, 7, 4) || !n.sameElem({0, 1}) || !n.floating(0) || !ranksAre(n, {4, 5}, 4))
    return;
  const Numbers q = n.in(0).shape, k = n.in(1).shape, v = n.in(2).shape;
  if (q.size() != k.size() || q.size() != v.size() || (q.size() != 3 && q.size() != 4))
    return n.malformed("queries, keys and values must have rank 3 or 4, all the same");
  bool apart = q.size() == 4;
  int64_t heads = apart ? 1 : headsOf(n, "q_num_heads");
  int64_t kvHeads = apart ? 1 : headsOf(n, "kv_num_heads");
  if (n.failed())
    return;
  Number queryHeads = apart ? q[1] : Number(heads), keyHeads = apart ? k[1] : Number(kvHeads);
  Number keySize = apart ? k[3] : sizeOf(n, k[2], kvHeads);
  Number valueSize = apart ? v[3] : sizeOf(n, v[2], kvHeads);
  Numbers shape = q;
  shape.back() = apart ? valueSize : n.symbols.mul(valueSize, heads);
  Number total = rowsBehind(n, 4, k[apart ? 2 : 1]);
  if (n.failed())
    return;
  n.result(0, n.elem(0), shape);
  n.result(1, n.elem(1), {q[0], keyHeads, total, keySize});
  n.result(2, n.elem(2), {q[0], keyHeads, total, valueSize});
  n.result(3, n.elem(0), {q[0], queryHeads, q[apart ? 2 : 1], total});
}

static void tensorScatter(Inference &n) {
  if (n.arity(2, 3) && n.sameElem({0, 1}) && n.rankAtLeast(0, 2) && n.rankIs(1, n.in(0).rank()) &&
      (!n.has(2) || (n.index(2) && n.rankIs(2, 1))))
    n.like(0, 0);
}

llvm::ArrayRef<InferRow> moe::onnx::inferAttentionRows() {
  static const InferRow rows[] = {
      {"", "Attention", 23, attention},
      {"", "RotaryEmbedding", 23, rotaryEmbedding},
      {"", "TensorScatter", 24, tensorScatter},
      {"com.microsoft", "Attention", 1, contribAttention},
      {"com.microsoft", "GroupQueryAttention", 1, groupQueryAttention},
      {"com.microsoft", "MRotaryEmbedding", 1, contribRotaryEmbedding},
      {"com.microsoft", "MultiHeadAttention", 1, multiHeadAttention},
      {"com.microsoft", "RotaryEmbedding", 1, contribRotaryEmbedding},
  };
  return rows;
}
