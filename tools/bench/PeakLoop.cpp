//===- PeakLoop.cpp - The most multiply-adds a core can do ----------------===//
//
// A figure without the peak of the same minute says nothing on a shared machine. Twelve chains hide
// the latency of any core so far; assembly, so that no compiler simplifies them.
//
//===----------------------------------------------------------------------===//

#include "tools/bench/PeakLoop.h"

using namespace moe::bench;

static constexpr int kChains = 12;

#define MOE_PEAK_LOOP(LANES, TARGET)                                                               \
  typedef float Vector##LANES __attribute__((vector_size(LANES * 4)));                             \
  __attribute__((target(TARGET))) static double loop##LANES(int64_t rounds) {                      \
    Vector##LANES sum[kChains] = {}, x = {}, y = {};                                               \
    __asm__ volatile("" : "+v"(x), "+v"(y));                                                       \
    for (int64_t round = 0; round < rounds; ++round) {                                             \
      _Pragma("clang loop unroll(full)") for (int chain = 0; chain < kChains;                      \
                                              ++chain) __asm__ volatile("vfmadd231ps %1, %2, %0" : \
                                                                        "+v"(sum[chain]) : "v"(x), \
                                                                        "v"(y));                   \
    }                                                                                              \
    return 2.0 * LANES * kChains * static_cast<double>(rounds);                                    \
  }

MOE_PEAK_LOOP(8, "avx2,fma")
MOE_PEAK_LOOP(16, "avx512f")

double moe::bench::peakLoop(const std::string &variant, int64_t rounds) {
  if (variant == "avx2")
    return loop8(rounds);
  if (variant == "avx512")
    return loop16(rounds);
  return 0;
}
