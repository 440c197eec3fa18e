//===- MoeToLinalg.h - One function an operation ----------------*- C++ -*-===//
//
// Each writes what its operation means at the place of `emit` and returns the results; types may
// say more or less about sizes than the operation's own.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_LINALG_MOETOLINALG_H
#define MOE_LOWERING_LINALG_MOETOLINALG_H

#include "lowering/linalg/Emit.h"

namespace moe {

/// One row of scores, steps 1 and 5 of `#moe.gate_rule`, in the type of `row`.
mlir::Value emitScore(Emit &emit, GateAttr gate, mlir::Value row);

/// Integers in the order of the floats of `scores`: NaN the largest and equal to each other, -0
/// equal to 0. The smallest integer stands for no float, and so for what is out of the race.
mlir::Value emitKeys(Emit &emit, mlir::Value scores);
/// The index of the largest of keys[begin .. begin + count), the lower one among equals.
mlir::Value emitBest(Emit &emit, mlir::Value keys, mlir::Value begin, mlir::Value count);
/// The keys without the one at `index`. What reads the old keys has to come before it, or they
/// would have to be copied.
mlir::Value emitTake(Emit &emit, mlir::Value keys, mlir::Value index);
/// The value that emitTake leaves behind.
mlir::Value emitTaken(Emit &emit, mlir::Type keyType);

/// Weights and experts of `moe.gate`.
std::array<mlir::Value, 2> emitGate(Emit &emit, mlir::Value logits, mlir::Value bias, GateAttr gate,
                                    mlir::Type weightType);

/// What decides the places of slots, as in `moe.dispatch`.
struct DispatchRule {
  int64_t experts;
  std::optional<int64_t> capacity;
  bool rankMajor;
  int64_t tile;
};
/// Ends the run where so many slots need more rows than positions, numbers of 32 bits, can count.
void emitRangeCheck(Emit &emit, mlir::OpFoldResult slots, const DispatchRule &rule);
/// Slots and offsets of `moe.dispatch`.
std::array<mlir::Value, 2> emitPositions(Emit &emit, mlir::Value experts, const DispatchRule &rule);

/// `moe.gather`: rows[r, :] = tokens[slots[r] / k, :].
mlir::Value emitGather(Emit &emit, mlir::Value tokens, mlir::Value slots, int64_t k);
/// `moe.combine`.
mlir::Value emitCombine(Emit &emit, CombineOp combine);
/// Codes or zero points below a byte as a stored weight with a byte each; others as they are.
mlir::Value emitInBytes(Emit &emit, mlir::Value codes, bool isSigned);
/// `moe.dequantize` of codes in bytes; no zero points where they are null.
mlir::Value emitDequantize(Emit &emit, QuantAttr quant, mlir::Value codes, mlir::Value scales,
                           mlir::Value zeroPoints);
/// `moe.expert`, one expert after the other.
mlir::Value emitExpert(Emit &emit, ExpertOp expert);

/// Makes calls of functions of all routing operations: equal ones call the same.
void outlineRouting(mlir::ModuleOp module, llvm::ArrayRef<mlir::Operation *> ops);
/// Writes `moe.layer` on what belongs to one of the module's layers.
void markLayers(mlir::ModuleOp module, llvm::ArrayRef<mlir::Operation *> ops);

} // namespace moe

#endif // MOE_LOWERING_LINALG_MOETOLINALG_H
