//===- Tally.h - How many choices fall on a range of experts ----*- C++ -*-===//
//
// Graphs that sort rows by expert count, sum up and cut by what they counted. Each such number is
// the number of choices whose id lies in one range, and sums and differences of them are again.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_TALLY_H
#define MOE_LOWERING_ONNX_RAISE_TALLY_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// The ids in [low, high); none where they are equal.
struct IdRange {
  int64_t low = 0, high = 0;
  bool empty() const { return low >= high; }
  bool operator==(const IdRange &o) const {
    return (empty() && o.empty()) || (low == o.low && high == o.high);
  }
};

/// The numbers of choices with an id in each range, in row-major order of the tensor that holds
/// them.
using Tally = llvm::SmallVector<IdRange>;

/// The choices of either range; nothing where these are no range or one is counted twice.
std::optional<IdRange> joined(IdRange a, IdRange b);
/// The choices of `a` that are not of `b`; nothing where `b` is not one end of `a`.
std::optional<IdRange> without(IdRange a, IdRange b);
/// Element by element; one that has one element goes with all of the other.
std::optional<Tally> combined(const Tally &a, const Tally &b,
                              std::optional<IdRange> (*combine)(IdRange, IdRange));
/// The running sums, as CumSum makes them.
std::optional<Tally> runningSums(const Tally &counts, bool exclusive, bool reverse);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_TALLY_H
