// RUN: moe-opt %s --moe-raise | FileCheck %s

// Rows, the matrices of all experts and the routing weights in one equation.

// CHECK: @all(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.node
func.func @all(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%scores) version 20 {} : (tensor<?x2xf32>) -> tensor<2xi64>
  %z = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x2xf32>
  %g = onnx.node "ScatterElements"(%z, %ids, %values) version 20 {axis = -1 : i64} : (tensor<?x2xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %m = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %y = onnx.node "Einsum"(%x, %m, %g) version 20 {equation = "td,edh,te->th"} : (tensor<?x4xf32>, tensor<2x4x4xf32>, tensor<?x2xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The weights first: the pair that sums over something is taken before.

// CHECK: @weightsFirst(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.node
func.func @weightsFirst(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%scores) version 20 {} : (tensor<?x2xf32>) -> tensor<2xi64>
  %z = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x2xf32>
  %g = onnx.node "ScatterElements"(%z, %ids, %values) version 20 {axis = -1 : i64} : (tensor<?x2xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %m = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %y = onnx.node "Einsum"(%g, %x, %m) version 20 {equation = "te,td,edh->th"} : (tensor<?x2xf32>, tensor<?x4xf32>, tensor<2x4x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// An ellipsis in place of letters.

// CHECK: @ellipsis(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.node
func.func @ellipsis(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%scores) version 20 {} : (tensor<?x2xf32>) -> tensor<2xi64>
  %z = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x2xf32>
  %g = onnx.node "ScatterElements"(%z, %ids, %values) version 20 {axis = -1 : i64} : (tensor<?x2xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %m = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %h = onnx.node "Einsum"(%x, %m) version 20 {equation = "...d,edh->...eh"} : (tensor<?x4xf32>, tensor<2x4x4xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "Einsum"(%h, %g) version 20 {equation = "...eh,...e->...h"} : (tensor<?x2x4xf32>, tensor<?x2xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
