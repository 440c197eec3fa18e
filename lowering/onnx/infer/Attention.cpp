//===- Attention.cpp - Types of attention and of rotary embeddings --------===//
//
// The parts of a transformer around its experts that exporters write as one operator.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

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

/// A result of rank 4 with the heads apart: keys and values of earlier tokens with those of this
/// step behind them, or the scores.
static void presentLike(Inference &n, unsigned result, Number batch, int64_t heads, Number size) {
  n.result(result, n.elem(0), {batch, heads, n.symbols.fresh(true), size});
}

/// Either three tensors of batch x sequence x hidden, or all packed into input 0.
static void groupQueryAttention(Inference &n) {
  if (!n.arity(1, 16, 4) || !n.floating(0) || !n.rankIs(0, 3))
    return;
  int64_t heads = n.requiredInteger("num_heads"), kvHeads = n.requiredInteger("kv_num_heads");
  if (n.failed())
    return;
  if (heads < 1 || kvHeads < 1 || heads > (int64_t(1) << 31) || kvHeads > heads)
    return n.malformed("attributes 'num_heads' and 'kv_num_heads' are " + llvm::Twine(heads) +
                       " and " + llvm::Twine(kvHeads));
  Numbers shape = n.in(0).shape;
  bool packed = !n.has(1);
  std::optional<Number> size = n.symbols.quotient(shape[2], packed ? heads + 2 * kvHeads : heads);
  if (!size)
    size = n.symbols.fresh(true);
  if (packed)
    shape[2] = n.symbols.mul(*size, heads);
  n.result(0, n.elem(0), shape);
  for (unsigned present : {1, 2})
    presentLike(n, present, shape[0], kvHeads, *size);
  presentLike(n, 3, shape[0], heads, n.symbols.fresh(true));
}

static void multiHeadAttention(Inference &n) {
  if (!n.arity(1, 10, 4) || !n.floating(0))
    return;
  int64_t heads = n.requiredInteger("num_heads");
  if (n.failed())
    return;
  if (!n.has(1) || !n.has(2) || !n.rankIs(0, 3))
    return n.unsupported("packed queries, keys and values");
  Numbers shape = n.in(0).shape;
  // Values of rank 4 come with their heads apart.
  const Numbers &value = n.in(2).shape;
  if (value.size() == 3)
    shape[2] = value[2];
  else if (value.size() == 4)
    shape[2] = n.symbols.mul(value[1], value[3]);
  else
    return n.malformed("input 2 must have rank 3 or 4");
  n.result(0, n.elem(0), shape);
  std::optional<Number> size = n.symbols.quotient(shape[2], heads);
  for (unsigned present : {1, 2})
    presentLike(n, present, shape[0], heads, size ? *size : n.symbols.fresh(true));
  presentLike(n, 3, shape[0], heads, n.symbols.fresh(true));
}

/// ONNX's own, since 23: rank 4 with heads apart, or rank 3 with attributes that count them.
static void attention(Inference &n) {
  if (!n.arity(3, 7, 4) || !n.sameElem({0, 1}) || !n.floating(0))
    return;
  const Numbers &q = n.in(0).shape, &k = n.in(1).shape, &v = n.in(2).shape;
  if (q.size() != k.size() || q.size() != v.size() || (q.size() != 3 && q.size() != 4))
    return n.malformed("queries, keys and values must have rank 3 or 4, all the same");
  Numbers shape = q;
  int64_t heads = 1, kvHeads = 1;
  if (q.size() == 4) {
    shape[3] = v[3];
  } else {
    heads = n.requiredInteger("q_num_heads"), kvHeads = n.requiredInteger("kv_num_heads");
    if (!n.failed() && (heads < 1 || kvHeads < 1))
      n.malformed("attributes 'q_num_heads' and 'kv_num_heads' must be positive");
    if (n.failed())
      return;
    std::optional<Number> size = n.symbols.quotient(v[2], kvHeads);
    shape[2] = size ? n.symbols.mul(*size, heads) : n.symbols.fresh(true);
  }
  n.result(0, n.elem(0), shape);
  for (unsigned present : {1, 2}) {
    const Numbers &own = n.in(present).shape;
    Number count = q.size() == 4 ? own[1] : Number(kvHeads);
    std::optional<Number> size = q.size() == 4 ? own[3] : n.symbols.quotient(own[2], kvHeads);
    n.result(present, n.elem(present),
             {q[0], count, n.symbols.fresh(true), size ? *size : n.symbols.fresh(true)});
  }
  n.result(3, n.elem(0),
           {q[0], q.size() == 4 ? q[1] : Number(heads), q[q.size() - 2], n.symbols.fresh(true)});
}

llvm::ArrayRef<InferRow> moe::onnx::inferAttentionRows() {
  static const InferRow rows[] = {
      {"", "RotaryEmbedding", 23, rotaryEmbedding},
      {"", "Attention", 23, attention},
      {"com.microsoft", "RotaryEmbedding", 1, rotaryEmbedding},
      {"com.microsoft", "GroupQueryAttention", 1, groupQueryAttention},
      {"com.microsoft", "MultiHeadAttention", 1, multiHeadAttention},
  };
  return rows;
}
