//===- SortedCuts.cpp - Facts of rows that are cut and joined -------------===//
//
// An expert's rows are those between two counted places; all experts' rows joined are all rows.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/ScalarMath.h"
#include "lowering/onnx/raise/SortedRules.h"

using namespace mlir;

namespace moe::raise {

/// The places of one expert's rows.
void SortedRules::range(onnx::NodeOp node) {
  auto low = boundOf(node.input(0), false), high = boundOf(node.input(1), false);
  if (!low || !high || constantNumber(node.input(2)) != 1.0)
    return;
  if (*low == 0 && *high == s.experts)
    set(node.getOutputs()[0], {Fact::Row, {Space::Rows}});
  else if (*high == *low + 1)
    set(node.getOutputs()[0], {Fact::Row, {Space::Group, s.inOrder(*low)}});
}

void SortedRules::cut(onnx::NodeOp node, Value part, int64_t expert) {
  Fact made = *fact(node, 0);
  made.space = {Space::Group, expert};
  s.cutFrom[part] = node.input(0);
  set(part, std::move(made));
}

/// Whether a Slice of one dimension takes all of it.
static bool takesAll(onnx::NodeOp node) {
  // Ends that no tensor has: exporters write the largest number of 32 or 64 bits.
  auto end = constantInt(node.input(2));
  return constantInt(node.input(1)) == 0 && end && *end >= std::numeric_limits<int32_t>::max();
}

void SortedRules::slice(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  RankedTensorType type = tensorType(node.input(0));
  auto axes = node.input(3) ? constantInts(node.input(3)) : SmallVector<int64_t>{0};
  bool steps = node.input(4) && constantNumber(node.input(4)) != 1.0;
  RankedTensorType starts = tensorType(node.input(1));
  if (!type || !axes || axes->size() != 1 || !node.input(2) || !starts ||
      staticCount(starts.getShape()) != 1)
    return;
  if (!known)
    return steps ? void() : slicePlaces(node);
  auto axis = normalizeAxis(axes->front(), type.getRank());
  if (known->kind == Fact::Count) {
    auto start = constantInt(node.input(1)), end = constantInt(node.input(2));
    int64_t count = known->ranges.size();
    if (!start || !end || !axis || type.getDimSize(*axis) != count)
      return;
    if (steps) {
      // A flip: from the last to the first.
      bool flips = constantInt(node.input(4)) == -1 && (*start == -1 || *start >= count - 1) &&
                   *end < -count;
      if (flips)
        set(node.getOutputs()[0], {Fact::Count, {}, {}, Tally(llvm::reverse(known->ranges))});
      return;
    }
    auto place = [&](int64_t at) {
      return std::clamp<int64_t>(at < 0 ? at + count : at, 0, count);
    };
    int64_t first = place(*start), last = std::max(first, place(*end));
    Tally ranges(known->ranges.begin() + first, known->ranges.begin() + last);
    return set(node.getOutputs()[0], {Fact::Count, {}, {}, std::move(ranges)});
  }
  bool cutsRows =
      known->space.kind == Space::Rows && axis == 0 && isFirstDim(*known, node.input(0));
  if (!cutsRows)
    return axis == type.getRank() - 1 ? data(node) : void();
  if (!steps && takesAll(node))
    return set(node.getOutputs()[0], Fact(*known));
  auto low = boundOf(node.input(1), false), high = boundOf(node.input(2), true);
  if (!steps && low && high && *high == *low + 1)
    return cut(node, node.getOutputs()[0], s.inOrder(*low));
  bool isFixed = (low || constantInt(node.input(1))) && (high || constantInt(node.input(2)));
  if (isFixed && !s.find(node.input(1)) && !s.find(node.input(2)) && !s.frozen)
    s.frozen = node;
  stop(node, "does not cut the sorted rows at one expert's first and last");
}

void SortedRules::split(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  RankedTensorType type = tensorType(node.input(0));
  if (!known || !type)
    return;
  auto axis = normalizeAxis(node.intAttribute("axis", 0), type.getRank());
  if (known->kind == Fact::Count) {
    int64_t at = 0, count = known->ranges.size();
    for (Value part : node.getOutputs()) {
      auto size = tensorType(part) ? staticCount(tensorType(part).getShape()) : std::nullopt;
      if (!size || *size > count - at)
        return;
      Tally ranges(known->ranges.begin() + at, known->ranges.begin() + at + *size);
      at += *size;
      set(part, {Fact::Count, {}, {}, std::move(ranges)});
    }
    return;
  }
  if (known->space.kind != Space::Rows || axis != 0 || !isFirstDim(*known, node.input(0)))
    return axis == type.getRank() - 1 ? data(node) : void();
  Value sizes = node.input(1);
  auto counts = sizes ? tallyOf(sizes) : std::nullopt;
  int64_t parts = node.getOutputs().size();
  bool exact = counts && static_cast<int64_t>(counts->size()) == parts && parts == s.experts;
  for (int64_t place = 0; exact && place < parts; ++place) {
    int64_t expert = s.inOrder(place);
    exact = (*counts)[place] == IdRange{expert, expert + 1};
  }
  if (exact) {
    for (int64_t place = 0; place < parts; ++place)
      cut(node, node.getOutputs()[place], s.inOrder(place));
    return;
  }
  if ((!sizes || constantInts(sizes)) && !s.frozen)
    s.frozen = node;
  stop(node, "does not cut the sorted rows by the number of rows of each expert");
}

/// All experts' rows in their order are all rows.
bool SortedRules::joinGroups(onnx::NodeOp node) {
  const Fact *first = fact(node, 0);
  if (!first || first->space.kind != Space::Group)
    return false;
  if (static_cast<int64_t>(node.getInputs().size()) != s.experts) {
    stop(node, "joins the rows of " + Twine(node.getInputs().size()) + " of " + Twine(s.experts) +
                   " experts");
    return true;
  }
  for (int64_t expert = 0; expert < s.experts; ++expert) {
    const Fact *part = fact(node, s.inOrder(expert));
    if (!part || part->kind != first->kind || !(part->space == Space{Space::Group, expert}) ||
        !isFirstDim(*part, node.input(s.inOrder(expert)))) {
      stop(node, "does not join each expert's rows in the order of the sort");
      return true;
    }
  }
  Fact made = *first;
  made.space = {Space::Rows};
  // Whether the parts' numbers come from one tensor is for those to ask who read them.
  made.root = {};
  if (made.kind == Fact::Data)
    set(node.getOutputs()[0], std::move(made));
  return true;
}

void SortedRules::concat(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.getOutputs()[0]);
  if (!type)
    return;
  auto axis = normalizeAxis(node.intAttribute("axis", 0), type.getRank());
  if (axis == 0 && joinGroups(node))
    return;
  Tally ranges;
  bool counts = axis == 0;
  for (Value input : node.getInputs()) {
    auto part = counts ? tallyOf(input) : std::nullopt;
    counts = part.has_value();
    if (counts)
      llvm::append_range(ranges, *part);
  }
  if (counts)
    return set(node.getOutputs()[0], {Fact::Count, {}, {}, std::move(ranges)});
  const Fact *token = fact(node, 0), *slot = fact(node, 1);
  bool isColumns = axis == type.getRank() - 1 && node.getInputs().size() == 2 && token && slot &&
                   lastDim(node.input(0)) == 1 && lastDim(node.input(1)) == 1;
  if (isColumns && token->kind == Fact::Token && slot->kind == Fact::Slot &&
      token->space == slot->space)
    return set(node.getOutputs()[0], {Fact::TokenSlot, token->space});
  if (axis != 0)
    data(node);
}

/// Nodes between an expert's products: row i of the result comes of row i. What they compute is for
/// the body's reader to say.
void SortedRules::data(onnx::NodeOp node) {
  bool known = findElementwise(node.getOp(), node.getDomain()) || node.is("MatMul") ||
               node.is("Gemm") || node.is("Slice") || node.is("Split") || node.is("Concat") ||
               node.is("Gather") || node.is("MatMulNBits", "com.microsoft") ||
               node.is("FusedMatMul", "com.microsoft");
  std::optional<Space> space;
  for (Value input : node.getInputs()) {
    const Fact *operand = s.find(input);
    if (!operand || operand->kind != Fact::Data)
      continue;
    if (space && !(*space == operand->space))
      return;
    space = operand->space;
  }
  // Beyond the layer all tensors depend on it.
  if (!known || !space || (space->kind == Space::Pairs && !node.is("Mul")))
    return;
  for (Value result : node.getOutputs())
    if (RankedTensorType type = tensorType(result);
        type && isa<FloatType>(type.getElementType()) && type.getRank() >= 2)
      set(result, {Fact::Data, *space});
  endOfOne(node);
}

/// With one choice a token there is nothing to sum: rows in the tokens' order may be the result.
void SortedRules::endOfOne(onnx::NodeOp node) {
  Value result = node.getOutputs()[0];
  const Fact *made = s.find(result);
  if (s.k == 1 && made && made->kind == Fact::Data && made->space.kind == Space::Pairs)
    s.found.push_back({node, result});
}

} // namespace moe::raise
