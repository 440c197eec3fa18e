// RUN: moe-opt %s --onnx-infer-types --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --implicit-check-not=moe.combine

// Rounds and slots that are not one choice of two.

// What replaces the first expert's score may be more than another's.
// CHECK: remark: {{.*}}'/filled/TopK_0' (TopK) chooses by score, but no pattern knows what follows from the choice
func.func @not_left_out(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = onnx.constant dense<0xFF800000> : tensor<f32>
  %c1 = onnx.constant dense<[-1]> : tensor<1xi64>
  %c2 = onnx.constant dense<[1]> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %c3 = onnx.constant dense<4> : tensor<i64>
  %c4 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %v1 = onnx.node "ReduceMax"(%v0, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v2 = onnx.node "Sub"(%v1, %v0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v3 = onnx.node "Abs"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v4 = onnx.node "Max"(%v3, %v1) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Div"(%v2, %v4) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<0.02> : tensor<f32>
  %v6 = onnx.node "Greater"(%v5, %c5) version 20 {} : (!onnx.value, tensor<f32>) -> !onnx.value
  %v7 = onnx.node "Where"(%v6, %c0, %v0) version 20 {} : (!onnx.value, tensor<f32>, !onnx.value) -> !onnx.value
  %v8 = onnx.node "Softmax"(%v7) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v9_0, %v9_1 = onnx.node "TopK"(%v0, %c2) version 20 name "/filled/TopK_0" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v10 = onnx.node "OneHot"(%v9_1, %c3, %c4) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v11 = onnx.node "Squeeze"(%v10, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "Mul"(%v11, %v8) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c6 = onnx.constant dense<0.0> : tensor<f32>
  %c7 = onnx.constant dense<5.0e-01> : tensor<f32>
  %v13 = onnx.node "Greater"(%v11, %c7) version 20 {} : (!onnx.value, tensor<f32>) -> !onnx.value
  %v14 = onnx.node "Where"(%v13, %c6, %v0) version 20 {} : (!onnx.value, tensor<f32>, !onnx.value) -> !onnx.value
  %v15 = onnx.node "ReduceMax"(%v14, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "Sub"(%v15, %v0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Abs"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "Max"(%v17, %v15) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v19 = onnx.node "Div"(%v16, %v18) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Greater"(%v19, %c5) version 20 {} : (!onnx.value, tensor<f32>) -> !onnx.value
  %v21 = onnx.node "Where"(%v20, %c0, %v14) version 20 {} : (!onnx.value, tensor<f32>, !onnx.value) -> !onnx.value
  %v22 = onnx.node "Softmax"(%v21) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v23_0, %v23_1 = onnx.node "TopK"(%v14, %c2) version 20 name "/filled/TopK_1" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v24 = onnx.node "OneHot"(%v23_1, %c3, %c4) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v25 = onnx.node "Squeeze"(%v24, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v26 = onnx.node "Mul"(%v25, %v22) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v27 = onnx.node "Add"(%v12, %v26) version 20 name "/filled/Add" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c8 = onnx.constant dense<[0]> : tensor<1xi64>
  %v28 = onnx.node "Unsqueeze"(%x, %c8) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v29 = onnx.node "MatMul"(%v28, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v30 = onnx.node "Relu"(%v29) version 20 {} : (!onnx.value) -> !onnx.value
  %v31 = onnx.node "MatMul"(%v30, %down) version 20 {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v32 = onnx.node "Transpose"(%v27) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %v33 = onnx.node "Unsqueeze"(%v32, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v34 = onnx.node "Mul"(%v31, %v33) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v35 = onnx.node "ReduceSum"(%v34, %c8) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v35) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The second weight is that of the first round's expert.
// CHECK: remark: {{.*}}'/other/TopK_0' (TopK) chooses by score
func.func @other_round(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = onnx.constant dense<0xFF800000> : tensor<f32>
  %c1 = onnx.constant dense<[-1]> : tensor<1xi64>
  %c2 = onnx.constant dense<[1]> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %c3 = onnx.constant dense<4> : tensor<i64>
  %c4 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %v1 = onnx.node "ReduceMax"(%v0, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v2 = onnx.node "Sub"(%v1, %v0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v3 = onnx.node "Abs"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v4 = onnx.node "Max"(%v3, %v1) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Div"(%v2, %v4) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<0.02> : tensor<f32>
  %v6 = onnx.node "Greater"(%v5, %c5) version 20 {} : (!onnx.value, tensor<f32>) -> !onnx.value
  %v7 = onnx.node "Where"(%v6, %c0, %v0) version 20 {} : (!onnx.value, tensor<f32>, !onnx.value) -> !onnx.value
  %v8 = onnx.node "Softmax"(%v7) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v9_0, %v9_1 = onnx.node "TopK"(%v0, %c2) version 20 name "/other/TopK_0" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v10 = onnx.node "OneHot"(%v9_1, %c3, %c4) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v11 = onnx.node "Squeeze"(%v10, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "Mul"(%v11, %v8) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c6 = onnx.constant dense<5.0e-01> : tensor<f32>
  %v13 = onnx.node "Greater"(%v11, %c6) version 20 {} : (!onnx.value, tensor<f32>) -> !onnx.value
  %v14 = onnx.node "Where"(%v13, %c0, %v0) version 20 {} : (!onnx.value, tensor<f32>, !onnx.value) -> !onnx.value
  %v15 = onnx.node "ReduceMax"(%v14, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "Sub"(%v15, %v0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Abs"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "Max"(%v17, %v15) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v19 = onnx.node "Div"(%v16, %v18) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Greater"(%v19, %c5) version 20 {} : (!onnx.value, tensor<f32>) -> !onnx.value
  %v21 = onnx.node "Where"(%v20, %c0, %v14) version 20 {} : (!onnx.value, tensor<f32>, !onnx.value) -> !onnx.value
  %v22 = onnx.node "Softmax"(%v21) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v23_0, %v23_1 = onnx.node "TopK"(%v14, %c2) version 20 name "/other/TopK_1" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v24 = onnx.node "OneHot"(%v23_1, %c3, %c4) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v25 = onnx.node "Squeeze"(%v24, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v26 = onnx.node "Mul"(%v11, %v22) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v27 = onnx.node "Add"(%v12, %v26) version 20 name "/other/Add" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c7 = onnx.constant dense<[0]> : tensor<1xi64>
  %v28 = onnx.node "Unsqueeze"(%x, %c7) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v29 = onnx.node "MatMul"(%v28, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v30 = onnx.node "Relu"(%v29) version 20 {} : (!onnx.value) -> !onnx.value
  %v31 = onnx.node "MatMul"(%v30, %down) version 20 {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v32 = onnx.node "Transpose"(%v27) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %v33 = onnx.node "Unsqueeze"(%v32, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v34 = onnx.node "Mul"(%v31, %v33) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v35 = onnx.node "ReduceSum"(%v34, %c7) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v35) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The first slot is added twice, the second never.
// CHECK: remark: {{.*}}'/twice/TopK' (TopK) chooses by score
func.func @same_slot_twice(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/twice/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<4> : tensor<i64>
  %c2 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c3 = onnx.constant dense<[1]> : tensor<1xi64>
  %c4 = onnx.constant dense<[0]> : tensor<1xi64>
  %v3 = onnx.node "Gather"(%v2_0, %c4) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v4 = onnx.node "Gather"(%v2_0, %c3) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v5 = onnx.node "Add"(%v3, %v4) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<0> : tensor<i64>
  %v6 = onnx.node "Gather"(%v2_1, %c5) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v7 = onnx.node "OneHot"(%v6, %c1, %c2) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v8 = onnx.node "Div"(%v3, %v5) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v9 = onnx.node "Mul"(%v7, %v8) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "Gather"(%v2_1, %c5) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v11 = onnx.node "OneHot"(%v10, %c1, %c2) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v12 = onnx.node "Div"(%v4, %v5) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "Mul"(%v11, %v12) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "Add"(%v9, %v13) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c6 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v15 = onnx.node "Unsqueeze"(%x, %c4) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v15, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v17 = onnx.node "Relu"(%v16) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "MatMul"(%v17, %down) version 20 {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v19 = onnx.node "Transpose"(%v14) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %v20 = onnx.node "Unsqueeze"(%v19, %c6) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "Mul"(%v18, %v20) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "ReduceSum"(%v21, %c4) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v22) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
