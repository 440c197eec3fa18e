//===- Axes.h - What the dimensions of a tensor run over --------*- C++ -*-===//
//
// Around a MoE layer every dimension runs over tokens, over a token's slots, over experts, or over
// features; exporters lay these out in any order, flattened or repeated. Once each dimension is
// labelled, the layouts are all one thing. Pure functions; the tables of operators use them.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_AXES_H
#define MOE_LOWERING_ONNX_RAISE_AXES_H

#include "mlir/IR/BuiltinTypes.h"
#include <optional>

namespace moe::raise {

/// Token: all tokens, or one part of them where several leading dimensions hold them. A tensor that
/// has some part has all parts, in their order, so that together they are always the same tokens.
enum class Atom { Token, Slot, Expert };

/// One dimension. Without any of these it has the size 1: sizes of 1 never carry a label.
struct Dim {
  /// The row-major product of what it runs over.
  llvm::SmallVector<Atom, 2> atoms;
  /// Anything else: hidden numbers, features. Excludes atoms.
  bool free = false;
  /// A repetition: the tensor is the same all along it, so it fits any label. Excludes atoms.
  bool same = false;

  bool isUnit() const { return atoms.empty() && !free && !same; }
  bool isJust(Atom atom) const { return atoms.size() == 1 && atoms.front() == atom; }
  bool has(Atom atom) const { return llvm::is_contained(atoms, atom); }
  bool operator==(const Dim &o) const {
    return atoms == o.atoms && free == o.free && same == o.same;
  }
};

using Axes = llvm::SmallVector<Dim, 4>;

/// How many there are of each; tokens are unknown.
struct Counts {
  int64_t slots, experts;
};

/// A dimension that runs over `atom`, which has `count`; 1 is no label.
Dim dimOf(Atom atom, int64_t count = mlir::ShapedType::kDynamic);
Dim freeDim(int64_t count);

/// The place of the one dimension that runs over `atom` alone, or nothing.
std::optional<unsigned> placeOf(const Axes &axes, Atom atom);
/// Whether any dimension has `atom`.
bool hasAtom(const Axes &axes, Atom atom);
/// Whether the tokens' dimensions are just tokens.
bool hasPlainTokens(const Axes &axes);

/// Each of these gives nothing where the result has no labels, above all where dynamic dimensions
/// leave open which tokens lie where.
/// Row-major, from shape `from` to shape `to`. Tokens are cut in several parts only if all is
/// static: two cuts of unknown sizes need not be the same.
std::optional<Axes> reshaped(const Axes &axes, llvm::ArrayRef<int64_t> from,
                             llvm::ArrayRef<int64_t> to, Counts counts);
std::optional<Axes> transposed(const Axes &axes, llvm::ArrayRef<int64_t> order);
/// Without the dimensions `places`, which have size 1.
std::optional<Axes> squeezed(const Axes &axes, llvm::ArrayRef<int64_t> places);
/// With new dimensions of size 1 at `places` of the result.
std::optional<Axes> unsqueezed(const Axes &axes, llvm::ArrayRef<int64_t> places);
/// To a shape that it broadcasts to. Dimensions that are unknown before and after are taken to stay
/// as they are: the caller proves it.
std::optional<Axes> expanded(const Axes &axes, llvm::ArrayRef<int64_t> from,
                             llvm::ArrayRef<int64_t> to);
/// The whole repeated `repeats[i]` times along dimension i.
std::optional<Axes> tiled(const Axes &axes, llvm::ArrayRef<int64_t> repeats, Counts counts);
/// What two operands broadcast to, aligned at the last dimension.
std::optional<Axes> broadcast(const Axes &a, const Axes &b);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_AXES_H
