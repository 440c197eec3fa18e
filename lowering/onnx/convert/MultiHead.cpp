//===- MultiHead.cpp - Microsoft's attention of encoders ------------------===//
//
// MultiHeadAttention takes what projections made, Attention makes the projection itself. Both add
// `mask_filter_value` to the score of what is masked: it stays a number.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// Earlier columns, those below the row's own place, and a filter for masked ones.
class Masks {
public:
  Masks(Node &n, Value mask, Value bias) : n(n), mask(mask), bias(bias) {}

  /// Sets what `a` adds to its scores. `past` is the number of rows before the first query.
  LogicalResult take(moe::convert::Attention &a, Value past) {
    dims = {a.q.batch(n), a.q.heads(n), a.q.rows(n), a.k.rows(n)};
    a.bias = bias;
    if (mask && failed(addMask(a)))
      return failure();
    if (!n.op.intAttribute("unidirectional", 0))
      return success();
    earlier = [&n = n, past](ValueRange at) -> Value {
      Value last = arith::AddIOp::create(n, past, at[2]);
      return arith::CmpIOp::create(n, arith::CmpIPredicate::sle, at[3], last);
    };
    a.allowed = earlier;
    return success();
  }

private:
  LogicalResult addMask(moe::convert::Attention &a) {
    FailureOr<Value> filter = filterOf();
    if (failed(filter))
      return failure();
    if (!a.bias) {
      a.bias = *filter;
      return success();
    }
    FailureOr<Value> both = elementwise(
        n, {*filter, a.bias}, getElementTypeOrSelf(filter->getType()),
        [&](ValueRange args) -> Value { return arith::AddFOp::create(n, args[0], args[1]); });
    if (failed(both))
      return failure();
    a.bias = *both;
    return success();
  }

  /// What is added to the scores: lengths, or a number above 0 for each column that counts.
  FailureOr<Value> filterOf() {
    Type wide = computeType(n.inElement(0)), kind = getElementTypeOrSelf(mask.getType());
    Value filter = scalar(n, wide, n.op.floatAttribute("mask_filter_value", -10000.0));
    Value none = scalar(n, wide, 0);
    Dims have = n.dims(mask);
    if (have.size() == 1) {
      if (failed(agree(n, have[0], dims[0], "a mask of rank 1 is not one length a batch entry")))
        return failure();
      Dims shape = {dims[0], n.getIndexAttr(1), n.getIndexAttr(1), dims[3]};
      return compute(n, shape, wide, [&](ValueRange at) -> Value {
        Value length = toIndex(n, tensor::ExtractOp::create(n, mask, at[0]));
        Value good = arith::CmpIOp::create(n, arith::CmpIPredicate::slt, at[3], length);
        return arith::SelectOp::create(n, good, none, filter);
      });
    }
    if (have.size() > 3)
      return n.unsupported("a mask of rank " + Twine(have.size()));
    Dims shape = {have[0], n.getIndexAttr(1), n.getIndexAttr(1), have.back()};
    if (have.size() == 3)
      shape[2] = have[1];
    Value seen = reshape(n, mask, shape);
    return pointwise(n, seen, shape, wide, [&](ValueRange args) -> Value {
      Value zero = integer(n, kind, 0);
      Value good = arith::CmpIOp::create(n, arith::CmpIPredicate::sgt, args[0], zero);
      return arith::SelectOp::create(n, good, none, filter);
    });
  }

  Node &n;
  Value mask, bias;
  Dims dims;
  std::function<Value(ValueRange)> earlier; // `allowed` only refers to it
};

/// The operands with heads apart, and what is past before the keys.
struct Operands {
  Heads q, k, v;
  Value past;
};

LogicalResult finish(Node &n, const Operands &operands, Value mask, Value bias) {
  moe::convert::Attention a;
  a.q = operands.q, a.k = operands.k, a.v = operands.v;
  a.scale = n.op.floatAttribute("scale", 0);
  Masks masks(n, mask, bias);
  if (failed(masks.take(a, operands.past)))
    return failure();
  FailureOr<Attended> done = attend(n, a, n.outElement(0));
  if (failed(done))
    return failure();
  OpFoldResult width = multiply(n, a.q.heads(n), a.v.size(n));
  Value rowsFirst = done->result;
  if (a.q.headsFirst)
    rowsFirst = transpose(n, rowsFirst, {0, 2, 1, 3});
  return n.set(0, reshape(n, rowsFirst, {a.q.batch(n), a.q.rows(n), width}));
}

/// Part `which` of [batch, rows, heads, parts, size].
Heads packedPart(Node &n, Value value, int64_t which) {
  Dims dims = n.dims(value);
  Value part = sliceAlong(n, value, 3, n.getIndexAttr(which), n.getIndexAttr(1));
  return {reshape(n, part, {dims[0], dims[1], dims[2], dims[4]}), false};
}

/// Queries, keys or values plus their part of the bias, which starts at `offset`.
FailureOr<Value> biased(Node &n, Value value, Value bias, OpFoldResult offset) {
  if (!bias)
    return value;
  Value part = sliceAlong(n, bias, 0, offset, n.dims(value).back());
  return elementwise(
      n, {value, part}, getElementTypeOrSelf(value.getType()),
      [&](ValueRange args) -> Value { return arith::AddFOp::create(n, args[0], args[1]); });
}

/// Three tensors of one width, each with its part of the bias and its heads apart.
LogicalResult splitAll(Node &n, ArrayRef<Value> parts, Value bias, OpFoldResult heads,
                       Operands &operands) {
  OpFoldResult offset = n.getIndexAttr(0);
  for (auto [part, into] :
       llvm::zip_equal(parts, ArrayRef{&operands.q, &operands.k, &operands.v})) {
    FailureOr<Value> whole = biased(n, part, bias, offset);
    if (failed(whole))
      return failure();
    FailureOr<Heads> split = splitHeads(n, *whole, heads);
    if (failed(split))
      return failure();
    offset = add(n, offset, n.dims(part).back());
    *into = *split;
  }
  return bias ? agree(n, n.dims(bias)[0], offset, "the bias is not as long as its three parts")
              : success();
}

LogicalResult takeOperands(Node &n, Operands &operands) {
  int64_t count = n.op.intAttribute("num_heads", 0);
  if (count < 1)
    return n.malformed("attribute 'num_heads' is " + Twine(count));
  OpFoldResult heads = n.getIndexAttr(count);
  bool plain = n.rank(0) == 3 && n.has(1) && n.has(2) && n.rank(1) == 3 && n.rank(2) == 3;
  if (plain)
    return splitAll(n, {n.in(0), n.in(1), n.in(2)}, n.in(3), heads, operands);
  if (n.has(3))
    return n.unsupported("a bias of packed operands");
  if (n.rank(0) == 5 && !n.has(1)) {
    operands.q = packedPart(n, n.in(0), 0);
    operands.k = packedPart(n, n.in(0), 1);
    operands.v = packedPart(n, n.in(0), 2);
    return success();
  }
  FailureOr<Heads> q = splitHeads(n, n.in(0), heads);
  if (failed(q))
    return failure();
  operands.q = *q;
  if (n.has(1) && n.rank(1) == 5 && !n.has(2)) {
    operands.k = packedPart(n, n.in(1), 0);
    operands.v = packedPart(n, n.in(1), 1);
    return success();
  }
  if (!n.has(1) || !n.has(2) || n.rank(1) != 4 || n.rank(2) != 4)
    return n.malformed("queries, keys and values of ranks that do not go together");
  operands.k = {n.in(1), true};
  operands.v = {n.in(2), true};
  return success();
}

LogicalResult multiHeadAttention(Node &n) {
  if (n.has(8) || n.has(9))
    return n.unsupported("a shared buffer or beams (past_sequence_length, cache_indirection)");
  if (n.wants(3))
    return n.unsupported("scores as an output");
  if (n.has(6) != n.has(7))
    return n.malformed("one of past_key and past_value without the other");
  Operands operands;
  if (failed(takeOperands(n, operands)))
    return failure();
  operands.past = n.has(6) ? asValue(n, n.dims(n.in(6))[2]) : indexOf(n, 0);
  for (auto [output, part] : {std::pair(1u, &operands.k), std::pair(2u, &operands.v)}) {
    Value past = n.in(output + 5);
    if (!past && !n.wants(output))
      continue;
    FailureOr<Value> present = appendRows(n, past, *part);
    if (failed(present) || failed(n.set(output, *present)))
      return failure();
    *part = Heads{*present, true};
  }
  return finish(n, operands, n.in(4), n.in(5));
}

//===- With the projection ------------------------------------------------===//

/// The widths of queries, keys and values in the projection's result.
FailureOr<Dims> partWidths(Node &n, OpFoldResult whole) {
  auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(n.op.attribute("qkv_hidden_sizes"));
  if (!attr || attr.empty()) {
    OpFoldResult third = divide(n, whole, n.getIndexAttr(3));
    return Dims{third, third, third};
  }
  if (attr.size() != 3 || llvm::any_of(attr.asArrayRef(), [](int64_t size) { return size < 1; }))
    return n.malformed("attribute 'qkv_hidden_sizes' has not three sizes");
  return getAsIndexOpFoldResult(n.getContext(), attr.asArrayRef());
}

/// One of the two halves of a past: keys or values.
Value pastPart(Node &n, Value past, int64_t which) {
  Dims dims = n.dims(past);
  Value part = sliceAlong(n, past, 0, n.getIndexAttr(which), n.getIndexAttr(1));
  return reshape(n, part, ArrayRef<OpFoldResult>(dims).drop_front());
}

/// Keys and values of all rows, and the present that holds both.
LogicalResult joinPast(Node &n, Operands &operands) {
  Value past = n.in(4), present;
  if (!past && !n.wants(1))
    return success();
  for (auto [which, part] : {std::pair(0, &operands.k), std::pair(1, &operands.v)}) {
    FailureOr<Value> rows = appendRows(n, past ? pastPart(n, past, which) : Value(), *part);
    if (failed(rows))
      return failure();
    *part = Heads{*rows, true};
    Dims dims = n.dims(*rows);
    dims.insert(dims.begin(), n.getIndexAttr(1));
    Value one = reshape(n, *rows, dims);
    dims[0] = n.getIndexAttr(2);
    if (!present)
      present = empty(n, dims, getElementTypeOrSelf(one.getType()));
    present = insertAlong(n, one, present, 0, n.getIndexAttr(which));
  }
  return n.set(1, present);
}

LogicalResult contribAttention(Node &n) {
  if (n.op.intAttribute("do_rotary", 0))
    return n.unsupported("attribute 'do_rotary'");
  if (n.op.intAttribute("past_present_share_buffer", 0) || n.has(6))
    return n.unsupported("a shared buffer of past and present");
  int64_t heads = n.op.intAttribute("num_heads", 0);
  if (heads < 1 || n.rank(0) != 3 || n.rank(1) != 2)
    return n.malformed("'num_heads', or the rank of the input or the weights");
  if (n.has(4) && n.rank(4) != 5)
    return n.malformed("a past that has not rank 5");
  FailureOr<Value> whole = multiplyTensors(n, n.in(0), n.in(1), 1.0, n.inElement(0));
  if (failed(whole) || failed(whole = biased(n, *whole, n.in(2), n.getIndexAttr(0))))
    return failure();
  FailureOr<Dims> widths = partWidths(n, n.dims(*whole)[2]);
  if (failed(widths))
    return failure();
  SmallVector<Value> parts;
  OpFoldResult offset = n.getIndexAttr(0);
  for (OpFoldResult width : *widths) {
    parts.push_back(sliceAlong(n, *whole, 2, offset, width));
    offset = add(n, offset, width);
  }
  if (failed(
          agree(n, offset, n.dims(*whole)[2], "'qkv_hidden_sizes' is not the projection's width")))
    return failure();
  Operands operands;
  if (failed(splitAll(n, parts, Value(), n.getIndexAttr(heads), operands)))
    return failure();
  operands.past = n.has(4) ? asValue(n, n.dims(n.in(4))[3]) : indexOf(n, 0);
  if (failed(joinPast(n, operands)))
    return failure();
  return finish(n, operands, n.in(3), n.in(5));
}

const Table::Row rows[] = {
    {"com.microsoft", "Attention", 1, contribAttention},
    {"com.microsoft", "MultiHeadAttention", 1, multiHeadAttention},
};
} // namespace

ArrayRef<Table::Row> convert::multiHeadRows() { return rows; }
