//===- MathTest.cpp - Errors of our math functions ------------------------===//
//
// Sweeps each function over its range in f32 and f64 and holds the error, measured against the C
// library in a wider type, to the bound that MathFunctions.h states; then the special values.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/cpu/Harness.h"
#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace moe::test;

namespace {

using Reference = long double (*)(long double);

struct Row {
  const char *op;
  Reference reference;
  double low, high;         ///< range of the sweep
  double single, wide;      ///< bounds in ulp for f32 and f64
  double wideLow, wideHigh; ///< range in f64, where it differs (else 0, 0)
};

long double rsqrtl(long double x) { return 1.0L / sqrtl(x); }

const Row rows[] = {
    {"exp", expl, -105, 89.5, 1, 2, -746, 710},  {"exp2", exp2l, -150, 128, 1, 2, -1075, 1024},
    {"expm1", expm1l, -30, 89, 2, 3, -50, 710},  {"log", logl, 0, 1e6, 1, 2, 0, 0},
    {"log2", log2l, 0, 1e6, 1, 4, 0, 0},         {"log10", log10l, 0, 1e6, 1, 4, 0, 0},
    {"log1p", log1pl, -0.9999, 100, 2, 4, 0, 0}, {"erf", erfl, -5, 5, 3, 8, -7, 7},
    {"tanh", tanhl, -11, 11, 3, 4, -25, 25},     {"sin", sinl, -1e5, 1e5, 2, 2, -100, 100},
    {"cos", cosl, -1e5, 1e5, 2, 2, -100, 100},   {"tan", tanl, -100, 100, 1, 4, 0, 0},
    {"sinh", sinhl, -90, 90, 1, 4, -710, 710},   {"cosh", coshl, -90, 90, 1, 4, -710, 710},
    {"asin", asinl, -1, 1, 1, 4, 0, 0},          {"acos", acosl, -1, 0.9, 1, 4, 0, 0},
    {"atan", atanl, -1e3, 1e3, 1, 2, 0, 0},      {"asinh", asinhl, -1e3, 1e3, 1, 4, 0, 0},
    {"acosh", acoshl, 1, 1e3, 1, 4, 0, 0},       {"atanh", atanhl, -0.999, 0.999, 1, 4, 0, 0},
    {"rsqrt", rsqrtl, 1e-6, 1e6, 2, 2, 0, 0},
};

std::string program(const std::string &op, const std::string &type, int operands = 1) {
  std::string tensor = "tensor<?x" + type + ">";
  std::string second = operands == 2 ? ", %y: " + tensor : "";
  std::string call = operands == 2 ? op + " %a, %b : " + type : op + " %a : " + type;
  return "#map = affine_map<(d0) -> (d0)>\n"
         "func.func @main(%x: " +
         tensor + second + ") -> " + tensor +
         " {\n"
         "  %c0 = arith.constant 0 : index\n"
         "  %n = tensor.dim %x, %c0 : " +
         tensor +
         "\n"
         "  %e = tensor.empty(%n) : " +
         tensor +
         "\n"
         "  %r = linalg.generic {indexing_maps = [#map, " +
         (operands == 2 ? "#map, " : "") +
         "#map],\n"
         "      iterator_types = [\"parallel\"]} ins(%x" +
         (operands == 2 ? ", %y" : "") + " : " + tensor + (operands == 2 ? ", " + tensor : "") +
         ") outs(%e : " + tensor +
         ") {\n"
         "  ^bb0(%a: " +
         type + (operands == 2 ? ", %b: " + type : "") + ", %o: " + type +
         "):\n"
         "    %v = " +
         call +
         "\n"
         "    linalg.yield %v : " +
         type +
         "\n"
         "  } -> " +
         tensor +
         "\n"
         "  return %r : " +
         tensor + "\n}\n";
}

template <typename T> long double ulpError(T got, long double want) {
  T nearest = static_cast<T>(want);
  if (std::isnan(got) || std::isnan(nearest))
    return std::isnan(got) == std::isnan(nearest) ? 0 : INFINITY;
  if (std::isinf(got) || std::isinf(nearest))
    return got == nearest ? 0 : INFINITY;
  T magnitude = std::max(std::fabs(nearest), std::numeric_limits<T>::min());
  long double unit =
      static_cast<long double>(std::nextafter(magnitude, static_cast<T>(INFINITY))) - magnitude;
  return fabsl(static_cast<long double>(got) - want) / unit;
}

template <typename T> std::vector<T> sweep(double low, double high) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> even(low, high), exponent(-40, 0);
  std::vector<T> values;
  for (int i = 0; i < 60000; ++i)
    values.push_back(static_cast<T>(even(random)));
  // Small magnitudes too, where relative errors hide, and around 1.
  for (int i = 0; i < 20000; ++i)
    for (double value :
         {std::exp2(exponent(random)), -std::exp2(exponent(random)),
          1.0 + std::exp2(exponent(random)) / 2, 1.0 - std::exp2(exponent(random)) / 2})
      if (value >= low && value <= high)
        values.push_back(static_cast<T>(value));
  values.push_back(static_cast<T>(low));
  values.push_back(static_cast<T>(high));
  return values;
}

template <typename T>
void check(const Row &row, const char *type, double bound, double low, double high) {
  for (const std::string &variant : hostVariants()) {
    auto code = compile(program(std::string("math.") + row.op, type), variant);
    ASSERT_TRUE(code) << row.op;
    std::vector<T> x = sweep<T>(low, high);
    std::vector<T> y =
        (*code)({Tensor({static_cast<int64_t>(x.size())}, x)}, 1, sizeof(T))[0].template as<T>();
    long double worst = 0;
    T at = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      long double error = ulpError(y[i], row.reference(x[i]));
      if (error > worst) {
        worst = error;
        at = x[i];
      }
    }
    EXPECT_LE(worst, bound) << row.op << " " << type << " at " << at << " on " << variant;
    std::printf("%-6s %s %-6s %.2Lf ulp\n", row.op, type, variant.c_str(), worst);
  }
}

class Functions : public testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(Math, Functions, testing::ValuesIn(rows),
                         [](const auto &info) { return info.param.op; });

TEST_P(Functions, F32) {
  check<float>(GetParam(), "f32", GetParam().single, GetParam().low, GetParam().high);
}
TEST_P(Functions, F64) {
  const Row &row = GetParam();
  bool same = row.wideLow == 0 && row.wideHigh == 0;
  check<double>(row, "f64", row.wide, same ? row.low : row.wideLow, same ? row.high : row.wideHigh);
}

template <typename T> void checkSpecial(const Row &row, const char *type) {
  const T infinity = std::numeric_limits<T>::infinity();
  std::vector<T> x = {0,
                      static_cast<T>(-0.0),
                      infinity,
                      -infinity,
                      std::numeric_limits<T>::quiet_NaN(),
                      std::numeric_limits<T>::denorm_min(),
                      std::numeric_limits<T>::min() / 4,
                      1,
                      -1,
                      -2,
                      std::numeric_limits<T>::max(),
                      -std::numeric_limits<T>::max()};
  double bound = sizeof(T) == 4 ? row.single : row.wide;
  bool angle =
      std::string(row.op) == "sin" || std::string(row.op) == "cos" || std::string(row.op) == "tan";
  for (const std::string &variant : hostVariants()) {
    auto code = compile(program(std::string("math.") + row.op, type), variant);
    ASSERT_TRUE(code) << row.op;
    auto y =
        (*code)({Tensor({static_cast<int64_t>(x.size())}, x)}, 1, sizeof(T))[0].template as<T>();
    for (size_t i = 0; i < x.size(); ++i) {
      if (angle && std::fabs(x[i]) > 1e9 && std::isfinite(x[i]))
        continue;
      T want = static_cast<T>(row.reference(x[i]));
      EXPECT_LE(ulpError(y[i], row.reference(x[i])), bound)
          << row.op << "(" << x[i] << ") " << y[i] << " " << type << " on " << variant;
      if (!std::isnan(want))
        EXPECT_EQ(std::signbit(y[i]), std::signbit(want)) << row.op << "(" << x[i] << ") " << type;
    }
  }
}
TEST_P(Functions, SpecialF32) { checkSpecial<float>(GetParam(), "f32"); }
TEST_P(Functions, SpecialF64) { checkSpecial<double>(GetParam(), "f64"); }

//===----------------------------------------------------------------------===//
// Two arguments
//===----------------------------------------------------------------------===//

template <typename T>
void checkPairs(const char *op, const char *type,
                long double (*reference)(long double, long double), double bound, double range) {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  std::vector<T> special = {0,
                            static_cast<T>(-0.0),
                            1,
                            -1,
                            2,
                            -2,
                            3,
                            -3,
                            static_cast<T>(0.5),
                            static_cast<T>(-0.5),
                            static_cast<T>(2.5),
                            inf,
                            -inf,
                            nan};
  std::vector<T> x, y;
  for (T a : special)
    for (T b : special) {
      x.push_back(a);
      y.push_back(b);
    }
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> positive(1e-3, range), any(-20, 20);
  for (int i = 0; i < 30000; ++i) {
    x.push_back(static_cast<T>(positive(random)));
    y.push_back(static_cast<T>(any(random)));
  }
  int64_t n = static_cast<int64_t>(x.size());
  for (const std::string &variant : hostVariants()) {
    auto code = compile(program(op, type, 2), variant);
    ASSERT_TRUE(code) << op;
    auto z = (*code)({Tensor({n}, x), Tensor({n}, y)}, 1, sizeof(T))[0].template as<T>();
    for (size_t i = 0; i < x.size(); ++i)
      EXPECT_LE(ulpError(z[i], reference(x[i], y[i])), bound)
          << op << "(" << x[i] << ", " << y[i] << ") = " << z[i] << " " << type << " on "
          << variant;
  }
}

TEST(Pairs, PowF32) { checkPairs<float>("math.powf", "f32", powl, 1, 100); }
TEST(Pairs, PowF64) { checkPairs<double>("math.powf", "f64", powl, 20, 100); }
TEST(Pairs, Atan2F32) { checkPairs<float>("math.atan2", "f32", atan2l, 1, 100); }
TEST(Pairs, Atan2F64) { checkPairs<double>("math.atan2", "f64", atan2l, 3, 100); }
TEST(Pairs, RemainderF32) { checkPairs<float>("arith.remf", "f32", fmodl, 0, 1e6); }
TEST(Pairs, RemainderF64) { checkPairs<double>("arith.remf", "f64", fmodl, 0, 1e6); }

//===----------------------------------------------------------------------===//
// 16 bits
//===----------------------------------------------------------------------===//

TEST(Half, RoundsToBf16AsIeeeSays) {
  std::string text = R"(
    #map = affine_map<(d0) -> (d0)>
    func.func @main(%x: tensor<?xf32>) -> tensor<?xbf16> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %e = tensor.empty(%n) : tensor<?xbf16>
      %r = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel"]}
          ins(%x : tensor<?xf32>) outs(%e : tensor<?xbf16>) {
      ^bb0(%a: f32, %o: bf16):
        %v = arith.truncf %a : f32 to bf16
        linalg.yield %v : bf16
      } -> tensor<?xbf16>
      return %r : tensor<?xbf16>
    })";
  std::mt19937 random(5);
  std::vector<float> x = {0.0f,        -0.0f,       INFINITY, -INFINITY,
                          1.00390625f, 1.01171875f, FLT_MAX,  FLT_MIN / 8};
  for (int i = 0; i < 20000; ++i) {
    uint32_t bits = random();
    float value;
    std::memcpy(&value, &bits, 4);
    x.push_back(value);
  }
  for (const std::string &variant : hostVariants()) {
    auto code = compile(text, variant);
    ASSERT_TRUE(code);
    auto y = (*code)({Tensor({static_cast<int64_t>(x.size())}, x)}, 1, 2)[0].as<uint16_t>();
    for (size_t i = 0; i < x.size(); ++i) {
      uint32_t bits;
      std::memcpy(&bits, &x[i], 4);
      if (std::isnan(x[i])) {
        EXPECT_EQ(y[i] & 0x7fc0, 0x7fc0) << std::hex << bits;
        continue;
      }
      // The two neighbours, and which is nearer; the even one at a tie.
      uint32_t down = bits >> 16, rest = bits & 0xffff;
      uint32_t want = rest > 0x8000 || (rest == 0x8000 && (down & 1)) ? down + 1 : down;
      EXPECT_EQ(y[i], want) << std::hex << bits;
    }
  }
}

} // namespace
