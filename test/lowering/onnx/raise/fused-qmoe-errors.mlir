// RUN: moe-opt %s --moe-raise --split-input-file -verify-diagnostics -o /dev/null

func.func @prepacked(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): unsupported: weights_prepacked = 1 means weights permuted for CUDA}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, weights_prepacked = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @prepacked_value(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): weights_prepacked is 2, expected -1, 0 or 1}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, weights_prepacked = 2 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// The shapes of the old layout are those of permuted bytes.
func.func @maybe_permuted(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 8, 16] strides [128, 16, 1]>] : tensor<2x8x16xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 16, 4] strides [64, 4, 1]>] : tensor<2x16x4xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): unsupported: weights of shape [E, in, out] without weights_prepacked = 0 may be permuted for CUDA; if they are plain, say --moe-layout=legacy or set weights_prepacked = 0}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x8x16xui8>, tensor<2x32xf32>, none, tensor<2x16x4xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @quant_type(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): unsupported: quant_type is 'nvfp4', expected 'int'}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, quant_type = "nvfp4"} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @bits(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): fc1's codes have 3 bits, expected 2, 4 or 8}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, expert_weight_bits = 3 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @bits_fc2(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): fc2's codes have 16 bits, expected 2, 4 or 8}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, fc2_expert_weight_bits = 16 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @unknown_attribute(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): unknown attribute num_shared_experts}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, num_shared_experts = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @block_size(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): block_size is 24, expected a power of two of at least 16, or 0}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, block_size = 24 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @blocks(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8, 2] strides [16, 2, 1]>] : tensor<2x8x2xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): fc2's scales have 2 blocks, but a depth of 16 has 1 blocks of 16 (block_size)}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, block_size = 16 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8x2xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @no_block(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8, 3] strides [24, 3, 1]>] : tensor<2x8x3xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): fc2's scales have 3 blocks, and no block_size divides a depth of 16 into so many}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8x3xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @scale_shape(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 16] strides [16, 1]>] : tensor<2x16xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): fc1's scales [2,16] do not fit its weight: expected [2,32] or [2,32,blocks]}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x16xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @scale_type(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf64>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): fc1's scales are of 'f64', expected float, float16 or bfloat16; unsupported}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf64>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @zero_shape(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  %z1 = moe.weight [#moe.piece<"w" at 40000 shape [2, 32] strides [32, 1]>] : tensor<2x32xui8>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): fc1's zero points [2,32] do not fit its scales: expected [2,32,1] or [2,16]}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none, %none, %none, %none, %z1, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none, none, none, none, tensor<2x32xui8>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @depth(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 7] strides [56, 7, 1]>] : tensor<2x8x7xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): fc2 [2,8,14] does not fit fc1 [2,32,8]: expected [2,8,16]}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x7xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

func.func @router_weights(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>, %rw: tensor<?x3xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.QMoE): router_weights 'tensor<?x3xf32>' is not shaped like router_probs 'tensor<?x2xf32>'}}
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none, %none, %none, %none, %none, %none, %none, %rw) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none, none, none, none, none, none, none, tensor<?x3xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
