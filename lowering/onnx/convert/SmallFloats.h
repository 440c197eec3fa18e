//===- SmallFloats.h - Floats of a byte or less -----------------*- C++ -*-===//
//
// Memory holds them as their bits. What the bits mean, and which bits a number gets, is written
// here for all of them from what APFloat knows of the type.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_CONVERT_SMALLFLOATS_H
#define MOE_LOWERING_ONNX_CONVERT_SMALLFLOATS_H

#include "lowering/onnx/convert/Build.h"

namespace moe::convert {

/// What the bits `code` (i8) of a number of `type` mean, as f32: always exact.
Value decodeSmall(Node &n, Value code, mlir::FloatType type);

/// How a number that lies between two others, or beyond the last, is rounded.
struct SmallRounding {
  /// Beyond the largest number: that number, or else an infinity or NaN.
  bool saturate = true;
  /// Of float8e8m0 only: "up", "down" or "nearest". The others round to nearest even.
  llvm::StringRef mode = "up";
};

/// The bits (i8) that `x`, an f32 or f64, gets in `type`.
Value encodeSmall(Node &n, Value x, mlir::FloatType type, SmallRounding rounding);

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_SMALLFLOATS_H
