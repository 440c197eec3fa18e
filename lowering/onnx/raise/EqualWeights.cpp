//===- EqualWeights.cpp - Copies of one expert's weights ------------------===//

#include "lowering/onnx/raise/EqualWeights.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;

namespace moe::raise {

/// The bytes from the first to the last number of a view, or nothing where these are no whole
/// bytes.
static std::optional<int64_t> extentOf(const WeightView &view) {
  int64_t last = 0, step, bytes;
  if (!view.elementType.isIntOrFloat() || view.elementType.getIntOrFloatBitWidth() % 8)
    return std::nullopt;
  for (auto [size, stride] : llvm::zip_equal(view.shape, view.strides))
    if (size < 1 || llvm::MulOverflow(size - 1, stride, step) ||
        llvm::AddOverflow(last, step, last))
      return std::nullopt;
  int64_t width = view.elementType.getIntOrFloatBitWidth() / 8;
  if (last < 0 || llvm::AddOverflow(last, int64_t(1), last) ||
      llvm::MulOverflow(last, width, bytes))
    return std::nullopt;
  return bytes;
}

/// Whether `count` bytes of two files are equal, read a part at a time.
static bool equalBytes(StringRef pathA, int64_t a, StringRef pathB, int64_t b, int64_t count) {
  auto holds = [count](StringRef path, int64_t offset) {
    uint64_t size = 0;
    return !llvm::sys::fs::file_size(path, size) && static_cast<uint64_t>(offset) <= size &&
           static_cast<uint64_t>(count) <= size - static_cast<uint64_t>(offset);
  };
  constexpr int64_t most = int64_t(1) << 24;
  if (!holds(pathA, a) || !holds(pathB, b))
    return false;
  for (int64_t done = 0; done < count; done += most) {
    int64_t part = std::min(most, count - done);
    auto left = llvm::MemoryBuffer::getFileSlice(pathA, part, a + done);
    auto right = llvm::MemoryBuffer::getFileSlice(pathB, part, b + done);
    if (!left || !right || (*left)->getBuffer() != (*right)->getBuffer())
      return false;
  }
  return true;
}

static bool equalNumbers(const WeightView &a, const WeightView &b) {
  auto left = dyn_cast_or_null<StringAttr>(a.source),
       right = dyn_cast_or_null<StringAttr>(b.source);
  if (!left || !right || a.elementType != b.elementType || a.shape != b.shape ||
      a.strides != b.strides || a.offset < 0 || b.offset < 0)
    return false;
  auto bytes = extentOf(a);
  return bytes && equalBytes(left.getValue(), a.offset, right.getValue(), b.offset, *bytes);
}

bool equalWeights(ArrayRef<Body::Weight> a, ArrayRef<Body::Weight> b) {
  return a.size() == b.size() && llvm::all_of(llvm::zip_equal(a, b), [](auto pair) {
           auto &[left, right] = pair;
           return left == right ||
                  (left.stacked == right.stacked && equalNumbers(left.view, right.view));
         });
}

} // namespace moe::raise
