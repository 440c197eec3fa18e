//===- Axes.cpp - What the dimensions of a tensor run over ----------------===//

#include "lowering/onnx/raise/Axes.h"
#include "llvm/Support/MathExtras.h"
#include <deque>

using namespace mlir;

namespace moe::raise {
namespace {

constexpr int64_t kUnknown = ShapedType::kDynamic;

/// A factor of a dimension on its way through a reshape.
struct Item {
  enum Kind { Label, Free, Same } kind;
  Atom atom;
  int64_t size;
  bool isTokens() const { return kind == Label && atom == Atom::Token; }
};

/// The factors of one dimension, or nothing where their sizes are unknown.
std::optional<SmallVector<Item, 2>> itemsOf(const Dim &dim, int64_t size, Counts counts) {
  if (dim.free || dim.same)
    return SmallVector<Item, 2>{{dim.free ? Item::Free : Item::Same, Atom::Token, size}};
  SmallVector<Item, 2> items;
  int64_t known = 1, unknown = 0;
  for (Atom atom : dim.atoms) {
    int64_t count = atom == Atom::Token  ? kUnknown
                    : atom == Atom::Slot ? counts.slots
                                         : counts.experts;
    items.push_back({Item::Label, atom, count});
    unknown += count == kUnknown;
    if (count != kUnknown && (count < 1 || llvm::MulOverflow(known, count, known)))
      return std::nullopt;
  }
  if (!ShapedType::isDynamic(size) && unknown <= 1) {
    if (size % known || (!unknown && size != known))
      return std::nullopt;
    for (Item &item : items)
      if (item.size == kUnknown)
        item.size = size / known;
  }
  return items;
}

/// Hands the factors of the old shape out to the dimensions of the new one.
class Reshaping {
public:
  Reshaping(const Axes &axes, Counts counts) : axes(axes), counts(counts) {}
  std::optional<Axes> run(ArrayRef<int64_t> from, ArrayRef<int64_t> to);

private:
  bool collect(ArrayRef<int64_t> from);
  bool fill(SmallVectorImpl<Item> &taken, int64_t size, bool fromRight);
  bool finish(size_t left, size_t right);
  std::optional<Dim> dimOfItems(ArrayRef<Item> items);

  const Axes &axes;
  Counts counts;
  /// What is left to hand out, outermost first.
  std::deque<Item> items;
  SmallVector<SmallVector<Item>> result;
};

bool Reshaping::collect(ArrayRef<int64_t> from) {
  for (auto [dim, size] : llvm::zip_equal(axes, from)) {
    if (dim.isUnit())
      continue;
    auto parts = itemsOf(dim, size, counts);
    if (!parts)
      return false;
    for (const Item &item : *parts) {
      // Parts of the tokens that stand side by side are one.
      if (item.isTokens() && !items.empty() && items.back().isTokens()) {
        int64_t &size = items.back().size;
        if (size == kUnknown || item.size == kUnknown || llvm::MulOverflow(size, item.size, size))
          size = kUnknown;
        continue;
      }
      items.push_back(item);
    }
  }
  return true;
}

/// Takes `size` numbers off one end.
bool Reshaping::fill(SmallVectorImpl<Item> &taken, int64_t size, bool fromRight) {
  while (size > 1) {
    if (items.empty())
      return false;
    Item &item = fromRight ? items.back() : items.front();
    auto take = [&](int64_t count) {
      taken.insert(fromRight ? taken.begin() : taken.end(), {item.kind, item.atom, count});
    };
    if (item.size == kUnknown) {
      // Some of the tokens; the rest goes on.
      if (!item.isTokens())
        return false;
      take(size);
      return true;
    }
    if (item.size > 0 && size % item.size == 0) {
      take(item.size);
      size /= item.size;
      fromRight ? items.pop_back() : items.pop_front();
      continue;
    }
    if (item.size % size || (item.kind == Item::Label && !item.isTokens()))
      return false;
    take(size);
    item.size /= size;
    return true;
  }
  return size == 1;
}

/// What is left belongs to the unknown dimensions between `left` and `right`.
bool Reshaping::finish(size_t left, size_t right) {
  if (left == right)
    return items.empty();
  if (right - left > 1)
    return false;
  result[left].assign(items.begin(), items.end());
  return true;
}

std::optional<Dim> Reshaping::dimOfItems(ArrayRef<Item> parts) {
  Dim dim;
  if (parts.size() == 1 && parts.front().kind == Item::Same) {
    dim.same = true;
    return dim;
  }
  for (Item item : parts) {
    if (item.kind == Item::Same) {
      // A repetition flattened with others is what has its size.
      item.kind = Item::Label;
      if (item.size == counts.slots && !hasAtom(axes, Atom::Slot))
        item.atom = Atom::Slot;
      else if (item.size == counts.experts && !hasAtom(axes, Atom::Expert))
        item.atom = Atom::Expert;
      else
        return std::nullopt;
    }
    dim.free |= item.kind == Item::Free;
    if (item.kind == Item::Label && !(item.isTokens() && dim.has(Atom::Token)))
      dim.atoms.push_back(item.atom);
  }
  if (dim.free && !dim.atoms.empty())
    return std::nullopt;
  return dim;
}

std::optional<Axes> Reshaping::run(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  if (from.size() != axes.size() || !collect(from))
    return std::nullopt;
  result.resize(to.size());
  size_t left = 0, right = to.size();
  for (; right > 0 && !ShapedType::isDynamic(to[right - 1]); --right)
    if (!fill(result[right - 1], to[right - 1], /*fromRight=*/true))
      return std::nullopt;
  for (; left < right && !ShapedType::isDynamic(to[left]); ++left)
    if (!fill(result[left], to[left], /*fromRight=*/false))
      return std::nullopt;
  if (!finish(left, right))
    return std::nullopt;
  Axes made;
  unsigned tokenDims = 0;
  bool isStatic = llvm::none_of(to, ShapedType::isDynamic);
  for (ArrayRef<Item> parts : result) {
    auto dim = dimOfItems(parts);
    if (!dim)
      return std::nullopt;
    tokenDims += dim->has(Atom::Token);
    made.push_back(*dim);
  }
  // Cut apart at unknown places.
  if (tokenDims > 1 && !isStatic)
    return std::nullopt;
  return made;
}

SmallVector<unsigned> tokenPlaces(const Axes &axes) {
  SmallVector<unsigned> places;
  for (auto [place, dim] : llvm::enumerate(axes))
    if (dim.has(Atom::Token))
      places.push_back(place);
  return places;
}

} // namespace

Dim dimOf(Atom atom, int64_t count) {
  Dim dim;
  if (count != 1)
    dim.atoms.push_back(atom);
  return dim;
}

Dim freeDim(int64_t count) {
  Dim dim;
  dim.free = count != 1;
  return dim;
}

std::optional<unsigned> placeOf(const Axes &axes, Atom atom) {
  std::optional<unsigned> place;
  for (auto [index, dim] : llvm::enumerate(axes)) {
    if (!dim.has(atom))
      continue;
    if (place || dim.atoms.size() != 1)
      return std::nullopt;
    place = index;
  }
  return place;
}

bool hasAtom(const Axes &axes, Atom atom) {
  return llvm::any_of(axes, [&](const Dim &dim) { return dim.has(atom); });
}

bool hasPlainTokens(const Axes &axes) {
  return llvm::all_of(
      axes, [](const Dim &dim) { return !dim.has(Atom::Token) || dim.isJust(Atom::Token); });
}

std::optional<Axes> reshaped(const Axes &axes, ArrayRef<int64_t> from, ArrayRef<int64_t> to,
                             Counts counts) {
  return Reshaping(axes, counts).run(from, to);
}

std::optional<Axes> transposed(const Axes &axes, ArrayRef<int64_t> order) {
  SmallVector<int64_t> sorted(order);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, axes.size())))
    return std::nullopt;
  Axes result;
  int64_t lastToken = -1;
  for (int64_t from : order) {
    result.push_back(axes[from]);
    if (!axes[from].has(Atom::Token))
      continue;
    if (from < lastToken)
      return std::nullopt;
    lastToken = from;
  }
  return result;
}

std::optional<Axes> squeezed(const Axes &axes, ArrayRef<int64_t> places) {
  Axes result;
  for (auto [place, dim] : llvm::enumerate(axes)) {
    if (!llvm::is_contained(places, static_cast<int64_t>(place)))
      result.push_back(dim);
    else if (!dim.isUnit())
      return std::nullopt;
  }
  return result;
}

std::optional<Axes> unsqueezed(const Axes &axes, ArrayRef<int64_t> places) {
  Axes result;
  size_t next = 0;
  int64_t rank = axes.size() + places.size();
  for (int64_t place = 0; place < rank; ++place) {
    if (llvm::is_contained(places, place))
      result.push_back({});
    else if (next < axes.size())
      result.push_back(axes[next++]);
  }
  return static_cast<int64_t>(result.size()) == rank ? std::optional(result) : std::nullopt;
}

std::optional<Axes> expanded(const Axes &axes, ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  if (to.size() < from.size() || from.size() != axes.size())
    return std::nullopt;
  Axes result;
  size_t added = to.size() - from.size();
  for (auto [place, size] : llvm::enumerate(to)) {
    Dim repeated;
    repeated.same = size != 1;
    if (place < added) {
      result.push_back(repeated);
      continue;
    }
    const Dim &dim = axes[place - added];
    if (!dim.isUnit() && from[place - added] != size)
      return std::nullopt;
    result.push_back(dim.isUnit() ? repeated : dim);
  }
  return result;
}

std::optional<Axes> tiled(const Axes &axes, ArrayRef<int64_t> repeats, Counts counts) {
  if (repeats.size() != axes.size())
    return std::nullopt;
  Axes result = axes;
  for (auto [dim, count] : llvm::zip_equal(result, repeats)) {
    if (count == 1)
      continue;
    if (dim.isUnit() || dim.same) {
      dim.same = true;
      continue;
    }
    bool isExpert = count == counts.experts && !hasAtom(axes, Atom::Expert);
    bool isSlot = count == counts.slots && !hasAtom(axes, Atom::Slot);
    if (dim.free || (!isExpert && !isSlot))
      return std::nullopt;
    dim.atoms.insert(dim.atoms.begin(), isExpert ? Atom::Expert : Atom::Slot);
  }
  return result;
}

std::optional<Axes> broadcast(const Axes &a, const Axes &b) {
  const Axes &longer = a.size() >= b.size() ? a : b, &shorter = a.size() >= b.size() ? b : a;
  Axes result = longer;
  size_t added = longer.size() - shorter.size();
  for (auto [place, dim] : llvm::enumerate(shorter)) {
    Dim &at = result[place + added];
    if (at.isUnit() || (at.same && !dim.isUnit()))
      at = dim;
    else if (!dim.isUnit() && !dim.same && !(dim == at))
      return std::nullopt;
  }
  // Parts of the tokens of one against other parts would pair tokens up with other tokens.
  SmallVector<unsigned> whole = tokenPlaces(result), own = tokenPlaces(longer);
  SmallVector<unsigned> other = tokenPlaces(shorter);
  for (unsigned &place : other)
    place += added;
  if ((!own.empty() && own != whole) || (!other.empty() && other != whole))
    return std::nullopt;
  return result;
}

} // namespace moe::raise
