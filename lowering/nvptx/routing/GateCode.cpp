//===- GateCode.cpp - moe.gate, the seven steps by one warp ----------------===//
//
// Follows lowering/linalg/Gate.cpp step by step, with the same arithmetic in the same order. A lane
// owns every 32nd expert; sums of a few numbers are computed by all lanes alike.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/routing/GateCode.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moe;

Type GateShape::scoreType() const {
  return logitType.isF64() ? logitType : Type(Float32Type::get(logitType.getContext()));
}

Type GateShape::keyType() const {
  return IntegerType::get(logitType.getContext(), scoreType().getIntOrFloatBitWidth());
}

namespace {

/// The rows of a token's workspace.
struct Rows {
  Rows(const GateShape &shape, Workspace &space)
      : scores(space.reserve(shape.experts, shape.scoreType())),
        keys(space.reserve(shape.experts, shape.scoreType())),
        groups(space.reserve(shape.rule.getGroups(), shape.scoreType())),
        weights(space.reserve(shape.rule.getK(), shape.scoreType())),
        chosen(
            space.reserve(shape.rule.getK(), IntegerType::get(shape.logitType.getContext(), 32))) {}
  int64_t scores, keys, groups, weights, chosen;
};

class TokenGate {
public:
  TokenGate(WarpCode &code, const GateShape &shape, const RoutingOperands &operands, Value token,
            Value workspace)
      : code(code), shape(shape), rule(shape.rule), type(shape.scoreType()) {
    Workspace space;
    Rows places(shape, space);
    auto row = [&](int64_t place, Type element) {
      return Array{code.from({workspace, code.getI8Type()}, code.i32(place)).base, element};
    };
    scores = row(places.scores, type);
    keys = row(places.keys, shape.keyType());
    groupKeys = row(places.groups, shape.keyType());
    chosenWeights = row(places.weights, type);
    chosenExperts = row(places.chosen, code.getI32Type());
    Value first = code.mul(token, code.i64(rule.getK()));
    logits =
        code.from({operands.logits, shape.logitType}, code.mul(token, code.i64(shape.experts)));
    bias = {operands.bias, shape.biasType};
    outWeights = code.from({operands.weights, shape.weightType}, first);
    outExperts = code.from({operands.experts, code.getI32Type()}, first);
  }

  void emit() {
    emitPadding(code, scores, shape.experts);
    emitPadding(code, chosenWeights, rule.getK());
    readLogits();
    if (!rule.getScoreAfter())
      emitScores(code, rule.getScore(), scores, shape.experts);
    if (rule.getScore() == Score::SparseMixer)
      mixSparsely();
    else
      takeBest();
    code.syncWarp();
    if (rule.getScoreAfter()) {
      emitScores(code, rule.getScore(), chosenWeights, rule.getK());
      code.syncWarp();
    }
    finish();
    // The next token takes the same memory.
    code.syncWarp();
  }

private:
  Value logit(Value expert) { return code.toFloat(code.at(logits, expert), type); }

  void readLogits() {
    code.eachOfLane(shape.experts, [&](Value e) { code.put(logit(e), scores, e); });
  }

  /// Step 2 for one expert.
  Value candidate(Value expert) {
    Value score = code.at(scores, expert);
    if (!bias)
      return score;
    return arith::AddFOp::create(code, score, code.toFloat(code.at(bias, expert), type));
  }

  void writeKeys(llvm::function_ref<Value(Value)> key) {
    code.eachOfLane(shape.experts, [&](Value e) { code.put(key(e), keys, e); });
  }

  int64_t perGroup() { return shape.experts / rule.getGroups(); }

  /// A group's value: the sum of its best candidates, largest first.
  Value groupValue(Value group) {
    Value begin = code.mul(group, code.i32(perGroup()));
    auto addBest = [&](Value, ValueRange sum) -> WarpCode::Values {
      Value best = emitBestOf(code, keys, begin, perGroup());
      emitTakeOut(code, keys, begin, best);
      return {arith::AddFOp::create(code, sum[0], candidate(best))};
    };
    return code.loop(code.i32(0), code.i32(rule.getGroupBest()), 1, code.real(type, 0), addBest)[0];
  }

  /// Step 3: keys of groups; those of the best are taken out, which marks them.
  void chooseGroups() {
    code.each(code.i32(0), code.i32(rule.getGroups()), code.i32(1), [&](Value group) {
      Value key = emitScoreKey(code, groupValue(group));
      code.when(isFirstLane(), [&] { code.put(key, groupKeys, group); });
    });
    code.syncWarp();
    Value zero = code.i32(0);
    code.each(zero, code.i32(rule.getTopGroups()), code.i32(1), [&](Value) {
      Value best = emitBestOf(code, groupKeys, zero, rule.getGroups());
      emitTakeOut(code, groupKeys, zero, best);
    });
    code.syncWarp();
  }

  Value outsideKey() {
    if (std::optional<double> outside = rule.outsideValue())
      return emitScoreKey(code, code.real(type, *outside));
    return emitNoKey(code, keys.element);
  }

  /// Steps 2 and 3: the keys of the experts that are in the race.
  void enterRace() {
    auto key = [&](Value expert) { return emitScoreKey(code, candidate(expert)); };
    writeKeys(key);
    if (rule.getGroups() == 1)
      return;
    code.syncWarp(); // groups share out their experts in another way
    chooseGroups();
    Value outside = outsideKey();
    writeKeys([&](Value expert) {
      Value group = code.at(groupKeys, code.div(expert, code.i32(perGroup())));
      Value isKept =
          code.compare(arith::CmpIPredicate::eq, group, emitNoKey(code, groupKeys.element));
      return code.select(isKept, key(expert), outside);
    });
  }

  Value isFirstLane() { return code.compare(arith::CmpIPredicate::eq, code.lane(), code.i32(0)); }

  void keepChoice(Value j, Value expert, Value weight) {
    code.when(isFirstLane(), [&] {
      code.put(weight, chosenWeights, j);
      code.put(expert, chosenExperts, j);
    });
  }

  /// Steps 4 and 5: k rounds, the best first.
  void takeBest() {
    code.syncWarp(); // the scores
    enterRace();
    Value zero = code.i32(0);
    code.each(zero, code.i32(rule.getK()), code.i32(1), [&](Value j) {
      Value best = emitBestOf(code, keys, zero, shape.experts);
      emitTakeOut(code, keys, zero, best);
      keepChoice(j, best, code.at(scores, best));
    });
  }

  /// Two rounds of masked softmax, each over what the last one left. The scores' memory holds the
  /// terms of a round's sum.
  void mixSparsely() {
    writeKeys([&](Value expert) { return emitScoreKey(code, logit(expert)); });
    Value zero = code.i32(0);
    code.each(zero, code.i32(rule.getK()), code.i32(1), [&](Value j) {
      Value best = emitBestOf(code, keys, zero, shape.experts), max = logit(best);
      Value power = math::ExpOp::create(code, arith::SubFOp::create(code, max, max));
      writeTerms(max);
      code.syncWarp();
      Value sum = emitSum(code, scores, shape.experts);
      code.syncWarp();
      keepChoice(j, best, arith::DivFOp::create(code, power, sum));
      emitTakeOut(code, keys, zero, best);
    });
  }

  /// exp(x - max) of the experts in the race that lie close enough to `max`, 0 of others.
  void writeTerms(Value max) {
    Value taken = emitNoKey(code, keys.element), width = code.real(type, 2 * rule.jitterValue());
    code.eachOfLane(shape.experts, [&](Value expert) {
      Value x = logit(expert);
      Value scale = arith::MaximumFOp::create(code, LLVM::FAbsOp::create(code, x), max);
      Value limit = arith::MulFOp::create(code, width, scale);
      Value distance = arith::SubFOp::create(code, max, x);
      Value far = arith::CmpFOp::create(code, arith::CmpFPredicate::OGT, distance, limit);
      Value out = code.compare(arith::CmpIPredicate::eq, code.at(keys, expert), taken);
      Value masked = arith::OrIOp::create(code, far, out);
      Value power = math::ExpOp::create(code, arith::SubFOp::create(code, x, max));
      code.put(code.select(masked, code.real(type, 0), power), scores, expert);
    });
  }

  /// What step 6 divides by.
  Value divisor() {
    Value sum = emitSum(code, chosenWeights, rule.getK());
    if (rule.epsilonValue() != 0)
      sum = arith::AddFOp::create(code, sum, code.real(type, rule.epsilonValue()));
    if (std::optional<double> least = rule.leastSumValue())
      sum = arith::MaximumFOp::create(code, sum, code.real(type, *least));
    return sum;
  }

  /// Steps 6 and 7.
  void finish() {
    if (std::optional<double> least = rule.leastWeightValue()) {
      code.eachOfLane(rule.getK(), [&](Value j) {
        Value weight = code.at(chosenWeights, j);
        code.put(arith::MaximumFOp::create(code, weight, code.real(type, *least)), chosenWeights,
                 j);
      });
      code.syncWarp();
    }
    Value sum = rule.getNormalize() ? divisor() : Value();
    code.eachOfLane(rule.getK(), [&](Value j) {
      Value weight = code.at(chosenWeights, j);
      if (sum)
        weight = arith::DivFOp::create(code, weight, sum);
      if (rule.scaleValue() != 1)
        weight = arith::MulFOp::create(code, weight, code.real(type, rule.scaleValue()));
      code.put(code.toFloat(weight, shape.weightType), outWeights, j);
      code.put(code.at(chosenExperts, j), outExperts, j);
    });
  }

  WarpCode &code;
  const GateShape &shape;
  GateAttr rule;
  Type type;
  Array scores, keys, groupKeys, chosenWeights, chosenExperts;
  Array logits, bias, outWeights, outExperts;
};

} // namespace

int64_t GateShape::workspaceBytes() const {
  Workspace space;
  Rows rows(*this, space);
  return space.bytes;
}

void moe::emitTokenGate(WarpCode &code, const GateShape &shape, const RoutingOperands &operands,
                        Value token, Value workspace) {
  TokenGate(code, shape, operands, token, workspace).emit();
}
