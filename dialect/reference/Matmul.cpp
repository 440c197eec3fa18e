//===- Matmul.cpp - Products, and how far rounding may take them ----------===//

#include "dialect/reference/Reference.h"
#include <cfloat>
#include <cmath>
#include <limits>

using namespace moe::reference;

double moe::reference::unitRoundoff(unsigned significand) {
  return std::ldexp(1.0, -static_cast<int>(significand));
}

double moe::reference::gammaOf(int64_t length, double unit) {
  double product = static_cast<double>(length) * unit;
  return product < 1 ? product / (1 - product) : std::numeric_limits<double>::infinity();
}

/// The bound of one sum of K products a * b with errors ea and eb in them:
///   sum(|a| eb + |b| ea + ea eb) + gamma_K * sum((|a| + ea)(|b| + eb)).
/// With exact a and b that is gamma_K * sum|a * b|; in a second product the first one's bound
/// stands in ea, so that nothing has to be said about depths or scales of a whole expert. Subnormal
/// products may be flushed to zero: a smallest normal number for each.
Tensor moe::reference::matmul(const Tensor &rows, const Tensor &weight, const Tensor &init,
                              double unit) {
  int64_t numRows = rows.shape[0], depth = weight.shape[0], width = weight.shape[1];
  Tensor result{{numRows, width}, init.values, std::vector<double>(numRows * width)};
  std::vector<double> size(numRows * width), &error = result.errors;
  for (int64_t r = 0; r < numRows; ++r)
    for (int64_t m = 0; m < depth; ++m) {
      double a = rows.values[r * depth + m], ea = rows.error(r * depth + m);
      const double *b = &weight.values[m * width];
      for (int64_t n = 0; n < width; ++n) {
        double eb = weight.error(m * width + n);
        result.values[r * width + n] += a * b[n];
        size[r * width + n] += (std::fabs(a) + ea) * (std::fabs(b[n]) + eb);
        error[r * width + n] += std::fabs(a) * eb + std::fabs(b[n]) * ea + ea * eb;
      }
    }
  double gamma = gammaOf(depth, unit), flushed = unit < 1e-9 ? 0 : depth * double(FLT_MIN);
  for (int64_t i = 0; i < numRows * width; ++i)
    error[i] += init.error(i) + gamma * (size[i] + std::fabs(init.values[i])) + flushed;
  return result;
}
