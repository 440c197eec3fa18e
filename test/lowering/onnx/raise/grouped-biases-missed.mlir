// RUN: moe-opt %s --onnx-infer-types --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --implicit-check-not=moe.combine

// Two experts share a bias, and another has that of none of its own.
// CHECK: remark: {{.*}}not raised: node '/of_others/bias' (GatherND) is no part of an expert's body
func.func @of_others(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v1_0, %v1_1 = onnx.node "TopK"(%v0, %c0) version 20 name "/of_others/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v2 = onnx.node "Softmax"(%v1_0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c1 = onnx.constant dense<[-1]> : tensor<1xi64>
  %c2 = onnx.constant dense<[0]> : tensor<1xi64>
  %v3 = onnx.node "Reshape"(%v1_1, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v4 = onnx.node "Shape"(%v3) version 20 {} : (!onnx.value) -> !onnx.value
  %v5_0, %v5_1 = onnx.node "TopK"(%v3, %v4) version 20 {axis = -1 : i64, largest = 0 : i64} : (!onnx.value, !onnx.value) -> (!onnx.value, !onnx.value)
  %c3 = onnx.constant dense<2> : tensor<i64>
  %v6 = onnx.node "Div"(%v5_1, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v7 = onnx.node "Unsqueeze"(%v6, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v8 = onnx.node "GatherND"(%x, %v7) version 20 {} : (tensor<?x4xf32>, !onnx.value) -> !onnx.value
  %c4 = onnx.constant dense<3> : tensor<i64>
  %c5 = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %v9 = onnx.node "OneHot"(%v3, %c4, %c5) version 20 {axis = -1 : i64} : (!onnx.value, tensor<i64>, tensor<2xi64>) -> !onnx.value
  %v10 = onnx.node "ReduceSum"(%v9, %c2) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c6 = onnx.constant dense<0> : tensor<i64>
  %v11 = onnx.node "CumSum"(%v10, %c6) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v12_0, %v12_1, %v12_2 = onnx.node "Split"(%v11) version 20 {axis = 0 : i64, num_outputs = 3 : i64} : (!onnx.value) -> (!onnx.value, !onnx.value, !onnx.value)
  %v13 = onnx.node "Squeeze"(%v12_0, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v14 = onnx.node "Squeeze"(%v12_1, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v15 = onnx.node "Squeeze"(%v12_2, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c7 = onnx.constant dense<1> : tensor<i64>
  %v16 = onnx.node "Range"(%c6, %v13, %c7) version 20 {} : (tensor<i64>, !onnx.value, tensor<i64>) -> !onnx.value
  %v17 = onnx.node "Gather"(%v8, %v16) version 20 {axis = 0 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %w0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v18 = onnx.node "MatMul"(%v17, %w0) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v19 = onnx.node "Range"(%v13, %v14, %c7) version 20 {} : (!onnx.value, !onnx.value, tensor<i64>) -> !onnx.value
  %v20 = onnx.node "Gather"(%v8, %v19) version 20 {axis = 0 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %w1 = moe.weight [#moe.piece<"w" at 100 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v21 = onnx.node "MatMul"(%v20, %w1) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v22 = onnx.node "Range"(%v14, %v15, %c7) version 20 {} : (!onnx.value, !onnx.value, tensor<i64>) -> !onnx.value
  %v23 = onnx.node "Gather"(%v8, %v22) version 20 {axis = 0 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %w2 = moe.weight [#moe.piece<"w" at 200 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v24 = onnx.node "MatMul"(%v23, %w2) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v25 = onnx.node "Concat"(%v18, %v21, %v24) version 20 {axis = 0 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v26 = onnx.node "Div"(%v5_0, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %b = moe.weight [#moe.piece<"w" at 7000 shape [3, 4] strides [4, 1]>] : tensor<3x4xf32>
  %v27 = onnx.node "Unsqueeze"(%v26, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v28 = onnx.node "GatherND"(%b, %v27) version 20 name "/of_others/bias" {} : (tensor<3x4xf32>, !onnx.value) -> !onnx.value
  %v29 = onnx.node "Add"(%v25, %v28) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v30 = onnx.node "Reshape"(%v2, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v31 = onnx.node "Unsqueeze"(%v5_1, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v32 = onnx.node "GatherND"(%v30, %v31) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v33 = onnx.node "Unsqueeze"(%v32, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v34 = onnx.node "Mul"(%v29, %v33) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v35_0, %v35_1 = onnx.node "TopK"(%v5_1, %v4) version 20 {axis = -1 : i64, largest = 0 : i64} : (!onnx.value, !onnx.value) -> (!onnx.value, !onnx.value)
  %v36 = onnx.node "Gather"(%v34, %v35_1) version 20 {axis = 0 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %c8 = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %v37 = onnx.node "Reshape"(%v36, %c8) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %c9 = onnx.constant dense<[1]> : tensor<1xi64>
  %v38 = onnx.node "ReduceSum"(%v37, %c9) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v38) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
