// RUN: moe-opt %s --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s

// Proof obligation: every pair is one that the router can choose.

// CHECK: not raised: node '/moe/ScatterND_2' (ScatterND) adds to an accumulator of its own
// CHECK: @loop(
// CHECK-NOT: moe.gate
func.func @loop(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %first = onnx.constant dense<0> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %first) version 20 {axis = 1 : i64} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?xi64>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%slot, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nz0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w0 = onnx.node "GatherND"(%values, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<7> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%values, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e2 = onnx.constant dense<1> : tensor<i64>
  %mask2 = onnx.node "Equal"(%slot, %e2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz2 = onnx.node "NonZero"(%mask2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nz2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w2 = onnx.node "GatherND"(%values, %at2) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p2 = onnx.node "Mul"(%h2, %w2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y3 = onnx.node "ScatterND"(%y2, %at2, %p2) version 20 name "/moe/ScatterND_2" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y3 : tensor<?x4xf32>
}
