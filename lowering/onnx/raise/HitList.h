//===- HitList.h - Lists that were cut for one input ------------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_HITLIST_H
#define MOE_LOWERING_ONNX_RAISE_HITLIST_H

#include "lowering/onnx/raise/Graph.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace moe::raise {

/// The place that `index` names, where it is an entry of a list that is split into as many single
/// entries as the listed mask has places: in a run that does not fail, all of these are true, and
/// entry i is place i.
std::optional<int64_t> placeOfFullList(mlir::Value index);

/// Warns of each list of places (NonZero) that is split into a constant number of single entries:
/// an exporter followed a loop over it, as over the experts that its example input hit, and wrote
/// down as many rounds as there were. For other inputs there are more or fewer.
void warnOfHitLists(mlir::FunctionOpInterface function);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_HITLIST_H
