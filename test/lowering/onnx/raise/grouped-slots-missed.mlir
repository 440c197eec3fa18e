// RUN: moe-opt %s --moe-raise --split-input-file --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --implicit-check-not=moe.gate

// Pairs that are laid out in one order and read in the other are no layer.

// Slot by slot, but tokens found as if token by token.
// CHECK: not raised: node '/moe/TopK' (TopK) leads to sorted rows that no sum brings together
func.func @token_by_k(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %threed = onnx.constant dense<[2, -1, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %turned = onnx.node "Transpose"(%ids) version 20 {perm = array<i64: 1, 0>} : (tensor<?x2xi64>) -> tensor<2x?xi64>
  %flat = onnx.node "Reshape"(%turned, %all) version 20 {} : (tensor<2x?xi64>, tensor<1xi64>) -> tensor<?xi64>
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
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<2x?x4xf32>
  %wt = onnx.node "Transpose"(%weights) version 20 {perm = array<i64: 1, 0>} : (tensor<?x2xf32>) -> tensor<2x?xf32>
  %w3 = onnx.node "Unsqueeze"(%wt, %two) version 20 {} : (tensor<2x?xf32>, tensor<1xi64>) -> tensor<2x?x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<2x?x4xf32>, tensor<2x?x1xf32>) -> tensor<2x?x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %zero) version 20 {keepdims = 0 : i64} : (tensor<2x?x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// The other way round.
// CHECK: not raised: node '/moe/TopK' (TopK) leads to sorted rows that no sum brings together
func.func @token_by_tokens(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %size = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %tokens = onnx.node "Gather"(%size, %c0) version 20 {axis = 0 : i64} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %token = onnx.node "Mod"(%order, %tokens) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
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

// -----

// Weights in another order than the pairs.
// CHECK: not raised: node {{.*}} leaves rows that are not multiplied by their routing weights
func.func @weights_by_token(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %threed = onnx.constant dense<[2, -1, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %turned = onnx.node "Transpose"(%ids) version 20 {perm = array<i64: 1, 0>} : (tensor<?x2xi64>) -> tensor<2x?xi64>
  %flat = onnx.node "Reshape"(%turned, %all) version 20 {} : (tensor<2x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %size = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %tokens = onnx.node "Gather"(%size, %c0) version 20 {axis = 0 : i64} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %token = onnx.node "Mod"(%order, %tokens) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
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
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<2x?x4xf32>
  %slotwise = onnx.constant dense<[2, -1]> : tensor<2xi64>
  %wt = onnx.node "Reshape"(%weights, %slotwise) version 20 {} : (tensor<?x2xf32>, tensor<2xi64>) -> tensor<2x?xf32>
  %w3 = onnx.node "Unsqueeze"(%wt, %two) version 20 {} : (tensor<2x?xf32>, tensor<1xi64>) -> tensor<2x?x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<2x?x4xf32>, tensor<2x?x1xf32>) -> tensor<2x?x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %zero) version 20 {keepdims = 0 : i64} : (tensor<2x?x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
