// RUN: not moe-opt %s --onnx-infer-types --moe-raise 2>&1 | FileCheck %s
// RUN: moe-opt %s --onnx-infer-types --moe-raise=allow-missing-experts | FileCheck %s --check-prefix=TAKEN

// A dense graph that lacks an expert which tokens may be sent to is wrong for them.

// CHECK: error: node '/moe/TopK' (TopK): expert 2 of 3 never appears, but the router can choose it; the file computes wrong results for such tokens: export with an input that reaches every expert, or take the file as it is with --allow-missing-experts
// TAKEN-LABEL: @two_of_three(
// TAKEN-NOT: moe.gate
// TAKEN: onnx.node "Relu"
func.func @two_of_three(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<0> : tensor<i64>
  %v3 = onnx.node "Equal"(%v2_1, %c1) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v4 = onnx.node "CastLike"(%v3, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Mul"(%v4, %v2_0) version 20 name "/moe/0/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v6 = onnx.node "ReduceSum"(%v5, %c2) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up0 = moe.weight [#moe.piece<"w" at 0 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down0 = moe.weight [#moe.piece<"w" at 1000 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v7 = onnx.node "MatMul"(%x, %up0) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v8 = onnx.node "Relu"(%v7) version 20 {} : (!onnx.value) -> !onnx.value
  %v9 = onnx.node "MatMul"(%v8, %down0) version 20 name "/moe/0/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v10 = onnx.node "Mul"(%v9, %v6) version 20 name "/moe/0/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<1> : tensor<i64>
  %v11 = onnx.node "Equal"(%v2_1, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v12 = onnx.node "CastLike"(%v11, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "Mul"(%v12, %v2_0) version 20 name "/moe/1/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "ReduceSum"(%v13, %c2) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up1 = moe.weight [#moe.piece<"w" at 100 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down1 = moe.weight [#moe.piece<"w" at 1100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v15 = onnx.node "MatMul"(%x, %up1) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v16 = onnx.node "Relu"(%v15) version 20 {} : (!onnx.value) -> !onnx.value
  %v17 = onnx.node "MatMul"(%v16, %down1) version 20 name "/moe/1/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v18 = onnx.node "Mul"(%v17, %v14) version 20 name "/moe/1/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v19 = onnx.node "Add"(%v10, %v18) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v19) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
