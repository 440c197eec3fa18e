//===- EinsumPairs.cpp - Products of many tensors as products of two ------===//
//
// One equation may hold an expert's product and the routing weight that follows it. Patterns know
// products of two tensors; so does everything after them, and a nest of all letters at once costs
// the product of all their sizes.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/EinsumPairs.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// An operand on its way, or what is left of several.
struct Factor {
  std::string letters;
  Value value;
};

/// More operands than anyone writes cost too much to pair.
constexpr size_t kMostFactors = 16;

/// Letters only, each once.
bool isPlain(StringRef term) {
  return llvm::all_of(
      term, [&](char letter) { return llvm::isAlpha(letter) && term.count(letter) == 1; });
}

/// The operands and the letters of the result, or nothing where the equation is not plain.
std::optional<std::pair<SmallVector<Factor>, std::string>> parse(onnx::NodeOp node) {
  std::string text = node.stringAttribute("equation", "").str();
  llvm::erase(text, ' ');
  if (!StringRef(text).contains("->"))
    return std::nullopt;
  auto [left, out] = StringRef(text).split("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  SmallVector<Factor> factors;
  if (terms.size() != node.getInputs().size() || terms.size() > kMostFactors || !isPlain(out))
    return std::nullopt;
  for (auto [term, input] : llvm::zip_equal(terms, node.getInputs())) {
    RankedTensorType type = tensorType(input);
    if (!isPlain(term) || !type || type.getRank() != static_cast<int64_t>(term.size()))
      return std::nullopt;
    factors.push_back({term.str(), input});
  }
  return std::pair(factors, out.str());
}

/// The letters of the product of two factors that the rest or the result have.
std::string lettersOf(ArrayRef<Factor> factors, size_t a, size_t b, StringRef out, bool &sums) {
  auto isNeeded = [&](char letter) {
    if (out.contains(letter))
      return true;
    for (auto [index, other] : llvm::enumerate(factors))
      if (index != a && index != b && StringRef(other.letters).contains(letter))
        return true;
    return false;
  };
  std::string result;
  sums = false;
  for (char letter : factors[a].letters + factors[b].letters)
    if (!isNeeded(letter))
      sums = true;
    else if (!StringRef(result).contains(letter))
      result += letter;
  return result;
}

/// The size of each letter of `letters`: of sizes other than 1, which broadcast, any that is known.
SmallVector<int64_t> sizesOf(StringRef letters, ArrayRef<Factor> pair) {
  SmallVector<int64_t> sizes;
  for (char letter : letters) {
    int64_t size = 1;
    for (const Factor &factor : pair) {
      size_t place = factor.letters.find(letter);
      if (place == std::string::npos)
        continue;
      int64_t own = tensorType(factor.value).getDimSize(place);
      if (own != 1 && (size == 1 || ShapedType::isDynamic(size)))
        size = own;
    }
    sizes.push_back(size);
  }
  return sizes;
}

/// Of the pairs that sum over something the one of the smallest product; else the first of all.
std::pair<size_t, size_t> pairOf(ArrayRef<Factor> factors, StringRef out) {
  std::pair<size_t, size_t> best{0, 1};
  double least = std::numeric_limits<double>::infinity();
  for (size_t a = 0; a < factors.size(); ++a)
    for (size_t b = a + 1; b < factors.size(); ++b) {
      bool sums;
      std::string letters = lettersOf(factors, a, b, out, sums);
      // Sizes that are unknown are taken to be large.
      double elements = 1;
      for (int64_t size : sizesOf(letters, {factors[a], factors[b]}))
        elements *= ShapedType::isDynamic(size) ? 1e6 : static_cast<double>(size);
      if (sums && elements < least) {
        least = elements;
        best = {a, b};
      }
    }
  return best;
}

void split(onnx::NodeOp node) {
  auto parsed = parse(node);
  if (!parsed)
    return;
  auto &[factors, out] = *parsed;
  OpBuilder builder(node);
  RankedTensorType type = tensorType(node.getOutputs()[0]);
  auto product = [&](const Factor &a, const Factor &b, StringRef letters, Type result) {
    std::string equation = a.letters + "," + b.letters + "->" + letters.str();
    auto named = builder.getNamedAttr("equation", builder.getStringAttr(equation));
    return onnx::NodeOp::create(builder, node.getLoc(), result, "Einsum", "", node.getVersion(),
                                node.getName(), builder.getDictionaryAttr(named), ArrayAttr(),
                                ValueRange{a.value, b.value}, 0)
        .getOutputs()[0];
  };
  while (factors.size() > 2) {
    auto [a, b] = pairOf(factors, out);
    bool sums;
    std::string letters = lettersOf(factors, a, b, out, sums);
    auto own = type.clone(sizesOf(letters, {factors[a], factors[b]}));
    Factor met{letters, product(factors[a], factors[b], letters, own)};
    factors.erase(factors.begin() + b);
    factors[a] = met;
  }
  node.getOutputs()[0].replaceAllUsesWith(product(factors[0], factors[1], out, type));
  node.erase();
}

} // namespace

void splitEinsums(FunctionOpInterface function) {
  SmallVector<onnx::NodeOp> nodes;
  function.walk([&](onnx::NodeOp node) {
    if (node.is("Einsum") && node.getInputs().size() > 2 && tensorType(node.getOutputs()[0]) &&
        isa<FloatType>(tensorType(node.getOutputs()[0]).getElementType()))
      nodes.push_back(node);
  });
  llvm::for_each(nodes, split);
}

} // namespace moe::raise
