//===- Combine.cpp - moe.combine ------------------------------------------===//

#include "dialect/reference/Reference.h"
#include <cmath>

using namespace moe::reference;

Tensor moe::reference::combine(const Tensor &rows, const std::vector<int64_t> &slots,
                               const Tensor &weights, double sumUnit) {
  int64_t tokens = weights.shape[0], k = weights.shape[1], width = rows.shape[1];
  std::vector<int64_t> rowOf(tokens * k, -1);
  for (size_t row = 0; row < slots.size(); ++row)
    if (slots[row] >= 0 && slots[row] < tokens * k)
      rowOf[slots[row]] = static_cast<int64_t>(row);
  Tensor result{
      {tokens, width}, std::vector<double>(tokens * width), std::vector<double>(tokens * width)};
  for (int64_t t = 0; t < tokens; ++t)
    for (int64_t n = 0; n < width; ++n) {
      double sum = 0, size = 0, error = 0;
      for (int64_t j = 0; j < k; ++j) {
        int64_t row = rowOf[t * k + j];
        if (row < 0)
          continue;
        double weight = weights.values[t * k + j], value = rows.values[row * width + n];
        sum += weight * value;
        size += std::fabs(weight * value);
        error += std::fabs(weight) * rows.error(row * width + n);
      }
      result.values[t * width + n] = sum;
      result.errors[t * width + n] = error + gammaOf(k, sumUnit) * (size + error);
    }
  return result;
}
