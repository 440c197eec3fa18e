//===- MatMul.cpp - Types of products of matrices -------------------------===//
//
// MatMul as numpy has it, Gemm, Einsum, and Microsoft's forms of them.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// The product of `a` and `b`; one-dimensional operands are a row and a column that do not show.
static Numbers product(Inference &n, Numbers a, Numbers b) {
  bool isRow = a.size() == 1, isColumn = b.size() == 1;
  if (isRow)
    a.insert(a.begin(), 1);
  if (isColumn)
    b.push_back(1);
  n.same(a.back(), b[b.size() - 2], "the last dimension of input 0 and the rows of input 1");
  if (n.failed())
    return {};
  Numbers shape =
      n.broadcast(llvm::ArrayRef<Number>(a).drop_back(2), llvm::ArrayRef<Number>(b).drop_back(2));
  if (!isRow)
    shape.push_back(a[a.size() - 2]);
  if (!isColumn)
    shape.push_back(b.back());
  return shape;
}

static void matMul(Inference &n) {
  if (!n.arity(2, 2) || !n.sameElem() || !n.numeric(0) || !n.rankAtLeast(0, 1) ||
      !n.rankAtLeast(1, 1))
    return;
  Numbers shape = product(n, n.in(0).shape, n.in(1).shape);
  if (!n.failed())
    n.result(0, n.elem(0), shape);
}

/// MatMul with either operand's last two dimensions exchanged. `transBatch*` exchange others.
static void fusedMatMul(Inference &n) {
  if (!n.arity(2, 2) || !n.sameElem() || !n.floating(0) || !n.rankAtLeast(0, 1) ||
      !n.rankAtLeast(1, 1))
    return;
  if (n.integer("transBatchA", 0) || n.integer("transBatchB", 0))
    return n.unsupported("attributes 'transBatchA' and 'transBatchB'");
  Numbers shapes[] = {n.in(0).shape, n.in(1).shape};
  bool flags[] = {n.integer("transA", 0) != 0, n.integer("transB", 0) != 0};
  for (auto [shape, flag] : llvm::zip(shapes, flags))
    if (flag && shape.size() >= 2)
      std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  Numbers shape = product(n, shapes[0], shapes[1]);
  if (!n.failed())
    n.result(0, n.elem(0), shape);
}

/// The addend is broadcast to the product, never the other way; optional since 11.
static void gemm(Inference &n) {
  if (!n.arity(n.version() < 11 ? 3 : 2, 3) || !n.sameElem() || !n.numeric(0) || !n.rankIs(0, 2) ||
      !n.rankIs(1, 2))
    return;
  Numbers a = n.in(0).shape, b = n.in(1).shape;
  if (n.integer("transA", 0))
    std::swap(a[0], a[1]);
  if (n.integer("transB", 0))
    std::swap(b[0], b[1]);
  n.same(a[1], b[0], "the inner dimensions of inputs 0 and 1");
  Numbers shape{a[0], b[1]};
  if (n.has(2) && !n.failed()) {
    Numbers joined = n.broadcast(shape, n.in(2).shape);
    for (size_t dim = 0; dim < 2 && !n.failed() && joined.size() == 2; ++dim)
      n.same(joined[dim], shape[dim],
             "dimension " + llvm::Twine(dim) + " of input 2 and the product");
    if (!n.failed() && joined.size() != 2)
      n.malformed("input 2 must have rank 2 or less, but has rank " + llvm::Twine(joined.size()));
  }
  if (!n.failed())
    n.result(0, n.elem(0), shape);
}

//===----------------------------------------------------------------------===//
// Einsum
//===----------------------------------------------------------------------===//

namespace {
/// The dimensions of an equation's letters, and of its ellipsis.
struct Letters {
  std::optional<Number> of[128];
  Numbers ellipsis;
  int count[128] = {};
};
} // namespace

/// Splits a term at its ellipsis. False where a letter is none, or the ellipsis stands twice.
static bool splitTerm(llvm::StringRef term, llvm::StringRef &before, llvm::StringRef &after,
                      bool &hasEllipsis) {
  size_t dots = term.find("...");
  hasEllipsis = dots != llvm::StringRef::npos;
  before = term.take_front(dots);
  after = hasEllipsis ? term.drop_front(dots + 3) : "";
  return llvm::all_of(before, llvm::isAlpha) && llvm::all_of(after, llvm::isAlpha);
}

static void bindLetter(Inference &n, Letters &letters, char letter, Number dim) {
  std::optional<Number> &bound = letters.of[static_cast<unsigned char>(letter)];
  bool isOne = bound && (bound->is(1) || dim.is(1));
  if (!bound)
    bound = dim;
  else if (isOne)
    bound = bound->is(1) ? dim : *bound;
  else
    bound = n.same(*bound, dim, "the dimensions of '" + llvm::Twine(letter) + "'");
}

static void bindTerm(Inference &n, Letters &letters, llvm::StringRef term, unsigned input) {
  llvm::StringRef before, after;
  bool hasEllipsis;
  if (!splitTerm(term, before, after, hasEllipsis))
    return n.malformed("the equation has the term '" + term + "'");
  const Numbers &shape = n.in(input).shape;
  size_t named = before.size() + after.size();
  if (hasEllipsis ? shape.size() < named : shape.size() != named)
    return n.malformed("the term '" + term + "' does not fit input " + llvm::Twine(input) +
                       " of rank " + llvm::Twine(shape.size()));
  for (auto [letter, dim] : llvm::zip(before, shape))
    bindLetter(n, letters, letter, dim);
  for (auto [letter, dim] : llvm::zip(after, llvm::ArrayRef(shape).take_back(after.size())))
    bindLetter(n, letters, letter, dim);
  for (char letter : (before + after).str())
    ++letters.count[static_cast<unsigned char>(letter)];
  if (hasEllipsis && !n.failed())
    letters.ellipsis = n.broadcast(
        letters.ellipsis, llvm::ArrayRef(shape).drop_front(before.size()).drop_back(after.size()));
}

/// Without "->" the result has the letters that stand once, in the alphabet's order.
static std::string impliedTerm(const Letters &letters) {
  std::string term = "...";
  for (int letter = 0; letter < 128; ++letter)
    if (letters.count[letter] == 1)
      term += char(letter);
  return term;
}

static void einsum(Inference &n) {
  if (!n.arity(1, ~0u) || !n.sameElem() || !n.numeric(0))
    return;
  std::string equation = n.text("equation", "").str();
  llvm::erase(equation, ' ');
  auto [left, right] = llvm::StringRef(equation).split("->");
  llvm::SmallVector<llvm::StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != n.numInputs())
    return n.malformed("the equation '" + llvm::Twine(equation) + "' has " +
                       llvm::Twine(terms.size()) + " terms for " + llvm::Twine(n.numInputs()) +
                       " inputs");
  Letters letters;
  for (auto [input, term] : llvm::enumerate(terms))
    if (!n.failed())
      bindTerm(n, letters, term, input);
  bool isExplicit = llvm::StringRef(equation).contains("->");
  std::string term = isExplicit ? right.str() : impliedTerm(letters);
  llvm::StringRef before, after;
  bool hasEllipsis;
  if (!splitTerm(term, before, after, hasEllipsis))
    n.malformed("the equation has the term '" + llvm::Twine(term) + "'");
  if (n.failed())
    return;
  Numbers shape;
  auto append = [&](llvm::StringRef part) {
    for (char letter : part) {
      std::optional<Number> dim = letters.of[static_cast<unsigned char>(letter)];
      if (!dim)
        n.malformed("no input of the equation has the letter '" + llvm::Twine(letter) + "'");
      shape.push_back(dim.value_or(1));
    }
  };
  append(before);
  if (hasEllipsis)
    llvm::append_range(shape, letters.ellipsis);
  append(after);
  n.result(0, n.elem(0), shape);
}

//===----------------------------------------------------------------------===//
// Quantised
//===----------------------------------------------------------------------===//

/// Packed weights of N x K numbers: the attributes say what they are.
static void matMulNBits(Inference &n) {
  if (!n.arity(3, 6) || !n.floating(0) || !n.rankAtLeast(0, 1))
    return;
  int64_t k = n.requiredInteger("K"), columns = n.requiredInteger("N");
  if (n.failed())
    return;
  Numbers shape = n.in(0).shape;
  n.same(shape.back(), k, "the last dimension of input 0 and attribute 'K'");
  shape.back() = columns;
  if (!n.failed())
    n.result(0, n.elem(0), shape);
}

/// Gather of data whose last dimension holds bytes of codes; the result is of the scales' type.
static void gatherBlockQuantized(Inference &n) {
  if (!n.arity(3, 4) || !n.index(1) || !n.floating(2) || !n.rankAtLeast(0, 1))
    return;
  int64_t axis = n.axis(n.integer("gather_axis", 0), n.in(0).rank());
  int64_t bits = n.integer("bits", 4);
  if (n.failed())
    return;
  Numbers data = n.in(0).shape, shape;
  if (n.elem(0).isUnsignedInteger(8) && (bits == 2 || bits == 4))
    data.back() = data.back().isKnown() ? Number(data.back().factor * (8 / bits)) : data.back();
  shape.append(data.begin(), data.begin() + axis);
  llvm::append_range(shape, n.in(1).shape);
  shape.append(data.begin() + axis + 1, data.end());
  n.result(0, n.elem(2), shape);
}

llvm::ArrayRef<InferRow> moe::onnx::inferMatMulRows() {
  static const InferRow rows[] = {
      {"", "MatMul", 1, matMul},
      {"", "Gemm", 7, gemm},
      {"", "Einsum", 12, einsum},
      {"com.microsoft", "FusedMatMul", 1, fusedMatMul},
      {"com.microsoft", "GatherBlockQuantized", 1, gatherBlockQuantized},
      {"com.microsoft", "MatMulNBits", 1, matMulNBits},
  };
  return rows;
}
