//===- TileKernel.cpp - The functions that grouped products call ----------===//
//
// The register tile is a loop over the depth with one value an accumulator: one-dimensional vectors
// only, because the backend takes others apart, and separate values, because folded chains of
// inserts spill. Facts: blocks of a panel are read with a prefetch some rows ahead, the next block
// is fetched evenly over the whole time of this one, since bursts fill the line buffers.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/TileKernel.h"
#include "lowering/cpu/VectorCode.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moe;

MemRefType moe::stridedMatrix(int64_t rows, int64_t columns, int64_t pitch, Type element) {
  auto layout = StridedLayoutAttr::get(element.getContext(), ShapedType::kDynamic, {pitch, 1});
  return MemRefType::get({rows, columns}, element, layout);
}

static constexpr int64_t kAny = ShapedType::kDynamic;

func::FuncOp
moe::getOrBuildKernel(ModuleOp module, llvm::StringRef name, ArrayRef<Type> arguments,
                      llvm::function_ref<void(Emitter &, Block::BlockArgListType)> body) {
  if (auto known = module.lookupSymbol<func::FuncOp>(name))
    return known;
  Emitter e(module.getLoc(), module.getContext());
  e.setInsertionPointToEnd(module.getBody());
  auto function = func::FuncOp::create(e, name, e.getFunctionType(arguments, {}));
  function.setPrivate();
  auto internal = LLVM::LinkageAttr::get(module.getContext(), LLVM::Linkage::Internal);
  function->setAttr("llvm.linkage", internal);
  // Inlined, it would be there once a layer, and its loops would share registers with the caller's.
  function.setNoInline(true);
  e.setInsertionPointToStart(function.addEntryBlock());
  body(e, function.getArguments());
  func::ReturnOp::create(e);
  return function;
}

static std::string elementName(Type type) {
  std::string name;
  llvm::raw_string_ostream(name) << type;
  return name;
}

namespace {

/// Emits the register tiles of one block kernel.
struct BlockKernel {
  Emitter &e;
  const TilePlan &plan;
  FloatType element;
  Value rows, panel, sums, next;
  Value depth, nextLines, step;

  void emit();
  void emitTile(int64_t height, Value firstRow, Value firstColumn, Value fetched);
  void emitRemainder(Value firstRow, Value height, Value firstColumn, Value fetched);
  void prefetch(Value k, Value firstColumn, Value fetched);

  int64_t lineElements() { return 64 * 8 / element.getWidth(); }
};

} // namespace

/// Asks for what the loop reads some rows later, and for the next block's share of this round.
void BlockKernel::prefetch(Value k, Value firstColumn, Value fetched) {
  Value ahead = e.add(k, e.index(plan.prefetchRows));
  for (int64_t column = 0; column < plan.tileColumns; column += lineElements())
    memref::PrefetchOp::create(e, panel, ValueRange{ahead, e.add(firstColumn, e.index(column))},
                               /*isWrite=*/false, /*localityHint=*/3, /*isDataCache=*/true);
  Value line = arith::ShRUIOp::create(e, e.mul(e.add(fetched, k), step), e.index(8));
  for (int64_t i = 0; i < plan.nextLines; ++i) {
    Value at = e.mul(e.add(line, e.index(i)), e.index(lineElements()));
    memref::PrefetchOp::create(e, next, ValueRange{at}, false, 2, true);
  }
}

/// sums[firstRow .. + height, firstColumn .. + tileColumns] += rows * panel
void BlockKernel::emitTile(int64_t height, Value firstRow, Value firstColumn, Value fetched) {
  const int64_t vectors = plan.tileColumns / plan.lanes;
  SmallVector<Value> rowAt, columnAt, initial;
  for (int64_t i = 0; i < height; ++i)
    rowAt.push_back(e.add(firstRow, e.index(i)));
  for (int64_t j = 0; j < vectors; ++j)
    columnAt.push_back(e.add(firstColumn, e.index(j * plan.lanes)));
  for (Value row : rowAt)
    for (Value column : columnAt)
      initial.push_back(e.load(plan.lanes, sums, {row, column}));

  auto body = [&](Value k, ValueRange acc) {
    prefetch(k, firstColumn, fetched);
    SmallVector<Value> columns, result;
    for (Value column : columnAt)
      columns.push_back(e.load(plan.lanes, panel, {k, column}));
    VectorType type = e.vectorOf(plan.lanes, element);
    for (int64_t i = 0; i < height; ++i) {
      Value scalar = memref::LoadOp::create(e, rows, ValueRange{rowAt[i], k});
      Value row = vector::BroadcastOp::create(e, type, scalar);
      for (int64_t j = 0; j < vectors; ++j)
        // Not vector.fma: that may be a multiply and an add.
        result.push_back(math::FmaOp::create(e, row, columns[j], acc[i * vectors + j]));
    }
    return result;
  };
  ValueRange result = e.carry(e.index(0), depth, 1, initial, body);
  for (int64_t i = 0; i < height; ++i)
    for (int64_t j = 0; j < vectors; ++j)
      e.store(result[i * vectors + j], sums, {rowAt[i], columnAt[j]});
}

/// The last rows: a tile of exactly their number, so that nothing beyond them is touched.
void BlockKernel::emitRemainder(Value firstRow, Value height, Value firstColumn, Value fetched) {
  SmallVector<int64_t> cases;
  for (int64_t h = 1; h < plan.tileRows; ++h)
    cases.push_back(h);
  auto choice = scf::IndexSwitchOp::create(e, TypeRange{}, height, cases, cases.size());
  OpBuilder::InsertionGuard guard(e);
  for (auto [h, region] : llvm::zip_equal(cases, choice.getCaseRegions())) {
    e.createBlock(&region);
    emitTile(h, firstRow, firstColumn, fetched);
    scf::YieldOp::create(e);
  }
  e.createBlock(&choice.getDefaultRegion());
  scf::YieldOp::create(e);
}

void BlockKernel::emit() {
  Value height = e.index(plan.tileRows), count = e.dim(rows, 0);
  depth = e.dim(panel, 0);
  int64_t parts = kPanelColumns / plan.tileColumns;
  // Line (q * step) / 256 is due in the q-th of all rounds.
  Value rounds = e.mul(e.mul(e.ceilDiv(count, height), e.index(parts)), depth);
  Value lines = e.div(e.dim(next, 0), e.index(lineElements()));
  Value atLeastOne = arith::MaxUIOp::create(e, rounds, e.index(1));
  step = e.div(e.mul(lines, e.index(256)), atLeastOne);

  Value remainder = e.rem(count, height), whole = e.sub(count, remainder);
  e.loop(e.index(0), e.index(kPanelColumns), plan.tileColumns, [&](Value column) {
    // The parts of a panel take turns: each fetches its own share of the next block.
    Value part = e.div(column, e.index(plan.tileColumns));
    Value before = e.mul(e.mul(part, e.ceilDiv(count, height)), depth);
    e.loop(e.index(0), whole, plan.tileRows, [&](Value row) {
      Value fetched = e.add(before, e.mul(e.div(row, height), depth));
      emitTile(plan.tileRows, row, column, fetched);
    });
    Value fetched = e.add(before, e.mul(e.div(whole, height), depth));
    emitRemainder(whole, remainder, column, fetched);
  });
}

func::FuncOp moe::getBlockKernel(ModuleOp module, const TilePlan &plan, FloatType accumulator) {
  Type matrix = stridedMatrix(kAny, kAny, kAny, accumulator);
  Type panel = stridedMatrix(kAny, kPanelColumns, kPanelColumns, accumulator);
  auto flat = StridedLayoutAttr::get(module.getContext(), kAny, {1});
  Type next = MemRefType::get({kAny}, accumulator, flat);
  return getOrBuildKernel(
      module, "moe_block_" + elementName(accumulator), {matrix, panel, panel, next},
      [&](Emitter &e, Block::BlockArgListType arguments) {
        BlockKernel kernel{
            e,  plan, accumulator, arguments[0], arguments[1], arguments[2], arguments[3],
            {}, {},   {}};
        kernel.emit();
      });
}

/// The two elements of each 32-bit pair, widened: even ones first.
static std::pair<Value, Value> splitPairs(Emitter &e, Value pairs, int64_t lanes, FloatType element,
                                          FloatType accumulator) {
  VectorType words = e.vectorOf(lanes, e.getI32Type());
  Value bits = vector::BitCastOp::create(e, words, pairs);
  auto constant = [&](uint32_t value) -> Value {
    auto attr = SplatElementsAttr::get(words, e.getI32IntegerAttr(static_cast<int32_t>(value)));
    return arith::ConstantOp::create(e, words, attr);
  };
  if (element.isBF16()) {
    // A bf16 is the upper half of an f32.
    VectorType floats = e.vectorOf(lanes, e.getF32Type());
    Value even = arith::ShLIOp::create(e, bits, constant(16));
    Value odd = arith::AndIOp::create(e, bits, constant(0xffff0000u));
    return {e.convert(arith::BitcastOp::create(e, floats, even), accumulator),
            e.convert(arith::BitcastOp::create(e, floats, odd), accumulator)};
  }
  auto widen = [&](Value word) {
    Value half = arith::TruncIOp::create(e, e.vectorOf(lanes, e.getI16Type()), word);
    Value number = arith::BitcastOp::create(e, e.vectorOf(lanes, element), half);
    return e.convert(number, accumulator);
  };
  return {widen(bits), widen(arith::ShRUIOp::create(e, bits, constant(16)))};
}

func::FuncOp moe::getPairWidener(ModuleOp module, const TilePlan &plan, FloatType element,
                                 FloatType accumulator) {
  Type pairs = stridedMatrix(kAny, 2 * kPanelColumns, 2 * kPanelColumns, element);
  Type panel = stridedMatrix(kAny, kPanelColumns, kPanelColumns, accumulator);
  auto name = "moe_widen_" + elementName(element) + "_" + elementName(accumulator);
  return getOrBuildKernel(
      module, name, {pairs, panel}, [&](Emitter &e, Block::BlockArgListType args) {
        Value source = args[0], target = args[1];
        e.loop(e.index(0), e.dim(source, 0), 1, [&](Value pair) {
          Value ahead = e.add(pair, e.index(plan.prefetchRows));
          for (int64_t line = 0; line < 2 * kPanelColumns; line += 32)
            memref::PrefetchOp::create(e, source, ValueRange{ahead, e.index(line)}, false, 3, true);
          Value even = e.mul(pair, e.index(2)), odd = e.add(even, e.index(1));
          for (int64_t column = 0; column < kPanelColumns; column += plan.lanes) {
            Value both = e.load(2 * plan.lanes, source, {pair, e.index(2 * column)});
            auto [first, second] = splitPairs(e, both, plan.lanes, element, accumulator);
            e.store(first, target, {even, e.index(column)});
            e.store(second, target, {odd, e.index(column)});
          }
        });
      });
}

func::FuncOp moe::getBlockCopier(ModuleOp module, const TilePlan &plan, FloatType element,
                                 FloatType accumulator) {
  Type block = stridedMatrix(kAny, kAny, kAny, element);
  Type panel = stridedMatrix(kAny, kPanelColumns, kPanelColumns, accumulator);
  auto name = "moe_copy_" + elementName(element) + "_" + elementName(accumulator);
  return getOrBuildKernel(
      module, name, {block, panel}, [&](Emitter &e, Block::BlockArgListType args) {
        Value source = args[0], target = args[1], columns = e.dim(source, 1);
        e.loop(e.index(0), e.dim(source, 0), 1, [&](Value k) {
          for (int64_t first = 0; first < kPanelColumns; first += plan.lanes) {
            Value at = e.index(first), lanes = e.index(plan.lanes);
            Value rest = arith::MaxSIOp::create(e, e.sub(columns, at), e.index(0));
            auto copy = [&](Value count) {
              Value numbers = e.loadAs(accumulator, plan.lanes, source, {k, at}, count);
              e.store(numbers, target, {k, at});
            };
            e.when(e.lessThan(rest, lanes), [&] { copy(rest); }, [&] { copy({}); });
          }
        });
      });
}
