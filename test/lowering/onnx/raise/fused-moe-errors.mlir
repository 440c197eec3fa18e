// RUN: moe-opt %s --moe-raise --split-input-file -verify-diagnostics -o /dev/null

// Files that cannot be read for sure are refused, with the rule and the way out.

func.func @error_0(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): unknown attribute num_shared_experts}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {k = 1 : i64, num_shared_experts = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_1(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): unknown activation_type 'tanh'; expected relu, gelu, silu, swiglu or identity}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "tanh"} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_2(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): k = 3 is larger than the number of experts 2}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {k = 3 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_3(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): k = 0 is below 1}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {k = 0 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_4(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): use_sparse_mixer takes k = 2, but k is 1}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {use_sparse_mixer = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_5(%x: tensor<?x4xf32>, %logits: tensor<?x5xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): router_probs has 5 columns but the weights hold 2 experts (fc1 [2,6,4])}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x5xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_6(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): fc2 [2,4,5] does not fit fc1 [2,6,4]: expected [2,4,6]}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x5xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_7(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 5] strides [30, 5, 1]>] : tensor<2x6x5xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): fc1 [2,6,5] does not fit the hidden size 4}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x5xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_8(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %fc3 = moe.weight [#moe.piece<"w" at 20000 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): fc3 [2,5,4] does not fit fc1 [2,6,4]: expected [2,6,4]}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2, %none, %fc3) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>, none, tensor<2x5x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_9(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 8] strides [32, 8, 1]>] : tensor<2x4x8xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): fc1 [2,4,8] fits only the legacy (in, out) layout and fc2 [2,4,4] fits both: the layout is ambiguous; say which is meant with --moe-layout=legacy or --moe-layout=modern}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x4x8xf32>, none, tensor<2x4x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_10(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 12, 4] strides [48, 4, 1]>] : tensor<2x12x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 12] strides [12, 1]>] : tensor<2x12xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): swiglu_fusion is 3, expected 0, 1 or 2}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 3 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x12x4xf32>, tensor<2x12xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_11(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 12, 4] strides [48, 4, 1]>] : tensor<2x12x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 12] strides [12, 1]>] : tensor<2x12xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  %fc3 = moe.weight [#moe.piece<"w" at 40000 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): swiglu_fusion = 1 has both parts in fc1, but there is an fc3}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2, %fc3) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x12x4xf32>, tensor<2x12xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>, tensor<2x6x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_12(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 12, 4] strides [48, 4, 1]>] : tensor<2x12x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 12] strides [12, 1]>] : tensor<2x12xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): swiglu without swiglu_fusion, activation_alpha, activation_beta, swiglu_limit and fc3 is ambiguous; say swiglu_fusion = 1 with alpha 1.702, beta 1, limit 7}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu"} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x12x4xf32>, tensor<2x12xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_13(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 12, 4] strides [48, 4, 1]>] : tensor<2x12x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 12] strides [12, 1]>] : tensor<2x12xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): swiglu with swiglu_fusion = 0 needs an fc3}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_alpha = 1.0 : f32, activation_type = "swiglu"} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x12x4xf32>, tensor<2x12xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @error_14(%x: tensor<5x4xf32>, %logits: tensor<3x2xf32>) -> tensor<5x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): input 'tensor<5x4xf32>' and router_probs 'tensor<3x2xf32>' do not have the same number of tokens}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<5x4xf32>, tensor<3x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<5x4xf32>
  return %y : tensor<5x4xf32>
}

// -----

func.func @error_15(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 12, 4] strides [48, 4, 1]>] : tensor<2x12x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 12] strides [12, 1]>] : tensor<2x12xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): swiglu_limit is negative or no number}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, swiglu_limit = -1.0 : f32} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x12x4xf32>, tensor<2x12xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @mixed_0(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 5] strides [5, 1]>] : tensor<2x5xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): fc1's bias [2,5] does not fit its weight: expected [2,6]}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x5xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @mixed_1(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf16>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): mixed float types: input is 'f32' but fc1 is 'f16'}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf16>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @computed_weight(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %half = onnx.node "Tanh"(%fc1) version 20 {} : (tensor<2x6x4xf32>) -> tensor<2x6x4xf32>
  // expected-error @+1 {{node '/layer.0/moe' (com.microsoft.MoE): unsupported: fc1 is no constant}}
  %y = onnx.node "MoE"(%x, %logits, %half, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @softmax_twice(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %probs = onnx.node "Softmax"(%logits) version 20 {} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  // expected-warning @+1 {{router_probs comes from Softmax, and the operator takes a softmax of it once more}}
  %y = onnx.node "MoE"(%x, %probs, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @missing_constants(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 12, 4] strides [48, 4, 1]>] : tensor<2x12x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  // expected-warning @+1 {{swiglu without activation_alpha, activation_beta and swiglu_limit is compiled as the operator's text says, with alpha 1, beta 0 and no limit; files for CUDA may have meant alpha 1.702, beta 1, limit 7}}
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x12x4xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
