//===- Attention.cpp - ONNX's attention -----------------------------------===//
//
// The cache either passes through the operator (past and present) or is kept outside of it, with
// the number of good rows as an input.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// A mask for `columns` columns: what it lacks at its end is not attended to.
FailureOr<Value> lengthened(Node &n, Value mask, OpFoldResult columns) {
  Dims dims = n.dims(mask);
  if (dims.empty() || same(dims.back(), columns))
    return mask;
  OpFoldResult have = dims.back();
  if (number(have) && number(columns) && *number(have) > *number(columns))
    return n.malformed("a mask of " + Twine(*number(have)) + " columns for " +
                       Twine(*number(columns)) + " keys");
  if (!number(have) || !number(columns))
    n.check(
        arith::CmpIOp::create(n, arith::CmpIPredicate::ule, asValue(n, have), asValue(n, columns)),
        "a mask has more columns than there are keys");
  dims.back() = columns;
  Type type = getElementTypeOrSelf(mask.getType());
  Value nothing = type.isInteger(1) ? integer(n, type, 0)
                                    : scalar(n, type, -std::numeric_limits<double>::infinity());
  return insertAlong(n, mask, filled(n, dims, nothing), dims.size() - 1, n.getIndexAttr(0));
}

LogicalResult takeMask(Node &n, Attention &a) {
  if (!n.has(3))
    return success();
  FailureOr<Value> mask = lengthened(n, n.in(3), a.k.rows(n));
  if (failed(mask))
    return failure();
  Type type = getElementTypeOrSelf(mask->getType());
  if (!type.isInteger(1) && computeType(type) != computeType(n.inElement(0)))
    return n.unsupported("a mask of another type than the queries'");
  (type.isInteger(1) ? a.mask : a.bias) = *mask;
  return success();
}

FailureOr<ScoreStep> wantedScore(Node &n) {
  const ScoreStep modes[] = {ScoreStep::Product, ScoreStep::Capped, ScoreStep::Masked,
                             ScoreStep::Softmax};
  int64_t mode = n.op.intAttribute("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3)
    return n.malformed("attribute 'qk_matmul_output_mode' is " + Twine(mode));
  return n.wants(3) ? modes[mode] : ScoreStep::None;
}

/// Heads of queries, keys and values; `a.k` and `a.v` with what is past before them.
LogicalResult takeOperands(Node &n, Attention &a) {
  int64_t heads = n.op.intAttribute("q_num_heads", 0),
          kvHeads = n.op.intAttribute("kv_num_heads", 0);
  if (n.rank(0) == 3 && (heads < 1 || kvHeads < 1))
    return n.malformed("inputs of rank 3 without 'q_num_heads' and 'kv_num_heads'");
  if (n.has(4) != n.has(5))
    return n.malformed("one of past_key and past_value without the other");
  FailureOr<Heads> q = headsOf(n, n.in(0), n.getIndexAttr(heads));
  FailureOr<Heads> k = headsOf(n, n.in(1), n.getIndexAttr(kvHeads));
  FailureOr<Heads> v = headsOf(n, n.in(2), n.getIndexAttr(kvHeads));
  if (failed(q) || failed(k) || failed(v))
    return failure();
  a.q = *q, a.k = *k, a.v = *v;
  for (auto [output, past, part] : {std::tuple(1u, n.in(4), &a.k), std::tuple(2u, n.in(5), &a.v)}) {
    if (!past && !n.wants(output))
      continue;
    FailureOr<Value> present = appendRows(n, past, *part);
    if (failed(present) || failed(n.set(output, *present)))
      return failure();
    *part = Heads{*present, true};
  }
  return success();
}

LogicalResult attention(Node &n) {
  Attention a;
  if (failed(takeOperands(n, a)) || failed(takeMask(n, a)))
    return failure();
  FailureOr<ScoreStep> wanted = wantedScore(n);
  if (failed(wanted))
    return failure();
  a.wanted = *wanted;
  a.scale = n.op.floatAttribute("scale", 0);
  a.softcap = n.op.floatAttribute("softcap", 0);
  bool causal = n.op.intAttribute("is_causal", 0) != 0;
  Value filledRows = n.in(6);
  a.guarded = static_cast<bool>(filledRows);
  if (filledRows && failed(agree(n, n.dims(filledRows)[0], a.q.batch(n),
                                 "nonpad_kv_seqlen has not one number a batch entry")))
    return failure();
  Value past = n.has(4) ? asValue(n, n.dims(n.in(4))[2]) : indexOf(n, 0);
  Value rowCount = asValue(n, a.q.rows(n));
  // Row i stands `before + i` rows behind the first key: with a cache outside, its last row is the
  // last good key.
  auto allowed = [&](ValueRange at) -> Value {
    auto compare = [&](arith::CmpIPredicate kind, Value x, Value y) -> Value {
      return arith::CmpIOp::create(n, kind, x, y);
    };
    Value good, before = past;
    if (filledRows) {
      Value count = tensor::ExtractOp::create(n, filledRows, at[0]);
      count = arith::IndexCastOp::create(n, n.getIndexType(), count);
      good = compare(arith::CmpIPredicate::slt, at[3], count);
      if (!n.has(4))
        before = arith::SubIOp::create(n, count, rowCount);
    }
    if (!causal)
      return good;
    Value last = arith::AddIOp::create(n, before, at[2]);
    Value earlier = compare(arith::CmpIPredicate::sle, at[3], last);
    return good ? arith::AndIOp::create(n, good, earlier).getResult() : earlier;
  };
  if (causal || filledRows)
    a.allowed = allowed;
  FailureOr<Attended> done = attend(n, a, n.outElement(0));
  if (failed(done))
    return failure();
  if (done->score && failed(n.set(3, convertFloat(n, done->score, n.outElement(3)))))
    return failure();
  return n.set(0, a.q.headsFirst ? done->result
                                 : reshape(n, done->result,
                                           {a.q.batch(n), a.q.rows(n),
                                            multiply(n, a.q.heads(n), a.v.size(n))}));
}

const Table::Row rows[] = {
    {"", "Attention", 23, attention},
};
} // namespace

ArrayRef<Table::Row> convert::attentionRows() { return rows; }
