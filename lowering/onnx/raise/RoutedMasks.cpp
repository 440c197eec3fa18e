//===- RoutedMasks.cpp - Which expert was chosen, as masks ----------------===//
//
// Comparisons of ids with experts' numbers, one-hots, their logic, and ids that are made safe by
// bounds that no id reaches.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/RoutedRules.h"

using namespace mlir;

namespace moe::raise {

/// The one number of a constant of one element, as an integer.
static std::optional<int64_t> wholeNumber(Value value) {
  auto number = constantNumber(value);
  if (!number || std::abs(*number) > 9.0e15 || std::floor(*number) != *number)
    return std::nullopt;
  return static_cast<int64_t>(*number);
}

static bool isMask(const Routed &routed) {
  return routed.kind == Routed::Chosen || routed.kind == Routed::Unchosen;
}

static Routed::Kind negated(Routed::Kind kind) {
  return kind == Routed::Chosen ? Routed::Unchosen : Routed::Chosen;
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

/// A comparison of ids, which are 0 .. E-1, with a number, as far as it is known beforehand.
static std::optional<bool> knownOf(StringRef op, int64_t number, int64_t experts) {
  int64_t last = experts - 1;
  auto decide = [](bool always, bool never) {
    return always ? std::optional(true) : never ? std::optional(false) : std::nullopt;
  };
  if (op == "Less")
    return decide(last < number, number <= 0);
  if (op == "LessOrEqual")
    return decide(last <= number, number < 0);
  if (op == "Greater")
    return decide(number < 0, last <= number);
  if (op == "GreaterOrEqual")
    return decide(number <= 0, last < number);
  return decide(false, number < 0 || number > last);
}

static StringRef mirrored(StringRef op) {
  return op == "Less"             ? "Greater"
         : op == "LessOrEqual"    ? "GreaterOrEqual"
         : op == "Greater"        ? "Less"
         : op == "GreaterOrEqual" ? "LessOrEqual"
                                  : op;
}

/// A mask of 0 and 1 compared with a number: itself, its opposite, or always the same.
static void compareMask(RoutedRules &rules, onnx::NodeOp node, const Routed &mask, StringRef op,
                        double number) {
  auto test = [&](double value) {
    return op == "Equal"         ? value == number
           : op == "Less"        ? value < number
           : op == "LessOrEqual" ? value <= number
           : op == "Greater"     ? value > number
                                 : value >= number;
  };
  Routed result = mask;
  bool one = test(1.0), zero = test(0.0);
  if (one == zero)
    result.kind = one ? Routed::Always : Routed::Never;
  else if (!one)
    result.kind = negated(mask.kind);
  rules.hold(node, result);
}

static void compare(RoutedRules &rules, onnx::NodeOp node) {
  for (unsigned side : {0u, 1u}) {
    const Routed *routed = rules.at(node, side);
    Value other = node.input(1 - side);
    if (!routed || !other)
      continue;
    StringRef op = side == 0 ? node.getOp() : mirrored(node.getOp());
    if (auto number = constantNumber(other); number && isMask(*routed))
      return compareMask(rules, node, *routed, op, *number);
    if (routed->kind != Routed::Ids)
      return;
    Routed result = *routed;
    if (auto number = wholeNumber(other)) {
      auto known = knownOf(op, *number, rules.counts().experts);
      if (!known && op != "Equal")
        return;
      result.kind = !known ? Routed::Chosen : *known ? Routed::Always : Routed::Never;
      if (!known)
        result.expert = number;
      return rules.hold(node, result);
    }
    auto experts = op == "Equal" ? expertNumbers(other, rules.counts()) : std::nullopt;
    if (!experts)
      return;
    result.kind = Routed::Chosen;
    return rules.holdRelaid(node, result, broadcast(routed->axes, *experts));
  }
}

//===----------------------------------------------------------------------===//
// One-hots and logic
//===----------------------------------------------------------------------===//

static void oneHot(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *routed = rules.at(node, 0);
  auto depth = wholeNumber(node.input(1));
  if (!routed || routed->kind != Routed::Ids || depth != rules.counts().experts)
    return;
  auto values = constantNumbers(node.input(2));
  Routed result = *routed;
  if (!values || values->size() != 2)
    return;
  if ((*values)[0] == 0.0 && (*values)[1] == 1.0)
    result.kind = Routed::Chosen;
  else if ((*values)[0] == 1.0 && (*values)[1] == 0.0)
    result.kind = Routed::Unchosen;
  else
    return;
  int64_t rank = routed->axes.size() + 1;
  auto axis = normalizeAxis(node.intAttribute("axis", -1), rank);
  if (!axis)
    return;
  result.axes.insert(result.axes.begin() + *axis, dimOf(Atom::Expert, *depth));
  if (*depth == 1)
    result.expert = 0;
  rules.hold(node, result);
}

static void negate(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *routed = rules.at(node, 0);
  if (!routed)
    return;
  Routed result = *routed;
  if (isMask(*routed))
    result.kind = negated(routed->kind);
  else if (routed->kind == Routed::Always || routed->kind == Routed::Never)
    result.kind = routed->kind == Routed::Always ? Routed::Never : Routed::Always;
  else
    return;
  rules.hold(node, result);
}

/// And, Or of something with what is always or never true; Or of the masks of several slots.
static void logic(RoutedRules &rules, onnx::NodeOp node) {
  bool isAnd = node.is("And");
  if (!isAnd && sumOverSlots(rules, node))
    return;
  for (unsigned side : {0u, 1u}) {
    const Routed *known = rules.at(node, side), *other = rules.at(node, 1 - side);
    if (!known || (known->kind != Routed::Always && known->kind != Routed::Never))
      continue;
    bool passes = (known->kind == Routed::Always) == isAnd;
    Value kept = node.input(passes ? 1 - side : side);
    const Routed *result = passes ? other : known;
    if (result && tensorType(node.getOutputs()[0]) == tensorType(kept))
      return rules.hold(node, *result);
  }
}

//===----------------------------------------------------------------------===//
// Ids made safe
//===----------------------------------------------------------------------===//

/// Clip, Min, Max: bounds that no id passes leave ids as they are.
static void bound(RoutedRules &rules, onnx::NodeOp node) {
  for (unsigned side = 0; side < node.getInputs().size(); ++side) {
    const Routed *routed = rules.at(node, side);
    if (!routed || (node.is("Clip") && side != 0))
      continue;
    for (unsigned other = 0; other < node.getInputs().size(); ++other) {
      if (other == side || !node.input(other))
        continue;
      auto number = constantNumber(node.input(other));
      bool isLow = node.is("Max") || (node.is("Clip") && other == 1);
      double least = 0.0, most = routed->kind == Routed::Ids ? rules.counts().experts - 1 : 1.0;
      if ((routed->kind != Routed::Ids && !isMask(*routed)) || !number ||
          (isLow ? *number > least : *number < most))
        return;
    }
    return rules.hold(node, *routed);
  }
}

/// The remainder of ids by E or more, without a change.
static void remainder(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *routed = rules.at(node, 0);
  auto number = wholeNumber(node.input(1));
  if (routed && routed->kind == Routed::Ids && number && *number >= rules.counts().experts)
    rules.hold(node, *routed);
}

ArrayRef<RoutedRules::Row> RoutedRules::maskRows() {
  static const Row rows[] = {
      {"And", logic},
      {"Clip", bound},
      {"Equal", compare},
      {"Greater", compare},
      {"GreaterOrEqual", compare},
      {"Less", compare},
      {"LessOrEqual", compare},
      {"Max", bound},
      {"Min", bound},
      {"Mod", remainder},
      {"Not", negate},
      {"OneHot", oneHot},
      {"Or", logic},
  };
  return rows;
}

} // namespace moe::raise
