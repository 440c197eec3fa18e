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
  bool stacked() const { return !stacks.empty(); }

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

/// A Loop under conversion.
struct Counted {
  Region &body;
  Value most;      ///< the largest number of rounds, as an index
  Value condition; ///< whether there is a first round
  Carried carried;

  /// The body's results but the condition, and the condition.
  FailureOr<std::pair<SmallVector<Value>, Value>> round(Node &n, Value index, Value condition,
                                                        ValueRange states) const {
    Type count = body.getArgument(0).getType();
    Value number = arith::IndexCastOp::create(n, getElementTypeOrSelf(signless(count)), index);
    SmallVector<Value> arguments = {oneElement(n, number, count),
                                    oneElement(n, condition, body.getArgument(1).getType())};
    llvm::append_range(arguments, states);
    FailureOr<SmallVector<Value>> results = n.compute(body, arguments);
    if (failed(results))
      return failure();
    Value more = elementAt(n, results->front(), 0);
    results->erase(results->begin());
    return std::pair(*results, more);
  }
};

/// The values after a counted loop; `rounds` is how many there are.
FailureOr<SmallVector<Value>> countedLoop(Node &n, const Counted &loop, Value rounds) {
  SmallVector<Value> start = loop.carried.start(n);
  auto op = scf::ForOp::create(n, indexOf(n, 0), rounds, indexOf(n, 1), start);
  OpBuilder::InsertionGuard guard(n);
  if (start.empty())
    op.getBody()->getTerminator()->erase();
  n.setInsertionPointToEnd(op.getBody());
  Value index = op.getInductionVar(), always = integer(n, n.getI1Type(), 1);
  ValueRange now = op.getRegionIterArgs();
  auto results = loop.round(n, index, always, now.take_front(loop.carried.types.size()));
  if (failed(results))
    return failure();
  scf::YieldOp::create(
      n, loop.carried.next(n, now, results->first, index, [&](size_t) { return index; }));
  return SmallVector<Value>(op.getResults());
}

/// The values after a loop that may end early, and the number of rounds before them.
FailureOr<SmallVector<Value>> openLoop(Node &n, const Counted &loop) {
  SmallVector<Value> start = {indexOf(n, 0), loop.condition};
  llvm::append_range(start, loop.carried.start(n));
  TypeRange types = ValueRange(start).getTypes();
  SmallVector<Location> places(start.size(), n.getLoc());
  auto op = scf::WhileOp::create(n, types, start);
  OpBuilder::InsertionGuard guard(n);
  Block *before = n.createBlock(&op.getBefore(), {}, types, places);
  Value inside =
      arith::CmpIOp::create(n, arith::CmpIPredicate::ult, before->getArgument(0), loop.most);
  Value goesOn = arith::AndIOp::create(n, before->getArgument(1), inside);
  scf::ConditionOp::create(n, goesOn, before->getArguments());
  Block *after = n.createBlock(&op.getAfter(), {}, types, places);
  Value index = after->getArgument(0);
  ValueRange now = ValueRange(after->getArguments()).drop_front(2);
  auto results =
      loop.round(n, index, after->getArgument(1), now.take_front(loop.carried.types.size()));
  if (failed(results))
    return failure();
  SmallVector<Value> next = {arith::AddIOp::create(n, index, indexOf(n, 1)), results->second};
  llvm::append_range(
      next, loop.carried.next(n, now, results->first, index, [&](size_t) { return index; }));
  scf::YieldOp::create(n, next);
  SmallVector<Value> all(op.getResults());
  all.erase(all.begin() + 1);
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

LogicalResult convertLoop(Node &n) {
  Region *body = n.body("body");
  if (!body || n.numInputs() < 2 || body->getNumArguments() != n.numInputs())
    return n.malformed("the body's inputs are not those of the loop");
  Value most = mostRounds(n);
  Value condition = n.has(1) ? elementAt(n, n.in(1), 0) : integer(n, n.getI1Type(), 1);
  bool counts = n.has(0) && onlyCounts(*body);
  Value rounds;
  if (counts)
    rounds = n.createOrFold<arith::SelectOp>(condition, most, indexOf(n, 0));
  Counted loop{*body, most, condition, {}};
  SmallVector<Value> states = n.ins();
  if (failed(takeStates(n, *body, 2, ValueRange(states).drop_front(2), loop.carried)))
    return failure();
  std::optional<OpFoldResult> known;
  if (counts)
    known = simplified(rounds);
  takeStacks(*body, states.size() - 1, known, loop.carried);
  FailureOr<SmallVector<Value>> values = counts ? countedLoop(n, loop, rounds) : openLoop(n, loop);
  if (failed(values))
    return failure();
  if (!counts) {
    rounds = values->front();
    values->erase(values->begin());
  }
  return giveStacked(n, loop.carried, *values, rounds);
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

FailureOr<SmallVector<Value>> scanLoop(Node &n, Scanned &scan) {
  auto op = scf::ForOp::create(n, indexOf(n, 0), scan.rounds, indexOf(n, 1), scan.carried.start(n));
  OpBuilder::InsertionGuard guard(n);
  n.setInsertionPointToEnd(op.getBody());
  Value index = op.getInductionVar(), one = indexOf(n, 1);
  Value last = arith::SubIOp::create(n, scan.rounds, one);
  Value back = arith::SubIOp::create(n, last, index);
  ValueRange now = op.getRegionIterArgs();
  size_t states = scan.carried.types.size();
  SmallVector<Value> arguments(now.take_front(states));
  for (auto [i, data] : llvm::enumerate(scan.data))
    arguments.push_back(sliceOf(n, data, scan.axes[i],
                                entry(n, "scan_input_directions", i) ? back : index,
                                signless(scan.body.getArgument(states + i).getType())));
  FailureOr<SmallVector<Value>> results = n.compute(scan.body, arguments);
  if (failed(results))
    return failure();
  scf::YieldOp::create(n, scan.carried.next(n, now, *results, index, [&](size_t i) {
    return entry(n, "scan_output_directions", i) ? back : index;
  }));
  return SmallVector<Value>(op.getResults());
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
  FailureOr<SmallVector<Value>> values = scanLoop(n, scan);
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
