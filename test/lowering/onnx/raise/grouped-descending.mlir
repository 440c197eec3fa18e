// RUN: moe-opt %s --moe-raise | FileCheck %s

// Rows may be sorted from the last expert to the first, where the counts are turned round as well:
// the first run of rows is the last expert's.

// CHECK-LABEL: @descending(
// CHECK: moe.gate {{.*}} <score = softmax, k = 2>
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.weight {{.*}} at 64 {{.*}} at 0 {{.*}}tensor<2x4x4xf32>
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "{{TopK|Concat|ScatterND|Slice|Gather}}"
func.func @descending(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %least = onnx.constant dense<-9223372036854775807> : tensor<1xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 1 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %counted = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %count = onnx.node "Slice"(%counted, %all, %least, %zero, %all) version 20 {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %flatw = onnx.node "Reshape"(%weights, %all) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 name "cut" {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %out = onnx.node "Concat"(%h0, %h1) version 20 name "join" {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %place = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %like = onnx.node "Shape"(%out) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %unit0 = onnx.constant dense<0.0> : tensor<f32>
  %blank = onnx.node "Expand"(%unit0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%blank, %place, %out) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
