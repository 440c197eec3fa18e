//===- QuantKernel.cpp - Codes become numbers on their way in -------------===//
//
// A code that stands in the mantissa of a float of the right exponent is that float's power of two
// plus the code: masking, setting the exponent and one subtraction convert it, exactly, and the
// subtraction takes the zero point with it. Codes that lie too high in their word are shifted down
// together first.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/QuantKernel.h"
#include "lowering/cpu/VectorCode.h"

using namespace mlir;
using namespace moe;

/// Columns that are converted together: a line of the cache.
static constexpr int64_t kStrip = 16;
/// Bits of a mantissa that a code can stand in.
static constexpr unsigned kMantissa = 23;

namespace {

/// What a strip's vectors need of one block: the scale, and what is subtracted from a code that
/// stands at bit p of the mantissa.
struct BlockNumbers {
  Value scale, zero;
  llvm::SmallDenseMap<unsigned, Value> base;
};

/// Emits the function.
struct Dequantizer {
  Emitter &e;
  const TilePlan &plan;
  QuantAttr quant;
  Value words, scales, zeroPoints, target, from;

  void emitBlock(Value block, Value begin, Value end);
  BlockNumbers loadBlock(Value block, Value column);
  void emitWord(Value word, Value column, BlockNumbers &numbers);
  Value decode(Value word, unsigned place, BlockNumbers &numbers);
  Value decodeFloat4(Value code);

  VectorType integers() { return e.vectorOf(plan.lanes, e.getI32Type()); }
  VectorType floats() { return e.vectorOf(plan.lanes, e.getF32Type()); }
  Value integer(uint32_t value) {
    auto attr =
        SplatElementsAttr::get(integers(), e.getI32IntegerAttr(static_cast<int32_t>(value)));
    return arith::ConstantOp::create(e, integers(), attr);
  }
  Value number(double value) {
    return arith::ConstantOp::create(
        e, floats(),
        SplatElementsAttr::get(floats(), e.getF32FloatAttr(static_cast<float>(value))));
  }
  Value sub(Value a, Value b) { return arith::SubFOp::create(e, a, b); }
  bool isInteger() { return quant.getCode().isInteger(); }
  /// What makes two's complement count from zero up.
  uint32_t bias() { return quant.getIsSigned() ? 1u << (quant.bits() - 1) : 0; }
};

} // namespace

/// Zero points of whole numbers are subtracted with the exponent; others on their own.
BlockNumbers Dequantizer::loadBlock(Value block, Value column) {
  BlockNumbers numbers;
  numbers.scale = e.loadAs(e.getF32Type(), plan.lanes, scales, {block, column});
  if (!isInteger()) {
    numbers.scale = arith::MulFOp::create(e, numbers.scale, number(0.5));
    return numbers;
  }
  if (!zeroPoints) {
    numbers.zero = number(static_cast<double>(quant.getZero() + bias()));
    return numbers;
  }
  if (isa<FloatType>(cast<MemRefType>(zeroPoints.getType()).getElementType())) {
    numbers.zero = e.loadAs(e.getF32Type(), plan.lanes, zeroPoints, {block, column});
    if (bias())
      numbers.zero = arith::AddFOp::create(e, numbers.zero, number(bias()));
    return numbers;
  }
  Value bytes = e.load(plan.lanes, zeroPoints, {block, column});
  Value wide = arith::ExtUIOp::create(e, integers(), bytes);
  if (bias())
    wide = arith::XOrIOp::create(e, wide, integer(bias()));
  numbers.zero = arith::SIToFPOp::create(e, floats(), wide);
  return numbers;
}

/// e2m1, doubled: its eight magnitudes are small integers, which one constant holds.
Value Dequantizer::decodeFloat4(Value code) {
  Value place = arith::ShLIOp::create(e, arith::AndIOp::create(e, code, integer(7)), integer(2));
  Value table = arith::ShRUIOp::create(e, integer(0xC8643210u), place);
  Value magnitude = arith::AndIOp::create(e, table, integer(15));
  Value sign = arith::ShLIOp::create(e, arith::AndIOp::create(e, code, integer(8)), integer(28));
  Value bits =
      arith::BitcastOp::create(e, integers(), arith::SIToFPOp::create(e, floats(), magnitude));
  return arith::BitcastOp::create(e, floats(), arith::OrIOp::create(e, bits, sign));
}

/// The code at bit `place` of `word`, less its zero point.
Value Dequantizer::decode(Value word, unsigned place, BlockNumbers &numbers) {
  if (!isInteger())
    return decodeFloat4(arith::ShRUIOp::create(e, word, integer(place)));
  unsigned highest = (kMantissa - quant.bits()) / quant.bits() * quant.bits();
  unsigned down = place > highest ? highest + quant.bits() : 0, at = place - down;
  if (down)
    word = arith::ShRUIOp::create(e, word, integer(down));
  Value code = arith::AndIOp::create(e, word, integer(((1u << quant.bits()) - 1) << at));
  uint32_t exponent = (127 + kMantissa - at) << kMantissa;
  Value sum =
      arith::BitcastOp::create(e, floats(), arith::OrIOp::create(e, code, integer(exponent)));
  double power = static_cast<double>(1u << (kMantissa - at));
  bool isWhole = !zeroPoints || cast<MemRefType>(zeroPoints.getType()).getElementType().isInteger();
  if (!isWhole)
    return sub(sub(sum, number(power)), numbers.zero);
  Value &base = numbers.base[at];
  if (!base) {
    // Made where the block's numbers are, not in the loop.
    OpBuilder::InsertionGuard guard(e);
    e.setInsertionPointAfterValue(numbers.zero);
    base = arith::AddFOp::create(e, numbers.zero, number(power));
  }
  return sub(sum, base);
}

/// All codes of one word of each column from `column` on.
void Dequantizer::emitWord(Value word, Value column, BlockNumbers &numbers) {
  Value codes = e.load(plan.lanes, words, {word, column});
  if (isInteger() && bias()) {
    uint32_t all = 0;
    for (unsigned place = 0; place < 32; place += quant.bits())
      all |= bias() << place;
    codes = arith::XOrIOp::create(e, codes, integer(all));
  }
  Value first = e.sub(e.mul(word, e.index(codesPerWord(quant))), from);
  for (int64_t j = 0; j < codesPerWord(quant); ++j) {
    Value code = decode(codes, static_cast<unsigned>(j) * quant.bits(), numbers);
    Value value = arith::MulFOp::create(e, code, numbers.scale);
    e.store(value, target, {e.add(first, e.index(j)), column});
  }
}

/// Rows begin .. end - 1, all of one block.
void Dequantizer::emitBlock(Value block, Value begin, Value end) {
  Value together = e.index(codesPerWord(quant));
  Value firstWord = e.div(begin, together), lastWord = e.ceilDiv(end, together);
  e.loop(e.index(0), e.index(kPanelColumns), kStrip, [&](Value strip) {
    SmallVector<std::pair<Value, BlockNumbers>> vectors;
    for (int64_t i = 0; i < kStrip; i += plan.lanes) {
      Value column = e.add(strip, e.index(i));
      vectors.emplace_back(column, loadBlock(block, column));
    }
    e.loop(firstWord, lastWord, 1, [&](Value word) {
      Value ahead = e.add(word, e.index(plan.prefetchRows));
      memref::PrefetchOp::create(e, words, ValueRange{ahead, strip}, false, 3, true);
      for (auto &[column, numbers] : vectors)
        emitWord(word, column, numbers);
    });
  });
}

func::FuncOp moe::getDequantizer(ModuleOp module, const TilePlan &plan, QuantAttr quant, Type scale,
                                 Type zeroPoint) {
  constexpr int64_t any = ShapedType::kDynamic;
  auto matrix = [&](Type element) {
    return stridedMatrix(any, kPanelColumns, kPanelColumns, element);
  };
  Type index = IndexType::get(module.getContext());
  SmallVector<Type> types{matrix(IntegerType::get(module.getContext(), 32)), matrix(scale)};
  if (zeroPoint)
    types.push_back(matrix(zeroPoint));
  types.append({matrix(Float32Type::get(module.getContext())), index, index});
  std::string name;
  llvm::raw_string_ostream stream(name);
  stream << "moe_dequantize_" << (quant.getIsSigned() ? "s" : "") << quant.getCode() << "_block"
         << quant.getBlock() << "_zero" << quant.getZero() << "_" << scale;
  if (zeroPoint)
    stream << "_" << zeroPoint;
  return getOrBuildKernel(module, name, types, [&](Emitter &e, Block::BlockArgListType arguments) {
    unsigned next = 2;
    Value zeroPoints = zeroPoint ? Value(arguments[next++]) : Value();
    Value target = arguments[next], from = arguments[next + 1], size = arguments[next + 2];
    Dequantizer dequantizer{e, plan, quant, arguments[0], arguments[1], zeroPoints, target, from};
    Value block = e.index(quant.getBlock()), end = e.add(from, size);
    e.loop(e.div(from, block), e.ceilDiv(end, block), 1, [&](Value number) {
      Value start = e.mul(number, block);
      Value begin = arith::MaxUIOp::create(e, start, from);
      dequantizer.emitBlock(number, begin, e.min(e.add(start, block), end));
    });
  });
}
