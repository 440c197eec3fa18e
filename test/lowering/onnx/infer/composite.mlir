// RUN: moe-opt %s --onnx-infer-types | FileCheck %s

// Optimisers write a product and its activation as one node; it is taken apart.

// The activation's own attributes lose the prefix.
// CHECK-LABEL: @leaky(
// CHECK: %[[GEMM:.*]] = onnx.node "Gemm"(%{{.*}}, %{{.*}}, %{{.*}}) version 13 name "fused" {alpha = 5.000000e-01 : f32, transB = 1 : i64}
// CHECK: %[[RESULT:.*]] = onnx.node "LeakyRelu"(%[[GEMM]]) version 13 name "fused" {alpha = 2.000000e-01 : f32} : (tensor<?x6xf32>) -> tensor<?x6xf32>
// CHECK: return %[[RESULT]]
func.func @leaky(%x: tensor<?x4xf32>) -> tensor<?x6xf32> {
  %w = moe.weight [#moe.piece<"w" at 0 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %b = moe.weight [#moe.piece<"w" at 96 shape [6] strides [1]>] : tensor<6xf32>
  %y = onnx.node "FusedGemm"(%x, %w, %b) domain "com.microsoft" version 1 name "fused" {activation = "LeakyRelu", activation_alpha = 2.000000e-01 : f32, alpha = 5.000000e-01 : f32, transB = 1 : i64} : (tensor<?x4xf32>, tensor<6x4xf32>, tensor<6xf32>) -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}

// Without an addend.
// CHECK-LABEL: @plain(
// CHECK: %[[GEMM:.*]] = onnx.node "Gemm"(%{{.*}}, %{{.*}}) version 13 {}
// CHECK: onnx.node "Relu"(%[[GEMM]]) version 13 {}
func.func @plain(%x: tensor<?x4xf32>) -> tensor<?x6xf32> {
  %w = moe.weight [#moe.piece<"w" at 0 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %v = onnx.node "FusedGemm"(%x, %w) domain "com.microsoft" version 1 {activation = "Relu"} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %y = onnx.node "Identity"(%v) version 20 {} : (!onnx.value) -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}
