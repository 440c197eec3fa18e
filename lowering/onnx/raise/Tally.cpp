//===- Tally.cpp - How many choices fall on a range of experts ------------===//

#include "lowering/onnx/raise/Tally.h"

using namespace mlir;

namespace moe::raise {

std::optional<IdRange> joined(IdRange a, IdRange b) {
  if (a.empty() || b.empty())
    return a.empty() ? b : a;
  if (a.high == b.low)
    return IdRange{a.low, b.high};
  if (b.high == a.low)
    return IdRange{b.low, a.high};
  return std::nullopt;
}

std::optional<IdRange> without(IdRange a, IdRange b) {
  if (b.empty())
    return a;
  if (a.low == b.low && b.high <= a.high)
    return IdRange{b.high, a.high};
  if (a.high == b.high && a.low <= b.low)
    return IdRange{a.low, b.low};
  return std::nullopt;
}

std::optional<Tally> combined(const Tally &a, const Tally &b,
                              std::optional<IdRange> (*combine)(IdRange, IdRange)) {
  if (a.empty() || b.empty() || (a.size() != b.size() && a.size() != 1 && b.size() != 1))
    return std::nullopt;
  Tally result;
  for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    auto one = combine(a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
    if (!one)
      return std::nullopt;
    result.push_back(*one);
  }
  return result;
}

std::optional<Tally> runningSums(const Tally &counts, bool exclusive, bool reverse) {
  Tally result(counts.size());
  IdRange sum;
  for (size_t i = 0; i < counts.size(); ++i) {
    size_t at = reverse ? counts.size() - 1 - i : i;
    auto next = joined(sum, counts[at]);
    if (!next)
      return std::nullopt;
    result[at] = exclusive ? sum : *next;
    sum = *next;
  }
  return result;
}

} // namespace moe::raise
