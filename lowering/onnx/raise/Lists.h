//===- Lists.h - Lists of who goes to an expert, and what is read at them -*- C++ -*-===//
//
// Unrolled loops turn the mask of one expert into a list of its true places (NonZero), take the
// list's columns apart and together again, read tokens and routing weights at them, and write to
// them. What a tensor is an entry of a list is found once, so that patterns ask for that alone.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_LISTS_H
#define MOE_LOWERING_ONNX_RAISE_LISTS_H

#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Routed.h"
#include "llvm/ADT/SetVector.h"
#include <deque>

namespace moe::raise {

/// The true places of a mask, in row-major order: choices of one expert.
struct List {
  int64_t expert;
  /// The one slot it lists; nothing where it lists all of them.
  std::optional<int64_t> slot;
  /// An entry is a token, whichever slot chose the expert.
  bool anySlot = false;
  /// Entries are in the order of slots first, tokens second.
  bool slotFirst = false;
  mlir::Value mask;
  Axes axes;

  /// Whether entry i is the same choice in both.
  bool sameEntries(const List &other) const {
    return expert == other.expert && slot == other.slot && anySlot == other.anySlot &&
           slotFirst == other.slotFirst;
  }
};

/// A column of numbers: at which place of the labelled dimensions an entry stands.
struct Place {
  /// Row-major over these; none: always 0. One part of the tokens: which one.
  llvm::SmallVector<Atom, 2> atoms;
  std::optional<unsigned> part;
  /// Over the hidden dimension, which the mask was expanded over.
  bool isElement = false;
  /// Multiplied by this, on the way to a place in a flattened dimension.
  mlir::Value factor;

  bool isJust(Atom atom) const {
    return atoms.size() == 1 && atoms.front() == atom && !isElement && !factor;
  }
  bool isPair() const {
    return atoms.size() == 2 && atoms[0] == Atom::Token && atoms[1] == Atom::Slot && !factor;
  }
};

/// What a dimension of a tensor made from a list runs over.
enum class Run {
  Unit,
  /// The entries.
  Entries,
  /// The columns of places.
  Columns,
  /// Nothing: a repetition.
  Same,
  /// What was read at each entry.
  Features
};

/// What a tensor holds of a list.
struct Listed {
  enum Kind {
    /// Columns of places.
    Places,
    /// For each entry what `root` holds at its place.
    Rows,
    /// For each entry its routing weight, of `root` [tokens..., k].
    Weights
  } kind;
  const List *list;
  llvm::SmallVector<Run, 4> runs;
  llvm::SmallVector<Place, 3> places;
  mlir::Value root;
  /// Rows: read at (token, slot) pairs, not at tokens. Weights: read at a fixed slot.
  bool pairs = false;
  std::optional<int64_t> slot;
  /// Not proven to hold each entry once: an Expand may have repeated one.
  bool repeats = false;
};

/// What follows from `choices`.
RoutedValues routedOf(const Choices &choices);

/// All that is made of the lists of one choice, in one pass over it.
class Lists {
public:
  Lists(const Choices &choices, const RoutedValues &routed);

  /// What `value` is, or null.
  const Listed *find(mlir::Value value) const;
  /// Rows of the same entries as `list`, or null.
  const Listed *rows(mlir::Value value, const List &list) const;
  /// What holds one number for each entry, as routing weights do.
  llvm::SmallVector<mlir::Value> numbersOfEntries() const;
  /// The nodes that write to the places of a list.
  llvm::ArrayRef<onnx::NodeOp> writes() const { return writers.getArrayRef(); }
  /// The experts that have a list, and in which slots (all, where none is given).
  llvm::ArrayRef<const List *> all() const { return order; }

  /// Whether rows that were read at lists go into products with weights, as experts' do.
  bool feedProducts() const;

  const Choices &choices;

  //===--- For the rows of the table ---------------------------------------===//

  void set(mlir::Value value, Listed fact);
  void write(onnx::NodeOp node) { writers.insert(node); }
  void begin(mlir::Value nonZero, const Routed &mask, mlir::Value value);
  /// How `value` holds routing weights: numbers for each choice, or those of the list's expert;
  /// null where it does not.
  const Routed *numbers(mlir::Value value, const List &list);
  const RoutedValues &routed;

private:
  void visit(mlir::Value value);
  bool isHere(onnx::NodeOp node) const;
  const Routed *numbersBehind(mlir::Value value);

  std::deque<List> lists;
  llvm::SmallVector<const List *> order;
  llvm::DenseMap<mlir::Value, Listed> facts;
  llvm::DenseMap<mlir::Value, std::optional<Routed>> views;
  llvm::SmallVector<mlir::Value> work;
  llvm::SetVector<onnx::NodeOp> writers;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_LISTS_H
