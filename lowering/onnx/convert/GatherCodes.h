//===- GatherCodes.h - Reading quantised data at positions ------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_CONVERT_GATHERCODES_H
#define MOE_LOWERING_ONNX_CONVERT_GATHERCODES_H

#include "lowering/onnx/convert/Build.h"
#include "lowering/onnx/raise/Quantized.h"

namespace moe::convert {

/// `view` gathered along `axis` at `indices`: codes stay packed in the artifact, and only those
/// that are asked for become numbers of `element`. With `zeroOutside`, positions out of range give
/// zeros; else they have been checked.
Value gatherCodes(Node &n, const raise::QuantView &view, int64_t axis, Value indices, Type element,
                  bool zeroOutside);

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_GATHERCODES_H
