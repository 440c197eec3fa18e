// RUN: moe-opt %s --moe-raise --split-input-file --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --implicit-check-not=moe.expert

// Masks that may carry parts of tokens, or weight what was not carried, are no layer.

// CHECK: not raised: node 'back' (Einsum) follows a dispatch mask that is not known to be zero or one
func.func @parts_of_tokens(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %dispatch = onnx.node "Einsum"(%scores, %athot) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
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

// -----

// CHECK: not raised: node 'back' (Einsum) combines what is not known to be dispatched
func.func @other_weights(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %other = onnx.node "Einsum"(%hot, %athot) version 20 name "other" {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %combine = onnx.node "Mul"(%other, %best3) version 20 {} : (tensor<?x2x3xf32>, tensor<?x1x1xf32>) -> tensor<?x2x3xf32>
  %rows = onnx.node "Einsum"(%dispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf32>, tensor<?x4xf32>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// A type that cannot count as far as there may be tokens.
// CHECK: not raised: node 'back' (Einsum) may put two tokens at one place
func.func @counted_in_half(%x: tensor<?x4xf16>) -> tensor<?x4xf16> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf16>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f16>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf16>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf16>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf16>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf16>, tensor<4x2xf16>) -> tensor<?x2xf16>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf16>) -> tensor<?x2xf16>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf16>) -> tensor<?xi64>
  %hot = onnx.node "OneHot"(%ids, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf16>) -> tensor<?x2xf16>
  %place = onnx.node "CumSum"(%hot, %c0) version 20 {} : (tensor<?x2xf16>, tensor<i64>) -> tensor<?x2xf16>
  %own = onnx.node "Mul"(%place, %hot) version 20 {} : (tensor<?x2xf16>, tensor<?x2xf16>) -> tensor<?x2xf16>
  %fits = onnx.node "LessOrEqual"(%own, %cap) version 20 {} : (tensor<?x2xf16>, tensor<f16>) -> tensor<?x2xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 10 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf16>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x2xf16>, tensor<?x2xf16>) -> tensor<?x2xf16>
  %before = onnx.node "Sub"(%own, %hot) version 20 {} : (tensor<?x2xf16>, tensor<?x2xf16>) -> tensor<?x2xf16>
  %at = onnx.node "ReduceSum"(%before, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf16>, tensor<1xi64>) -> tensor<?xf16>
  %iat = onnx.node "Cast"(%at) version 20 {to = 7 : i64} : (tensor<?xf16>) -> tensor<?xi64>
  %athot = onnx.node "OneHot"(%iat, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf16>) -> tensor<?x3xf16>
  %dispatch = onnx.node "Einsum"(%kept, %athot) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf16>, tensor<?x3xf16>) -> tensor<?x2x3xf16>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x2xf16>, tensor<1xi64>) -> tensor<?x1xf16>
  %best3 = onnx.node "Unsqueeze"(%best, %last) version 20 {} : (tensor<?x1xf16>, tensor<1xi64>) -> tensor<?x1x1xf16>
  %combine = onnx.node "Mul"(%dispatch, %best3) version 20 {} : (tensor<?x2x3xf16>, tensor<?x1x1xf16>) -> tensor<?x2x3xf16>
  %rows = onnx.node "Einsum"(%dispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf16>, tensor<?x4xf16>) -> tensor<2x3x4xf16>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf16>, tensor<2x4x5xf16>) -> tensor<2x3x5xf16>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf16>) -> tensor<2x3x5xf16>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf16>, tensor<2x5x4xf16>) -> tensor<2x3x4xf16>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf16>, tensor<2x3x4xf16>) -> tensor<?x4xf16>
  return %y : tensor<?x4xf16>
}
