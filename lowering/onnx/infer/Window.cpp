//===- Window.cpp - Types of convolutions and pools -----------------------===//
//
// Batch and channels stand first; the other dimensions become the number of places of a window.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// Attribute `name` at dimension `i` of `count` numbers; `otherwise` where it is absent.
static int64_t sizeAt(Inference &n, llvm::StringRef name, size_t i, size_t count, int64_t otherwise,
                      int64_t least) {
  auto sizes = n.integers(name);
  if (!sizes || n.failed())
    return otherwise;
  constexpr int64_t kMost = 1 << 24;
  if (sizes->size() != count || (*sizes)[i] < least || (*sizes)[i] > kMost) {
    n.malformed("attribute '" + name + "' has not one size for each dimension");
    return otherwise;
  }
  return (*sizes)[i];
}

/// floor(x / y) or, rounding up, ceil.
static Number quotient(Inference &n, Number x, int64_t y, bool up) {
  Number sum = up ? n.symbols.add(x, y - 1) : x;
  if (sum.isKnown())
    return llvm::divideFloorSigned(sum.factor, y);
  return y == 1 ? sum : n.symbols.div(sum, y);
}

/// The number of places along dimension `i` of `rank`, of `size` elements.
static Number places(Inference &n, Number size, Number kernel, size_t i, size_t rank) {
  int64_t stride = sizeAt(n, "strides", i, rank, 1, 1);
  int64_t dilation = sizeAt(n, "dilations", i, rank, 1, 1);
  int64_t before = sizeAt(n, "pads", i, 2 * rank, 0, 0);
  int64_t after = sizeAt(n, "pads", rank + i, 2 * rank, 0, 0);
  llvm::StringRef mode = n.text("auto_pad", "NOTSET");
  if (mode.starts_with("SAME"))
    return quotient(n, size, stride, /*up=*/true);
  if (mode == "VALID")
    before = after = 0;
  Number span = n.symbols.add(n.symbols.mul(n.symbols.sub(kernel, 1), dilation), 1);
  Number room = n.symbols.sub(n.symbols.add(size, before + after), span);
  bool up = n.integer("ceil_mode", 0) != 0;
  Number count = n.symbols.add(quotient(n, room, stride, up), 1);
  // Rounding up may find a window that starts in the padding behind: not one that counts.
  if (up && (!count.isKnown() || !size.isKnown()))
    return n.symbols.fresh(true);
  if (up && (count.factor - 1) * stride >= size.factor + before)
    count = count.factor - 1;
  // Too small an input has no place.
  if (count.isKnown())
    return std::max<int64_t>(count.factor, 0);
  return n.symbols.isNatural(room) || stride == 1 ? count : n.symbols.fresh(true);
}

static void window(Inference &n, Number channels, llvm::ArrayRef<Number> kernel) {
  Numbers shape{n.in(0).shape[0], channels};
  for (size_t i = 0; i < kernel.size() && !n.failed(); ++i)
    shape.push_back(places(n, n.in(0).shape[2 + i], kernel[i], i, kernel.size()));
  if (!n.failed())
    n.result(0, n.elem(0), shape);
}

static void conv(Inference &n) {
  if (!n.arity(2, 3) || !n.sameElem() || !n.floating(0) || !n.rankAtLeast(0, 3) ||
      !n.rankIs(1, n.in(0).rank()) || (n.has(2) && !n.rankIs(2, 1)))
    return;
  const Numbers weights = n.in(1).shape;
  int64_t groups = n.integer("group", 1);
  if (groups < 1)
    return n.malformed("attribute 'group' is " + llvm::Twine(groups));
  n.same(n.in(0).shape[1], n.symbols.mul(weights[1], groups),
         "the channels of input 0 and those of the weights");
  if (n.has(2) && !n.failed())
    n.same(n.in(2).shape[0], weights[0], "the bias and the channels of the result");
  window(n, weights[0], llvm::ArrayRef<Number>(weights).drop_front(2));
}

static void pool(Inference &n) {
  if (!n.arity(1, 1, 2) || !n.numeric(0) || !n.rankAtLeast(0, 3))
    return;
  auto sizes = n.integers("kernel_shape");
  if (n.failed())
    return;
  if (!sizes || int64_t(sizes->size()) != n.in(0).rank() - 2 ||
      llvm::any_of(*sizes, [](int64_t size) { return size < 1 || size > (1 << 24); }))
    return n.malformed("attribute 'kernel_shape' has not one size for each dimension");
  window(n, n.in(0).shape[1], Numbers(sizes->begin(), sizes->end()));
  if (!n.failed())
    n.result(1, IntegerType::get(n.node.getContext(), 64), n.known(0)->tensor.shape);
}

static void globalPool(Inference &n) {
  if (!n.arity(1, 1) || !n.floating(0) || !n.rankAtLeast(0, 2))
    return;
  Numbers shape = n.in(0).shape;
  std::fill(shape.begin() + 2, shape.end(), Number(1));
  n.result(0, n.elem(0), shape);
}

llvm::ArrayRef<InferRow> moe::onnx::inferWindowRows() {
  static const InferRow rows[] = {
      {"", "AveragePool", 7, pool},
      {"", "Conv", 1, conv},
      {"", "GlobalAveragePool", 1, globalPool},
      {"", "GlobalMaxPool", 1, globalPool},
      {"", "MaxPool", 1, pool},
  };
  return rows;
}
