// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// CHECK-LABEL: @axes_as_attribute
// CHECK-SAME: -> (tensor<?x1x6xf32>, tensor<?x4xf32>, tensor<1x1x1xf32>)
func.func @axes_as_attribute(%x: tensor<?x4x6xf32>) -> (!v, !v, !v) {
  %0 = onnx.node "ReduceSum"(%x) version 11 {axes = array<i64: 1>} : (tensor<?x4x6xf32>) -> !v
  %1 = onnx.node "ReduceMean"(%x) version 17 {axes = array<i64: -1>, keepdims = 0 : i64} : (tensor<?x4x6xf32>) -> !v
  %2 = onnx.node "ReduceMax"(%x) version 13 {} : (tensor<?x4x6xf32>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// CHECK-LABEL: @axes_as_input
// CHECK-SAME: -> (tensor<?x4xf32>, tensor<?x4x1xf32>, tensor<f32>, tensor<?x4x6xf32>)
func.func @axes_as_input(%x: tensor<?x4x6xf32>) -> (!v, !v, !v, !v) {
  %axes = onnx.constant dense<-1> : tensor<1xi64>
  %0 = onnx.node "ReduceSum"(%x, %axes) version 13 {keepdims = 0 : i64} : (tensor<?x4x6xf32>, tensor<1xi64>) -> !v
  %1 = onnx.node "ReduceL2"(%x, %axes) version 18 {} : (tensor<?x4x6xf32>, tensor<1xi64>) -> !v
  %2 = onnx.node "ReduceSumSquare"(%x) version 18 {keepdims = 0 : i64} : (tensor<?x4x6xf32>) -> !v
  %3 = onnx.node "ReduceSum"(%x) version 13 {noop_with_empty_axes = 1 : i64} : (tensor<?x4x6xf32>) -> !v
  return %0, %1, %2, %3 : !v, !v, !v, !v
}

// CHECK-LABEL: @known_numbers
// CHECK-DAG: dense<24> : tensor<i64>
// CHECK-DAG: dense<4> : tensor<1xi64>
// CHECK-DAG: dense<[2, 5, 9]> : tensor<3xi64>
// CHECK-DAG: dense<[7, 4, 0]> : tensor<3xi64>
// CHECK-NOT: onnx.node
func.func @known_numbers() -> (!v, !v, !v, !v) {
  %numbers = onnx.constant dense<[2, 3, 4]> : tensor<3xi64>
  %axis = onnx.constant dense<0> : tensor<i64>
  %0 = onnx.node "ReduceProd"(%numbers) version 13 {keepdims = 0 : i64} : (tensor<3xi64>) -> !v
  %1 = onnx.node "ReduceMax"(%numbers) version 13 {} : (tensor<3xi64>) -> !v
  %2 = onnx.node "CumSum"(%numbers, %axis) version 14 {} : (tensor<3xi64>, tensor<i64>) -> !v
  %3 = onnx.node "CumSum"(%numbers, %axis) version 14 {reverse = 1 : i64, exclusive = 1 : i64} : (tensor<3xi64>, tensor<i64>) -> !v
  return %0, %1, %2, %3 : !v, !v, !v, !v
}

// CHECK-LABEL: @argmax
// CHECK-SAME: -> (tensor<1x8xi64>, tensor<?xi64>)
func.func @argmax(%x: tensor<?x8xf32>) -> (!v, !v) {
  %0 = onnx.node "ArgMax"(%x) version 13 {} : (tensor<?x8xf32>) -> !v
  %1 = onnx.node "ArgMin"(%x) version 13 {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x8xf32>) -> !v
  return %0, %1 : !v, !v
}

// Axis 1 of a vector is right before 13 only, where the tensor is made a matrix there.
// CHECK-LABEL: @softmax
// CHECK-SAME: -> (tensor<?x8xf32>, tensor<8xf32>)
func.func @softmax(%x: tensor<?x8xf32>, %y: tensor<8xf32>) -> (!v, !v) {
  %0 = onnx.node "Softmax"(%x) version 13 {} : (tensor<?x8xf32>) -> !v
  %1 = onnx.node "LogSoftmax"(%y) version 11 {} : (tensor<8xf32>) -> !v
  return %0, %1 : !v, !v
}
