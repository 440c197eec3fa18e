// RUN: moe-opt %s --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s

// Equations of many operands that are no layers, or that are not taken apart.

// Experts are not summed over with their weight: it sums all weights first.
// CHECK: @sums(
// CHECK-NOT: moe.dispatch
// CHECK: "Einsum"({{.*}}) version 20 {equation = "td,{{.*}}
func.func @sums(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %y = onnx.node "Einsum"(%x, %m, %g) version 20 {equation = "td,edh,tf->th"} : (tensor<?x4xf32>, tensor<2x4x4xf32>, tensor<?x2xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A letter that stands twice in one operand takes a diagonal.
// CHECK: @diagonal(
// CHECK: "Einsum"(%{{.*}}, %{{.*}}, %{{.*}})
func.func @diagonal(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %y = onnx.node "Einsum"(%x, %m, %g) version 20 {equation = "td,edd,te->td"} : (tensor<?x4xf32>, tensor<2x4x4xf32>, tensor<?x2xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
