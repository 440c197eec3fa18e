//===- SortedNumbers.cpp - Facts of arithmetic on choices -----------------===//
//
// Ids have few values, so that what a node makes of them is computed for each. Exporters spell an
// integer quotient in eight nodes; most of these are known to be zero everywhere.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/SortedRules.h"
#include "llvm/ADT/StringSwitch.h"
#include <cmath>

using namespace mlir;

namespace moe::raise {

static bool isInteger(Type type) { return type.isInteger() && !type.isInteger(1); }

/// The number as the type holds it; nothing where it does not.
static std::optional<double> rounded(double number, Type type) {
  if (type.isF64())
    return number;
  if (type.isF32())
    return static_cast<float>(number);
  if (type.isInteger(1))
    return number != 0.0;
  if (!type.isInteger())
    return std::nullopt;
  double whole = std::trunc(number);
  double limit = std::ldexp(1.0, std::min(type.getIntOrFloatBitWidth(), 53u) - 1);
  bool fits = type.isUnsignedInteger() ? whole >= 0.0 && whole < 2 * limit
                                       : whole >= -limit && whole < limit;
  return fits ? std::optional(whole) : std::nullopt;
}

/// What the operator makes of numbers of one kind; nothing where it is not known.
static std::optional<double> computed(StringRef op, ArrayRef<double> args, bool integers,
                                      bool truncates) {
  double a = args[0], b = args.size() > 1 ? args[1] : 0.0;
  if ((op == "Div" || op == "Mod") && b == 0.0)
    return std::nullopt;
  if (op == "Clip")
    return std::min(std::max(a, b), args[2]);
  if (op == "Mod")
    return truncates ? std::fmod(a, b) : a - b * std::floor(a / b);
  return llvm::StringSwitch<std::optional<double>>(op)
      .Case("Add", a + b)
      .Case("Sub", a - b)
      .Case("Mul", a * b)
      .Case("Div", b == 0.0   ? 0.0
                   : integers ? std::trunc(a / b)
                              : a / b)
      .Case("Floor", std::floor(a))
      .Case("Neg", -a)
      .Case("Abs", std::fabs(a))
      .Case("Min", std::min(a, b))
      .Case("Max", std::max(a, b))
      .Case("And", a != 0.0 && b != 0.0)
      .Case("Or", a != 0.0 || b != 0.0)
      .Case("Xor", (a != 0.0) != (b != 0.0))
      .Case("Not", a == 0.0)
      .Case("Equal", a == b)
      .Case("Less", a < b)
      .Case("LessOrEqual", a <= b)
      .Case("Greater", a > b)
      .Case("GreaterOrEqual", a >= b)
      .Default(std::nullopt);
}

static bool isAll(const Fact *fact, double number) {
  return fact && fact->kind == Fact::Ids &&
         llvm::all_of(fact->table, [&](double one) { return one == number; });
}

bool isIdentity(const Fact &fact) {
  return fact.kind == Fact::Ids && llvm::all_of(llvm::enumerate(fact.table), [](auto entry) {
           return entry.value() == static_cast<double>(entry.index());
         });
}

/// Numbers that cannot be negative.
static bool isNatural(const Fact &fact) {
  switch (fact.kind) {
  case Fact::Pair:
  case Fact::SlotPair:
  case Fact::Token:
  case Fact::Slot:
  case Fact::Quotient:
  case Fact::Sign:
  case Fact::Row:
  case Fact::Count:
  case Fact::Within:
    return true;
  case Fact::Ids:
  case Fact::TokenSlot:
  case Fact::Weight:
  case Fact::Data:
    return false;
  }
  llvm_unreachable("all kinds are handled above");
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

void SortedRules::cast(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  Value result = node.getOutputs()[0];
  RankedTensorType type = tensorType(result), from = tensorType(node.input(0));
  if (!known || !type || !from)
    return;
  Type element = type.getElementType();
  Fact copy = *known;
  bool isFloat = isa<FloatType>(element);
  if (copy.kind == Fact::Ids) {
    for (double &number : copy.table) {
      auto inType = rounded(number, element);
      if (!inType)
        return;
      number = *inType;
    }
  } else if (copy.kind == Fact::Data || copy.kind == Fact::Weight) {
    if (!isFloat || !isa<FloatType>(from.getElementType()))
      return;
  } else if (element != from.getElementType()) {
    // Narrow types cannot count as far as there may be pairs; one place is one bit.
    bool isWide =
        element.isF32() || element.isF64() || element.isInteger(32) || element.isInteger(64);
    if (!isWide && !(copy.kind == Fact::Within && !copy.partial))
      return;
    if (copy.kind == Fact::Quotient && isInteger(element))
      copy.kind = Fact::Token;
  }
  set(result, std::move(copy));
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

/// Each operand a function of the id or a constant: so is the result.
std::optional<Fact> SortedRules::tables(onnx::NodeOp node) {
  Value result = node.getOutputs()[0];
  RankedTensorType type = tensorType(result);
  const Fact *like = nullptr;
  SmallVector<SmallVector<double>> args;
  Type element;
  bool clips = node.is("Clip");
  if (node.getInputs().size() > (clips ? 3 : 2))
    return std::nullopt;
  for (unsigned i = 0; i < (clips ? 3 : node.getInputs().size()); ++i) {
    Value input = node.input(i);
    // A bound that is left out.
    if (clips && i > 0 && !input) {
      args.push_back(SmallVector<double>(s.experts, i == 1 ? -HUGE_VAL : HUGE_VAL));
      continue;
    }
    if (const Fact *known = input ? s.find(input) : nullptr; known && known->kind == Fact::Ids) {
      if (!sameTypeShape(input, result) || (like && !(like->space == known->space)))
        return std::nullopt;
      like = known;
      element = tensorType(input).getElementType();
      args.push_back(known->table);
    } else if (auto number = input ? constantNumber(input) : std::nullopt) {
      args.push_back(SmallVector<double>(s.experts, *number));
    } else {
      return std::nullopt;
    }
  }
  if (!like || !type)
    return std::nullopt;
  Fact made = *like;
  for (int64_t expert = 0; expert < s.experts; ++expert) {
    SmallVector<double> one;
    for (const auto &arg : args)
      one.push_back(arg[expert]);
    auto number = computed(node.getOp(), one, isInteger(element), node.intAttribute("fmod", 0));
    number = number ? rounded(*number, type.getElementType()) : std::nullopt;
    if (!number)
      return std::nullopt;
    made.table[expert] = *number;
  }
  return made;
}

/// One operand settles the result, whatever the other is.
std::optional<Fact> SortedRules::absorbed(onnx::NodeOp node) {
  bool isAnd = node.is("And") || node.is("Mul");
  for (unsigned i = 0; i < 2; ++i) {
    const Fact *known = fact(node, i);
    if (((isAnd && isAll(known, 0.0)) || (node.is("Or") && isAll(known, 1.0))) &&
        sameTypeShape(node.input(i), node.getOutputs()[0]) &&
        !isa<FloatType>(tensorType(node.input(i)).getElementType()))
      return *known;
  }
  return std::nullopt;
}

/// One operand changes nothing: plus or minus zero, times or by one, at least zero.
std::optional<Fact> SortedRules::unchanged(onnx::NodeOp node) {
  bool adds = node.is("Add") || node.is("Sub"), scales = node.is("Mul") || node.is("Div");
  bool commutes = node.is("Add") || node.is("Mul") || node.is("Max");
  for (unsigned i = 0; i < (commutes ? 2u : 1u); ++i) {
    const Fact *known = fact(node, i);
    if (!known || !sameTypeShape(node.input(i), node.getOutputs()[0]))
      continue;
    bool isWhole = isNatural(*known) && known->kind != Fact::Quotient;
    if ((node.is("Abs") && isNatural(*known)) || (node.is("Floor") && isWhole))
      return *known;
    Value other = node.input(1 - i);
    if (node.is("Clip")) {
      auto least = node.input(1) ? constantNumber(node.input(1)) : std::nullopt;
      if (isNatural(*known) && !node.input(2) && least && *least <= 0.0)
        return *known;
      continue;
    }
    auto number = other ? constantNumber(other) : std::nullopt;
    const Fact *otherFact = other ? s.find(other) : nullptr;
    auto is = [&](double value) { return number == value || isAll(otherFact, value); };
    if ((adds && is(0.0)) || (scales && is(1.0)) ||
        (node.is("Max") && isNatural(*known) && number && *number <= 0.0))
      return *known;
  }
  return std::nullopt;
}

/// Natural numbers against a number that is not above zero.
std::optional<Fact> SortedRules::compared(onnx::NodeOp node) {
  const Fact *known = numbers(node, 0);
  auto number = node.input(1) ? constantNumber(node.input(1)) : std::nullopt;
  if (!known || !isNatural(*known) || !number ||
      !sameTypeShape(node.input(0), node.getOutputs()[0]))
    return std::nullopt;
  bool never = (node.is("Less") && *number <= 0.0) || (node.is("LessOrEqual") && *number < 0.0);
  bool always =
      (node.is("GreaterOrEqual") && *number <= 0.0) || (node.is("Greater") && *number < 0.0);
  if (!never && !always)
    return std::nullopt;
  Fact made{Fact::Ids, known->space};
  made.table.assign(s.experts, always);
  return made;
}

/// Tokens and slots from pairs.
std::optional<Fact> SortedRules::divided(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  Value result = node.getOutputs()[0];
  if (!known || !sameTypeShape(node.input(0), result))
    return std::nullopt;
  Fact made = *known;
  if (known->kind == Fact::Quotient && node.is("Floor")) {
    made.kind = Fact::Token;
    return made;
  }
  bool ofPair = known->kind == Fact::Pair || known->kind == Fact::Quotient;
  if (ofPair && node.is("Sign")) {
    made.kind = Fact::Sign;
    return made;
  }
  // The first pair is number 0, of token 0.
  const Fact *other = fact(node, 1);
  bool isZeroFirst = known->kind == Fact::Pair || known->kind == Fact::Token;
  if (node.is("Mul") && isZeroFirst && other && other->kind == Fact::Sign &&
      other->space == known->space)
    return made;
  Type element = tensorType(result).getElementType();
  if (known->kind == Fact::SlotPair && isInteger(element) && isNumberOfTokens(node.input(1)) &&
      (node.is("Mod") || node.is("Div"))) {
    made.kind = node.is("Mod") ? Fact::Token : Fact::Slot;
    return made;
  }
  bool byK = known->kind == Fact::Pair && node.input(1) && constantNumber(node.input(1)) == s.k;
  if (!byK || !(node.is("Div") || (node.is("Mod") && isInteger(element))))
    return std::nullopt;
  if (node.is("Mod"))
    made.kind = Fact::Slot;
  else
    made.kind = isInteger(element) ? Fact::Token : Fact::Quotient;
  return made;
}

/// Ids compared with a constant for each column: counting these columns counts ids.
std::optional<Fact> SortedRules::columnsOf(onnx::NodeOp node) {
  for (unsigned i = 0; i < 2; ++i) {
    const Fact *known = fact(node, i);
    auto columns = node.input(1 - i) ? constantInts(node.input(1 - i)) : std::nullopt;
    if (!known || !columns || !isIdentity(*known) || known->repeated)
      continue;
    ArrayRef<int64_t> ids = tensorType(node.input(i)).getShape();
    ArrayRef<int64_t> shape = tensorType(node.input(1 - i)).getShape();
    int64_t count = columns->size();
    bool last = !shape.empty() && shape.back() == count && !ids.empty() && ids.back() == 1 &&
                shape.size() <= ids.size();
    bool first = shape.size() == 2 && shape.back() == 1 && ids.size() <= 2 && !ids.empty() &&
                 (ids.size() == 1 || ids.front() == 1);
    if (last == first)
      continue;
    Fact made{Fact::Within, known->space};
    made.columnsFirst = first;
    StringRef op = node.getOp();
    for (int64_t column : *columns) {
      bool orEqual = op.ends_with("OrEqual"), below = op.starts_with("Less") == (i == 0);
      int64_t at = std::clamp<int64_t>(column, -1, s.experts);
      IdRange range{at, at + 1};
      if (op != "Equal" && below)
        range = {0, at + (orEqual ? 1 : 0)};
      else if (op != "Equal")
        range = {at + (orEqual ? 0 : 1), s.experts};
      made.ranges.push_back(
          {std::max<int64_t>(range.low, 0), std::min<int64_t>(range.high, s.experts)});
    }
    return made;
  }
  return std::nullopt;
}

void SortedRules::pointwise(onnx::NodeOp node) {
  Value result = node.getOutputs()[0];
  if (node.getInputs().empty() || !tensorType(result))
    return;
  StringRef op = node.getOp();
  bool compares = op == "Equal" || op.starts_with("Less") || op.starts_with("Greater");
  std::optional<Fact> made = tables(node);
  if (!made && node.getInputs().size() == 2)
    made = absorbed(node);
  if (!made)
    made = unchanged(node);
  if (!made && compares)
    made = compared(node);
  if (!made && compares)
    made = columnsOf(node);
  if (!made)
    made = divided(node);
  if (made)
    return set(result, std::move(*made));
  bool sums = node.is("Add") || node.is("Sub");
  const Fact *a = fact(node, 0), *b = fact(node, 1);
  if (sums && ((a && a->kind == Fact::Count) || (b && b->kind == Fact::Count))) {
    auto left = tallyOf(node.input(0)), right = tallyOf(node.input(1));
    auto both =
        left && right ? combined(*left, *right, node.is("Add") ? joined : without) : std::nullopt;
    if (both)
      set(result, {Fact::Count, {}, {}, *both});
    return;
  }
  data(node);
}

/// A choice between two values that is the same for all.
void SortedRules::where(onnx::NodeOp node) {
  const Fact *condition = fact(node, 0);
  bool never = isAll(condition, 0.0), always = isAll(condition, 1.0);
  if (!never && !always)
    return;
  Value taken = node.input(always ? 1 : 2), result = node.getOutputs()[0];
  const Fact *known = taken ? s.find(taken) : nullptr;
  if (!known || !sameTypeShape(taken, result))
    return;
  set(result, Fact(*known));
  s.cutFrom[result] = taken;
}

//===----------------------------------------------------------------------===//
// Counting
//===----------------------------------------------------------------------===//

void SortedRules::oneHot(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  auto depth = node.input(1) ? constantInt(node.input(1)) : std::nullopt;
  auto constant = node.input(2) ? node.input(2).getDefiningOp<onnx::ConstantOp>() : nullptr;
  RankedTensorType type = tensorType(node.getOutputs()[0]);
  if (!known || !depth || !constant || !type || !isIdentity(*known) || known->repeated ||
      *depth < 1 || *depth > s.experts)
    return;
  auto axis = normalizeAxis(node.intAttribute("axis", -1), type.getRank());
  auto values = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!axis || !values || values.getNumElements() != 2 || values.isSplat())
    return;
  Type element = values.getElementType();
  auto is = [&](unsigned index, int64_t number) {
    if (isa<FloatType>(element))
      return (*(values.getValues<APFloat>().begin() + index)).convertToDouble() == number;
    return (*(values.getValues<APInt>().begin() + index)).getZExtValue() ==
           static_cast<uint64_t>(number);
  };
  if (!is(0, 0) || !is(1, 1) || (*axis != 0 && *axis != type.getRank() - 1))
    return;
  Fact made{Fact::Within, known->space};
  made.columnsFirst = *axis == 0;
  for (int64_t column = 0; column < *depth; ++column)
    made.ranges.push_back({column, column + 1});
  set(node.getOutputs()[0], std::move(made));
}

/// The ids whose table entry is one, as a range, where all others' are zero.
static std::optional<IdRange> rangeOf(const Fact &ids) {
  IdRange range;
  for (auto [expert, number] : llvm::enumerate(ids.table)) {
    int64_t at = expert;
    if (number == 0.0)
      continue;
    if (number != 1.0 || (!range.empty() && range.high != at))
      return std::nullopt;
    range = {range.empty() ? at : range.low, at + 1};
  }
  return range;
}

void SortedRules::reduceSum(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  if (!known || known->repeated)
    return;
  Value result = node.getOutputs()[0];
  auto axes = axesOf(node);
  RankedTensorType type = tensorType(node.input(0)), sum = tensorType(result);
  if (!axes || !type || !sum || (axes->empty() && node.intAttribute("noop_with_empty_axes", 0)))
    return;
  int64_t rank = type.getRank();
  SmallVector<bool> reduced(rank, axes->empty());
  for (int64_t axis : *axes)
    if (auto normal = normalizeAxis(axis, rank))
      reduced[*normal] = true;
  bool all = llvm::all_of(reduced, [](bool one) { return one; });
  bool countable = isInteger(sum.getElementType()) || sum.getElementType().isF32() ||
                   sum.getElementType().isF64();
  if (known->kind == Fact::Data) {
    bool bySlot = rank >= 3 && llvm::count(reduced, true) == 1 && reduced[rank - 2] &&
                  known->space.kind == Space::Pairs && type.getDimSize(rank - 2) == s.k;
    bool byFirst = rank == 3 && llvm::count(reduced, true) == 1 && reduced[0] &&
                   known->space.kind == Space::Slots && type.getDimSize(0) == s.k;
    if (bySlot || byFirst)
      s.found.push_back({node, node.input(0)});
    return;
  }
  if (!countable || known->space.kind == Space::Group)
    return;
  if (known->kind == Fact::Ids && all) {
    if (auto range = rangeOf(*known))
      set(result, {Fact::Count, {}, {}, {*range}});
    return;
  }
  if (known->kind != Fact::Within || rank < 2)
    return;
  int64_t column = known->columnsFirst ? 0 : rank - 1;
  if (reduced[column])
    return;
  if (llvm::count(reduced, true) == rank - 1)
    return set(result, {Fact::Count, {}, {}, known->ranges});
  Fact made = *known;
  made.partial = true;
  set(result, std::move(made));
}

void SortedRules::cumSum(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  RankedTensorType type = tensorType(node.input(0));
  auto axis = node.input(1) ? constantInt(node.input(1)) : std::nullopt;
  if (!known || known->kind != Fact::Count || !type || !axis)
    return;
  auto normal = normalizeAxis(*axis, type.getRank());
  if (!normal || type.getDimSize(*normal) != static_cast<int64_t>(known->ranges.size()))
    return;
  if (auto sums = runningSums(known->ranges, node.intAttribute("exclusive", 0) != 0,
                              node.intAttribute("reverse", 0) != 0))
    set(node.getOutputs()[0], {Fact::Count, {}, {}, *sums});
}

/// Zeros before and after what was counted.
void SortedRules::pad(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  auto pads = node.input(1) ? constantInts(node.input(1)) : std::nullopt;
  bool zeros = node.stringAttribute("mode", "constant") == "constant" &&
               (!node.input(2) || constantNumber(node.input(2)) == 0.0) && !node.input(3);
  if (!known || known->kind != Fact::Count || !zeros || !pads || pads->size() != 2 ||
      (*pads)[0] < 0 || (*pads)[1] < 0 || (*pads)[0] + (*pads)[1] > s.experts)
    return;
  Tally ranges((*pads)[0]);
  llvm::append_range(ranges, known->ranges);
  ranges.append((*pads)[1], IdRange());
  set(node.getOutputs()[0], {Fact::Count, {}, {}, std::move(ranges)});
}

} // namespace moe::raise
