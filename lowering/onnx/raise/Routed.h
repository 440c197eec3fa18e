//===- Routed.h - What follows from a choice of experts ---------*- C++ -*-===//
//
// From the ids that a router chose, and the numbers that belong to each choice, forward through the
// graph: flattened, repeated, compared with an expert's number, made one-hot, scattered, summed.
// Exporters write many chains of one thing; here each value says what it holds as a function of its
// axes, so that patterns ask for that and never for a chain of operators.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_ROUTED_H
#define MOE_LOWERING_ONNX_RAISE_ROUTED_H

#include "lowering/onnx/raise/Axes.h"
#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Graph.h"
#include "llvm/ADT/MapVector.h"

namespace moe::raise {

/// What a tensor holds, for token t, slot s, expert e. A slot or expert that is no axis is fixed
/// (`slot`, `expert`) or, for slots, summed over; where there is only one, it is fixed.
struct Routed {
  enum Kind {
    /// ids[t, s].
    Ids,
    /// root[t, s]: a number for each choice; `root` has the axes of the ids, or lacks its one slot.
    Numbers,
    /// Whether ids[t, s] == e, as 1 or true; `anySlot`: for any s.
    Chosen,
    /// The opposite.
    Unchosen,
    /// root[t, s] where ids[t, s] == e and 0 elsewhere; `anySlot`: the sum of these over s.
    Mixed,
    /// The same with a number so low instead of 0 that no softmax or sigmoid leaves any of it.
    Masked,
    /// The sum of Chosen, or with a root of Mixed, over the slots `some` and no others.
    Partial,
    /// root[t]: the sum of numbers over the slots; `root` has the ids' axes with 1 slot.
    Total,
    /// Everywhere true or 1; false or 0. So is a comparison that no id can pass.
    Always,
    Never,
  } kind;
  /// Of numbers; null for the others.
  mlir::Value root = {};
  Axes axes = {};
  std::optional<int64_t> slot = {}, expert = {};
  bool anySlot = false;
  /// Of sums over some slots: these, as bits.
  uint64_t some = 0;
};

class RoutedValues {
public:
  /// Follows `ids`, of the axes `axes` (tokens, then slots) and distinct in each token, `numbers`
  /// of the same axes, and `flatIds`, the same ids where there is one slot without its dimension.
  /// So may numbers be then. `rounds` choose one slot each. May write nodes that `root`s need; they
  /// have no users unless a pattern uses them.
  RoutedValues(mlir::Value ids, const Axes &axes, Counts counts,
               llvm::ArrayRef<mlir::Value> numbers, mlir::Value flatIds = {},
               llvm::ArrayRef<Choices> rounds = {});
  /// Of a router's choices, with the numbers that the choosing node gives beside them.
  static RoutedValues of(const Choices &choices);
  /// Of what a mask over tokens and experts [tokens..., E] leaves of choices.
  static RoutedValues ofMask(const Choices &choices, mlir::Value mask);

  /// What `value` holds, or null.
  const Routed *find(mlir::Value value) const;
  /// In order of finding, which is an order of dependence.
  const llvm::MapVector<mlir::Value, Routed> &all() const { return values; }

  mlir::Value ids() const { return idsValue; }
  const Axes &idsAxes() const { return axes; }
  Counts counts() const { return sizes; }

private:
  friend class RoutedRules;
  void startRound(const Choices &round, int64_t slot);
  RoutedValues(mlir::Value ids, Counts counts) : idsValue(ids), sizes(counts) {}
  void follow();

  mlir::Value idsValue;
  Axes axes;
  Counts sizes;
  llvm::MapVector<mlir::Value, Routed> values;
  llvm::SmallVector<mlir::Value> work;
};

/// What holds a number for each of `choices` by itself: what the choosing node gives, and beside an
/// ArgMax the largest of what it compares.
llvm::SmallVector<mlir::Value> numbersOf(const Choices &choices);

/// The ids of `choices`; where they have no dimension of slots, written with one of size 1.
mlir::Value withSlots(const Choices &choices);

/// The labels of a node's first output where it only lays its first input, of these labels, out
/// anew: Reshape, Flatten, Squeeze, Unsqueeze, Transpose, Expand, Tile, and nodes that change
/// neither shape nor numbers.
std::optional<Axes> relaid(onnx::NodeOp node, const Axes &axes, Counts counts);

/// The labels of a constant, or Range, that counts the experts 0 .. E-1 along one dimension.
std::optional<Axes> expertNumbers(mlir::Value value, Counts counts);

/// The one number that all elements of `value` are: of a constant, or of what fills a shape.
std::optional<double> filledWith(mlir::Value value);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ROUTED_H
