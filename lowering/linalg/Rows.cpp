//===- Rows.cpp - Move rows into expert order and add them up again -------===//
//
// One row is one iteration of a parallel loop, and within it everything runs along contiguous
// columns, so that a target can make vectors of it.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe;

/// Rows that one step of a sum reads; more would not stay in registers.
static constexpr int64_t kRowsAtOnce = 8;

static Value isPlace(Emit &emit, Value place) {
  Value zero = emit.integer(place.getType(), 0);
  return arith::CmpIOp::create(emit, arith::CmpIPredicate::sge, place, zero);
}

static Value asIndex(Emit &emit, Value place) {
  return arith::IndexCastOp::create(emit, emit.getIndexType(), place);
}

Value moe::emitGather(Emit &emit, Value tokens, Value slots, int64_t k) {
  Type element = getElementTypeOrSelf(tokens);
  OpFoldResult rows = emit.size(slots, 0);
  auto oneRow = [&](Value r, ValueRange out) -> Emit::Values {
    Value slot = emit.at(slots, r);
    auto copy = [&]() -> Emit::Values {
      Value token = arith::DivUIOp::create(emit, asIndex(emit, slot), emit.index(k));
      return {linalg::CopyOp::create(emit, emit.row(tokens, token), out[0]).getResult(0)};
    };
    auto clear = [&]() -> Emit::Values {
      return {linalg::FillOp::create(emit, emit.real(element, 0), out[0]).getResult(0)};
    };
    return emit.when(isPlace(emit, slot), copy, clear);
  };
  Value out = emit.empty({rows, emit.size(tokens, 1)}, element);
  return emit.parallelRows(rows, out, oneRow)[0];
}

namespace {

class CombineWriter {
public:
  CombineWriter(Emit &emit, CombineOp op)
      : emit(emit), op(op), element(getElementTypeOrSelf(op.getRows())),
        sumType(element.isF64() ? element : Type(emit.getF32Type())) {}

  Value write() {
    Value rowOfSlot = invert();
    OpFoldResult tokens = emit.size(op.getWeights(), 0);
    Value out =
        emit.empty({tokens, emit.size(op.getRows(), 1)}, getElementTypeOrSelf(op.getResult()));
    return emit.parallelRows(tokens, out, [&](Value token, ValueRange out) -> Emit::Values {
      return {sumOfToken(token, rowOfSlot, out[0])};
    })[0];
  }

private:
  /// The row of each slot, -1 where it stands in none.
  Value invert() {
    OpFoldResult numSlots = emit.product(emit.size(op.getWeights(), 0), numChoices());
    Value limit = emit.asValue(numSlots);
    Value none = emit.integer(emit.getI32Type(), -1);
    auto place = [&](Value row, ValueRange carried) -> Emit::Values {
      // Seen without a sign, -1 lies beyond every slot.
      Value slot = asIndex(emit, emit.at(op.getSlots(), row));
      Value isSlot = arith::CmpIOp::create(emit, arith::CmpIPredicate::ult, slot, limit);
      Value row32 = arith::IndexCastOp::create(emit, emit.getI32Type(), row);
      return emit.when(
          isSlot, [&]() -> Emit::Values { return {emit.put(row32, carried[0], slot)}; },
          [&]() -> Emit::Values { return {carried[0]}; });
    };
    return emit.loop(emit.asValue(emit.size(op.getSlots(), 0)), emit.filled(numSlots, none),
                     place)[0];
  }

  OpFoldResult numChoices() { return emit.size(op.getWeights(), 1); }

  /// One choice of a token: whether it stands in a row, its weight, the row.
  struct Term {
    Value isThere, weight, row;
  };

  Term term(Value token, int64_t j, Value rowOfSlot) {
    Value choice = emit.index(j);
    Value slot = arith::AddIOp::create(
        emit, arith::MulIOp::create(emit, token, emit.asValue(numChoices())), choice);
    Value place = emit.at(rowOfSlot, slot);
    // A dropped slot reads some row and throws it away; where a token is, there is a row.
    Value zero = emit.integer(place.getType(), 0);
    Value row = asIndex(emit, arith::MaxSIOp::create(emit, place, zero));
    Value weight = emit.toFloat(emit.at(op.getWeights(), {token, choice}), sumType);
    return {isPlace(emit, place), weight, emit.row(op.getRows(), row)};
  }

  /// The sum of a token's rows in slot order, a few rows at a time; only the last step rounds.
  Value sumOfToken(Value token, Value rowOfSlot, Value out) {
    int64_t k = cast<RankedTensorType>(op.getWeights().getType()).getDimSize(1);
    Value sum;
    for (int64_t begin = 0; begin < k; begin += kRowsAtOnce) {
      int64_t end = std::min(begin + kRowsAtOnce, k);
      SmallVector<Term> terms;
      for (int64_t j = begin; j < end; ++j)
        terms.push_back(term(token, j, rowOfSlot));
      Value into = end == k ? out : emit.empty(emit.size(out, 0), sumType);
      sum = addTerms(terms, sum, into);
    }
    return sum;
  }

  /// into[n] = sum[n] (or 0) + weight_0 * row_0[n] + weight_1 * row_1[n] + ...
  Value addTerms(ArrayRef<Term> terms, Value sum, Value into) {
    Emit::Values ins = llvm::map_to_vector(terms, [](const Term &term) { return term.row; });
    if (sum)
      ins.push_back(sum);
    return emit.map(ins, into, [&](ValueRange x) -> Value {
      Value total = sum ? x.back() : emit.real(sumType, 0);
      for (auto [term, scalar] : llvm::zip_first(terms, x)) {
        Value value = emit.toFloat(scalar, sumType);
        Value more = math::FmaOp::create(emit, term.weight, value, total);
        total = arith::SelectOp::create(emit, term.isThere, more, total);
      }
      return emit.toFloat(total, getElementTypeOrSelf(into));
    });
  }

  Emit &emit;
  CombineOp op;
  Type element, sumType;
};

} // namespace

Value moe::emitCombine(Emit &emit, CombineOp combine) {
  return CombineWriter(emit, combine).write();
}
