// RUN: moe-opt %s --moe-raise | FileCheck %s

// A slice of the whole column, and an expansion to the column's own shape, change nothing.

// CHECK: @loop(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.node
func.func @loop(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %c0 = onnx.constant dense<0> : tensor<1xi64>
  %c1 = onnx.constant dense<1> : tensor<1xi64>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%ids, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %col0 = onnx.node "Transpose"(%nz0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %one0 = onnx.node "Slice"(%col0, %c0, %c1, %c1) version 20 {} : (tensor<?x1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %flat0 = onnx.node "Squeeze"(%one0, %c1) version 20 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %max0 = onnx.node "Max"(%flat0) version 20 {} : (tensor<?xi64>) -> tensor<?xi64>
  %n0 = onnx.node "Shape"(%max0) version 20 {start = 0 : i64} : (tensor<?xi64>) -> tensor<1xi64>
  %same0 = onnx.node "Expand"(%flat0, %n0) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%same0, %last) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %s0 = onnx.node "Gather"(%scores, %e0) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?xf32>
  %v0 = onnx.node "GatherND"(%s0, %at0) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %w0 = onnx.node "Unsqueeze"(%v0, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%ids, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %col1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %one1 = onnx.node "Slice"(%col1, %c0, %c1, %c1) version 20 {} : (tensor<?x1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %flat1 = onnx.node "Squeeze"(%one1, %c1) version 20 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %max1 = onnx.node "Max"(%flat1) version 20 {} : (tensor<?xi64>) -> tensor<?xi64>
  %n1 = onnx.node "Shape"(%max1) version 20 {start = 0 : i64} : (tensor<?xi64>) -> tensor<1xi64>
  %same1 = onnx.node "Expand"(%flat1, %n1) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%same1, %last) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %s1 = onnx.node "Gather"(%scores, %e1) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?xf32>
  %v1 = onnx.node "GatherND"(%s1, %at1) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %w1 = onnx.node "Unsqueeze"(%v1, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}
