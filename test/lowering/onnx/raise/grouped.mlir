// RUN: moe-opt %s --moe-raise | FileCheck %s

// Rows that are sorted by expert, cut at counted places and put back are a layer, in whatever way
// the file spells the sort, the counts, the cuts and the way back.

// CHECK-LABEL: @scattered_back(
// CHECK: moe.gate {{.*}} <score = softmax, k = 2>
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "{{TopK|Concat|ScatterND|Slice|Gather}}"
func.func @scattered_back(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: @two_products(
// CHECK: moe.gate {{.*}} <score = softmax, k = 2>
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "{{TopK|Concat|ScatterND|Slice|Gather}}"
func.func @two_products(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %b0 = moe.weight [#moe.piece<"w" at 256 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 320 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %flatw = onnx.node "Reshape"(%weights, %all) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 name "cut" {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %h = onnx.node "Concat"(%h0, %h1) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %act = onnx.node "Relu"(%h) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %s0 = onnx.node "Slice"(%act, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %s1 = onnx.node "Slice"(%act, %end0, %end1, %zero) version 20 name "cut" {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %g0 = onnx.node "MatMul"(%s0, %b0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %g1 = onnx.node "MatMul"(%s1, %b1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %out = onnx.node "Concat"(%g0, %g1) version 20 name "join" {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %place = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %x1, %inv = onnx.node "TopK"(%order, %n) version 20 {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %back = onnx.node "Gather"(%out, %inv) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: @ranges(
// CHECK: moe.gate {{.*}} <score = softmax, k = 2>
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "{{TopK|Concat|ScatterND|Slice|Gather}}"
func.func @ranges(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %below = onnx.node "Less"(%order, %c0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %rest = onnx.node "Mod"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %isrest = onnx.node "Cast"(%rest) version 20 {to = 9 : i64} : (tensor<?xi64>) -> tensor<?xi1>
  %both = onnx.node "And"(%below, %isrest) version 20 {} : (tensor<?xi1>, tensor<?xi1>) -> tensor<?xi1>
  %less = onnx.node "Cast"(%both) version 20 {to = 7 : i64} : (tensor<?xi1>) -> tensor<?xi64>
  %q = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %token = onnx.node "Sub"(%q, %less) version 20 {} : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %e0 = onnx.node "Squeeze"(%end0, %zero) version 20 {} : (tensor<1xi64>, tensor<1xi64>) -> tensor<i64>
  %e1 = onnx.node "Squeeze"(%end1, %zero) version 20 {} : (tensor<1xi64>, tensor<1xi64>) -> tensor<i64>
  %flatw = onnx.node "Reshape"(%weights, %all) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %ri0 = onnx.node "Range"(%c0, %e0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %ri1 = onnx.node "Range"(%e0, %e1, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %r0 = onnx.node "Gather"(%rows, %ri0) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %r1 = onnx.node "Gather"(%rows, %ri1) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %out = onnx.node "Concat"(%h0, %h1) version 20 name "join" {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %place = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %n0 = onnx.node "Squeeze"(%n, %zero) version 20 {} : (tensor<1xi64>, tensor<1xi64>) -> tensor<i64>
  %places = onnx.node "Range"(%c0, %n0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %like = onnx.node "Shape"(%order) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %blank = onnx.node "Expand"(%c0, %like) version 20 {} : (tensor<i64>, tensor<1xi64>) -> tensor<?xi64>
  %inv = onnx.node "ScatterND"(%blank, %place, %places) version 20 {} : (tensor<?xi64>, tensor<?x1xi64>, tensor<?xi64>) -> tensor<?xi64>
  %back = onnx.node "Gather"(%out, %inv) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: @weighed_early(
// CHECK: moe.gate {{.*}} <score = softmax, k = 2>
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "{{TopK|Concat|ScatterND|Slice|Gather}}"
func.func @weighed_early(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %neg = onnx.node "Neg"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<?xi64>
  %sorted, %order = onnx.node "TopK"(%neg, %n) version 20 name "sort" {axis = 0 : i64, largest = 1 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
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
  %r0, %r1 = onnx.node "Split"(%rows, %count) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<2xi64>) -> (tensor<?x4xf32>, tensor<?x4xf32>)
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %out = onnx.node "Concat"(%h0, %h1) version 20 name "join" {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %sw = onnx.node "Gather"(%flatw, %order) version 20 {} : (tensor<?xf32>, tensor<?xi64>) -> tensor<?xf32>
  %col = onnx.node "Unsqueeze"(%sw, %one) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %scaledout = onnx.node "Mul"(%out, %col) version 20 name "weigh" {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %place = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %like = onnx.node "Shape"(%out) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %unit0 = onnx.constant dense<0.0> : tensor<f32>
  %blank = onnx.node "Expand"(%unit0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%blank, %place, %scaledout) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%perpair, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: @added(
// CHECK: moe.gate {{.*}} <score = softmax, k = 2>
// CHECK: moe.dispatch {{.*}} {num_experts = 2 : i64}
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "{{TopK|Concat|ScatterND|Slice|Gather}}"
func.func @added(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %wide = onnx.node "Shape"(%scores) version 20 {} : (tensor<?x2xf32>) -> tensor<2xi64>
  %empty = onnx.node "Expand"(%c0, %wide) version 20 {} : (tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %idshape = onnx.node "Shape"(%ids) version 20 {} : (tensor<?x2xi64>) -> tensor<2xi64>
  %set = onnx.node "Expand"(%c1, %idshape) version 20 {} : (tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %hot = onnx.node "ScatterElements"(%empty, %ids, %set) version 20 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<?x2xi64>, tensor<?x2xi64>) -> tensor<?x2xi64>
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
  %sw = onnx.node "Gather"(%flatw, %order) version 20 {} : (tensor<?xf32>, tensor<?xi64>) -> tensor<?xf32>
  %col = onnx.node "Unsqueeze"(%sw, %one) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %scaledout = onnx.node "Mul"(%out, %col) version 20 name "weigh" {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %place = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %at = onnx.node "Unsqueeze"(%token, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %wide0 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %unit0 = onnx.constant dense<0.0> : tensor<f32>
  %y0 = onnx.node "Expand"(%unit0, %wide0) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %y = onnx.node "ScatterND"(%y0, %at, %scaledout) version 20 name "add" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
