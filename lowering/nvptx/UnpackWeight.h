//===- UnpackWeight.h - From the artifact's layout to rows ------*- C++ -*-===//

#ifndef MOE_LOWERING_NVPTX_UNPACKWEIGHT_H
#define MOE_LOWERING_NVPTX_UNPACKWEIGHT_H

#include "dialect/Moe.h"

namespace moe {

/// A weight as the artifact holds it. With `quant` it is codes, which have scales and maybe zero
/// points beside them.
struct StoredWeight {
  WeightOp weight;
  WeightOp scales = {}, zeroPoints = {};
  std::optional<QuantAttr> quant = std::nullopt;
};

/// Uploads `stored` and makes of it what `target`, a dense memref of `bytes` bytes on the device,
/// holds: the numbers as they are, or G x K x N of them in rows, of f32 where they are codes.
void unpackWeight(mlir::OpBuilder &builder, mlir::Location loc, const StoredWeight &stored,
                  mlir::Value target, int64_t bytes);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_UNPACKWEIGHT_H
