// RUN: moe-opt %s --moe-raise | FileCheck %s

// A Transpose that undoes another one leaves the value before both.

// CHECK-LABEL: @turned_back(
// CHECK-NOT: "Transpose"
// CHECK: return %arg0
func.func @turned_back(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %a = onnx.node "Transpose"(%x) version 20 {perm = array<i64: 1, 2, 0>} : (tensor<2x3x4xf32>) -> tensor<3x4x2xf32>
  %b = onnx.node "Identity"(%a) version 20 {} : (tensor<3x4x2xf32>) -> tensor<3x4x2xf32>
  %c = onnx.node "Transpose"(%b) version 20 {perm = array<i64: 2, 0, 1>} : (tensor<3x4x2xf32>) -> tensor<2x3x4xf32>
  return %c : tensor<2x3x4xf32>
}

// Without an order, all dimensions are turned around.
// CHECK-LABEL: @whole(
// CHECK: return %arg0
func.func @whole(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %a = onnx.node "Transpose"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<4x?xf32>
  %b = onnx.node "Transpose"(%a) version 20 {perm = array<i64: 1, 0>} : (tensor<4x?xf32>) -> tensor<?x4xf32>
  return %b : tensor<?x4xf32>
}

// Turned twice is not turned back, whatever the sizes are.
// CHECK-LABEL: @turned_on(
// CHECK: %[[A:.*]] = onnx.node "Transpose"
// CHECK: %[[B:.*]] = onnx.node "Transpose"(%[[A]])
// CHECK: return %[[B]]
func.func @turned_on(%x: tensor<3x3x3xf32>) -> tensor<3x3x3xf32> {
  %a = onnx.node "Transpose"(%x) version 20 {perm = array<i64: 1, 2, 0>} : (tensor<3x3x3xf32>) -> tensor<3x3x3xf32>
  %b = onnx.node "Transpose"(%a) version 20 {perm = array<i64: 1, 2, 0>} : (tensor<3x3x3xf32>) -> tensor<3x3x3xf32>
  return %b : tensor<3x3x3xf32>
}
