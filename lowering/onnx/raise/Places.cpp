//===- Places.cpp - Do two tokens stand at one place? ---------------------===//
//
// For one product of a dispatch mask, all of its factors are not zero: under this assumption a
// position is read as a count of tokens up to this one, plus numbers that all of an expert's tokens
// share.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Places.h"
#include "lowering/onnx/raise/Routed.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Positions are some ten nodes deep.
constexpr int kDeepest = 32;

/// A whole number for each token (and expert).
struct Position {
  double constant = 0;
  /// The mask whose tokens up to this one are counted, this one with them; empty: none.
  MaskTerm counted;
  /// Masks of which all tokens are counted.
  MaskTerms totals;

  bool isNumber() const { return counted.empty() && totals.empty(); }
};

bool holdsAll(const MaskTerm &all, const MaskTerm &some) {
  return llvm::all_of(some, [&](const MaskFactor &one) { return llvm::is_contained(all, one); });
}

bool sameFactors(const MaskTerm &a, const MaskTerm &b) { return holdsAll(a, b) && holdsAll(b, a); }

class PositionReader {
public:
  /// At tokens and experts where none of `given` is zero.
  PositionReader(const MaskTerm &given, MaskSizes sizes) : given(given), sizes(sizes) {}

  std::optional<Position> read(Value value, const MaskDims &dims, int depth = 0);
  /// Whether the tokens of `counted` are the first ones of `all`, up to some number.
  bool isFirstOf(const MaskTerm &counted, const MaskTerm &all);

private:
  std::optional<MaskTerm> maskOf(Value value, const MaskDims &dims, int depth);
  std::optional<MaskTerm> bothMasks(onnx::NodeOp node, const MaskDims &dims, int depth);
  bool isOnlyAtChoice(Value value, const MaskDims &dims, int depth);
  std::optional<Position> readCount(onnx::NodeOp node, const MaskDims &dims);
  std::optional<Position> readSum(onnx::NodeOp node, const MaskDims &dims, int depth);
  std::optional<Position> readPair(onnx::NodeOp node, const MaskDims &dims, int depth);

  const MaskTerm &given;
  MaskSizes sizes;
};

/// Numbers in which tokens can be counted one by one.
bool isExact(Value value) {
  Type type = tensorType(value).getElementType();
  return type.isF32() || type.isF64() || type.isInteger(32) || type.isInteger(64) ||
         type.isInteger(1);
}

/// Whether `value` is there and has no more dimensions than what it is broadcast to.
static bool broadcastsTo(Value value, const MaskDims &dims) {
  return value && tensorType(value) && tensorType(value).getRank() <= int64_t(dims.size());
}

std::optional<MaskTerm> PositionReader::bothMasks(onnx::NodeOp node, const MaskDims &dims,
                                                  int depth) {
  MaskTerm both;
  for (unsigned i : {0u, 1u}) {
    Value input = node.input(i);
    if (!broadcastsTo(input, dims))
      return std::nullopt;
    auto one = maskOf(input, broadcastOperand(input, dims), depth + 1);
    if (!one)
      return std::nullopt;
    for (const MaskFactor &factor : *one)
      if (!llvm::is_contained(both, factor))
        both.push_back(factor);
  }
  return both;
}

/// The factors, each 0 or 1, whose product `value` is.
std::optional<MaskTerm> PositionReader::maskOf(Value value, const MaskDims &dims, int depth) {
  RankedTensorType type = tensorType(value);
  if (!type || type.getRank() != static_cast<int64_t>(dims.size()) || depth > kDeepest)
    return std::nullopt;
  if (filledWith(value) == 1.0)
    return MaskTerm();
  onnx::NodeOp node = nodeOf(value);
  if (node && (node.is("Mul") || node.is("And")))
    return bothMasks(node, dims, depth);
  if (node && node.is("Where") && filledWith(node.input(2)) == 0.0)
    return bothMasks(node, dims, depth);
  if (node && node.input(0))
    if (auto before = layoutBefore(node, dims, sizes))
      return maskOf(node.input(0), *before, depth + 1);
  MaskFactor leaf{value, dims};
  return isZeroOrOne(leaf) ? std::optional(MaskTerm{leaf}) : std::nullopt;
}

/// Whether `value` is zero but at the expert of a choice that is given.
bool PositionReader::isOnlyAtChoice(Value value, const MaskDims &dims, int depth) {
  if (depth > kDeepest)
    return false;
  if (auto mask = maskOf(value, dims, 0))
    return llvm::any_of(*mask, [&](const MaskFactor &factor) {
      return oneHotAlong(factor, "e") && llvm::is_contained(given, factor);
    });
  onnx::NodeOp node = nodeOf(value);
  if (!node || !node.input(0))
    return false;
  auto at = [&](unsigned i) {
    Value input = node.input(i);
    RankedTensorType type = input ? tensorType(input) : RankedTensorType();
    return type && type.getRank() <= static_cast<int64_t>(dims.size()) &&
           broadcastOperand(input, dims) == dims && isOnlyAtChoice(input, dims, depth + 1);
  };
  if (node.is("Mul"))
    return at(0) || at(1);
  if (node.is("Add") || node.is("Sub"))
    return at(0) && at(1);
  if (node.is("Where") && filledWith(node.input(2)) == 0.0)
    return at(0) || at(1);
  auto before = layoutBefore(node, dims, sizes);
  return before && isOnlyAtChoice(node.input(0), *before, depth + 1);
}

/// A CumSum over the tokens of a mask over tokens and experts.
std::optional<Position> PositionReader::readCount(onnx::NodeOp node, const MaskDims &dims) {
  auto axis = constantInt(node.input(1));
  auto place = axis ? normalizeAxis(*axis, dims.size()) : std::nullopt;
  if (!place || dims[*place] != "t" || !llvm::is_contained(dims, "e") || !isExact(node.input(0)))
    return std::nullopt;
  auto mask = maskOf(node.input(0), dims, 0);
  if (!mask || mask->empty() || !holdsAll(given, *mask))
    return std::nullopt;
  Position position;
  position.counted = *mask;
  position.constant = node.intAttribute("exclusive", 0) ? -1 : 0;
  return position;
}

/// What is left of a sum over experts is the term at the chosen one; of a sum over tokens, a total.
std::optional<Position> PositionReader::readSum(onnx::NodeOp node, const MaskDims &dims,
                                                int depth) {
  auto axes = axesOf(node);
  RankedTensorType type = tensorType(node.input(0));
  auto place =
      axes && axes->size() == 1 ? normalizeAxis(axes->front(), type.getRank()) : std::nullopt;
  if (!place || !isExact(node.input(0)))
    return std::nullopt;
  MaskDims before = dims;
  if (!node.intAttribute("keepdims", 1))
    before.insert(before.begin() + *place, "");
  if (before.size() != static_cast<size_t>(type.getRank()) || !before[*place].empty())
    return std::nullopt;
  bool overExperts = !llvm::is_contained(dims, "e");
  before[*place] = overExperts ? "e" : "t";
  if (overExperts) {
    bool picks =
        type.getDimSize(*place) == sizes.experts && isOnlyAtChoice(node.input(0), before, 0);
    return picks ? read(node.input(0), before, depth + 1) : std::nullopt;
  }
  auto mask = maskOf(node.input(0), before, 0);
  if (!mask || mask->empty() || llvm::is_contained(dims, "t"))
    return std::nullopt;
  Position position;
  position.totals.push_back(*mask);
  return position;
}

std::optional<Position> PositionReader::readPair(onnx::NodeOp node, const MaskDims &dims,
                                                 int depth) {
  std::vector<Position> parts;
  for (unsigned i : {0u, 1u}) {
    Value input = node.input(i);
    if (!broadcastsTo(input, dims))
      return std::nullopt;
    auto part = read(input, broadcastOperand(input, dims), depth + 1);
    if (!part)
      return std::nullopt;
    parts.push_back(std::move(*part));
  }
  Position &a = parts[0], &b = parts[1];
  if (node.is("Mul")) {
    bool first = a.isNumber() && a.constant == 1;
    bool second = b.isNumber() && b.constant == 1;
    return first ? std::optional(b) : second ? std::optional(a) : std::nullopt;
  }
  if ((!a.counted.empty() && !b.counted.empty()) || (node.is("Sub") && !b.isNumber()))
    return std::nullopt;
  a.constant += node.is("Sub") ? -b.constant : b.constant;
  if (a.counted.empty())
    a.counted = b.counted;
  a.totals.insert(a.totals.end(), b.totals.begin(), b.totals.end());
  return a;
}

std::optional<Position> PositionReader::read(Value value, const MaskDims &dims, int depth) {
  RankedTensorType type = tensorType(value);
  if (!type || type.getRank() != static_cast<int64_t>(dims.size()) || depth > kDeepest ||
      !isExact(value))
    return std::nullopt;
  if (auto number = filledWith(value))
    return Position{*number, {}, {}};
  if (auto mask = maskOf(value, dims, 0); mask && holdsAll(given, *mask))
    return Position{1, {}, {}};
  onnx::NodeOp node = nodeOf(value);
  if (!node || !node.input(0) || !node.getDomain().empty())
    return std::nullopt;
  if (node.is("CumSum"))
    return readCount(node, dims);
  if (node.is("ReduceSum"))
    return readSum(node, dims, depth);
  if (node.is("Mul") || node.is("Add") || node.is("Sub"))
    return readPair(node, dims, depth);
  if (node.is("Where")) {
    auto test = maskOf(node.input(0), broadcastOperand(node.input(0), dims), 0);
    bool holds = test && holdsAll(given, *test);
    return holds ? read(node.input(1), broadcastOperand(node.input(1), dims), depth + 1)
                 : std::nullopt;
  }
  auto before = layoutBefore(node, dims, sizes);
  return before ? read(node.input(0), *before, depth + 1) : std::nullopt;
}

/// What a test lets pass up to a number that all tokens share, the capacity; null where it is no
/// such test.
Value testedBelow(Value test) {
  onnx::NodeOp node = nodeOf(test);
  bool isNot = node && node.is("Not");
  node = isNot ? nodeOf(node.input(0)) : node;
  if (!node || node.getInputs().size() != 2)
    return {};
  bool less = node.is("Less") || node.is("LessOrEqual");
  bool greater = node.is("Greater") || node.is("GreaterOrEqual");
  unsigned place = less != isNot ? 0 : 1;
  RankedTensorType bound = tensorType(node.input(1 - place));
  bool shared = bound && staticCount(bound.getShape()) == 1;
  return (less || greater) && shared ? node.input(place) : Value();
}

bool PositionReader::isFirstOf(const MaskTerm &counted, const MaskTerm &all) {
  if (!holdsAll(counted, all))
    return false;
  return llvm::all_of(counted, [&](const MaskFactor &factor) {
    Value tested = testedBelow(factor.value);
    if (llvm::is_contained(all, factor) || !tested)
      return llvm::is_contained(all, factor);
    auto position = PositionReader(all, sizes).read(tested, broadcastOperand(tested, factor.dims));
    return position && sameFactors(position->counted, all) && position->totals.empty();
  });
}

/// The position in one product, with the choices that it is of.
struct Placed {
  const MaskTerm *term;
  Position position;
};

/// Whether the places of `second` begin behind those of `first`.
bool begins(const Placed &first, const Placed &second, MaskSizes sizes) {
  const Position &a = first.position, &b = second.position;
  if (a.constant != b.constant || b.totals.size() != a.totals.size() + 1)
    return false;
  MaskTerms rest = b.totals;
  for (const MaskTerm &total : a.totals) {
    auto it = llvm::find_if(rest, [&](const MaskTerm &one) { return sameFactors(one, total); });
    if (it == rest.end())
      return false;
    rest.erase(it);
  }
  // All that is left of the first was counted: nothing else drops tokens between the two.
  return holdsAll(*first.term, rest.front()) &&
         PositionReader(*first.term, sizes).isFirstOf(rest.front(), a.counted);
}

/// The position of a product that has one along the places, or nothing.
std::optional<Placed> placedBy(const MaskTerm &term, MaskSizes sizes) {
  for (const MaskFactor &factor : term) {
    auto at = oneHotAlong(factor, "c");
    if (!at)
      continue;
    auto position = PositionReader(term, sizes).read(at->value, at->dims);
    // The first of the places is 0 or more: OneHot counts negative ones from the end.
    if (position && !position->counted.empty() && position->constant >= -1)
      return Placed{&term, std::move(*position)};
  }
  return std::nullopt;
}

} // namespace

const char *sharedPlace(const MaskTerms &terms, MaskSizes sizes) {
  // One token a place by the mask's own making.
  if (terms.size() == 1 && llvm::any_of(terms.front(), [](const MaskFactor &factor) {
        return oneHotAlong(factor, "t").has_value();
      }))
    return nullptr;
  std::vector<Placed> placed;
  for (const MaskTerm &term : terms) {
    auto one = placedBy(term, sizes);
    if (!one)
      return "may put two tokens at one place: their places are not known to be counted over the "
             "mask that dispatches them";
    placed.push_back(std::move(*one));
  }
  // Two of equally many totals begin at the same place, in whichever order.
  llvm::sort(placed, [](const Placed &a, const Placed &b) {
    return a.position.totals.size() < b.position.totals.size();
  });
  for (size_t i = 1; i < placed.size(); ++i)
    if (!begins(placed[i - 1], placed[i], sizes))
      return "may put two tokens at one place: places of later choices are not known to begin "
             "behind those of earlier ones";
  return nullptr;
}

} // namespace moe::raise
