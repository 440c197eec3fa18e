//===- RoutedNumbers.cpp - Routing weights and what mixes them ------------===//
//
// Numbers for each choice, and dense routing weights: numbers at the chosen experts, zero
// elsewhere. What is done to dense ones is done to the numbers that they hold, so that a router
// which masks, scatters or normalises over all experts is found to be one of a few numbers a token.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Letters.h"
#include "lowering/onnx/raise/RoutedRules.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace moe::raise {

/// Below it, nothing of a number is left after softmax or sigmoid.
static constexpr double kLowest = -6.0e4;

static bool isFloat(Value value) {
  RankedTensorType type = tensorType(value);
  return type && isa<FloatType>(type.getElementType());
}

/// Whether `value` has the ids' tokens, one by one, and `last` numbers for each.
static bool isPerToken(RoutedRules &rules, Value value, int64_t last) {
  RankedTensorType type = tensorType(value), ids = tensorType(rules.ids());
  return isFloat(value) && type.getRank() == ids.getRank() && lastDim(value) == last &&
         sameLeadingDims(value, rules.ids(), type.getRank() - 1);
}

/// Whether numbers have a dimension of slots; where there is one slot it may be left out.
static bool hasSlots(RoutedRules &rules, Value root) {
  return tensorType(root).getRank() == static_cast<int64_t>(rules.idsAxes().size());
}

//===----------------------------------------------------------------------===//
// Products of masks and numbers
//===----------------------------------------------------------------------===//

/// root[t, s] * (ids[t, s] == e), both at the same slot.
static std::optional<Routed> mixed(const Routed &mask, const Routed &numbers) {
  bool oneSlot = mask.slot == numbers.slot && !mask.anySlot;
  if (mask.kind != Routed::Chosen || numbers.kind != Routed::Numbers || !oneSlot)
    return std::nullopt;
  auto axes = broadcast(mask.axes, numbers.axes);
  if (!axes)
    return std::nullopt;
  Routed result{Routed::Mixed, numbers.root, *axes};
  result.slot = mask.slot;
  result.expert = mask.expert;
  return result;
}

/// A mask over all experts, of one slot or of whichever, picks from a number for each expert.
static std::optional<Routed> pickedFrom(RoutedRules &rules, onnx::NodeOp node, const Routed &mask,
                                        Value scores, Routed::Kind kind) {
  int64_t experts = rules.counts().experts;
  bool whole = mask.anySlot || mask.slot;
  if (!whole || mask.expert || !isPerToken(rules, scores, experts) ||
      mask.axes.size() != rules.idsAxes().size() || !mask.axes.back().isJust(Atom::Expert) ||
      tensorType(node.getOutputs()[0]).getRank() != tensorType(scores).getRank())
    return std::nullopt;
  auto type = cast<RankedTensorType>(rules.ids().getType());
  Routed result{kind, {}, mask.axes};
  result.root = rules.write(node, "GatherElements", type.clone(tensorType(scores).getElementType()),
                            {scores, rules.ids()}, {{"axis", -1}});
  result.slot = mask.slot;
  result.anySlot = !mask.slot || rules.counts().slots == 1;
  return result;
}

/// A product of a mask and numbers as tensors, summed over the slots or not.
static void contract(RoutedRules &rules, onnx::NodeOp node) {
  auto letters = lettersOf(node);
  for (unsigned side : {0u, 1u}) {
    const Routed *mask = rules.at(node, side), *numbers = rules.at(node, 1 - side);
    if (!letters || !mask || !numbers || mask->kind != Routed::Chosen ||
        numbers->kind != Routed::Numbers || mask->slot != numbers->slot || mask->anySlot)
      continue;
    ArrayRef<int> of = side == 0 ? letters->a : letters->b,
                  other = side == 0 ? letters->b : letters->a;
    auto dimAt = [](ArrayRef<int> letters, const Axes &axes, int letter) {
      auto it = llvm::find(letters, letter);
      return it == letters.end() ? Dim() : axes[it - letters.begin()];
    };
    Axes left, right;
    for (int letter : letters->out) {
      left.push_back(dimAt(of, mask->axes, letter));
      right.push_back(dimAt(other, numbers->axes, letter));
    }
    auto axes = broadcast(left, right);
    // What is summed over: the slots, of both.
    bool good = axes.has_value(), sums = false;
    for (ArrayRef<int> own : {of, other})
      for (int letter : own) {
        Dim dim = dimAt(of, mask->axes, letter), same = dimAt(other, numbers->axes, letter);
        bool summed = !llvm::is_contained(letters->out, letter) && !(dim.isUnit() && same.isUnit());
        good &= !summed || (dim.isJust(Atom::Slot) && same == dim);
        sums |= summed;
      }
    if (!good)
      continue;
    Routed result{Routed::Mixed, numbers->root, *axes, mask->slot, mask->expert, sums};
    return rules.hold(node, result);
  }
}

//===----------------------------------------------------------------------===//
// The same done to the numbers
//===----------------------------------------------------------------------===//

/// Operators on numbers that leave them a number for each choice.
static bool isArithmetic(StringRef op) {
  return llvm::StringSwitch<bool>(op)
      .Cases({"Add", "Sub", "Mul", "Div", "Pow", "Softmax", "Sigmoid", "Tanh", "Exp", "Log"}, true)
      .Cases({"Sqrt", "Softplus", "Abs", "Neg", "Clip", "Max", "Min", "Reciprocal", "Relu"}, true)
      .Default(false);
}

/// A node on numbers laid out as the ids are: its result is such numbers.
static bool holdNumbers(RoutedRules &rules, onnx::NodeOp node) {
  Value result = node.getOutputs()[0];
  for (unsigned i = 0; i < node.getInputs().size(); ++i) {
    const Routed *routed = rules.at(node, i);
    if (!routed || routed->kind != Routed::Numbers || routed->axes != rules.idsAxes() ||
        !isPerToken(rules, result, rules.counts().slots))
      continue;
    Routed numbers = *routed;
    numbers.root = result;
    rules.hold(node, numbers);
    return true;
  }
  return holdSlotNumbers(rules, node);
}

/// `node`, of one input or with a number beside it, on the root of what it is applied to.
static std::optional<Routed> appliedToRoot(RoutedRules &rules, onnx::NodeOp node, unsigned side) {
  Routed result = *rules.at(node, side);
  SmallVector<Value> inputs(node.getInputs());
  for (auto [index, input] : llvm::enumerate(inputs)) {
    const Routed *other = rules.at(node, index);
    if (index == side)
      input = result.root;
    else if (other && other->kind == Routed::Total && broadcast(result.axes, other->axes))
      input = other->root;
    else if (!constantNumber(input))
      return std::nullopt;
  }
  OpBuilder builder(node);
  insertAfterInputs(builder, node, inputs);
  auto copy =
      onnx::NodeOp::create(builder, node.getLoc(), result.root.getType(), node.getOp(), "",
                           node.getVersion(), "", node.getOnnxAttributes(), ArrayAttr(), inputs, 0);
  result.root = copy.getOutputs()[0];
  return result;
}

/// Whether the node is a softmax along the one dimension that runs over the experts.
static bool isOverExperts(onnx::NodeOp node, const Routed &routed, Counts counts) {
  auto place = placeOf(routed.axes, Atom::Expert);
  auto axis =
      normalizeAxis(node.intAttribute("axis", node.getVersion() < 13 ? 1 : -1), routed.axes.size());
  bool isOnly = node.getVersion() >= 13 || axis == static_cast<int64_t>(routed.axes.size()) - 1;
  return place && isOnly && axis == *place && (routed.anySlot || counts.slots == 1);
}

/// Softmax or Sigmoid of dense scores that are very low where nothing was chosen.
static void score(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *routed = rules.at(node, 0);
  if (!routed || routed->kind != Routed::Masked)
    return (void)holdNumbers(rules, node);
  bool isSoftmax = node.is("Softmax");
  if (isSoftmax &&
      (!isOverExperts(node, *routed, rules.counts()) || !hasSlots(rules, routed->root)))
    return;
  Routed result = *routed;
  result.kind = Routed::Mixed;
  int64_t last = rules.idsAxes().size() - 1;
  result.root = isSoftmax ? rules.write(node, "Softmax", routed->root.getType(), {routed->root},
                                        {{"axis", last}})
                          : rules.write(node, "Sigmoid", routed->root.getType(), {routed->root});
  rules.hold(node, result);
}

static void arithmetic(RoutedRules &rules, onnx::NodeOp node) {
  bool masks = llvm::any_of(node.getInputs(), [&](Value input) {
    const Routed *routed = rules.of(input);
    return routed && (routed->kind == Routed::Chosen || routed->kind == Routed::Mixed);
  });
  if (!masks && holdNumbers(rules, node))
    return;
  if (node.is("Add") && sumOverSlots(rules, node))
    return;
  bool scales = node.is("Mul") || node.is("Div");
  for (unsigned side : {0u, 1u}) {
    const Routed *routed = rules.at(node, side), *other = rules.at(node, 1 - side);
    if (!routed || !node.input(1 - side))
      continue;
    if (node.is("Mul") && other)
      if (auto result = mixed(*routed, *other))
        return rules.hold(node, *result);
    if (node.is("Mul") && !other && routed->kind == Routed::Chosen)
      if (auto result = pickedFrom(rules, node, *routed, node.input(1 - side), Routed::Mixed))
        return rules.hold(node, *result);
    bool isNumerator = side == 0 || node.is("Mul");
    bool isTotal = routed->kind == Routed::Total && !other && isArithmetic(node.getOp());
    if ((scales && isNumerator &&
         (routed->kind == Routed::Mixed || routed->kind == Routed::Numbers)) ||
        isTotal)
      if (auto result = appliedToRoot(rules, node, side))
        return rules.hold(node, *result);
  }
}

//===----------------------------------------------------------------------===//
// Where, scatter, gather, sums
//===----------------------------------------------------------------------===//

static void where(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *test = rules.at(node, 0);
  if (!test || !node.input(1) || !node.input(2))
    return;
  if (test->kind == Routed::Always || test->kind == Routed::Never) {
    unsigned taken = test->kind == Routed::Always ? 1 : 2;
    const Routed *routed = rules.at(node, taken);
    if (routed && tensorType(node.input(taken)) == tensorType(node.getOutputs()[0]))
      rules.hold(node, *routed);
    return;
  }
  if (test->kind != Routed::Chosen && test->kind != Routed::Unchosen)
    return;
  Routed mask = *test;
  bool straight = test->kind == Routed::Chosen;
  mask.kind = Routed::Chosen;
  Value inside = node.input(straight ? 1 : 2), outside = node.input(straight ? 2 : 1);
  auto fill = filledWith(outside);
  if (!fill || (*fill != 0.0 && *fill > kLowest))
    return;
  Routed::Kind kind = *fill == 0.0 ? Routed::Mixed : Routed::Masked;
  if (filledWith(inside) == 1.0 && kind == Routed::Mixed)
    return rules.hold(node, mask);
  if (const Routed *numbers = rules.of(inside)) {
    if (auto result = mixed(mask, *numbers)) {
      result->kind = kind;
      rules.hold(node, *result);
    }
    return;
  }
  if (auto result = pickedFrom(rules, node, mask, inside, kind))
    rules.hold(node, *result);
}

/// Numbers put at the places of their ids into something filled with zeros or very low numbers.
static void scatter(RoutedRules &rules, onnx::NodeOp node) {
  if (scatterSlot(rules, node))
    return;
  const Routed *ids = rules.at(node, 1), *updates = rules.at(node, 2);
  StringRef reduction = node.stringAttribute("reduction", "none");
  int64_t last = rules.idsAxes().size() - 1;
  auto fill = filledWith(node.input(0));
  auto axis = normalizeAxis(node.intAttribute("axis", 0), last + 1);
  if (!ids || ids->kind != Routed::Ids || ids->axes != rules.idsAxes() || axis != last || !fill ||
      lastDim(node.input(0)) != rules.counts().experts ||
      !sameLeadingDims(node.input(0), rules.ids(), last))
    return;
  bool isZero = *fill == 0.0;
  // Zeros among ones: what was not chosen.
  bool isRest = *fill == 1.0 && filledWith(node.input(2)) == 0.0;
  if (!isZero && ((*fill > kLowest && !isRest) || reduction != "none"))
    return;
  if (reduction != "none" && reduction != "add")
    return;
  Routed result{isZero ? Routed::Mixed : Routed::Masked, {}, ids->axes};
  result.axes.back() = dimOf(Atom::Expert, rules.counts().experts);
  result.anySlot = true;
  if (updates && updates->kind == Routed::Numbers && updates->axes == ids->axes)
    result.root = updates->root;
  else if (isZero && filledWith(node.input(2)) == 1.0)
    result.kind = Routed::Chosen;
  else if (isRest)
    result.kind = Routed::Unchosen;
  else
    return;
  rules.hold(node, result);
}

/// A number for each choice, from any scores over the experts.
static void gatherElements(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *ids = rules.at(node, 1);
  int64_t last = rules.idsAxes().size() - 1;
  auto axis = normalizeAxis(node.intAttribute("axis", 0), last + 1);
  if (!ids || ids->kind != Routed::Ids || axis != last ||
      ids->axes.size() != rules.idsAxes().size() || hasAtom(ids->axes, Atom::Expert) ||
      !isPerToken(rules, node.input(0), rules.counts().experts))
    return;
  Value root = node.getOutputs()[0];
  bool whole = ids->axes == rules.idsAxes();
  if (!whole && (!ids->slot || !isPerToken(rules, root, 1)))
    return;
  // One slot's numbers are those of all slots at its place.
  if (!whole)
    root = rules.write(
        node, "GatherElements",
        cast<RankedTensorType>(rules.ids().getType()).clone(tensorType(root).getElementType()),
        {node.input(0), rules.ids()}, {{"axis", last}});
  Routed result{Routed::Numbers, root, ids->axes};
  result.slot = ids->slot;
  rules.hold(node, result);
}

/// The sum of a token's numbers, written over their root.
static void total(RoutedRules &rules, onnx::NodeOp node, Routed routed,
                  const std::optional<Axes> &axes) {
  RankedTensorType type = tensorType(routed.root);
  if (!hasSlots(rules, routed.root))
    return;
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = 1;
  OpBuilder builder(node);
  auto last = DenseElementsAttr::get(RankedTensorType::get({1}, builder.getI64Type()),
                                     static_cast<int64_t>(shape.size() - 1));
  Value axis = onnx::ConstantOp::create(builder, node.getLoc(), last.getType(), last);
  routed.root = rules.write(node, "ReduceSum", RankedTensorType::get(shape, type.getElementType()),
                            {routed.root, axis}, {{"keepdims", 1}});
  routed.kind = Routed::Total;
  routed.slot = routed.expert = std::nullopt;
  routed.anySlot = false;
  rules.holdRelaid(node, routed, axes);
}

/// ReduceSum, ReduceMax over one dimension.
static void reduce(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *routed = rules.at(node, 0);
  auto named = axesOf(node);
  if (!routed || !named || named->size() != 1)
    return;
  auto axis = normalizeAxis(named->front(), routed->axes.size());
  if (!axis)
    return;
  Axes axes = routed->axes;
  Dim reduced = axes[*axis];
  if (node.intAttribute("keepdims", 1))
    axes[*axis] = {};
  else
    axes.erase(axes.begin() + *axis);
  bool isSum = node.is("ReduceSum"), isMix = routed->kind == Routed::Mixed && isSum;
  Routed result = *routed;
  if (reduced.isUnit())
    return rules.holdRelaid(node, result, axes);
  if (reduced.isJust(Atom::Slot) && (routed->kind == Routed::Chosen || isMix)) {
    result.anySlot = true;
    return rules.holdRelaid(node, result, axes);
  }
  bool overExperts = reduced.isJust(Atom::Expert) && isMix && routed->anySlot;
  bool overSlots = reduced.isJust(Atom::Slot) && isSum && routed->kind == Routed::Numbers;
  // All but the chosen one are zero.
  if (reduced.isJust(Atom::Expert) && isMix && routed->slot && !routed->anySlot) {
    result.kind = Routed::Numbers;
    return rules.holdRelaid(node, result, axes);
  }
  if (overExperts || overSlots)
    total(rules, node, result, axes);
}

ArrayRef<RoutedRules::Row> RoutedRules::numberRows() {
  static const Row rows[] = {
      {"Abs", arithmetic},   {"Add", arithmetic},        {"Div", arithmetic},
      {"Einsum", contract},  {"Exp", arithmetic},        {"GatherElements", gatherElements},
      {"Log", arithmetic},   {"MatMul", contract},       {"Mul", arithmetic},
      {"Neg", arithmetic},   {"Pow", arithmetic},        {"ReduceMax", reduce},
      {"ReduceSum", reduce}, {"Reciprocal", arithmetic}, {"ScatterElements", scatter},
      {"Sigmoid", score},    {"Softmax", score},         {"Sqrt", arithmetic},
      {"Sub", arithmetic},   {"Where", where},
  };
  return rows;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

std::optional<Axes> expertNumbers(Value value, Counts counts) {
  SmallVector<onnx::NodeOp> path;
  for (int step = 0; step < 16; ++step) {
    onnx::NodeOp node = nodeOf(value);
    bool lays = node && (node.is("Reshape") || node.is("Unsqueeze") || node.is("Squeeze") ||
                         node.is("Cast") || node.is("Identity") || node.is("Transpose"));
    if (!lays || !node.input(0))
      break;
    path.push_back(node);
    value = node.input(0);
  }
  RankedTensorType type = tensorType(value);
  if (!type || type.getNumElements() != counts.experts)
    return std::nullopt;
  Axes axes;
  for (int64_t size : type.getShape())
    axes.push_back(dimOf(Atom::Expert, size));
  onnx::NodeOp range = nodeOf(value, "Range");
  auto numbers = constantNumbers(value);
  bool counts1 =
      range && constantNumber(range.input(0)) == 0.0 && constantNumber(range.input(2)) == 1.0;
  for (int64_t i = 0; !range && numbers && i < counts.experts; ++i)
    if ((*numbers)[i] != static_cast<double>(i))
      return std::nullopt;
  if (!counts1 && !numbers)
    return std::nullopt;
  std::optional<Axes> result = axes;
  while (result && !path.empty())
    result = relaid(path.pop_back_val(), *result, counts);
  return result;
}

/// The number that a constant repeats.
static std::optional<double> splatOf(Attribute constant) {
  auto splat = dyn_cast_or_null<SplatElementsAttr>(constant);
  if (!splat)
    return std::nullopt;
  if (isa<FloatType>(splat.getElementType())) {
    APFloat number = splat.getSplatValue<APFloat>();
    bool inexact;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
    return number.convertToDouble();
  }
  if (!splat.getElementType().isIntOrIndex())
    return std::nullopt;
  APInt number = splat.getSplatValue<APInt>();
  return splat.getElementType().isInteger(1) || splat.getElementType().isUnsignedInteger()
             ? number.roundToDouble(/*isSigned=*/false)
             : number.roundToDouble(/*isSigned=*/true);
}

std::optional<double> filledWith(Value value) {
  for (int step = 0; value && step < 16; ++step) {
    if (auto constant = value.getDefiningOp<onnx::ConstantOp>())
      return splatOf(constant.getValue());
    if (auto weight = value.getDefiningOp<WeightOp>()) {
      std::optional<double> all;
      for (Attribute piece : weight.getPieces()) {
        auto one = splatOf(cast<PieceAttr>(piece).getSource());
        if (!one || (all && *all != *one))
          return std::nullopt;
        all = one;
      }
      return all;
    }
    onnx::NodeOp node = nodeOf(value);
    if (!node)
      return std::nullopt;
    if (node.is("ConstantOfShape"))
      return node.attribute("value") ? splatOf(node.attribute("value")) : 0.0;
    bool keeps = llvm::StringSwitch<bool>(node.getOp())
                     .Cases({"Expand", "Reshape", "Cast", "CastLike", "Identity"}, true)
                     .Cases({"Unsqueeze", "Squeeze", "Tile", "Transpose"}, true)
                     .Default(false);
    if (!keeps || !node.getDomain().empty())
      return std::nullopt;
    value = node.input(0);
  }
  return std::nullopt;
}

} // namespace moe::raise
