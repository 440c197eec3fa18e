//===- Remainder.h - The remainder of floats --------------------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_CONVERT_REMAINDER_H
#define MOE_LOWERING_ONNX_CONVERT_REMAINDER_H

#include "lowering/onnx/convert/Build.h"

namespace moe::convert {

/// C's fmod of two floats: exact, with the sign of `a`.
Value remainderOf(Node &n, Value a, Value b);

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_REMAINDER_H
