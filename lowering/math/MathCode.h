//===- MathCode.h - Formulas as C++ expressions -----------------*- C++ -*-===//
//
// The expansions of math functions read like the formulas they are: `Number` stands for a scalar or
// a vector of f32 or f64 in the IR, `Bits` for an integer of the same width and shape. All are free
// of branches and of undefined values: conversions to integers go through the bits of a sum.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_MATH_MATHCODE_H
#define MOE_LOWERING_MATH_MATHCODE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe {

/// A truth value, or a vector of them.
struct Truth {
  mlir::ImplicitLocOpBuilder *builder;
  mlir::Value value;
};
Truth operator&(Truth a, Truth b);
Truth operator|(Truth a, Truth b);

/// An integer as wide as the number it belongs to.
struct Bits {
  mlir::ImplicitLocOpBuilder *builder;
  mlir::Value value;
  Bits constant(int64_t number) const;
};
Bits operator+(Bits a, Bits b);
Bits operator-(Bits a, Bits b);
Bits operator&(Bits a, Bits b);
Bits operator|(Bits a, Bits b);
inline Bits operator+(Bits a, int64_t b) { return a + a.constant(b); }
inline Bits operator-(Bits a, int64_t b) { return a - a.constant(b); }
inline Bits operator&(Bits a, int64_t b) { return a & a.constant(b); }
inline Bits operator|(Bits a, int64_t b) { return a | a.constant(b); }
Bits shiftLeft(Bits a, int64_t count);
/// Fills with the sign.
Bits shiftRight(Bits a, int64_t count);
/// Fills with zeros.
Bits shiftRightLogical(Bits a, int64_t count);
Truth equal(Bits a, int64_t b);

/// A floating-point number, or a vector of them.
struct Number {
  mlir::ImplicitLocOpBuilder *builder;
  mlir::Value value;
  /// The same type's constant.
  Number constant(double number) const;
  bool isDouble() const;
};
Number operator+(Number a, Number b);
Number operator-(Number a, Number b);
Number operator*(Number a, Number b);
Number operator/(Number a, Number b);
Number operator-(Number a);
inline Number operator+(Number a, double b) { return a + a.constant(b); }
inline Number operator-(Number a, double b) { return a - a.constant(b); }
inline Number operator*(Number a, double b) { return a * a.constant(b); }
inline Number operator/(Number a, double b) { return a / a.constant(b); }
inline Number operator+(double a, Number b) { return b.constant(a) + b; }
inline Number operator-(double a, Number b) { return b.constant(a) - b; }
inline Number operator*(double a, Number b) { return b.constant(a) * b; }
inline Number operator/(double a, Number b) { return b.constant(a) / b; }

/// a * b + c, rounded once.
Number fma(Number a, Number b, Number c);
Number sqrt(Number a);
Number abs(Number a);
Number copySign(Number magnitude, Number sign);
Number truncate(Number a);
Number select(Truth condition, Number a, Number b);
/// Ordered comparisons: false where either side is NaN.
Truth less(Number a, Number b);
Truth equal(Number a, Number b);
inline Truth less(Number a, double b) { return less(a, a.constant(b)); }
inline Truth less(double a, Number b) { return less(b.constant(a), b); }
inline Truth equal(Number a, double b) { return equal(a, a.constant(b)); }
Truth isNan(Number a);
/// `a` held within [low, high]; NaN stays NaN.
Number clamp(Number a, double low, double high);
Bits bitsOf(Number a);
/// The number that has these bits; `like` says which type.
Number numberOf(Bits bits, Number like);
/// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
Number polynomial(Number x, llvm::ArrayRef<double> coefficients);
/// log(1 + x) by a `log` of the type.
Number log1pBy(Number (*log)(Number), Number x);
/// 2^n for n within the exponents of normal numbers.
Number powerOfTwo(Bits n, Number like);

/// x = whole * (1 / factor) + rest: `whole` rounded to nearest, as a number and as an integer.
struct Nearest {
  Number number;
  Bits bits; ///< right in its low bits; all of it while |whole| < 2^21
};
Nearest nearestMultiple(Number x, double factor);

Number toDouble(Number a);
/// Rounded to f32 once.
Number toFloat(Number a);

} // namespace moe

#endif // MOE_LOWERING_MATH_MATHCODE_H
