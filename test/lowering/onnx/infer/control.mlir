// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// CHECK-LABEL: @branches_are_joined
// CHECK-SAME: -> tensor<?x6xf32>
// CHECK: onnx.node "Relu"{{.*}} -> tensor<3x6xf32>
// CHECK: onnx.node "Slice"{{.*}} -> tensor<2x6xf32>
func.func @branches_are_joined(%c: tensor<i1>, %x: tensor<3x6xf32>) -> !v {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %0 = onnx.node "If"(%c) version 16 {} subgraphs ["then_branch", "else_branch"] {
    %1 = onnx.node "Relu"(%x) version 16 {} : (tensor<3x6xf32>) -> !v
    onnx.return %1 : !v
  }, {
    %1 = onnx.node "Slice"(%x, %zero, %two) version 16 {} : (tensor<3x6xf32>, tensor<1xi64>, tensor<1xi64>) -> !v
    onnx.return %1 : !v
  } : (tensor<i1>) -> !v
  return %0 : !v
}

// Exporters guard a Squeeze by the dimension that they know.
// CHECK-LABEL: @known_branch_is_taken
// CHECK-SAME: -> tensor<6xf32>
// CHECK-NOT: onnx.node "If"
// CHECK: onnx.node "Squeeze"{{.*}} -> tensor<6xf32>
// CHECK-NOT: onnx.node
func.func @known_branch_is_taken(%x: tensor<1x6xf32>) -> !v {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %shape = onnx.node "Shape"(%x) version 16 {end = 1 : i64} : (tensor<1x6xf32>) -> !v
  %is = onnx.node "Equal"(%shape, %one) version 16 {} : (!v, tensor<1xi64>) -> !v
  %0 = onnx.node "If"(%is) version 16 {} subgraphs ["else_branch", "then_branch"] {
    %1 = onnx.node "Relu"(%x) version 16 {} : (tensor<1x6xf32>) -> !v
    onnx.return %1 : !v
  }, {
    %1 = onnx.node "Squeeze"(%x, %zero) version 16 {} : (tensor<1x6xf32>, tensor<1xi64>) -> !v
    onnx.return %1 : !v
  } : (!v) -> !v
  return %0 : !v
}
