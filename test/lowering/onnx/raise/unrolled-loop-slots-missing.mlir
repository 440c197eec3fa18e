// RUN: not moe-opt %s --moe-raise --split-input-file 2>&1 | FileCheck %s
// RUN: moe-opt %s '--moe-raise=allow-missing-experts' --split-input-file | FileCheck %s --check-prefix=ALLOWED

// Whatever else a loop does, its lists tell which experts it has; a router that no rule fits, or writes that no
// pattern knows, do not hide that one is missing.

// CHECK: error: node '/moe/TopK' (TopK): expert 0 of 2 never appears, but the router can choose it
// ALLOWED: @fills(
// ALLOWED-NOT: moe.gate
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
  %e0 = onnx.constant dense<1> : tensor<i64>
  %mask0 = onnx.node "Gather"(%masks, %e0) version 17 {axis = 0 : i64} : (tensor<2x2x?xi64>, tensor<i64>) -> tensor<2x?xi64>
  %b0 = onnx.node "Cast"(%mask0) version 17 {to = 9 : i64} : (tensor<2x?xi64>) -> tensor<2x?xi1>
  %nz0 = onnx.node "NonZero"(%b0) version 17 {} : (tensor<2x?xi1>) -> tensor<2x?xi64>
  %t0 = onnx.node "Transpose"(%nz0) version 17 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %slotc0, %tokc0 = onnx.node "Split"(%t0, %ones) version 17 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<2xi64>) -> (tensor<?x1xi64>, tensor<?x1xi64>)
  %tok0 = onnx.node "Squeeze"(%tokc0, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %slot0 = onnx.node "Squeeze"(%slotc0, %l1) version 17 {} : (tensor<?x1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %g0 = onnx.node "Gather"(%x1, %tok0) version 17 {axis = 1 : i64} : (tensor<1x?x4xf32>, tensor<?xi64>) -> tensor<1x?x4xf32>
  %r0 = onnx.node "Reshape"(%g0, %rowshape) version 17 {} : (tensor<1x?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
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
  return %y1 : tensor<?x4xf32>
}

// -----

// CHECK: error: node '/moe/TopK' (TopK): expert 1 of 2 never appears, but the router can choose it
// ALLOWED: @overwrites(
// ALLOWED-NOT: moe.gate
func.func @overwrites(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %row0 = onnx.node "Gather"(%values, %tok0) version 17 {axis = 0 : i64} : (tensor<?x2xf32>, tensor<?xi64>) -> tensor<?x2xf32>
  %w0 = onnx.node "Slice"(%row0, %l0, %l1, %l1) version 17 {} : (tensor<?x2xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 17 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %col0 = onnx.node "Unsqueeze"(%tok0, %l1) version 17 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %y1 = onnx.node "ScatterND"(%y0, %col0, %p0) version 17 name "/moe/Scatter_0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y1 : tensor<?x4xf32>
}
