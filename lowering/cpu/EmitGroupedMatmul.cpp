//===- GroupedMatmul.cpp - Emits the loops of grouped products ------------===//
//
// A product becomes: rows copied to a good pitch where that pays; a list of units (rows of one
// group, at most a row block, heavy ones first; an empty group has none); and one parallel loop
// over tickets (unit, some panels). A ticket walks its panels in blocks of the depth, with the sums
// of all its rows in a scratch tile, and ends each panel with the epilogue. What a ticket calls is
// in TileKernel.cpp; which numbers it uses, in TileChoice.cpp.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/cpu/Epilogue.h"
#include "lowering/cpu/QuantKernel.h"
#include "lowering/cpu/TileKernel.h"
#include "mlir/IR/Remarks.h"

namespace moe {
#define GEN_PASS_DEF_EMITGROUPEDMATMUL
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

static constexpr int64_t kAny = ShapedType::kDynamic;

static MemRefType memrefOf(Value value) { return cast<MemRefType>(value.getType()); }

static Type elementOf(Value value) { return memrefOf(value).getElementType(); }

static FloatType floatOf(Value value) { return cast<FloatType>(elementOf(value)); }

namespace {

/// Rows first .. end of one group.
struct Unit {
  Value group, first, end;
};

/// Emits one product; `e` stands before it.
class ProductEmitter {
public:
  ProductEmitter(GroupedMatmulOp op, ModuleOp module, const TileProblem &problem,
                 const TilePlan &plan)
      : e(op.getLoc(), op), op(op), module(module), form(problem.form), plan(plan),
        accumulator(op.getAccumulatorType()), depth(op.getReduction()), columns(op.getNumColumns()),
        panels(llvm::divideCeil(columns, kPanelColumns)) {}

  void emit();

private:
  Value copyRows();
  void copyRow(Value source, Value target, Value to);
  Value listUnits();
  Value appendUnits(Value group, Value atLeast, Value below, Value count);
  Unit unitAt(Value number);
  void emitTicket(Value ticket);
  void emitPanel(const Unit &unit, Value panel, Value lastPanel);
  void addBlock(const Unit &unit, unsigned weight, Value panel, Value from, Value lastPanel);
  Value stage(unsigned weight, Value group, Value panel, Value from, Value size);
  Value nextBlock(unsigned weight, Value group, Value panel, Value from, Value lastPanel);
  Value packedBlock(unsigned weight, Value group, Value panel, Value from, Value size);
  void finishRow(const Unit &unit, Value row, Value panel);
  void finishVector(const Unit &unit, Value row, Value panelColumn, Value column, Value count);
  scf::ParallelOp parallel(Value items, int64_t grain, llvm::function_ref<void(Value)> body);

  Emitter e;
  GroupedMatmulOp op;
  ModuleOp module;
  WeightForm form;
  TilePlan plan;
  FloatType accumulator;
  int64_t depth, columns, panels;
  Value rows, units, staged;
  SmallVector<Value> sums;
};

} // namespace

scf::ParallelOp ProductEmitter::parallel(Value items, int64_t grain,
                                         llvm::function_ref<void(Value)> body) {
  auto loop =
      scf::ParallelOp::create(e, ValueRange{e.index(0)}, ValueRange{items}, ValueRange{e.index(1)});
  loop->setAttr("moe.grain", e.getI64IntegerAttr(grain));
  OpBuilder::InsertionGuard guard(e);
  e.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVars().front());
  return loop;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// to[target, :] = rows[source, :], widened.
void ProductEmitter::copyRow(Value source, Value target, Value to) {
  int64_t tail = depth % plan.lanes;
  auto copy = [&](Value k, Value count) {
    Value numbers = e.loadAs(accumulator, plan.lanes, op.getRows(), {source, k}, count);
    // The pitch is a multiple of the lanes, so that zeros may follow the last number.
    e.store(numbers, to, {target, k});
  };
  e.loop(e.index(0), e.index(depth - tail), plan.lanes, [&](Value k) { copy(k, {}); });
  if (tail)
    copy(e.index(depth - tail), e.index(tail));
}

/// All rows, in the order of the groups, in a buffer of their own.
Value ProductEmitter::copyRows() {
  Value capacity = e.dim(op.getInit(), 0), count = capacity;
  if (op.getOffsets())
    count = e.loadIndex(op.getOffsets(), e.index(op.getNumGroups()));
  auto type = MemRefType::get({kAny, plan.copyPitch}, accumulator);
  Value copy = memref::AllocOp::create(e, type, ValueRange{capacity}, e.getI64IntegerAttr(64));
  int64_t rowBytes = plan.copyPitch * accumulator.getWidth() / 8;
  int64_t grain = std::max<int64_t>(1, 64 * 1024 / rowBytes);
  parallel(count, grain, [&](Value row) {
    if (!op.getRowIndex())
      return copyRow(row, row, copy);
    Value slot = e.loadIndex(op.getRowIndex(), row);
    auto clear = [&] {
      Value zeros = e.zeros(e.vectorOf(plan.lanes, accumulator));
      e.loop(e.index(0), e.index(plan.copyPitch), plan.lanes,
             [&](Value k) { e.store(zeros, copy, {row, k}); });
    };
    e.when(e.lessThan(slot, e.index(0)), clear,
           [&] { copyRow(e.div(slot, e.index(op.getDivisor())), row, copy); });
  });
  return copy;
}

//===----------------------------------------------------------------------===//
// Units
//===----------------------------------------------------------------------===//

/// Lists the parts of a group whose size lies in [atLeast, below). Parts are of equal size, so that
/// none reads the whole weight for a row or two.
Value ProductEmitter::appendUnits(Value group, Value atLeast, Value below, Value count) {
  Value first = e.loadIndex(op.getOffsets(), group);
  Value end = e.loadIndex(op.getOffsets(), e.add(group, e.index(1)));
  Value size = e.sub(end, first);
  Value parts = arith::MaxUIOp::create(e, e.ceilDiv(size, e.index(plan.rowBlock)), e.index(1));
  Value tile = e.index(plan.tileRows);
  Value step = e.mul(e.ceilDiv(e.ceilDiv(size, parts), tile), tile);
  ValueRange total = e.carry(e.index(0), parts, 1, count, [&](Value part, ValueRange carried) {
    Value from = e.min(e.add(first, e.mul(part, step)), end);
    Value to = e.min(e.add(from, step), end);
    Value rowsOfPart = e.sub(to, from);
    Value fits = arith::AndIOp::create(
        e, arith::CmpIOp::create(e, arith::CmpIPredicate::sge, rowsOfPart, atLeast),
        e.lessThan(rowsOfPart, below));
    e.when(fits, [&] {
      for (auto [field, value] : llvm::enumerate(std::array<Value, 3>{group, from, to})) {
        Value number = arith::IndexCastOp::create(e, e.getI32Type(), value);
        memref::StoreOp::create(e, number, units, ValueRange{carried[0], e.index(field)});
      }
    });
    Value more = e.add(carried[0], e.index(1));
    return SmallVector<Value>{arith::SelectOp::create(e, fits, more, carried[0])};
  });
  return total.front();
}

/// Fills `units`, heavy ones first by classes of a factor of four, and returns their number.
Value ProductEmitter::listUnits() {
  Value block = e.index(plan.rowBlock);
  if (!op.getOffsets())
    return e.ceilDiv(e.dim(op.getInit(), 0), block);
  Value most = e.add(e.index(op.getNumGroups()), e.div(e.dim(op.getInit(), 0), block));
  auto type = MemRefType::get({kAny, 3}, e.getI32Type());
  units = memref::AllocOp::create(e, type, ValueRange{most});
  int64_t classes = (llvm::Log2_64_Ceil(plan.rowBlock) + 1) / 2 + 1;
  Value none = e.index(0);
  ValueRange total = e.carry(none, e.index(classes), 1, none, [&](Value number, ValueRange count) {
    Value shift = e.mul(number, e.index(2));
    Value lower = arith::ShRUIOp::create(e, block, shift);
    Value atLeast = arith::MaxUIOp::create(e, lower, e.index(1));
    // Class 0 has no upper bound that a part could reach.
    Value upper = arith::ShRUIOp::create(e, e.index(4 * plan.rowBlock), shift);
    Value below = arith::MaxUIOp::create(e, upper, e.index(1));
    ValueRange counted =
        e.carry(none, e.index(op.getNumGroups()), 1, count, [&](Value group, ValueRange carried) {
          return SmallVector<Value>{appendUnits(group, atLeast, below, carried[0])};
        });
    return SmallVector<Value>(counted);
  });
  return total.front();
}

Unit ProductEmitter::unitAt(Value number) {
  if (units)
    return {e.loadIndex(units, {number, e.index(0)}), e.loadIndex(units, {number, e.index(1)}),
            e.loadIndex(units, {number, e.index(2)})};
  Value first = e.mul(number, e.index(plan.rowBlock));
  Value end = e.min(e.add(first, e.index(plan.rowBlock)), e.dim(op.getInit(), 0));
  return {e.index(0), first, end};
}

//===----------------------------------------------------------------------===//
// Blocks of the weights
//===----------------------------------------------------------------------===//

/// A view of `size` rows of a panel from row `from` on (pairs of rows where they are pairs).
Value ProductEmitter::packedBlock(unsigned weight, Value group, Value panel, Value from,
                                  Value size) {
  Value memref = op.getWeights()[weight];
  Type element = elementOf(memref);
  auto count = [&](int64_t value) { return fixed(e, value); };
  if (form != WeightForm::PairPanels)
    return e.view(memref, {group, panel, from, count(0)},
                  {count(1), count(1), size, count(kPanelColumns)},
                  stridedMatrix(kAny, kPanelColumns, kPanelColumns, element));
  auto layout = StridedLayoutAttr::get(e.getContext(), kAny, {2 * kPanelColumns, 2, 1});
  Value pairs = e.view(memref, {group, panel, from, count(0), count(0)},
                       {count(1), count(1), size, count(kPanelColumns), count(2)},
                       MemRefType::get({kAny, kPanelColumns, 2}, element, layout));
  return memref::CollapseShapeOp::create(e, pairs, ArrayRef<ReassociationIndices>{{0}, {1, 2}});
}

/// The block as the kernel takes it, widened or copied to the scratch panel.
Value ProductEmitter::stage(unsigned weight, Value group, Value panel, Value from, Value size) {
  Value memref = op.getWeights()[weight];
  auto count = [&](int64_t value) { return fixed(e, value); };
  if (form == WeightForm::WordPanels) {
    Value whole = memref::CastOp::create(
        e, stridedMatrix(kAny, kPanelColumns, kPanelColumns, accumulator), staged);
    emitDequantize(e, module, plan, panelOf(e, op, weight, group, panel), whole, from, size);
  } else if (form == WeightForm::PairPanels) {
    FloatType element = floatOf(memref);
    // Blocks begin at even rows; an odd last row has a zero for its other half.
    Value pair = e.div(from, e.index(2)), pairs = e.ceilDiv(size, e.index(2));
    Value source = packedBlock(weight, group, panel, pair, pairs);
    Value whole = memref::CastOp::create(
        e, stridedMatrix(kAny, kPanelColumns, kPanelColumns, accumulator), staged);
    func::CallOp::create(e, getPairWidener(module, plan, element, accumulator),
                         ValueRange{source, whole});
  } else {
    Value source;
    FloatType element = floatOf(memref);
    MemRefType any = stridedMatrix(kAny, kAny, kAny, element);
    if (form == WeightForm::Rows) {
      Value column = e.mul(panel, e.index(kPanelColumns));
      Value width = e.min(e.sub(e.index(columns), column), e.index(kPanelColumns));
      source = e.view(memref, {group, from, column}, {count(1), size, width}, any);
    } else {
      Value block = packedBlock(weight, group, panel, from, size);
      source = memref::CastOp::create(e, any, block);
    }
    Value whole = memref::CastOp::create(
        e, stridedMatrix(kAny, kPanelColumns, kPanelColumns, accumulator), staged);
    func::CallOp::create(e, getBlockCopier(module, plan, element, accumulator),
                         ValueRange{source, whole});
  }
  return e.view(staged, {count(0), count(0)}, {size, count(kPanelColumns)},
                stridedMatrix(kAny, kPanelColumns, kPanelColumns, accumulator));
}

/// The block that this ticket wants after the given one, as a list of numbers; empty where there is
/// none, or where blocks are staged.
Value ProductEmitter::nextBlock(unsigned weight, Value group, Value panel, Value from,
                                Value lastPanel) {
  Value block;
  Value none = e.index(0);
  if (plan.stagePanel) {
    block = e.view(staged, {fixed(e, 0), fixed(e, 0)}, {none, fixed(e, kPanelColumns)},
                   stridedMatrix(kAny, kPanelColumns, kPanelColumns, accumulator));
  } else if (weight + 1 < op.getWeights().size()) {
    Value size = e.min(e.sub(e.index(depth), from), e.index(plan.depthBlock));
    block = packedBlock(weight + 1, group, panel, from, size);
  } else {
    Value after = e.add(from, e.index(plan.depthBlock));
    Value inPanel = e.lessThan(after, e.index(depth));
    Value other = e.add(panel, e.index(1));
    Value inTicket = e.lessThan(other, lastPanel);
    Value at = arith::SelectOp::create(e, inPanel, after, none);
    Value rest = e.min(e.sub(e.index(depth), at), e.index(plan.depthBlock));
    Value wanted = arith::OrIOp::create(e, inPanel, inTicket);
    Value size = arith::SelectOp::create(e, wanted, rest, none);
    Value moved = arith::SelectOp::create(e, inTicket, other, panel);
    Value nextPanel = arith::SelectOp::create(e, inPanel, panel, moved);
    block = packedBlock(0, group, nextPanel, at, size);
  }
  return memref::CollapseShapeOp::create(e, block, ArrayRef<ReassociationIndices>{{0, 1}});
}

/// sums[weight] += rows of the unit * one block of the weight
void ProductEmitter::addBlock(const Unit &unit, unsigned weight, Value panel, Value from,
                              Value lastPanel) {
  Value size = e.min(e.sub(e.index(depth), from), e.index(plan.depthBlock));
  Value count = e.sub(unit.end, unit.first);
  Value left =
      e.view(rows, {unit.first, from}, {count, size}, stridedMatrix(kAny, kAny, kAny, accumulator));
  Value sum = e.view(sums[weight], {fixed(e, 0), fixed(e, 0)}, {count, fixed(e, kPanelColumns)},
                     stridedMatrix(kAny, kPanelColumns, kPanelColumns, accumulator));
  auto multiply = [&] {
    Value block = plan.stagePanel ? stage(weight, unit.group, panel, from, size)
                                  : packedBlock(weight, unit.group, panel, from, size);
    Value next = nextBlock(weight, unit.group, panel, from, lastPanel);
    func::CallOp::create(e, getBlockKernel(module, plan, accumulator),
                         ValueRange{left, block, sum, next});
  };
  if (form != WeightForm::WordPanels)
    return multiply();
  auto direct = [&] {
    emitDirectRows(e, module, plan, panelOf(e, op, weight, unit.group, panel), left, sum, from,
                   size);
  };
  e.when(e.lessThan(e.index(mostDirectRows(plan)), count), multiply, direct);
}

//===----------------------------------------------------------------------===//
// Tickets
//===----------------------------------------------------------------------===//

/// init[row, column ..] = epilogue(sums, columns), for `count` columns or a whole vector.
void ProductEmitter::finishVector(const Unit &unit, Value row, Value panelColumn, Value column,
                                  Value count) {
  SmallVector<Value> arguments;
  for (Value sum : sums)
    arguments.push_back(e.load(plan.lanes, sum, {row, panelColumn}));
  for (Value bias : op.getColumns())
    arguments.push_back(e.loadAs(accumulator, plan.lanes, bias, {unit.group, column}, count));
  Value value = emitEpilogue(e, op, arguments, plan.lanes);
  e.store(value, op.getInit(), {e.add(unit.first, row), column}, count);
}

void ProductEmitter::finishRow(const Unit &unit, Value row, Value panel) {
  Value start = e.mul(panel, e.index(kPanelColumns));
  Value width = e.min(e.sub(e.index(columns), start), e.index(kPanelColumns));
  e.loop(e.index(0), width, plan.lanes, [&](Value panelColumn) {
    Value column = e.add(start, panelColumn);
    if (columns % plan.lanes == 0)
      return finishVector(unit, row, panelColumn, column, {});
    Value left = e.sub(width, panelColumn);
    e.when(
        e.lessThan(left, e.index(plan.lanes)),
        [&] { finishVector(unit, row, panelColumn, column, left); },
        [&] { finishVector(unit, row, panelColumn, column, {}); });
  });
}

void ProductEmitter::emitPanel(const Unit &unit, Value panel, Value lastPanel) {
  Value none = e.index(0), count = e.sub(unit.end, unit.first);
  e.loop(none, count, 1, [&](Value row) {
    Value zeros = e.zeros(e.vectorOf(plan.lanes, accumulator));
    for (Value sum : sums)
      for (int64_t column = 0; column < kPanelColumns; column += plan.lanes)
        e.store(zeros, sum, {row, e.index(column)});
  });
  e.loop(none, e.index(depth), plan.depthBlock, [&](Value from) {
    for (unsigned weight = 0; weight < op.getWeights().size(); ++weight)
      addBlock(unit, weight, panel, from, lastPanel);
  });
  e.loop(none, count, 1, [&](Value row) { finishRow(unit, row, panel); });
}

void ProductEmitter::emitTicket(Value ticket) {
  int64_t shares = std::max<int64_t>(1, llvm::divideCeil(panels, plan.panelsPerTicket));
  Unit unit = unitAt(e.div(ticket, e.index(shares)));
  Value first = e.mul(e.rem(ticket, e.index(shares)), e.index(plan.panelsPerTicket));
  Value last = e.min(e.add(first, e.index(plan.panelsPerTicket)), e.index(panels));
  auto scratch = [&](int64_t count) -> Value {
    auto type = MemRefType::get({count, kPanelColumns}, accumulator);
    return memref::AllocaOp::create(e, type, e.getI64IntegerAttr(64));
  };
  sums.clear();
  for (unsigned weight = 0; weight < op.getWeights().size(); ++weight)
    sums.push_back(scratch(plan.rowBlock));
  if (plan.stagePanel)
    staged = scratch(plan.depthBlock);
  e.loop(first, last, 1, [&](Value panel) { emitPanel(unit, panel, last); });
}

void ProductEmitter::emit() {
  rows = plan.copyRows ? copyRows() : op.getRows();
  Value count = listUnits();
  int64_t shares = llvm::divideCeil(panels, plan.panelsPerTicket);
  parallel(e.mul(count, e.index(shares)), 1, [&](Value ticket) { emitTicket(ticket); });
  op.erase();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

static WeightForm formOf(GroupedMatmulOp op) {
  MemRefType type = memrefOf(op.getWeights().front());
  if (type.getRank() == 3)
    return WeightForm::Rows;
  if (op.getQuant())
    return WeightForm::WordPanels;
  if (type.getRank() == 5)
    return WeightForm::PairPanels;
  return type.getElementType() == op.getAccumulatorType() ? WeightForm::Panels
                                                          : WeightForm::WidePanels;
}

/// What the emission relies on and the verifier does not say.
static LogicalResult verifyEmittable(GroupedMatmulOp op) {
  for (Value operand : op->getOperands()) {
    auto type = dyn_cast<MemRefType>(operand.getType());
    if (!type)
      return op.emitOpError("expects memrefs, but got ")
             << operand.getType() << "; run --one-shot-bufferize before --cpu-emit-grouped-matmul";
    SmallVector<int64_t> strides;
    int64_t offset;
    if (failed(type.getStridesAndOffset(strides, offset)) ||
        (!strides.empty() && strides.back() != 1))
      return op.emitOpError("is unsupported with an operand whose last dimension is not dense: ")
             << type;
  }
  MemRefType weight = memrefOf(op.getWeights().front());
  bool packed = weight.getRank() > 3;
  if (packed && (weight.getDimSize(3) != kPanelColumns || !weight.getLayout().isIdentity()))
    return op.emitOpError("is unsupported with weights that are not whole panels of ")
           << kPanelColumns << " columns: " << weight;
  if (weight.getRank() == 5 && weight.getElementTypeBitWidth() != 16)
    return op.emitOpError("is unsupported with pairs of elements that have not 16 bits: ")
           << weight;
  if (op.getQuant() && (!packed || !isWholeWords(*op.getQuant(), op.getReduction())))
    return op.emitOpError("is unsupported with blocks that are not whole words, or with codes that "
                          "are not packed: ")
           << *op.getQuant();
  return verifyElementwise(op);
}

static TileProblem describe(GroupedMatmulOp op, CpuIsa isa) {
  TileProblem problem;
  problem.groups = op.getNumGroups();
  problem.depth = op.getReduction();
  problem.columns = op.getNumColumns();
  problem.weights = op.getWeights().size();
  problem.accumulatorBits = op.getAccumulatorType().getIntOrFloatBitWidth();
  problem.form = formOf(op);
  problem.rowIndex = bool(op.getRowIndex());
  problem.rowsConvert = elementOf(op.getRows()) != op.getAccumulatorType();
  auto [strides, offset] = memrefOf(op.getRows()).getStridesAndOffset();
  if (!ShapedType::isDynamic(strides.front()))
    problem.rowPitch = strides.front();
  problem.isa = isa;
  return problem;
}

namespace {
struct EmitGroupedMatmul : moe::impl::EmitGroupedMatmulBase<EmitGroupedMatmul> {
  using EmitGroupedMatmulBase::EmitGroupedMatmulBase;

  void runOnOperation() override {
    std::optional<CpuIsa> chosen = parseCpuIsa(instructions);
    if (!chosen) {
      getOperation().emitError("unknown instruction set '")
          << instructions << "': expected avx2 or avx512";
      return signalPassFailure();
    }
    SmallVector<GroupedMatmulOp> products;
    bool clean = true;
    getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
      // The kept copy of the moe stage is not on the way any more.
      if (isa<ModuleOp>(op) && op != getOperation())
        return WalkResult::skip();
      if (auto product = dyn_cast<GroupedMatmulOp>(op)) {
        clean &= succeeded(verifyEmittable(product));
        products.push_back(product);
      }
      return WalkResult::advance();
    });
    if (!clean)
      return signalPassFailure();
    for (GroupedMatmulOp product : products)
      emitProduct(product, *chosen);
  }

  void emitProduct(GroupedMatmulOp op, CpuIsa isa) {
    TileProblem problem = describe(op, isa);
    TilePlan plan = chooseTiles(problem);
    std::string text;
    llvm::raw_string_ostream(text) << plan;
    remark::passed(op.getLoc(),
                   remark::RemarkOpts::name("Tiles").category("cpu-emit-grouped-matmul"))
        << llvm::StringRef(text);
    ProductEmitter(op, getOperation(), problem, plan).emit();
  }
};
} // namespace
