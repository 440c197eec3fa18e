//===- GroupLimit.cpp - Recognises a choice of groups of experts ----------===//
//
// scores = candidates where the expert's group is one of the best, a low number elsewhere. From the
// masked scores back to the mask, from the mask back to the TopK over groups, from there to what a
// group is worth; all of it has to come from the same candidates.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/GroupLimit.h"
#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/Scores.h"
#include <cmath>

using namespace mlir;

namespace moe::raise {
namespace {

constexpr int kMostSteps = 32;

/// Scores with a mask: `kept` where the mask is true, `outside` elsewhere.
struct Masked {
  Value kept, mask;
  double outside = 0.0;
  /// True where the scores are not kept.
  bool inverted = false;
};

std::optional<Masked> maskedScores(Value scores, int64_t experts) {
  onnx::NodeOp node = nodeOf(stripRows(scores, experts));
  if (!node)
    return std::nullopt;
  if (node.is("Where") && node.getInputs().size() == 3) {
    if (auto number = filledWith(node.input(2)))
      return Masked{node.input(1), node.input(0), *number, false};
    if (auto number = filledWith(node.input(1)))
      return Masked{node.input(2), node.input(0), *number, true};
  }
  return std::nullopt;
}

class GroupReader {
public:
  GroupReader(int64_t experts) : experts(experts) {}

  /// The groups that the mask keeps; nothing where it is no such mask.
  std::optional<GroupLimit> read(Value mask, bool inverted) {
    for (int step = 0; step < kMostSteps; ++step) {
      if (std::optional<GroupLimit> limit = readChoice(mask, inverted))
        return limit;
      onnx::NodeOp node = nodeOf(mask);
      if (!node || !node.input(0))
        return std::nullopt;
      Value before = stepBack(node, inverted);
      if (!before)
        return std::nullopt;
      mask = before;
    }
    return std::nullopt;
  }

private:
  /// What the mask was before a node that keeps its truth, or (`inverted` changes) negates it, or
  /// lays a group's truth out for all of its experts.
  Value stepBack(onnx::NodeOp node, bool &inverted) {
    if (node.is("Cast") || node.is("Identity"))
      return node.input(0);
    if (node.is("Not")) {
      inverted = !inverted;
      return node.input(0);
    }
    if (node.is("Equal") || node.is("Greater") || node.is("GreaterOrEqual") || node.is("Less"))
      return compared(node, inverted);
    if (node.is("Sub") && node.input(1) && filledWith(node.input(0)) == 1.0) {
      inverted = !inverted;
      return node.input(1);
    }
    return repeated(node);
  }

  /// A comparison of zeros and ones with a number that tells them apart.
  Value compared(onnx::NodeOp node, bool &inverted) {
    auto number = node.input(1) ? filledWith(node.input(1)) : std::nullopt;
    if (!number)
      return {};
    bool zero, one;
    if (node.is("Equal"))
      zero = *number == 0.0, one = *number == 1.0;
    else if (node.is("Greater"))
      zero = *number < 0.0, one = *number < 1.0;
    else if (node.is("GreaterOrEqual"))
      zero = *number <= 0.0, one = *number <= 1.0;
    else
      zero = *number > 0.0, one = *number > 1.0;
    if (zero == one)
      return {};
    inverted ^= zero;
    return node.input(0);
  }

  /// [.., G] -> [.., G, 1] -> [.., G, P] -> [.., E]: a group's own truth for each of its experts.
  Value repeated(onnx::NodeOp node) {
    RankedTensorType in = tensorType(node.input(0)), out = tensorType(node.getOutputs()[0]);
    if (!in || !out || !in.getRank() || !out.getRank())
      return {};
    bool relaid =
        node.is("Reshape") || node.is("Flatten") || node.is("Unsqueeze") || node.is("Squeeze");
    auto ends = [](RankedTensorType type, ArrayRef<int64_t> sizes) {
      return type.getRank() >= static_cast<int64_t>(sizes.size()) &&
             type.getShape().take_back(sizes.size()) == sizes;
    };
    if (relaid && ends(out, {experts}) && in.getRank() >= 2) {
      int64_t size = in.getShape().back();
      if (size > 0 && experts % size == 0 && ends(in, {experts / size, size}))
        return settle(experts / size) ? node.input(0) : Value();
    }
    int64_t wide = out.getShape().back();
    if (node.is("Expand") || node.is("Tile")) {
      // Only the last dimension grows.
      bool grows = out.getRank() == in.getRank() && in.getShape().back() == 1 && wide > 0 &&
                   out.getRank() >= 2 && experts % wide == 0 && ends(out, {experts / wide, wide}) &&
                   ends(in, {experts / wide, 1});
      return grows && settle(experts / wide) ? node.input(0) : Value();
    }
    if (relaid && wide == 1 && out.getRank() >= 2) {
      int64_t count = out.getShape()[out.getRank() - 2];
      return count > 0 && experts % count == 0 && ends(in, {count}) && settle(count) ? node.input(0)
                                                                                     : Value();
    }
    if (node.is("Gather") && isLastAxis(node, 0, in.getRank()) && ends(out, {experts}))
      return repeatsByPlaces(node, in) ? node.input(0) : Value();
    return {};
  }

  /// A Gather at 0, 0, .., 1, 1, ..
  bool repeatsByPlaces(onnx::NodeOp node, RankedTensorType in) {
    auto places = constantInts(node.input(1));
    int64_t count = in.getShape().back();
    if (!places || static_cast<int64_t>(places->size()) != experts || count < 1 ||
        experts % count != 0)
      return false;
    for (int64_t i = 0; i < experts; ++i)
      if ((*places)[i] != i / (experts / count))
        return false;
    return settle(count);
  }

  /// All steps agree on the number of groups.
  bool settle(int64_t count) {
    bool agrees = groups == 0 || groups == count;
    groups = count;
    return agrees;
  }

  /// The mask of one number a group: of a TopK's indices, by what follows from these.
  std::optional<GroupLimit> readChoice(Value mask, bool inverted);
  std::optional<GroupLimit> readWorth(onnx::NodeOp topk, int64_t topGroups);
  onnx::NodeOp choiceBehind(Value mask);

  int64_t experts;
  int64_t groups = 0;
};

/// The TopK whose indices `mask` was made from: masks are some five nodes away from it.
onnx::NodeOp GroupReader::choiceBehind(Value mask) {
  SmallVector<Value> work{mask};
  for (size_t next = 0; next < work.size() && next < kMostSteps; ++next) {
    onnx::NodeOp node = nodeOf(work[next]);
    if (!node)
      continue;
    if (node.is("TopK") && node.getOutputs().size() == 2 && work[next] == node.getOutputs()[1])
      return node;
    llvm::append_range(work, node.getInputs());
  }
  return {};
}

std::optional<GroupLimit> GroupReader::readChoice(Value mask, bool inverted) {
  int64_t count = lastDim(mask);
  if (ShapedType::isDynamic(count) || count < 1 || experts % count != 0)
    return std::nullopt;
  onnx::NodeOp topk = choiceBehind(mask);
  std::optional<Choices> chosen = topk ? choicesAt(topk) : std::nullopt;
  if (!chosen || chosen->experts != count || (groups != 0 && groups != count))
    return std::nullopt;
  RoutedValues routed = RoutedValues::of(*chosen);
  const Routed *found = routed.find(mask);
  // The one group that there may be has no axis.
  bool complete = found && (found->anySlot || chosen->k == 1) &&
                  (count == 1 || (!found->expert &&
                                  placeOf(found->axes, Atom::Expert) == found->axes.size() - 1));
  if (!complete || found->kind != (inverted ? Routed::Unchosen : Routed::Chosen))
    return std::nullopt;
  groups = count;
  return readWorth(topk, chosen->k);
}

/// What TopK takes groups by: the best of a group, or the sum of its best.
std::optional<GroupLimit> GroupReader::readWorth(onnx::NodeOp topk, int64_t topGroups) {
  GroupLimit limit;
  limit.groups = groups;
  limit.topGroups = topGroups;
  int64_t size = experts / groups;
  onnx::NodeOp worth = nodeOf(stripRows(topk.input(0), groups));
  if (!worth || !worth.input(0))
    return std::nullopt;
  Value grouped = worth.input(0);
  if (worth.is("ReduceMax") || worth.is("ReduceSum") || worth.is("ReduceMean")) {
    auto axes = axesOf(worth);
    RankedTensorType type = tensorType(grouped);
    if (!type || !axes || axes->size() != 1 ||
        normalizeAxis(axes->front(), type.getRank()) != type.getRank() - 1)
      return std::nullopt;
    limit.groupBest = worth.is("ReduceMax") ? 1 : type.getShape().back();
  }
  // A mean of as many orders groups as their sum does.
  onnx::NodeOp best = worth.is("TopK") ? worth : nodeOf(stripCast(grouped), "TopK");
  if (best) {
    auto chosen = choicesAt(best);
    bool first = chosen && (best == worth ? chosen->k == 1 && stripRows(topk.input(0), groups) ==
                                                                  best.getOutputs()[0]
                                          : stripCast(grouped) == best.getOutputs()[0]);
    if (!first)
      return std::nullopt;
    if (best == worth || !worth.is("ReduceMax"))
      limit.groupBest = chosen->k;
    grouped = best.input(0);
  }
  if (lastDim(grouped) != size || limit.groupBest < 1 || limit.groupBest > size)
    return std::nullopt;
  limit.candidates = stripRows(grouped, experts);
  return limit;
}

} // namespace

FailureOr<GroupLimit> readGroupLimit(Value scores, int64_t experts, Attempt &attempt) {
  GroupLimit none;
  none.candidates = scores;
  auto masked = maskedScores(scores, experts);
  if (!masked) {
    // A product with zeros and ones.
    onnx::NodeOp node = nodeOf(stripRows(scores, experts), "Mul");
    for (unsigned i : {1u, 0u})
      if (node && node.input(1))
        if (auto limit = GroupReader(experts).read(node.input(i), /*inverted=*/false))
          if (stripRows(node.input(1 - i), experts) == limit->candidates) {
            limit->outside = 0.0;
            return *limit;
          }
    return none;
  }
  onnx::NodeOp node = nodeOf(stripRows(scores, experts));
  auto miss = [&](StringRef why) { return attempt.miss(node, nameOf(node) + " " + why.str()); };
  auto limit = GroupReader(experts).read(masked->mask, masked->inverted);
  if (!limit)
    return miss("masks scores by something else than the best groups");
  if (stripRows(masked->kept, experts) != limit->candidates)
    return miss("masks other scores than those that groups are chosen by");
  if (!std::isinf(masked->outside) || masked->outside > 0.0)
    limit->outside = masked->outside;
  return *limit;
}

} // namespace moe::raise
