// RUN: moe-opt %s --moe-raise | FileCheck %s

// An equation that multiplies each row by a number is that product.
// CHECK-LABEL: @scales(
// CHECK: %[[COLUMN:.*]] = onnx.node "Unsqueeze"(%arg0,
// CHECK: %[[ROWS:.*]] = onnx.node "Mul"(%[[COLUMN]], %arg1)
// CHECK: return %[[ROWS]]
func.func @scales(%w: tensor<?xf32>, %x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = onnx.node "Einsum"(%w, %x) version 20 {equation = "b,be->be"} : (tensor<?xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The numbers may come second.
// CHECK-LABEL: @second(
// CHECK: %[[COLUMN:.*]] = onnx.node "Unsqueeze"(%arg0,
// CHECK: onnx.node "Mul"(%[[COLUMN]], %arg1)
func.func @second(%w: tensor<?xf32>, %x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = onnx.node "Einsum"(%x, %w) version 20 {equation = "be,b->be"} : (tensor<?x4xf32>, tensor<?xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Numbers for columns, sums and turned results are no scales of rows.
// CHECK-LABEL: @others(
// CHECK: onnx.node "Einsum"{{.*}} {equation = "e,be->be"}
// CHECK: onnx.node "Einsum"{{.*}} {equation = "b,be->eb"}
// CHECK: onnx.node "Einsum"{{.*}} {equation = "b,be->e"}
func.func @others(%w: tensor<4xf32>, %x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4xf32>) {
  %a = onnx.node "Einsum"(%w, %x) version 20 {equation = "e,be->be"} : (tensor<4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = onnx.node "Einsum"(%w, %x) version 20 {equation = "b,be->eb"} : (tensor<4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = onnx.node "Einsum"(%w, %x) version 20 {equation = "b,be->e"} : (tensor<4xf32>, tensor<4x4xf32>) -> tensor<4xf32>
  return %a, %b, %c : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4xf32>
}
