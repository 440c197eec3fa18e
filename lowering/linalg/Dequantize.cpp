//===- Dequantize.cpp - Codes that no grouped product takes ---------------===//
//
// Where an expert's body stays a loop, its codes lie in a byte each and its weights become numbers
// one expert at a time: slow and right, like the loop.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe;

Value moe::emitInBytes(Emit &emit, Value codes, bool isSigned) {
  Type number = getElementTypeOrSelf(codes.getType());
  auto weight = codes.getDefiningOp<WeightOp>();
  if (number.getIntOrFloatBitWidth() >= 8 || !weight)
    return codes;
  OpBuilder::InsertionGuard guard(emit);
  emit.setInsertionPointAfter(weight);
  auto twin = cast<WeightOp>(emit.clone(*weight));
  twin.getResult().setType(cast<ShapedType>(codes.getType()).clone(emit.getI8Type()));
  auto sign = isSigned ? IntegerType::Signless : IntegerType::Unsigned;
  if (auto integer = dyn_cast<IntegerType>(number))
    number = IntegerType::get(emit.getContext(), integer.getWidth(), sign);
  twin.setElementAttr(TypeAttr::get(number));
  return twin;
}

/// e2m1 of the low bits of an i32: its doubled magnitudes are in one constant.
static Value decodeFloat4(Emit &emit, Value code) {
  Type i32 = emit.getI32Type();
  auto number = [&](int64_t value) { return emit.integer(i32, value); };
  Value place =
      arith::ShLIOp::create(emit, arith::AndIOp::create(emit, code, number(7)), number(2));
  Value table = arith::ShRUIOp::create(emit, number(static_cast<int32_t>(0xC8643210u)), place);
  Value doubled = arith::AndIOp::create(emit, table, number(15));
  Value magnitude =
      arith::MulFOp::create(emit, arith::SIToFPOp::create(emit, emit.getF32Type(), doubled),
                            emit.real(emit.getF32Type(), 0.5));
  Value sign = arith::AndIOp::create(emit, code, number(8));
  Value negative = arith::CmpIOp::create(emit, arith::CmpIPredicate::ne, sign, number(0));
  return arith::SelectOp::create(emit, negative, arith::NegFOp::create(emit, magnitude), magnitude);
}

/// A code or zero point as f32.
static Value decode(Emit &emit, Value stored, QuantAttr quant) {
  if (isa<FloatType>(stored.getType()))
    return emit.toFloat(stored, emit.getF32Type());
  Type i32 = emit.getI32Type();
  Value wide = quant.getIsSigned() ? arith::ExtSIOp::create(emit, i32, stored).getResult()
                                   : arith::ExtUIOp::create(emit, i32, stored).getResult();
  if (!quant.getCode().isInteger())
    return decodeFloat4(emit, wide);
  return arith::SIToFPOp::create(emit, emit.getF32Type(), wide);
}

Value moe::emitDequantize(Emit &emit, QuantAttr quant, Value codes, Value scales,
                          Value zeroPoints) {
  Type f32 = emit.getF32Type();
  Value out = emit.empty({emit.size(codes, 0), emit.size(codes, 1)}, f32);
  return emit.map({codes}, out, [&](ValueRange scalars) -> Value {
    Value k = linalg::IndexOp::create(emit, 0), n = linalg::IndexOp::create(emit, 1);
    Value block = arith::DivUIOp::create(emit, k, emit.index(quant.getBlock()));
    auto perBlock = [&](Value numbers) { return emit.at(numbers, {block, n}); };
    Value zero = zeroPoints ? decode(emit, perBlock(zeroPoints), quant)
                            : emit.real(f32, static_cast<double>(quant.getZero()));
    Value difference = arith::SubFOp::create(emit, decode(emit, scalars[0], quant), zero);
    return arith::MulFOp::create(emit, difference, emit.toFloat(perBlock(scales), f32));
  });
}
