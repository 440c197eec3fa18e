//===- ExpandMath.cpp - Math functions as arithmetic ----------------------===//
//
// Generated code calls no library: what the machine has no instruction for becomes arithmetic, on
// scalars and vectors alike, without branches. Numbers of 16 bits are computed in f32.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/math/HalfMemory.h"
#include "lowering/math/MathFunctions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

namespace moe {
#define GEN_PASS_DEF_EXPANDMATH
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

using Unary = Number (*)(Number);
using Binary = Number (*)(Number, Number);

/// A function in both widths; without one for f32, f32 is computed in f64.
struct UnaryRow {
  StringRef op;
  Unary single, wide;
};

Number rsqrt(Number x) { return 1.0 / sqrt(x); }

const UnaryRow unaryRows[] = {
    {"math.exp", f32::exp, f64::exp},       {"math.exp2", nullptr, f64::exp2},
    {"math.expm1", f32::expm1, f64::expm1}, {"math.log", f32::log, f64::log},
    {"math.log2", nullptr, f64::log2},      {"math.log10", nullptr, f64::log10},
    {"math.log1p", f32::log1p, f64::log1p}, {"math.erf", f32::erf, f64::erf},
    {"math.sin", f32::sin, f64::sin},       {"math.cos", f32::cos, f64::cos},
    {"math.tan", nullptr, f64::tan},        {"math.sinh", nullptr, f64::sinh},
    {"math.cosh", nullptr, f64::cosh},      {"math.tanh", f32::tanh, f64::tanh},
    {"math.asin", nullptr, f64::asin},      {"math.acos", nullptr, f64::acos},
    {"math.atan", nullptr, f64::atan},      {"math.asinh", nullptr, f64::asinh},
    {"math.acosh", nullptr, f64::acosh},    {"math.atanh", nullptr, f64::atanh},
    {"math.rsqrt", rsqrt, rsqrt},
};

struct BinaryRow {
  StringRef op;
  Binary wide;
};

const BinaryRow binaryRows[] = {
    {"math.powf", f64::pow},
    {"math.atan2", f64::atan2},
    {"arith.remf", f64::remainder},
};

Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

bool isHalf(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

/// f32 to bf16: round to nearest, ties to even, on the bits. NaN stays NaN: it gets the quiet bit
/// and loses the low bits, which alone might have made it one.
Value roundToBf16(ImplicitLocOpBuilder &builder, Value value, Type type) {
  Number x = {&builder, value};
  Bits bits = bitsOf(x);
  Bits rounded = bits + 0x7fff + (shiftRightLogical(bits, 16) & 1);
  Number chosen = select(isNan(x), numberOf(bits | 0x400000, x), numberOf(rounded, x));
  Bits high = shiftRightLogical(bitsOf(chosen), 16);
  Value narrow =
      arith::TruncIOp::create(builder, withElement(type, builder.getI16Type()), high.value);
  return arith::BitcastOp::create(builder, type, narrow);
}

/// f64 to f32, rounded to odd, so that rounding on to 16 bits rounds once in effect.
Value roundToOdd(ImplicitLocOpBuilder &builder, Value value) {
  Number x = {&builder, value};
  Number nearest = toFloat(x), back = toDouble(nearest);
  Bits bits = bitsOf(nearest);
  Number toZero = select(less(abs(x), abs(back)), numberOf(bits - 1, nearest), nearest);
  Number odd = numberOf(bitsOf(toZero) | 1, nearest);
  Truth exact = equal(x, back);
  return select(exact | isNan(x), nearest, odd).value;
}

class Expander {
public:
  explicit Expander(ImplicitLocOpBuilder &builder) : builder(builder) {
    for (const UnaryRow &row : unaryRows)
      unary[row.op] = &row;
    for (const BinaryRow &row : binaryRows)
      binary[row.op] = &row;
  }

  /// The value to replace `op`'s result by; null where the machine can do it.
  Value expand(Operation *op) {
    if (op->getNumResults() != 1 || op->getNumOperands() == 0)
      return {};
    if (auto truncation = dyn_cast<arith::TruncFOp>(op))
      return narrow(truncation.getIn(), truncation.getType(), /*only=*/true);
    if (auto extension = dyn_cast<arith::ExtFOp>(op))
      return getElementTypeOrSelf(extension.getIn()).isBF16() ? widenBf16(extension) : Value();
    bool half = isHalf(op->getResult(0).getType()) || llvm::any_of(op->getOperandTypes(), isHalf);
    if (half)
      return expandHalf(op);
    Type element = getElementTypeOrSelf(op->getResult(0).getType());
    if (!element.isF32() && !element.isF64())
      return {};
    return expandNumber(op, op->getOperands());
  }

private:
  Number number(Value value) { return {&builder, value}; }

  /// For operands of f32 or f64.
  Value expandNumber(Operation *op, ValueRange operands) {
    StringRef name = op->getName().getStringRef();
    bool single = getElementTypeOrSelf(operands.front().getType()).isF32();
    if (const UnaryRow *row = unary.lookup(name)) {
      Number x = number(operands[0]);
      if (!single)
        return row->wide(x).value;
      return row->single ? row->single(x).value : toFloat(row->wide(toDouble(x))).value;
    }
    if (const BinaryRow *row = binary.lookup(name)) {
      Number x = number(operands[0]), y = number(operands[1]);
      if (isa<math::PowFOp>(op))
        if (Value power = simplePower(x, y))
          return power;
      return single ? toFloat(row->wide(toDouble(x), toDouble(y))).value : row->wide(x, y).value;
    }
    return {};
  }

  /// Powers that are a multiplication or two, and exact enough to be one.
  Value simplePower(Number x, Number y) {
    FloatAttr attribute;
    DenseFPElementsAttr splat;
    double power;
    if (matchPattern(y.value, m_Constant(&attribute)))
      power = attribute.getValueAsDouble();
    else if (matchPattern(y.value, m_Constant(&splat)) && splat.isSplat())
      power = splat.getSplatValue<APFloat>().convertToDouble();
    else
      return {};
    if (power == 1.0)
      return x.value;
    if (power == 2.0)
      return (x * x).value;
    if (power == 3.0)
      return (x * x * x).value;
    if (power == -1.0)
      return (1.0 / x).value;
    return {};
  }

  /// Rounds to 16 bits; with `only`, null where the machine can do that.
  Value narrow(Value value, Type type, bool only) {
    Type from = getElementTypeOrSelf(value.getType()), to = getElementTypeOrSelf(type);
    if (only && !(isHalf(type) && (from.isF64() || to.isBF16())))
      return {};
    if (from.isF64())
      value = roundToOdd(builder, value);
    if (to.isBF16())
      return roundToBf16(builder, value, type);
    return arith::TruncFOp::create(builder, type, value);
  }

  /// The same operation in f32 between conversions.
  Value expandHalf(Operation *op) {
    if (!isa_and_present<arith::ArithDialect, math::MathDialect>(op->getDialect()) ||
        isa<arith::ConstantOp, arith::SelectOp, arith::BitcastOp>(op))
      return {};
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(isHalf(operand.getType()) ? widen(operand) : operand);
    Type type = op->getResult(0).getType();
    Type wide = isHalf(type) ? withElement(type, builder.getF32Type()) : type;
    Value result = isHalf(type) ? expandNumber(op, operands) : Value();
    if (!result) {
      OperationState state(op->getLoc(), op->getName());
      state.addOperands(operands);
      state.addTypes(wide);
      state.propertiesAttr = op->getPropertiesAsAttribute();
      result = builder.create(state)->getResult(0);
    }
    return isHalf(type) ? narrow(result, type, /*only=*/false) : result;
  }

  Value widenBf16(arith::ExtFOp op) {
    Value single = widen(op.getIn());
    if (single.getType() == op.getType())
      return single;
    return arith::ExtFOp::create(builder, op.getType(), single);
  }

  /// To f32. A bf16 is the upper half of an f32.
  Value widen(Value value) {
    Type type = value.getType();
    if (getElementTypeOrSelf(type).isBF16()) {
      Value bits =
          arith::BitcastOp::create(builder, withElement(type, builder.getI16Type()), value);
      bits = arith::ExtUIOp::create(builder, withElement(type, builder.getI32Type()), bits);
      bits = shiftLeft(Bits{&builder, bits}, 16).value;
      return arith::BitcastOp::create(builder, withElement(type, builder.getF32Type()), bits);
    }
    return arith::ExtFOp::create(builder, withElement(value.getType(), builder.getF32Type()),
                                 value);
  }

  ImplicitLocOpBuilder &builder;
  llvm::StringMap<const UnaryRow *> unary;
  llvm::StringMap<const BinaryRow *> binary;
};

struct ExpandMath : moe::impl::ExpandMathBase<ExpandMath> {
  using ExpandMathBase::ExpandMathBase;

  void runOnOperation() override {
    SmallVector<Operation *> found;
    getOperation().walk([&](Operation *op) {
      if (accessesHalfMemory(op) ||
          isa_and_present<arith::ArithDialect, math::MathDialect>(op->getDialect()))
        found.push_back(op);
    });
    ImplicitLocOpBuilder builder(getOperation().getLoc(), &getContext());
    Expander expander(builder);
    for (Operation *op : found) {
      if (accessesHalfMemory(op)) {
        accessAsBits(builder, op);
        continue;
      }
      builder.setInsertionPoint(op);
      builder.setLoc(op->getLoc());
      Value value = expander.expand(op);
      if (!value)
        continue;
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
    }
  }
};

} // namespace
