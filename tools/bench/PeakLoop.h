//===- PeakLoop.h - The most multiply-adds a core can do --------*- C++ -*-===//

#ifndef MOE_TOOLS_BENCH_PEAKLOOP_H
#define MOE_TOOLS_BENCH_PEAKLOOP_H

#include <cstdint>
#include <string>

namespace moe::bench {

/// Runs `rounds` rounds of independent f32 multiply-adds in registers, as wide as the variant's
/// vectors, and returns the floating-point operations done. 0 for an unknown variant.
double peakLoop(const std::string &variant, int64_t rounds);

} // namespace moe::bench

#endif // MOE_TOOLS_BENCH_PEAKLOOP_H
