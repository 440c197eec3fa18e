//===- Cast.cpp - Conversion of element types -----------------------------===//
//
// A float beyond an integer type's range gives the nearest integer, a NaN gives 0: ONNX leaves both
// open, and LLVM would make poison of them. Integers keep their low bits.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Cast.h"
#include "lowering/onnx/convert/SmallFloats.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
Value flag(Node &n, arith::CmpFPredicate predicate, Value x, Value y) {
  return arith::CmpFOp::create(n, predicate, x, y);
}

Value betweenFloats(Node &n, Value x, FloatType type) {
  auto have = cast<FloatType>(x.getType());
  if (have == type)
    return x;
  if (have.getWidth() < type.getWidth())
    return arith::ExtFOp::create(n, type, x);
  return arith::TruncFOp::create(n, type, x);
}

Value fromFloat(Node &n, Value x, IntegerType type) {
  // Everything but zero is true, NaN too.
  if (type.getWidth() == 1)
    return flag(n, arith::CmpFPredicate::UNE, x, scalar(n, x.getType(), 0));
  return toWhole(n, x, type);
}

/// `x` as an integer of another width: its low bits, or with its sign or zeros before it.
Value resized(Node &n, Value x, unsigned width, bool isUnsigned) {
  unsigned have = x.getType().getIntOrFloatBitWidth();
  Type type = n.getIntegerType(width);
  if (have == width)
    return x;
  if (have > width)
    return n.createOrFold<arith::TruncIOp>(type, x);
  return isUnsigned ? n.createOrFold<arith::ExtUIOp>(type, x)
                    : n.createOrFold<arith::ExtSIOp>(type, x);
}

Value fromInteger(Node &n, Value x, IntegerType from, IntegerType to) {
  if (to.getWidth() == 1)
    return n.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ne, x, integer(n, x.getType(), 0));
  bool wasUnsigned = from.isUnsigned() || from.getWidth() == 1;
  Value low = resized(n, x, to.getWidth(), wasUnsigned);
  return resized(n, low, signless(to).getIntOrFloatBitWidth(), to.isUnsigned());
}

Value integerAsFloat(Node &n, Value x, IntegerType from, FloatType to) {
  if (from.isUnsigned() || from.getWidth() == 1)
    return arith::UIToFPOp::create(n, to, x);
  return arith::SIToFPOp::create(n, to, x);
}

Type elementOf(Value value) { return getElementTypeOrSelf(value.getType()); }
} // namespace

Value convert::toWhole(Node &n, Value x, IntegerType type) {
  auto real = cast<FloatType>(x.getType());
  unsigned width = type.getWidth();
  bool isUnsigned = type.isUnsigned();
  auto stored = cast<IntegerType>(signless(type));
  APInt least = isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
  APInt most = isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  // 2^w is a float always, the largest integer is not: it is compared by the number after it.
  double beyond = std::ldexp(1.0, isUnsigned ? width : width - 1);
  Value above = flag(n, arith::CmpFPredicate::OGE, x, scalar(n, real, beyond));
  Value below = flag(n, arith::CmpFPredicate::OLE, x, scalar(n, real, isUnsigned ? 0.0 : -beyond));
  Value isNaN = flag(n, arith::CmpFPredicate::UNO, x, x);
  Value odd = arith::OrIOp::create(n, above, arith::OrIOp::create(n, below, isNaN));
  Value safe = arith::SelectOp::create(n, odd, scalar(n, real, 0.0), x);
  Value whole = isUnsigned ? arith::FPToUIOp::create(n, stored, safe).getResult()
                           : arith::FPToSIOp::create(n, stored, safe);
  auto constant = [&](const APInt &number) -> Value {
    APInt wide = isUnsigned ? number.zext(stored.getWidth()) : number.sext(stored.getWidth());
    return arith::ConstantOp::create(n, n.getIntegerAttr(stored, wide));
  };
  whole = arith::SelectOp::create(n, above, constant(most), whole);
  return arith::SelectOp::create(n, below, constant(least), whole);
}

Value convert::decoded(Node &n, Value x, Type from) {
  auto real = dyn_cast<FloatType>(from);
  return real && isSmall(real) ? decodeSmall(n, x, real) : widen(n, x);
}

Value convert::castScalar(Node &n, Value x, Type from, Type to, CastRules rules) {
  x = decoded(n, x, from);
  auto whole = dyn_cast<IntegerType>(from);
  if (auto type = dyn_cast<IntegerType>(to)) {
    if (whole)
      return fromInteger(n, x, whole, type);
    IntegerType wide = n.getI32Type();
    if (isSmall(type) && rules.wraps)
      return fromInteger(n, toWhole(n, x, wide), wide, type);
    return fromFloat(n, x, type);
  }
  // What is beyond a small float's range is an f32 still.
  auto real = cast<FloatType>(to);
  auto wide = isSmall(real) ? n.getF32Type() : cast<FloatType>(computeType(real));
  if (whole)
    x = integerAsFloat(n, x, whole, wide);
  else if (!isSmall(real))
    x = betweenFloats(n, x, wide);
  return isSmall(real) ? encodeSmall(n, x, real, rules.rounding) : x;
}

namespace {
bool isNumber(Type type) {
  return isSmall(type) || isa<IntegerType>(type) || type.isF16() || type.isBF16() || type.isF32() ||
         type.isF64();
}

/// The output's type says what to cast to, for Cast and CastLike alike.
LogicalResult convertCast(Node &n) {
  Type from = elementOf(n.op.input(0)), to = elementOf(n.op.getResult(0));
  if (!isNumber(from) || !isNumber(to)) {
    std::string text;
    llvm::raw_string_ostream(text) << "from " << from << " to " << to;
    return n.unsupported(text);
  }
  if (from == to)
    return n.set(0, n.in(0));
  llvm::StringRef mode = n.op.stringAttribute("round_mode", "up");
  if (mode != "up" && mode != "down" && mode != "nearest")
    return n.malformed("round_mode '" + mode + "'");
  // ONNX leaves it open; its reference held integers of less than a byte in range before opset 23.
  CastRules rules{{n.op.intAttribute("saturate", 1) != 0, mode}, n.op.getVersion() >= 23};
  FailureOr<Value> result = elementwise(n, n.in(0), signless(to), [&](ValueRange args) {
    return castScalar(n, args[0], from, to, rules);
  });
  return failed(result) ? failure() : n.set(0, *result);
}

const Table::Row rows[] = {
    {"", "Cast", 6, convertCast},
    {"", "CastLike", 15, convertCast},
};
} // namespace

ArrayRef<Table::Row> convert::castRows() { return rows; }
