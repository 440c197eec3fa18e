// RUN: moe-opt %s --onnx-infer-types --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --implicit-check-not=moe.combine

// Nearly gathered experts: each differs from a layer in one thing, and stays as it is.

// The second weight is of the experts of another choice.
// CHECK: not raised: node '/moe/down/Gather' (Gather) does not depend on the rows
func.func @other_ids(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %router2 = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v3 = onnx.node "MatMul"(%x, %router2) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v4 = onnx.node "Softmax"(%v3) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v5_0, %v5_1 = onnx.node "TopK"(%v4, %c0) version 20 name "/moe/TopK2" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c1 = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %v6 = onnx.node "Unsqueeze"(%x, %c1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> !onnx.value
  %v7 = onnx.node "Gather"(%up, %v2_1) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v8 = onnx.node "MatMul"(%v6, %v7) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v9 = onnx.node "Relu"(%v8) version 20 {} : (!onnx.value) -> !onnx.value
  %v10 = onnx.node "Gather"(%down, %v5_1) version 20 name "/moe/down/Gather" {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v11 = onnx.node "MatMul"(%v9, %v10) version 20 name "/moe/down/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v12 = onnx.node "Squeeze"(%v11, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v13 = onnx.node "Unsqueeze"(%v2_0, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v14 = onnx.node "Mul"(%v12, %v13) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<[1]> : tensor<1xi64>
  %v15 = onnx.node "ReduceSum"(%v14, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v15) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Each slot weighted by the other's number.
// CHECK: not raised: node '/moe/TopK' (TopK) chooses by score, but no pattern knows
func.func @swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c1 = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %v3 = onnx.node "Unsqueeze"(%x, %c1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> !onnx.value
  %v4 = onnx.node "Gather"(%up, %v2_1) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v5 = onnx.node "MatMul"(%v3, %v4) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v6 = onnx.node "Relu"(%v5) version 20 {} : (!onnx.value) -> !onnx.value
  %v7 = onnx.node "Gather"(%down, %v2_1) version 20 name "/moe/down/Gather" {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v8 = onnx.node "MatMul"(%v6, %v7) version 20 name "/moe/down/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v9 = onnx.node "Squeeze"(%v8, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v10_0, %v10_1 = onnx.node "Split"(%v2_0) version 20 {axis = 1 : i64, num_outputs = 2 : i64} : (!onnx.value) -> (!onnx.value, !onnx.value)
  %v11 = onnx.node "Concat"(%v10_1, %v10_0) version 20 name "/moe/swap" {axis = 1 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v12 = onnx.node "Unsqueeze"(%v11, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v13 = onnx.node "Mul"(%v9, %v12) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<[1]> : tensor<1xi64>
  %v14 = onnx.node "ReduceSum"(%v13, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v14) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The last expert is taken for the one before.
// CHECK: not raised: node Gather does not depend on the rows
func.func @clipped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<0> : tensor<i64>
  %c2 = onnx.constant dense<1> : tensor<i64>
  %v3 = onnx.node "Clip"(%v2_1, %c1, %c2) version 20 name "/moe/Clip" {} : (!onnx.value, tensor<i64>, tensor<i64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c3 = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %v4 = onnx.node "Unsqueeze"(%x, %c3) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> !onnx.value
  %v5 = onnx.node "Gather"(%up, %v3) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v6 = onnx.node "MatMul"(%v4, %v5) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Relu"(%v6) version 20 {} : (!onnx.value) -> !onnx.value
  %v8 = onnx.node "Gather"(%down, %v3) version 20 name "/moe/down/Gather" {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v9 = onnx.node "MatMul"(%v7, %v8) version 20 name "/moe/down/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "Squeeze"(%v9, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c4 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v11 = onnx.node "Unsqueeze"(%v2_0, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "Mul"(%v10, %v11) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<[1]> : tensor<1xi64>
  %v13 = onnx.node "ReduceSum"(%v12, %c5) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v13) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The rows are no tokens.
// CHECK: not raised: node MatMul is no product of rows and a matrix of their expert
func.func @other_rows(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c1 = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %v3 = onnx.node "Unsqueeze"(%x, %c1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> !onnx.value
  %v4 = onnx.node "Transpose"(%x) version 20 name "/moe/Transpose" {perm = array<i64: 1, 0>} : (tensor<?x4xf32>) -> !onnx.value
  %v5 = onnx.node "Unsqueeze"(%v4, %c1) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %v6 = onnx.node "Gather"(%up, %v2_1) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v7 = onnx.node "MatMul"(%v5, %v6) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v8 = onnx.node "Relu"(%v7) version 20 {} : (!onnx.value) -> !onnx.value
  %v9 = onnx.node "Gather"(%down, %v2_1) version 20 name "/moe/down/Gather" {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v10 = onnx.node "MatMul"(%v8, %v9) version 20 name "/moe/down/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v11 = onnx.node "Squeeze"(%v10, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v12 = onnx.node "Unsqueeze"(%v2_0, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v13 = onnx.node "Mul"(%v11, %v12) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<[1]> : tensor<1xi64>
  %v14 = onnx.node "ReduceSum"(%v13, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v14) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A sum over the tokens.
// CHECK: not raised: node '/moe/TopK' (TopK) chooses by score, but no pattern knows
func.func @over_tokens(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c1 = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %v3 = onnx.node "Unsqueeze"(%x, %c1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> !onnx.value
  %v4 = onnx.node "Gather"(%up, %v2_1) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v5 = onnx.node "MatMul"(%v3, %v4) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v6 = onnx.node "Relu"(%v5) version 20 {} : (!onnx.value) -> !onnx.value
  %v7 = onnx.node "Gather"(%down, %v2_1) version 20 name "/moe/down/Gather" {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v8 = onnx.node "MatMul"(%v6, %v7) version 20 name "/moe/down/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v9 = onnx.node "Squeeze"(%v8, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v10 = onnx.node "Unsqueeze"(%v2_0, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v11 = onnx.node "Mul"(%v9, %v10) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v12 = onnx.node "ReduceSum"(%v11, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v12) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A choice may lie beyond the last weight.
// CHECK: not raised: node '/moe/down/Gather' (Gather) does not depend on the rows
func.func @fewer(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %down2 = moe.weight [#moe.piece<"w" at 2000 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %c1 = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %v3 = onnx.node "Unsqueeze"(%x, %c1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> !onnx.value
  %v4 = onnx.node "Gather"(%up, %v2_1) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v5 = onnx.node "MatMul"(%v3, %v4) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v6 = onnx.node "Relu"(%v5) version 20 {} : (!onnx.value) -> !onnx.value
  %v7 = onnx.node "Gather"(%down2, %v2_1) version 20 name "/moe/down/Gather" {axis = 0 : i64} : (tensor<2x6x4xf32>, !onnx.value) -> !onnx.value
  %v8 = onnx.node "MatMul"(%v6, %v7) version 20 name "/moe/down/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v9 = onnx.node "Squeeze"(%v8, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v10 = onnx.node "Unsqueeze"(%v2_0, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v11 = onnx.node "Mul"(%v9, %v10) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<[1]> : tensor<1xi64>
  %v12 = onnx.node "ReduceSum"(%v11, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v12) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Both slots take the first one's experts.
// CHECK: not raised: node '/moe/Mul_1' (Mul) weights what is computed from other tokens or another slot's experts
func.func @slot_of_other(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %c1 = onnx.constant dense<0> : tensor<i64>
  %v3 = onnx.node "Gather"(%v2_1, %c1) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v4 = onnx.node "Gather"(%up, %v3) version 20 {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v5 = onnx.node "Unsqueeze"(%x, %c2) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v6 = onnx.node "MatMul"(%v4, %v5) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Relu"(%v6) version 20 {} : (!onnx.value) -> !onnx.value
  %v8 = onnx.node "Gather"(%down, %v3) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v9 = onnx.node "MatMul"(%v8, %v7) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "Squeeze"(%v9, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v11 = onnx.node "Gather"(%v2_0, %c3) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "Mul"(%v10, %v11) version 20 name "/moe/Mul_0" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "Gather"(%v2_1, %c1) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v14 = onnx.node "Gather"(%up, %v13) version 20 {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v15 = onnx.node "Unsqueeze"(%x, %c2) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v14, %v15) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Relu"(%v16) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "Gather"(%down, %v13) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v19 = onnx.node "MatMul"(%v18, %v17) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Squeeze"(%v19, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c4 = onnx.constant dense<[1]> : tensor<1xi64>
  %v21 = onnx.node "Gather"(%v2_0, %c4) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v22 = onnx.node "Mul"(%v20, %v21) version 20 name "/moe/Mul_1" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v23 = onnx.node "Add"(%v12, %v22) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v23) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The first slot twice, and never the second.
// CHECK: not raised: node '/moe/Mul_1' (Mul) adds slot 0 to a sum that has it
func.func @slot_twice(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %c1 = onnx.constant dense<0> : tensor<i64>
  %v3 = onnx.node "Gather"(%v2_1, %c1) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v4 = onnx.node "Gather"(%up, %v3) version 20 {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v5 = onnx.node "Unsqueeze"(%x, %c2) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v6 = onnx.node "MatMul"(%v4, %v5) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Relu"(%v6) version 20 {} : (!onnx.value) -> !onnx.value
  %v8 = onnx.node "Gather"(%down, %v3) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v9 = onnx.node "MatMul"(%v8, %v7) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "Squeeze"(%v9, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v11 = onnx.node "Gather"(%v2_0, %c3) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "Mul"(%v10, %v11) version 20 name "/moe/Mul_0" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "Gather"(%v2_1, %c1) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v14 = onnx.node "Gather"(%up, %v13) version 20 {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v15 = onnx.node "Unsqueeze"(%x, %c2) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v14, %v15) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Relu"(%v16) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "Gather"(%down, %v13) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v19 = onnx.node "MatMul"(%v18, %v17) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Squeeze"(%v19, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "Gather"(%v2_0, %c3) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v22 = onnx.node "Mul"(%v20, %v21) version 20 name "/moe/Mul_1" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v23 = onnx.node "Add"(%v12, %v22) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v23) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// All tokens, then all tokens again: rows meet experts of other tokens.
// CHECK: not raised: node '/moe/up/MatMul' (MatMul) is no product of rows and a matrix of their expert
func.func @tiled_whole(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %c1 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v3 = onnx.node "Reshape"(%v2_1, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c2 = onnx.constant dense<[2, 1]> : tensor<2xi64>
  %v4 = onnx.node "Tile"(%x, %c2) version 20 name "/moe/Tile" {} : (tensor<?x4xf32>, tensor<2xi64>) -> !onnx.value
  %v5 = onnx.node "Unsqueeze"(%v3, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v6 = onnx.node "GatherND"(%up, %v5) version 20 {} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Unsqueeze"(%v4, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v8 = onnx.node "MatMul"(%v6, %v7) version 20 name "/moe/up/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v9 = onnx.node "Squeeze"(%v8, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v10 = onnx.node "Relu"(%v9) version 20 {} : (!onnx.value) -> !onnx.value
  %v11 = onnx.node "GatherND"(%down, %v5) version 20 {} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v12 = onnx.node "Unsqueeze"(%v10, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v13 = onnx.node "MatMul"(%v11, %v12) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "Squeeze"(%v13, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v15 = onnx.node "Reshape"(%v2_0, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "Unsqueeze"(%v15, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v17 = onnx.node "Mul"(%v14, %v16) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %v18 = onnx.node "Reshape"(%v17, %c3) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %c4 = onnx.constant dense<[1]> : tensor<1xi64>
  %v19 = onnx.node "ReduceSum"(%v18, %c4) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v19) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The same by numbers.
// CHECK: not raised: node '/moe/up/MatMul' (MatMul) is no product of rows and a matrix of their expert
func.func @across(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %c1 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v3 = onnx.node "Reshape"(%v2_1, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v4 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> !onnx.value
  %c2 = onnx.constant dense<0> : tensor<i64>
  %v5 = onnx.node "Gather"(%v4, %c2) version 20 {axis = 0 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %c3 = onnx.constant dense<1> : tensor<i64>
  %v6 = onnx.node "Range"(%c2, %v5, %c3) version 20 {} : (tensor<i64>, !onnx.value, tensor<i64>) -> !onnx.value
  %c4 = onnx.constant dense<[0]> : tensor<1xi64>
  %v7 = onnx.node "Unsqueeze"(%v6, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c5 = onnx.constant dense<[2, 1]> : tensor<2xi64>
  %v8 = onnx.node "Expand"(%v7, %c5) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %v9 = onnx.node "Reshape"(%v8, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v10 = onnx.node "Gather"(%x, %v9) version 20 name "/moe/rows" {axis = 0 : i64} : (tensor<?x4xf32>, !onnx.value) -> !onnx.value
  %v11 = onnx.node "Unsqueeze"(%v3, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "GatherND"(%up, %v11) version 20 {} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v13 = onnx.node "Unsqueeze"(%v10, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v14 = onnx.node "MatMul"(%v12, %v13) version 20 name "/moe/up/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v15 = onnx.node "Squeeze"(%v14, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "Relu"(%v15) version 20 {} : (!onnx.value) -> !onnx.value
  %v17 = onnx.node "GatherND"(%down, %v11) version 20 {} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v18 = onnx.node "Unsqueeze"(%v16, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v19 = onnx.node "MatMul"(%v17, %v18) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Squeeze"(%v19, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "Reshape"(%v2_0, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v22 = onnx.node "Unsqueeze"(%v21, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v23 = onnx.node "Mul"(%v20, %v22) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c6 = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %v24 = onnx.node "Reshape"(%v23, %c6) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %c7 = onnx.constant dense<[1]> : tensor<1xi64>
  %v25 = onnx.node "ReduceSum"(%v24, %c7) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v25) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
