// RUN: moe-opt %s --moe-raise | FileCheck %s

// Elementwise operators of fewer models.

// CHECK: moe.expert
// CHECK: math.sin
// CHECK: math.cos
// CHECK: math.copysign
// CHECK: math.floor
// CHECK: math.ceil
// CHECK: arith.cmpf ole
// CHECK: arith.addf
// CHECK: moe.combine
// CHECK-NOT: onnx.node
func.func @loop(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%ids, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nz0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %t0_0 = onnx.node "Sin"(%h0) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t0_1 = onnx.node "Cos"(%t0_0) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t0_2 = onnx.node "Sign"(%t0_1) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t0_3 = onnx.node "Floor"(%t0_2) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t0_4 = onnx.node "Ceil"(%t0_3) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t0_5 = onnx.node "ThresholdedRelu"(%t0_4) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %z0 = onnx.node "Sum"(%t0_5, %h0) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %z0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%ids, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %t1_0 = onnx.node "Sin"(%h1) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t1_1 = onnx.node "Cos"(%t1_0) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t1_2 = onnx.node "Sign"(%t1_1) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t1_3 = onnx.node "Floor"(%t1_2) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t1_4 = onnx.node "Ceil"(%t1_3) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %t1_5 = onnx.node "ThresholdedRelu"(%t1_4) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %z1 = onnx.node "Sum"(%t1_5, %h1) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %z1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}
