// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// Codes are seen through their bytes; gate and linear part are every other column, of the codes as of
// scales and zero points, which have a nibble each along the columns.
// CHECK-LABEL: @channel
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[2, 8, 16] strides[256, 1, 16]>] {{.*}} : tensor<2x8x16xi4>
// CHECK: moe.weight [#moe.piece<"w" at 10000 shape[2, 1, 16] strides[32, 0, 2]>] {{.*}} : tensor<2x1x16xf32>
// CHECK: moe.weight [#moe.piece<"w" at 320000 shape[2, 1, 16] strides[32, 0, 2]>] {{.*}} : tensor<2x1x16xi4>
// CHECK: moe.weight [#moe.piece<"w" at 32 shape[2, 8, 16] strides[256, 1, 16]>] {{.*}} : tensor<2x8x16xi4>
// CHECK: moe.weight [#moe.piece<"w" at 10004 shape[2, 1, 16] strides[32, 0, 2]>] {{.*}} : tensor<2x1x16xf32>
// CHECK: moe.weight [#moe.piece<"w" at 320004 shape[2, 1, 16] strides[32, 0, 2]>] {{.*}} : tensor<2x1x16xi4>
// CHECK: moe.weight [#moe.piece<"w" at 160000 shape[2, 16, 8] strides[128, 1, 16]>] {{.*}} : tensor<2x16x8xi4>
// CHECK: moe.dequantize %{{.*}}, %{{.*}} zero_points %{{.*}} <code = i4, block = 8>
// CHECK: moe.dequantize %{{.*}}, %{{.*}} <code = i4, block = 16, zero = 8>
func.func @channel(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  %z1 = moe.weight [#moe.piece<"w" at 40000 shape [2, 16] strides [16, 1]>] : tensor<2x16xui8>
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none, %none, %none, %none, %z1, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none, none, none, none, tensor<2x16xui8>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// No block_size: two blocks of a depth of 24 are of 16, and the last one is short. The zero points of a
// column's blocks fill a part of their byte.
// CHECK-LABEL: @derived_blocks
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[2, 8, 24] strides[384, 1, 16]>] {{.*}} : tensor<2x8x24xi4>
// CHECK: moe.dequantize {{.*}} <code = i4, block = 16>
func.func @derived_blocks(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 48, 4] strides [192, 4, 1]>] : tensor<2x48x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 48] strides [48, 1]>] : tensor<2x48xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 12] strides [96, 12, 1]>] : tensor<2x8x12xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8, 2] strides [16, 2, 1]>] : tensor<2x8x2xf32>
  %z1 = moe.weight [#moe.piece<"w" at 40000 shape [2, 48, 1] strides [48, 1, 1]>] : tensor<2x48x1xui8>
  %z2 = moe.weight [#moe.piece<"w" at 50000 shape [2, 8, 1] strides [8, 1, 1]>] : tensor<2x8x1xui8>
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none, %none, %none, %none, %z1, %z2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x48x4xui8>, tensor<2x48xf32>, none, tensor<2x8x12xui8>, tensor<2x8x2xf32>, none, none, none, none, tensor<2x48x1xui8>, tensor<2x8x1xui8>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// CHECK-LABEL: @told_blocks
// CHECK: moe.dequantize {{.*}} <code = i4, block = 8, zero = 8>
// CHECK: moe.dequantize {{.*}} <code = i4, block = 16, zero = 8>
func.func @told_blocks(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32, 1] strides [32, 1, 1]>] : tensor<2x32x1xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8, 1] strides [8, 1, 1]>] : tensor<2x8x1xf32>
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, block_size = 16 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32x1xf32>, none, tensor<2x8x8xui8>, tensor<2x8x1xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// Each projection has its own width, and its own default zero point.
// CHECK-LABEL: @widths
// CHECK: moe.dequantize {{.*}} <code = i8, block = 8, zero = 128>
// CHECK: moe.dequantize {{.*}} <code = i2, block = 16, zero = 2>
func.func @widths(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 8] strides [256, 8, 1]>] : tensor<2x32x8xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 4] strides [32, 4, 1]>] : tensor<2x8x4xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, fc1_expert_weight_bits = 8 : i64, fc2_expert_weight_bits = 2 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x8xui8>, tensor<2x32xf32>, none, tensor<2x8x4xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// The old layout, declared as plain: codes are packed along the columns.
// CHECK-LABEL: @legacy
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[2, 8, 16] strides[256, 32, 2]>] {{.*}} : tensor<2x8x16xi4>
// CHECK: moe.weight [#moe.piece<"w" at 4 shape[2, 8, 16] strides[256, 32, 2]>] {{.*}} : tensor<2x8x16xi4>
func.func @legacy(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 8, 16] strides [128, 16, 1]>] : tensor<2x8x16xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 16, 4] strides [64, 4, 1]>] : tensor<2x16x4xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, weights_prepacked = 0 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x8x16xui8>, tensor<2x32xf32>, none, tensor<2x16x4xui8>, tensor<2x8xf32>, none) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// router_probs chooses, router_weights mixes.
// CHECK-LABEL: @router_weights
// CHECK: %[[BEST:.*]]:2 = onnx.node "TopK"(%arg1
// CHECK: %[[MIX:.*]] = onnx.node "GatherElements"(%arg2, %[[BEST]]#1)
// CHECK: %[[SUM:.*]] = onnx.node "ReduceSum"(%[[MIX]]
// CHECK: %[[W:.*]] = onnx.node "Div"(%[[MIX]], %[[SUM]])
// CHECK: moe.dispatch
// CHECK: moe.combine %{{.*}}, %{{.*}}, %[[W]]
func.func @router_weights(%x: tensor<?x8xf32>, %logits: tensor<?x2xf32>, %rw: tensor<?x2xf32>) -> tensor<?x8xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 32, 4] strides [128, 4, 1]>] : tensor<2x32x4xui8>
  %s1 = moe.weight [#moe.piece<"w" at 10000 shape [2, 32] strides [32, 1]>] : tensor<2x32xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 8, 8] strides [64, 8, 1]>] : tensor<2x8x8xui8>
  %s2 = moe.weight [#moe.piece<"w" at 30000 shape [2, 8] strides [8, 1]>] : tensor<2x8xf32>
  %y = onnx.node "QMoE"(%x, %logits, %fc1, %s1, %none, %fc2, %s2, %none, %none, %none, %none, %none, %none, %none, %rw) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64, normalize_routing_weights = 1 : i64} : (tensor<?x8xf32>, tensor<?x2xf32>, tensor<2x32x4xui8>, tensor<2x32xf32>, none, tensor<2x8x8xui8>, tensor<2x8xf32>, none, none, none, none, none, none, none, tensor<?x2xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
