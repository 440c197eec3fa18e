//===- Elementwise.cpp - Arithmetic, comparison and logic -----------------===//
//
// A row is a function on scalars; the generic around it, broadcasting and the width of f16 and bf16
// are the same for all.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Cast.h"
#include "lowering/onnx/convert/Remainder.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
using OnScalars = Value (*)(Node &, ValueRange);

/// The node is `fn` on each element of its broadcast inputs.
template <OnScalars fn> LogicalResult each(Node &n) {
  FailureOr<Value> result =
      elementwise(n, n.ins(), n.outElement(0), [&](ValueRange args) { return fn(n, args); });
  return failed(result) ? failure() : n.set(0, *result);
}

bool isReal(Value value) { return isa<FloatType>(value.getType()); }

template <typename Real, typename Whole> Value either(Node &n, ValueRange args) {
  if (isReal(args[0]))
    return n.createOrFold<Real>(args[0], args[1]);
  return n.createOrFold<Whole>(args[0], args[1]);
}

/// Integer division as C has it; by zero it gives 0 instead of a trap, the least number by -1
/// wraps.
Value dividePlain(Node &n, Value a, Value b, bool isUnsigned) {
  Type type = a.getType();
  Value zero = integer(n, type, 0), one = integer(n, type, 1), minus = integer(n, type, -1);
  Value byZero = n.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, b, zero);
  if (isUnsigned) {
    Value safe = n.createOrFold<arith::SelectOp>(byZero, one, b);
    Value quotient = n.createOrFold<arith::DivUIOp>(a, safe);
    return n.createOrFold<arith::SelectOp>(byZero, zero, quotient);
  }
  Value byMinus = n.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, b, minus);
  Value odd = n.createOrFold<arith::OrIOp>(byZero, byMinus);
  Value safe = n.createOrFold<arith::SelectOp>(odd, one, b);
  Value quotient = n.createOrFold<arith::DivSIOp>(a, safe);
  Value negated = n.createOrFold<arith::SubIOp>(zero, a);
  quotient = n.createOrFold<arith::SelectOp>(byMinus, negated, quotient);
  return n.createOrFold<arith::SelectOp>(byZero, zero, quotient);
}

Value divide(Node &n, ValueRange args) {
  if (isReal(args[0]))
    return arith::DivFOp::create(n, args[0], args[1]);
  return dividePlain(n, args[0], args[1], n.isUnsigned(0));
}

Value less(Node &n, Value a, Value b, bool isUnsigned) {
  auto predicate = isUnsigned ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt;
  return n.createOrFold<arith::CmpIOp>(predicate, a, b);
}

/// The remainder with the sign of the divisor (fmod = 0), or of the dividend (fmod = 1).
Value modulo(Node &n, ValueRange args) {
  if (isReal(args[0]))
    return remainderOf(n, args[0], args[1]);
  Value a = args[0], b = args[1], zero = integer(n, a.getType(), 0);
  Value quotient = dividePlain(n, a, b, n.isUnsigned(0));
  Value back = n.createOrFold<arith::MulIOp>(quotient, b);
  Value rest = n.createOrFold<arith::SubIOp>(a, back);
  Value byZero = n.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, b, zero);
  rest = n.createOrFold<arith::SelectOp>(byZero, zero, rest);
  if (n.isUnsigned(0) || n.op.intAttribute("fmod", 0))
    return rest;
  Value isZero = n.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, rest, zero);
  Value signs = n.createOrFold<arith::XOrIOp>(less(n, rest, zero, false), less(n, b, zero, false));
  Value moved = n.createOrFold<arith::AddIOp>(rest, b);
  Value wrapped = n.createOrFold<arith::SelectOp>(signs, moved, rest);
  return n.createOrFold<arith::SelectOp>(isZero, rest, wrapped);
}

/// `base` to a whole number, by squaring; the exponent counts as unsigned.
Value wholePower(Node &n, Value base, Value exponent) {
  Type type = base.getType();
  Value one = integer(n, type, 1), zero = integer(n, exponent.getType(), 0);
  auto loop = scf::WhileOp::create(n, TypeRange{type, type, exponent.getType()},
                                   ValueRange{one, base, exponent});
  OpBuilder::InsertionGuard guard(n);
  SmallVector<Location> places(3, n.getLoc());
  Block *before = n.createBlock(&loop.getBefore(), {}, loop.getResultTypes(), places);
  Value more = arith::CmpIOp::create(n, arith::CmpIPredicate::ne, before->getArgument(2), zero);
  scf::ConditionOp::create(n, more, before->getArguments());
  Block *after = n.createBlock(&loop.getAfter(), {}, loop.getResultTypes(), places);
  Value result = after->getArgument(0), square = after->getArgument(1),
        left = after->getArgument(2);
  Value low = integer(n, left.getType(), 1);
  Value odd =
      arith::CmpIOp::create(n, arith::CmpIPredicate::ne, arith::AndIOp::create(n, left, low), zero);
  Value times = arith::MulIOp::create(n, result, square);
  scf::YieldOp::create(n, ValueRange{arith::SelectOp::create(n, odd, times, result),
                                     arith::MulIOp::create(n, square, square),
                                     arith::ShRUIOp::create(n, left, low)});
  return loop.getResult(0);
}

/// The power where the exponent is a constant that multiplication or a root gives exactly; else
/// null.
Value easyPower(Node &n, Value base, Value exponent) {
  auto constant = exponent.getDefiningOp<arith::ConstantOp>();
  auto real = constant ? dyn_cast<FloatAttr>(constant.getValue()) : FloatAttr();
  if (!real)
    return {};
  double number = real.getValueAsDouble();
  if (number == 1.0)
    return base;
  if (number == 2.0)
    return arith::MulFOp::create(n, base, base);
  if (number == 3.0)
    return arith::MulFOp::create(n, arith::MulFOp::create(n, base, base), base);
  if (number == 0.5)
    return math::SqrtOp::create(n, base);
  return {};
}

Value power(Node &n, ValueRange args) {
  Value base = args[0], exponent = args[1];
  if (!isReal(base))
    return wholePower(n, base, exponent);
  if (!isReal(exponent)) {
    exponent = n.isUnsigned(1) ? n.createOrFold<arith::UIToFPOp>(base.getType(), exponent)
                               : n.createOrFold<arith::SIToFPOp>(base.getType(), exponent);
  } else if (exponent.getType() != base.getType()) {
    bool wider = base.getType().isF64();
    exponent = wider ? n.createOrFold<arith::ExtFOp>(base.getType(), exponent)
                     : n.createOrFold<arith::TruncFOp>(base.getType(), exponent);
  }
  if (Value easy = easyPower(n, base, exponent))
    return easy;
  return math::PowFOp::create(n, base, exponent);
}

/// An integer to the power of a float, cut towards zero. A power that is whole but for the error of
/// the function is that whole number.
Value mixedPower(Node &n, ValueRange args) {
  Type real = n.getF64Type();
  auto whole = cast<IntegerType>(getElementTypeOrSelf(n.op.input(0).getType()));
  Value base = castScalar(n, args[0], whole, real);
  Value exponent = castScalar(n, args[1], args[1].getType(), real);
  Value result = math::PowFOp::create(n, base, exponent);
  Value nearest = math::RoundEvenOp::create(n, result);
  Value error = math::AbsFOp::create(n, arith::SubFOp::create(n, result, nearest));
  Value size = math::AbsFOp::create(n, result);
  Value bound = arith::MulFOp::create(n, size, scalar(n, real, std::ldexp(1.0, -48)));
  Value close = arith::CmpFOp::create(n, arith::CmpFPredicate::OLE, error, bound);
  return toWhole(n, arith::SelectOp::create(n, close, nearest, result), whole);
}

LogicalResult convertPow(Node &n) {
  if (isa<IntegerType>(n.inElement(0)) && isa<FloatType>(n.inElement(1)))
    return each<mixedPower>(n);
  return each<power>(n);
}

template <Fold fold> Value folded(Node &n, ValueRange args) {
  Value result = args[0];
  for (Value arg : args.drop_front())
    result = foldOnce(n, fold, result, arg, n.isUnsigned(0));
  return result;
}

template <arith::CmpFPredicate real, arith::CmpIPredicate whole, arith::CmpIPredicate natural>
Value compare(Node &n, ValueRange args) {
  if (isReal(args[0]))
    return arith::CmpFOp::create(n, real, args[0], args[1]);
  return n.createOrFold<arith::CmpIOp>(n.isUnsigned(0) ? natural : whole, args[0], args[1]);
}

template <typename Op> Value twoArgs(Node &n, ValueRange args) {
  return n.createOrFold<Op>(args[0], args[1]);
}
template <typename Op> Value oneArg(Node &n, ValueRange args) { return Op::create(n, args[0]); }

/// Rounding functions leave integers as they are.
template <typename Op> Value rounding(Node &n, ValueRange args) {
  return isReal(args[0]) ? Op::create(n, args[0]).getResult() : args[0];
}

Value logicalNot(Node &n, ValueRange args) {
  return n.createOrFold<arith::XOrIOp>(args[0], integer(n, args[0].getType(), 1));
}

Value negate(Node &n, ValueRange args) {
  if (isReal(args[0]))
    return arith::NegFOp::create(n, args[0]);
  return n.createOrFold<arith::SubIOp>(integer(n, args[0].getType(), 0), args[0]);
}

Value absolute(Node &n, ValueRange args) {
  if (isReal(args[0]))
    return math::AbsFOp::create(n, args[0]);
  return n.isUnsigned(0) ? args[0] : math::AbsIOp::create(n, args[0]).getResult();
}

Value reciprocal(Node &n, ValueRange args) {
  return arith::DivFOp::create(n, scalar(n, args[0].getType(), 1.0), args[0]);
}

/// -1, 0 or 1; NaN and zeros stay what they are.
Value sign(Node &n, ValueRange args) {
  Value x = args[0], zero = scalar(n, x.getType(), 0), one = scalar(n, x.getType(), 1);
  if (!isReal(x)) {
    Value isZero = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, x, zero);
    Value isNegative = less(n, x, zero, n.isUnsigned(0));
    Value minus = integer(n, x.getType(), -1);
    Value other = arith::SelectOp::create(n, isNegative, minus, one);
    return arith::SelectOp::create(n, isZero, zero, other);
  }
  Value ordered = arith::CmpFOp::create(n, arith::CmpFPredicate::ONE, x, zero);
  return arith::SelectOp::create(n, ordered, math::CopySignOp::create(n, one, x), x);
}

Value isNaN(Node &n, ValueRange args) {
  return arith::CmpFOp::create(n, arith::CmpFPredicate::UNO, args[0], args[0]);
}

Value isInf(Node &n, ValueRange args) {
  Value result = integer(n, n.getI1Type(), 0);
  auto type = cast<FloatType>(args[0].getType());
  for (bool negative : {false, true}) {
    if (!n.op.intAttribute(negative ? "detect_negative" : "detect_positive", 1))
      continue;
    Value inf = arith::ConstantOp::create(
        n, n.getFloatAttr(type, APFloat::getInf(type.getFloatSemantics(), negative)));
    Value here = arith::CmpFOp::create(n, arith::CmpFPredicate::OEQ, args[0], inf);
    result = arith::OrIOp::create(n, result, here);
  }
  return result;
}

Value where(Node &n, ValueRange args) {
  return n.createOrFold<arith::SelectOp>(args[0], args[1], args[2]);
}

LogicalResult identity(Node &n) { return n.set(0, n.in(0)); }

using F = arith::CmpFPredicate;
using I = arith::CmpIPredicate;

/// The mean is the sum by the number of inputs.
Value meanOf(Node &n, ValueRange args) {
  Value sum = folded<Fold::Sum>(n, args);
  return arith::DivFOp::create(n, sum, scalar(n, sum.getType(), args.size()));
}

Value bitwiseNot(Node &n, ValueRange args) {
  return n.createOrFold<arith::XOrIOp>(args[0], integer(n, args[0].getType(), -1));
}

/// A shift by all bits or more leaves nothing.
Value bitShift(Node &n, ValueRange args) {
  Value x = args[0], by = args[1], zero = integer(n, x.getType(), 0);
  Value most = integer(n, x.getType(), x.getType().getIntOrFloatBitWidth());
  Value inside = arith::CmpIOp::create(n, arith::CmpIPredicate::ult, by, most);
  Value safe = arith::SelectOp::create(n, inside, by, zero);
  bool left = n.op.stringAttribute("direction", "") == "LEFT";
  Value shifted =
      left ? arith::ShLIOp::create(n, x, safe).getResult() : arith::ShRUIOp::create(n, x, safe);
  return arith::SelectOp::create(n, inside, shifted, zero);
}

/// x + bias where x is below -lambd, x - bias where it is above lambd, else 0.
Value shrink(Node &n, ValueRange args) {
  Type type = args[0].getType();
  bool real = isReal(args[0]);
  Value x =
      real ? args[0]
           : castScalar(n, args[0], getElementTypeOrSelf(n.op.input(0).getType()), n.getF64Type());
  auto number = [&](double value) { return scalar(n, x.getType(), value); };
  double lambd = n.op.floatAttribute("lambd", 0.5), bias = n.op.floatAttribute("bias", 0.0);
  Value below = arith::CmpFOp::create(n, arith::CmpFPredicate::OLT, x, number(-lambd));
  Value above = arith::CmpFOp::create(n, arith::CmpFPredicate::OGT, x, number(lambd));
  Value up = arith::AddFOp::create(n, x, number(bias)),
        down = arith::SubFOp::create(n, x, number(bias));
  Value result = arith::SelectOp::create(n, above, down, number(0));
  result = arith::SelectOp::create(n, below, up, result);
  auto whole = dyn_cast<IntegerType>(getElementTypeOrSelf(n.op.input(0).getType()));
  return isa<FloatType>(type) ? result : toWhole(n, result, whole);
}

const Table::Row rows[] = {
    {"", "Abs", 1, each<absolute>},
    {"", "Acos", 7, each<oneArg<math::AcosOp>>},
    {"", "Acosh", 9, each<oneArg<math::AcoshOp>>},
    {"", "Add", 7, each<either<arith::AddFOp, arith::AddIOp>>},
    {"", "And", 7, each<twoArgs<arith::AndIOp>>},
    {"", "Asin", 7, each<oneArg<math::AsinOp>>},
    {"", "Asinh", 9, each<oneArg<math::AsinhOp>>},
    {"", "Atan", 7, each<oneArg<math::AtanOp>>},
    {"", "Atanh", 9, each<oneArg<math::AtanhOp>>},
    {"", "BitShift", 11, each<bitShift>},
    {"", "BitwiseAnd", 18, each<twoArgs<arith::AndIOp>>},
    {"", "BitwiseNot", 18, each<bitwiseNot>},
    {"", "BitwiseOr", 18, each<twoArgs<arith::OrIOp>>},
    {"", "BitwiseXor", 18, each<twoArgs<arith::XOrIOp>>},
    {"", "Ceil", 1, each<rounding<math::CeilOp>>},
    {"", "Cos", 7, each<oneArg<math::CosOp>>},
    {"", "Cosh", 9, each<oneArg<math::CoshOp>>},
    {"", "Div", 7, each<divide>},
    {"", "Equal", 7, each<compare<F::OEQ, I::eq, I::eq>>},
    {"", "Erf", 9, each<oneArg<math::ErfOp>>},
    {"", "Exp", 1, each<oneArg<math::ExpOp>>},
    {"", "Floor", 1, each<rounding<math::FloorOp>>},
    {"", "Greater", 7, each<compare<F::OGT, I::sgt, I::ugt>>},
    {"", "GreaterOrEqual", 12, each<compare<F::OGE, I::sge, I::uge>>},
    {"", "Identity", 1, identity},
    {"", "IsInf", 10, each<isInf>},
    {"", "IsNaN", 9, each<isNaN>},
    {"", "Less", 7, each<compare<F::OLT, I::slt, I::ult>>},
    {"", "LessOrEqual", 12, each<compare<F::OLE, I::sle, I::ule>>},
    {"", "Log", 1, each<oneArg<math::LogOp>>},
    {"", "Max", 8, each<folded<Fold::Max>>},
    {"", "Mean", 8, each<meanOf>},
    {"", "Min", 8, each<folded<Fold::Min>>},
    {"", "Mod", 10, each<modulo>},
    {"", "Mul", 7, each<either<arith::MulFOp, arith::MulIOp>>},
    {"", "Neg", 1, each<negate>},
    {"", "Not", 1, each<logicalNot>},
    {"", "Or", 7, each<twoArgs<arith::OrIOp>>},
    {"", "Pow", 7, convertPow},
    {"", "Reciprocal", 1, each<reciprocal>},
    {"", "Round", 11, each<rounding<math::RoundEvenOp>>},
    {"", "Shrink", 9, each<shrink>},
    {"", "Sign", 9, each<sign>},
    {"", "Sin", 7, each<oneArg<math::SinOp>>},
    {"", "Sinh", 9, each<oneArg<math::SinhOp>>},
    {"", "Sqrt", 1, each<oneArg<math::SqrtOp>>},
    {"", "Sub", 7, each<either<arith::SubFOp, arith::SubIOp>>},
    {"", "Sum", 8, each<folded<Fold::Sum>>},
    {"", "Tan", 7, each<oneArg<math::TanOp>>},
    {"", "Where", 9, each<where>},
    {"", "Xor", 7, each<twoArgs<arith::XOrIOp>>},
};
} // namespace

ArrayRef<Table::Row> convert::elementwiseRows() { return rows; }
