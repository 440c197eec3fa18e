// RUN: moe-opt %s --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s

// Near misses of a mask of what was not chosen: it has to be zeros among ones, and what takes its
// place has to be low.

// CHECK: not raised:
// CHECK: not raised:
// CHECK: @twos(
// CHECK-NOT: moe.dispatch
func.func @twos(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%logits, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %one = onnx.constant dense<1.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%logits) version 20 {} : (tensor<?x2xf32>) -> tensor<2xi64>
  %ones = onnx.node "Expand"(%one, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x2xf32>
  %none = onnx.constant dense<2.0> : tensor<1xf32>
  %ishape = onnx.node "Shape"(%ids) version 20 {} : (tensor<?x1xi64>) -> tensor<2xi64>
  %nones = onnx.node "Expand"(%none, %ishape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x1xf32>
  %rest = onnx.node "ScatterElements"(%ones, %ids, %nones) version 20 {axis = -1 : i64} : (tensor<?x2xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %mask = onnx.node "Cast"(%rest) version 20 {to = 9 : i64} : (tensor<?x2xf32>) -> tensor<?x2xi1>
  %low = onnx.constant dense<0xFF800000> : tensor<f32>
  %masked = onnx.node "Where"(%mask, %low, %logits) version 20 {} : (tensor<?x2xi1>, tensor<f32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %p = onnx.node "Softmax"(%masked) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<1xi64>
  %w0 = onnx.node "Gather"(%p, %e0) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<1xi64>
  %w1 = onnx.node "Gather"(%p, %e1) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Add"(%p0, %p1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK: @high(
// CHECK-NOT: moe.dispatch
func.func @high(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%logits, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %one = onnx.constant dense<1.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%logits) version 20 {} : (tensor<?x2xf32>) -> tensor<2xi64>
  %ones = onnx.node "Expand"(%one, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x2xf32>
  %none = onnx.constant dense<0.0> : tensor<1xf32>
  %ishape = onnx.node "Shape"(%ids) version 20 {} : (tensor<?x1xi64>) -> tensor<2xi64>
  %nones = onnx.node "Expand"(%none, %ishape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x1xf32>
  %rest = onnx.node "ScatterElements"(%ones, %ids, %nones) version 20 {axis = -1 : i64} : (tensor<?x2xf32>, tensor<?x1xi64>, tensor<?x1xf32>) -> tensor<?x2xf32>
  %mask = onnx.node "Cast"(%rest) version 20 {to = 9 : i64} : (tensor<?x2xf32>) -> tensor<?x2xi1>
  %low = onnx.constant dense<-1.0> : tensor<f32>
  %masked = onnx.node "Where"(%mask, %low, %logits) version 20 {} : (tensor<?x2xi1>, tensor<f32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %p = onnx.node "Softmax"(%masked) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<1xi64>
  %w0 = onnx.node "Gather"(%p, %e0) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<1xi64>
  %w1 = onnx.node "Gather"(%p, %e1) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Add"(%p0, %p1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
