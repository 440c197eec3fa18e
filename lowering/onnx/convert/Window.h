//===- Window.h - Windows that slide over images ----------------*- C++ -*-===//
//
// Convolutions and pools see their input through the same window: kernel, strides, dilations and
// padding over the dimensions behind batch and channels.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_CONVERT_WINDOW_H
#define MOE_LOWERING_ONNX_CONVERT_WINDOW_H

#include "lowering/onnx/convert/Build.h"

namespace moe::convert {

struct Window {
  SmallVector<int64_t> kernel, strides, dilations;
  /// Padding before and after each dimension, and beyond that as far as the last window reaches.
  Dims before, after, beyond;
  /// What the window's places are counted by.
  Dims out;

  size_t rank() const { return kernel.size(); }
  bool pads() const;
};

/// The window of a node over `spatial` dimensions; the kernel's size is given, or the node's.
FailureOr<Window> windowOf(Node &n, ArrayRef<OpFoldResult> spatial, ArrayRef<int64_t> kernel);

/// [..., spatial] with `padding` before and after, and `nothing` beyond.
Value padded(Node &n, const Window &window, Value x, Value padding, Value nothing);

/// Reads place + tap of each spatial dimension, where places are loops from `place` on and taps
/// from `tap` on; `outer` are the reads before.
mlir::AffineMap windowMap(Node &n, const Window &window, ArrayRef<unsigned> outer, unsigned place,
                          unsigned tap, unsigned loops);

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_WINDOW_H
