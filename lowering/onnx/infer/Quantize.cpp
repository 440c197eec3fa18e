//===- Quantize.cpp - Types of quantisation -------------------------------===//
//
// A scale stands for the whole tensor, for one position of an axis, or (since 21) for a block of
// positions.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// Whether the scale, input 1, and the zero point of its shape fit input 0.
static bool scaleFits(Inference &n) {
  const Numbers &data = n.in(0).shape, &scale = n.in(1).shape;
  if (n.has(2) && !n.count(n.in(2).shape).is(1)) {
    if (!n.rankIs(2, n.in(1).rank()))
      return false;
    for (auto [dim, number] : llvm::enumerate(scale))
      n.same(number, n.in(2).shape[dim], "dimensions of the scale and the zero point");
  }
  if (n.count(scale).is(1) || n.failed())
    return !n.failed();
  int64_t axis = n.axis(n.integer("axis", 1), data.size()), block = n.integer("block_size", 0);
  if (n.failed())
    return false;
  if (block == 0) {
    if (n.rankIs(1, 1))
      n.same(scale[0], data[axis], "the scales and dimension " + llvm::Twine(axis));
    return !n.failed();
  }
  if (block < 0)
    n.malformed("attribute 'block_size' is " + llvm::Twine(block));
  else if (n.rankIs(1, data.size()) && data[axis].isKnown())
    n.same(scale[axis], llvm::divideCeil(data[axis].factor, block), "the scales and the blocks");
  return !n.failed();
}

/// The type that `output_dtype` names; null where it names none.
static Type askedElem(Inference &n) {
  int64_t code = n.integer("output_dtype", 0);
  Type elem = elemOf(code, n.node.getContext());
  if (code != 0 && !elem)
    n.malformed("output_dtype " + llvm::Twine(code));
  return elem;
}

static void quantize(Inference &n) {
  if (!n.arity(2, 3) || !n.numeric(0) || !n.floating(1) || !scaleFits(n))
    return;
  Type elem = askedElem(n);
  if (n.has(2)) {
    if (elem && elem != n.elem(2))
      return n.malformed("output_dtype is " + elemName(elem) + ", but the zero point is " +
                         elemName(n.elem(2)));
    elem = n.elem(2);
  }
  if (!elem)
    elem = IntegerType::get(n.node.getContext(), 8, IntegerType::Unsigned);
  n.result(0, elem, n.in(0).shape);
}

static void dequantize(Inference &n) {
  if (!n.arity(2, 3) || !n.floating(1) || !n.sameElem({0, 2}) || !scaleFits(n))
    return;
  Type elem = askedElem(n);
  n.result(0, elem ? elem : n.elem(1), n.in(0).shape);
}

llvm::ArrayRef<InferRow> moe::onnx::inferQuantizeRows() {
  static const InferRow rows[] = {
      {"", "DequantizeLinear", 10, dequantize},
      {"", "QuantizeLinear", 10, quantize},
  };
  return rows;
}
