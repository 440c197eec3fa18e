//===- Recurrent.cpp - Layers that carry a state along the tokens ---------===//
//
// Linear attention walks the tokens in order with one state a head, and works on all heads of all
// batch entries at once. The causal convolution sees its state as what stands before the input.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/Formulas.h"
#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
using Iterator = utils::IteratorType;

AffineMap mapOf(Node &n, ArrayRef<unsigned> order, unsigned loops) {
  SmallVector<AffineExpr> reads;
  for (unsigned loop : order)
    reads.push_back(n.getAffineDimExpr(loop));
  return AffineMap::get(loops, 0, reads, n.getContext());
}

Value product(Node &n, Value a, Value b) { return arith::MulFOp::create(n, a, b); }

/// `value` without dimension `axis`, at place `at` of it.
Value at(Node &n, Value value, int64_t axis, Value place) {
  Dims dims = n.dims(value), offsets(dims.size(), n.getIndexAttr(0)), sizes = dims;
  Dims steps(dims.size(), n.getIndexAttr(1));
  offsets[axis] = place;
  sizes[axis] = n.getIndexAttr(1);
  dims.erase(dims.begin() + axis);
  auto type = typeOf(dims, getElementTypeOrSelf(value.getType()));
  Value part = tensor::ExtractSliceOp::create(n, type, value, offsets, sizes, steps);
  n.remember(part, dims);
  return part;
}

/// The other way round.
Value putAt(Node &n, Value part, Value into, int64_t axis, Value place) {
  Dims sizes = n.dims(into), offsets(sizes.size(), n.getIndexAttr(0));
  Dims steps(sizes.size(), n.getIndexAttr(1)), whole = sizes;
  offsets[axis] = place;
  sizes[axis] = n.getIndexAttr(1);
  Value result = tensor::InsertSliceOp::create(n, part, into, offsets, sizes, steps);
  n.remember(result, whole);
  return result;
}

/// The last slot of a window of states; the state itself where there is no window.
Value lastSlot(Node &n, Value state, int64_t window) {
  return window ? at(n, state, 0, indexOf(n, window - 1)) : state;
}

FailureOr<int64_t> windowOf(Node &n) {
  int64_t window = n.op.intAttribute("state_window", 0);
  if (window < 0 || window > 64)
    return n.malformed("attribute 'state_window' is " + Twine(window));
  return window;
}

/// One linear attention while it is built. Loops over heads are two: keys' heads, and heads of
/// queries that share one (or, the other way round, queries' heads and heads of keys of each).
class LinearAttention {
public:
  explicit LinearAttention(Node &n) : n(n), wide(n.getF32Type()) {}

  LogicalResult run() {
    if (failed(takeAttributes()) || failed(takeOperands()) || failed(takeGates()))
      return failure();
    FailureOr<Value> state = start();
    if (failed(state))
      return failure();
    Dims whole = {q.batch(n), q.rows(n), n.getIndexAttr(outer), n.getIndexAttr(inner), v.size(n)};
    SmallVector<Value> carried = {*state, empty(n, whole, n.outElement(0))};
    if (window && n.wants(1)) {
      Dims slots = n.dims(*state);
      slots.insert(slots.begin(), n.getIndexAttr(window));
      carried.push_back(filled(n, slots, scalar(n, n.outElement(1), 0)));
    }
    SmallVector<Value> done =
        loops(n, q.rows(n), carried, [&](ValueRange i, ValueRange now) { return step(i[0], now); });
    if (n.wants(1) &&
        failed(n.set(1, window ? done[2] : convertFloat(n, done[0], n.outElement(1)))))
      return failure();
    OpFoldResult width = multiply(n, n.getIndexAttr(outer * inner), v.size(n));
    return n.set(0, reshape(n, done[1], {q.batch(n), q.rows(n), width}));
  }

private:
  LogicalResult takeAttributes() {
    StringRef rule = n.op.stringAttribute("update_rule", "gated_delta");
    if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta")
      return n.malformed("update_rule '" + rule + "'");
    gated = rule.starts_with("gated"), delta = rule.ends_with("delta");
    if (gated != n.has(4) || delta != n.has(5))
      return n.malformed("decay or beta do not fit the update_rule '" + rule + "'");
    heads = n.op.intAttribute("q_num_heads", 0), kvHeads = n.op.intAttribute("kv_num_heads", 0);
    if (heads < 1 || kvHeads < 1 || (heads % kvHeads && kvHeads % heads))
      return n.malformed("one of 'q_num_heads' and 'kv_num_heads' is no multiple of the other");
    outer = std::min(heads, kvHeads), inner = std::max(heads, kvHeads) / outer;
    FailureOr<int64_t> slots = windowOf(n);
    if (failed(slots))
      return failure();
    window = *slots;
    return success();
  }

  LogicalResult takeOperands() {
    FailureOr<Heads> parts[] = {splitHeads(n, n.in(0), n.getIndexAttr(heads)),
                                splitHeads(n, n.in(1), n.getIndexAttr(kvHeads)),
                                splitHeads(n, n.in(2), n.getIndexAttr(kvHeads))};
    if (failed(parts[0]) || failed(parts[1]) || failed(parts[2]))
      return failure();
    q = *parts[0], k = *parts[1], v = *parts[2];
    for (Heads other : {k, v})
      if (failed(agree(n, q.batch(n), other.batch(n), "operands differ in their batch")) ||
          failed(agree(n, q.rows(n), other.rows(n), "operands differ in their length")))
        return failure();
    return agree(n, q.size(n), k.size(n), "queries and keys differ in the size of a head");
  }

  /// Decay as [batch, rows, heads, size or 1], beta as [batch, rows, heads or 1].
  LogicalResult takeGates() {
    for (unsigned input : {4u, 5u}) {
      if (!n.has(input))
        continue;
      Dims dims = n.dims(n.in(input));
      if (dims.size() != 3 || !number(dims[2]))
        return n.unsupported("decay or beta of unknown width");
      if (failed(agree(n, dims[0], q.batch(n), "decay or beta differ in their batch")) ||
          failed(agree(n, dims[1], q.rows(n), "decay or beta differ in their length")))
        return failure();
    }
    OpFoldResult perHead = n.getIndexAttr(kvHeads), one = n.getIndexAttr(1);
    if (gated) {
      Dims dims = n.dims(n.in(4));
      bool whole = same(dims[2], perHead);
      OpFoldResult size = whole ? one : k.size(n);
      if (failed(agree(n, multiply(n, perHead, size), dims[2],
                       "decay is not one number a head or key")))
        return failure();
      decay = reshape(n, n.in(4), {dims[0], dims[1], perHead, size});
    }
    beta = delta ? n.in(5) : Value();
    if (delta && !isStatic(n.dims(beta)[2], 1) && !same(n.dims(beta)[2], perHead))
      return n.malformed("beta is not one number a head");
    return success();
  }

  /// The state before the first token, in the width of computation.
  FailureOr<Value> start() {
    Dims dims = {q.batch(n), n.getIndexAttr(kvHeads), k.size(n), v.size(n)};
    if (!n.has(3))
      return filled(n, dims, scalar(n, wide, 0));
    if (n.rank(3) != (window ? 5 : 4))
      return n.malformed("a state of rank " + Twine(n.rank(3)));
    Value past = lastSlot(n, n.in(3), window);
    if (failed(keepsDims(n, n.dims(past), dims, "the state does not fit the heads")))
      return failure();
    return convertFloat(n, past, wide);
  }

  SmallVector<Value> step(Value i, ValueRange now) {
    Value state = now[0];
    Value key = at(n, k.tensor, 1, i), value = at(n, v.tensor, 1, i);
    Value gate = gated ? at(n, decay, 1, i) : Value();
    Value change = delta ? corrected(state, key, value, gate, at(n, beta, 1, i)) : value;
    state = updated(state, key, change, gate);
    Value out = putAt(n, output(state, at(n, q.tensor, 1, i)), now[1], 1, i);
    SmallVector<Value> next = {state, out};
    if (now.size() > 2) {
      // Early tokens fall into the first slot, which the right one overwrites.
      Value length = asValue(n, q.rows(n));
      Value slot =
          arith::SubIOp::create(n, arith::AddIOp::create(n, i, indexOf(n, window)), length);
      slot = arith::MaxSIOp::create(n, slot, indexOf(n, 0));
      next.push_back(putAt(n, convertFloat(n, state, n.outElement(1)), now[2], 0, slot));
    }
    return next;
  }

  /// Reads a gate of [batch, heads, size or 1] by loops (batch, head, .., size).
  AffineMap gateMap(Value gate, unsigned size, unsigned loops) {
    SmallVector<AffineExpr> reads = {n.getAffineDimExpr(0), n.getAffineDimExpr(1),
                                     n.getAffineDimExpr(size)};
    if (isStatic(n.dims(gate)[2], 1))
      reads[2] = n.getAffineConstantExpr(0);
    return AffineMap::get(loops, 0, reads, n.getContext());
  }

  Value kept(Value state, Value gate) {
    return gate ? product(n, state, math::ExpOp::create(n, widen(n, gate))) : state;
  }

  /// beta * (value - what the state holds for the key).
  Value corrected(Value state, Value key, Value value, Value gate, Value rate) {
    Dims dims = n.dims(value);
    SmallVector<Value> ins = {state, key};
    SmallVector<AffineMap> maps = {mapOf(n, {0, 1, 3, 2}, 4), mapOf(n, {0, 1, 3}, 4)};
    if (gate) {
      ins.push_back(gate);
      maps.push_back(gateMap(gate, 3, 4));
    }
    maps.push_back(mapOf(n, {0, 1, 2}, 4));
    SmallVector<Iterator> iterators(4, Iterator::parallel);
    iterators.back() = Iterator::reduction;
    Value init = filled(n, dims, scalar(n, wide, 0));
    Value held = generic(n, ins, init, maps, iterators, [&](ValueRange args) -> SmallVector<Value> {
      Value old = kept(args[0], gate ? args[2] : Value());
      return {foldOnce(n, Fold::Sum, args.back(), product(n, old, widen(n, args[1])), false)};
    })[0];
    Dims rates = n.dims(rate);
    rates.push_back(n.getIndexAttr(1));
    return pointwise(n, {value, held, reshape(n, rate, rates)}, dims, wide,
                     [&](ValueRange args) -> Value {
                       return product(n, args[2], arith::SubFOp::create(n, args[0], args[1]));
                     });
  }

  /// The kept state plus key x change, in place.
  Value updated(Value state, Value key, Value change, Value gate) {
    SmallVector<Value> ins = {key, change};
    SmallVector<AffineMap> maps = {mapOf(n, {0, 1, 2}, 4), mapOf(n, {0, 1, 3}, 4)};
    if (gate) {
      ins.push_back(gate);
      maps.push_back(gateMap(gate, 2, 4));
    }
    maps.push_back(n.getMultiDimIdentityMap(4));
    SmallVector<Iterator> iterators(4, Iterator::parallel);
    return generic(n, ins, state, maps, iterators, [&](ValueRange args) -> SmallVector<Value> {
      Value old = kept(args.back(), gate ? args[2] : Value());
      Value add = product(n, widen(n, args[0]), widen(n, args[1]));
      return {arith::AddFOp::create(n, old, add)};
    })[0];
  }

  /// scale * q^T state as [batch, outer, inner, size of a value].
  Value output(Value state, Value query) {
    bool shared = heads >= kvHeads;
    OpFoldResult a = n.getIndexAttr(outer), b = n.getIndexAttr(inner);
    OpFoldResult batch = q.batch(n), size = k.size(n), width = v.size(n);
    Dims dims = {batch, a, b, width};
    if (shared)
      query = reshape(n, query, {batch, a, b, size});
    else
      state = reshape(n, state, {batch, a, b, size, width});
    // Loops: batch, outer, inner, number of the value, number of the key.
    AffineMap maps[] = {shared ? mapOf(n, {0, 1, 4, 3}, 5) : mapOf(n, {0, 1, 2, 4, 3}, 5),
                        shared ? mapOf(n, {0, 1, 2, 4}, 5) : mapOf(n, {0, 1, 4}, 5),
                        mapOf(n, {0, 1, 2, 3}, 5)};
    SmallVector<Iterator> iterators(5, Iterator::parallel);
    iterators.back() = Iterator::reduction;
    Value init = filled(n, dims, scalar(n, wide, 0));
    Value sum = generic(
        n, {state, query}, init, maps, iterators, [&](ValueRange args) -> SmallVector<Value> {
          return {foldOnce(n, Fold::Sum, args[2], product(n, args[0], widen(n, args[1])), false)};
        })[0];
    Value factor = scale();
    return pointwise(n, sum, dims, n.outElement(0),
                     [&](ValueRange args) { return product(n, args[0], factor); });
  }

  Value scale() {
    double given = n.op.floatAttribute("scale", 0);
    if (given != 0)
      return scalar(n, wide, given);
    Value size = arith::IndexCastOp::create(n, n.getI64Type(), asValue(n, k.size(n)));
    Value root = math::SqrtOp::create(n, arith::SIToFPOp::create(n, wide, size));
    return arith::DivFOp::create(n, scalar(n, wide, 1), root);
  }

  Node &n;
  Type wide;
  Heads q, k, v;
  Value decay, beta;
  bool gated = false, delta = false;
  int64_t heads = 0, kvHeads = 0, outer = 0, inner = 0, window = 0;
};

LogicalResult linearAttention(Node &n) { return LinearAttention(n).run(); }

/// scale * softplus(a + bias), and sigmoid(b).
LogicalResult linearAttentionGate(Node &n) {
  FailureOr<Value> decay =
      elementwise(n, {n.in(0), n.in(1), n.in(2)}, n.outElement(0), [&](ValueRange args) -> Value {
        Value sum = arith::AddFOp::create(n, args[0], args[1]);
        return product(n, args[2], formula::softplus(n, sum));
      });
  if (failed(decay) || failed(n.set(0, *decay)) || !n.wants(1))
    return failure(failed(decay));
  if (!n.has(3))
    return n.malformed("beta is wanted and b is left out");
  return n.set(1, pointwise(n, n.in(3), n.dims(n.in(3)), n.outElement(1),
                            [&](ValueRange args) { return formula::sigmoid(n, args[0]); }));
}

/// One causal convolution while it is built: [batch, channels, length], or channels last.
class CausalConv {
public:
  explicit CausalConv(Node &n) : n(n), type(n.inElement(0)) {}

  LogicalResult run() {
    if (failed(takeForm()))
      return failure();
    Value x = n.in(0);
    Dims shape = n.dims(x);
    if (last) {
      OpFoldResult channels = product(n, ArrayRef<OpFoldResult>(shape).drop_front(2));
      x = reshape(n, x, {shape[0], shape[1], channels});
    }
    dims = n.dims(x);
    FailureOr<Value> padded = withState(x);
    if (failed(padded))
      return failure();
    Value result = convolved(*padded);
    if (failed(n.set(0, reshape(n, result, shape))))
      return failure();
    return n.wants(1) ? n.set(1, present(*padded)) : success();
  }

private:
  static OpFoldResult product(Node &n, ArrayRef<OpFoldResult> all) {
    return convert::product(n, all);
  }

  LogicalResult takeForm() {
    activation = n.op.stringAttribute("activation", "none");
    if (activation != "none" && activation != "silu" && activation != "swish")
      return n.malformed("activation '" + activation + "'");
    if (n.op.intAttribute("ndim", 1) != 1)
      return n.unsupported("more than one spatial dimension");
    last = n.op.intAttribute("channels_last", 0) != 0;
    dilation = n.op.intAttribute("dilation", 1);
    FailureOr<int64_t> slots = windowOf(n);
    if (failed(slots))
      return failure();
    window = *slots;
    if (dilation < 1 || dilation > (1 << 20) || n.rank(1) != 3 || n.rank(0) < 3 ||
        (n.rank(0) > 3 && !last))
      return n.malformed("dilation, or the rank of the input or the weights");
    Dims weights = n.dims(n.in(1));
    if (!number(weights[2]) || *number(weights[2]) < 1)
      return n.unsupported("a kernel of unknown size");
    kernel = *number(weights[2]);
    length = (kernel - 1) * dilation;
    return agree(n, weights[1], n.getIndexAttr(1), "the kernel is not depthwise");
  }

  int64_t rowAxis() const { return last ? 1 : 2; }
  int64_t channelAxis() const { return last ? 2 : 1; }

  /// The state, or zeros, with the input behind it.
  FailureOr<Value> withState(Value x) {
    for (unsigned input : {1u, 2u})
      if (n.has(input) && failed(agree(n, n.dims(n.in(input))[0], dims[channelAxis()],
                                       "the kernel or bias has other channels")))
        return failure();
    Dims whole = dims, state = dims;
    state[rowAxis()] = n.getIndexAttr(length);
    whole[rowAxis()] = add(n, dims[rowAxis()], state[rowAxis()]);
    Value all = empty(n, whole, type);
    Value before;
    if (n.has(3)) {
      Value past = lastSlot(n, n.in(3), window);
      if (last && n.dims(past).size() > 3) {
        Dims have = n.dims(past);
        past = reshape(n, past,
                       {have[0], have[1], product(n, ArrayRef<OpFoldResult>(have).drop_front(2))});
      }
      if (n.dims(past).size() != 3 ||
          failed(keepsDims(n, n.dims(past), state, "the state does not fit the input")))
        return n.malformed("a state that does not fit the input");
      before = past;
    } else {
      before = filled(n, state, scalar(n, type, 0));
    }
    all = insertAlong(n, before, all, rowAxis(), n.getIndexAttr(0));
    return insertAlong(n, x, all, rowAxis(), n.getIndexAttr(length));
  }

  Value convolved(Value padded) {
    Type wide = computeType(type);
    AffineExpr b = n.getAffineDimExpr(0), one = n.getAffineDimExpr(1), two = n.getAffineDimExpr(2);
    AffineExpr tap = n.getAffineDimExpr(3), channel = last ? two : one, row = last ? one : two;
    AffineExpr from = row + tap * dilation;
    AffineMap input = AffineMap::get(
        4, 0, last ? ArrayRef{b, from, channel} : ArrayRef{b, channel, from}, n.getContext());
    AffineMap weight =
        AffineMap::get(4, 0, {channel, n.getAffineConstantExpr(0), tap}, n.getContext());
    AffineMap maps[] = {input, weight, mapOf(n, {0, 1, 2}, 4)};
    SmallVector<Iterator> iterators(4, Iterator::parallel);
    iterators.back() = Iterator::reduction;
    Value init = filled(n, dims, scalar(n, wide, 0));
    Value sum = generic(n, {padded, n.in(1)}, init, maps, iterators,
                        [&](ValueRange args) -> SmallVector<Value> {
                          return {foldOnce(n, Fold::Sum, args[2],
                                           convert::foldOnce(n, Fold::Product, widen(n, args[0]),
                                                             widen(n, args[1]), false),
                                           false)};
                        })[0];
    SmallVector<Value> operands = {sum};
    if (n.has(2)) {
      Dims column = {dims[channelAxis()]};
      if (!last)
        column.push_back(n.getIndexAttr(1));
      operands.push_back(reshape(n, n.in(2), column));
    }
    return pointwise(n, operands, dims, type, [&](ValueRange args) -> Value {
      Value x = args[0];
      if (args.size() > 1)
        x = arith::AddFOp::create(n, x, args[1]);
      return activation == "none" ? x : formula::swish(n, x, 1.0);
    });
  }

  /// The state behind the last row, or behind each of the last rows.
  Value present(Value padded) {
    OpFoldResult rows = dims[rowAxis()];
    Dims shape = dims;
    shape[rowAxis()] = n.getIndexAttr(length);
    Dims declared = shape;
    if (last) {
      Dims whole = n.dims(n.in(0));
      declared.pop_back();
      declared.append(whole.begin() + 2, whole.end());
    }
    if (!window)
      return reshape(n, sliceAlong(n, padded, rowAxis(), rows, n.getIndexAttr(length)), declared);
    Dims slots = shape;
    slots.insert(slots.begin(), n.getIndexAttr(window));
    Value first = arith::SubIOp::create(n, asValue(n, rows), indexOf(n, window - 1));
    Value zero = scalar(n, type, 0);
    Value all = compute(n, slots, type, [&](ValueRange i) -> Value {
      // A slot before the first row holds nothing.
      Value start = arith::AddIOp::create(n, first, i[0]);
      Value good = arith::CmpIOp::create(n, arith::CmpIPredicate::sgt, start, indexOf(n, 0));
      SmallVector<Value> place(i.drop_front());
      Value row = arith::AddIOp::create(n, start, place[rowAxis()]);
      place[rowAxis()] = arith::SelectOp::create(n, good, row, indexOf(n, 0));
      return arith::SelectOp::create(n, good, tensor::ExtractOp::create(n, padded, place), zero);
    });
    declared.insert(declared.begin(), n.getIndexAttr(window));
    return reshape(n, all, declared);
  }

  Node &n;
  Type type;
  StringRef activation;
  bool last = false;
  int64_t dilation = 1, window = 0, kernel = 0, length = 0;
  Dims dims;
};

LogicalResult causalConv(Node &n) { return CausalConv(n).run(); }

/// x + y * gate, the product rounded to the inputs' type.
LogicalResult gatedAdd(Node &n) {
  Type element = n.inElement(0);
  FailureOr<Value> result =
      elementwise(n, {n.in(0), n.in(1), n.in(2)}, n.outElement(0), [&](ValueRange args) -> Value {
        Value scaled = widen(n, narrow(n, product(n, args[1], args[2]), element));
        return arith::AddFOp::create(n, args[0], scaled);
      });
  return failed(result) ? failure() : n.set(0, *result);
}

const Table::Row rows[] = {
    {"", "CausalConvWithState", 27, causalConv},
    {"", "LinearAttention", 27, linearAttention},
    {"com.microsoft", "CausalConvWithState", 1, causalConv},
    {"com.microsoft", "GatedAdd", 1, gatedAdd},
    {"com.microsoft", "LinearAttention", 1, linearAttention},
    {"com.microsoft", "LinearAttentionGate", 1, linearAttentionGate},
};
} // namespace

ArrayRef<Table::Row> convert::recurrentRows() { return rows; }
