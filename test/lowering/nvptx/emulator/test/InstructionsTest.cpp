//===- InstructionsTest.cpp - One instruction, many values ----------------===//
//
// Expected values are computed here in another way, or written down where the PTX document gives
// them.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "test/lowering/nvptx/emulator/Half.h"
#include <cfenv>
#include <limits>
#include <random>

using namespace moe::emulator;

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

template <class T> std::vector<T> randoms(int seed, size_t count = 64) {
  std::mt19937_64 random(seed);
  std::vector<T> values(count);
  for (T &value : values)
    value = static_cast<T>(random());
  for (T special : {T(0), T(1), static_cast<T>(-1), std::numeric_limits<T>::min(),
                    std::numeric_limits<T>::max()})
    values[random() % count] = special;
  return values;
}

/// Every element of the result is f of the operands' elements.
template <class R, class F, class... A>
void check(const char *text, F f, const std::vector<A> &...operands) {
  std::vector<R> got = OneInstruction<R, A...>(text)(operands...);
  for (size_t i = 0; i < got.size(); ++i)
    EXPECT_EQ(got[i], static_cast<R>(f(operands[i]...))) << text << ", thread " << i;
}

TEST(Instructions, SumsAndProductsOfIntegersWrap) {
  auto a = randoms<uint32_t>(1), b = randoms<uint32_t>(2), c = randoms<uint32_t>(3);
  auto wide = randoms<uint64_t>(4);
  auto s = [](uint32_t v) { return int64_t(int32_t(v)); };
  check<uint32_t>("add.s32 $0, $1, $2;", [](uint64_t x, uint64_t y) { return x + y; }, a, b);
  check<uint32_t>("mul.lo.s32 $0, $1, $2;", [](uint64_t x, uint64_t y) { return x * y; }, a, b);
  check<uint32_t>(
      "mul.hi.u32 $0, $1, $2;", [](uint64_t x, uint64_t y) { return x * y >> 32; }, a, b);
  check<uint32_t>(
      "mul.hi.s32 $0, $1, $2;", [=](uint32_t x, uint32_t y) { return s(x) * s(y) >> 32; }, a, b);
  check<uint64_t>(
      "mul.wide.s32 $0, $1, $2;", [=](uint32_t x, uint32_t y) { return s(x) * s(y); }, a, b);
  check<uint64_t>(
      "mad.wide.u32 $0, $1, $2, $3;", [](uint64_t x, uint64_t y, uint64_t z) { return x * y + z; },
      a, b, wide);
  check<uint32_t>(
      "mad.lo.s32 $0, $1, $2, $3;", [](uint64_t x, uint64_t y, uint64_t z) { return x * y + z; }, a,
      b, c);
  check<uint64_t>(
      "mul.hi.u64 $0, $1, $2;",
      [](unsigned __int128 x, unsigned __int128 y) { return uint64_t(x * y >> 64); }, wide,
      randoms<uint64_t>(5));
  check<uint32_t>(
      "mul24.lo.u32 $0, $1, $2;",
      [](uint64_t x, uint64_t y) { return (x & 0xFFFFFF) * (y & 0xFFFFFF); }, a, b);
  check<int32_t>(
      "add.sat.s32 $0, $1, $2;",
      [](int64_t x, int64_t y) {
        return std::min<int64_t>(std::max<int64_t>(x + y, INT32_MIN), INT32_MAX);
      },
      randoms<int32_t>(6), randoms<int32_t>(7));
}

TEST(Instructions, QuotientsHaveValuesWhereCHasNone) {
  std::vector<int32_t> a{7, -7, 7, -7, INT32_MIN, 5, -5, INT32_MIN};
  std::vector<int32_t> b{2, 2, -2, -2, -1, 0, 0, 1};
  EXPECT_EQ((OneInstruction<int32_t, int32_t, int32_t>("div.s32 $0, $1, $2;")(a, b)),
            (std::vector<int32_t>{3, -3, -3, 3, INT32_MIN, -1, -1, INT32_MIN}));
  EXPECT_EQ((OneInstruction<int32_t, int32_t, int32_t>("rem.s32 $0, $1, $2;")(a, b)),
            (std::vector<int32_t>{1, -1, 1, -1, 0, 5, -5, 0}));
  EXPECT_EQ(
      (OneInstruction<uint64_t, uint64_t, uint64_t>("div.u64 $0, $1, $2;")({9, ~0ull}, {4, 0})),
      (std::vector<uint64_t>{2, ~0ull}));
}

TEST(Instructions, ShiftsByTheWidthOrMoreLeaveNothing) {
  std::vector<uint32_t> n{0, 1, 31, 32, 33, 255}, a(6, 0x80000001u);
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t, uint32_t>("shl.b32 $0, $1, $2;")(a, n)),
            (std::vector<uint32_t>{0x80000001u, 2, 0x80000000u, 0, 0, 0}));
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t, uint32_t>("shr.u32 $0, $1, $2;")(a, n)),
            (std::vector<uint32_t>{0x80000001u, 0x40000000u, 1, 0, 0, 0}));
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t, uint32_t>("shr.s32 $0, $1, $2;")(a, n)),
            (std::vector<uint32_t>{0x80000001u, 0xC0000000u, ~0u, ~0u, ~0u, ~0u}));
  auto low = randoms<uint32_t>(8), high = randoms<uint32_t>(9), by = randoms<uint32_t>(10);
  check<uint32_t>(
      "shf.l.wrap.b32 $0, $1, $2, $3;",
      [](uint64_t l, uint64_t h, uint32_t s) { return ((h << 32 | l) << (s & 31)) >> 32; }, low,
      high, by);
  check<uint32_t>(
      "shf.r.clamp.b32 $0, $1, $2, $3;",
      [](uint64_t l, uint64_t h, uint32_t s) { return (h << 32 | l) >> std::min<uint32_t>(s, 32); },
      low, high, by);
}

TEST(Instructions, FieldsOfBits) {
  auto a = randoms<uint32_t>(11), b = randoms<uint32_t>(12);
  std::vector<uint32_t> start(64), length(64);
  for (int i = 0; i < 64; ++i) {
    start[i] = i % 40;
    length[i] = i * 7 % 41;
  }
  auto bit = [](uint32_t v, uint32_t i) { return i < 32 ? v >> i & 1 : 0; };
  check<uint32_t>(
      "bfe.u32 $0, $1, $2, $3;",
      [=](uint32_t v, uint32_t s, uint32_t l) {
        uint32_t r = 0;
        for (uint32_t i = 0; i < std::min(l, 32u); ++i)
          r |= bit(v, s + i) << i;
        return r;
      },
      a, start, length);
  check<uint32_t>(
      "bfe.s32 $0, $1, $2, $3;",
      [=](uint32_t v, uint32_t s, uint32_t l) {
        uint32_t r = 0, sign = l ? bit(v, std::min(s + l - 1, 31u)) : 0;
        for (uint32_t i = 0; i < 32; ++i)
          r |= (i < l && s + i < 32 ? bit(v, s + i) : sign) << i;
        return r;
      },
      a, start, length);
  check<uint32_t>(
      "bfi.b32 $0, $1, $2, $3, $4;",
      [=](uint32_t v, uint32_t into, uint32_t s, uint32_t l) {
        for (uint32_t i = 0; i < l && s + i < 32; ++i)
          into = (into & ~(1u << (s + i))) | bit(v, i) << (s + i);
        return into;
      },
      a, b, start, length);
}

TEST(Instructions, CountsAndPermutationsOfBits) {
  std::vector<uint32_t> a{0, 1, 0x80000000u, ~0u, 0x00F0F000u};
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t>("clz.b32 $0, $1;")(a)),
            (std::vector<uint32_t>{32, 31, 0, 0, 8}));
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t>("popc.b32 $0, $1;")(a)),
            (std::vector<uint32_t>{0, 1, 1, 32, 8}));
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t>("bfind.u32 $0, $1;")(a)),
            (std::vector<uint32_t>{~0u, 0, 31, 31, 23}));
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t>("bfind.s32 $0, $1;")(a)),
            (std::vector<uint32_t>{~0u, 0, 30, ~0u, 23}));
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t>("bfind.shiftamt.u32 $0, $1;")(a)),
            (std::vector<uint32_t>{~0u, 31, 0, 0, 8}));
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t>("brev.b32 $0, $1;")(a)),
            (std::vector<uint32_t>{0, 0x80000000u, 1, ~0u, 0x000F0F00u}));
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t>("cnot.b32 $0, $1;")(a)),
            (std::vector<uint32_t>{1, 0, 0, 0, 0}));
  std::vector<uint32_t> x(4, 0x33221180u), y(4, 0x77665544u);
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t, uint32_t, uint32_t>("prmt.b32 $0, $1, $2, $3;")(
                x, y, {0x3210, 0x7531, 0x0000, 0x8988})),
            (std::vector<uint32_t>{0x33221180u, 0x77553311u, 0x80808080u, 0xFF00FFFFu}));
  check<uint32_t>(
      "lop3.b32 $0, $1, $2, $3, 0xE2;",
      [](uint32_t p, uint32_t q, uint32_t r) { return (p & q) | (r & ~q); }, randoms<uint32_t>(13),
      randoms<uint32_t>(14), randoms<uint32_t>(15));
}

TEST(Instructions, SmallestAndLargestFloats) {
  std::vector<float> a{1, kNan, kNan, -0.0f, 0.0f, -kInf, 3}, b{2, 5, kNan, 0.0f, -0.0f, 1, -3};
  auto bits = [](std::vector<float> v) {
    std::vector<uint32_t> r(v.size());
    memcpy(r.data(), v.data(), 4 * r.size());
    return r;
  };
  uint32_t nan = 0x7FFFFFFF, negativeZero = 0x80000000;
  uint32_t one = 0x3F800000, two = 0x40000000, three = 0x40400000, five = 0x40A00000;
  auto run = [&](const char *text) {
    return OneInstruction<uint32_t, uint32_t, uint32_t>(text)(bits(a), bits(b));
  };
  EXPECT_EQ(run("min.f32 $0, $1, $2;"),
            (std::vector<uint32_t>{one, five, nan, negativeZero, negativeZero, 0xFF800000u,
                                   three | negativeZero}));
  EXPECT_EQ(run("max.f32 $0, $1, $2;"), (std::vector<uint32_t>{two, five, nan, 0, 0, one, three}));
  EXPECT_EQ(run("min.NaN.f32 $0, $1, $2;"),
            (std::vector<uint32_t>{one, nan, nan, negativeZero, negativeZero, 0xFF800000u,
                                   three | negativeZero}));
  EXPECT_EQ(run("max.NaN.f32 $0, $1, $2;"),
            (std::vector<uint32_t>{two, nan, nan, 0, 0, one, three}));
}

TEST(Instructions, FmaRoundsOnce) {
  std::vector<float> a{1.0f + 0x1p-12f, 0.1f, 3e38f}, b{1.0f + 0x1p-12f, 10.0f, 2.0f},
      c{-1, -1, -3e38f};
  EXPECT_EQ(
      (OneInstruction<float, float, float, float>("fma.rn.f32 $0, $1, $2, $3;")(a, b, c)),
      (std::vector<float>{0x1p-11f + 0x1p-24f, static_cast<float>(double(0.1f) * 10 - 1), 3e38f}));
  // A product and a sum are rounded twice, also when nothing forbids to join them.
  EXPECT_EQ((OneInstruction<float, float, float, float>(
                "{ .reg .b32 %t; mul.f32 %t, $1, $2; add.f32 $0, %t, $3; }")(a, b, c)),
            (std::vector<float>{0x1p-11f, 0, kInf}));
}

TEST(Instructions, EveryComparison) {
  std::vector<float> a{1, 2, 2, kNan, kNan, -0.0f}, b{2, 2, 1, 1, kNan, 0.0f};
  const struct {
    const char *name;
    std::vector<uint32_t> expected;
  } rows[] = {
      {"eq", {0, 1, 0, 0, 0, 1}},  {"ne", {1, 0, 1, 0, 0, 0}},  {"lt", {1, 0, 0, 0, 0, 0}},
      {"le", {1, 1, 0, 0, 0, 1}},  {"gt", {0, 0, 1, 0, 0, 0}},  {"ge", {0, 1, 1, 0, 0, 1}},
      {"equ", {0, 1, 0, 1, 1, 1}}, {"neu", {1, 0, 1, 1, 1, 0}}, {"ltu", {1, 0, 0, 1, 1, 0}},
      {"leu", {1, 1, 0, 1, 1, 1}}, {"gtu", {0, 0, 1, 1, 1, 0}}, {"geu", {0, 1, 1, 1, 1, 1}},
      {"num", {1, 1, 1, 0, 0, 1}}, {"nan", {0, 0, 0, 1, 1, 0}},
  };
  for (const auto &row : rows) {
    std::string text =
        std::string("setp.") + row.name + ".f32 %p1, $1, $2;\nselp.b32 $0, 1, 0, %p1;";
    EXPECT_EQ((OneInstruction<uint32_t, float, float>(text)(a, b)), row.expected) << row.name;
  }
  std::vector<uint32_t> x{1, ~0u, 5}, y{~0u, 1, 5};
  const std::pair<const char *, std::vector<uint32_t>> integers[] = {
      {"lt.u32", {1, 0, 0}}, {"lt.s32", {0, 1, 0}}, {"lo.u32", {1, 0, 0}},
      {"ls.u32", {1, 0, 1}}, {"hi.u32", {0, 1, 0}}, {"hs.u32", {0, 1, 1}},
      {"ge.s32", {1, 0, 1}}, {"eq.b32", {0, 0, 1}}, {"ne.s32", {1, 1, 0}},
  };
  for (const auto &[name, expected] : integers) {
    std::string text = std::string("setp.") + name + " %p1, $1, $2;\nselp.b32 $0, 1, 0, %p1;";
    EXPECT_EQ((OneInstruction<uint32_t, uint32_t, uint32_t>(text)(x, y)), expected) << name;
  }
}

TEST(Instructions, ComparisonsJoinPredicatesAndGiveTheirInverse) {
  std::vector<uint32_t> a{1, 1, 9, 9}, c{0, 1, 0, 1};
  const struct {
    const char *join;
    std::vector<uint32_t> expected;
  } rows[] = {{"and", {0, 1, 0, 0}}, {"or", {1, 1, 0, 1}}, {"xor", {1, 0, 0, 1}}};
  for (const auto &row : rows) {
    std::string text = std::string("setp.ne.b32 %p2, $2, 0;\nsetp.lt.") + row.join +
                       ".u32 %p1, $1, 5, %p2;\nselp.b32 $0, 1, 0, %p1;";
    EXPECT_EQ((OneInstruction<uint32_t, uint32_t, uint32_t>(text)(a, c)), row.expected) << row.join;
  }
  // The second destination is the comparison's inverse, joined the same way; `!` inverts the
  // operand.
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t, uint32_t>(
                "setp.ne.b32 %p2, $2, 0;\nsetp.lt.and.u32 %p1|%p3, $1, 5, !%p2;\n"
                "selp.b32 $0, 1, 0, %p1;\nselp.b32 %r5, 2, 0, %p3;\nadd.s32 $0, $0, %r5;")(a, c)),
            (std::vector<uint32_t>{1, 0, 2, 0}));
}

TEST(Instructions, FloatsToIntegersClampAndNanIsZero) {
  std::vector<float> a{1.5f, -1.5f, 2.5f, 3e9f, -3e9f, kNan, kInf, 1e20f};
  auto run = [&](const char *text) { return OneInstruction<int32_t, float>(text)(a); };
  EXPECT_EQ(run("cvt.rzi.s32.f32 $0, $1;"),
            (std::vector<int32_t>{1, -1, 2, INT32_MAX, INT32_MIN, 0, INT32_MAX, INT32_MAX}));
  EXPECT_EQ(run("cvt.rni.s32.f32 $0, $1;"),
            (std::vector<int32_t>{2, -2, 2, INT32_MAX, INT32_MIN, 0, INT32_MAX, INT32_MAX}));
  EXPECT_EQ(run("cvt.rmi.s32.f32 $0, $1;"),
            (std::vector<int32_t>{1, -2, 2, INT32_MAX, INT32_MIN, 0, INT32_MAX, INT32_MAX}));
  EXPECT_EQ(run("cvt.rpi.s32.f32 $0, $1;"),
            (std::vector<int32_t>{2, -1, 3, INT32_MAX, INT32_MIN, 0, INT32_MAX, INT32_MAX}));
  EXPECT_EQ((OneInstruction<uint32_t, float>("cvt.rzi.u32.f32 $0, $1;")(a)),
            (std::vector<uint32_t>{1, 0, 2, 3000000000u, 0, 0, ~0u, ~0u}));
  EXPECT_EQ((OneInstruction<int64_t, float>("cvt.rzi.s64.f32 $0, $1;")({-1.5f, 1e30f, -1e30f})),
            (std::vector<int64_t>{-1, INT64_MAX, INT64_MIN}));
}

TEST(Instructions, IntegersOfAllWidths) {
  std::vector<uint32_t> a{0x80, 0xFF7F, 0x12345678, 0xFFFFFF80};
  auto run = [&](const char *text) { return OneInstruction<uint32_t, uint32_t>(text)(a); };
  EXPECT_EQ(run("cvt.s32.s8 $0, $1;"),
            (std::vector<uint32_t>{0xFFFFFF80u, 0x7F, 0x78, 0xFFFFFF80u}));
  EXPECT_EQ(run("cvt.u32.u8 $0, $1;"), (std::vector<uint32_t>{0x80, 0x7F, 0x78, 0x80}));
  EXPECT_EQ(run("cvt.s32.s16 $0, $1;"),
            (std::vector<uint32_t>{0x80, 0xFFFFFF7Fu, 0x5678, 0xFFFFFF80u}));
  EXPECT_EQ(run("cvt.u16.u32 %h1, $1;\ncvt.u32.u16 $0, %h1;"),
            (std::vector<uint32_t>{0x80, 0xFF7F, 0x5678, 0xFF80}));
  EXPECT_EQ(run("cvt.sat.s8.s32 $0, $1;"), (std::vector<uint32_t>{127, 127, 127, 0xFFFFFF80u}));
  EXPECT_EQ(run("cvt.sat.u8.s32 $0, $1;"), (std::vector<uint32_t>{0x80, 255, 255, 0}));
  EXPECT_EQ((OneInstruction<uint64_t, uint32_t>("cvt.s64.s32 $0, $1;")(a)),
            (std::vector<uint64_t>{0x80, 0xFF7F, 0x12345678, 0xFFFFFFFFFFFFFF80ull}));
}

/// What the host rounds to in the mode that a suffix names.
template <class F> float rounded(int mode, F f) {
  std::fesetround(mode);
  volatile float result = f();
  std::fesetround(FE_TONEAREST);
  return result;
}

TEST(Instructions, DirectedRoundings) {
  std::mt19937_64 random(20);
  std::vector<double> a(64);
  std::vector<int64_t> n(64);
  for (int i = 0; i < 64; ++i) {
    a[i] = std::ldexp(double(int64_t(random())), int(random() % 40) - 80);
    n[i] = int64_t(random()) >> random() % 50;
  }
  const std::pair<const char *, int> modes[] = {
      {"rn", FE_TONEAREST}, {"rz", FE_TOWARDZERO}, {"rm", FE_DOWNWARD}, {"rp", FE_UPWARD}};
  for (const auto &[suffix, mode] : modes) {
    std::string text = std::string("cvt.") + suffix;
    std::vector<float> d = OneInstruction<float, double>(text + ".f32.f64 $0, $1;")(a);
    std::vector<float> i = OneInstruction<float, int64_t>(text + ".f32.s64 $0, $1;")(n);
    for (int j = 0; j < 64; ++j) {
      volatile double exact = a[j];
      volatile int64_t whole = n[j];
      EXPECT_EQ(d[j], rounded(mode, [&] { return static_cast<float>(exact); })) << suffix;
      EXPECT_EQ(i[j], rounded(mode, [&] { return static_cast<float>(whole); })) << suffix;
    }
  }
}

/// The 16-bit float nearest to an exact value, found among all of them.
template <class H> uint16_t nearest(long double value) {
  uint16_t best = 0;
  long double least = INFINITY;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    H h{static_cast<uint16_t>(bits)};
    float f = toFloat(h);
    if (f != f || std::isinf(f))
      continue;
    long double distance = std::fabs(value - static_cast<long double>(f));
    bool tie = distance == least && !(bits & 1);
    if (distance < least || tie) {
      least = distance;
      best = h.bits;
    }
  }
  return best;
}

template <class H> void checkHalves(const std::string &type, int exponents) {
  std::mt19937 random(30);
  std::vector<uint16_t> a(24), b(24), c(24);
  auto value = [&] {
    float exponent = std::ldexp(1.0f, int(random() % (2 * exponents)) - exponents);
    return fromFloat<H>((1.0f + float(random() % 1024) / 1024) * exponent * (random() & 1 ? 1 : -1))
        .bits;
  };
  for (int i = 0; i < 24; ++i) {
    a[i] = value();
    b[i] = value();
    c[i] = value();
  }
  auto real = [](uint16_t bits) { return static_cast<long double>(toFloat(H{bits})); };
  using Two = OneInstruction<uint16_t, uint16_t, uint16_t>;
  using Three = OneInstruction<uint16_t, uint16_t, uint16_t, uint16_t>;
  std::vector<uint16_t> sums = Two("add.rn." + type + " $0, $1, $2;")(a, b);
  std::vector<uint16_t> products = Two("mul.rn." + type + " $0, $1, $2;")(a, b);
  std::vector<uint16_t> fmas = Three("fma.rn." + type + " $0, $1, $2, $3;")(a, b, c);
  for (int i = 0; i < 24; ++i) {
    EXPECT_EQ(real(sums[i]), real(nearest<H>(real(a[i]) + real(b[i]))));
    EXPECT_EQ(real(products[i]), real(nearest<H>(real(a[i]) * real(b[i]))));
    EXPECT_EQ(real(fmas[i]), real(nearest<H>(real(a[i]) * real(b[i]) + real(c[i]))));
  }
}

TEST(Instructions, HalvesAreRoundedOnce) {
  checkHalves<F16>("f16", 5);
  checkHalves<BF16>("bf16", 9);
  // 7 * 37 and 9 * 29 are ties of bf16; the smallest number beside them is less than a double can
  // hold there.
  using Three = OneInstruction<uint16_t, uint16_t, uint16_t, uint16_t>;
  EXPECT_EQ(Three("fma.rn.bf16 $0, $1, $2, $3;")({0x40E0, 0x40E0, 0x40E0, 0x4110, 0x4110},
                                                 {0x4214, 0x4214, 0x4214, 0x41E8, 0x41E8},
                                                 {0, 0x8001, 1, 0, 1}),
            (std::vector<uint16_t>{0x4382, 0x4381, 0x4382, 0x4382, 0x4383}));
}

TEST(Instructions, PairsOfHalves) {
  // (1.5, -2) and (0.25, 3), low halves first.
  std::vector<uint32_t> a{0xC0003E00u}, b{0x42003400u};
  using Two = OneInstruction<uint32_t, uint32_t, uint32_t>;
  EXPECT_EQ(Two("add.rn.f16x2 $0, $1, $2;")(a, b)[0], 0x3C003F00u);
  EXPECT_EQ(Two("mul.rn.f16x2 $0, $1, $2;")(a, b)[0], 0xC6003600u);
  EXPECT_EQ(Two("max.f16x2 $0, $1, $2;")(a, b)[0], 0x42003E00u);
  EXPECT_EQ((OneInstruction<uint32_t, uint32_t>("neg.f16x2 $0, $1;")(a)[0]), 0x4000BE00u);
  // The first source goes to the upper half.
  EXPECT_EQ(
      (OneInstruction<uint32_t, float, float>("cvt.rn.f16x2.f32 $0, $1, $2;")({1.5f}, {-2.0f})[0]),
      0x3E00C000u);
  EXPECT_EQ(
      (OneInstruction<uint32_t, float, float>("cvt.rn.bf16x2.f32 $0, $1, $2;")({1.5f}, {-2.0f})[0]),
      0x3FC0C000u);
}

TEST(Instructions, MovesPackAndUnpack) {
  EXPECT_EQ((OneInstruction<uint64_t, uint32_t, uint32_t>("mov.b64 $0, {$1, $2};")({1}, {2})[0]),
            0x200000001ull);
  EXPECT_EQ((OneInstruction<uint32_t, uint64_t>("{ .reg .b32 %t; mov.b64 {%t, $0}, $1; }")(
                {5ull << 32})[0]),
            5u);
  EXPECT_EQ((OneInstruction<uint32_t, uint64_t>("mov.b64 {_, $0}, $1;")({5ull << 32})[0]), 5u);
  EXPECT_EQ((OneInstruction<uint16_t, uint32_t>("mov.b32 {%h1, $0}, $1;")({0xABCD1234u})[0]),
            0xABCD);
  EXPECT_EQ((OneInstruction<uint64_t, uint64_t, uint64_t>(
                "mov.b128 %q1, {$1, $2};\nmov.b128 {%d20, $0}, %q1;\nsub.s64 $0, $0, %d20;")(
                {3}, {10})[0]),
            7u);
}

TEST(Instructions, ApproximateFunctionsAreAboutRight) {
  std::vector<float> a{0.5f, 1, 2, 3.75f, 10};
  auto near = [&](const char *text, auto f) {
    std::vector<float> got = OneInstruction<float, float>(text)(a);
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_NEAR(got[i], f(double(a[i])), std::fabs(f(double(a[i]))) * 1e-6 + 1e-6) << text;
  };
  near("ex2.approx.ftz.f32 $0, $1;", [](double x) { return std::exp2(x); });
  near("lg2.approx.f32 $0, $1;", [](double x) { return std::log2(x); });
  near("rcp.approx.f32 $0, $1;", [](double x) { return 1 / x; });
  near("rsqrt.approx.f32 $0, $1;", [](double x) { return 1 / std::sqrt(x); });
  near("tanh.approx.f32 $0, $1;", [](double x) { return std::tanh(x); });
}

} // namespace
