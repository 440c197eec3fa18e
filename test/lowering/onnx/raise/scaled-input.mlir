// RUN: moe-opt %s --onnx-infer-types --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s

// Experts whose input is weighted: legal where zeros stay zeros and a token has one choice.

// CHECK: raised dense: 3 experts, top 1
// CHECK: not raised: node '/moe/Mul' (Mul) weights the input of experts that may make something of zeros
// CHECK: not raised: node '/moe/Mul' (Mul) weights the input of experts that may make something of zeros
// CHECK: not raised: node '/moe/TopK' (TopK) chooses by score, but no pattern knows

// CHECK-LABEL: @weighted(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
// CHECK: %[[WEIGHTS:.*]] = onnx.node "Sigmoid"
// CHECK: %[[ROWS:.*]] = onnx.node "Mul"(%[[X]], %[[WEIGHTS]])
// CHECK: %[[ONES:.*]] = onnx.node "ConstantOfShape"
// CHECK: moe.dispatch %[[ROWS]]
// CHECK: moe.combine %{{.*}}, %{{.*}}, %[[ONES]]
func.func @weighted(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %c0 = onnx.constant dense<[1]> : tensor<1xi64>
  %v1_0, %v1_1 = onnx.node "TopK"(%v0, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<0xFF800000> : tensor<f32>
  %v2 = onnx.node "Shape"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v3 = onnx.node "Expand"(%c1, %v2) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v4 = onnx.node "ScatterElements"(%v3, %v1_1, %v1_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Sigmoid"(%v4) version 20 {} : (!onnx.value) -> !onnx.value
  %v6 = onnx.node "Transpose"(%v5) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v7 = onnx.node "Unsqueeze"(%v6, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v8 = onnx.node "Unsqueeze"(%x, %c3) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v9 = onnx.node "Mul"(%v8, %v7) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "MatMul"(%v9, %up) version 20 {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %v11 = onnx.node "Relu"(%v10) version 20 {} : (!onnx.value) -> !onnx.value
  %v12 = onnx.node "MatMul"(%v11, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %v13 = onnx.node "ReduceSum"(%v12, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v13) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A bias makes something of zeros.
// CHECK-LABEL: @bias(
// CHECK-NOT: moe.combine
func.func @bias(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %c0 = onnx.constant dense<[1]> : tensor<1xi64>
  %v1_0, %v1_1 = onnx.node "TopK"(%v0, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<0xFF800000> : tensor<f32>
  %v2 = onnx.node "Shape"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v3 = onnx.node "Expand"(%c1, %v2) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v4 = onnx.node "ScatterElements"(%v3, %v1_1, %v1_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Sigmoid"(%v4) version 20 {} : (!onnx.value) -> !onnx.value
  %v6 = onnx.node "Transpose"(%v5) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v7 = onnx.node "Unsqueeze"(%v6, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v8 = onnx.node "Unsqueeze"(%x, %c3) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v9 = onnx.node "Mul"(%v8, %v7) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "MatMul"(%v9, %up) version 20 {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %bias = moe.weight [#moe.piece<"w" at 4000 shape [3, 1, 6] strides [6, 6, 1]>] : tensor<3x1x6xf32>
  %v11 = onnx.node "Add"(%v10, %bias) version 20 {} : (!onnx.value, tensor<3x1x6xf32>) -> !onnx.value
  %v12 = onnx.node "Relu"(%v11) version 20 {} : (!onnx.value) -> !onnx.value
  %v13 = onnx.node "MatMul"(%v12, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %v14 = onnx.node "ReduceSum"(%v13, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v14) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// So does sigmoid.
// CHECK-LABEL: @activation(
// CHECK-NOT: moe.combine
func.func @activation(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %c0 = onnx.constant dense<[1]> : tensor<1xi64>
  %v1_0, %v1_1 = onnx.node "TopK"(%v0, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<0xFF800000> : tensor<f32>
  %v2 = onnx.node "Shape"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v3 = onnx.node "Expand"(%c1, %v2) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v4 = onnx.node "ScatterElements"(%v3, %v1_1, %v1_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Sigmoid"(%v4) version 20 {} : (!onnx.value) -> !onnx.value
  %v6 = onnx.node "Transpose"(%v5) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v7 = onnx.node "Unsqueeze"(%v6, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v8 = onnx.node "Unsqueeze"(%x, %c3) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v9 = onnx.node "Mul"(%v8, %v7) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "MatMul"(%v9, %up) version 20 {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %v11 = onnx.node "Sigmoid"(%v10) version 20 {} : (!onnx.value) -> !onnx.value
  %v12 = onnx.node "MatMul"(%v11, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %v13 = onnx.node "ReduceSum"(%v12, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v13) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Two experts of one token would need it weighted in two ways.
// CHECK-LABEL: @two_choices(
// CHECK-NOT: moe.combine
func.func @two_choices(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v1_0, %v1_1 = onnx.node "TopK"(%v0, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<0xFF800000> : tensor<f32>
  %v2 = onnx.node "Shape"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v3 = onnx.node "Expand"(%c1, %v2) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v4 = onnx.node "ScatterElements"(%v3, %v1_1, %v1_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Sigmoid"(%v4) version 20 {} : (!onnx.value) -> !onnx.value
  %v6 = onnx.node "Transpose"(%v5) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v7 = onnx.node "Unsqueeze"(%v6, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v8 = onnx.node "Unsqueeze"(%x, %c3) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v9 = onnx.node "Mul"(%v8, %v7) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "MatMul"(%v9, %up) version 20 {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %v11 = onnx.node "Relu"(%v10) version 20 {} : (!onnx.value) -> !onnx.value
  %v12 = onnx.node "MatMul"(%v11, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %v13 = onnx.node "ReduceSum"(%v12, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v13) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
