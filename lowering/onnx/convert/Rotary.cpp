//===- Rotary.cpp - Positions as rotations of pairs -----------------------===//
//
// Turned in f32 for f16 and bf16. ONNX and Microsoft give the inputs in another order; MRotary has
// three positions a token, each good for a part of the angles.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

/// Angles as [batch, rows, half] from tables [positions, half], whose row `at` finds.
static FailureOr<Angles> lookUp(Node &n, Value cos, Value sin, Value positions,
                                ArrayRef<OpFoldResult> rows, bool interleaved,
                                llvm::function_ref<SmallVector<Value>(ValueRange)> placeOf) {
  Dims tables = n.dims(cos), others = n.dims(sin);
  if (tables.size() != 2 || others.size() != 2)
    return n.malformed("a table of angles has not rank 2");
  for (unsigned axis : {0, 1})
    if (failed(agree(n, tables[axis], others[axis], "the tables of angles differ")))
      return failure();
  if (failed(checkIndices(n, positions, tables[0])))
    return failure();
  Dims dims = {rows[0], rows[1], tables[1]};
  auto read = [&](Value table) {
    return compute(n, dims, getElementTypeOrSelf(table.getType()), [&](ValueRange at) -> Value {
      Value position = tensor::ExtractOp::create(n, positions, placeOf(at));
      Value row = wrapIndex(n, position, tables[0]);
      return tensor::ExtractOp::create(n, table, ValueRange{row, at[2]});
    });
  };
  return Angles{read(cos), read(sin), interleaved};
}

FailureOr<Angles> convert::anglesAt(Node &n, Value cos, Value sin, Value positions,
                                    bool interleaved) {
  return lookUp(n, cos, sin, positions, n.dims(positions), interleaved,
                [](ValueRange at) { return SmallVector<Value>{at[0], at[1]}; });
}

/// Both halves of the pairs, turned: (x cos - y sin, x sin + y cos).
static SmallVector<Value> turn(Node &n, Value x, Value y, Value cos, Value sin, bool headsFirst) {
  Dims dims = n.dims(x);
  Dims angles = {dims[0], dims[headsFirst ? 2 : 1], dims[3]};
  AffineMap identity = n.getMultiDimIdentityMap(4);
  SmallVector<AffineExpr> places = {n.getAffineDimExpr(0), n.getAffineDimExpr(headsFirst ? 2 : 1),
                                    n.getAffineDimExpr(3)};
  SmallVector<Value> ins = {x, y};
  SmallVector<AffineMap> maps = {identity, identity};
  for (Value table : {cos, sin}) {
    auto [read, map] = fit(n, table, angles);
    ins.push_back(read);
    maps.push_back(map.replaceDimsAndSymbols(places, {}, 4, 0));
  }
  Type element = getElementTypeOrSelf(x.getType());
  SmallVector<Value> outs = {empty(n, dims, element), empty(n, dims, element)};
  maps.append({identity, identity});
  SmallVector<utils::IteratorType> iterators(4, utils::IteratorType::parallel);
  return generic(n, ins, outs, maps, iterators, [&](ValueRange args) -> SmallVector<Value> {
    Value a = widen(n, args[0]), b = widen(n, args[1]);
    Value c = widen(n, args[2]), s = widen(n, args[3]);
    Value real =
        arith::SubFOp::create(n, arith::MulFOp::create(n, a, c), arith::MulFOp::create(n, b, s));
    Value other =
        arith::AddFOp::create(n, arith::MulFOp::create(n, a, s), arith::MulFOp::create(n, b, c));
    return {narrow(n, real, element), narrow(n, other, element)};
  });
}

FailureOr<Value> convert::rotate(Node &n, Heads x, const Angles &angles) {
  Dims dims = n.dims(x.tensor), table = n.dims(angles.cos), others = n.dims(angles.sin);
  if (table.size() != 3 || others.size() != 3)
    return n.malformed("angles have not rank 3");
  if (computeType(getElementTypeOrSelf(angles.cos.getType())) !=
      computeType(getElementTypeOrSelf(x.tensor.getType())))
    return n.unsupported("angles of another type than what they turn");
  OpFoldResult half = table[2], zero = n.getIndexAttr(0);
  OpFoldResult turned = multiply(n, half, n.getIndexAttr(2));
  if (failed(agree(n, half, others[2], "the tables of angles differ")))
    return failure();
  FailureOr<Dims> all = broadcast(n, {{dims[0], x.rows(n)}, {table[0], table[1]}});
  if (failed(all) || failed(keepsDims(n, {dims[0], x.rows(n)}, *all,
                                      "angles do not broadcast to the batch and rows")))
    return failure();
  if (number(turned) && number(dims[3])) {
    if (*number(turned) > *number(dims[3]))
      return n.malformed("angles for " + Twine(*number(turned)) + " numbers of heads of " +
                         Twine(*number(dims[3])));
  } else {
    n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::ule, asValue(n, turned),
                                  asValue(n, dims[3])),
            "more angles than pairs in a head");
  }
  int64_t step = angles.interleaved ? 2 : 1;
  OpFoldResult second = angles.interleaved ? n.getIndexAttr(1) : half;
  Value firsts = sliceAlong(n, x.tensor, 3, zero, half, step);
  Value seconds = sliceAlong(n, x.tensor, 3, second, half, step);
  SmallVector<Value> parts = turn(n, firsts, seconds, angles.cos, angles.sin, x.headsFirst);
  Value result = empty(n, dims, getElementTypeOrSelf(x.tensor.getType()));
  result = insertAlong(n, parts[0], result, 3, zero, step);
  result = insertAlong(n, parts[1], result, 3, second, step);
  OpFoldResult left = subtract(n, dims[3], turned);
  if (isStatic(left, 0))
    return result;
  return insertAlong(n, sliceAlong(n, x.tensor, 3, turned, left), result, 3, turned);
}

namespace {
/// Hands back `x` turned, in the input's rank.
LogicalResult finish(Node &n, FailureOr<Heads> x, FailureOr<Angles> angles) {
  if (failed(x) || failed(angles))
    return failure();
  FailureOr<Value> result = rotate(n, *x, *angles);
  if (failed(result))
    return failure();
  return n.set(0, x->headsFirst ? *result : reshape(n, *result, n.dims(n.in(0))));
}

/// Tables of full size go with positions, others come as one row a token.
LogicalResult rotaryEmbedding(Node &n) {
  int64_t heads = n.op.intAttribute("num_heads", 0),
          size = n.op.intAttribute("rotary_embedding_dim", 0);
  if (n.rank(0) == 3 && heads < 1)
    return n.malformed("an input of rank 3 without attribute 'num_heads'");
  bool interleaved = n.op.intAttribute("interleaved", 0) != 0;
  FailureOr<Heads> x = headsOf(n, n.in(0), n.getIndexAttr(heads));
  FailureOr<Angles> angles = Angles{n.in(1), n.in(2), interleaved};
  if (n.has(3))
    angles = anglesAt(n, n.in(1), n.in(2), n.in(3), interleaved);
  if (failed(x) || failed(angles))
    return failure();
  OpFoldResult turned = size ? n.getIndexAttr(size) : x->size(n);
  OpFoldResult half = divide(n, turned, n.getIndexAttr(2));
  if (failed(agree(n, n.dims(angles->cos).back(), half, "angles are not half of what is rotated")))
    return failure();
  return finish(n, x, angles);
}

/// Heads are as wide as the tables say where the node does not say how many there are.
FailureOr<Heads> contribHeads(Node &n, Value cos) {
  if (n.rank(0) == 4)
    return Heads{n.in(0), true};
  int64_t heads = n.op.intAttribute("num_heads", 0);
  if (n.op.intAttribute("rotary_embedding_dim", 0) > 0 && heads < 1)
    return n.malformed("attribute 'rotary_embedding_dim' without 'num_heads'");
  if (n.op.intAttribute("rotary_embedding_dim", 0) > 0)
    return splitHeads(n, n.in(0), n.getIndexAttr(heads));
  OpFoldResult size = multiply(n, n.dims(cos)[1], n.getIndexAttr(2));
  return splitHeads(n, n.in(0), divide(n, n.dims(n.in(0))[2], size));
}

LogicalResult checkContrib(Node &n) {
  if (n.op.intAttribute("is_packed_batching", 0))
    return n.unsupported("packed batches (attribute 'is_packed_batching')");
  if (n.op.floatAttribute("scale", 1.0) != 1.0)
    return n.unsupported("attribute 'scale' other than 1");
  if (n.rank(2) != 2 || n.rank(3) != 2)
    return n.malformed("a table of angles has not rank 2");
  return success();
}

/// One position stands for the first of consecutive ones.
Value positionsOf(Node &n, Heads x) {
  Value positions = n.in(1);
  if (n.rank(1) == 2)
    return positions;
  Value first = elementAt(n, positions, 0);
  Type type = first.getType();
  return compute(n, {n.getIndexAttr(1), x.rows(n)}, type, [&](ValueRange at) -> Value {
    return arith::AddIOp::create(n, first, arith::IndexCastOp::create(n, type, at[1]));
  });
}

LogicalResult contribRotary(Node &n) {
  if (failed(checkContrib(n)))
    return failure();
  FailureOr<Heads> x = contribHeads(n, n.in(2));
  if (failed(x))
    return failure();
  bool interleaved = n.op.intAttribute("interleaved", 0) != 0;
  return finish(n, x, anglesAt(n, n.in(2), n.in(3), positionsOf(n, *x), interleaved));
}

/// Which of three positions angle `i` is for: in runs, or in turns as far as there are any.
Value streamOf(Node &n, Value i, ArrayRef<int64_t> sections, bool inTurns) {
  auto below = [&](Value x, int64_t bound) -> Value {
    return arith::CmpIOp::create(n, arith::CmpIPredicate::ult, x, indexOf(n, bound));
  };
  Value zero = indexOf(n, 0), one = indexOf(n, 1), two = indexOf(n, 2);
  if (!inTurns) {
    Value late = arith::SelectOp::create(n, below(i, sections[0] + sections[1]), one, two);
    return arith::SelectOp::create(n, below(i, sections[0]), zero, late);
  }
  Value turn = arith::RemUIOp::create(n, i, indexOf(n, 3));
  auto takes = [&](Value which, int64_t section) -> Value {
    Value mine = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, turn, which);
    return arith::AndIOp::create(n, mine, below(i, 3 * section));
  };
  Value stream = arith::SelectOp::create(n, takes(one, sections[1]), one, zero);
  return arith::SelectOp::create(n, takes(two, sections[2]), two, stream);
}

LogicalResult multiRotary(Node &n) {
  if (failed(checkContrib(n)))
    return failure();
  auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(n.op.attribute("mrope_section"));
  auto negative = [](int64_t section) { return section < 0 || section > (1 << 20); };
  if (!attr || attr.size() != 3 || llvm::any_of(attr.asArrayRef(), negative))
    return n.malformed("attribute 'mrope_section' has not three sizes");
  ArrayRef<int64_t> sections = attr.asArrayRef();
  Dims at = n.dims(n.in(1));
  if (at.size() != 3 ||
      failed(agree(n, at[0], n.getIndexAttr(3), "positions are not three a token")))
    return n.malformed("positions have not the shape [3, batch, rows]");
  OpFoldResult sum = n.getIndexAttr(sections[0] + sections[1] + sections[2]);
  if (failed(agree(n, n.dims(n.in(2))[1], sum, "the sections are not all of the angles")))
    return failure();
  bool inTurns = n.op.intAttribute("mrope_layout", 0) != 0;
  auto placeOf = [&](ValueRange i) {
    return SmallVector<Value>{streamOf(n, i[2], sections, inTurns), i[0], i[1]};
  };
  return finish(n, contribHeads(n, n.in(2)),
                lookUp(n, n.in(2), n.in(3), n.in(1), {at[1], at[2]},
                       n.op.intAttribute("interleaved", 0) != 0, placeOf));
}

const Table::Row rows[] = {
    {"", "RotaryEmbedding", 23, rotaryEmbedding},
    {"com.microsoft", "MRotaryEmbedding", 1, multiRotary},
    {"com.microsoft", "RotaryEmbedding", 1, contribRotary},
};
} // namespace

ArrayRef<Table::Row> convert::rotaryRows() { return rows; }
