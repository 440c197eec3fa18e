// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// A write to rows, spelled as one place for each number of a row.

// CHECK-LABEL: @by_feature(
// CHECK: moe.gate
// CHECK: moe.expert
// CHECK: moe.combine
func.func @by_feature(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %count = onnx.constant dense<[0, 1, 2, 3]> : tensor<4xi64>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %none = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %mask0 = onnx.node "Equal"(%ids, %first) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%h0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %row0 = onnx.node "Expand"(%at0, %size0) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %rows0 = onnx.node "Unsqueeze"(%row0, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %feature0 = onnx.node "Expand"(%count, %size0) version 20 {} : (tensor<4xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %features0 = onnx.node "Unsqueeze"(%feature0, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %places0 = onnx.node "Concat"(%rows0, %features0) version 20 {axis = -1 : i64} : (tensor<?x4x1xi64>, tensor<?x4x1xi64>) -> tensor<?x4x2xi64>
  %y0 = onnx.node "ScatterND"(%none, %places0, %h0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x4x2xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %mask1 = onnx.node "Equal"(%ids, %second) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nonzero1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nonzero1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%h1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %row1 = onnx.node "Expand"(%at1, %size1) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %rows1 = onnx.node "Unsqueeze"(%row1, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %feature1 = onnx.node "Expand"(%count, %size1) version 20 {} : (tensor<4xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %features1 = onnx.node "Unsqueeze"(%feature1, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %places1 = onnx.node "Concat"(%rows1, %features1) version 20 {axis = -1 : i64} : (tensor<?x4x1xi64>, tensor<?x4x1xi64>) -> tensor<?x4x2xi64>
  %y1 = onnx.node "ScatterND"(%y0, %places1, %h1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x4x2xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %mask2 = onnx.node "Equal"(%ids, %third) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nonzero2 = onnx.node "NonZero"(%mask2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nonzero2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %size2 = onnx.node "Shape"(%h2) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %row2 = onnx.node "Expand"(%at2, %size2) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %rows2 = onnx.node "Unsqueeze"(%row2, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %feature2 = onnx.node "Expand"(%count, %size2) version 20 {} : (tensor<4xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %features2 = onnx.node "Unsqueeze"(%feature2, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %places2 = onnx.node "Concat"(%rows2, %features2) version 20 {axis = -1 : i64} : (tensor<?x4x1xi64>, tensor<?x4x1xi64>) -> tensor<?x4x2xi64>
  %y2 = onnx.node "ScatterND"(%y1, %places2, %h2) version 20 name "/moe/ScatterND_2" {} : (tensor<?x4xf32>, tensor<?x4x2xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y2, %best) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// The features are exchanged on the way.
// CHECK-LABEL: @exchanged(
// CHECK-NOT: moe.expert
// CHECK: return
func.func @exchanged(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %count = onnx.constant dense<[1, 0, 2, 3]> : tensor<4xi64>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %none = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %mask0 = onnx.node "Equal"(%ids, %first) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%h0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %row0 = onnx.node "Expand"(%at0, %size0) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %rows0 = onnx.node "Unsqueeze"(%row0, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %feature0 = onnx.node "Expand"(%count, %size0) version 20 {} : (tensor<4xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %features0 = onnx.node "Unsqueeze"(%feature0, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %places0 = onnx.node "Concat"(%rows0, %features0) version 20 {axis = -1 : i64} : (tensor<?x4x1xi64>, tensor<?x4x1xi64>) -> tensor<?x4x2xi64>
  %y0 = onnx.node "ScatterND"(%none, %places0, %h0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x4x2xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %mask1 = onnx.node "Equal"(%ids, %second) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nonzero1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nonzero1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%h1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %row1 = onnx.node "Expand"(%at1, %size1) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %rows1 = onnx.node "Unsqueeze"(%row1, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %feature1 = onnx.node "Expand"(%count, %size1) version 20 {} : (tensor<4xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %features1 = onnx.node "Unsqueeze"(%feature1, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %places1 = onnx.node "Concat"(%rows1, %features1) version 20 {axis = -1 : i64} : (tensor<?x4x1xi64>, tensor<?x4x1xi64>) -> tensor<?x4x2xi64>
  %y1 = onnx.node "ScatterND"(%y0, %places1, %h1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x4x2xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %mask2 = onnx.node "Equal"(%ids, %third) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nonzero2 = onnx.node "NonZero"(%mask2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nonzero2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %size2 = onnx.node "Shape"(%h2) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %row2 = onnx.node "Expand"(%at2, %size2) version 20 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %rows2 = onnx.node "Unsqueeze"(%row2, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %feature2 = onnx.node "Expand"(%count, %size2) version 20 {} : (tensor<4xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %features2 = onnx.node "Unsqueeze"(%feature2, %last) version 20 {} : (tensor<?x4xi64>, tensor<1xi64>) -> tensor<?x4x1xi64>
  %places2 = onnx.node "Concat"(%rows2, %features2) version 20 {axis = -1 : i64} : (tensor<?x4x1xi64>, tensor<?x4x1xi64>) -> tensor<?x4x2xi64>
  %y2 = onnx.node "ScatterND"(%y1, %places2, %h2) version 20 name "/moe/ScatterND_2" {} : (tensor<?x4xf32>, tensor<?x4x2xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y2, %best) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
