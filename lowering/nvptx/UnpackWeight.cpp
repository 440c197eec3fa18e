//===- UnpackWeight.cpp - From the artifact's layout to rows --------------===//
//
// A loop over g, k and n that reads what `moe.weight` says of its layout. It becomes a kernel like
// any other loop, and runs once, at load.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/UnpackWeight.h"
#include "lowering/host/DeviceCalls.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;

namespace {

class Unpacker {
public:
  Unpacker(OpBuilder &builder, Location loc, const StoredWeight &stored)
      : builder(builder), loc(loc), stored(stored) {}

  void run(Value target) {
    Value numbers = stage(stored.weight);
    Value scales = stored.scales ? stage(stored.scales) : Value();
    Value zeros = stored.zeroPoints ? stage(stored.zeroPoints) : Value();
    SmallVector<OpFoldResult> sizes;
    for (int64_t size : cast<MemRefType>(target.getType()).getShape())
      sizes.push_back(builder.getIndexAttr(size));
    auto loop = scf::ForallOp::create(builder, loc, sizes, ValueRange(), std::nullopt);
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(loop.getBody());
      auto ids = loop.getInductionVars();
      Value number = stored.quant ? dequantize(numbers, scales, zeros, ids)
                                  : read(stored.weight, numbers, ids);
      memref::StoreOp::create(builder, loc, number, target, ids);
    }
  }

private:
  Value index(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }
  Value div(Value a, int64_t by) { return arith::DivUIOp::create(builder, loc, a, index(by)); }
  Value rem(Value a, int64_t by) { return arith::RemUIOp::create(builder, loc, a, index(by)); }

  /// The weight's bytes in a buffer of their own.
  Value stage(WeightOp weight) {
    auto shaped = cast<ShapedType>(weight.getType());
    auto type = MemRefType::get(shaped.getShape(), shaped.getElementType());
    Value buffer = memref::AllocOp::create(builder, loc, type);
    int64_t bytes = type.getNumElements() * llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    createUploadSection(builder, loc, buffer, static_cast<int64_t>(*weight.getOffset()), bytes);
    return buffer;
  }

  /// What lies at [g, k, n] of a weight in panels; of words, the whole word.
  Value read(WeightOp weight, Value staged, ValueRange at) {
    int64_t panel = static_cast<int64_t>(*weight.getPanel());
    Value p = div(at[2], panel), c = rem(at[2], panel);
    SmallVector<Value> indices;
    switch (weight.getLayout()) {
    case Layout::Rows:
      indices.assign(at.begin(), at.end());
      break;
    case Layout::Panels:
      indices = {at[0], p, at[1], c};
      break;
    case Layout::PairPanels:
      indices = {at[0], p, div(at[1], 2), c, rem(at[1], 2)};
      break;
    case Layout::WordPanels:
      indices = {at[0], p, div(at[1], 32 / stored.quant->bits()), c};
      break;
    }
    return memref::LoadOp::create(builder, loc, staged, indices);
  }

  /// `#moe.quant`, in f32.
  Value dequantize(Value words, Value scales, Value zeros, ValueRange ids) {
    QuantAttr quant = *stored.quant;
    unsigned bits = quant.bits();
    Value block[] = {ids[0], div(ids[1], quant.getBlock()), ids[2]};
    Value place = arith::MulIOp::create(builder, loc, rem(ids[1], 32 / bits), index(bits));
    Value shift = arith::IndexCastOp::create(builder, loc, builder.getI32Type(), place);
    Value word = read(stored.weight, words, ids);
    Value code = number(arith::ShRUIOp::create(builder, loc, word, shift));
    Value zero =
        zeros ? zeroPoint(read(stored.zeroPoints, zeros, block))
              : arith::ConstantOp::create(
                    builder, loc, builder.getF32FloatAttr(static_cast<float>(quant.getZero())));
    Value scale = toF32(read(stored.scales, scales, block));
    return arith::MulFOp::create(builder, loc, arith::SubFOp::create(builder, loc, code, zero),
                                 scale);
  }

  Value i32(int64_t value) {
    return arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(value));
  }

  /// The code in the low bits of an i32 as a number.
  Value number(Value word) {
    QuantAttr quant = *stored.quant;
    Value up = i32(32 - quant.bits());
    Value high = arith::ShLIOp::create(builder, loc, word, up);
    if (!quant.getCode().isInteger())
      return float4(arith::ShRUIOp::create(builder, loc, high, up));
    Value code = quant.getIsSigned() ? arith::ShRSIOp::create(builder, loc, high, up).getResult()
                                     : arith::ShRUIOp::create(builder, loc, high, up).getResult();
    return arith::SIToFPOp::create(builder, loc, builder.getF32Type(), code);
  }

  /// e2m1: its doubled magnitudes are the digits of one constant.
  Value float4(Value code) {
    Value digit = arith::ShLIOp::create(builder, loc,
                                        arith::AndIOp::create(builder, loc, code, i32(7)), i32(2));
    Value doubled = arith::AndIOp::create(
        builder, loc,
        arith::ShRUIOp::create(builder, loc, i32(static_cast<int32_t>(0xC8643210u)), digit),
        i32(15));
    Type f32 = builder.getF32Type();
    Value half = arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0.5f));
    Value magnitude = arith::MulFOp::create(
        builder, loc, arith::SIToFPOp::create(builder, loc, f32, doubled), half);
    Value negative = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::sge, code, i32(8));
    return arith::SelectOp::create(builder, loc, negative,
                                   arith::NegFOp::create(builder, loc, magnitude), magnitude);
  }

  /// A zero point: a float, or a code with a byte of its own.
  Value zeroPoint(Value zero) {
    if (isa<FloatType>(zero.getType()))
      return toF32(zero);
    if (zero.getType().getIntOrFloatBitWidth() < 32)
      zero = arith::ExtUIOp::create(builder, loc, builder.getI32Type(), zero);
    return number(zero);
  }

  Value toF32(Value value) {
    if (value.getType().getIntOrFloatBitWidth() < 32)
      return arith::ExtFOp::create(builder, loc, builder.getF32Type(), value);
    if (value.getType().isF64())
      return arith::TruncFOp::create(builder, loc, builder.getF32Type(), value);
    return value;
  }

  OpBuilder &builder;
  Location loc;
  const StoredWeight &stored;
};

} // namespace

void moe::unpackWeight(OpBuilder &builder, Location loc, const StoredWeight &stored, Value target,
                       int64_t bytes) {
  WeightOp weight = stored.weight;
  if (weight.getLayout() == Layout::Rows)
    return createUploadSection(builder, loc, target, static_cast<int64_t>(*weight.getOffset()),
                               bytes);
  Unpacker(builder, loc, stored).run(target);
}
