// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// Parts of a product's columns become views of its weight and of its bias: no part is taken at run time.

// CHECK: moe.layers = [{{.*}}intermediate = 4 : i64
// CHECK: @halves(
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[1, 4, 4] strides[0, 8, 1]>, #moe.piece<"w" at 256 {{.*}}] {name = "moe.w0"}
// CHECK: moe.weight [#moe.piece<"w" at 2048 shape[1, 4] strides[0, 1]>
// CHECK: moe.weight [#moe.piece<"w" at 16 shape[1, 4, 4] strides[0, 8, 1]>
// CHECK: moe.weight [#moe.piece<"w" at 2064 shape[1, 4] strides[0, 1]>
// CHECK-NOT: onnx.
func.func @halves(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 8] strides [8, 1]>] : tensor<4x8xf32>
  %d0 = moe.weight [#moe.piece<"w" at 1024 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %b0 = moe.weight [#moe.piece<"w" at 2048 shape [8] strides [1]>] : tensor<8xf32>
  %both0 = onnx.node "Gemm"(%x0, %m0, %b0) version 20 {} : (tensor<?x4xf32>, tensor<4x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %g0, %l0 = onnx.node "Split"(%both0) version 20 {axis = -1 : i64, num_outputs = 2 : i64} : (tensor<?x8xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>)
  %s0 = onnx.node "Sigmoid"(%g0) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %a0 = onnx.node "Mul"(%g0, %s0) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %c0 = onnx.node "Mul"(%a0, %l0) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%c0, %d0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w0 = onnx.node "GatherND"(%values, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 256 shape [4, 8] strides [8, 1]>] : tensor<4x8xf32>
  %d1 = moe.weight [#moe.piece<"w" at 1088 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 2080 shape [8] strides [1]>] : tensor<8xf32>
  %both1 = onnx.node "Gemm"(%x1, %m1, %b1) version 20 {} : (tensor<?x4xf32>, tensor<4x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %g1, %l1 = onnx.node "Split"(%both1) version 20 {axis = -1 : i64, num_outputs = 2 : i64} : (tensor<?x8xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>)
  %s1 = onnx.node "Sigmoid"(%g1) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %a1 = onnx.node "Mul"(%g1, %s1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %c1 = onnx.node "Mul"(%a1, %l1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%c1, %d1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%values, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK: @interleaved(
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[1, 4, 4] strides[0, 8, 2]>
// CHECK: moe.weight [#moe.piece<"w" at 2048 shape[1, 4] strides[0, 2]>
// CHECK: moe.weight [#moe.piece<"w" at 4 shape[1, 4, 4] strides[0, 8, 2]>
// CHECK: moe.weight [#moe.piece<"w" at 2052 shape[1, 4] strides[0, 2]>
// CHECK-NOT: onnx.
func.func @interleaved(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 8] strides [8, 1]>] : tensor<4x8xf32>
  %d0 = moe.weight [#moe.piece<"w" at 1024 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %b0 = moe.weight [#moe.piece<"w" at 2048 shape [8] strides [1]>] : tensor<8xf32>
  %both0 = onnx.node "Gemm"(%x0, %m0, %b0) version 20 {} : (tensor<?x4xf32>, tensor<4x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %far0 = onnx.constant dense<2147483647> : tensor<1xi64>
  %at00 = onnx.constant dense<0> : tensor<1xi64>
  %at10 = onnx.constant dense<1> : tensor<1xi64>
  %two0 = onnx.constant dense<2> : tensor<1xi64>
  %g0 = onnx.node "Slice"(%both0, %at00, %far0, %at10, %two0) version 20 {} : (tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %l0 = onnx.node "Slice"(%both0, %at10, %far0, %at10, %two0) version 20 {} : (tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %s0 = onnx.node "Sigmoid"(%g0) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %a0 = onnx.node "Mul"(%g0, %s0) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %c0 = onnx.node "Mul"(%a0, %l0) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%c0, %d0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w0 = onnx.node "GatherND"(%values, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 256 shape [4, 8] strides [8, 1]>] : tensor<4x8xf32>
  %d1 = moe.weight [#moe.piece<"w" at 1088 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 2080 shape [8] strides [1]>] : tensor<8xf32>
  %both1 = onnx.node "Gemm"(%x1, %m1, %b1) version 20 {} : (tensor<?x4xf32>, tensor<4x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %far1 = onnx.constant dense<2147483647> : tensor<1xi64>
  %at01 = onnx.constant dense<0> : tensor<1xi64>
  %at11 = onnx.constant dense<1> : tensor<1xi64>
  %two1 = onnx.constant dense<2> : tensor<1xi64>
  %g1 = onnx.node "Slice"(%both1, %at01, %far1, %at11, %two1) version 20 {} : (tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %l1 = onnx.node "Slice"(%both1, %at11, %far1, %at11, %two1) version 20 {} : (tensor<?x8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %s1 = onnx.node "Sigmoid"(%g1) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %a1 = onnx.node "Mul"(%g1, %s1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %c1 = onnx.node "Mul"(%a1, %l1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%c1, %d1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%values, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}
