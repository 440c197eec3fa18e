//===- Cast.h - Numbers of one type as numbers of another -------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_CONVERT_CAST_H
#define MOE_LOWERING_ONNX_CONVERT_CAST_H

#include "lowering/onnx/convert/SmallFloats.h"

namespace moe::convert {

/// `x` cut towards zero and held within the range of `type`, as memory holds it.
Value toWhole(Node &n, Value x, mlir::IntegerType type);

/// An element of the graph's type `from` as numbers are computed with: floats in `computeType`, f32
/// for small ones.
Value decoded(Node &n, Value x, Type from);

/// How Cast rounds and cuts what a type does not have.
struct CastRules {
  SmallRounding rounding;
  /// A float beyond an integer of less than a byte keeps its low bits; else it is held in range.
  bool wraps = false;
};

/// An element of the graph's type `from`, as it is stored or widened, as ONNX's Cast makes one of
/// type `to` of it. f16 and bf16 come out in the width of computation.
Value castScalar(Node &n, Value x, Type from, Type to, CastRules rules = {});

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_CAST_H
