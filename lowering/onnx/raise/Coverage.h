//===- Coverage.h - Does every expert have its part of the graph? -*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_COVERAGE_H
#define MOE_LOWERING_ONNX_RAISE_COVERAGE_H

#include "lowering/onnx/raise/Attempt.h"
#include "lowering/onnx/raise/Lists.h"

namespace moe::raise {

/// Whether each expert that the router can choose has a list for each slot. One that has not is an
/// error of the file: what it computes for tokens of this expert is wrong. Needs nothing but the
/// choice and the lists: no rule of a gate, no body.
Outcome everyExpertIsThere(const Choices &choices, const Lists &lists, Attempt &attempt);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_COVERAGE_H
