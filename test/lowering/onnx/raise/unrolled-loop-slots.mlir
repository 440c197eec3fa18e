// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// One list for all slots of an expert, its columns taken apart, in the ways that rows are written back.

// CHECK: @fills(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.
func.func @fills(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 17 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 17 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 17 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %depth = onnx.constant dense<2> : tensor<i64>
  %zeroone = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %oh = onnx.node "OneHot"(%ids, %depth, %zeroone) version 17 {axis = -1 : i64} : (tensor<?x2xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2x2xi64>
  %masks = onnx.node "Transpose"(%oh) version 17 {perm = array<i64: 2, 1, 0>} : (tensor<?x2x2xi64>) -> tensor<2x2x?xi64>
  %l0 = onnx.constant dense<0> : tensor<1xi64>
  %l1 = onnx.constant dense<1> : tensor<1xi64>
  %l2 = onnx.constant dense<2> : tensor<1xi64>
  %neg = onnx.constant dense<-1> : tensor<1xi64>
  %rowshape = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %ones = onnx.constant dense<[1, 1]> : tensor<2xi64>
  %mult = onnx.constant dense<2> : tensor<1xi64>
  %x1 = onnx.node "Unsqueeze"(%x, %l0) version 17 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %w3 = onnx.node "Unsqueeze"(%values, %l2) version 17 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %wf = onnx.node "Flatten"(%w3) version 17 {axis = 2 : i64} : (tensor<?x2x1xf32>) -> tensor<?x1xf32>
  %shape = onnx.node "Shape"(%x) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "ConstantOfShape"(%shape) version 17 {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Gather"(%masks, %e0) version 17 {axis = 0 : i64} : (tensor<2x2x?xi64>, tensor<i64>) -> tensor<2x?xi64>
  %b0 = onnx.node "Cast"(%mask0) version 17 {to = 9 : i64} : (tensor<2x?xi64>) -> tensor<2x?xi1>
  %nz0 = onnx.node "NonZero"(%b0) version 17 {} : (tensor<2x?xi1>) -> tensor<2x?xi64>
  %t0 = onnx.node "Transpose"(%nz0) version 17 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %slotc0, %tokc0 = onnx.node "Split"(%t0, %ones) version 17 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<2xi64>) -> (tensor<?x1xi64>, tensor<?x1xi64>)
  %tok0 = onnx.node "Squeeze"(%tokc0, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %slot0 = onnx.node "Squeeze"(%slotc0, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %g0 = onnx.node "Gather"(%x1, %tok0) version 17 {axis = 1 : i64} : (tensor<1x?x4xf32>, tensor<?xi64>) -> tensor<1x?x4xf32>
  %r0 = onnx.node "Reshape"(%g0, %rowshape) version 17 {} : (tensor<1x?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %m0) version 17 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %high0 = onnx.node "Mul"(%tok0, %mult) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Add"(%slot0, %high0) version 17 {} : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %w0 = onnx.node "Gather"(%wf, %at0) version 17 name "/moe/weight" {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 17 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %col0 = onnx.node "Unsqueeze"(%tok0, %l1) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %s0 = onnx.node "Shape"(%p0) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i0 = onnx.node "Expand"(%col0, %s0) version 17 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %like0 = onnx.node "Shape"(%y0) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %z0 = onnx.node "ConstantOfShape"(%like0) version 17 {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %f0 = onnx.node "ScatterElements"(%z0, %i0, %p0) version 17 name "/moe/Scatter_0" {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "Add"(%y0, %f0) version 17 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Gather"(%masks, %e1) version 17 {axis = 0 : i64} : (tensor<2x2x?xi64>, tensor<i64>) -> tensor<2x?xi64>
  %b1 = onnx.node "Cast"(%mask1) version 17 {to = 9 : i64} : (tensor<2x?xi64>) -> tensor<2x?xi1>
  %nz1 = onnx.node "NonZero"(%b1) version 17 {} : (tensor<2x?xi1>) -> tensor<2x?xi64>
  %t1 = onnx.node "Transpose"(%nz1) version 17 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %slotc1, %tokc1 = onnx.node "Split"(%t1, %ones) version 17 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<2xi64>) -> (tensor<?x1xi64>, tensor<?x1xi64>)
  %tok1 = onnx.node "Squeeze"(%tokc1, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %slot1 = onnx.node "Squeeze"(%slotc1, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %g1 = onnx.node "Gather"(%x1, %tok1) version 17 {axis = 1 : i64} : (tensor<1x?x4xf32>, tensor<?xi64>) -> tensor<1x?x4xf32>
  %r1 = onnx.node "Reshape"(%g1, %rowshape) version 17 {} : (tensor<1x?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %m1) version 17 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %high1 = onnx.node "Mul"(%tok1, %mult) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Add"(%slot1, %high1) version 17 {} : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %w1 = onnx.node "Gather"(%wf, %at1) version 17 name "/moe/weight" {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 17 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %col1 = onnx.node "Unsqueeze"(%tok1, %l1) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %s1 = onnx.node "Shape"(%p1) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i1 = onnx.node "Expand"(%col1, %s1) version 17 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %like1 = onnx.node "Shape"(%y1) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %z1 = onnx.node "ConstantOfShape"(%like1) version 17 {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %f1 = onnx.node "ScatterElements"(%z1, %i1, %p1) version 17 name "/moe/Scatter_1" {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "Add"(%y1, %f1) version 17 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK: @adds(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.
func.func @adds(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 17 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 17 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 17 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %depth = onnx.constant dense<2> : tensor<i64>
  %zeroone = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %oh = onnx.node "OneHot"(%ids, %depth, %zeroone) version 17 {axis = -1 : i64} : (tensor<?x2xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2x2xi64>
  %masks = onnx.node "Transpose"(%oh) version 17 {perm = array<i64: 2, 1, 0>} : (tensor<?x2x2xi64>) -> tensor<2x2x?xi64>
  %l0 = onnx.constant dense<0> : tensor<1xi64>
  %l1 = onnx.constant dense<1> : tensor<1xi64>
  %l2 = onnx.constant dense<2> : tensor<1xi64>
  %neg = onnx.constant dense<-1> : tensor<1xi64>
  %rowshape = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %ones = onnx.constant dense<[1, 1]> : tensor<2xi64>
  %mult = onnx.constant dense<2> : tensor<1xi64>
  %x1 = onnx.node "Unsqueeze"(%x, %l0) version 17 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %w3 = onnx.node "Unsqueeze"(%values, %l2) version 17 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %wf = onnx.node "Flatten"(%w3) version 17 {axis = 2 : i64} : (tensor<?x2x1xf32>) -> tensor<?x1xf32>
  %shape = onnx.node "Shape"(%x) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "ConstantOfShape"(%shape) version 17 {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Gather"(%masks, %e0) version 17 {axis = 0 : i64} : (tensor<2x2x?xi64>, tensor<i64>) -> tensor<2x?xi64>
  %b0 = onnx.node "Cast"(%mask0) version 17 {to = 9 : i64} : (tensor<2x?xi64>) -> tensor<2x?xi1>
  %nz0 = onnx.node "NonZero"(%b0) version 17 {} : (tensor<2x?xi1>) -> tensor<2x?xi64>
  %t0 = onnx.node "Transpose"(%nz0) version 17 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %slotc0, %tokc0 = onnx.node "Split"(%t0, %ones) version 17 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<2xi64>) -> (tensor<?x1xi64>, tensor<?x1xi64>)
  %tok0 = onnx.node "Squeeze"(%tokc0, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %slot0 = onnx.node "Squeeze"(%slotc0, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %r0 = onnx.node "Gather"(%x, %tok0) version 17 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %m0) version 17 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %high0 = onnx.node "Mul"(%tok0, %mult) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Add"(%slot0, %high0) version 17 {} : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %w0 = onnx.node "Gather"(%wf, %at0) version 17 name "/moe/weight" {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 17 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %col0 = onnx.node "Unsqueeze"(%tok0, %l1) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %s0 = onnx.node "Shape"(%p0) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i0 = onnx.node "Expand"(%col0, %s0) version 17 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %y1 = onnx.node "ScatterElements"(%y0, %i0, %p0) version 17 name "/moe/Scatter_0" {axis = 0 : i64, reduction = "add"} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Gather"(%masks, %e1) version 17 {axis = 0 : i64} : (tensor<2x2x?xi64>, tensor<i64>) -> tensor<2x?xi64>
  %b1 = onnx.node "Cast"(%mask1) version 17 {to = 9 : i64} : (tensor<2x?xi64>) -> tensor<2x?xi1>
  %nz1 = onnx.node "NonZero"(%b1) version 17 {} : (tensor<2x?xi1>) -> tensor<2x?xi64>
  %t1 = onnx.node "Transpose"(%nz1) version 17 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %slotc1, %tokc1 = onnx.node "Split"(%t1, %ones) version 17 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<2xi64>) -> (tensor<?x1xi64>, tensor<?x1xi64>)
  %tok1 = onnx.node "Squeeze"(%tokc1, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %slot1 = onnx.node "Squeeze"(%slotc1, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %r1 = onnx.node "Gather"(%x, %tok1) version 17 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %m1) version 17 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %high1 = onnx.node "Mul"(%tok1, %mult) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Add"(%slot1, %high1) version 17 {} : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %w1 = onnx.node "Gather"(%wf, %at1) version 17 name "/moe/weight" {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 17 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %col1 = onnx.node "Unsqueeze"(%tok1, %l1) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %s1 = onnx.node "Shape"(%p1) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i1 = onnx.node "Expand"(%col1, %s1) version 17 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %y2 = onnx.node "ScatterElements"(%y1, %i1, %p1) version 17 name "/moe/Scatter_1" {axis = 0 : i64, reduction = "add"} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK: @adds_to_old(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.
func.func @adds_to_old(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 17 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 17 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 17 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %depth = onnx.constant dense<2> : tensor<i64>
  %zeroone = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %oh = onnx.node "OneHot"(%ids, %depth, %zeroone) version 17 {axis = -1 : i64} : (tensor<?x2xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2x2xi64>
  %masks = onnx.node "Transpose"(%oh) version 17 {perm = array<i64: 2, 0, 1>} : (tensor<?x2x2xi64>) -> tensor<2x?x2xi64>
  %l0 = onnx.constant dense<0> : tensor<1xi64>
  %l1 = onnx.constant dense<1> : tensor<1xi64>
  %l2 = onnx.constant dense<2> : tensor<1xi64>
  %neg = onnx.constant dense<-1> : tensor<1xi64>
  %rowshape = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %ones = onnx.constant dense<[1, 1]> : tensor<2xi64>
  %mult = onnx.constant dense<2> : tensor<1xi64>
  %x1 = onnx.node "Unsqueeze"(%x, %l0) version 17 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %w3 = onnx.node "Unsqueeze"(%values, %l2) version 17 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %wf = onnx.node "Flatten"(%w3) version 17 {axis = 2 : i64} : (tensor<?x2x1xf32>) -> tensor<?x1xf32>
  %shape = onnx.node "Shape"(%x) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "ConstantOfShape"(%shape) version 17 {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Gather"(%masks, %e0) version 17 {axis = 0 : i64} : (tensor<2x?x2xi64>, tensor<i64>) -> tensor<?x2xi64>
  %b0 = onnx.node "Cast"(%mask0) version 17 {to = 9 : i64} : (tensor<?x2xi64>) -> tensor<?x2xi1>
  %nz0 = onnx.node "NonZero"(%b0) version 17 {} : (tensor<?x2xi1>) -> tensor<2x?xi64>
  %t0 = onnx.node "Transpose"(%nz0) version 17 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %tokc0, %slotc0 = onnx.node "Split"(%t0, %ones) version 17 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<2xi64>) -> (tensor<?x1xi64>, tensor<?x1xi64>)
  %tok0 = onnx.node "Squeeze"(%tokc0, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %slot0 = onnx.node "Squeeze"(%slotc0, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %g0 = onnx.node "Gather"(%x1, %tok0) version 17 {axis = 1 : i64} : (tensor<1x?x4xf32>, tensor<?xi64>) -> tensor<1x?x4xf32>
  %r0 = onnx.node "Reshape"(%g0, %rowshape) version 17 {} : (tensor<1x?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %m0) version 17 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %high0 = onnx.node "Mul"(%tok0, %mult) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Add"(%slot0, %high0) version 17 {} : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %w0 = onnx.node "Gather"(%wf, %at0) version 17 name "/moe/weight" {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 17 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %col0 = onnx.node "Unsqueeze"(%tok0, %l1) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %s0 = onnx.node "Shape"(%p0) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i0 = onnx.node "Expand"(%col0, %s0) version 17 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %old0 = onnx.node "GatherElements"(%y0, %i0) version 17 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>) -> tensor<?x4xf32>
  %sum0 = onnx.node "Add"(%old0, %p0) version 17 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterElements"(%y0, %i0, %sum0) version 17 name "/moe/Scatter_0" {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Gather"(%masks, %e1) version 17 {axis = 0 : i64} : (tensor<2x?x2xi64>, tensor<i64>) -> tensor<?x2xi64>
  %b1 = onnx.node "Cast"(%mask1) version 17 {to = 9 : i64} : (tensor<?x2xi64>) -> tensor<?x2xi1>
  %nz1 = onnx.node "NonZero"(%b1) version 17 {} : (tensor<?x2xi1>) -> tensor<2x?xi64>
  %t1 = onnx.node "Transpose"(%nz1) version 17 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %tokc1, %slotc1 = onnx.node "Split"(%t1, %ones) version 17 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<2xi64>) -> (tensor<?x1xi64>, tensor<?x1xi64>)
  %tok1 = onnx.node "Squeeze"(%tokc1, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %slot1 = onnx.node "Squeeze"(%slotc1, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %g1 = onnx.node "Gather"(%x1, %tok1) version 17 {axis = 1 : i64} : (tensor<1x?x4xf32>, tensor<?xi64>) -> tensor<1x?x4xf32>
  %r1 = onnx.node "Reshape"(%g1, %rowshape) version 17 {} : (tensor<1x?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %m1) version 17 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %high1 = onnx.node "Mul"(%tok1, %mult) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Add"(%slot1, %high1) version 17 {} : (tensor<?xi64>, tensor<?xi64>) -> tensor<?xi64>
  %w1 = onnx.node "Gather"(%wf, %at1) version 17 name "/moe/weight" {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 17 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %col1 = onnx.node "Unsqueeze"(%tok1, %l1) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %s1 = onnx.node "Shape"(%p1) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %i1 = onnx.node "Expand"(%col1, %s1) version 17 {} : (tensor<?x1xi64>, tensor<2xi64>) -> tensor<?x4xi64>
  %old1 = onnx.node "GatherElements"(%y1, %i1) version 17 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>) -> tensor<?x4xf32>
  %sum1 = onnx.node "Add"(%old1, %p1) version 17 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterElements"(%y1, %i1, %sum1) version 17 name "/moe/Scatter_1" {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?x4xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// CHECK: @any_slot(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.
func.func @any_slot(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 17 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 17 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 17 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %depth = onnx.constant dense<2> : tensor<i64>
  %zeroone = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %oh = onnx.node "OneHot"(%ids, %depth, %zeroone) version 17 {axis = -1 : i64} : (tensor<?x2xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2x2xi64>
  %masks = onnx.node "Transpose"(%oh) version 17 {perm = array<i64: 2, 0, 1>} : (tensor<?x2x2xi64>) -> tensor<2x?x2xi64>
  %l0 = onnx.constant dense<0> : tensor<1xi64>
  %l1 = onnx.constant dense<1> : tensor<1xi64>
  %l2 = onnx.constant dense<2> : tensor<1xi64>
  %neg = onnx.constant dense<-1> : tensor<1xi64>
  %rowshape = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %ones = onnx.constant dense<[1, 1]> : tensor<2xi64>
  %mult = onnx.constant dense<2> : tensor<1xi64>
  %x1 = onnx.node "Unsqueeze"(%x, %l0) version 17 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %w3 = onnx.node "Unsqueeze"(%values, %l2) version 17 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %wf = onnx.node "Flatten"(%w3) version 17 {axis = 2 : i64} : (tensor<?x2x1xf32>) -> tensor<?x1xf32>
  %shape = onnx.node "Shape"(%x) version 17 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "ConstantOfShape"(%shape) version 17 {value = dense<0.0> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Gather"(%masks, %e0) version 17 {axis = 0 : i64} : (tensor<2x?x2xi64>, tensor<i64>) -> tensor<?x2xi64>
  %ax0 = onnx.constant dense<0> : tensor<1xi64>
  %any0 = onnx.node "ReduceMax"(%mask0) version 17 {axes = array<i64: 1>, keepdims = 0 : i64} : (tensor<?x2xi64>) -> tensor<?xi64>
  %nz0 = onnx.node "NonZero"(%any0) version 17 {} : (tensor<?xi64>) -> tensor<1x?xi64>
  %tok0 = onnx.node "Squeeze"(%nz0, %l0) version 17 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %g0 = onnx.node "Gather"(%x1, %tok0) version 17 {axis = 1 : i64} : (tensor<1x?x4xf32>, tensor<?xi64>) -> tensor<1x?x4xf32>
  %r0 = onnx.node "Reshape"(%g0, %rowshape) version 17 {} : (tensor<1x?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %m0) version 17 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %mf0 = onnx.node "Cast"(%mask0) version 17 {to = 1 : i64} : (tensor<?x2xi64>) -> tensor<?x2xf32>
  %mw0 = onnx.node "Mul"(%values, %mf0) version 17 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %sw0 = onnx.node "ReduceSum"(%mw0, %neg) version 17 {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %w0 = onnx.node "Gather"(%sw0, %tok0) version 17 {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 17 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %col0 = onnx.node "Unsqueeze"(%tok0, %l1) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %y1 = onnx.node "ScatterND"(%y0, %col0, %p0) version 17 name "/moe/Scatter_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Gather"(%masks, %e1) version 17 {axis = 0 : i64} : (tensor<2x?x2xi64>, tensor<i64>) -> tensor<?x2xi64>
  %ax1 = onnx.constant dense<0> : tensor<1xi64>
  %any1 = onnx.node "ReduceMax"(%mask1) version 17 {axes = array<i64: 1>, keepdims = 0 : i64} : (tensor<?x2xi64>) -> tensor<?xi64>
  %nz1 = onnx.node "NonZero"(%any1) version 17 {} : (tensor<?xi64>) -> tensor<1x?xi64>
  %tok1 = onnx.node "Squeeze"(%nz1, %l0) version 17 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %g1 = onnx.node "Gather"(%x1, %tok1) version 17 {axis = 1 : i64} : (tensor<1x?x4xf32>, tensor<?xi64>) -> tensor<1x?x4xf32>
  %r1 = onnx.node "Reshape"(%g1, %rowshape) version 17 {} : (tensor<1x?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %m1) version 17 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %mf1 = onnx.node "Cast"(%mask1) version 17 {to = 1 : i64} : (tensor<?x2xi64>) -> tensor<?x2xf32>
  %mw1 = onnx.node "Mul"(%values, %mf1) version 17 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %sw1 = onnx.node "ReduceSum"(%mw1, %neg) version 17 {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %w1 = onnx.node "Gather"(%sw1, %tok1) version 17 {axis = 0 : i64} : (tensor<?x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 17 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %col1 = onnx.node "Unsqueeze"(%tok1, %l1) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %y2 = onnx.node "ScatterND"(%y1, %col1, %p1) version 17 name "/moe/Scatter_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}
