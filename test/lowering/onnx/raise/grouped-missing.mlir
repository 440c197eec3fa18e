// RUN: not moe-opt %s --moe-raise 2>&1 | FileCheck %s

// An expert that tokens may be sent to and that adds nothing is an error.

// CHECK: error: node '/moe/TopK' (TopK): of 2 experts these never appear: 1, but the router can choose them

func.func @missing(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %flatw = onnx.node "Reshape"(%weights, %all) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %wide0 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %unit0 = onnx.constant dense<0.0> : tensor<f32>
  %y0 = onnx.node "Expand"(%unit0, %wide0) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %t0 = onnx.node "Slice"(%token, %zero, %end0, %zero) version 20 {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %p0 = onnx.node "Slice"(%order, %zero, %end0, %zero) version 20 {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %x0 = onnx.node "Gather"(%x, %t0) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w0 = onnx.node "Gather"(%flatw, %p0) version 20 {} : (tensor<?xf32>, tensor<?xi64>) -> tensor<?xf32>
  %v0 = onnx.node "Unsqueeze"(%w0, %one) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %o0 = onnx.node "Mul"(%h0, %v0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %at0 = onnx.node "Unsqueeze"(%t0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%y0, %at0, %o0) version 20 name "add0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %z0 : tensor<?x4xf32>
}
