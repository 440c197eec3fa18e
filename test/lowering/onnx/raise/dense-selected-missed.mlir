// RUN: moe-opt %s --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s

// Near misses of outputs that are selected one over another.

// CHECK: not raised: {{.*}}(Where), expert 0: it is added twice
// CHECK: not raised:
// CHECK: not raised:

// @twice: the later one of expert 0 hides the earlier one.
// CHECK: @twice(
// CHECK-NOT: moe.dispatch
func.func @twice(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %s0 = onnx.constant dense<0> : tensor<1xi64>
  %id0 = onnx.node "Gather"(%ids, %s0) version 20 {axis = 1 : i64} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %v0 = onnx.node "Gather"(%values, %s0) version 20 {axis = 1 : i64} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%id0, %e0) version 20 {} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?x1xi1>
  %y1 = onnx.node "Where"(%mask0, %h0, %y0) version 20 name "/moe/Where_0" {} : (tensor<?x1xi1>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<0> : tensor<i64>
  %mask1 = onnx.node "Equal"(%id0, %e1) version 20 {} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?x1xi1>
  %y2 = onnx.node "Where"(%mask1, %h0, %y1) version 20 name "/moe/Where_1" {} : (tensor<?x1xi1>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y2, %v0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// What expert 1 of the second slot hides is no output of that slot.
// CHECK: @slots(
// CHECK-NOT: moe.dispatch
func.func @slots(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %s0 = onnx.constant dense<0> : tensor<1xi64>
  %id0 = onnx.node "Gather"(%ids, %s0) version 20 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %v0 = onnx.node "Gather"(%values, %s0) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s1 = onnx.constant dense<1> : tensor<1xi64>
  %id1 = onnx.node "Gather"(%ids, %s1) version 20 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %v1 = onnx.node "Gather"(%values, %s1) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%id0, %e0) version 20 {} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?x1xi1>
  %y1 = onnx.node "Where"(%mask0, %h0, %y0) version 20 name "/moe/Where_0" {} : (tensor<?x1xi1>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%id1, %e1) version 20 {} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?x1xi1>
  %y2 = onnx.node "Where"(%mask1, %h1, %y1) version 20 name "/moe/Where_1" {} : (tensor<?x1xi1>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y2, %v0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Where no expert is chosen there is something else.
// CHECK: @start(
// CHECK-NOT: moe.dispatch
func.func @start(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<1.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %s0 = onnx.constant dense<0> : tensor<1xi64>
  %id0 = onnx.node "Gather"(%ids, %s0) version 20 {axis = 1 : i64} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %v0 = onnx.node "Gather"(%values, %s0) version 20 {axis = 1 : i64} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%id0, %e0) version 20 {} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?x1xi1>
  %y1 = onnx.node "Where"(%mask0, %h0, %y0) version 20 name "/moe/Where_0" {} : (tensor<?x1xi1>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%id0, %e1) version 20 {} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?x1xi1>
  %y2 = onnx.node "Where"(%mask1, %h1, %y1) version 20 name "/moe/Where_1" {} : (tensor<?x1xi1>, tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y2, %v0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
