// RUN: moe-opt %s --onnx-infer-types --moe-raise | FileCheck %s

// What weights are scattered into has the sizes of another layer's tokens, which optimisers write
// once. Both were reshaped to sizes of the same inputs.

// CHECK: moe.layers = [{experts = 4 : i64, form = "dense", {{[^}]*}}name = "same"
// CHECK-SAME: }]
// CHECK-LABEL: @same(
// CHECK: moe.combine

func.func @same(%ids: tensor<?x?xi64>, %mask: tensor<?x?xi64>, %h: tensor<?x?x4xf32>, %other: tensor<?x?x4xf32>) -> tensor<?x4xf32> {
  %v0 = onnx.node "Shape"(%ids) version 20 {end = 1 : i64, start = 0 : i64} : (tensor<?x?xi64>) -> !onnx.value
  %v1 = onnx.node "Shape"(%mask) version 20 {end = 2 : i64, start = 1 : i64} : (tensor<?x?xi64>) -> !onnx.value
  %c0 = onnx.constant dense<[4]> : tensor<1xi64>
  %c1 = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %v2 = onnx.node "Concat"(%v0, %v1, %c0) version 20 {axis = 0 : i64} : (!onnx.value, !onnx.value, tensor<1xi64>) -> !onnx.value
  %v3 = onnx.node "Concat"(%v0, %v1, %c0) version 20 {axis = 0 : i64} : (!onnx.value, !onnx.value, tensor<1xi64>) -> !onnx.value
  %v4 = onnx.node "Reshape"(%h, %v2) version 20 {} : (tensor<?x?x4xf32>, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Reshape"(%v4, %c1) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %v6 = onnx.node "Reshape"(%other, %v3) version 20 {} : (tensor<?x?x4xf32>, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Reshape"(%v6, %c1) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v8 = onnx.node "MatMul"(%v5, %router) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v9 = onnx.node "Softmax"(%v8) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[2]> : tensor<1xi64>
  %v10_0, %v10_1 = onnx.node "TopK"(%v9, %c2) version 20 name "/same/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c3 = onnx.constant dense<0.0> : tensor<f32>
  %v11 = onnx.node "MatMul"(%v7, %router) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v12 = onnx.node "Shape"(%v11) version 20 {} : (!onnx.value) -> !onnx.value
  %v13 = onnx.node "Expand"(%c3, %v12) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v14 = onnx.node "ScatterElements"(%v13, %v10_1, %v10_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c4 = onnx.constant dense<[0]> : tensor<1xi64>
  %c5 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v15 = onnx.node "Unsqueeze"(%v5, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v15, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v17 = onnx.node "Relu"(%v16) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "MatMul"(%v17, %down) version 20 {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v19 = onnx.node "Transpose"(%v14) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %v20 = onnx.node "Unsqueeze"(%v19, %c5) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "Mul"(%v18, %v20) version 20 name "/same/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "ReduceSum"(%v21, %c4) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v22) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The same sizes in another order may be the same number of tokens, but are not the same tokens.
// CHECK-LABEL: @turned(
// CHECK-NOT: moe.combine
func.func @turned(%ids: tensor<?x?xi64>, %mask: tensor<?x?xi64>, %h: tensor<?x?x4xf32>, %other: tensor<?x?x4xf32>) -> tensor<?x4xf32> {
  %v0 = onnx.node "Shape"(%ids) version 20 {end = 1 : i64, start = 0 : i64} : (tensor<?x?xi64>) -> !onnx.value
  %v1 = onnx.node "Shape"(%mask) version 20 {end = 2 : i64, start = 1 : i64} : (tensor<?x?xi64>) -> !onnx.value
  %c0 = onnx.constant dense<[4]> : tensor<1xi64>
  %c1 = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %v2 = onnx.node "Concat"(%v0, %v1, %c0) version 20 {axis = 0 : i64} : (!onnx.value, !onnx.value, tensor<1xi64>) -> !onnx.value
  %v3 = onnx.node "Concat"(%v1, %v0, %c0) version 20 {axis = 0 : i64} : (!onnx.value, !onnx.value, tensor<1xi64>) -> !onnx.value
  %v4 = onnx.node "Reshape"(%h, %v2) version 20 {} : (tensor<?x?x4xf32>, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Reshape"(%v4, %c1) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %v6 = onnx.node "Reshape"(%other, %v3) version 20 {} : (tensor<?x?x4xf32>, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Reshape"(%v6, %c1) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v8 = onnx.node "MatMul"(%v5, %router) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v9 = onnx.node "Softmax"(%v8) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[2]> : tensor<1xi64>
  %v10_0, %v10_1 = onnx.node "TopK"(%v9, %c2) version 20 name "/turned/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c3 = onnx.constant dense<0.0> : tensor<f32>
  %v11 = onnx.node "MatMul"(%v7, %router) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v12 = onnx.node "Shape"(%v11) version 20 {} : (!onnx.value) -> !onnx.value
  %v13 = onnx.node "Expand"(%c3, %v12) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v14 = onnx.node "ScatterElements"(%v13, %v10_1, %v10_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c4 = onnx.constant dense<[0]> : tensor<1xi64>
  %c5 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v15 = onnx.node "Unsqueeze"(%v5, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v15, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v17 = onnx.node "Relu"(%v16) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "MatMul"(%v17, %down) version 20 {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v19 = onnx.node "Transpose"(%v14) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %v20 = onnx.node "Unsqueeze"(%v19, %c5) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "Mul"(%v18, %v20) version 20 name "/turned/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "ReduceSum"(%v21, %c4) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v22) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
