//===- Arithmetic.cpp - Elementwise operators with known numbers ----------===//
//
// The arithmetic that graphs compute shapes and indices with: besides the type, the numbers that
// are known are computed, each element for itself.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// The result's numbers, `of` the inputs' elements, where the inputs have known numbers.
template <typename Of> static void evaluate(Inference &n, Of of) {
  if (n.failed() || n.numResults() == 0)
    return;
  for (unsigned input = 0; input < n.numInputs(); ++input)
    if (!n.values(input))
      return;
  const Numbers shape = n.known(0)->tensor.shape;
  Number size = n.count(shape);
  if (!size.isKnown() || size.factor > kMaxKnown)
    return;
  Numbers result;
  for (int64_t flat = 0; flat < size.factor; ++flat) {
    Numbers elements;
    for (unsigned input = 0; input < n.numInputs(); ++input)
      elements.push_back((*n.values(input))[broadcastIndex(flat, shape, n.in(input).shape)]);
    result.push_back(of(elements));
  }
  n.setValues(0, std::move(result));
}

static void typeArithmetic(Inference &n, unsigned least, unsigned most) {
  if (n.arity(least, most) && n.sameElem() && n.numeric(0))
    n.result(0, n.elem(0), n.broadcast(llvm::to_vector(llvm::seq<unsigned>(0, n.numInputs()))));
}

/// `method` of `Symbols` on two inputs of one type; `fold` on constants of floats.
template <Number (Symbols::*method)(Number, Number), FloatFold fold>
static void arithmetic(Inference &n) {
  typeArithmetic(n, 2, 2);
  evaluate(n, [&](llvm::ArrayRef<Number> e) { return (n.symbols.*method)(e[0], e[1]); });
  foldFloats(n, fold);
}

/// Min and Max: any number of inputs.
template <Number (Symbols::*method)(Number, Number)> static void extremum(Inference &n) {
  typeArithmetic(n, 1, ~0u);
  evaluate(n, [&](llvm::ArrayRef<Number> e) {
    Number result = e[0];
    for (Number other : e.drop_front())
      result = (n.symbols.*method)(result, other);
    return result;
  });
}

static void div(Inference &n) {
  typeArithmetic(n, 2, 2);
  const Numbers *divisors = n.values(1);
  if (divisors && llvm::any_of(*divisors, [](Number number) { return number.is(0); }))
    return n.malformed("integers are divided by the constant 0");
  evaluate(n, [&](llvm::ArrayRef<Number> e) { return n.symbols.div(e[0], e[1]); });
  foldFloats(n, foldDiv);
}

static void mod(Inference &n) {
  typeArithmetic(n, 2, 2);
  bool truncated = n.integer("fmod", 0) != 0;
  if (!n.failed() && !truncated && isa<FloatType>(n.elem(0)))
    return n.malformed("floating-point inputs need fmod = 1");
  evaluate(n, [&](llvm::ArrayRef<Number> e) {
    return e[1].is(0) ? n.symbols.fresh(false) : n.symbols.mod(e[0], e[1], truncated);
  });
}

static void neg(Inference &n) {
  typeArithmetic(n, 1, 1);
  evaluate(n, [&](llvm::ArrayRef<Number> e) { return n.symbols.sub(0, e[0]); });
  foldFloats(n, foldNeg);
}

static void abs(Inference &n) {
  typeArithmetic(n, 1, 1);
  evaluate(n, [&](llvm::ArrayRef<Number> e) {
    if (n.symbols.isNatural(e[0]))
      return e[0];
    return e[0].isKnown() ? n.symbols.sub(0, e[0]) : n.symbols.fresh(true);
  });
}

/// Bounds are scalars, and inputs since 11.
static void clip(Inference &n) {
  if (!n.arity(1, n.version() < 11 ? 1 : 3) || !n.sameElem())
    return;
  for (unsigned bound : {1, 2})
    if (n.has(bound) && !n.count(n.in(bound).shape).is(1))
      return n.malformed("input " + llvm::Twine(bound) + " must be a scalar");
  n.like(0, 0);
  const Numbers *values = n.values(0);
  if (!values || (n.has(1) && !n.values(1)) || (n.has(2) && !n.values(2)))
    return;
  Numbers result(*values);
  for (Number &value : result) {
    value = n.has(1) ? n.symbols.max(value, n.values(1)->front()) : value;
    value = n.has(2) ? n.symbols.min(value, n.values(2)->front()) : value;
  }
  n.setValues(0, std::move(result));
}

//===----------------------------------------------------------------------===//
// Truth values
//===----------------------------------------------------------------------===//

static void typeTruth(Inference &n) {
  n.result(0, IntegerType::get(n.node.getContext(), 1), n.broadcast({0, 1}));
}

/// What a comparison of two numbers says: nothing where one is unknown.
using Compare = std::optional<bool> (*)(const Symbols &, Number, Number);

static std::optional<bool> isEqual(const Symbols &symbols, Number a, Number b) {
  if (a == b)
    return true;
  return symbols.differ(a, b) ? std::optional(false) : std::nullopt;
}

static std::optional<bool> isLess(const Symbols &symbols, Number a, Number b) {
  if (a == b)
    return false;
  if (a.isKnown() && b.isKnown())
    return a.factor < b.factor;
  if (b.isKnown() && b.factor <= 0 && symbols.isNatural(a))
    return false;
  if (a.isKnown() && a.factor < 0 && symbols.isNatural(b))
    return true;
  return std::nullopt;
}

static std::optional<bool> isGreater(const Symbols &symbols, Number a, Number b) {
  return isLess(symbols, b, a);
}

static std::optional<bool> isLessOrEqual(const Symbols &symbols, Number a, Number b) {
  std::optional<bool> greater = isLess(symbols, b, a);
  return greater ? std::optional(!*greater) : std::nullopt;
}

static std::optional<bool> isGreaterOrEqual(const Symbols &symbols, Number a, Number b) {
  return isLessOrEqual(symbols, b, a);
}

template <Compare compare> static void comparison(Inference &n) {
  if (!n.arity(2, 2) || !n.sameElem())
    return;
  typeTruth(n);
  evaluate(n, [&](llvm::ArrayRef<Number> e) {
    std::optional<bool> known = compare(n.symbols, e[0], e[1]);
    return known ? Number(*known) : n.symbols.fresh(true);
  });
}

template <int64_t (*of)(int64_t, int64_t)> static void logical(Inference &n) {
  if (!n.arity(2, 2) || !n.boolean(0) || !n.boolean(1))
    return;
  typeTruth(n);
  evaluate(n, [&](llvm::ArrayRef<Number> e) {
    return e[0].isKnown() && e[1].isKnown() ? Number(of(e[0].factor, e[1].factor))
                                            : n.symbols.fresh(true);
  });
}

static int64_t both(int64_t a, int64_t b) { return a & b; }
static int64_t either(int64_t a, int64_t b) { return a | b; }
static int64_t oneOf(int64_t a, int64_t b) { return a ^ b; }

static void notTrue(Inference &n) {
  if (!n.arity(1, 1) || !n.boolean(0))
    return;
  n.like(0, 0);
  evaluate(n, [&](llvm::ArrayRef<Number> e) {
    return e[0].isKnown() ? Number(1 - e[0].factor) : n.symbols.fresh(true);
  });
}

static void where(Inference &n) {
  if (!n.arity(3, 3) || !n.boolean(0) || !n.sameElem({1, 2}))
    return;
  n.result(0, n.elem(1), n.broadcast({0, 1, 2}));
  evaluate(n, [&](llvm::ArrayRef<Number> e) {
    if (e[1] == e[2] || e[0].is(1))
      return e[1];
    if (e[0].is(0))
      return e[2];
    return n.symbols.fresh(n.symbols.isNatural(e[1]) && n.symbols.isNatural(e[2]));
  });
}

llvm::ArrayRef<InferRow> moe::onnx::inferArithmeticRows() {
  static const InferRow rows[] = {
      {"", "Add", 7, arithmetic<&Symbols::add, foldAdd>},
      {"", "Sub", 7, arithmetic<&Symbols::sub, foldSub>},
      {"", "Mul", 7, arithmetic<&Symbols::mul, foldMul>},
      {"", "Div", 7, div},
      {"", "Mod", 10, mod},
      {"", "Neg", 6, neg},
      {"", "Abs", 6, abs},
      {"", "Min", 8, extremum<&Symbols::min>},
      {"", "Max", 8, extremum<&Symbols::max>},
      {"", "Clip", 6, clip},
      {"", "Equal", 7, comparison<isEqual>},
      {"", "Less", 7, comparison<isLess>},
      {"", "LessOrEqual", 12, comparison<isLessOrEqual>},
      {"", "Greater", 7, comparison<isGreater>},
      {"", "GreaterOrEqual", 12, comparison<isGreaterOrEqual>},
      {"", "And", 7, logical<both>},
      {"", "Or", 7, logical<either>},
      {"", "Xor", 7, logical<oneOf>},
      {"", "Not", 1, notTrue},
      {"", "Where", 9, where},
  };
  return rows;
}
