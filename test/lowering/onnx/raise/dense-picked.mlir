// RUN: moe-opt %s --moe-raise | FileCheck %s

// Of the outputs of all experts each slot takes its own by a pair: the token's number, its expert.

// CHECK: @picks(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.node
func.func @picks(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %u0 = onnx.node "Unsqueeze"(%h0, %one) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %u1 = onnx.node "Unsqueeze"(%h1, %one) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1x4xf32>
  %all = onnx.node "Concat"(%u0, %u1) version 20 {axis = 1 : i64} : (tensor<?x1x4xf32>, tensor<?x1x4xf32>) -> tensor<?x2x4xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %shape = onnx.node "Shape"(%scores) version 20 {} : (tensor<?x2xf32>) -> tensor<2xi64>
  %n = onnx.node "Gather"(%shape, %c0) version 20 {axis = 0 : i64} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range = onnx.node "Range"(%c0, %n, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %t = onnx.node "Unsqueeze"(%range, %last) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %id0 = onnx.node "Gather"(%ids, %c0) version 20 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<i64>) -> tensor<?xi64>
  %i0 = onnx.node "Unsqueeze"(%id0, %last) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %p0 = onnx.node "Concat"(%t, %i0) version 20 {axis = -1 : i64} : (tensor<?x1xi64>, tensor<?x1xi64>) -> tensor<?x2xi64>
  %o0 = onnx.node "GatherND"(%all, %p0) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2xi64>) -> tensor<?x4xf32>
  %v0 = onnx.node "Gather"(%values, %c0) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?xf32>
  %w0 = onnx.node "Unsqueeze"(%v0, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %y0 = onnx.node "Mul"(%o0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %id1 = onnx.node "Gather"(%ids, %c1) version 20 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<i64>) -> tensor<?xi64>
  %i1 = onnx.node "Unsqueeze"(%id1, %last) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %p1 = onnx.node "Concat"(%t, %i1) version 20 {axis = -1 : i64} : (tensor<?x1xi64>, tensor<?x1xi64>) -> tensor<?x2xi64>
  %o1 = onnx.node "GatherND"(%all, %p1) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2xi64>) -> tensor<?x4xf32>
  %v1 = onnx.node "Gather"(%values, %c1) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?xf32>
  %w1 = onnx.node "Unsqueeze"(%v1, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %y1 = onnx.node "Mul"(%o1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Add"(%y0, %y1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// ... or by its expert along the experts' dimension.

// CHECK: @elements(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.node
func.func @elements(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %times = onnx.constant dense<[1, 1, 4]> : tensor<3xi64>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %u0 = onnx.node "Unsqueeze"(%h0, %one) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %u1 = onnx.node "Unsqueeze"(%h1, %one) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1x4xf32>
  %all = onnx.node "Concat"(%u0, %u1) version 20 {axis = 1 : i64} : (tensor<?x1x4xf32>, tensor<?x1x4xf32>) -> tensor<?x2x4xf32>
  %c0 = onnx.constant dense<0> : tensor<1xi64>
  %c1 = onnx.constant dense<1> : tensor<1xi64>
  %id0 = onnx.node "Gather"(%ids, %c0) version 20 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %i0 = onnx.node "Unsqueeze"(%id0, %last) version 20 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?x1x1xi64>
  %t0 = onnx.node "Tile"(%i0, %times) version 20 {} : (tensor<?x1x1xi64>, tensor<3xi64>) -> tensor<?x1x4xi64>
  %o0 = onnx.node "GatherElements"(%all, %t0) version 20 {axis = 1 : i64} : (tensor<?x2x4xf32>, tensor<?x1x4xi64>) -> tensor<?x1x4xf32>
  %v0 = onnx.node "Gather"(%values, %c0) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %w0 = onnx.node "Unsqueeze"(%v0, %last) version 20 {} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1x1xf32>
  %q0 = onnx.node "Mul"(%o0, %w0) version 20 {} : (tensor<?x1x4xf32>, tensor<?x1x1xf32>) -> tensor<?x1x4xf32>
  %y0 = onnx.node "Squeeze"(%q0, %one) version 20 {} : (tensor<?x1x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %id1 = onnx.node "Gather"(%ids, %c1) version 20 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %i1 = onnx.node "Unsqueeze"(%id1, %last) version 20 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?x1x1xi64>
  %t1 = onnx.node "Tile"(%i1, %times) version 20 {} : (tensor<?x1x1xi64>, tensor<3xi64>) -> tensor<?x1x4xi64>
  %o1 = onnx.node "GatherElements"(%all, %t1) version 20 {axis = 1 : i64} : (tensor<?x2x4xf32>, tensor<?x1x4xi64>) -> tensor<?x1x4xf32>
  %v1 = onnx.node "Gather"(%values, %c1) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %w1 = onnx.node "Unsqueeze"(%v1, %last) version 20 {} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1x1xf32>
  %q1 = onnx.node "Mul"(%o1, %w1) version 20 {} : (tensor<?x1x4xf32>, tensor<?x1x1xf32>) -> tensor<?x1x4xf32>
  %y1 = onnx.node "Squeeze"(%q1, %one) version 20 {} : (tensor<?x1x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  %y = onnx.node "Add"(%y0, %y1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
