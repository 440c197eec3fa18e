//===- Symbols.h - Integers that are known or have a name -------*- C++ -*-===//
//
// A dynamic dimension is more than a question mark: `batch` of one tensor is `batch` of another,
// and [batch * seq, 64] reshaped to [batch, seq, -1] has 64 at its end. Numbers are a factor times
// symbols, and equal computations give equal symbols, so that equality is one comparison.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_INFER_SYMBOLS_H
#define MOE_LOWERING_ONNX_INFER_SYMBOLS_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <map>

namespace moe::onnx {

/// `factor` times the symbols of `product`, a number of `Symbols`; 0 is the empty product.
struct Number {
  int64_t factor = 0;
  unsigned product = 0;

  Number() = default;
  /*implicit*/ Number(int64_t value) : factor(value) {}
  Number(int64_t factor, unsigned product) : factor(factor), product(factor ? product : 0) {}

  bool isKnown() const { return product == 0; }
  bool is(int64_t value) const { return isKnown() && factor == value; }
  /// As tensor types spell it.
  int64_t dim() const { return isKnown() ? factor : mlir::ShapedType::kDynamic; }
  bool operator==(const Number &other) const {
    return factor == other.factor && product == other.product;
  }
  bool operator!=(const Number &other) const { return !(*this == other); }
};

using Numbers = llvm::SmallVector<Number, 4>;

/// Makes and combines numbers. Overflow is no error: the result is then an unknown number.
class Symbols {
public:
  /// What `combine` knows besides products.
  enum class Kind { Add, Sub, Div, Mod, Min, Max, Broadcast };

  Symbols() : products(1) {}

  /// A number that nothing is known about, but perhaps that it is not negative.
  Number fresh(bool natural);
  /// The dimension that a model calls `name`; the empty name is a fresh one.
  Number named(llvm::StringRef name);

  Number mul(Number a, Number b);
  Number add(Number a, Number b);
  Number sub(Number a, Number b);
  /// Rounds towards zero, as ONNX does for integers. A known divisor must not be zero.
  Number div(Number a, Number b);
  /// The remainder; the sign is the dividend's with `truncated`, else the divisor's.
  Number mod(Number a, Number b, bool truncated);
  Number min(Number a, Number b);
  Number max(Number a, Number b);
  /// The dimension of two that are broadcast together; nothing where they cannot be.
  std::optional<Number> broadcast(Number a, Number b);
  /// a / b where it is exact for all values of the symbols but zero.
  std::optional<Number> quotient(Number a, Number b);
  /// Whether the number cannot be negative.
  bool isNatural(Number number) const;
  /// Whether the two differ for all values of the symbols.
  bool differ(Number a, Number b) const;

private:
  Number combine(Kind kind, Number a, Number b, bool natural);
  unsigned intern(llvm::SmallVector<unsigned, 2> symbols);

  /// Whether the symbol cannot be negative.
  std::vector<bool> natural;
  std::vector<llvm::SmallVector<unsigned, 2>> products;
  std::map<llvm::SmallVector<unsigned, 2>, unsigned> productNumbers;
  llvm::StringMap<Number> names;
  /// The terms of a sum, by its product, so that (a + b) - b is a.
  llvm::DenseMap<unsigned, std::pair<Number, Number>> sums;
  std::map<std::tuple<Kind, int64_t, unsigned, int64_t, unsigned>, Number> combined;
};

} // namespace moe::onnx

#endif // MOE_LOWERING_ONNX_INFER_SYMBOLS_H
