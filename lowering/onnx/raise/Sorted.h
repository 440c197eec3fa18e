//===- Sorted.h - What follows from sorting choices by expert ---*- C++ -*-===//
//
// Graphs of this kind sort all pairs of token and slot by the chosen expert, cut the sorted rows at
// counted places, and put results back in their order. Here each value on that way is one small
// fact about numbers, so that a proof asks what a value is and never how a file spells it.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_SORTED_H
#define MOE_LOWERING_ONNX_RAISE_SORTED_H

#include "lowering/onnx/raise/Tally.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

namespace moe::raise {

/// What a tensor's elements, or all but the last dimension of its rows, run over.
struct Space {
  enum Kind {
    Pairs, // every token's k choices, token by token
    Slots, // the same slot by slot: the first choice of every token, then the second
    Rows,  // the same, sorted by expert, all in the one direction of `Sorted`
    Group, // the sorted ones of one expert
  } kind = Pairs;
  int64_t expert = -1;
  bool operator==(const Space &o) const { return kind == o.kind && expert == o.expert; }
};

/// What a value is: one number for each element of a space, in row-major order.
struct Fact {
  enum Kind {
    Ids,       // table[the pair's expert]
    Pair,      // token * k + slot
    SlotPair,  // slot * tokens + token
    Token,     // the pair's token
    Slot,      // the pair's slot
    Quotient,  // pair / k as a fraction
    Sign,      // 0 for the first pair, 1 for others
    Row,       // the place among the sorted
    TokenSlot, // [..., 2]: token, slot
    Weight,    // what `root` [tokens..., k] holds for the pair
    Data,      // [..., columns]: rows of numbers
    Within,    // 1 where the pair's expert is in the column's range; summed over other columns
    Count,     // how many pairs have an expert in the element's range; no space
  } kind;
  Space space = {};
  /// Of ids.
  llvm::SmallVector<double> table = {};
  /// Of Within, one for each column; of Count, one for each element.
  Tally ranges = {};
  /// Of Within: the columns are the first dimension, not the last.
  bool columnsFirst = false;
  /// Of Within: some of the pairs' dimensions are summed over, or a token's slots share a row.
  bool partial = false;
  /// Repeated along the last dimension, as ScatterElements wants its indices.
  bool repeated = false;
  /// Of Weight: the numbers; of Data that was gathered by token: the tokens.
  mlir::Value root = {};
};

/// The pairs that the fact's numbers count, Pairs or Slots; nothing where they are other numbers.
std::optional<Space::Kind> countedPairs(const Fact &fact);
/// What `value` [k, tokens], flattened or not, is turned round: [tokens, k]; or null.
mlir::Value turnedBack(mlir::Value value, int64_t k);

/// Whether the fact is the ids themselves.
bool isIdentity(const Fact &fact);

/// Follows the choices forward, each node once, in the order of the graph.
class Sorted {
public:
  /// `ids` hold k experts of `experts` for each token, all of one token different.
  Sorted(mlir::Value ids, int64_t k, int64_t experts);

  const Fact *find(mlir::Value value) const;
  /// Whether the choices are sorted at all.
  bool isSorted() const { return sorted; }

  /// A place where rows of experts come together again.
  struct End {
    onnx::NodeOp node;
    /// Data over pairs, [tokens..., k, columns], summed over the slots, or the result itself where
    /// there is one slot; of a scatter, data over any space.
    mlir::Value summand;
    /// The rows are added to `node`'s first input, at their tokens.
    bool scatters = false;
    Space space = {};
  };
  llvm::ArrayRef<End> ends() const { return found; }

  /// The value that `value` is as far as rows of `expert` go: its part of what was joined, or what
  /// its rows were taken from; null where it is neither.
  mlir::Value through(mlir::Value value, int64_t expert) const;
  /// A node that cuts sorted rows at places that do not depend on the choices, or null.
  onnx::NodeOp cutsAtConstants() const { return frozen; }
  /// A node that writes all rows of a token to one place, so that one of them is left, or null.
  onnx::NodeOp losesRows() const { return overwrites; }
  /// A size that has to be the number of pairs for the facts to hold, and is not known to be: the
  /// one number in `value`, or (`isRows`) its first dimension.
  struct Size {
    mlir::Value value;
    bool isRows;
  };
  llvm::ArrayRef<Size> sizesToCheck() const { return unproven; }
  /// The node at which the facts ended though more was expected, and why.
  mlir::Operation *stoppedAt() const { return stopped; }
  llvm::StringRef stoppedWhy() const { return why; }

private:
  friend class SortedRules;

  /// One expert's rows written over those at its places.
  struct Write {
    onnx::NodeOp node;
    /// What it writes to, and what the first of the chain did.
    mlir::Value base, blank;
    mlir::Value rows;
    int64_t expert;
    Fact::Kind places;
    int64_t count = 1;
  };

  /// The expert whose rows are the `place`th among the sorted ones, and the other way round.
  int64_t inOrder(int64_t place) const { return descending == true ? experts - 1 - place : place; }

  int64_t k, experts;
  mlir::Value ids;
  /// Whether the last expert's rows come first; unset as long as nothing says so.
  std::optional<bool> descending;
  llvm::DenseMap<mlir::Value, Fact> facts;
  llvm::DenseMap<mlir::Value, mlir::Value> cutFrom;
  llvm::MapVector<mlir::Value, Write> written;
  /// What each expert wrote, where all did.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<mlir::Value>> joined;
  /// Tensors that have one row for each pair, if those of unproven size do.
  llvm::DenseSet<mlir::Value> lengths;
  llvm::SmallVector<End> found;
  llvm::SmallVector<Size> unproven;
  bool sorted = false;
  onnx::NodeOp frozen, overwrites;
  mlir::Operation *stopped = nullptr;
  std::string why;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_SORTED_H
