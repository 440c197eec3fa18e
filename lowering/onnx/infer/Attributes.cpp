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
    "causal",
    "ceil_mode",
    "channels_last",
    "count_include_pad",
    "dilation",
    "do_rotary",
    "end",
    "exclusive",
    "fmod",
    "group",
    "interleaved",
    "is_causal",
    "is_packed_batching",
    "k",
    "keepdims",
    "kv_num_heads",
    "largest",
    "local_window_size",
    "mrope_layout",
    "ndim",
    "noop_with_empty_axes",
    "normalize_routing_weights",
    "num_groups",
    "num_heads",
    "num_outputs",
    "past_present_share_buffer",
    "q_num_heads",
    "qk_matmul_output_mode",
    "qk_output",
    "reverse",
    "rotary_embedding_dim",
    "rotary_interleaved",
    "saturate",
    "select_last_index",
    "sliding_window_cache",
    "smooth_softmax",
    "sorted",
    "start",
    "stash_type",
    "state_window",
    "storage_order",
    "swiglu_fusion",
    "to",
    "training_mode",
    "transA",
    "transB",
    "transBatchA",
    "transBatchB",
    "unidirectional",
    "upper",
    "use_sparse_mixer",
    "weights_prepacked",
};
static const llvm::StringRef realNames[] = {
    "activation_alpha",
    "activation_beta",
    "alpha",
    "beta",
    "bias",
    "epsilon",
    "gamma",
    "lambd",
    "mask_filter_value",
    "momentum",
    "qk_norm_epsilon",
    "scale",
    "softcap",
    "swiglu_limit",
};
static const llvm::StringRef textNames[] = {
    "activation", "activation_type", "approximate",  "auto_pad",
    "direction",  "equation",        "k_quant_type", "mode",
    "reduction",  "round_mode",      "update_rule",  "v_quant_type",
};
static const llvm::StringRef integersNames[] = {
    "dilations", "kernel_shape", "mrope_section", "pads", "perm", "qkv_hidden_sizes", "strides",
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
    else if (llvm::is_contained(integersNames, name))
      n.integers(name);
  }
}
