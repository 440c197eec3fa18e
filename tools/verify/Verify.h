//===- Verify.h - Parts of libmoe_verify ------------------------*- C++ -*-===//

#ifndef MOE_TOOLS_VERIFY_VERIFY_H
#define MOE_TOOLS_VERIFY_VERIFY_H

#include "dialect/reference/Interpret.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "runtime/moe_verify.h"

namespace moe::verify {

/// The weight section of an artifact.
struct WeightSection {
  const uint8_t *data;
  size_t size;
};

/// One number of a float or signless integer type, from its bytes.
double decode(mlir::Type type, const uint8_t *bytes);

/// A weight, or one index of its leading dimension, as its pieces have it: packing is undone. Every
/// place is checked before it is read.
mlir::FailureOr<reference::Tensor> readWeight(WeightOp weight, std::optional<int64_t> leading,
                                              const WeightSection &section);

/// What a run observed, as numbers; an element type that the tensor's own disagrees with is an
/// error at `loc`.
mlir::FailureOr<reference::Tensor> readObservation(mlir::Location loc, mlir::Type expected,
                                                   const moe_verify_observation &observation);

/// The observations of one layer by role.
using Observations = llvm::SmallDenseMap<Observed, const moe_verify_observation *>;

/// Runs the layer's function on what was observed and compares.
mlir::LogicalResult verifyLayer(mlir::func::FuncOp layer, const Observations &observations,
                                const WeightSection &section, moe_verify_result &result);

} // namespace moe::verify

#endif // MOE_TOOLS_VERIFY_VERIFY_H
