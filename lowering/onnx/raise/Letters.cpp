//===- Letters.cpp - Products of tensors, by their dimensions -------------===//

#include "lowering/onnx/raise/Letters.h"

using namespace mlir;

namespace moe::raise {

static std::optional<Letters> lettersOfMatMul(int64_t rankA, int64_t rankB) {
  if (rankA < 1 || rankB < 2)
    return std::nullopt;
  constexpr int m = 0, k = 1, n = 2, batch = 3;
  int64_t batches = std::max<int64_t>({rankA, rankB, 2}) - 2;
  Letters letters;
  for (int64_t i = 0; i < batches; ++i) {
    int letter = batch + i;
    if (i >= batches - (rankA - 2))
      letters.a.push_back(letter);
    if (i >= batches - (rankB - 2))
      letters.b.push_back(letter);
    letters.out.push_back(letter);
  }
  if (rankA > 1) {
    letters.a.push_back(m);
    letters.out.push_back(m);
  }
  letters.a.push_back(k);
  letters.b.append({k, n});
  letters.out.push_back(n);
  return letters;
}

/// The letters of one term of an equation; an ellipsis stands for as many as `rank` leaves, the
/// last ones of those that any ellipsis stands for.
static bool spell(StringRef term, int64_t rank, SmallVectorImpl<int> &into) {
  constexpr int ellipsis = 256;
  std::string text = term.str();
  llvm::erase(text, ' ');
  size_t dots = text.find("...");
  int64_t open = dots == std::string::npos ? 0 : rank - (static_cast<int64_t>(text.size()) - 3);
  if (open < 0)
    return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == dots) {
      for (int64_t dim = open; dim > 0; --dim)
        into.push_back(ellipsis - dim);
      i += 2;
      continue;
    }
    if (!llvm::isAlpha(text[i]) || llvm::is_contained(into, text[i]))
      return false;
    into.push_back(text[i]);
  }
  return static_cast<int64_t>(into.size()) == rank;
}

static std::optional<Letters> lettersOfEinsum(onnx::NodeOp node) {
  StringRef equation = node.stringAttribute("equation", "");
  auto [inputs, out] = equation.split("->");
  auto [a, b] = inputs.split(',');
  RankedTensorType result = tensorType(node.getOutputs()[0]);
  Letters letters;
  bool good = result && spell(a, tensorType(node.input(0)).getRank(), letters.a) &&
              spell(b, tensorType(node.input(1)).getRank(), letters.b) &&
              spell(out, result.getRank(), letters.out);
  return good && equation.contains("->") ? std::optional(letters) : std::nullopt;
}

std::optional<Letters> lettersOf(onnx::NodeOp node) {
  RankedTensorType a = tensorType(node.input(0)), b = tensorType(node.input(1));
  if (!a || !b)
    return std::nullopt;
  // Its alpha is for the caller to look at.
  bool isFused = node.is("FusedMatMul", "com.microsoft") && !node.intAttribute("transBatchA", 0) &&
                 !node.intAttribute("transBatchB", 0);
  std::optional<Letters> letters;
  if (node.is("Einsum") && node.getInputs().size() == 2)
    letters = lettersOfEinsum(node);
  else if (node.is("MatMul") || isFused)
    letters = lettersOfMatMul(a.getRank(), b.getRank());
  else if (node.is("Gemm"))
    letters = lettersOfMatMul(2, 2);
  if (!letters)
    return std::nullopt;
  auto turn = [](auto &side) {
    if (side.size() >= 2)
      std::swap(side.end()[-1], side.end()[-2]);
  };
  bool mayTurn = node.is("Gemm") || isFused;
  if (mayTurn && node.intAttribute("transA", 0))
    turn(letters->a);
  if (mayTurn && node.intAttribute("transB", 0))
    turn(letters->b);
  bool fits = static_cast<int64_t>(letters->a.size()) == a.getRank() &&
              static_cast<int64_t>(letters->b.size()) == b.getRank();
  return fits ? letters : std::nullopt;
}

bool isPlainProduct(onnx::NodeOp node) {
  if (node.is("Einsum") || node.is("MatMul"))
    return true;
  bool mayDoMore = node.is("Gemm") || node.is("FusedMatMul", "com.microsoft");
  return mayDoMore && !node.input(2) && node.floatAttribute("alpha", 1.0) == 1.0;
}

} // namespace moe::raise
