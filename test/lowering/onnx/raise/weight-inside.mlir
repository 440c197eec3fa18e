// RUN: moe-opt %s --onnx-infer-types --moe-raise | FileCheck %s

// Routing weights before an expert's last product, which is linear.

// CHECK: moe.layers = [{experts = 4 : i64, form = "dense", gate = "softmax_topk", {{[^}]*}}name = "all", {{[^}]*}}}, {experts = 4 : i64, form = "dense", gate = "softmax_topk", {{[^}]*}}name = "each"

// All experts at once, weighted before the gate's product.
// CHECK-LABEL: @all_at_once(
// CHECK: moe.gate
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Sigmoid"
func.func @all_at_once(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/all/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
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
  %v12 = onnx.node "Mul"(%v11, %v8) version 20 name "/all/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "MatMul"(%v9, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v14 = onnx.node "Mul"(%v12, %v13) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v15 = onnx.node "MatMul"(%v14, %down) version 20 name "/all/down" {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v16 = onnx.node "ReduceSum"(%v15, %c3) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v16) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Expert by expert.
// CHECK-LABEL: @one_by_one(
// CHECK: moe.gate
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Relu"
func.func @one_by_one(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/each/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<[-1]> : tensor<1xi64>
  %c2 = onnx.constant dense<0> : tensor<i64>
  %v3 = onnx.node "Equal"(%v2_1, %c2) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v4 = onnx.node "Cast"(%v3) version 20 {to = 1 : i64} : (!onnx.value) -> !onnx.value
  %v5 = onnx.node "Mul"(%v4, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v6 = onnx.node "ReduceSum"(%v5, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up0 = moe.weight [#moe.piece<"w" at 0 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down0 = moe.weight [#moe.piece<"w" at 1000 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v7 = onnx.node "MatMul"(%x, %up0) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v8 = onnx.node "Relu"(%v7) version 20 {} : (!onnx.value) -> !onnx.value
  %v9 = onnx.node "Mul"(%v8, %v6) version 20 name "/each/0" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "Gemm"(%v9, %down0) version 20 {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %c3 = onnx.constant dense<1> : tensor<i64>
  %v11 = onnx.node "Equal"(%v2_1, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v12 = onnx.node "Cast"(%v11) version 20 {to = 1 : i64} : (!onnx.value) -> !onnx.value
  %v13 = onnx.node "Mul"(%v12, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "ReduceSum"(%v13, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up1 = moe.weight [#moe.piece<"w" at 100 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down1 = moe.weight [#moe.piece<"w" at 1100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v15 = onnx.node "MatMul"(%x, %up1) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v16 = onnx.node "Relu"(%v15) version 20 {} : (!onnx.value) -> !onnx.value
  %v17 = onnx.node "Mul"(%v16, %v14) version 20 name "/each/1" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v18 = onnx.node "Gemm"(%v17, %down1) version 20 {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v19 = onnx.node "Add"(%v10, %v18) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c4 = onnx.constant dense<2> : tensor<i64>
  %v20 = onnx.node "Equal"(%v2_1, %c4) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v21 = onnx.node "Cast"(%v20) version 20 {to = 1 : i64} : (!onnx.value) -> !onnx.value
  %v22 = onnx.node "Mul"(%v21, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v23 = onnx.node "ReduceSum"(%v22, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up2 = moe.weight [#moe.piece<"w" at 200 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down2 = moe.weight [#moe.piece<"w" at 1200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v24 = onnx.node "MatMul"(%x, %up2) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v25 = onnx.node "Relu"(%v24) version 20 {} : (!onnx.value) -> !onnx.value
  %v26 = onnx.node "Mul"(%v25, %v23) version 20 name "/each/2" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v27 = onnx.node "Gemm"(%v26, %down2) version 20 {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v28 = onnx.node "Add"(%v19, %v27) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<3> : tensor<i64>
  %v29 = onnx.node "Equal"(%v2_1, %c5) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v30 = onnx.node "Cast"(%v29) version 20 {to = 1 : i64} : (!onnx.value) -> !onnx.value
  %v31 = onnx.node "Mul"(%v30, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v32 = onnx.node "ReduceSum"(%v31, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up3 = moe.weight [#moe.piece<"w" at 300 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down3 = moe.weight [#moe.piece<"w" at 1300 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v33 = onnx.node "MatMul"(%x, %up3) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v34 = onnx.node "Relu"(%v33) version 20 {} : (!onnx.value) -> !onnx.value
  %v35 = onnx.node "Mul"(%v34, %v32) version 20 name "/each/3" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v36 = onnx.node "Gemm"(%v35, %down3) version 20 {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v37 = onnx.node "Add"(%v28, %v36) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v37) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
