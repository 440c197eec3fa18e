//===- TensorOps.cpp - mma.sync -------------------------------------------===//
//
// D = A B + C of one warp. All shapes share one layout: with P elements a 32-bit register, g = lane
// / 4 and t = lane % 4, register i of A holds row g + 8 (i % 2) from column P (t + 4 (i / 2)) on,
// register i of B holds column g from row P (t + 4 i) on, and C and D hold columns 2 t and 2 t + 1
// of rows g and g + 8.
//
// Sums are made along K, each product and sum rounded once (fma): a GPU adds groups of products in
// more bits than a float has, and cuts them off.
//
//===----------------------------------------------------------------------===//

#include "Half.h"
#include "InstructionTable.h"
#include "Warp.h"

using namespace moe::emulator;

namespace {

// One struct an element type: how many a register holds, and what they are.
struct HalfElements {
  static constexpr int kCount = 2;
  using Value = float;
  static float get(uint32_t bits, int i) {
    return toFloat(F16{static_cast<uint16_t>(bits >> 16 * i)});
  }
};
struct BFloatElements {
  static constexpr int kCount = 2;
  using Value = float;
  static float get(uint32_t bits, int i) {
    return toFloat(BF16{static_cast<uint16_t>(bits >> 16 * i)});
  }
};
/// The 13 bits that tf32 lacks are ignored.
struct Tf32Elements {
  static constexpr int kCount = 1;
  using Value = float;
  static float get(uint32_t bits, int) { return bitCast<float>(bits & ~0x1FFFu); }
};
template <class Byte> struct ByteElements {
  static constexpr int kCount = 4;
  using Value = int32_t;
  static int32_t get(uint32_t bits, int i) { return static_cast<Byte>(bits >> 8 * i); }
};

float multiplyAdd(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
/// Wraps, as the instruction without .satfinite does.
int32_t multiplyAdd(int32_t a, int32_t b, int32_t c) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b) +
                              static_cast<uint32_t>(c));
}

constexpr int kM = 16, kN = 8;

template <class E, int K> constexpr int kRegistersOfA = kM * K / (kWarpSize * E::kCount);
template <class E, int K> constexpr int kRegistersOfB = kN * K / (kWarpSize * E::kCount);

template <class E, int K>
void readA(const Warp &warp, const uint32_t *slots, typename E::Value (&a)[kM][K]) {
  for (int i = 0; i < kRegistersOfA<E, K>; ++i)
    for (int j = 0; j < E::kCount; ++j) {
      typename E::Value values[kWarpSize];
      for (int lane = 0; lane < kWarpSize; ++lane)
        values[lane] = E::get(warp.at<uint32_t>(slots[i])[lane], j);
      for (int lane = 0; lane < kWarpSize; ++lane)
        a[lane / 4 + 8 * (i % 2)][E::kCount * (lane % 4 + 4 * (i / 2)) + j] = values[lane];
    }
}

template <class E, int K>
void readB(const Warp &warp, const uint32_t *slots, typename E::Value (&b)[K][kN]) {
  for (int i = 0; i < kRegistersOfB<E, K>; ++i)
    for (int j = 0; j < E::kCount; ++j) {
      typename E::Value values[kWarpSize];
      for (int lane = 0; lane < kWarpSize; ++lane)
        values[lane] = E::get(warp.at<uint32_t>(slots[i])[lane], j);
      for (int lane = 0; lane < kWarpSize; ++lane)
        b[E::kCount * (lane % 4 + 4 * i) + j][lane / 4] = values[lane];
    }
}

/// C and D as 32-bit numbers, four registers.
template <class T> struct WideSums {
  static constexpr int kRegisters = 4;
  static void read(const Warp &warp, const uint32_t *slots, T (&c)[kM][kN]) {
    for (int i = 0; i < kRegisters; ++i)
      for (int lane = 0; lane < kWarpSize; ++lane)
        c[lane / 4 + 8 * (i / 2)][lane % 4 * 2 + i % 2] = warp.at<T>(slots[i])[lane];
  }
  static void write(Warp &warp, const uint32_t *slots, const T (&d)[kM][kN]) {
    for (int i = 0; i < kRegisters; ++i) {
      T values[kWarpSize];
      for (int lane = 0; lane < kWarpSize; ++lane)
        values[lane] = d[lane / 4 + 8 * (i / 2)][lane % 4 * 2 + i % 2];
      warp.store(slots[i], values);
    }
  }
};

/// C and D as pairs of halves, two registers.
struct HalfSums {
  static constexpr int kRegisters = 2;
  static void read(const Warp &warp, const uint32_t *slots, float (&c)[kM][kN]) {
    for (int i = 0; i < kRegisters; ++i)
      for (int lane = 0; lane < kWarpSize; ++lane)
        for (int j = 0; j < 2; ++j)
          c[lane / 4 + 8 * i][lane % 4 * 2 + j] =
              HalfElements::get(warp.at<uint32_t>(slots[i])[lane], j);
  }
  static void write(Warp &warp, const uint32_t *slots, const float (&d)[kM][kN]) {
    for (int i = 0; i < kRegisters; ++i) {
      uint32_t values[kWarpSize];
      for (int lane = 0; lane < kWarpSize; ++lane) {
        const float *at = &d[lane / 4 + 8 * i][lane % 4 * 2];
        values[lane] = uint32_t(toF16(at[1]).bits) << 16 | toF16(at[0]).bits;
      }
      warp.store(slots[i], values);
    }
  }
};

/// Operands: D, A, B, C. EA and EB differ for bytes only.
template <class EA, class EB, int K, class Sums>
void mma(Warp &warp, const Instruction &instruction) {
  if (warp.everyone != ~0u)
    warp.fault(FaultKind::LaunchFailure, 0, "a tensor operation needs 32 threads");
  if (!warp.gatherAll())
    return;
  using T = typename EA::Value;
  const uint32_t *d = instruction.operands, *a = d + Sums::kRegisters;
  const uint32_t *b = a + kRegistersOfA<EA, K>, *c = b + kRegistersOfB<EB, K>;
  alignas(64) T left[kM][K], right[K][kN], sums[kM][kN];
  readA<EA, K>(warp, a, left);
  readB<EB, K>(warp, b, right);
  Sums::read(warp, c, sums);
  for (int m = 0; m < kM; ++m)
    for (int k = 0; k < K; ++k)
      for (int n = 0; n < kN; ++n)
        sums[m][n] = multiplyAdd(left[m][k], right[k][n], sums[m][n]);
  Sums::write(warp, d, sums);
}

template <class EA, class EB, int K, class Sums> Row mmaRow(const std::string &types) {
  Row row{"mma.sync.aligned.m16n8k" + std::to_string(K) + ".row.col." + types, mma<EA, EB, K, Sums>,
          std::vector<OperandType>(Sums::kRegisters, {OperandType::Out, 4})};
  row.operands.resize(2 * Sums::kRegisters + kRegistersOfA<EA, K> + kRegistersOfB<EB, K>,
                      {OperandType::In, 4});
  row.multiplyAdds = kM * kN * K / kWarpSize;
  return row;
}

/// The 8 x 8 x 4 product of doubles: one of A, one of B, two of C and D a lane.
void mmaDouble(Warp &warp, const Instruction &instruction) {
  if (!warp.gatherAll())
    return;
  const uint32_t *slots = instruction.operands;
  const double *a = warp.at<double>(slots[2]), *b = warp.at<double>(slots[3]);
  double values[2][kWarpSize];
  for (int lane = 0; lane < kWarpSize; ++lane)
    for (int j = 0; j < 2; ++j) {
      int row = lane / 4, column = lane % 4 * 2 + j;
      double sum = warp.at<double>(slots[4 + j])[lane];
      for (int k = 0; k < 4; ++k)
        sum = __builtin_fma(a[row * 4 + k], b[column * 4 + k], sum);
      values[j][lane] = sum;
    }
  for (int j = 0; j < 2; ++j)
    warp.store(slots[j], values[j]);
}

} // namespace

void moe::emulator::addTensorRows(InstructionTable &table) {
  using Float = WideSums<float>;
  using Int = WideSums<int32_t>;
  using S8 = ByteElements<int8_t>;
  using U8 = ByteElements<uint8_t>;
  OperandType in{OperandType::In, 8}, out{OperandType::Out, 8};
  table.add(InstructionClass::Tensor,
            {
                mmaRow<HalfElements, HalfElements, 16, Float>("f32.f16.f16.f32"),
                mmaRow<HalfElements, HalfElements, 8, Float>("f32.f16.f16.f32"),
                mmaRow<HalfElements, HalfElements, 16, HalfSums>("f16.f16.f16.f16"),
                mmaRow<HalfElements, HalfElements, 8, HalfSums>("f16.f16.f16.f16"),
                mmaRow<BFloatElements, BFloatElements, 16, Float>("f32.bf16.bf16.f32"),
                mmaRow<BFloatElements, BFloatElements, 8, Float>("f32.bf16.bf16.f32"),
                mmaRow<Tf32Elements, Tf32Elements, 8, Float>("f32.tf32.tf32.f32"),
                mmaRow<Tf32Elements, Tf32Elements, 4, Float>("f32.tf32.tf32.f32"),
                mmaRow<S8, S8, 32, Int>("s32.s8.s8.s32"),
                mmaRow<S8, U8, 32, Int>("s32.s8.u8.s32"),
                mmaRow<U8, S8, 32, Int>("s32.u8.s8.s32"),
                mmaRow<U8, U8, 32, Int>("s32.u8.u8.s32"),
                mmaRow<S8, S8, 16, Int>("s32.s8.s8.s32"),
                mmaRow<S8, U8, 16, Int>("s32.s8.u8.s32"),
                mmaRow<U8, S8, 16, Int>("s32.u8.s8.s32"),
                mmaRow<U8, U8, 16, Int>("s32.u8.u8.s32"),
                {"mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64",
                 mmaDouble,
                 {out, out, in, in, in, in},
                 0,
                 8},
            });
}
