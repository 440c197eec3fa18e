//===- MathF32.cpp - Functions computed in f32 ----------------------------===//
//
// What the hot loops of a model use: activations, softmax, norms. The other functions are computed
// in f64 and rounded.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/MathFunctions.h"

using namespace moe;

static constexpr double kLog2E = 1.44269504088896338700;
static constexpr double kInfinity = std::numeric_limits<double>::infinity();
static constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
// log(2) in two parts; the first has 15 bits, so that its product with an exponent is exact.
static constexpr double kLn2High = 6.9314575195e-01, kLn2Low = 1.4286067653e-06;

/// (e^r - 1 - r) / r^2 on |r| <= log(2) / 2, error 5e-11.
static const double kExp[] = {5.000000000e-01, 1.666666716e-01, 4.166626930e-02,
                              8.333263919e-03, 1.394609339e-03, 1.991841564e-04};

/// e^r - 1 where x = n log(2) + r.
static Number expReduced(Number x, Nearest n) {
  Number r = fma(n.number, x.constant(-kLn2High), x);
  r = fma(n.number, x.constant(-kLn2Low), r);
  return fma(r * r, polynomial(r, kExp), r);
}

Number f32::exp(Number x) {
  // Beyond these everything is 0 or infinite.
  Number held = clamp(x, -104.0, 89.0);
  Nearest n = nearestMultiple(held, kLog2E);
  Number e = expReduced(held, n) + 1.0;
  // In two steps: 2^n alone may be too large or too small for a normal number.
  Bits half = shiftRight(n.bits, 1);
  return e * powerOfTwo(half, x) * powerOfTwo(n.bits - half, x);
}

Number f32::expm1(Number x) {
  Number held = clamp(x, -40.0, 89.0);
  Nearest n = nearestMultiple(held, kLog2E);
  Number e = expReduced(held, n);
  // (e + 1) 2^n - 1, with half of 2^n, which is finite for n = 128.
  Number scale = powerOfTwo(n.bits - 1, x);
  Number result = 2.0 * fma(e, scale, scale - 0.5);
  return select(equal(x, 0.0), x, result);
}

/// log(x) for normal x > 0, split so that f is 0 at 1 and k its exponent.
static Number logOfNormal(Number x, Number extraExponent) {
  static const double q[] = {3.333331048e-01,  -2.499998659e-01, 2.000214607e-01,
                             -1.666921675e-01, 1.422002316e-01,  -1.238555014e-01,
                             1.186511964e-01,  -1.178070679e-01, 6.921079755e-02};
  constexpr int64_t kRootHalf = 0x3f3504f3; // the bits of sqrt(1/2)
  Bits bits = bitsOf(x) - kRootHalf;
  Bits exponent = shiftRight(bits, 23);
  Number f = numberOf((bits & 0x7fffff) + kRootHalf, x) - 1.0;
  // The exponent as a number: small integers stand in the low bits of 1.5 * 2^23.
  Number k = numberOf(exponent + bitsOf(x.constant(0x1.8p23)), x) - 0x1.8p23 + extraExponent;
  Number square = f * f;
  Number tail = fma(polynomial(f, q), square * f, k * kLn2Low);
  tail = fma(square, x.constant(-0.5), tail);
  return fma(k, x.constant(kLn2High), f + tail);
}

Number f32::log(Number x) {
  Truth tiny = less(x, 0x1p-126);
  Number scaled = select(tiny, x * 0x1p23, x);
  Number extra = select(tiny, x.constant(-23.0), x.constant(0.0));
  Number result = logOfNormal(scaled, extra);
  result = select(equal(x, kInfinity), x, result);
  result = select(equal(x, 0.0), x.constant(-kInfinity), result);
  return select(less(x, 0.0) | isNan(x), x.constant(kNan), result);
}

Number f32::log1p(Number x) { return log1pBy(f32::log, x); }

Number f32::erf(Number x) {
  // erf(sqrt(z)) / sqrt(z) for |x| < 0.92, error 4e-10.
  static const double near[] = {1.128379226e+00,  -3.761263490e-01, 1.128369644e-01,
                                -2.685941383e-02, 5.200990010e-03,  -8.141482249e-04,
                                8.362313383e-05};
  // -log(1 - erf(t)) in t - 2.5 for 0.92 < t < 4, beyond which erf rounds to 1.
  static const double far[] = {7.806815147e+00,  5.352680683e+00,  9.438911676e-01,
                               1.084928121e-02,  -2.174441004e-03, 4.238588735e-04,
                               -6.488597865e-05, 2.116182986e-05};
  Number t = clamp(abs(x), 0.0, 4.0);
  Number inner = x * polynomial(t * t, near);
  Number outer = 1.0 - f32::exp(-polynomial(t - 2.5, far));
  return select(less(t, 0.92), inner, copySign(outer, x));
}

Number f32::tanh(Number x) {
  // (e^2x - 1) / (e^2x + 1); at 10 it has long rounded to 1.
  Number held = clamp(x, -10.0, 10.0);
  Number e = f32::expm1(held + held);
  return copySign(e / (e + 2.0), x);
}

/// sin or cos of x: the angle reduced in f64, the polynomials in f32.
static Number circular(Number x, int64_t quadrant) {
  static const double sine[] = {-1.666665524e-01, 8.332176134e-03, -1.951695012e-04};
  static const double cosine[] = {4.166664556e-02, -1.388737233e-03, 2.443875928e-05};
  Number wide = toDouble(x);
  wide = clamp(wide, -1e9, 1e9);
  Nearest n = nearestMultiple(wide, 6.36619772367581382433e-01);
  // pi/2 in two parts, the first with 33 bits: exact products.
  Number rest = fma(n.number, wide.constant(-1.57079632673412561417e+00), wide);
  rest = fma(n.number, wide.constant(-6.07710050650619224932e-11), rest);
  Number r = toFloat(rest);
  Number z = r * r;
  Number s = fma(r * z, polynomial(z, sine), r);
  Number c = fma(z * z, polynomial(z, cosine), fma(z, z.constant(-0.5), z.constant(1.0)));
  Bits turn = n.bits + quadrant;
  Number value = select(equal(turn & 1, 1), c, s);
  value = select(equal(turn & 2, 2), -value, value);
  Number infinite = x - x; // NaN for infinities and NaN, 0 otherwise
  return select(isNan(infinite), infinite, value);
}

Number f32::sin(Number x) { return select(equal(x, 0.0), x, circular(x, 0)); }
Number f32::cos(Number x) { return circular(x, 1); }
