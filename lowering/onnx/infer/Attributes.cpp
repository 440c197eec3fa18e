//===- Attributes.cpp - Are attributes of the kind that ONNX gives them? --===//
//
// An attribute of another kind would read as if it were absent, and the model would silently
// compute something else. ONNX uses each of these names with one kind in all operators of the
// tables, so that one list serves every family.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

static const llvm::StringRef integerNames[] = {
    "allowzero",
    "axis",
    "batch_dims",
    "block_size",
    "end",
    "exclusive",
    "fmod",
    "k",
    "keepdims",
    "largest",
    "noop_with_empty_axes",
    "normalize_routing_weights",
    "num_outputs",
    "reverse",
    "saturate",
    "select_last_index",
    "sorted",
    "start",
    "swiglu_fusion",
    "to",
    "transA",
    "transB",
    "transBatchA",
    "transBatchB",
    "upper",
    "use_sparse_mixer",
    "weights_prepacked",
};
static const llvm::StringRef realNames[] = {
    "activation_alpha", "activation_beta", "alpha", "beta",         "bias",
    "epsilon",          "gamma",           "lambd", "swiglu_limit",
};
static const llvm::StringRef textNames[] = {
    "activation_type", "approximate", "direction", "equation", "mode", "reduction", "round_mode",
};

void moe::onnx::checkAttributeKinds(Inference &n) {
  for (NamedAttribute attribute : n.node.getOnnxAttributes()) {
    llvm::StringRef name = attribute.getName().getValue();
    // The readers say what is wrong.
    if (llvm::is_contained(integerNames, name))
      n.integer(name, 0);
    else if (llvm::is_contained(realNames, name))
      n.real(name, 0.0);
    else if (llvm::is_contained(textNames, name))
      n.text(name, "");
    else if (name == "perm")
      n.integers(name);
  }
}
