//===- Cast.cpp - Conversion of element types -----------------------------===//
//
// A float beyond an integer type's range gives the nearest integer, a NaN gives 0: ONNX leaves both
// open, and LLVM would make poison of them.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// `x` as a whole number of `type`, cut towards zero, held within the type's range.
Value toWhole(Node &n, Value x, IntegerType type, bool isUnsigned) {
  auto real = cast<FloatType>(x.getType());
  unsigned width = type.getWidth();
  APInt least = isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
  APInt most = isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
  // 2^w is a float always, the largest integer is not: it is compared by the number after it.
  double beyond = std::ldexp(1.0, isUnsigned ? width : width - 1);
  Value above = arith::CmpFOp::create(n, arith::CmpFPredicate::OGE, x, scalar(n, real, beyond));
  Value below = arith::CmpFOp::create(n, arith::CmpFPredicate::OLE, x,
                                      scalar(n, real, isUnsigned ? 0.0 : -beyond));
  Value isNaN = arith::CmpFOp::create(n, arith::CmpFPredicate::UNO, x, x);
  Value odd = arith::OrIOp::create(n, above, arith::OrIOp::create(n, below, isNaN));
  Value safe = arith::SelectOp::create(n, odd, scalar(n, real, 0.0), x);
  Value whole = isUnsigned ? arith::FPToUIOp::create(n, type, safe).getResult()
                           : arith::FPToSIOp::create(n, type, safe);
  auto constant = [&](const APInt &number) -> Value {
    return arith::ConstantOp::create(n, n.getIntegerAttr(type, number));
  };
  whole = arith::SelectOp::create(n, above, constant(most), whole);
  return arith::SelectOp::create(n, below, constant(least), whole);
}

Value betweenFloats(Node &n, Value x, FloatType type) {
  auto have = cast<FloatType>(x.getType());
  if (have == type)
    return x;
  if (have.getWidth() < type.getWidth())
    return arith::ExtFOp::create(n, type, x);
  return arith::TruncFOp::create(n, type, x);
}

Value fromFloat(Node &n, Value x, Type type, bool isUnsigned) {
  if (auto real = dyn_cast<FloatType>(computeType(type)))
    return betweenFloats(n, x, real);
  // Everything but zero is true, NaN too.
  if (type.isInteger(1))
    return arith::CmpFOp::create(n, arith::CmpFPredicate::UNE, x, scalar(n, x.getType(), 0));
  return toWhole(n, x, cast<IntegerType>(type), isUnsigned);
}

Value fromInteger(Node &n, Value x, Type type, bool wasUnsigned) {
  if (auto real = dyn_cast<FloatType>(computeType(type)))
    return wasUnsigned ? arith::UIToFPOp::create(n, real, x).getResult()
                       : arith::SIToFPOp::create(n, real, x);
  if (type.isInteger(1))
    return n.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ne, x, integer(n, x.getType(), 0));
  unsigned have = x.getType().getIntOrFloatBitWidth(), want = type.getIntOrFloatBitWidth();
  if (have == want)
    return x;
  if (have > want)
    return n.createOrFold<arith::TruncIOp>(type, x);
  return wasUnsigned ? n.createOrFold<arith::ExtUIOp>(type, x)
                     : n.createOrFold<arith::ExtSIOp>(type, x);
}

bool isNumber(Type type) {
  return isa<IntegerType>(type) || type.isF16() || type.isBF16() || type.isF32() || type.isF64();
}

/// The output's type says what to cast to, for Cast and CastLike alike.
LogicalResult convertCast(Node &n) {
  Type from = n.inElement(0), to = n.outElement(0);
  if (!isNumber(from) || !isNumber(to)) {
    std::string text;
    llvm::raw_string_ostream(text) << "from " << from << " to " << to;
    return n.unsupported(text);
  }
  if (from == to)
    return n.set(0, n.in(0));
  bool wasUnsigned = n.isUnsigned(0), isUnsigned = n.isOutUnsigned(0);
  FailureOr<Value> result = elementwise(n, n.in(0), to, [&](ValueRange args) {
    return isa<FloatType>(args[0].getType()) ? fromFloat(n, args[0], to, isUnsigned)
                                             : fromInteger(n, args[0], to, wasUnsigned);
  });
  return failed(result) ? failure() : n.set(0, *result);
}

const Table::Row rows[] = {
    {"", "Cast", 6, convertCast},
    {"", "CastLike", 15, convertCast},
};
} // namespace

ArrayRef<Table::Row> convert::castRows() { return rows; }
