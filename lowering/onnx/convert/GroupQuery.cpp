//===- GroupQuery.cpp - Microsoft's attention of decoders -----------------===//
//
// The operator holds a decoder's whole step: rotation, cache, window, sink. Each batch entry has a
// length of its own. A window-sized cache keeps its rows in the order of positions; there attention
// reads the old cache and the new rows behind it, and the new cache is made of both.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
Value compare(Node &n, arith::CmpIPredicate kind, Value x, Value y) {
  return arith::CmpIOp::create(n, kind, x, y);
}
Value plus(Node &n, Value x, Value y) { return arith::AddIOp::create(n, x, y); }
Value minus(Node &n, Value x, Value y) { return arith::SubIOp::create(n, x, y); }

class GroupQuery {
public:
  explicit GroupQuery(Node &n) : n(n) {}

  LogicalResult run() {
    if (failed(checkForm()) || failed(takeOperands()))
      return failure();
    takeLengths();
    if (failed(normalize()) || failed(turn()) || failed(windowed ? slideCache() : fillCache()))
      return failure();
    if (n.has(10) && failed(takeBias()))
      return failure();
    return finish();
  }

private:
  //===- What the node says -----------------------------------------------===//

  LogicalResult checkForm() {
    for (StringRef key : {"k_quant_type", "v_quant_type"})
      if (n.op.stringAttribute(key, "NONE") != "NONE")
        return n.unsupported("a quantised cache (attribute '" + key + "')");
    if (n.has(12) || n.has(13))
      return n.unsupported("a quantised cache (scales of keys or values)");
    if (n.op.intAttribute("qk_output", 0) != 0 || n.wants(3))
      return n.unsupported("scores as an output");
    if (n.has(14) != n.has(15))
      return n.malformed("one of q_norm_weight and k_norm_weight without the other");
    if (n.has(3) != n.has(4))
      return n.malformed("one of past_key and past_value without the other");
    if (!n.has(5) || !n.has(6))
      return n.malformed("seqlens_k or total_sequence_length is left out");
    if (n.has(1) != n.has(2))
      return n.malformed("one of key and value without the other");
    window = n.op.intAttribute("local_window_size", -1);
    windowed = n.op.intAttribute("sliding_window_cache", 0) != 0;
    causal = n.op.intAttribute("causal", 1) != 0;
    if (windowed && (window <= 0 || !n.has(3)))
      return n.malformed("a window-sized cache without a window or without a past");
    if (windowed && n.has(10))
      return n.unsupported("a bias with a window-sized cache");
    if (!causal && (window > 0 || windowed))
      return n.malformed("a window without 'causal'");
    return success();
  }

  LogicalResult takeOperands() {
    int64_t heads = n.op.intAttribute("num_heads", 0), kv = n.op.intAttribute("kv_num_heads", 0);
    if (heads < 1 || kv < 1 || heads % kv)
      return n.malformed("'num_heads' is no multiple of 'kv_num_heads'");
    OpFoldResult mine = n.getIndexAttr(heads), theirs = n.getIndexAttr(kv);
    FailureOr<Heads> first =
        splitHeads(n, n.in(0), n.getIndexAttr(n.has(1) ? heads : heads + 2 * kv));
    if (failed(first))
      return failure();
    if (!n.has(1)) {
      auto part = [&](int64_t offset, OpFoldResult count) {
        return Heads{sliceAlong(n, first->tensor, 2, n.getIndexAttr(offset), count), false};
      };
      q = part(0, mine), k = part(heads, theirs), v = part(heads + kv, theirs);
    } else {
      FailureOr<Heads> second = splitHeads(n, n.in(1), theirs);
      FailureOr<Heads> third = splitHeads(n, n.in(2), theirs);
      if (failed(second) || failed(third))
        return failure();
      q = *first, k = *second, v = *third;
      if (failed(agree(n, q.rows(n), k.rows(n), "queries and keys differ in their length")))
        return failure();
    }
    return agree(n, n.dims(n.in(5)).empty() ? n.getIndexAttr(1) : n.dims(n.in(5))[0], q.batch(n),
                 "seqlens_k has not one number a batch entry");
  }

  //===- Lengths ----------------------------------------------------------===//

  /// What is fixed for the whole batch, and checks of what each entry says.
  void takeLengths() {
    lengths = reshape(n, n.in(5), q.batch(n));
    rows = asValue(n, q.rows(n));
    total = toIndex(n, elementAt(n, n.in(6), 0));
    capacity = n.has(3) ? asValue(n, n.dims(n.in(3))[2]) : indexOf(n, 0);
    isFirst = compare(n, arith::CmpIPredicate::eq, rows, total);
    Value shortest = bound(Fold::Min), longest = bound(Fold::Max);
    n.check(compare(n, arith::CmpIPredicate::sle, longest, total),
            "seqlens_k has an entry beyond total_sequence_length");
    // A first step may be padded behind its rows; later ones have no fewer rows than new ones.
    Value enough = compare(n, arith::CmpIPredicate::sge, shortest, rows);
    n.check(arith::OrIOp::create(n, isFirst, enough),
            "seqlens_k has an entry of fewer rows than the step");
    pasts = compute(n, q.batch(n), n.getI64Type(), [&](ValueRange at) -> Value {
      Value before = minus(n, lengthAt(at[0]), rows);
      before = arith::SelectOp::create(n, isFirst, indexOf(n, 0), before);
      return arith::IndexCastOp::create(n, n.getI64Type(), before);
    });
    if (windowed)
      return;
    Value room = compare(n, arith::CmpIPredicate::sle, minus(n, longest, rows), capacity);
    n.check(arith::OrIOp::create(n, isFirst, room), "the past has fewer rows than seqlens_k says");
  }

  /// The smallest or largest length with the step's rows; the step's length for an empty batch.
  Value bound(Fold fold) {
    Type type = n.getI64Type();
    Value init = filled(n, {}, neutral(n, fold, type, false));
    AffineMap maps[] = {n.getMultiDimIdentityMap(1), AffineMap::get(1, 0, n.getContext())};
    utils::IteratorType iterators[] = {utils::IteratorType::reduction};
    Value folded = generic(n, lengths, init, maps, iterators, [&](ValueRange args) {
      Value wide = args[0].getType() == type ? args[0]
                                             : arith::ExtSIOp::create(n, type, args[0]).getResult();
      return SmallVector<Value>{foldOnce(n, fold, args[1], wide, false)};
    })[0];
    Value number = tensor::ExtractOp::create(n, folded, ValueRange());
    number = arith::IndexCastOp::create(n, n.getIndexType(), number);
    Value some = compare(n, arith::CmpIPredicate::ugt, asValue(n, q.batch(n)), indexOf(n, 0));
    return arith::SelectOp::create(n, some, plus(n, number, indexOf(n, 1)), rows);
  }

  /// Rows of batch entry `batch` after, and before, this step.
  Value lengthAt(Value batch) {
    return plus(n, toIndex(n, tensor::ExtractOp::create(n, lengths, batch)), indexOf(n, 1));
  }
  Value pastAt(Value batch) { return toIndex(n, tensor::ExtractOp::create(n, pasts, batch)); }

  //===- Queries and keys -------------------------------------------------===//

  LogicalResult normalize() {
    if (!n.has(14))
      return success();
    double epsilon = n.op.floatAttribute("qk_norm_epsilon", 1e-6);
    for (auto [part, weight] : {std::pair(&q, n.in(14)), std::pair(&k, n.in(15))}) {
      FailureOr<Value> done = rmsNormalized(n, part->tensor, weight, epsilon);
      if (failed(done))
        return failure();
      part->tensor = *done;
    }
    return success();
  }

  /// Positions are given, or follow the past. Of a first step's only the first one counts.
  Value positions() {
    Value given = n.in(9);
    return compute(n, {q.batch(n), q.rows(n)}, n.getI64Type(), [&](ValueRange at) -> Value {
      Value later = given ? toIndex(n, tensor::ExtractOp::create(n, given, at))
                          : plus(n, pastAt(at[0]), at[1]);
      Value zero = indexOf(n, 0), first = zero;
      if (given)
        first = toIndex(n, tensor::ExtractOp::create(n, given, ValueRange{zero, zero}));
      Value position = arith::SelectOp::create(n, isFirst, plus(n, first, at[1]), later);
      return arith::IndexCastOp::create(n, n.getI64Type(), position);
    });
  }

  LogicalResult turn() {
    if (!n.op.intAttribute("do_rotary", 0))
      return success();
    if (!n.has(7) || !n.has(8))
      return n.malformed("'do_rotary' without tables of angles");
    if (Value given = n.in(9)) {
      Dims dims = n.dims(given), wanted = {q.batch(n), q.rows(n)};
      if (dims.size() != 2 ||
          failed(keepsDims(n, dims, wanted, "position_ids has not one number a row")))
        return n.malformed("position_ids has not the shape [batch, rows]");
    }
    bool interleaved = n.op.intAttribute("rotary_interleaved", 0) != 0;
    FailureOr<Angles> angles = anglesAt(n, n.in(7), n.in(8), positions(), interleaved);
    if (failed(angles))
      return failure();
    for (Heads *part : {&q, &k}) {
      FailureOr<Value> turned = rotate(n, *part, *angles);
      if (failed(turned))
        return failure();
      part->tensor = *turned;
    }
    return success();
  }

  //===- Caches -----------------------------------------------------------===//

  /// A cache with the past's rows of each entry and the new ones behind them; the rest is zero.
  LogicalResult fillCache() {
    Value most = arith::MaxSIOp::create(n, capacity, total);
    OpFoldResult length = simplified(most);
    for (auto [part, input] : {std::pair(&k, 3u), std::pair(&v, 4u)}) {
      Value fresh = withHeadsFirst(n, *part), past = n.in(input);
      Dims dims = n.dims(fresh);
      if (past && failed(checkPast(past, dims)))
        return failure();
      dims[2] = length;
      Value cache = filled(n, dims, scalar(n, getElementTypeOrSelf(fresh.getType()), 0));
      cache = loops(n, dims[0], cache, [&](ValueRange at, ValueRange carried) {
        Value before = pastAt(at[0]), all = carried[0];
        if (past)
          all = putRows(all, past, at[0], simplified(before), n.getIndexAttr(0));
        return SmallVector<Value>{putRows(all, fresh, at[0], q.rows(n), simplified(before))};
      })[0];
      if (failed(n.set(input - 2, cache)))
        return failure();
      OpFoldResult used = n.has(3) ? simplified(total) : length;
      *part = Heads{sliceAlong(n, cache, 2, n.getIndexAttr(0), used), true};
    }
    allowed = [this](ValueRange at) -> Value {
      Value row = plus(n, pastAt(at[0]), at[2]);
      return reaches(at[0], row, at[3]);
    };
    return success();
  }

  LogicalResult checkPast(Value past, const Dims &fresh) {
    Dims dims = n.dims(past);
    for (unsigned axis : {0, 1, 3})
      if (failed(agree(n, dims[axis], fresh[axis], "the past and new rows differ in a dimension")))
        return failure();
    return agree(n, dims[2], n.dims(n.in(3))[2], "past_key and past_value differ in length");
  }

  /// The first `count` rows of `from` for one batch entry, put at row `place`.
  Value putRows(Value into, Value from, Value batch, OpFoldResult count, OpFoldResult place) {
    Dims sizes = n.dims(from), start(4, n.getIndexAttr(0)), steps(4, n.getIndexAttr(1));
    sizes[0] = n.getIndexAttr(1);
    sizes[2] = count;
    start[0] = batch;
    Value part = tensor::ExtractSliceOp::create(n, from, start, sizes, steps);
    start[2] = place;
    return tensor::InsertSliceOp::create(n, part, into, start, sizes, steps);
  }

  /// Rows that a window-sized cache of `capacity` rows holds after `length` rows in all.
  Value resident(Value length) {
    Value slack = minus(n, capacity, indexOf(n, window - 1));
    slack = arith::MaxSIOp::create(n, slack, indexOf(n, 1));
    Value beyond = minus(n, length, capacity);
    Value rounds =
        arith::DivSIOp::create(n, minus(n, plus(n, beyond, slack), indexOf(n, 1)), slack);
    Value rest = minus(n, length, arith::MulIOp::create(n, slack, rounds));
    Value fits = compare(n, arith::CmpIPredicate::sle, length, capacity);
    return arith::SelectOp::create(n, fits, length, rest);
  }

  Value oldAt(Value batch) { return toIndex(n, tensor::ExtractOp::create(n, olds, batch)); }

  LogicalResult slideCache() {
    n.check(compare(n, arith::CmpIPredicate::sge, capacity, indexOf(n, window)),
            "the past has fewer rows than the window");
    auto residents = [&](llvm::function_ref<Value(Value)> lengthOf) {
      return compute(n, q.batch(n), n.getI64Type(), [&](ValueRange at) -> Value {
        return arith::IndexCastOp::create(n, n.getI64Type(), resident(lengthOf(at[0])));
      });
    };
    olds = residents([&](Value batch) { return pastAt(batch); });
    Value helds = residents([&](Value batch) { return lengthAt(batch); });
    for (auto [part, input] : {std::pair(&k, 3u), std::pair(&v, 4u)}) {
      Value fresh = withHeadsFirst(n, *part), past = n.in(input);
      Dims dims = n.dims(past);
      if (failed(checkPast(past, n.dims(fresh))))
        return failure();
      FailureOr<Value> both = appendRows(n, past, Heads{fresh, true});
      if (failed(both))
        return failure();
      Type element = getElementTypeOrSelf(past.getType());
      Value cache = compute(n, dims, element, [&](ValueRange at) -> Value {
        Value before = pastAt(at[0]), old = oldAt(at[0]);
        Value held = toIndex(n, tensor::ExtractOp::create(n, helds, at[0]));
        Value position = plus(n, minus(n, lengthAt(at[0]), held), at[2]);
        Value isNew = compare(n, arith::CmpIPredicate::sge, position, before);
        Value fromNew = plus(n, capacity, minus(n, position, before));
        Value fromOld = plus(n, minus(n, position, before), old);
        Value row = arith::SelectOp::create(n, isNew, fromNew, fromOld);
        Value used = compare(n, arith::CmpIPredicate::slt, at[2], held);
        row = arith::SelectOp::create(n, used, row, indexOf(n, 0));
        Value number = tensor::ExtractOp::create(n, *both, ValueRange{at[0], at[1], row, at[3]});
        return arith::SelectOp::create(n, used, number, scalar(n, element, 0));
      });
      if (failed(n.set(input - 2, cache)))
        return failure();
      *part = Heads{*both, true};
    }
    allowed = [this](ValueRange at) -> Value {
      Value before = pastAt(at[0]), old = oldAt(at[0]);
      Value isNew = compare(n, arith::CmpIPredicate::sge, at[3], capacity);
      Value held = compare(n, arith::CmpIPredicate::slt, at[3], old);
      Value newPosition = plus(n, before, minus(n, at[3], capacity));
      Value oldPosition = plus(n, minus(n, before, old), at[3]);
      Value position = arith::SelectOp::create(n, isNew, newPosition, oldPosition);
      Value there = arith::OrIOp::create(n, isNew, held);
      Value near = reaches(at[0], plus(n, before, at[2]), position);
      return arith::AndIOp::create(n, there, near);
    };
    return success();
  }

  /// Whether a row at position `row` attends to position `column`.
  Value reaches(Value batch, Value row, Value column) {
    if (!causal)
      return compare(n, arith::CmpIPredicate::slt, column, lengthAt(batch));
    Value near = compare(n, arith::CmpIPredicate::sle, column, row);
    if (window <= 0)
      return near;
    Value first = minus(n, row, indexOf(n, window));
    return arith::AndIOp::create(n, near, compare(n, arith::CmpIPredicate::sgt, column, first));
  }

  //===- The result -------------------------------------------------------===//

  /// The columns of the bias are those of the keys; there may be more of them.
  LogicalResult takeBias() {
    bias = n.in(10);
    Dims dims = n.dims(bias);
    if (dims.size() != 4)
      return n.malformed("attention_bias has not rank 4");
    OpFoldResult columns = k.rows(n);
    if (!same(dims[3], columns)) {
      n.check(compare(n, arith::CmpIPredicate::uge, asValue(n, dims[3]), asValue(n, columns)),
              "attention_bias has fewer columns than there are keys");
      bias = sliceAlong(n, bias, 3, n.getIndexAttr(0), columns);
    }
    return success();
  }

  LogicalResult finish() {
    moe::convert::Attention a;
    a.q = q, a.k = k, a.v = v;
    a.scale = n.op.floatAttribute("scale", 0);
    a.softcap = n.op.floatAttribute("softcap", 0);
    a.bias = bias;
    a.allowed = allowed;
    // What a cache holds behind its good rows may be anything.
    a.guarded = windowed;
    a.sink = n.in(11);
    OpFoldResult heads = q.heads(n);
    if (!a.sink && n.op.intAttribute("smooth_softmax", 0) > 0)
      a.sink = filled(n, heads, scalar(n, n.inElement(0), 0));
    FailureOr<Attended> done = attend(n, a, n.outElement(0));
    if (failed(done))
      return failure();
    Dims whole = {q.batch(n), q.rows(n), multiply(n, heads, q.size(n))};
    return n.set(0, reshape(n, done->result, whole));
  }

  Node &n;
  Heads q, k, v;
  int64_t window = -1;
  bool windowed = false, causal = true;
  /// [batch]: rows of each entry in all but one, before this step, and of them in a small cache.
  Value lengths, pasts, olds;
  /// Rows of the step, of the longest entry in all, and of the past's tensor.
  Value rows, total, capacity;
  Value isFirst, bias;
  std::function<Value(ValueRange)> allowed;
};

LogicalResult groupQueryAttention(Node &n) { return GroupQuery(n).run(); }

const Table::Row rows[] = {
    {"com.microsoft", "GroupQueryAttention", 1, groupQueryAttention},
};
} // namespace

ArrayRef<Table::Row> convert::groupQueryRows() { return rows; }
