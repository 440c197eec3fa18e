//===- Stack.h - Values of a loop's rounds in one tensor --------*- C++ -*-===//
//
// What a loop gives a value of each round of (scan outputs) is put into one tensor as the loop
// goes. Where the shapes of the values are known first in the first round, the tensor is made
// there; where the number of rounds is not known, it grows by doubling.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_CONVERT_STACK_H
#define MOE_LOWERING_ONNX_CONVERT_STACK_H

#include "lowering/onnx/convert/Build.h"

namespace moe::convert {

class Stack {
public:
  /// Values of `type`; of `rounds` of them, where that is known before the loop.
  Stack(mlir::RankedTensorType type, std::optional<OpFoldResult> rounds)
      : type(type), rounds(rounds) {}

  /// The tensor that the loop carries, before the loop.
  Value start(Node &n) const;
  /// In round `round` (index), `value` is put at `place` of `stack`, which is `round` itself where
  /// the number of rounds is not known. Checks that it has the shape of those before.
  Value put(Node &n, Value stack, Value round, Value place, Value value) const;
  /// The stack after `count` rounds.
  Value finish(Node &n, Value stack, Value count) const;

  /// Whether the whole tensor is made before the loop.
  bool isMade() const { return rounds && type.hasStaticShape(); }

private:
  Value grown(Node &n, Value stack, Value round, const Dims &dims) const;

  mlir::RankedTensorType type;
  std::optional<OpFoldResult> rounds;
};

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_STACK_H
