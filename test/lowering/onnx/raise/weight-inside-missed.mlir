// RUN: moe-opt %s --onnx-infer-types --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --implicit-check-not=moe.combine

// Weights inside of experts that are not the weights of their outputs.

// A bias behind the product is not weighted.
// CHECK: remark: {{.*}}'/bias/TopK' (TopK)
func.func @bias(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/bias/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %gate = moe.weight [#moe.piece<"w" at 500 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c1 = onnx.constant dense<0.0> : tensor<f32>
  %v3 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v4 = onnx.node "Shape"(%v3) version 20 {} : (!onnx.value) -> !onnx.value
  %v5 = onnx.node "Expand"(%c1, %v4) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v6 = onnx.node "ScatterElements"(%v5, %v2_1, %v2_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Transpose"(%v6) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v8 = onnx.node "Unsqueeze"(%v7, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v9 = onnx.node "Unsqueeze"(%x, %c3) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v10 = onnx.node "MatMul"(%v9, %gate) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v11 = onnx.node "Sigmoid"(%v10) version 20 {} : (!onnx.value) -> !onnx.value
  %v12 = onnx.node "Mul"(%v11, %v8) version 20 name "/bias/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "MatMul"(%v9, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v14 = onnx.node "Mul"(%v12, %v13) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v15 = onnx.node "MatMul"(%v14, %down) version 20 name "/bias/down" {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %b = moe.weight [#moe.piece<"w" at 5000 shape [4, 1, 4] strides [4, 4, 1]>] : tensor<4x1x4xf32>
  %v16 = onnx.node "Add"(%v15, %b) version 20 name "/bias/bias" {} : (!onnx.value, tensor<4x1x4xf32>) -> !onnx.value
  %v17 = onnx.node "ReduceSum"(%v16, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v17) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// An activation between is not linear.
// CHECK: remark: {{.*}}'/relu/TopK' (TopK)
func.func @activation(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/relu/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %gate = moe.weight [#moe.piece<"w" at 500 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c1 = onnx.constant dense<0.0> : tensor<f32>
  %v3 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v4 = onnx.node "Shape"(%v3) version 20 {} : (!onnx.value) -> !onnx.value
  %v5 = onnx.node "Expand"(%c1, %v4) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v6 = onnx.node "ScatterElements"(%v5, %v2_1, %v2_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Transpose"(%v6) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v8 = onnx.node "Unsqueeze"(%v7, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v9 = onnx.node "Unsqueeze"(%x, %c3) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v10 = onnx.node "MatMul"(%v9, %gate) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v11 = onnx.node "Sigmoid"(%v10) version 20 {} : (!onnx.value) -> !onnx.value
  %v12 = onnx.node "Mul"(%v11, %v8) version 20 name "/relu/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "MatMul"(%v9, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v14 = onnx.node "Mul"(%v12, %v13) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v15 = onnx.node "Relu"(%v14) version 20 {} : (!onnx.value) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v15, %down) version 20 name "/relu/down" {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v17 = onnx.node "ReduceSum"(%v16, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v17) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
