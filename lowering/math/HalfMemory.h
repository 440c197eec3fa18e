//===- HalfMemory.h - Numbers of 16 bits in memory --------------*- C++ -*-===//

#ifndef MOE_LOWERING_MATH_HALFMEMORY_H
#define MOE_LOWERING_MATH_HALFMEMORY_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe {

/// Whether `op` loads or stores f16 or bf16.
bool accessesHalfMemory(mlir::Operation *op);

/// The same access to memory of i16, with the numbers' bits; `op` is replaced and erased. LLVM
/// would call a function to move some vectors of bf16.
void accessAsBits(mlir::ImplicitLocOpBuilder &builder, mlir::Operation *op);

} // namespace moe

#endif // MOE_LOWERING_MATH_HALFMEMORY_H
