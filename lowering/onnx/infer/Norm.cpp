//===- Norm.cpp - Types of normalisations ---------------------------------===//
//
// The result is the input's kind; mean and deviation, where there are results for them, have ones
// from the axis on.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// The scale and the bias are broadcast to input 0, never the other way.
static void checkScale(Inference &n, unsigned input) {
  if (!n.has(input) || n.failed())
    return;
  const Numbers &scale = n.in(input).shape;
  if (int64_t(scale.size()) > n.in(0).rank())
    return n.malformed("input " + llvm::Twine(input) + " has more dimensions than input 0");
  Numbers joined = n.broadcast(n.in(0).shape, scale);
  for (size_t dim = 0; dim < joined.size() && !n.failed(); ++dim)
    n.same(joined[dim], n.in(0).shape[dim],
           "dimension " + llvm::Twine(dim) + " of input " + llvm::Twine(input) + " and input 0");
}

static void normalize(Inference &n, unsigned least, unsigned most, unsigned outputs) {
  if (!n.arity(least, most, outputs) || !n.floating(0) || !n.rankAtLeast(0, 1))
    return;
  int64_t axis = n.axis(n.integer("axis", -1), n.in(0).rank());
  if (n.failed())
    return;
  for (unsigned input = 1; input < most; ++input)
    checkScale(n, input);
  if (n.failed())
    return;
  // Files mix float32 statistics and float16 data on purpose: `stash_type`.
  Type stash = elemOf(n.integer("stash_type", 1), n.node.getContext());
  Numbers reduced = n.in(0).shape;
  std::fill(reduced.begin() + axis, reduced.end(), Number(1));
  n.like(0, 0);
  for (unsigned result = 1; result < outputs && !n.failed(); ++result)
    n.result(result, stash ? stash : n.elem(0), reduced);
}

static void layerNorm(Inference &n) {
  if (n.sameElem())
    normalize(n, 2, 3, 3);
}

static void rmsNorm(Inference &n) { normalize(n, 2, 2, 1); }

static void simplifiedLayerNorm(Inference &n) { normalize(n, 2, 2, 2); }

/// Input and skip are added first; the sum is the last of the four results.
static void skipNorm(Inference &n, unsigned most) {
  if (!n.arity(3, most, 4) || !n.sameElem() || !n.floating(0) || !n.rankAtLeast(0, 1))
    return;
  Numbers reduced = n.in(0).shape;
  reduced.back() = 1;
  Type f32 = Float32Type::get(n.node.getContext());
  // The skip is broadcast over the batch.
  n.broadcast({0, 1});
  if (n.failed())
    return;
  for (unsigned input = 2; input < n.numInputs(); ++input)
    if (n.has(input) && n.rankIs(input, 1))
      n.same(n.in(input).shape[0], n.in(0).shape.back(),
             "input " + llvm::Twine(input) + " and the last dimension of input 0");
  if (n.failed())
    return;
  n.like(0, 0);
  n.result(1, f32, reduced);
  n.result(2, f32, reduced);
  n.like(3, 0);
}

static void skipLayerNorm(Inference &n) { skipNorm(n, 5); }
static void skipSimplifiedLayerNorm(Inference &n) { skipNorm(n, 4); }

static void likeFirst(Inference &n) {
  if (n.arity(1, 3) && n.floating(0))
    n.like(0, 0);
}

/// Running statistics are results of training; files of old opsets may name more of them.
static void batchNorm(Inference &n) {
  if (!n.arity(5, 5, n.version() < 14 ? 5 : 3) || !n.floating(0) || !n.rankAtLeast(0, 1))
    return;
  if (n.integer("training_mode", 0))
    return n.unsupported("training mode");
  n.like(0, 0);
  for (unsigned result = 1; result < n.numResults(); ++result)
    n.like(result, 3);
}

llvm::ArrayRef<InferRow> moe::onnx::inferNormRows() {
  static const InferRow rows[] = {
      {"", "LayerNormalization", 17, layerNorm},
      {"", "RMSNormalization", 23, rmsNorm},
      // Exporters write these two without a domain although ONNX does not have them.
      {"", "SimplifiedLayerNormalization", 1, simplifiedLayerNorm},
      {"com.microsoft", "SimplifiedLayerNormalization", 1, simplifiedLayerNorm},
      {"com.microsoft", "SkipLayerNormalization", 1, skipLayerNorm},
      {"com.microsoft", "SkipSimplifiedLayerNormalization", 1, skipSimplifiedLayerNorm},
      {"", "SkipSimplifiedLayerNormalization", 1, skipSimplifiedLayerNorm},
      {"", "BatchNormalization", 9, batchNorm},
      {"", "InstanceNormalization", 6, likeFirst},
      {"", "GroupNormalization", 18, likeFirst},
      {"", "LpNormalization", 1, likeFirst},
  };
  return rows;
}
