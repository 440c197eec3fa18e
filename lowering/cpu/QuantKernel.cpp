//===- QuantKernel.cpp - Codes become numbers on their way in -------------===//
//
// A code that stands in the mantissa of a float of the right exponent is that float's power of two
// plus the code: masking, setting the exponent and one subtraction convert it, exactly, and the
// subtraction takes the zero point with it. Codes that lie too high in their word are shifted down
// together first.
//
// A block is made once for many rows, in a scratch panel; for few rows each number is used where it
// is made. Both add the same products in the same order.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/QuantKernel.h"
#include "lowering/cpu/VectorCode.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moe;

/// Columns that are converted together: a line of the cache.
static constexpr int64_t kStrip = 16;
/// Vectors of columns that are summed together: enough chains of sums to fill the units.
static constexpr int64_t kDirectVectors = 3;
/// Bits of a mantissa that a code can stand in.
static constexpr unsigned kMantissa = 23;

namespace {

/// What a strip's vectors need of one block: the scale, and what is subtracted from a code that
/// stands at bit p of the mantissa.
struct BlockNumbers {
  Value scale, zero;
  llvm::SmallDenseMap<unsigned, Value> base;
};

/// Emits what makes numbers of codes.
struct Decoder {
  Emitter &e;
  const TilePlan &plan;
  QuantAttr quant;
  Value words, scales, zeroPoints;

  BlockNumbers loadBlock(Value block, Value column);
  Value loadWord(Value word, Value column);
  /// Number `j` of a word.
  Value numberOf(Value word, int64_t j, BlockNumbers &numbers);
  void prefetch(Value word, Value column);
  int64_t together() { return codesPerWord(quant); }

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
BlockNumbers Decoder::loadBlock(Value block, Value column) {
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
Value Decoder::decodeFloat4(Value code) {
  Value place = arith::ShLIOp::create(e, arith::AndIOp::create(e, code, integer(7)), integer(2));
  Value table = arith::ShRUIOp::create(e, integer(0xC8643210u), place);
  Value magnitude = arith::AndIOp::create(e, table, integer(15));
  Value sign = arith::ShLIOp::create(e, arith::AndIOp::create(e, code, integer(8)), integer(28));
  Value bits =
      arith::BitcastOp::create(e, integers(), arith::SIToFPOp::create(e, floats(), magnitude));
  return arith::BitcastOp::create(e, floats(), arith::OrIOp::create(e, bits, sign));
}

/// The code at bit `place` of `word`, less its zero point.
Value Decoder::decode(Value word, unsigned place, BlockNumbers &numbers) {
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

/// A word of each column from `column` on, its codes counting from zero up.
Value Decoder::loadWord(Value word, Value column) {
  Value codes = e.load(plan.lanes, words, {word, column});
  if (!isInteger() || !bias())
    return codes;
  uint32_t all = 0;
  for (unsigned place = 0; place < 32; place += quant.bits())
    all |= bias() << place;
  return arith::XOrIOp::create(e, codes, integer(all));
}

Value Decoder::numberOf(Value word, int64_t j, BlockNumbers &numbers) {
  Value code = decode(word, static_cast<unsigned>(j) * quant.bits(), numbers);
  return arith::MulFOp::create(e, code, numbers.scale);
}

void Decoder::prefetch(Value word, Value column) {
  Value ahead = e.add(word, e.index(plan.prefetchRows));
  memref::PrefetchOp::create(e, words, ValueRange{ahead, column}, /*isWrite=*/false,
                             /*localityHint=*/3, /*isDataCache=*/true);
}

//===----------------------------------------------------------------------===//
// Into a scratch panel
//===----------------------------------------------------------------------===//

/// target[begin - from .. end - from, :] = numbers, all of one block.
static void emitBlock(Decoder &d, Value target, Value from, Value block, Value begin, Value end) {
  Emitter &e = d.e;
  Value together = e.index(d.together());
  Value firstWord = e.div(begin, together), lastWord = e.ceilDiv(end, together);
  e.loop(e.index(0), e.index(kPanelColumns), kStrip, [&](Value strip) {
    SmallVector<std::pair<Value, BlockNumbers>> vectors;
    for (int64_t i = 0; i < kStrip; i += d.plan.lanes) {
      Value column = e.add(strip, e.index(i));
      vectors.emplace_back(column, d.loadBlock(block, column));
    }
    e.loop(firstWord, lastWord, 1, [&](Value word) {
      d.prefetch(word, strip);
      Value first = e.sub(e.mul(word, together), from);
      for (auto &[column, numbers] : vectors) {
        Value codes = d.loadWord(word, column);
        for (int64_t j = 0; j < d.together(); ++j)
          e.store(d.numberOf(codes, j, numbers), target, {e.add(first, e.index(j)), column});
      }
    });
  });
}

//===----------------------------------------------------------------------===//
// Into sums
//===----------------------------------------------------------------------===//

namespace {

/// Emits sums += rows * numbers for some columns and a fixed number of rows.
struct DirectRows {
  Decoder &d;
  int64_t depth, height;
  Value rows, from;
  SmallVector<Value> columns;
  SmallVector<BlockNumbers> numbers;

  SmallVector<Value> addWord(Value word, int64_t count, ValueRange sums);
  SmallVector<Value> addBlock(Value block, Value begin, Value end, ValueRange sums);
};

} // namespace

/// The first `count` codes of a word.
SmallVector<Value> DirectRows::addWord(Value word, int64_t count, ValueRange sums) {
  Emitter &e = d.e;
  SmallVector<Value> result(sums), codes;
  for (Value column : columns)
    codes.push_back(d.loadWord(word, column));
  Value first = e.sub(e.mul(word, e.index(d.together())), from);
  for (int64_t j = 0; j < count; ++j) {
    SmallVector<Value> factors;
    for (int64_t r = 0; r < height; ++r) {
      Value scalar =
          memref::LoadOp::create(e, rows, ValueRange{e.index(r), e.add(first, e.index(j))});
      factors.push_back(vector::BroadcastOp::create(e, d.floats(), scalar));
    }
    for (size_t v = 0; v < columns.size(); ++v) {
      Value number = d.numberOf(codes[v], j, numbers[v]);
      for (int64_t r = 0; r < height; ++r) {
        Value &sum = result[r * columns.size() + v];
        sum = math::FmaOp::create(e, factors[r], number, sum);
      }
    }
  }
  return result;
}

/// Rows begin .. end - 1, all of one block. Only the last word of all may hold fewer codes.
SmallVector<Value> DirectRows::addBlock(Value block, Value begin, Value end, ValueRange sums) {
  Emitter &e = d.e;
  numbers.clear();
  for (Value column : columns)
    numbers.push_back(d.loadBlock(block, column));
  Value together = e.index(d.together()), last = e.div(end, together);
  ValueRange whole =
      e.carry(e.div(begin, together), last, 1, sums, [&](Value word, ValueRange acc) {
        for (int64_t i = 0; i < static_cast<int64_t>(columns.size()) * d.plan.lanes; i += kStrip)
          d.prefetch(word, e.add(columns.front(), e.index(i)));
        return addWord(word, d.together(), acc);
      });
  int64_t rest = depth % d.together();
  if (!rest)
    return SmallVector<Value>(whole);
  Value isRest =
      arith::CmpIOp::create(e, arith::CmpIPredicate::ne, e.rem(end, together), e.index(0));
  auto choice = scf::IfOp::create(e, TypeRange(whole), isRest, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(e);
  e.setInsertionPointToStart(choice.thenBlock());
  scf::YieldOp::create(e, addWord(last, rest, whole));
  e.setInsertionPointToStart(choice.elseBlock());
  scf::YieldOp::create(e, whole);
  return SmallVector<Value>(choice.getResults());
}

namespace {

/// The blocks that have rows of `from .. from + size - 1`, and which rows those are.
struct Blocks {
  Emitter &e;
  Value block, from, end, first, last;

  Blocks(Decoder &d, Value from, Value size)
      : e(d.e), block(e.index(d.quant.getBlock())), from(from), end(e.add(from, size)),
        first(e.div(from, block)), last(e.ceilDiv(end, block)) {}

  std::pair<Value, Value> rowsOf(Value number) {
    Value start = e.mul(number, block);
    return {arith::MaxUIOp::create(e, start, from), e.min(e.add(start, block), end)};
  }
};

} // namespace

static void emitHeight(Decoder &d, int64_t depth, int64_t height, Value rows, Value sums,
                       Value from, Value size) {
  Emitter &e = d.e;
  e.loop(e.index(0), e.index(kPanelColumns), kDirectVectors * d.plan.lanes, [&](Value strip) {
    DirectRows direct{d, depth, height, rows, from, {}, {}};
    for (int64_t v = 0; v < kDirectVectors; ++v)
      direct.columns.push_back(e.add(strip, e.index(v * d.plan.lanes)));
    SmallVector<Value> initial;
    for (int64_t r = 0; r < height; ++r)
      for (Value column : direct.columns)
        initial.push_back(e.load(d.plan.lanes, sums, {e.index(r), column}));
    Blocks blocks(d, from, size);
    ValueRange result =
        e.carry(blocks.first, blocks.last, 1, initial, [&](Value block, ValueRange acc) {
          auto [begin, end] = blocks.rowsOf(block);
          return direct.addBlock(block, begin, end, acc);
        });
    for (int64_t r = 0; r < height; ++r)
      for (auto [v, column] : llvm::enumerate(direct.columns))
        e.store(result[r * kDirectVectors + v], sums, {e.index(r), column});
  });
}

//===----------------------------------------------------------------------===//
// Functions and their calls
//===----------------------------------------------------------------------===//

static MemRefType panelType(Type element) {
  return stridedMatrix(ShapedType::kDynamic, kPanelColumns, kPanelColumns, element);
}

static Type elementOf(Value memref) { return cast<MemRefType>(memref.getType()).getElementType(); }

QuantPanel moe::panelOf(Emitter &e, GroupedMatmulOp op, unsigned weight, Value group, Value panel) {
  auto count = [&](int64_t value) { return fixed(e, value); };
  auto whole = [&](Value packed) {
    return e.view(packed, {group, panel, count(0), count(0)},
                  {count(1), count(1), e.dim(packed, 2), count(kPanelColumns)},
                  panelType(elementOf(packed)));
  };
  QuantPanel result{*op.getQuant(), op.getReduction(), whole(op.getWeights()[weight]),
                    whole(op.getScales()[weight]), Value()};
  if (!op.getZeroPoints().empty())
    result.zeroPoints = whole(op.getZeroPoints()[weight]);
  return result;
}

/// A function of a panel and other arguments, shared by all products of the module whose panels are
/// alike, and a call of it.
static void callKernel(Emitter &e, ModuleOp module, const TilePlan &plan, const QuantPanel &panel,
                       llvm::StringRef name, ArrayRef<Value> others,
                       llvm::function_ref<void(Decoder &, Block::BlockArgListType)> body) {
  SmallVector<Value> operands{panel.words, panel.scales};
  if (panel.zeroPoints)
    operands.push_back(panel.zeroPoints);
  size_t own = operands.size();
  llvm::append_range(operands, others);
  std::string full;
  llvm::raw_string_ostream stream(full);
  QuantAttr quant = panel.quant;
  stream << name << "_" << (quant.getIsSigned() ? "s" : "") << quant.getCode() << "_block"
         << quant.getBlock() << "_zero" << quant.getZero() << "_" << elementOf(panel.scales);
  if (panel.zeroPoints)
    stream << "_" << elementOf(panel.zeroPoints);
  auto make = [&](Emitter &inner, Block::BlockArgListType arguments) {
    Decoder decoder{inner,        plan,         quant,
                    arguments[0], arguments[1], panel.zeroPoints ? Value(arguments[2]) : Value()};
    body(decoder, arguments.drop_front(own));
  };
  SmallVector<Type> types(ValueRange(operands).getTypes());
  func::CallOp::create(e, getOrBuildKernel(module, full, types, make), operands);
}

void moe::emitDequantize(Emitter &e, ModuleOp module, const TilePlan &plan, const QuantPanel &panel,
                         Value target, Value from, Value size) {
  callKernel(e, module, plan, panel, "moe_dequantize", {target, from, size},
             [](Decoder &d, Block::BlockArgListType arguments) {
               Value target = arguments[0], from = arguments[1];
               Blocks blocks(d, from, arguments[2]);
               d.e.loop(blocks.first, blocks.last, 1, [&](Value block) {
                 auto [begin, end] = blocks.rowsOf(block);
                 emitBlock(d, target, from, block, begin, end);
               });
             });
}

int64_t moe::mostDirectRows(const TilePlan &plan) { return plan.tileRows / 2; }

void moe::emitDirectRows(Emitter &e, ModuleOp module, const TilePlan &plan, const QuantPanel &panel,
                         Value rows, Value sums, Value from, Value size) {
  auto name = "moe_direct_rows_depth" + std::to_string(panel.depth);
  callKernel(e, module, plan, panel, name, {rows, sums, from, size},
             [&](Decoder &d, Block::BlockArgListType arguments) {
               Emitter &e = d.e;
               SmallVector<int64_t> heights =
                   llvm::to_vector(llvm::seq_inclusive<int64_t>(1, mostDirectRows(plan)));
               auto choice = scf::IndexSwitchOp::create(e, TypeRange{}, e.dim(arguments[0], 0),
                                                        heights, heights.size());
               OpBuilder::InsertionGuard guard(e);
               for (auto [height, region] : llvm::zip_equal(heights, choice.getCaseRegions())) {
                 e.createBlock(&region);
                 emitHeight(d, panel.depth, height, arguments[0], arguments[1], arguments[2],
                            arguments[3]);
                 scf::YieldOp::create(e);
               }
               e.createBlock(&choice.getDefaultRegion());
               scf::YieldOp::create(e);
             });
}
