// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// The gate rule follows from what stands between the logits and the routing weights.

// CHECK-LABEL: @softmax_topk(
// CHECK: moe.gate %{{.*}} <score = softmax, k = 1>
// CHECK-NOT: onnx.
func.func @softmax_topk(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%values, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: @softmax_topk_normalized(
// CHECK: moe.gate %{{.*}} <score = softmax, k = 1, normalize = true>
// CHECK-NOT: onnx.
func.func @softmax_topk_normalized(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %axes = onnx.constant dense<-1> : tensor<1xi64>
  %sum = onnx.node "ReduceSum"(%values, %axes) version 20 {keepdims = 1 : i64} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %weights = onnx.node "Div"(%values, %sum) version 20 {} : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x1xf32>
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
  %w0 = onnx.node "GatherND"(%weights, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%weights, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: @epsilon(
// CHECK: moe.gate %{{.*}} <score = softmax, k = 1, normalize = true, epsilon = 9.99{{.*}}E-7 : f64>
// CHECK-NOT: onnx.
func.func @epsilon(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %axes = onnx.constant dense<-1> : tensor<1xi64>
  %sum = onnx.node "ReduceSum"(%values, %axes) version 20 {keepdims = 1 : i64} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %eps = onnx.constant dense<1.0e-6> : tensor<f32>
  %guarded = onnx.node "Add"(%sum, %eps) version 20 {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
  %weights = onnx.node "Div"(%values, %guarded) version 20 {} : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x1xf32>
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
  %w0 = onnx.node "GatherND"(%weights, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%weights, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: @topk_softmax(
// CHECK: moe.gate %{{.*}} <score = softmax, k = 1, score_after = true>
// CHECK-NOT: onnx.
func.func @topk_softmax(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%logits, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %weights = onnx.node "Softmax"(%values) version 20 {axis = -1 : i64} : (tensor<?x1xf32>) -> tensor<?x1xf32>
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
  %w0 = onnx.node "GatherND"(%weights, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%weights, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: @topk_sigmoid(
// CHECK: moe.gate %{{.*}} <score = sigmoid, k = 1, score_after = true>
// CHECK-NOT: onnx.
func.func @topk_sigmoid(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%logits, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %weights = onnx.node "Sigmoid"(%values) version 20 {} : (tensor<?x1xf32>) -> tensor<?x1xf32>
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
  %w0 = onnx.node "GatherND"(%weights, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%weights, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: @sigmoid_with_bias_and_scale(
// CHECK: %[[BIAS:.*]] = moe.weight [#moe.piece<dense<[5.000000e-01, -5.000000e-01]>
// CHECK: moe.gate %{{.*}} bias %[[BIAS]] : tensor<2xf32> <score = sigmoid, k = 1, normalize = true, scale = 2.5{{.*}} : f64>
// CHECK-NOT: onnx.
func.func @sigmoid_with_bias_and_scale(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Sigmoid"(%logits) version 20 {} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %correction = onnx.constant dense<[0.5, -0.5]> : tensor<2xf32>
  %choice = onnx.node "Add"(%scores, %correction) version 20 {} : (tensor<?x2xf32>, tensor<2xf32>) -> tensor<?x2xf32>
  %values, %ids = onnx.node "TopK"(%choice, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %picked = onnx.node "GatherElements"(%scores, %ids) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %axes = onnx.constant dense<-1> : tensor<1xi64>
  %sum = onnx.node "ReduceSum"(%picked, %axes) version 20 {keepdims = 1 : i64} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %weights = onnx.node "Div"(%picked, %sum) version 20 {} : (tensor<?x1xf32>, tensor<?x1xf32>) -> tensor<?x1xf32>
  %factor = onnx.constant dense<2.5> : tensor<f32>
  %scaled = onnx.node "Mul"(%weights, %factor) version 20 {} : (tensor<?x1xf32>, tensor<f32>) -> tensor<?x1xf32>
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
  %w0 = onnx.node "GatherND"(%scaled, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%scaled, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: @raw_scores(
// CHECK: moe.gate %{{.*}} <score = identity, k = 1>
// CHECK-NOT: onnx.
func.func @raw_scores(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%logits, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
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
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%values, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}
