//===- Dispatch.cpp - moe.dispatch and moe.gather -------------------------===//

#include "dialect/reference/Reference.h"
#include <algorithm>

using namespace moe::reference;

/// Slots in the order in which they ask for room.
static std::vector<int64_t> askingOrder(int64_t numSlots, const DispatchRule &rule) {
  std::vector<int64_t> order;
  if (!rule.rankMajor)
    for (int64_t slot = 0; slot < numSlots; ++slot)
      order.push_back(slot);
  else
    for (int64_t j = 0; j < rule.choices; ++j)
      for (int64_t slot = j; slot < numSlots; slot += rule.choices)
        order.push_back(slot);
  return order;
}

Positions moe::reference::dispatch(const std::vector<int64_t> &experts, const DispatchRule &rule) {
  int64_t numSlots = static_cast<int64_t>(experts.size());
  std::vector<std::vector<int64_t>> taken(rule.experts);
  for (int64_t slot : askingOrder(numSlots, rule)) {
    int64_t expert = experts[slot];
    if (expert < 0 || expert >= rule.experts)
      continue;
    int64_t already = static_cast<int64_t>(taken[expert].size());
    if (rule.capacity < 1 || already < rule.capacity)
      taken[expert].push_back(slot);
  }
  Positions positions;
  positions.offsets.push_back(0);
  for (std::vector<int64_t> &slots : taken) {
    std::sort(slots.begin(), slots.end());
    positions.slots.insert(positions.slots.end(), slots.begin(), slots.end());
    while (positions.slots.size() % rule.tile)
      positions.slots.push_back(-1);
    positions.offsets.push_back(static_cast<int64_t>(positions.slots.size()));
  }
  int64_t rows = (numSlots + rule.experts * (rule.tile - 1)) / rule.tile * rule.tile;
  positions.slots.resize(rows, -1);
  return positions;
}

Tensor moe::reference::gather(const Tensor &tokens, const std::vector<int64_t> &slots,
                              int64_t choices) {
  int64_t width = tokens.shape[1];
  Tensor rows{{static_cast<int64_t>(slots.size()), width}, {}, {}};
  for (int64_t slot : slots)
    for (int64_t n = 0; n < width; ++n) {
      rows.values.push_back(slot < 0 ? 0.0 : tokens.values[slot / choices * width + n]);
      if (!tokens.errors.empty())
        rows.errors.push_back(slot < 0 ? 0.0 : tokens.errors[slot / choices * width + n]);
    }
  return rows;
}
