//===- Lanes.h - An instruction from a function of one lane -----*- C++ -*-===//
//
// lanes<f>("add.s32") is the row of an instruction that does f in each lane. The signature of f
// says how wide the operands are (bool: a predicate); the loop over 32 lanes becomes vector code.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_LANES_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_LANES_H

#include "InstructionTable.h"
#include "Warp.h"
#include <tuple>
#include <type_traits>
#include <utility>

namespace moe::emulator {

/// The register of one operand, as an array over lanes.
template <class T> struct Source {
  Source(const Warp &warp, uint32_t slot) : values(warp.at<T>(slot)) {}
  T operator[](int lane) const { return values[lane]; }
  const T *values;
};
template <> struct Source<bool> {
  Source(const Warp &warp, uint32_t slot) : mask(warp.predicate(slot)) {}
  bool operator[](int lane) const { return mask >> lane & 1; }
  uint32_t mask;
};

template <class T> constexpr uint32_t kBytes = sizeof(T);
template <> inline constexpr uint32_t kBytes<bool> = 0;

template <auto F, class R, class... A> struct LaneLoop {
  template <size_t... I>
  static void run(Warp &warp, const Instruction &instruction, std::index_sequence<I...>) {
    const uint32_t *slots = instruction.operands;
    std::tuple<Source<A>...> sources(Source<A>(warp, slots[I + 1])...);
    if constexpr (std::is_same_v<R, bool>) {
      uint32_t mask = 0;
      for (int lane = 0; lane < kWarpSize; ++lane)
        mask |= static_cast<uint32_t>(F(std::get<I>(sources)[lane]...)) << lane;
      warp.storePredicate(slots[0], mask);
    } else {
      alignas(64) R values[kWarpSize];
      for (int lane = 0; lane < kWarpSize; ++lane)
        values[lane] = F(std::get<I>(sources)[lane]...);
      warp.store(slots[0], values);
    }
  }
  static void handler(Warp &warp, const Instruction &instruction) {
    run(warp, instruction, std::index_sequence_for<A...>());
  }
};

/// The row whose signature is that of R F(A...).
template <auto F, class R, class... A> Row laneRow(const char *names, R (*)(A...)) {
  Row row;
  row.names = names;
  row.run = LaneLoop<F, R, A...>::handler;
  row.operands.push_back({OperandType::Out, kBytes<R>});
  (row.operands.push_back({OperandType::In, kBytes<A>}), ...);
  return row;
}

template <auto F> Row lanes(const char *names) { return laneRow<F>(names, F); }

/// A product and a sum, counted.
template <auto F> Row multiplyAdd(const char *names, uint32_t count = 1) {
  Row row = lanes<F>(names);
  row.multiplyAdds = count;
  return row;
}

/// The same, where a wider destination is filled with the sign.
template <auto F> Row signedLanes(const char *names) {
  Row row = lanes<F>(names);
  row.signedResult = true;
  return row;
}

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_LANES_H
