//===- Control.cpp - If, Loop and Scan ------------------------------------===//
//
// Subgraphs become regions of scf operations; what they read of the graph around stays as it is. A
// Loop that cannot end early is a counted loop.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Stack.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// `value` as a tensor of `type`: some dimensions may be known in one of the two only.
Value typed(Node &n, Value value, Type type) {
  if (value.getType() == type)
    return value;
  Dims dims = n.dims(value);
  Value result = tensor::CastOp::create(n, type, value);
  n.remember(result, dims);
  return result;
}

/// A scalar as a tensor of one element.
Value oneElement(Node &n, Value scalar, Type type) {
  return tensor::FromElementsOp::create(n, signless(type), scalar);
}

bool fitsTogether(Type a, Type b) { return tensor::CastOp::areCastCompatible(a, b); }

LogicalResult convertIf(Node &n) {
  Region *bodies[] = {n.body("then_branch"), n.body("else_branch")};
  if (!bodies[0] || !bodies[1])
    return n.malformed("a branch is missing");
  SmallVector<Type> types;
  for (unsigned i = 0; i < n.op.getNumResults(); ++i)
    types.push_back(n.outType(i));
  auto branch = scf::IfOp::create(n, types, elementAt(n, n.in(0), 0), true, true);
  for (auto [body, block] :
       llvm::zip_equal(bodies, ArrayRef<Block *>{branch.thenBlock(), branch.elseBlock()})) {
    OpBuilder::InsertionGuard guard(n);
    n.setInsertionPointToEnd(block);
    FailureOr<SmallVector<Value>> results = n.compute(*body, {});
    if (failed(results))
      return failure();
    for (auto [value, type] : llvm::zip_equal(*results, types))
      value = typed(n, value, type);
    scf::YieldOp::create(n, *results);
  }
  for (auto [i, result] : llvm::enumerate(branch.getResults()))
    if (failed(n.set(i, result)))
      return failure();
  return success();
}

/// What a loop carries from round to round.
struct Carried {
  SmallVector<Value> states; ///< tensors, before the loop
  SmallVector<Type> types;   ///< theirs in the body
  SmallVector<Stack> stacks;

  /// Whether all tensors have one type before the loop and in it. Where one is cast to less static
  /// a type, no scf.for will do: its canonicalization takes the cast for a promise and pulls it in.
  bool isSteady() const {
    return llvm::all_of(stacks, [](const Stack &stack) { return stack.isMade(); }) &&
           llvm::equal(ValueRange(states).getTypes(), types);
  }
  /// States and stacks, in this order, before the loop.
  SmallVector<Value> start(Node &n) const {
    SmallVector<Value> all;
    for (auto [state, type] : llvm::zip_equal(states, types))
      all.push_back(typed(n, state, type));
    for (const Stack &stack : stacks)
      all.push_back(stack.start(n));
    return all;
  }
  /// The same after a round whose body gave `results`, states first.
  SmallVector<Value> next(Node &n, ValueRange now, ValueRange results, Value round,
                          llvm::function_ref<Value(size_t)> place) const {
    SmallVector<Value> all;
    for (auto [result, type] : llvm::zip_equal(results.take_front(types.size()), types))
      all.push_back(typed(n, result, type));
    for (auto [i, stack] : llvm::enumerate(stacks))
      all.push_back(
          stack.put(n, now[types.size() + i], round, place(i), results[types.size() + i]));
    return all;
  }
};

/// The types that the body's arguments from `first` on have; an error where `values` do not fit.
LogicalResult takeStates(Node &n, Region &body, unsigned first, ValueRange values,
                         Carried &carried) {
  for (auto [i, value] : llvm::enumerate(values)) {
    Type type = signless(body.getArgument(first + i).getType());
    if (!fitsTogether(value.getType(), type))
      return n.malformed("a carried value has another type in the body");
    carried.states.push_back(value);
    carried.types.push_back(type);
  }
  return success();
}

/// The types of what the body gives from result `first` on, stacked.
void takeStacks(Region &body, unsigned first, std::optional<OpFoldResult> rounds,
                Carried &carried) {
  for (Value value : body.front().back().getOperands().drop_front(first))
    carried.stacks.push_back(Stack(cast<RankedTensorType>(signless(value.getType())), rounds));
}

//===----------------------------------------------------------------------===//
// Loop
//===----------------------------------------------------------------------===//

/// The value behind Identity nodes.
Value throughIdentity(Value value) {
  while (auto node = value.getDefiningOp<onnx::NodeOp>()) {
    if (!node.is("Identity") || node.getInputs().size() != 1)
      break;
    value = node.getInputs()[0];
  }
  return value;
}

/// Whether the body hands its condition on, or says true: then only the count ends the loop.
bool onlyCounts(Region &body) {
  Value condition = throughIdentity(body.front().back().getOperand(0));
  if (condition == body.getArgument(1))
    return true;
  auto constant = condition.getDefiningOp<onnx::ConstantOp>();
  auto value = constant ? dyn_cast<SplatElementsAttr>(constant.getValue()) : SplatElementsAttr();
  return value && value.getSplatValue<bool>();
}

/// What `round` makes of the condition to go on (null where only the number of rounds counts) and
/// what is carried, in round `index`: the same, in the same order.
using Round =
    llvm::function_ref<FailureOr<SmallVector<Value>>(Value index, Value condition, ValueRange now)>;

FailureOr<SmallVector<Value>> countedLoop(Node &n, const Carried &carried, Value rounds,
                                          Round round) {
  SmallVector<Value> start = carried.start(n);
  auto op = scf::ForOp::create(n, indexOf(n, 0), rounds, indexOf(n, 1), start);
  OpBuilder::InsertionGuard guard(n);
  if (start.empty())
    op.getBody()->getTerminator()->erase();
  n.setInsertionPointToEnd(op.getBody());
  FailureOr<SmallVector<Value>> next = round(op.getInductionVar(), {}, op.getRegionIterArgs());
  if (failed(next))
    return failure();
  scf::YieldOp::create(n, *next);
  return SmallVector<Value>(op.getResults());
}

/// The number of rounds, then what is carried after them; at most `most` rounds, and none after the
/// condition, where there is one, was false.
FailureOr<SmallVector<Value>> openLoop(Node &n, const Carried &carried, Value most, Value condition,
                                       Round round) {
  SmallVector<Value> start = {indexOf(n, 0)};
  if (condition)
    start.push_back(condition);
  size_t first = start.size();
  llvm::append_range(start, carried.start(n));
  SmallVector<Type> types(ValueRange(start).getTypes());
  SmallVector<Location> places(start.size(), n.getLoc());
  auto op = scf::WhileOp::create(n, types, start);
  OpBuilder::InsertionGuard guard(n);
  Block *before = n.createBlock(&op.getBefore(), {}, types, places);
  Value goesOn = arith::CmpIOp::create(n, arith::CmpIPredicate::ult, before->getArgument(0), most);
  if (condition)
    goesOn = arith::AndIOp::create(n, before->getArgument(1), goesOn);
  scf::ConditionOp::create(n, goesOn, before->getArguments());
  Block *after = n.createBlock(&op.getAfter(), {}, types, places);
  Value index = after->getArgument(0);
  FailureOr<SmallVector<Value>> results =
      round(index, condition ? after->getArgument(1) : Value(),
            ValueRange(after->getArguments()).drop_front(first));
  if (failed(results))
    return failure();
  SmallVector<Value> next = {arith::AddIOp::create(n, index, indexOf(n, 1))};
  llvm::append_range(next, *results);
  scf::YieldOp::create(n, next);
  SmallVector<Value> all(op.getResults());
  if (condition)
    all.erase(all.begin() + 1);
  return all;
}

/// `rounds` rounds.
FailureOr<SmallVector<Value>> repeat(Node &n, const Carried &carried, Value rounds, Round round) {
  if (carried.isSteady())
    return countedLoop(n, carried, rounds, round);
  FailureOr<SmallVector<Value>> all = openLoop(n, carried, rounds, {}, round);
  if (succeeded(all))
    all->erase(all->begin());
  return all;
}

/// The most rounds, as an index: without a number there is no limit.
Value mostRounds(Node &n) {
  if (!n.has(0))
    return indexOf(n, std::numeric_limits<int64_t>::max());
  Value most = toIndex(n, elementAt(n, n.in(0), 0));
  return n.createOrFold<arith::MaxSIOp>(most, indexOf(n, 0));
}

LogicalResult giveStacked(Node &n, const Carried &carried, ValueRange values, Value rounds) {
  size_t states = carried.types.size();
  for (auto [i, value] : llvm::enumerate(values)) {
    Value result = i < states ? value : carried.stacks[i - states].finish(n, value, rounds);
    if (failed(n.set(i, result)))
      return failure();
  }
  return success();
}

/// One round of a Loop: its number and the condition go in before what is carried.
FailureOr<SmallVector<Value>> loopRound(Node &n, Region &body, const Carried &carried, Value index,
                                        Value condition, ValueRange now) {
  Type count = body.getArgument(0).getType();
  Value number = arith::IndexCastOp::create(n, getElementTypeOrSelf(signless(count)), index);
  Value isOn = condition ? condition : integer(n, n.getI1Type(), 1);
  SmallVector<Value> arguments = {oneElement(n, number, count),
                                  oneElement(n, isOn, body.getArgument(1).getType())};
  llvm::append_range(arguments, now.take_front(carried.types.size()));
  FailureOr<SmallVector<Value>> results = n.compute(body, arguments);
  if (failed(results))
    return failure();
  SmallVector<Value> next;
  if (condition)
    next.push_back(elementAt(n, results->front(), 0));
  llvm::append_range(next, carried.next(n, now, ValueRange(*results).drop_front(), index,
                                        [&](size_t) { return index; }));
  return next;
}

LogicalResult convertLoop(Node &n) {
  Region *body = n.body("body");
  if (!body || n.numInputs() < 2 || body->getNumArguments() != n.numInputs())
    return n.malformed("the body's inputs are not those of the loop");
  Value most = mostRounds(n), rounds;
  Value condition = n.has(1) ? elementAt(n, n.in(1), 0) : integer(n, n.getI1Type(), 1);
  std::optional<OpFoldResult> known;
  if (n.has(0) && onlyCounts(*body)) {
    rounds = n.createOrFold<arith::SelectOp>(condition, most, indexOf(n, 0));
    known = simplified(rounds);
  }
  Carried carried;
  SmallVector<Value> states = n.ins();
  if (failed(takeStates(n, *body, 2, ValueRange(states).drop_front(2), carried)))
    return failure();
  takeStacks(*body, states.size() - 1, known, carried);
  auto round = [&](Value index, Value condition, ValueRange now) {
    return loopRound(n, *body, carried, index, condition, now);
  };
  FailureOr<SmallVector<Value>> values =
      rounds ? repeat(n, carried, rounds, round) : openLoop(n, carried, most, condition, round);
  if (failed(values))
    return failure();
  if (!rounds) {
    rounds = values->front();
    values->erase(values->begin());
  }
  return giveStacked(n, carried, *values, rounds);
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

/// Element `i` of a list attribute, 0 where there is no list.
int64_t entry(Node &n, llvm::StringRef name, size_t i) {
  auto list = dyn_cast_or_null<DenseI64ArrayAttr>(n.op.attribute(name));
  return list && i < static_cast<size_t>(list.size()) ? list[i] : 0;
}

/// What round `round` reads of a scanned input: its slice along the axis.
Value sliceOf(Node &n, Value data, int64_t axis, Value place, Type type) {
  Dims sizes = n.dims(data), offsets(sizes.size(), n.getIndexAttr(0));
  Dims strides(sizes.size(), n.getIndexAttr(1)), left = sizes;
  left.erase(left.begin() + axis);
  offsets[axis] = place;
  sizes[axis] = n.getIndexAttr(1);
  Value part =
      tensor::ExtractSliceOp::create(n, typeOf(left, getElementTypeOrSelf(data.getType())),
                                     castTo(n, data, n.dims(data)), offsets, sizes, strides);
  n.remember(part, left);
  return typed(n, part, type);
}

/// A stack with its first dimension moved to `axis`.
Value movedTo(Node &n, Value stack, int64_t axis) {
  SmallVector<int64_t> permutation;
  for (int64_t i = 1, rank = cast<RankedTensorType>(stack.getType()).getRank(); i < rank; ++i)
    permutation.push_back(i);
  permutation.insert(permutation.begin() + axis, 0);
  return transpose(n, stack, permutation);
}

/// A Scan under conversion.
struct Scanned {
  Region &body;
  SmallVector<Value> data; ///< the scanned inputs
  SmallVector<int64_t> axes;
  Value rounds;
  Carried carried;
};

/// The axes of the scanned inputs, which agree on the number of rounds.
LogicalResult takeData(Node &n, Scanned &scan) {
  for (auto [i, data] : llvm::enumerate(scan.data)) {
    Dims dims = n.dims(data);
    std::optional<int64_t> axis = wrapAxis(entry(n, "scan_input_axes", i), dims.size());
    if (!axis)
      return n.malformed("a scan axis lies outside of its input");
    scan.axes.push_back(*axis);
    Value length = asValue(n, dims[*axis]);
    if (!scan.rounds)
      scan.rounds = length;
    else if (length != scan.rounds)
      n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::eq, length, scan.rounds),
              "scanned inputs differ in length");
  }
  return success();
}

/// One round of a Scan.
FailureOr<SmallVector<Value>> scanRound(Node &n, const Scanned &scan, Value index, ValueRange now) {
  Value last = arith::SubIOp::create(n, scan.rounds, indexOf(n, 1));
  Value back = arith::SubIOp::create(n, last, index);
  size_t states = scan.carried.types.size();
  SmallVector<Value> arguments(now.take_front(states));
  for (auto [i, data] : llvm::enumerate(scan.data))
    arguments.push_back(sliceOf(n, data, scan.axes[i],
                                entry(n, "scan_input_directions", i) ? back : index,
                                signless(scan.body.getArgument(states + i).getType())));
  FailureOr<SmallVector<Value>> results = n.compute(scan.body, arguments);
  if (failed(results))
    return failure();
  return scan.carried.next(n, now, *results, index, [&](size_t i) {
    return entry(n, "scan_output_directions", i) ? back : index;
  });
}

LogicalResult convertScan(Node &n) {
  Region *body = n.body("body");
  int64_t scans = n.op.intAttribute("num_scan_inputs", 0), inputs = n.numInputs();
  if (!body || scans < 1 || scans > inputs || body->getNumArguments() != n.numInputs())
    return n.malformed("the body's inputs are not those of the scan");
  SmallVector<Value> all = n.ins();
  Scanned scan{*body, {}, {}, {}, {}};
  scan.data.assign(all.end() - scans, all.end());
  size_t states = inputs - scans;
  if (failed(takeData(n, scan)) ||
      failed(takeStates(n, *body, 0, ValueRange(all).take_front(states), scan.carried)))
    return failure();
  takeStacks(*body, states, simplified(scan.rounds), scan.carried);
  FailureOr<SmallVector<Value>> values =
      repeat(n, scan.carried, scan.rounds,
             [&](Value index, Value, ValueRange now) { return scanRound(n, scan, index, now); });
  if (failed(values))
    return failure();
  for (auto [i, value] : llvm::enumerate(*values)) {
    if (i >= states) {
      value = scan.carried.stacks[i - states].finish(n, value, scan.rounds);
      int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
      std::optional<int64_t> axis = wrapAxis(entry(n, "scan_output_axes", i - states), rank);
      if (!axis)
        return n.malformed("a scan axis lies outside of its output");
      value = movedTo(n, value, *axis);
    }
    if (failed(n.set(i, value)))
      return failure();
  }
  return success();
}

const Table::Row rows[] = {
    {"", "If", 1, convertIf},
    {"", "Loop", 1, convertLoop},
    {"", "Scan", 9, convertScan},
};
} // namespace

ArrayRef<Table::Row> convert::controlRows() { return rows; }
