//===- Attend.cpp - The formula of attention ------------------------------===//
//
// Two products with a softmax in between. Heads of keys are a loop of their own around the heads of
// queries that they serve, so that nothing is repeated, and rows are divided by their sum after the
// second product. One tensor holds the scores, rewritten in place step by step. Many rows are taken
// a block at a time, so that memory grows with the length of a sequence and not with its square; a
// row's numbers do not depend on the block that it is in.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

/// Rows of queries whose scores are in memory at a time.
static constexpr int64_t kBlockRows = 64;

namespace {
using Iterator = utils::IteratorType;

/// One attention while it is built.
class Attending {
public:
  Attending(Node &n, const Attention &a, Type element)
      : n(n), a(a), element(element),
        wide(computeType(getElementTypeOrSelf(a.q.tensor.getType()))) {}

  /// All operands are of one batch, one size of heads and one length. Comes before the rest.
  LogicalResult check() {
    OpFoldResult batch = a.q.batch(n), columns = a.k.rows(n);
    kvHeads = a.k.heads(n);
    group = divide(n, a.q.heads(n), kvHeads);
    dims = {batch, a.q.heads(n), a.q.rows(n), columns};
    const std::tuple<OpFoldResult, OpFoldResult, StringRef> pairs[] = {
        {batch, a.k.batch(n), "queries and keys differ in their batch"},
        {batch, a.v.batch(n), "queries and values differ in their batch"},
        {a.q.size(n), a.k.size(n), "queries and keys differ in the size of a head"},
        {columns, a.v.rows(n), "keys and values differ in their length"},
        {kvHeads, a.v.heads(n), "keys and values differ in their heads"},
        {multiply(n, group, kvHeads), a.q.heads(n),
         "heads of queries are no multiple of those of keys"}};
    for (const auto &[mine, other, what] : pairs)
      if (failed(agree(n, mine, other, what)))
        return failure();
    for (Value operand : {a.bias, a.mask})
      if (operand && failed(checkBroadcast(operand)))
        return failure();
    return a.sink ? agree(n, n.dims(a.sink)[0], dims[1], "the sink has not one number a head")
                  : success();
  }

  /// A block of rows after the other where they are many and no scores go out.
  Attended run() {
    std::optional<int64_t> rows = number(dims[2]);
    if (a.wanted == ScoreStep::None && !(rows && *rows <= kBlockRows))
      return {blocks(), {}};
    return atOnce();
  }

private:
  Attended atOnce() {
    Attended attended;
    Value scores = product();
    ScoreStep last = std::min(a.wanted, ScoreStep::Masked);
    if (last != ScoreStep::None && last != ScoreStep::Masked) {
      scores = attended.score = changed(scores, ScoreStep::None, last, /*inPlace=*/false);
      scores = changed(scores, last, ScoreStep::Masked, /*inPlace=*/false);
    } else {
      scores = changed(scores, ScoreStep::None, ScoreStep::Masked, /*inPlace=*/true);
      if (a.wanted == ScoreStep::Masked)
        attended.score = scores;
    }
    Value shift = largest(scores), exps = exponentials(scores, shift), sum = sums(exps, shift);
    if (a.wanted == ScoreStep::Softmax)
      attended.score = divided(exps, sum);
    attended.result = result(exps, sum);
    return attended;
  }

  LogicalResult checkBroadcast(Value operand) {
    FailureOr<Dims> all = broadcast(n, {dims, n.dims(operand)});
    if (failed(all))
      return failure();
    if (all->size() != dims.size())
      return n.malformed("a mask has more than four dimensions");
    return keepsDims(n, dims, *all, "a mask does not broadcast to the scores");
  }

  /// What is read of an operand for these rows. It fits the scores already.
  Value rowsOf(Value operand, OpFoldResult first, OpFoldResult count) {
    Dims from = operand ? n.dims(operand) : Dims();
    if (from.size() < 2 || isStatic(from[from.size() - 2], 1))
      return operand;
    return sliceAlong(n, operand, from.size() - 2, first, count);
  }

  Value blocks() {
    Dims whole = n.dims(a.q.tensor);
    whole[3] = a.v.size(n);
    for (Value *operand : {&a.bias, &a.mask})
      if (*operand)
        *operand = fit(n, *operand, dims).first;
    OpFoldResult size = n.getIndexAttr(kBlockRows);
    OpFoldResult count = divide(n, add(n, dims[2], n.getIndexAttr(kBlockRows - 1)), size);
    return loops(n, count, empty(n, whole, element), [&](ValueRange index, ValueRange carried) {
      OpFoldResult first = multiply(n, index[0], size), rows = size;
      if (!number(dims[2]) || *number(dims[2]) % kBlockRows)
        rows = Value(
            arith::MinSIOp::create(n, asValue(n, size), asValue(n, subtract(n, dims[2], first))));
      Value result = block(first, rows);
      return SmallVector<Value>{insertAlong(n, result, carried[0], a.q.rowAxis(), first)};
    })[0];
  }

  Value block(OpFoldResult first, OpFoldResult rows) {
    Attending part = *this;
    part.a.q.tensor = sliceAlong(n, a.q.tensor, a.q.rowAxis(), first, rows);
    part.a.bias = rowsOf(a.bias, first, rows);
    part.a.mask = rowsOf(a.mask, first, rows);
    part.dims[2] = rows;
    auto allowed = [&](ValueRange at) {
      SmallVector<Value> moved(at);
      moved[2] = arith::AddIOp::create(n, at[2], asValue(n, first));
      return a.allowed(moved);
    };
    if (a.allowed)
      part.a.allowed = allowed;
    return part.atOnce().result;
  }

  AffineMap mapOf(ArrayRef<unsigned> order, unsigned loops) {
    SmallVector<AffineExpr> reads;
    for (unsigned loop : order)
      reads.push_back(n.getAffineDimExpr(loop));
    return AffineMap::get(loops, 0, reads, n.getContext());
  }

  /// Queries, or what is laid out like them, with a dimension for the heads of keys.
  Value grouped(Value value) {
    Dims from = n.dims(value), to(from);
    unsigned axis = from.size() == 3 || a.q.headsFirst ? 1 : 2;
    to[axis] = kvHeads;
    to.insert(to.begin() + axis + 1, group);
    return reshape(n, value, to);
  }

  /// Loops: batch, head of keys, head within its group, row, then `inner`.
  SmallVector<unsigned> queryOrder(unsigned inner) const {
    if (a.q.headsFirst)
      return {0, 1, 2, 3, inner};
    return {0, 3, 1, 2, inner};
  }
  static SmallVector<unsigned> keyOrder(Heads heads, unsigned row, unsigned inner) {
    if (heads.headsFirst)
      return {0, 1, row, inner};
    return {0, row, 1, inner};
  }

  /// q k^T, in the width of computation.
  Value product() {
    Value zero = scalar(n, wide, 0);
    Value init = filled(n, {dims[0], kvHeads, group, dims[2], dims[3]}, zero);
    AffineMap maps[] = {mapOf(queryOrder(5), 6), mapOf(keyOrder(a.k, 4, 5), 6),
                        mapOf({0, 1, 2, 3, 4}, 6)};
    SmallVector<Iterator> iterators(6, Iterator::parallel);
    iterators.back() = Iterator::reduction;
    Value raw = generic(
        n, {grouped(a.q.tensor), a.k.tensor}, init, maps, iterators,
        [&](ValueRange args) -> SmallVector<Value> {
          Value q = widen(n, args[0]), k = widen(n, args[1]);
          return {foldOnce(n, Fold::Sum, args[2], foldOnce(n, Fold::Product, q, k, false), false)};
        })[0];
    return reshape(n, raw, dims);
  }

  /// 1 / sqrt(size) as a scalar, or what the node says.
  Value scale() {
    OpFoldResult size = a.q.size(n);
    if (a.scale != 0)
      return scalar(n, wide, a.scale);
    if (number(size))
      return scalar(n, wide, 1.0 / std::sqrt(static_cast<double>(*number(size))));
    Value whole = arith::IndexCastOp::create(n, n.getI64Type(), asValue(n, size));
    Value root = math::SqrtOp::create(n, arith::SIToFPOp::create(n, wide, whole));
    return arith::DivFOp::create(n, scalar(n, wide, 1), root);
  }

  /// The scores at step `to` from those at step `from`.
  Value changed(Value scores, ScoreStep from, ScoreStep to, bool inPlace) {
    Value factor = from < ScoreStep::Product ? scale() : Value();
    SmallVector<Value> ins;
    SmallVector<AffineMap> maps;
    for (Value operand : {a.bias, a.mask}) {
      if (!operand || to < ScoreStep::Masked)
        continue;
      auto [read, map] = fit(n, operand, dims);
      ins.push_back(read);
      maps.push_back(map);
    }
    AffineMap identity = n.getMultiDimIdentityMap(4);
    Value out = scores;
    if (!inPlace) {
      ins.push_back(scores);
      maps.push_back(identity);
      out = empty(n, dims, wide);
    }
    maps.push_back(identity);
    SmallVector<Iterator> iterators(4, Iterator::parallel);
    return generic(n, ins, out, maps, iterators, [&](ValueRange args) -> SmallVector<Value> {
      Value x = args[inPlace ? args.size() - 1 : args.size() - 2];
      if (factor)
        x = arith::MulFOp::create(n, x, factor);
      if (from < ScoreStep::Capped && to >= ScoreStep::Capped)
        x = capped(x);
      return {to < ScoreStep::Masked ? x : masked(x, args)};
    })[0];
  }

  Value capped(Value x) {
    if (a.softcap == 0)
      return x;
    Value cap = scalar(n, wide, a.softcap);
    return arith::MulFOp::create(n, cap, math::TanhOp::create(n, arith::DivFOp::create(n, x, cap)));
  }

  Value masked(Value x, ValueRange args) {
    Value lowest = scalar(n, wide, -std::numeric_limits<double>::infinity());
    if (a.bias)
      x = arith::AddFOp::create(n, x, widen(n, args[0]));
    if (a.mask)
      x = arith::SelectOp::create(n, args[a.bias ? 1 : 0], x, lowest);
    if (a.allowed)
      x = arith::SelectOp::create(n, a.allowed(iterationIndices(n, 4)), x, lowest);
    return x;
  }

  /// The sink's scores as [heads, 1]: they broadcast to [batch, heads, rows].
  Value sinkColumn() { return reshape(n, a.sink, {dims[1], n.getIndexAttr(1)}); }

  /// What is subtracted before exp: a row's largest score; 0 where there is none.
  Value largest(Value scores) {
    Value most = reduce(n, scores, {3}, Fold::Max);
    SmallVector<Value> operands = {most};
    if (a.sink)
      operands.push_back(sinkColumn());
    return pointwise(n, operands, n.dims(most), wide, [&](ValueRange args) -> Value {
      Value x = args[0];
      if (a.sink)
        x = arith::MaximumFOp::create(n, x, args[1]);
      Value lowest = scalar(n, wide, -std::numeric_limits<double>::infinity());
      Value none = arith::CmpFOp::create(n, arith::CmpFPredicate::OEQ, x, lowest);
      return arith::SelectOp::create(n, none, scalar(n, wide, 0), x);
    });
  }

  Value exponentials(Value scores, Value shift) {
    AffineMap identity = n.getMultiDimIdentityMap(4);
    AffineMap rows = mapOf({0, 1, 2}, 4);
    SmallVector<Iterator> iterators(4, Iterator::parallel);
    auto power = [&](Value x, Value most) -> Value {
      return math::ExpOp::create(n, arith::SubFOp::create(n, x, most));
    };
    // Scores that go out may not be overwritten.
    if (a.wanted == ScoreStep::Masked)
      return generic(
          n, {scores, shift}, empty(n, dims, wide), {identity, rows, identity}, iterators,
          [&](ValueRange args) -> SmallVector<Value> { return {power(args[0], args[1])}; })[0];
    return generic(
        n, shift, scores, {rows, identity}, iterators,
        [&](ValueRange args) -> SmallVector<Value> { return {power(args[1], args[0])}; })[0];
  }

  Value sums(Value exps, Value shift) {
    Value sum = reduce(n, exps, {3}, Fold::Sum);
    if (!a.sink)
      return sum;
    return pointwise(
        n, {sum, shift, sinkColumn()}, n.dims(sum), wide, [&](ValueRange args) -> Value {
          Value power = math::ExpOp::create(n, arith::SubFOp::create(n, args[2], args[1]));
          return arith::AddFOp::create(n, args[0], power);
        });
  }

  /// x / sum, and 0 where nothing was summed.
  Value quotient(Value x, Value sum) {
    Value zero = scalar(n, wide, 0);
    Value none = arith::CmpFOp::create(n, arith::CmpFPredicate::OEQ, sum, zero);
    return arith::SelectOp::create(n, none, zero, arith::DivFOp::create(n, x, sum));
  }

  Value divided(Value exps, Value sum) {
    AffineMap identity = n.getMultiDimIdentityMap(4);
    SmallVector<Iterator> iterators(4, Iterator::parallel);
    return generic(
        n, {exps, sum}, empty(n, dims, wide), {identity, mapOf({0, 1, 2}, 4), identity}, iterators,
        [&](ValueRange args) -> SmallVector<Value> { return {quotient(args[0], args[1])}; })[0];
  }

  /// exps v / sum, laid out as the queries.
  Value result(Value exps, Value sum) {
    Dims whole = n.dims(a.q.tensor);
    whole[3] = a.v.size(n);
    Dims apart = n.dims(grouped(a.q.tensor));
    apart[4] = whole[3];
    Value init = filled(n, apart, scalar(n, wide, 0));
    Value exps5 = reshape(n, exps, {dims[0], kvHeads, group, dims[2], dims[3]});
    AffineMap maps[] = {mapOf({0, 1, 2, 3, 5}, 6), mapOf(keyOrder(a.v, 5, 4), 6),
                        mapOf(queryOrder(4), 6)};
    SmallVector<Iterator> iterators(6, Iterator::parallel);
    iterators.back() = Iterator::reduction;
    Value total = generic(
        n, {exps5, a.v.tensor}, init, maps, iterators, [&](ValueRange args) -> SmallVector<Value> {
          return {foldOnce(n, Fold::Sum, args[2], weighted(args[0], widen(n, args[1])), false)};
        })[0];
    SmallVector<Iterator> all(5, Iterator::parallel);
    AffineMap there = mapOf(queryOrder(4), 5);
    Value divided = generic(n, {total, grouped(sum)}, empty(n, apart, element),
                            {there, mapOf({0, 1, 2, 3}, 5), there}, all,
                            [&](ValueRange args) -> SmallVector<Value> {
                              return {narrow(n, quotient(args[0], args[1]), element)};
                            })[0];
    return reshape(n, divided, whole);
  }

  Value weighted(Value weight, Value value) {
    Value product = foldOnce(n, Fold::Product, weight, value, false);
    if (!a.guarded)
      return product;
    Value zero = scalar(n, wide, 0);
    Value none = arith::CmpFOp::create(n, arith::CmpFPredicate::OEQ, weight, zero);
    return arith::SelectOp::create(n, none, zero, product);
  }

  Node &n;
  Attention a;
  Type element, wide;
  /// Batch, heads, rows and columns of the scores.
  Dims dims;
  OpFoldResult kvHeads, group;
};
} // namespace

FailureOr<Attended> convert::attend(Node &n, const Attention &attention, Type element) {
  Attending attending(n, attention, element);
  if (failed(attending.check()))
    return failure();
  return attending.run();
}
