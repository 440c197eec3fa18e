// RUN: moe-opt %s --moe-raise | FileCheck %s

// The pairs may be laid out slot by slot: a pair's number is then slot * tokens + token.

// CHECK-LABEL: @slots_first(
// CHECK: moe.gate {{.*}} <score = softmax, k = 2>
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "{{TopK|Concat|ScatterND|Slice|Gather|Transpose}}"
func.func @slots_first(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %wt = onnx.node "Transpose"(%weights) version 20 {perm = array<i64: 1, 0>} : (tensor<?x2xf32>) -> tensor<2x?xf32>
  %w3 = onnx.node "Unsqueeze"(%wt, %two) version 20 {} : (tensor<2x?xf32>, tensor<1xi64>) -> tensor<2x?x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<2x?x4xf32>, tensor<2x?x1xf32>) -> tensor<2x?x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %zero) version 20 {keepdims = 0 : i64} : (tensor<2x?x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: @turned_back(
// CHECK: moe.gate {{.*}} <score = softmax, k = 2>
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "{{TopK|Concat|ScatterND|Slice|Gather|Transpose}}"
func.func @turned_back(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %bytoken = onnx.node "Transpose"(%perpair) version 20 {perm = array<i64: 1, 0, 2>} : (tensor<2x?x4xf32>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%bytoken, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
