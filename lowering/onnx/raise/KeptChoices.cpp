//===- KeptChoices.cpp - Loops over choices of which some are dropped -----===//

#include "lowering/onnx/raise/KeptChoices.h"
#include "lowering/onnx/raise/KeptIds.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Routers are some fifty nodes; of the experts' equal parts a few are enough.
constexpr size_t kMostValues = 2048, kMostUsers = 16, kMostMasks = 4;
/// From a list back to the mask of all experts are a few nodes of shape.
constexpr int kMostSteps = 16;

/// The value before a node that only lays its one input out in another way, or picks a part of it:
/// what is true there is true of the same token and expert here.
Value beforePick(onnx::NodeOp node) {
  static const StringRef names[] = {"Identity", "Unsqueeze", "Squeeze", "Reshape",   "Flatten",
                                    "Gather",   "Slice",     "Split",   "Transpose", "Expand"};
  if (!node || !node.getDomain().empty() || !node.input(0))
    return {};
  if (node.is("Cast")) {
    RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
    bool asks = to && to.getElementType().isInteger(1);
    return asks || (from && isa<IntegerType>(from.getElementType())) ? node.input(0) : Value();
  }
  return llvm::is_contained(names, node.getOp()) ? node.input(0) : Value();
}

/// The names of the dimensions of a mask over tokens, in one dimension or two, and experts.
std::optional<MaskDims> dimsOf(Value mask) {
  switch (tensorType(mask).getRank()) {
  case 2:
    return MaskDims{"t", "e"};
  case 3:
    return MaskDims{"g", "t", "e"};
  default:
    return std::nullopt;
  }
}

class MaskFinder {
public:
  explicit MaskFinder(const Choices &choices) : choices(choices) {}

  /// The masks of all experts that lists are taken from.
  SmallVector<Value> find();

private:
  bool isMask(Value value);
  Value maskBehind(onnx::NodeOp nonZero);

  const Choices &choices;
};

/// Whether `value` is 0 or 1 for each token of the scores and each expert.
bool MaskFinder::isMask(Value value) {
  RankedTensorType type = tensorType(value);
  if (!type || type.getRank() < 2 || lastDim(value) != choices.experts ||
      !sameTokens(value, choices.scores))
    return false;
  if (type.getElementType().isInteger(1))
    return true;
  auto dims = dimsOf(value);
  auto terms = dims ? termsOf(value, *dims, {choices.experts, ShapedType::kDynamic}) : std::nullopt;
  return terms && terms->size() == 1 && llvm::all_of(terms->front(), isZeroOrOne);
}

/// The mask that all nodes before the list only pick from, or null.
Value MaskFinder::maskBehind(onnx::NodeOp nonZero) {
  SmallVector<Value> path{nonZero.input(0)};
  while (path.size() < kMostSteps)
    if (Value before = beforePick(nodeOf(path.back())))
      path.push_back(before);
    else
      break;
  for (Value value : llvm::reverse(path))
    if (isMask(value))
      return value;
  return {};
}

SmallVector<Value> MaskFinder::find() {
  llvm::SetVector<Value> reached, masks;
  Value ids = choices.ids;
  reached.insert(ids);
  for (size_t at = 0; at < reached.size() && reached.size() < kMostValues; ++at) {
    size_t users = 0;
    for (Operation *user : reached[at].getUsers()) {
      auto node = dyn_cast<onnx::NodeOp>(user);
      if (!node || node->getBlock() != ids.getParentBlock() || ++users > kMostUsers)
        continue;
      if (!node.is("NonZero")) {
        reached.insert(node.getOutputs().begin(), node.getOutputs().end());
        continue;
      }
      if (Value mask = maskBehind(node); mask && masks.size() < kMostMasks)
        masks.insert(mask);
    }
  }
  return masks.takeVector();
}

/// The choices that `mask` leaves, of those that it is made of.
std::optional<KeptChoices> keptBy(Value mask, const Choices &from) {
  auto dims = dimsOf(mask);
  if (!dims)
    return std::nullopt;
  auto terms = termsOf(mask, *dims, {from.experts, ShapedType::kDynamic});
  SmallVector<MaskFactor> factors;
  if (terms)
    factors = idsOf(*terms, from.experts);
  if (!followTokens(factors, ArrayRef<std::string>(*dims).drop_back()))
    factors.clear();
  OpBuilder builder(mask.getContext());
  builder.setInsertionPointAfterValue(mask);
  NodeWriter writer(builder, from.anchor);
  Value present = writer.cast(writer.cast(mask, builder.getI1Type()), builder.getF32Type());
  KeptIds ids = writeKeptIds(writer, factors, present);
  Choices choices = from;
  choices.ids = ids.ids;
  choices.kept = ids.kept;
  choices.open = factors.empty();
  choices.values = {};
  choices.rounds.clear();
  choices.k = lastDim(ids.ids);
  if (choices.k != from.k)
    choices.name = "given";
  if (tensorType(mask).getRank() != tensorType(choices.scores).getRank())
    choices.scores = mask;
  return KeptChoices{choices, RoutedValues::ofMask(choices, mask)};
}

} // namespace

SmallVector<KeptChoices, 1> keptChoices(const Choices &choices) {
  SmallVector<KeptChoices, 1> all;
  for (Value mask : MaskFinder(choices).find())
    if (auto kept = keptBy(mask, choices))
      all.push_back(std::move(*kept));
  return all;
}

} // namespace moe::raise
