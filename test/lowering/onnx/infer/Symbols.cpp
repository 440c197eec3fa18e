//===- Symbols.cpp - Symbolic numbers against plain integers --------------===//
//
// What is said of symbols must hold for every value of them. Expressions are made at random beside
// their value under one assignment, and every claim (equal, known, different, not negative) is
// checked against the values.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Symbols.h"
#include "gtest/gtest.h"
#include <random>

using moe::onnx::Number;
using moe::onnx::Symbols;

namespace {

/// A number and what it is where the symbols have their assigned values.
struct Valued {
  Number number;
  int64_t value;
};

/// One random step: a combination of two earlier numbers.
std::optional<Valued> combine(Symbols &symbols, unsigned kind, const Valued &a, const Valued &b) {
  switch (kind) {
  case 0:
    return Valued{symbols.add(a.number, b.number), a.value + b.value};
  case 1:
    return Valued{symbols.sub(a.number, b.number), a.value - b.value};
  case 2:
    return Valued{symbols.mul(a.number, b.number), a.value * b.value};
  case 3:
    return Valued{symbols.min(a.number, b.number), std::min(a.value, b.value)};
  case 4:
    return Valued{symbols.max(a.number, b.number), std::max(a.value, b.value)};
  case 5:
    if (b.value == 0)
      return std::nullopt;
    return Valued{symbols.div(a.number, b.number), a.value / b.value};
  case 6:
    if (b.value == 0)
      return std::nullopt;
    return Valued{symbols.mod(a.number, b.number, true), a.value % b.value};
  default:
    // Dimensions only.
    if (a.value < 0 || b.value < 0 || (a.value != b.value && a.value != 1 && b.value != 1))
      return std::nullopt;
    if (auto joined = symbols.broadcast(a.number, b.number))
      return Valued{*joined, a.value == 1 ? b.value : a.value};
    ADD_FAILURE() << "refuses to broadcast " << a.value << " and " << b.value;
    return std::nullopt;
  }
}

void check(const Symbols &symbols, const Valued &a, const Valued &b) {
  if (a.number.isKnown()) {
    ASSERT_EQ(a.number.factor, a.value);
  }
  if (symbols.isNatural(a.number)) {
    ASSERT_GE(a.value, 0);
  }
  if (a.number == b.number) {
    ASSERT_EQ(a.value, b.value);
  }
  if (symbols.differ(a.number, b.number)) {
    ASSERT_NE(a.value, b.value);
  }
}

TEST(Symbols, ClaimsHoldForValues) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    auto below = [&](size_t bound) { return static_cast<int64_t>(random() % bound); };
    Symbols symbols;
    std::vector<Valued> all;
    for (int64_t constant : {0, 1, 2, 3, -1, 64})
      all.push_back({constant, constant});
    // Zero is a dimension, too.
    for (int64_t symbol = 0; symbol < 3; ++symbol)
      all.push_back({symbols.fresh(true), below(6)});
    all.push_back({symbols.fresh(false), below(9) - 4});
    if (all.back().value == 0)
      continue;
    for (unsigned step = 0; step < 60; ++step) {
      const Valued a = all[below(all.size())], b = all[below(all.size())];
      std::optional<Valued> made = combine(symbols, below(8), a, b);
      if (made && std::abs(made->value) < 1 << 20)
        all.push_back(*made);
    }
    for (const Valued &a : all)
      for (const Valued &b : all)
        check(symbols, a, b);
  }
}

TEST(Symbols, SameComputationIsSameNumber) {
  Symbols symbols;
  Number batch = symbols.named("batch"), seq = symbols.named("seq");
  EXPECT_EQ(symbols.named("batch"), batch);
  EXPECT_NE(symbols.named(""), symbols.named(""));
  EXPECT_EQ(symbols.mul(batch, seq), symbols.mul(seq, batch));
  EXPECT_EQ(symbols.add(batch, seq), symbols.add(seq, batch));
  EXPECT_EQ(symbols.sub(symbols.add(batch, seq), batch), seq);
  EXPECT_EQ(symbols.div(symbols.mul(symbols.mul(batch, 6), seq), symbols.mul(seq, 2)),
            symbols.mul(batch, 3));
}

TEST(Symbols, OverflowIsUnknown) {
  Symbols symbols;
  int64_t most = std::numeric_limits<int64_t>::max(), least = std::numeric_limits<int64_t>::min();
  EXPECT_FALSE(symbols.add(most, 1).isKnown());
  EXPECT_FALSE(symbols.sub(least, 1).isKnown());
  EXPECT_FALSE(symbols.mul(most, 2).isKnown());
  EXPECT_FALSE(symbols.div(least, -1).isKnown());
  EXPECT_FALSE(symbols.mod(least, -1, true).isKnown());
}

} // namespace
