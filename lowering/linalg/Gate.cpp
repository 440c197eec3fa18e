//===- Gate.cpp - moe.gate, the seven steps of #moe.gate_rule -------------===//
//
// One token is one iteration of a parallel loop; what it needs in between is of the size of a row
// of logits and dies in it.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moe;

namespace {

/// The k weights and experts of one token, as tensors of k elements.
struct Chosen {
  Value weights, experts;
};

/// Lowers the choice of one token.
class TokenGate {
public:
  TokenGate(Emit &emit, GateAttr gate, Type scoreType, int64_t experts)
      : emit(emit), gate(gate), type(scoreType), numExperts(experts) {}

  /// `logits` and `bias` (or null) have one element an expert; `out` is made over.
  Chosen choose(Value logits, Value bias, Chosen out) {
    bool after = gate.getScoreAfter();
    Value scores = after ? logits : emitScore(emit, gate, logits);
    Chosen chosen;
    if (gate.getScore() == Score::SparseMixer)
      chosen = mixSparsely(scores, out.experts);
    else
      chosen = takeBest(scores, candidates(scores, bias), out.experts);
    if (after)
      chosen.weights = emitScore(emit, gate, chosen.weights);
    chosen.weights = finish(chosen.weights, out.weights);
    return chosen;
  }

private:
  Value bestExpertCount() { return emit.index(gate.getK()); }

  Value emptyRow(int64_t length, Type element) {
    return emit.empty(OpFoldResult(emit.getIndexAttr(length)), element);
  }

  Value experts32(Value index) {
    return arith::IndexCastOp::create(emit, emit.getI32Type(), index);
  }

  /// Steps 2 and 3: the keys of the experts that are in the race.
  Value candidates(Value scores, Value bias) {
    Value biased = scores;
    if (bias)
      biased = emit.map({scores, bias}, emptyRow(numExperts, type), [&](ValueRange x) -> Value {
        return arith::AddFOp::create(emit, x[0], emit.toFloat(x[1], type));
      });
    Value keys = emitKeys(emit, biased);
    return gate.getGroups() > 1 ? keepBestGroups(biased, keys) : keys;
  }

  /// A group's value: the sum of its best scores, largest first.
  Value groupValues(Value scores, Value keys) {
    Value perGroup = emit.index(numExperts / gate.getGroups());
    Value values = emptyRow(gate.getGroups(), type);
    auto oneGroup = [&](Value group, ValueRange carried) -> Emit::Values {
      Value begin = arith::MulIOp::create(emit, group, perGroup);
      auto addBest = [&](Value, ValueRange state) -> Emit::Values {
        Value best = emitBest(emit, state[1], begin, perGroup);
        return {arith::AddFOp::create(emit, state[0], emit.at(scores, best)),
                emitTake(emit, state[1], best)};
      };
      Emit::Values sum =
          emit.loop(emit.index(gate.getGroupBest()), {emit.real(type, 0), carried[1]}, addBest);
      return {emit.put(sum[0], carried[0], group), sum[1]};
    };
    return emit.loop(emit.index(gate.getGroups()), {values, keys}, oneGroup)[0];
  }

  /// A row of keys of experts that are out of the race, or stay in it with a number of their own.
  Value emptyGroups(Type keyType) {
    OpFoldResult length = emit.getIndexAttr(numExperts);
    if (std::optional<double> outside = gate.outsideValue())
      return emitKeys(emit, emit.filled(length, emit.real(type, *outside)));
    return emit.filled(length, emitTaken(emit, keyType));
  }

  /// The keys of the best groups; all others are out of the race.
  Value keepBestGroups(Value scores, Value keys) {
    Value perGroup = emit.index(numExperts / gate.getGroups());
    Value groupKeys = emitKeys(emit, groupValues(scores, keys));
    Value kept = emptyGroups(getElementTypeOrSelf(keys));
    auto keepOne = [&](Value, ValueRange carried) -> Emit::Values {
      Value group = emitBest(emit, carried[0], emit.index(0), emit.index(gate.getGroups()));
      Value begin = arith::MulIOp::create(emit, group, perGroup);
      auto copy = [&](Value i, ValueRange kept) -> Emit::Values {
        Value expert = arith::AddIOp::create(emit, begin, i);
        return {emit.put(emit.at(keys, expert), kept[0], expert)};
      };
      return {emitTake(emit, carried[0], group), emit.loop(perGroup, carried[1], copy)[0]};
    };
    return emit.loop(emit.index(gate.getTopGroups()), {groupKeys, kept}, keepOne)[1];
  }

  /// Steps 4 and 5: k rounds, the best first.
  Chosen takeBest(Value scores, Value keys, Value experts) {
    auto round = [&](Value j, ValueRange carried) -> Emit::Values {
      Value best = emitBest(emit, carried[0], emit.index(0), emit.index(numExperts));
      return {emitTake(emit, carried[0], best), emit.put(emit.at(scores, best), carried[1], j),
              emit.put(experts32(best), carried[2], j)};
    };
    Value weights = emptyRow(gate.getK(), type);
    Emit::Values last = emit.loop(bestExpertCount(), {keys, weights, experts}, round);
    return {last[1], last[2]};
  }

  /// Two rounds of masked softmax, each over what the last one left.
  Chosen mixSparsely(Value logits, Value experts) {
    auto round = [&](Value j, ValueRange carried) -> Emit::Values {
      Value best = emitBest(emit, carried[0], emit.index(0), emit.index(numExperts));
      Value max = emit.at(logits, best);
      Value power = math::ExpOp::create(emit, arith::SubFOp::create(emit, max, max));
      Value sum = maskedSum(logits, carried[0], max);
      return {emitTake(emit, carried[0], best),
              emit.put(arith::DivFOp::create(emit, power, sum), carried[1], j),
              emit.put(experts32(best), carried[2], j)};
    };
    Value weights = emptyRow(gate.getK(), type);
    Emit::Values last =
        emit.loop(bestExpertCount(), {emitKeys(emit, logits), weights, experts}, round);
    return {last[1], last[2]};
  }

  /// Sum of exp(x - max) over the experts in the race that lie close enough to `max`.
  Value maskedSum(Value logits, Value keys, Value max) {
    Value taken = emitTaken(emit, getElementTypeOrSelf(keys));
    Value width = emit.real(type, 2 * gate.jitterValue());
    auto add = [&](Value i, ValueRange sum) -> Emit::Values {
      Value x = emit.at(logits, i);
      Value scale = arith::MaximumFOp::create(emit, math::AbsFOp::create(emit, x), max);
      Value limit = arith::MulFOp::create(emit, width, scale);
      Value distance = arith::SubFOp::create(emit, max, x);
      Value far = arith::CmpFOp::create(emit, arith::CmpFPredicate::OGT, distance, limit);
      Value out = arith::CmpIOp::create(emit, arith::CmpIPredicate::eq, emit.at(keys, i), taken);
      Value masked = arith::OrIOp::create(emit, far, out);
      Value power = math::ExpOp::create(emit, arith::SubFOp::create(emit, x, max));
      Value more = arith::AddFOp::create(emit, sum[0], power);
      return {arith::SelectOp::create(emit, masked, sum[0], more)};
    };
    return emit.loop(emit.index(numExperts), emit.real(type, 0), add)[0];
  }

  /// What step 6 divides by.
  Value sumOf(Value weights) {
    auto add = [&](Value j, ValueRange sum) -> Emit::Values {
      return {arith::AddFOp::create(emit, sum[0], emit.at(weights, j))};
    };
    Value sum = emit.loop(bestExpertCount(), emit.real(type, 0), add)[0];
    if (gate.epsilonValue() != 0)
      sum = arith::AddFOp::create(emit, sum, emit.real(type, gate.epsilonValue()));
    if (std::optional<double> least = gate.leastSumValue())
      sum = arith::MaximumFOp::create(emit, sum, emit.real(type, *least));
    return sum;
  }

  /// Steps 6 and 7, into `out`, which may be of another type.
  Value finish(Value weights, Value out) {
    if (std::optional<double> least = gate.leastWeightValue())
      weights = emit.map(weights, emptyRow(gate.getK(), type), [&](ValueRange w) -> Value {
        return arith::MaximumFOp::create(emit, w[0], emit.real(type, *least));
      });
    Value divisor = gate.getNormalize() ? sumOf(weights) : Value();
    Value scale = gate.scaleValue() != 1 ? emit.real(type, gate.scaleValue()) : Value();
    return emit.map(weights, out, [&](ValueRange w) -> Value {
      Value weight = w[0];
      if (divisor)
        weight = arith::DivFOp::create(emit, weight, divisor);
      if (scale)
        weight = arith::MulFOp::create(emit, weight, scale);
      return emit.toFloat(weight, getElementTypeOrSelf(out));
    });
  }

  Emit &emit;
  GateAttr gate;
  Type type;
  int64_t numExperts;
};

} // namespace

std::array<Value, 2> moe::emitGate(Emit &emit, Value logits, Value bias, GateAttr gate,
                                   Type weightType) {
  Type element = getElementTypeOrSelf(logits);
  Type scoreType = element.isF64() ? element : Type(emit.getF32Type());
  int64_t experts = cast<RankedTensorType>(logits.getType()).getDimSize(1);
  OpFoldResult tokens = emit.size(logits, 0), k = emit.getIndexAttr(gate.getK());
  Value weights = emit.empty({tokens, k}, weightType);
  Value chosen = emit.empty({tokens, k}, emit.getI32Type());
  auto oneToken = [&](Value token, ValueRange out) -> Emit::Values {
    Value row = emit.row(logits, token);
    if (element != scoreType)
      row = emit.map(row, emit.empty(emit.size(row, 0), scoreType),
                     [&](ValueRange x) { return emit.toFloat(x[0], scoreType); });
    Chosen best = TokenGate(emit, gate, scoreType, experts).choose(row, bias, {out[0], out[1]});
    return {best.weights, best.experts};
  };
  Emit::Values results = emit.parallelRows(tokens, {weights, chosen}, oneToken);
  return {results[0], results[1]};
}
