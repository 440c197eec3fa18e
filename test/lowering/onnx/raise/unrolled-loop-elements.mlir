// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// index_add_: rows are scattered by elements, added by the scatter or by an Add behind it.

// CHECK: @adds(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.
func.func @adds(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %first) version 20 {axis = 1 : i64} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?xi64>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%slot, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %flat0 = onnx.node "Reshape"(%nz0, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%flat0, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "Gather"(%x, %flat0) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w0 = onnx.node "Gather"(%values, %flat0) version 20 {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %s0 = onnx.node "Shape"(%p0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i0 = onnx.node "Expand"(%at0, %s0) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %y1 = onnx.node "ScatterElements"(%y0, %i0, %p0) version 20 {axis = 0 : i64, reduction = "add"} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %flat1 = onnx.node "Reshape"(%nz1, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%flat1, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "Gather"(%x, %flat1) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "Gather"(%values, %flat1) version 20 {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %s1 = onnx.node "Shape"(%p1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i1 = onnx.node "Expand"(%at1, %s1) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %y2 = onnx.node "ScatterElements"(%y1, %i1, %p1) version 20 {axis = 0 : i64, reduction = "add"} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK: @fills(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.
func.func @fills(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %first) version 20 {axis = 1 : i64} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?xi64>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%slot, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %col0 = onnx.node "Transpose"(%nz0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %split0 = onnx.node "Split"(%col0) version 20 {axis = 1 : i64, num_outputs = 1 : i64} : (tensor<?x1xi64>) -> tensor<?x1xi64>
  %flat0 = onnx.node "Squeeze"(%split0, %all) version 20 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%flat0, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "Gather"(%x, %flat0) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w0 = onnx.node "Gather"(%values, %flat0) version 20 {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %s0 = onnx.node "Shape"(%p0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i0 = onnx.node "Expand"(%at0, %s0) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %f0 = onnx.node "ScatterElements"(%y0, %i0, %p0) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "Add"(%y0, %f0) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %col1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %split1 = onnx.node "Split"(%col1) version 20 {axis = 1 : i64, num_outputs = 1 : i64} : (tensor<?x1xi64>) -> tensor<?x1xi64>
  %flat1 = onnx.node "Squeeze"(%split1, %all) version 20 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%flat1, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "Gather"(%x, %flat1) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "Gather"(%values, %flat1) version 20 {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %s1 = onnx.node "Shape"(%p1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i1 = onnx.node "Expand"(%at1, %s1) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %f1 = onnx.node "ScatterElements"(%y0, %i1, %p1) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "Add"(%y1, %f1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// What is added has other numbers beside the rows.

// CHECK: @fills_ones(
// CHECK-NOT: moe.gate
// CHECK: onnx.node "ScatterElements"
func.func @fills_ones(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %number = onnx.constant dense<1.0> : tensor<1xf32>
  %one = onnx.node "Expand"(%number, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %first) version 20 {axis = 1 : i64} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?xi64>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%slot, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %flat0 = onnx.node "Reshape"(%nz0, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%flat0, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "Gather"(%x, %flat0) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w0 = onnx.node "Gather"(%values, %flat0) version 20 {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %s0 = onnx.node "Shape"(%p0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i0 = onnx.node "Expand"(%at0, %s0) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %f0 = onnx.node "ScatterElements"(%one, %i0, %p0) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "Add"(%y0, %f0) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %flat1 = onnx.node "Reshape"(%nz1, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%flat1, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "Gather"(%x, %flat1) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "Gather"(%values, %flat1) version 20 {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %s1 = onnx.node "Shape"(%p1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i1 = onnx.node "Expand"(%at1, %s1) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %f1 = onnx.node "ScatterElements"(%one, %i1, %p1) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "Add"(%y1, %f1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}
