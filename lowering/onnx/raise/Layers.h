//===- Layers.h - Writes a layer in the moe dialect -------------*- C++ -*-===//
//
// Every pattern ends here: gate, dispatch, expert, combine, what is offered for observation, and
// the layer's entry in `moe.layers`.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_LAYERS_H
#define MOE_LOWERING_ONNX_RAISE_LAYERS_H

#include "lowering/onnx/raise/Attempt.h"
#include "lowering/onnx/raise/BodyBuilder.h"
#include "lowering/onnx/raise/Weights.h"
#include "llvm/ADT/StringSet.h"

namespace moe::raise {

/// Who goes where as the graph itself computes it, where its router is no rule of `GateAttr`.
struct GivenRouting {
  /// [tokens..., k], or [tokens...] with k = 1: integers in [0, experts), or -1 for a dropped
  /// choice. Anything else is refused at run time.
  mlir::Value ids;
  /// Of the same shape, of a float type.
  mlir::Value weights;
  /// The name in `moe_layers`: argmax, expert_choice, given, ...
  llvm::StringRef gate = "given";
  /// Why there is no rule, for the remark.
  std::string why = {};
};

/// What a pattern found out about a layer.
struct LayerSpec {
  /// The node that the layer is named after: the fused operator, or the router's TopK.
  onnx::NodeOp anchor;
  /// [..., H] and [..., E], of as many tokens in the same order. No logits with `given`.
  mlir::Value tokens;
  mlir::Value logits;
  std::optional<WeightView> bias;
  /// Null with `given`.
  GateAttr gate;
  std::optional<GivenRouting> given;
  /// The gate's name in `moe_layers` where it is another than its rule's.
  llvm::StringRef gateName = "";
  /// Stacked weights: one view for each expert, or (`stacked`) one with the experts in front.
  struct Stack {
    llvm::SmallVector<WeightView> views;
    bool stacked = false;
  };
  llvm::SmallVector<Stack> weights;
  int64_t experts = 0;
  int64_t intermediate = 0;
  /// The columns of what an expert yields.
  int64_t columns = 0;
  llvm::function_ref<void(BodyBuilder &)> writeBody;
  /// A word of the table in the design: fused, loop, dense, batched, grouped, capacity.
  llvm::StringRef form;
  std::string body;
  /// The type that the graph expects: a matrix, or with the leading dimensions of `like`, or of the
  /// tokens where that is null.
  mlir::RankedTensorType resultType;
  mlir::Value like = {};
  /// The numbers of tokens are not proven to be equal: check at run time.
  bool checkTokens = false;
};

class Layers {
public:
  /// Writes the layer at the builder's place and says so in a remark; returns its result.
  mlir::Value write(mlir::OpBuilder &builder, LayerSpec &spec);
  /// Says of each layer what was raised, and stores `moe.layers`.
  void store(mlir::ModuleOp module);

private:
  /// What is still to be said of a layer when the whole graph has been raised.
  struct Written {
    mlir::Location loc;
    /// The remark, before and after what stands beside the layer.
    std::string what, from;
    mlir::Value result, tokens;
  };

  std::string nameFor(onnx::NodeOp anchor);

  llvm::SmallVector<mlir::DictionaryAttr> entries;
  llvm::SmallVector<Written> written;
  llvm::StringSet<> names;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_LAYERS_H
