// RUN: moe-opt %s --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s

// Near misses of tokens that are repeated for each choice.

// CHECK: not raised:
// CHECK: not raised:

// Three times, where there are two choices.
// CHECK: @thrice(
// CHECK-NOT: moe.gate
func.func @thrice(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %flat = onnx.node "Reshape"(%ids, %last) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %times = onnx.constant dense<[1, 3, 1]> : tensor<3xi64>
  %x3 = onnx.node "Unsqueeze"(%x, %one) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1x4xf32>
  %tile = onnx.node "Tile"(%x3, %times) version 20 {} : (tensor<?x1x4xf32>, tensor<3xi64>) -> tensor<?x3x4xf32>
  %hr = onnx.node "Flatten"(%tile) version 20 {axis = 2 : i64} : (tensor<?x3x4xf32>) -> tensor<?x4xf32>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%hr) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%flat, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nz0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%hr, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %wide0 = onnx.node "Unsqueeze"(%mask0, %last) version 20 {} : (tensor<?xi1>, tensor<1xi64>) -> tensor<?x1xi1>
  %like0 = onnx.node "Shape"(%y0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %all0 = onnx.node "Expand"(%wide0, %like0) version 20 {} : (tensor<?x1xi1>, tensor<2xi64>) -> tensor<?x4xi1>
  %nza0 = onnx.node "NonZero"(%all0) version 20 {} : (tensor<?x4xi1>) -> tensor<2x?xi64>
  %ata0 = onnx.node "Transpose"(%nza0) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %f0 = onnx.node "Reshape"(%h0, %last) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?xf32>
  %y1 = onnx.node "ScatterND"(%y0, %ata0, %f0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%flat, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%hr, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %wide1 = onnx.node "Unsqueeze"(%mask1, %last) version 20 {} : (tensor<?xi1>, tensor<1xi64>) -> tensor<?x1xi1>
  %like1 = onnx.node "Shape"(%y1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %all1 = onnx.node "Expand"(%wide1, %like1) version 20 {} : (tensor<?x1xi1>, tensor<2xi64>) -> tensor<?x4xi1>
  %nza1 = onnx.node "NonZero"(%all1) version 20 {} : (tensor<?x4xi1>) -> tensor<2x?xi64>
  %ata1 = onnx.node "Transpose"(%nza1) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %f1 = onnx.node "Reshape"(%h1, %last) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?xf32>
  %y2 = onnx.node "ScatterND"(%y1, %ata1, %f1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?xf32>) -> tensor<?x4xf32>
  %by = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %y3 = onnx.node "Reshape"(%y2, %by) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w = onnx.node "Unsqueeze"(%values, %last) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %p = onnx.node "Mul"(%y3, %w) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%p, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The accumulator is as long as the tokens.
// CHECK: @accumulator(
// CHECK-NOT: moe.gate
func.func @accumulator(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %flat = onnx.node "Reshape"(%ids, %last) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %times = onnx.constant dense<[1, 2, 1]> : tensor<3xi64>
  %x3 = onnx.node "Unsqueeze"(%x, %one) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1x4xf32>
  %tile = onnx.node "Tile"(%x3, %times) version 20 {} : (tensor<?x1x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %hr = onnx.node "Flatten"(%tile) version 20 {axis = 2 : i64} : (tensor<?x2x4xf32>) -> tensor<?x4xf32>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%flat, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nz0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%hr, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %wide0 = onnx.node "Unsqueeze"(%mask0, %last) version 20 {} : (tensor<?xi1>, tensor<1xi64>) -> tensor<?x1xi1>
  %like0 = onnx.node "Shape"(%y0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %all0 = onnx.node "Expand"(%wide0, %like0) version 20 {} : (tensor<?x1xi1>, tensor<2xi64>) -> tensor<?x4xi1>
  %nza0 = onnx.node "NonZero"(%all0) version 20 {} : (tensor<?x4xi1>) -> tensor<2x?xi64>
  %ata0 = onnx.node "Transpose"(%nza0) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %f0 = onnx.node "Reshape"(%h0, %last) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?xf32>
  %y1 = onnx.node "ScatterND"(%y0, %ata0, %f0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%flat, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%hr, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %wide1 = onnx.node "Unsqueeze"(%mask1, %last) version 20 {} : (tensor<?xi1>, tensor<1xi64>) -> tensor<?x1xi1>
  %like1 = onnx.node "Shape"(%y1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %all1 = onnx.node "Expand"(%wide1, %like1) version 20 {} : (tensor<?x1xi1>, tensor<2xi64>) -> tensor<?x4xi1>
  %nza1 = onnx.node "NonZero"(%all1) version 20 {} : (tensor<?x4xi1>) -> tensor<2x?xi64>
  %ata1 = onnx.node "Transpose"(%nza1) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %f1 = onnx.node "Reshape"(%h1, %last) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?xf32>
  %y2 = onnx.node "ScatterND"(%y1, %ata1, %f1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x2xi64>, tensor<?xf32>) -> tensor<?x4xf32>
  %by = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %y3 = onnx.node "Reshape"(%y2, %by) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w = onnx.node "Unsqueeze"(%values, %last) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %p = onnx.node "Mul"(%y3, %w) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%p, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
