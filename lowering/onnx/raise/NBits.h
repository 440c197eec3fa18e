//===- NBits.h - Weights of the contrib operators in blocks -----*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_NBITS_H
#define MOE_LOWERING_ONNX_RAISE_NBITS_H

#include "lowering/onnx/raise/Quantized.h"

namespace moe::raise {

/// Why operands or attributes are not what the operator's text says; `isUnsupported` where they may
/// be, but cannot be read.
struct NBitsFault {
  std::string what;
  bool isUnsupported = false;
};

/// The weight of a com.microsoft.MatMulNBits as [K, N]. Files hold it in two or three dimensions,
/// and scales and zero points in one or two.
std::variant<QuantView, NBitsFault> matMulNBitsView(onnx::NodeOp node);

/// The data of a com.microsoft.GatherBlockQuantized, of the shape that is gathered from.
std::variant<QuantView, NBitsFault> gatherBlockView(onnx::NodeOp node);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_NBITS_H
