//===- LoopNest.cpp - Loops, lanes and threads for a linalg operation -----===//
//
// The parallel loops become tickets: a number each, taken apart into counters. A ticket computes a
// run or a tile of results; tickets are joined into grains that are worth a thread's while.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/LoopNest.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;

namespace {

/// Work of a grain, in operations on one vector register or scalar: some microseconds.
constexpr int64_t kGrainWork = 16384;

class Nest {
public:
  Nest(ImplicitLocOpBuilder &builder, const LoopSpace &space, LoopBody &body, const LoopPlan &plan,
       bool serial)
      : builder(builder), space(space), body(body), plan(plan), serial(serial) {}

  void emit();

private:
  using BodyFn = llvm::function_ref<void(Value)>;
  using CarryFn = llvm::function_ref<SmallVector<Value>(Value, ValueRange)>;

  //===--- Small loops ---===//
  Value index(int64_t number) { return known(builder, number).value; }
  Value add(Value a, Value b) { return arith::AddIOp::create(builder, a, b); }
  void forEach(Value from, Value to, int64_t step, BodyFn emitBody);
  SmallVector<Value> carry(Value from, Value to, int64_t step, ValueRange start, CarryFn emitBody);
  void ifThenElse(Value condition, llvm::function_ref<void()> then,
                  llvm::function_ref<void()> other);

  //===--- Tickets ---===//
  int64_t costOfBody() const;
  Extent workOfTicket();
  void forTickets(Extent count, BodyFn emitTicket);
  void emitTicket(Value ticket);
  void emitRun(Value begin, Value end);
  void emitBlock(Value begin);

  //===--- Tiles ---===//
  Value offsetOf(const Access &access, ArrayRef<Value> counters);
  Value read(const Access &access, Value offset, Value mask, bool lanes);
  void write(const Access &access, Value offset, Value value, Value mask);
  bool lanesOf(const Access &access) const;
  void emitTile(int64_t rows, int64_t columns, Value mask);
  SmallVector<Value> counterAt(int64_t row, int64_t column);
  SmallVector<Value> reduce(unsigned depth, int64_t rows, int64_t columns, ValueRange state,
                            Value mask);
  SmallVector<Value> step(int64_t rows, int64_t columns, ValueRange state, Value mask,
                          bool masksReduction);
  Value neutral(unsigned output);
  Value foldLanes(unsigned output, Value lanes, Value start);
  Operation *combinerOf(unsigned output) const;

  SmallVector<const Access *> outputs() const {
    SmallVector<const Access *> found;
    for (const Access &access : space.accesses)
      if (access.output)
        found.push_back(&access);
    return found;
  }

  ImplicitLocOpBuilder &builder;
  const LoopSpace &space;
  LoopBody &body;
  const LoopPlan &plan;
  bool serial;
  /// The counters of all loops, as far as they are known where code is being made.
  SmallVector<Value> counters;
};

//===----------------------------------------------------------------------===//
// Small loops
//===----------------------------------------------------------------------===//

void Nest::forEach(Value from, Value to, int64_t step, BodyFn emitBody) {
  auto loop = scf::ForOp::create(builder, from, to, index(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  emitBody(loop.getInductionVar());
}

SmallVector<Value> Nest::carry(Value from, Value to, int64_t step, ValueRange start,
                               CarryFn emitBody) {
  auto loop = scf::ForOp::create(builder, from, to, index(step), start);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = emitBody(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(builder, next);
  return llvm::to_vector(ValueRange(loop.getResults()));
}

void Nest::ifThenElse(Value condition, llvm::function_ref<void()> then,
                      llvm::function_ref<void()> other) {
  auto branch = scf::IfOp::create(builder, condition, /*withElseRegion=*/static_cast<bool>(other));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(branch.thenYield());
  then();
  if (!other)
    return;
  builder.setInsertionPoint(branch.elseYield());
  other();
}

//===----------------------------------------------------------------------===//
// Tickets
//===----------------------------------------------------------------------===//

/// Operations of one element, loads and stores among them.
int64_t Nest::costOfBody() const {
  int64_t cost = 4 * static_cast<int64_t>(space.accesses.size());
  space.body->walk([&](Operation *op) {
    bool function = isa_and_present<math::MathDialect>(op->getDialect()) && !isa<math::FmaOp>(op);
    cost += function ? 15 : isa<memref::LoadOp>(op) ? 4 : 1;
  });
  return cost;
}

Extent Nest::workOfTicket() {
  Extent elements = known(builder, 1);
  for (unsigned loop : space.select(/*parallel=*/false))
    elements = times(builder, elements, space.loops[loop].size);
  int64_t run = plan.rows * plan.block;
  if (plan.column && space.loops[*plan.column].size.known)
    run = std::min(run, plan.rows * *space.loops[*plan.column].size.known);
  int64_t cost = std::max<int64_t>(1, run) * costOfBody();
  Extent work = times(builder, elements, known(builder, cost));
  return plan.lane ? ceilDivide(builder, work, kLanes) : work;
}

/// Runs `emitTicket` for 0 .. count - 1: here where that is known to be little, else in parallel.
void Nest::forTickets(Extent count, BodyFn emitTicket) {
  Extent work = workOfTicket();
  bool little =
      count.known && work.known && *count.known * std::min(*work.known, kGrainWork) < kGrainWork;
  if (serial || little)
    return forEach(index(0), count.value, 1, emitTicket);
  // Tickets of a grain: at least one, enough to be worth it.
  Extent grain;
  if (work.known) {
    grain = known(builder, std::max<int64_t>(1, kGrainWork / std::max<int64_t>(1, *work.known)));
  } else {
    Value some = arith::MaxUIOp::create(builder, work.value, index(1));
    Value fit = arith::DivUIOp::create(builder, index(kGrainWork), some);
    grain = {arith::MaxUIOp::create(builder, fit, index(1)), std::nullopt};
  }
  Extent grains;
  if (grain.known)
    grains = ceilDivide(builder, count, *grain.known);
  else
    grains = {arith::CeilDivUIOp::create(builder, count.value, grain.value), std::nullopt};
  auto loop = scf::ParallelOp::create(builder, ValueRange{index(0)}, ValueRange{grains.value},
                                      ValueRange{index(1)});
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  Value first = arith::MulIOp::create(builder, loop.getInductionVars().front(), grain.value);
  Value last = arith::MinUIOp::create(builder, add(first, grain.value), count.value);
  forEach(first, last, 1, emitTicket);
}

/// Takes a ticket's number apart: the counters of parallel loops, the last one fastest.
void Nest::emitTicket(Value ticket) {
  SmallVector<unsigned> order;
  for (unsigned loop : space.select(/*parallel=*/true))
    if (loop != plan.column && loop != plan.row)
      order.push_back(loop);
  // Tiles next to each other share rows, which are then still in the cache.
  if (plan.row)
    order.push_back(*plan.row);
  if (plan.column)
    order.push_back(*plan.column);
  for (auto [i, loop] : llvm::enumerate(llvm::reverse(order))) {
    int64_t width = plan.column == loop ? plan.block : plan.row == loop ? plan.rows : 1;
    Extent steps = ceilDivide(builder, space.loops[loop].size, width);
    Value step = ticket;
    if (steps.known && *steps.known == 1) {
      step = index(0);
    } else if (i + 1 != order.size()) {
      step = arith::RemUIOp::create(builder, ticket, steps.value);
      ticket = arith::DivUIOp::create(builder, ticket, steps.value);
    }
    counters[loop] = arith::MulIOp::create(builder, step, index(width));
  }
  if (!plan.column)
    return emitTile(1, 1, {});
  Value begin = counters[*plan.column];
  if (!space.select(/*parallel=*/false).empty())
    return emitBlock(begin);
  Value end = arith::MinUIOp::create(builder, add(begin, index(plan.block)),
                                     space.loops[*plan.column].size.value);
  emitRun(begin, end);
}

/// Results without a reduction, from `begin` to `end`: whole vectors, then the rest behind a mask.
void Nest::emitRun(Value begin, Value end) {
  int64_t unit = plan.lane && !plan.lanesReduce ? kLanes : 1;
  auto tileAt = [&](Value at, Value mask) {
    counters[*plan.column] = at;
    emitTile(1, 1, mask);
  };
  const Extent &size = space.loops[*plan.column].size;
  if (unit == 1)
    return forEach(begin, end, 1, [&](Value at) { tileAt(at, {}); });
  Value whole = arith::SubIOp::create(builder, end, begin);
  whole = add(begin, arith::AndIOp::create(builder, whole, index(-kLanes)));
  forEach(begin, whole, kLanes, [&](Value at) { tileAt(at, {}); });
  if (size.known && *size.known % kLanes == 0)
    return;
  Value rest = arith::SubIOp::create(builder, end, whole);
  Value any = arith::CmpIOp::create(builder, arith::CmpIPredicate::ne, rest, index(0));
  ifThenElse(any, [&] { tileAt(whole, body.maskBelow(rest)); }, {});
}

/// A tile of reductions from `begin` on: as a whole where it fits, else by rows, and behind a mask
/// at the end of a row. Each result is computed in the same order in all three.
void Nest::emitBlock(Value begin) {
  const Extent &size = space.loops[*plan.column].size;
  int64_t unit = plan.lane && !plan.lanesReduce ? kLanes : 1;
  auto fits = [&](Value from, int64_t count, Value limit) -> Value {
    return arith::CmpIOp::create(builder, arith::CmpIPredicate::ule, add(from, index(count)),
                                 limit);
  };
  auto pieces = [&] {
    Value end = arith::MinUIOp::create(builder, add(begin, index(plan.block)), size.value);
    forEach(begin, end, unit, [&](Value at) {
      counters[*plan.column] = at;
      Value mask;
      if (unit > 1)
        mask = body.maskBelow(arith::SubIOp::create(builder, end, at));
      emitTile(1, 1, mask);
    });
    counters[*plan.column] = begin;
  };
  bool always = size.known && *size.known % plan.block == 0;
  auto oneRow = [&] {
    if (always)
      return emitTile(1, plan.columns, {});
    ifThenElse(fits(begin, plan.block, size.value), [&] { emitTile(1, plan.columns, {}); }, pieces);
  };
  if (!plan.row || plan.rows == 1)
    return oneRow();
  Value firstRow = counters[*plan.row];
  const Extent &rows = space.loops[*plan.row].size;
  Value all = fits(firstRow, plan.rows, rows.value);
  if (!always)
    all = arith::AndIOp::create(builder, all, fits(begin, plan.block, size.value));
  auto byRows = [&] {
    Value end = arith::MinUIOp::create(builder, add(firstRow, index(plan.rows)), rows.value);
    forEach(firstRow, end, 1, [&](Value row) {
      counters[*plan.row] = row;
      oneRow();
    });
    counters[*plan.row] = firstRow;
  };
  if (always && rows.known && *rows.known % plan.rows == 0)
    return emitTile(plan.rows, plan.columns, {});
  ifThenElse(all, [&] { emitTile(plan.rows, plan.columns, {}); }, byRows);
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

bool Nest::lanesOf(const Access &access) const {
  return plan.lane && access.flat && access.moves(*plan.lane);
}

Value Nest::offsetOf(const Access &access, ArrayRef<Value> at) {
  Extent offset = known(builder, 0);
  for (auto [loop, counter] : llvm::enumerate(at)) {
    if (!counter || !access.moves(loop))
      continue;
    Extent moved = times(builder, access.steps[loop], {counter, getConstantIntValue(counter)});
    offset = offset.known && *offset.known == 0
                 ? moved
                 : Extent{add(offset.value, moved.value), std::nullopt};
  }
  return offset.value;
}

Value Nest::read(const Access &access, Value offset, Value mask, bool lanes) {
  Type element = cast<MemRefType>(access.flat.getType()).getElementType();
  if (!lanes)
    return memref::LoadOp::create(builder, access.flat, ValueRange{offset});
  auto type = VectorType::get({kLanes}, element);
  bool runs = access.contiguous(*plan.lane);
  if (runs && !mask)
    return vector::LoadOp::create(builder, type, access.flat, ValueRange{offset});
  Value zeros = arith::ConstantOp::create(builder, builder.getZeroAttr(type));
  if (runs)
    return vector::MaskedLoadOp::create(builder, type, access.flat, ValueRange{offset}, mask,
                                        zeros);
  Value distances = arith::MulIOp::create(builder, body.laneNumbers(),
                                          body.spread(access.steps[*plan.lane].value));
  if (!mask)
    mask = body.maskBelow(index(kLanes));
  return vector::GatherOp::create(builder, type, access.flat, ValueRange{offset}, distances, mask,
                                  zeros);
}

void Nest::write(const Access &access, Value offset, Value value, Value mask) {
  if (!lanesOf(access)) {
    memref::StoreOp::create(builder, value, access.flat, ValueRange{offset});
    return;
  }
  value = body.spread(value);
  if (mask)
    vector::MaskedStoreOp::create(builder, access.flat, ValueRange{offset}, mask, value);
  else
    vector::StoreOp::create(builder, value, access.flat, ValueRange{offset});
}

SmallVector<Value> Nest::counterAt(int64_t row, int64_t column) {
  SmallVector<Value> at = counters;
  int64_t unit = plan.lane && !plan.lanesReduce ? kLanes : 1;
  if (row)
    at[*plan.row] = add(at[*plan.row], index(row));
  if (column)
    at[*plan.column] = add(at[*plan.column], index(column * unit));
  return at;
}

/// Computes `rows` x `columns` results from where the counters stand. `mask` is of the lanes along
/// a parallel loop.
void Nest::emitTile(int64_t rows, int64_t columns, Value mask) {
  SmallVector<Value> state;
  SmallVector<const Access *> out = outputs();
  SmallVector<SmallVector<Value>> places;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      places.push_back(counterAt(row, column));
      for (auto [i, access] : llvm::enumerate(out)) {
        bool reads = !access->argument.use_empty();
        Value start;
        if (plan.lanesReduce)
          start = neutral(i);
        else if (reads)
          start = read(*access, offsetOf(*access, places.back()), mask, lanesOf(*access));
        else
          start = neutral(i);
        state.push_back(start);
      }
    }
  SmallVector<Value> results = reduce(0, rows, columns, state, mask);
  for (auto [i, result] : llvm::enumerate(results)) {
    const Access &access = *out[i % out.size()];
    Value offset = offsetOf(access, places[i / out.size()]);
    if (plan.lanesReduce)
      result = foldLanes(i % out.size(), result, read(access, offset, {}, false));
    write(access, offset, result, mask);
  }
}

/// The loops of reductions from the `depth`-th on; carries the tile's results so far.
SmallVector<Value> Nest::reduce(unsigned depth, int64_t rows, int64_t columns, ValueRange state,
                                Value mask) {
  SmallVector<unsigned> loops;
  for (unsigned loop : space.select(/*parallel=*/false))
    if (!plan.lanesReduce || loop != plan.lane)
      loops.push_back(loop);
  if (plan.lanesReduce)
    loops.push_back(*plan.lane);
  if (depth == loops.size())
    return step(rows, columns, state, mask, /*masksReduction=*/false);
  unsigned loop = loops[depth];
  Extent size = space.loops[loop].size;
  if (!plan.lanesReduce || loop != plan.lane)
    return carry(index(0), size.value, 1, state, [&](Value at, ValueRange inner) {
      counters[loop] = at;
      return reduce(depth + 1, rows, columns, inner, mask);
    });
  // Whole vectors, then the rest: lanes beyond the end keep what they have.
  Value whole = arith::AndIOp::create(builder, size.value, index(-kLanes));
  SmallVector<Value> sums = carry(index(0), whole, kLanes, state, [&](Value at, ValueRange inner) {
    counters[loop] = at;
    return step(rows, columns, inner, {}, /*masksReduction=*/false);
  });
  if (size.known && *size.known % kLanes == 0)
    return sums;
  counters[loop] = whole;
  Value rest = arith::SubIOp::create(builder, size.value, whole);
  return step(rows, columns, sums, body.maskBelow(rest), /*masksReduction=*/true);
}

/// One element of the reductions (or kLanes of them) for all results of the tile.
SmallVector<Value> Nest::step(int64_t rows, int64_t columns, ValueRange state, Value mask,
                              bool masksReduction) {
  SmallVector<const Access *> out = outputs();
  // What several results of the tile read is read once.
  llvm::DenseMap<std::tuple<const Access *, int64_t, int64_t>, Value> seen;
  SmallVector<Value> next;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column) {
      Place place = {counterAt(row, column), plan.lane, mask};
      SmallVector<Value> arguments;
      unsigned output = 0;
      for (const Access &access : space.accesses) {
        if (access.output) {
          arguments.push_back(state[next.size() + output++]);
          continue;
        }
        if (access.scalar) {
          arguments.push_back(access.scalar);
          continue;
        }
        bool byRow = plan.row && access.moves(*plan.row);
        bool byColumn = plan.column && access.moves(*plan.column);
        Value &value = seen[{&access, byRow ? row : 0, byColumn ? column : 0}];
        if (!value && !access.argument.use_empty())
          value = read(access, offsetOf(access, place.counters), mask, lanesOf(access));
        arguments.push_back(value);
      }
      SmallVector<Value> values = body.emit(place, arguments);
      for (auto [i, value] : llvm::enumerate(values)) {
        Value old = state[row * columns * out.size() + column * out.size() + i];
        if (isa<VectorType>(old.getType()))
          value = body.spread(value);
        if (masksReduction)
          value = arith::SelectOp::create(builder, mask, value, old);
        next.push_back(value);
      }
    }
  return next;
}

Operation *Nest::combinerOf(unsigned output) const {
  SmallVector<BlockArgument> arguments;
  for (const Access *access : outputs())
    arguments.push_back(access->argument);
  SmallVector<Operation *> combiners;
  if (!matchReduction(arguments, output, combiners) || combiners.size() != 1)
    return nullptr;
  return combiners.front();
}

/// What a result starts from: the combiner's neutral element, or anything where nobody reads it.
Value Nest::neutral(unsigned output) {
  const Access &access = *outputs()[output];
  Type element = cast<MemRefType>(access.flat.getType()).getElementType();
  TypedAttr value = builder.getZeroAttr(element);
  if (plan.lanesReduce)
    value = *arith::getNeutralElement(combinerOf(output));
  Value scalar = arith::ConstantOp::create(builder, value);
  bool lanes = plan.lanesReduce || lanesOf(access);
  return lanes ? body.spread(scalar) : scalar;
}

/// The lanes' results in one: halves with halves, then with what the output held before.
Value Nest::foldLanes(unsigned output, Value lanes, Value start) {
  Operation *combiner = combinerOf(output);
  auto combine = [&](Value a, Value b) {
    OperationState state(builder.getLoc(), combiner->getName());
    state.addOperands({a, b});
    state.addTypes(a.getType());
    state.propertiesAttr = combiner->getPropertiesAsAttribute();
    return builder.create(state)->getResult(0);
  };
  for (int64_t half = kLanes / 2; half >= 1; half /= 2) {
    SmallVector<int64_t> first = llvm::to_vector(llvm::seq<int64_t>(0, half));
    SmallVector<int64_t> second = llvm::to_vector(llvm::seq<int64_t>(half, 2 * half));
    Value low = vector::ShuffleOp::create(builder, lanes, lanes, first);
    Value high = vector::ShuffleOp::create(builder, lanes, lanes, second);
    lanes = combine(low, high);
  }
  Value total = vector::ExtractOp::create(builder, lanes, ArrayRef<int64_t>{0});
  return combine(start, total);
}

void Nest::emit() {
  counters.assign(space.loops.size(), {});
  Extent tickets = known(builder, 1);
  for (unsigned loop : space.select(/*parallel=*/true)) {
    int64_t width = plan.column == loop ? plan.block : plan.row == loop ? plan.rows : 1;
    tickets = times(builder, tickets, ceilDivide(builder, space.loops[loop].size, width));
  }
  if (tickets.known && *tickets.known == 1)
    return emitTicket(index(0));
  forTickets(tickets, [&](Value ticket) { emitTicket(ticket); });
}

} // namespace

void moe::emitLoopNest(ImplicitLocOpBuilder &builder, const LoopSpace &space, LoopBody &body,
                       const LoopPlan &plan, bool serial) {
  Nest(builder, space, body, plan, serial).emit();
}
