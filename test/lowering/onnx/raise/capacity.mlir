// RUN: moe-opt %s --moe-raise | FileCheck %s

// Masks carry tokens to their experts' places and back: the choices that the masks leave are the
// routing, and the rest of the graph computes them as it did.

// CHECK-LABEL: @by_einsum(
// CHECK: %[[WEIGHTS:.*]] = onnx.node "GatherElements"
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
func.func @by_einsum(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
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
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: @by_matmul(
// CHECK: %[[WEIGHTS:.*]] = onnx.node "GatherElements"
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
func.func @by_matmul(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %flat = onnx.constant dense<[-1, 6]> : tensor<2xi64>
  %split = onnx.constant dense<[2, 3, 4]> : tensor<3xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
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
  %df = onnx.node "Reshape"(%dispatch, %flat) version 20 {} : (tensor<?x2x3xf32>, tensor<2xi64>) -> tensor<?x6xf32>
  %dt = onnx.node "Transpose"(%df) version 20 {perm = array<i64: 1, 0>} : (tensor<?x6xf32>) -> tensor<6x?xf32>
  %r2 = onnx.node "MatMul"(%dt, %x) version 20 {} : (tensor<6x?xf32>, tensor<?x4xf32>) -> tensor<6x4xf32>
  %rows = onnx.node "Reshape"(%r2, %split) version 20 {} : (tensor<6x4xf32>, tensor<3xi64>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %six = onnx.constant dense<[6, 4]> : tensor<2xi64>
  %of = onnx.node "Reshape"(%out, %six) version 20 {} : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<6x4xf32>
  %cf = onnx.node "Reshape"(%combine, %flat) version 20 {} : (tensor<?x2x3xf32>, tensor<2xi64>) -> tensor<?x6xf32>
  %y = onnx.node "MatMul"(%cf, %of) version 20 name "back" {} : (tensor<?x6xf32>, tensor<6x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: @by_question(
// CHECK: %[[WEIGHTS:.*]] = onnx.node "GatherElements"
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
func.func @by_question(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
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
  %asked = onnx.node "Cast"(%combine) version 20 {to = 9 : i64} : (tensor<?x2x3xf32>) -> tensor<?x2x3xi1>
  %asdispatch = onnx.node "Cast"(%asked) version 20 {to = 1 : i64} : (tensor<?x2x3xi1>) -> tensor<?x2x3xf32>
  %rows = onnx.node "Einsum"(%asdispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf32>, tensor<?x4xf32>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
