// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// com.microsoft.MoE in its forms: the layout of the weights becomes strides, the attributes a gate and a body.

// The operator's text leaves the number of rows to run time.
// CHECK: moe.layers = [{experts = 2 : i64, form = "fused", gate = "softmax_topk", hidden = 4 : i64, intermediate = 6 : i64, name = "layer.0", node = "/layer.0/moe", top_k = 1 : i64}]
// CHECK: @relu(%[[X:.*]]: tensor<?x4xf32>, %[[LOGITS:.*]]: tensor<?x2xf32>)
// CHECK: cf.assert %{{.*}}, "the router's logits and the tokens differ in their number of rows"
// CHECK: moe.gate %[[LOGITS]] <score = softmax, k = 1> :
// CHECK: moe.dispatch %[[X]]
// CHECK: %[[W1:.*]] = moe.weight [#moe.piece<"w" at 0 shape[2, 4, 6] strides[24, 1, 4]>]
// CHECK: %[[B1:.*]] = moe.weight [#moe.piece<"w" at 10000 shape[2, 6] strides[6, 1]>]
// CHECK: %[[W2:.*]] = moe.weight [#moe.piece<"w" at 20000 shape[2, 6, 4] strides[24, 1, 6]>]
// CHECK: moe.expert %{{.*}}, %{{.*}} weights(%[[W1]], %[[B1]], %[[W2]], %{{.*}})
// CHECK: linalg.matmul
// CHECK: arith.addf
// CHECK: arith.maximumf
// CHECK: linalg.matmul
// CHECK: moe.yield
// CHECK: moe.combine
// CHECK-NOT: onnx.
func.func @relu(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: @tanh_gelu(
// CHECK: moe.gate %{{.*}} <score = softmax, k = 2, normalize = true>
// CHECK: arith.constant 4.471500e-02
// CHECK: math.tanh
func.func @tanh_gelu(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "gelu", k = 2 : i64, normalize_routing_weights = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Only one product where there is no activation between: the identity has no step of its own.
// CHECK: @identity(
// CHECK: linalg.matmul
// CHECK-NOT: linalg.generic
// CHECK: linalg.matmul
// CHECK-NOT: linalg.generic
// CHECK: moe.yield
func.func @identity(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "identity", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// With an fc3 the activated fc1 is multiplied by it.
// CHECK: @silu_with_fc3(
// CHECK: moe.weight [#moe.piece<"w" at 20000 shape[2, 4, 6] strides[24, 1, 4]>]
// CHECK: linalg.matmul
// CHECK: linalg.matmul
// CHECK: math.exp
// CHECK: linalg.matmul
func.func @silu_with_fc3(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %fc3 = moe.weight [#moe.piece<"w" at 20000 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2, %none, %fc3) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "silu", k = 2 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>, none, tensor<2x6x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// fusion 1: columns g0, l0, g1, l1, ...
// CHECK: @swiglu_interleaved(
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[2, 4, 6] strides[48, 1, 8]>]
// CHECK: moe.weight [#moe.piece<"w" at 10000 shape[2, 6] strides[12, 2]>]
// CHECK: moe.weight [#moe.piece<"w" at 16 shape[2, 4, 6] strides[48, 1, 8]>]
// CHECK: moe.weight [#moe.piece<"w" at 10004 shape[2, 6] strides[12, 2]>]
// CHECK: arith.constant 7.000000e+00
// CHECK: arith.minimumf
// CHECK: arith.constant -7.000000e+00
// CHECK: arith.maximumf
// CHECK: arith.constant 1.702
func.func @swiglu_interleaved(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 12, 4] strides [48, 4, 1]>] : tensor<2x12x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 12] strides [12, 1]>] : tensor<2x12xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_alpha = 1.702 : f32, activation_beta = 1.0 : f32, activation_type = "swiglu", k = 2 : i64, swiglu_fusion = 1 : i64, swiglu_limit = 7.0 : f32} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x12x4xf32>, tensor<2x12xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// fusion 2: all gate columns, then all linear ones. An infinite limit clamps nothing.
// CHECK: @swiglu_halves(
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[2, 4, 6] strides[48, 1, 4]>]
// CHECK: moe.weight [#moe.piece<"w" at 96 shape[2, 4, 6] strides[48, 1, 4]>]
// CHECK-NOT: arith.minimumf
// CHECK: moe.combine
func.func @swiglu_halves(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 12, 4] strides [48, 4, 1]>] : tensor<2x12x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", k = 2 : i64, swiglu_fusion = 2 : i64, swiglu_limit = 0x7F800000 : f32} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x12x4xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: @swiglu_separate(
// CHECK: moe.weight [#moe.piece<"w" at 20000 shape[2, 4, 6] strides[24, 1, 4]>]
func.func @swiglu_separate(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %fc3 = moe.weight [#moe.piece<"w" at 20000 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2, %none, %fc3) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", k = 2 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>, none, tensor<2x6x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: @sparse_mixer(
// CHECK: moe.gate %{{.*}} <score = sparsemixer, k = 2> :
func.func @sparse_mixer(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "silu", k = 2 : i64, use_sparse_mixer = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Only [E, in, out] fits these shapes.
// CHECK: @legacy_layout(
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[2, 4, 6] strides[24, 6, 1]>]
// CHECK: moe.weight [#moe.piece<"w" at 20000 shape[2, 6, 4] strides[24, 4, 1]>]
func.func @legacy_layout(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x4x6xf32>, tensor<2x6xf32>, tensor<2x6x4xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Square weights fit both ways: the operator's text, [E, out, in], holds.
// CHECK: @square(
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[2, 4, 4] strides[16, 1, 4]>]
func.func @square(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x4x4xf32>, tensor<2x4xf32>, tensor<2x4x4xf32>, tensor<2x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Half precision: products into f32, maths in f32, one rounding before the next product and at the end.
// CHECK: @half(
// CHECK: moe.expert {{.*}} -> tensor<?x4xf16>
// CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<?x4xf16>, tensor<4x6xf16>) outs(%{{.*}} : tensor<?x6xf32>)
// CHECK: arith.maximumf %{{.*}} : f32
// CHECK: arith.truncf
// CHECK: linalg.matmul ins(%{{.*}}, %{{.*}} : tensor<?x6xf16>, tensor<6x4xf16>) outs(%{{.*}} : tensor<?x4xf32>)
// CHECK: arith.truncf
// CHECK: moe.yield %{{.*}} : tensor<?x4xf16>
func.func @half(%x: tensor<?x4xf16>, %logits: tensor<?x2xf16>) -> tensor<?x4xf16> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf16>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf16>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf16>, tensor<?x2xf16>, tensor<2x6x4xf16>, none, tensor<2x4x6xf16>) -> tensor<?x4xf16>
  return %y : tensor<?x4xf16>
}

// -----

// CHECK: @three_dimensions(%[[X:.*]]: tensor<2x?x4xf32>
// CHECK: %[[TOKENS:.*]] = tensor.collapse_shape %[[X]]
// CHECK: %[[Y:.*]] = moe.combine
// CHECK: %[[SEQUENCE:.*]] = tensor.dim %[[X]]
// CHECK: tensor.expand_shape %[[Y]] {{\[}}[0, 1], [2]] output_shape [2, %[[SEQUENCE]], 4]
func.func @three_dimensions(%x: tensor<2x?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<2x?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 6] strides [6, 1]>] : tensor<2x6xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %b2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 4] strides [4, 1]>] : tensor<2x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %b1, %fc2, %b2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<2x?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, tensor<2x6xf32>, tensor<2x4x6xf32>, tensor<2x4xf32>) -> tensor<2x?x4xf32>
  return %y : tensor<2x?x4xf32>
}
