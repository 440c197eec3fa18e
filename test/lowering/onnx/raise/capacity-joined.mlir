// RUN: moe-opt %s --moe-raise | FileCheck %s

// Experts that are computed one by one, each on its own rows, and joined.

// CHECK-LABEL: @one_by_one(
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[1, 4, 5] strides[0, 5, 1]>, #moe.piece<"w" at 80 shape[1, 4, 5] strides[0, 5, 1]>]
// CHECK: moe.expert
// CHECK: moe.combine
func.func @one_by_one(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %hot = onnx.node "OneHot"(%ids, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2xf32>
  %place = onnx.node "CumSum"(%hot, %c0) version 20 {} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %own = onnx.node "Mul"(%place, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %fits = onnx.node "LessOrEqual"(%own, %cap) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %before = onnx.node "Sub"(%own, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %at = onnx.node "ReduceSum"(%before, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %iat = onnx.node "Cast"(%at) version 20 {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  %athot = onnx.node "OneHot"(%iat, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x3xf32>
  %dispatch = onnx.node "Einsum"(%kept, %athot) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %best3 = onnx.node "Unsqueeze"(%best, %last) version 20 {} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1x1xf32>
  %combine = onnx.node "Mul"(%dispatch, %best3) version 20 {} : (tensor<?x2x3xf32>, tensor<?x1x1xf32>) -> tensor<?x2x3xf32>
  %rows = onnx.node "Einsum"(%dispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf32>, tensor<?x4xf32>) -> tensor<2x3x4xf32>
  %axis = onnx.constant dense<0> : tensor<1xi64>
  %from0 = onnx.constant dense<0> : tensor<1xi64>
  %to0 = onnx.constant dense<1> : tensor<1xi64>
  %from1 = onnx.constant dense<1> : tensor<1xi64>
  %to1 = onnx.constant dense<2> : tensor<1xi64>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 5] strides [5, 1]>] : tensor<4x5xf32>
  %n0 = moe.weight [#moe.piece<"w" at 160 shape [5, 4] strides [4, 1]>] : tensor<5x4xf32>
  %rows0 = onnx.node "Slice"(%rows, %from0, %to0, %axis) version 20 {} : (tensor<2x3x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1x3x4xf32>
  %h0 = onnx.node "MatMul"(%rows0, %m0) version 20 {} : (tensor<1x3x4xf32>, tensor<4x5xf32>) -> tensor<1x3x5xf32>
  %a0 = onnx.node "Relu"(%h0) version 20 {} : (tensor<1x3x5xf32>) -> tensor<1x3x5xf32>
  %out0 = onnx.node "MatMul"(%a0, %n0) version 20 {} : (tensor<1x3x5xf32>, tensor<5x4xf32>) -> tensor<1x3x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 80 shape [4, 5] strides [5, 1]>] : tensor<4x5xf32>
  %n1 = moe.weight [#moe.piece<"w" at 240 shape [5, 4] strides [4, 1]>] : tensor<5x4xf32>
  %rows1 = onnx.node "Slice"(%rows, %from1, %to1, %axis) version 20 {} : (tensor<2x3x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<1x3x4xf32>
  %h1 = onnx.node "MatMul"(%rows1, %m1) version 20 {} : (tensor<1x3x4xf32>, tensor<4x5xf32>) -> tensor<1x3x5xf32>
  %a1 = onnx.node "Relu"(%h1) version 20 {} : (tensor<1x3x5xf32>) -> tensor<1x3x5xf32>
  %out1 = onnx.node "MatMul"(%a1, %n1) version 20 {} : (tensor<1x3x5xf32>, tensor<5x4xf32>) -> tensor<1x3x4xf32>
  %out = onnx.node "Concat"(%out0, %out1) version 20 {axis = 0 : i64} : (tensor<1x3x4xf32>, tensor<1x3x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
