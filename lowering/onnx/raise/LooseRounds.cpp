//===- LooseRounds.cpp - Rounds of choices that no node joins -------------===//

#include "lowering/onnx/raise/LooseRounds.h"
#include "lowering/onnx/raise/Rounds.h"
#include "lowering/onnx/raise/Scores.h"
#include "lowering/onnx/raise/SlotNumbers.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Scores have a few users; a bound keeps the search linear.
constexpr int kMostUsers = 64;

/// Rounds so far, the first one in front.
using Chain = SmallVector<Choices, 2>;

class Joiner {
public:
  void look(onnx::NodeOp node);
  void write();

private:
  const Choices *before(const Choices &round);
  const Choices *chosenBy(Value scores, const Choices &next);

  llvm::MapVector<Operation *, Chain> chains;
  /// Rounds that others follow, and last rounds that the file joins itself.
  llvm::DenseSet<Operation *> done;
};

/// The round that chose by `scores`, which those of `next` lack the best of.
const Choices *Joiner::chosenBy(Value scores, const Choices &next) {
  int left = kMostUsers;
  for (Operation *user : scores.getUsers()) {
    auto it = chains.find(user);
    if (--left < 0)
      return nullptr;
    if (it != chains.end() && it->second.back().experts == next.experts &&
        leavesOut(next.scores, it->second.back().scores, it->second.back()))
      return &it->second.back();
  }
  return nullptr;
}

const Choices *Joiner::before(const Choices &round) {
  onnx::NodeOp node = nodeOf(stripRows(round.scores, round.experts));
  bool mayLeaveOut =
      node && (node.is("Where") || node.is("ScatterElements") || node.is("Add") || node.is("Sub"));
  if (!mayLeaveOut)
    return nullptr;
  for (Value input : node.getInputs())
    for (Value scores : {input, input ? stripRows(input, round.experts) : input})
      if (const Choices *found = scores ? chosenBy(scores, round) : nullptr)
        return found;
  return nullptr;
}

void Joiner::look(onnx::NodeOp node) {
  if (auto joined = choicesOfRounds(node)) {
    for (const Choices &round : joined->rounds)
      done.insert(round.anchor);
    return;
  }
  auto round = choicesAt(node);
  if (!round || round->k != 1 || !round->rounds.empty())
    return;
  Chain chain;
  if (const Choices *found = before(*round)) {
    done.insert(found->anchor);
    chain = chains.lookup(found->anchor);
  }
  chain.push_back(*round);
  chains.insert({node, chain});
}

/// Whether all rounds have the first one's tokens: scores may have been laid out anew on the way.
bool haveSameTokens(const Chain &chain) {
  const Choices &first = chain.front();
  int64_t rank = tensorType(first.scores).getRank();
  return llvm::all_of(chain, [&](const Choices &round) {
    return tensorType(round.scores).getRank() == rank &&
           tensorType(round.ids).getElementType() == tensorType(first.ids).getElementType() &&
           sameLeadingDims(round.scores, first.scores, rank - 1);
  });
}

void Joiner::write() {
  for (auto &[last, chain] : chains) {
    if (done.contains(last) || chain.size() < 2 || chain.size() > kMostRounds ||
        !haveSameTokens(chain))
      continue;
    SmallVector<Value> ids;
    for (const Choices &round : chain)
      ids.push_back(withLastDim(round.ids, tensorType(round.scores).getRank()));
    onnx::NodeOp first = chain.front().anchor;
    joinLast(ids, first.getName());
  }
}

} // namespace

void joinLooseRounds(Block &block) {
  Joiner joiner;
  for (auto node : block.getOps<onnx::NodeOp>())
    joiner.look(node);
  joiner.write();
}

} // namespace moe::raise
