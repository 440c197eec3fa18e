//===- MathF64.cpp - Functions computed in f64 ----------------------------===//
//
// For models in f64, and, rounded, for the functions of f32 that no hot loop uses.
//
//===----------------------------------------------------------------------===//

#include "lowering/math/MathFunctions.h"

using namespace moe;

static constexpr double kLog2E = 1.44269504088896338700;
static constexpr double kInfinity = std::numeric_limits<double>::infinity();
static constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
static constexpr double kPi = 3.14159265358979323846;
static constexpr double kLn2 = 0.69314718055994530942;
// log(2) in two parts; the first has 41 bits, so that its product with an exponent is exact.
static constexpr double kLn2High = 6.93147180559662956512e-01;
static constexpr double kLn2Low = 2.82352905630315771031e-13;

/// e^r - 1 where x = n log(2) + r; error 6e-20.
static Number expReduced(Number r) {
  static const double c[] = {
      5.00000000000000000e-01, 1.66666666666666824e-01, 4.16666666666667199e-02,
      8.33333333331705284e-03, 1.38888888888592256e-03, 1.98412698964378506e-04,
      2.48015873725981156e-05, 2.75572347485313408e-06, 2.75572341318615513e-07,
      2.51120895685117278e-08, 2.09267465280689576e-09};
  return fma(r * r, polynomial(r, c), r);
}

static Number remove(Number x, Number n, double high, double low) {
  return fma(n, x.constant(-low), fma(n, x.constant(-high), x));
}

/// (1 + e) 2^n, in two steps: 2^n alone may be no normal number.
static Number scale(Number e, Bits n) {
  Bits half = shiftRight(n, 1);
  return (e + 1.0) * powerOfTwo(half, e) * powerOfTwo(n - half, e);
}

Number f64::exp(Number x) {
  Number held = clamp(x, -746.0, 710.0);
  Nearest n = nearestMultiple(held, kLog2E);
  return scale(expReduced(remove(held, n.number, kLn2High, kLn2Low)), n.bits);
}

Number f64::exp2(Number x) {
  Number held = clamp(x, -1076.0, 1025.0);
  Nearest n = nearestMultiple(held, 1.0);
  return scale(expReduced((held - n.number) * kLn2), n.bits);
}

Number f64::expm1(Number x) {
  Number held = clamp(x, -60.0, 710.0);
  Nearest n = nearestMultiple(held, kLog2E);
  Number e = expReduced(remove(held, n.number, kLn2High, kLn2Low));
  Number half = powerOfTwo(n.bits - 1, x); // finite for n = 1024
  return select(equal(x, 0.0), x, 2.0 * fma(e, half, half - 0.5));
}

/// log(x) as k log(2) + a + b with |b| much smaller than |a|.
struct SplitLog {
  Number k, a, b;
};

static SplitLog logOfPositive(Number x) {
  // (log((1 + s) / (1 - s)) - 2 s) / s^3 in s^2, error 2e-20.
  static const double c[] = {6.66666666666666630e-01, 4.00000000000059253e-01,
                             2.85714285691669401e-01, 2.22222226366905362e-01,
                             1.81817763575300884e-01, 1.53870642459387752e-01,
                             1.32506512430767831e-01, 1.32469462727420412e-01};
  constexpr int64_t kRootHalf = 0x3fe6a09e667f3bcd; // the bits of sqrt(1/2)
  Truth tiny = less(x, 0x1p-1022);
  Bits bits = bitsOf(select(tiny, x * 0x1p52, x)) - kRootHalf;
  Bits exponent = shiftRight(bits, 52);
  Number f = numberOf((bits & 0xfffffffffffff) + kRootHalf, x) - 1.0;
  Number k = numberOf(exponent + bitsOf(x.constant(0x1.8p52)), x) - 0x1.8p52;
  k = select(tiny, k - 52.0, k);
  Number s = f / (f + 2.0);
  Number z = s * s;
  // 2 s = f - s f: written so that f, which is exact, carries the result.
  Number b = s * fma(z, polynomial(z, c), -f);
  return {k, f, b};
}

/// `result` where x > 0 and finite, else what log gives.
static Number logLimits(Number x, Number result) {
  result = select(equal(x, kInfinity), x, result);
  result = select(equal(x, 0.0), x.constant(-kInfinity), result);
  return select(less(x, 0.0) | isNan(x), x.constant(kNan), result);
}

Number f64::log(Number x) {
  SplitLog l = logOfPositive(x);
  return logLimits(x, fma(l.k, x.constant(kLn2High), l.a + fma(l.k, x.constant(kLn2Low), l.b)));
}
Number f64::log2(Number x) {
  SplitLog l = logOfPositive(x);
  return logLimits(x, fma(l.a + l.b, x.constant(kLog2E), l.k));
}
Number f64::log10(Number x) { return f64::log(x) * 4.34294481903251816668e-01; }

Number f64::log1p(Number x) { return log1pBy(f64::log, x); }

Number f64::erf(Number x) {
  // erf(sqrt(z)) / sqrt(z) for |x| < 1, error 2e-21.
  static const double near[] = {
      1.12837916709551256e+00,  -3.76126389031837538e-01, 1.12837916709551206e-01,
      -2.68661706451298679e-02, 5.22397762542360904e-03,  -8.54832702195592611e-04,
      1.20553329038087625e-04,  -1.49256475943973732e-05, 1.64620459787460478e-06,
      -1.63646495288825692e-07, 1.47924694531072189e-08,  -1.21649675634088997e-09,
      8.71046193731283263e-11,  -4.23312465046192574e-12};
  // -log(1 - erf(t)) in (t - 3.5) / 2.5 for 1 < t < 6, beyond which erf rounds to 1.
  static const double far[] = {
      1.41124374021612695e+01,  1.81652489708418692e+01,  6.04220659047285302e+00,
      8.16509060961108368e-02,  -3.41283882632903227e-02, 1.43846356426589102e-02,
      -5.95377026815183553e-03, 2.37337308267991220e-03,  -8.93891972747690730e-04,
      3.09826347379732752e-04,  -8.85338922544736756e-05, 1.54300835889629503e-05,
      -4.47703079198782091e-06, -3.10399768623978203e-06, 1.08221158403603998e-05,
      -3.98957445637040208e-07, -3.65431391842729105e-06, -2.51568741690144676e-06,
      1.24259238837125549e-06,  7.08216207733568308e-07};
  Number t = clamp(abs(x), 0.0, 6.0);
  Number inner = x * polynomial(t * t, near);
  Number outer = 1.0 - f64::exp(-polynomial((t - 3.5) / 2.5, far));
  return select(less(t, 1.0), inner, copySign(outer, x));
}

/// The sine and cosine of an angle, and how often pi/2 was taken from it.
struct Angle {
  Number sine, cosine;
  Bits turns;
};

static Angle reduceAngle(Number x) {
  static const double sine[] = {-1.66666666666666657e-01, 8.33333333333332281e-03,
                                -1.98412698412551639e-04, 2.75573192142244053e-06,
                                -2.50521049175135149e-08, 1.60583671014471663e-10,
                                -7.57871039165325987e-13};
  static const double cosine[] = {4.16666666666666644e-02, -1.38888888888888786e-03,
                                  2.48015873015748027e-05, -2.75573192166060978e-07,
                                  2.08767546107481079e-09, -1.14703181193432515e-11,
                                  4.73912426902006003e-14};
  Number held = clamp(x, -1e9, 1e9);
  Nearest n = nearestMultiple(held, 2.0 / kPi);
  // pi/2 in three parts, the first two with 33 bits: exact products.
  Number r = fma(n.number, x.constant(-1.57079632673412561417e+00), held);
  r = fma(n.number, x.constant(-6.07710050630396597660e-11), r);
  r = fma(n.number, x.constant(-2.02226624879595063154e-21), r);
  Number z = r * r;
  Number c = fma(z * z, polynomial(z, cosine), fma(z, z.constant(-0.5), z.constant(1.0)));
  return {fma(r * z, polynomial(z, sine), r), c, n.bits};
}

static Number circular(Number x, int64_t quadrant) {
  Angle angle = reduceAngle(x);
  Bits turn = angle.turns + quadrant;
  Number value = select(equal(turn & 1, 1), angle.cosine, angle.sine);
  value = select(equal(turn & 2, 2), -value, value);
  Number infinite = x - x; // NaN for infinities and NaN
  return select(isNan(infinite), infinite, value);
}

Number f64::sin(Number x) { return select(equal(x, 0.0), x, circular(x, 0)); }
Number f64::cos(Number x) { return circular(x, 1); }
Number f64::tan(Number x) { return f64::sin(x) / circular(x, 1); }

Number f64::sinh(Number x) {
  // (e + e / (e + 1)) / 2 with e = e^|x| - 1; half of x twice near the end of the range.
  Number a = abs(x);
  Number e = f64::expm1(a);
  Number small = 0.5 * (e + e / (e + 1.0));
  Number root = f64::exp(a * 0.5);
  return copySign(select(less(a, 700.0), small, 0.5 * root * root), x);
}
Number f64::cosh(Number x) {
  Number root = f64::exp(abs(x) * 0.5);
  Number e = root * root;
  return select(less(abs(x), 700.0), 0.5 * e + 0.5 / e, 0.5 * root * root);
}
Number f64::tanh(Number x) {
  Number held = clamp(x, -22.0, 22.0);
  Number e = f64::expm1(held + held);
  return copySign(e / (e + 2.0), x);
}

Number f64::atan(Number x) {
  // (atan(sqrt(z)) / sqrt(z) - 1) / z up to tan(pi / 8), error 1e-18.
  static const double c[] = {
      -3.33333333333332316e-01, 1.99999999999616873e-01,  -1.42857142808839821e-01,
      1.11111108135369452e-01,  -9.09089853331483816e-02, 7.69207279832308521e-02,
      -6.66323614224927502e-02, 5.84878535890366175e-02,  -5.04309705049488591e-02,
      3.81556156026503571e-02,  -1.80019190726315170e-02};
  constexpr double tanEighth = 4.14213562373095034452e-01;
  Number a = abs(x);
  Truth steep = less(1.0 / tanEighth, a), middle = less(tanEighth, a);
  Number reduced = select(steep, -1.0 / a, select(middle, (a - 1.0) / (a + 1.0), a));
  Number base =
      select(steep, a.constant(kPi / 2), select(middle, a.constant(kPi / 4), a.constant(0.0)));
  Number rest = select(steep, a.constant(6.12323399573676603587e-17),
                       select(middle, a.constant(3.06161699786838301793e-17), a.constant(0.0)));
  Number z = reduced * reduced;
  Number value = base + (fma(reduced * z, polynomial(z, c), rest) + reduced);
  return copySign(value, x);
}

Number f64::asin(Number x) { return f64::atan(x / sqrt((1.0 - x) * (1.0 + x))); }
Number f64::acos(Number x) {
  Number value = 2.0 * f64::atan(sqrt((1.0 - x) / (1.0 + x)));
  return select(equal(x, -1.0), x.constant(kPi), value);
}
Number f64::asinh(Number x) {
  Number a = abs(x);
  Number near = f64::log1p(a + a * a / (1.0 + sqrt(fma(a, a, a.constant(1.0)))));
  Number far = f64::log(a) + kLn2;
  return copySign(select(less(a, 1e9), near, far), x);
}
Number f64::acosh(Number x) {
  Number t = x - 1.0;
  Number near = f64::log1p(t + sqrt(t * (t + 2.0)));
  Number value = select(less(x, 1e9) | isNan(x), near, f64::log(x) + kLn2);
  return select(less(x, 1.0), x.constant(kNan), value);
}
Number f64::atanh(Number x) {
  Number a = abs(x);
  return copySign(0.5 * f64::log1p(2.0 * a / (1.0 - a)), x);
}

Number f64::atan2(Number y, Number x) {
  Number plain = f64::atan(abs(y) / abs(x));
  // 0 / 0 and infinity / infinity have limits here.
  plain = select(equal(y, 0.0), y.constant(0.0), plain);
  plain = select(equal(abs(y), kInfinity) & equal(abs(x), kInfinity), y.constant(kPi / 4), plain);
  Truth left = less(copySign(x.constant(1.0), x), 0.0);
  Number value = copySign(select(left, kPi - plain, plain), y);
  return select(isNan(x) | isNan(y), x + y, value);
}

/// |x|^y for 0 < |x| < infinity: log in two parts, so that large powers keep their digits.
static Number powOfPositive(Number x, Number y) {
  SplitLog l = logOfPositive(x);
  Number whole = l.k * kLn2High;
  Number sum = whole + l.a;
  Number taken = sum - whole;
  Number lost = (whole - (sum - taken)) + (l.a - taken);
  Number low = lost + fma(l.k, x.constant(kLn2Low), l.b);
  Number high = sum + low;
  low = low - (high - sum);
  Number product = y * high;
  Number rest = fma(y, high, -product) + y * low;
  Number power = f64::exp(product);
  return select(less(abs(product), 720.0), fma(power, rest, power), power);
}

Number f64::pow(Number x, Number y) {
  Number a = abs(x), zero = x.constant(0.0), one = x.constant(1.0);
  Number infinity = x.constant(kInfinity);
  Truth falling = less(y, 0.0);
  Number value = powOfPositive(a, y);
  value = select(equal(a, 0.0), select(falling, infinity, zero), value);
  value = select(equal(a, kInfinity), select(falling, zero, infinity), value);
  value = select(equal(a, 1.0), one, value);
  // A negative base: a sign for odd whole powers, no value for broken ones.
  Number half = y * 0.5;
  Truth whole = equal(truncate(y), y), evenly = equal(truncate(half), half);
  Truth negative = less(copySign(one, x), 0.0);
  Number mirrored = select(evenly, value, -value);
  Number broken = select(less(a, kInfinity) & less(x, 0.0), x.constant(kNan), value);
  value = select(negative, select(whole, mirrored, broken), value);
  value = select(isNan(x) | isNan(y), x + y, value);
  return select(equal(y, 0.0) | equal(x, 1.0), one, value);
}

Number f64::remainder(Number x, Number y) {
  Number a = abs(x), b = abs(y);
  Number rest = fma(-truncate(a / b), b, a);
  // The quotient may have been rounded up to the next whole number, or down from it.
  rest = select(less(rest, 0.0), rest + b, rest);
  rest = select(less(rest, b), rest, rest - b);
  rest = select(equal(b, kInfinity) & less(a, kInfinity), a, rest);
  return copySign(rest, x);
}
