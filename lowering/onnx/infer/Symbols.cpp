//===- Symbols.cpp - Integers that are known or have a name ---------------===//
//
// Products are kept as sorted lists of symbols under a number, and every other computation under
// its operands, so that the same computation is found again. Nothing is solved.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Symbols.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace moe::onnx;

/// Longer products are of no use, and would let a hostile file make lists without end.
static constexpr size_t kMaxSymbols = 16;

static constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

unsigned Symbols::intern(llvm::SmallVector<unsigned, 2> symbols) {
  llvm::sort(symbols);
  auto [place, isNew] = productNumbers.try_emplace(symbols, products.size());
  if (isNew)
    products.push_back(std::move(symbols));
  return place->second;
}

Number Symbols::fresh(bool isNatural) {
  natural.push_back(isNatural);
  return {1, intern({static_cast<unsigned>(natural.size() - 1)})};
}

Number Symbols::named(llvm::StringRef name) {
  if (name.empty())
    return fresh(true);
  auto [place, isNew] = names.try_emplace(name);
  if (isNew)
    place->second = fresh(true);
  return place->second;
}

bool Symbols::isNatural(Number number) const {
  return number.factor >= 0 &&
         llvm::all_of(products[number.product], [&](unsigned symbol) { return natural[symbol]; });
}

bool Symbols::differ(Number a, Number b) const {
  if (a.isKnown() && b.isKnown())
    return a != b;
  return (a.isKnown() && a.factor < 0 && isNatural(b)) ||
         (b.isKnown() && b.factor < 0 && isNatural(a));
}

Number Symbols::combine(Kind kind, Number a, Number b, bool isNatural) {
  auto key = std::make_tuple(kind, a.factor, a.product, b.factor, b.product);
  auto [place, isNew] = combined.try_emplace(key);
  if (isNew)
    place->second = fresh(isNatural);
  return place->second;
}

Number Symbols::mul(Number a, Number b) {
  bool isNaturalResult = isNatural(a) && isNatural(b);
  int64_t factor;
  if (llvm::MulOverflow(a.factor, b.factor, factor) || factor == kMin)
    return fresh(isNaturalResult);
  if (a.isKnown() || b.isKnown())
    return {factor, a.isKnown() ? b.product : a.product};
  llvm::SmallVector<unsigned, 2> symbols(products[a.product]);
  llvm::append_range(symbols, products[b.product]);
  if (symbols.size() > kMaxSymbols)
    return fresh(isNaturalResult);
  return {factor, intern(std::move(symbols))};
}

Number Symbols::add(Number a, Number b) {
  if (a.is(0) || b.is(0))
    return a.is(0) ? b : a;
  bool isNaturalResult = isNatural(a) && isNatural(b);
  if (a.product == b.product) {
    int64_t factor;
    if (llvm::AddOverflow(a.factor, b.factor, factor) || factor == kMin)
      return fresh(isNaturalResult);
    return {factor, a.product};
  }
  if (std::make_pair(b.product, b.factor) < std::make_pair(a.product, a.factor))
    std::swap(a, b);
  Number sum = combine(Kind::Add, a, b, isNaturalResult);
  sums.try_emplace(sum.product, a, b);
  return sum;
}

Number Symbols::sub(Number a, Number b) {
  if (b.is(0))
    return a;
  if (a.product == b.product) {
    int64_t factor;
    if (llvm::SubOverflow(a.factor, b.factor, factor) || factor == kMin)
      return fresh(false);
    return {factor, a.product};
  }
  auto terms = sums.find(a.product);
  if (a.factor == 1 && terms != sums.end()) {
    if (terms->second.first == b)
      return terms->second.second;
    if (terms->second.second == b)
      return terms->second.first;
  }
  return combine(Kind::Sub, a, b, false);
}

std::optional<Number> Symbols::quotient(Number a, Number b) {
  if (b.factor == 0 || (a.factor == kMin && b.factor == -1) || a.factor % b.factor != 0)
    return std::nullopt;
  llvm::SmallVector<unsigned, 2> left(products[a.product]);
  for (unsigned symbol : products[b.product]) {
    auto found = llvm::find(left, symbol);
    if (found == left.end())
      return std::nullopt;
    left.erase(found);
  }
  return Number(a.factor / b.factor, left.empty() ? 0 : intern(std::move(left)));
}

Number Symbols::div(Number a, Number b) {
  if (std::optional<Number> exact = quotient(a, b))
    return *exact;
  if (a.isKnown() && b.isKnown() && !b.is(0) && a.factor != kMin)
    return a.factor / b.factor;
  return combine(Kind::Div, a, b, isNatural(a) && isNatural(b));
}

Number Symbols::mod(Number a, Number b, bool truncated) {
  if (a.isKnown() && b.isKnown() && !b.is(0) && a.factor != kMin) {
    int64_t rest = a.factor % b.factor;
    if (!truncated && rest != 0 && (rest < 0) != (b.factor < 0))
      rest += b.factor;
    return rest;
  }
  if (a.product && b.isKnown() && !b.is(0) && isNatural(a) && b.factor > 0 && quotient(a, b))
    return 0;
  // Where nothing is negative, both kinds of remainder are one.
  if (isNatural(a) && isNatural(b))
    return combine(Kind::Mod, a, b, true);
  return fresh(!truncated && isNatural(b));
}

Number Symbols::min(Number a, Number b) {
  if (a == b)
    return a;
  if (a.isKnown() && b.isKnown())
    return std::min(a.factor, b.factor);
  if ((a.is(0) && isNatural(b)) || (b.is(0) && isNatural(a)))
    return 0;
  return combine(Kind::Min, a, b, isNatural(a) && isNatural(b));
}

Number Symbols::max(Number a, Number b) {
  if (a == b)
    return a;
  if (a.isKnown() && b.isKnown())
    return std::max(a.factor, b.factor);
  for (auto [known, other] : {std::make_pair(a, b), std::make_pair(b, a)})
    if (known.isKnown() && known.factor <= 0 && isNatural(other))
      return other;
  return combine(Kind::Max, a, b, isNatural(a) || isNatural(b));
}

std::optional<Number> Symbols::broadcast(Number a, Number b) {
  if (a == b || b.is(1))
    return a;
  if (a.is(1))
    return b;
  if (a.isKnown() && b.isKnown())
    return std::nullopt;
  if (a.isKnown() || b.isKnown())
    return a.isKnown() ? a : b;
  if (std::make_pair(b.product, b.factor) < std::make_pair(a.product, a.factor))
    std::swap(a, b);
  return combine(Kind::Broadcast, a, b, true);
}
