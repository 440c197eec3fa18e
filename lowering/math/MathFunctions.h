//===- MathFunctions.h - Our own exp, log, erf and their kind ---*- C++ -*-===//
//
// Errors are the largest seen in sweeps (`test/lowering/cpu/MathTest.cpp` holds them to these
// bounds), in units of the last place of the result. NaN gives NaN, infinities give their limits
// and zeros keep their sign, as in C's math library. Coefficients are minimax fits by Remez's
// exchange in 50 digits.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_MATH_MATHFUNCTIONS_H
#define MOE_LOWERING_MATH_MATHFUNCTIONS_H

#include "lowering/math/MathCode.h"

namespace moe::f32 {
Number exp(Number x);   ///< 1 ulp, denormal results included
Number expm1(Number x); ///< 2 ulp
Number log(Number x);   ///< 1 ulp, denormal arguments included
Number log1p(Number x); ///< 2 ulp
Number erf(Number x);   ///< 3 ulp
Number tanh(Number x);  ///< 3 ulp
Number sin(Number x);   ///< 2 ulp for |x| < 1e5; bounded, but not right, beyond 1e9
Number cos(Number x);   ///< as sin
} // namespace moe::f32

namespace moe::f64 {
Number exp(Number x);             ///< 2 ulp
Number exp2(Number x);            ///< 2 ulp
Number expm1(Number x);           ///< 3 ulp
Number log(Number x);             ///< 2 ulp
Number log2(Number x);            ///< 4 ulp
Number log10(Number x);           ///< 4 ulp
Number log1p(Number x);           ///< 4 ulp
Number erf(Number x);             ///< 8 ulp
Number sin(Number x);             ///< 2 ulp for |x| < 1e5, away from multiples of pi
Number cos(Number x);             ///< as sin
Number tan(Number x);             ///< 4 ulp, as sin
Number sinh(Number x);            ///< 4 ulp
Number cosh(Number x);            ///< 4 ulp
Number tanh(Number x);            ///< 4 ulp
Number asin(Number x);            ///< 4 ulp
Number acos(Number x);            ///< 4 ulp, away from 1
Number atan(Number x);            ///< 2 ulp
Number asinh(Number x);           ///< 4 ulp
Number acosh(Number x);           ///< 4 ulp
Number atanh(Number x);           ///< 4 ulp
Number atan2(Number y, Number x); ///< 3 ulp
/// The error grows with |y log x|: 1e-16 of it. Good for half an ulp of f32.
Number pow(Number x, Number y);
/// The remainder with the sign of x, as fmod; right while |x / y| < 2^53.
Number remainder(Number x, Number y);
} // namespace moe::f64

#endif // MOE_LOWERING_MATH_MATHFUNCTIONS_H
