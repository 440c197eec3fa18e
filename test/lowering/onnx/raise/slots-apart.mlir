// RUN: moe-opt %s --onnx-infer-types --moe-raise | FileCheck %s

// Choices in rounds of the best one whose ids no node joins, and slots that a graph weights one by
// one: both rounds are one choice of two.

// CHECK: moe.layers = [{experts = 4 : i64, form = "dense", gate = "sparsemixer", hidden = 4 : i64, intermediate = 6 : i64, name = "added", {{[^}]*}}top_k = 2
// CHECK-SAME: {experts = 4 : i64, form = "dense", gate = "sparsemixer", {{[^}]*}}name = "half", {{[^}]*}}top_k = 2
// CHECK-SAME: {experts = 4 : i64, form = "dense", gate = "softmax_topk", {{[^}]*}}name = "scattered", {{[^}]*}}top_k = 2
// CHECK-SAME: {experts = 4 : i64, form = "batched", gate = "softmax_topk", {{[^}]*}}name = "apart", {{[^}]*}}top_k = 2 : i64}, {{[{]}}
// CHECK-SAME: experts = 4 : i64, form = "dense", gate = "given", {{[^}]*}}name = "slots", {{[^}]*}}top_k = 2
// CHECK-SAME: {experts = 4 : i64, form = "dense", gate = "softmax_topk", {{[^}]*}}name = "several", {{[^}]*}}top_k = 3
// CHECK-SAME: name = "little", {{[^}]*}}top_k = 1 : i64}, {{[^}]*}}name = "little_1", {{[^}]*}}top_k = 1 : i64}]

// CHECK-LABEL: @added(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
// CHECK: %[[WEIGHTS:.*]], %[[IDS:.*]] = moe.gate %{{.*}} <score = sparsemixer, k = 2
// CHECK: moe.dispatch %[[X]], %[[IDS]]
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Relu"
func.func @added(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %v9_0, %v9_1 = onnx.node "TopK"(%v0, %c2) version 20 name "/added/TopK_0" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
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
  %v23_0, %v23_1 = onnx.node "TopK"(%v14, %c2) version 20 name "/added/TopK_1" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v24 = onnx.node "OneHot"(%v23_1, %c3, %c4) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v25 = onnx.node "Squeeze"(%v24, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v26 = onnx.node "Mul"(%v25, %v22) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v27 = onnx.node "Add"(%v12, %v26) version 20 name "/added/Add" {} : (!onnx.value, !onnx.value) -> !onnx.value
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

// In half precision throughout.
// CHECK-LABEL: @half(
// CHECK: moe.gate {{.*}}sparsemixer
// CHECK-NOT: onnx.node "Relu"
func.func @half(%x: tensor<?x4xf16>) -> tensor<?x4xf16> {
  %c0 = onnx.constant dense<0xFC00> : tensor<f16>
  %c1 = onnx.constant dense<[-1]> : tensor<1xi64>
  %c2 = onnx.constant dense<[1]> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf16>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf16>, tensor<4x4xf16>) -> !onnx.value
  %c3 = onnx.constant dense<4> : tensor<i64>
  %c4 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf16>
  %v1 = onnx.node "ReduceMax"(%v0, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v2 = onnx.node "Sub"(%v1, %v0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v3 = onnx.node "Abs"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v4 = onnx.node "Max"(%v3, %v1) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Div"(%v2, %v4) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<0.02> : tensor<f16>
  %v6 = onnx.node "Greater"(%v5, %c5) version 20 {} : (!onnx.value, tensor<f16>) -> !onnx.value
  %v7 = onnx.node "Where"(%v6, %c0, %v0) version 20 {} : (!onnx.value, tensor<f16>, !onnx.value) -> !onnx.value
  %v8 = onnx.node "Softmax"(%v7) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v9_0, %v9_1 = onnx.node "TopK"(%v0, %c2) version 20 name "/half/TopK_0" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v10 = onnx.node "OneHot"(%v9_1, %c3, %c4) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf16>) -> !onnx.value
  %v11 = onnx.node "Squeeze"(%v10, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "Mul"(%v11, %v8) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c6 = onnx.constant dense<5.0e-01> : tensor<f16>
  %v13 = onnx.node "Greater"(%v11, %c6) version 20 {} : (!onnx.value, tensor<f16>) -> !onnx.value
  %v14 = onnx.node "Where"(%v13, %c0, %v0) version 20 {} : (!onnx.value, tensor<f16>, !onnx.value) -> !onnx.value
  %v15 = onnx.node "ReduceMax"(%v14, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "Sub"(%v15, %v0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Abs"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "Max"(%v17, %v15) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v19 = onnx.node "Div"(%v16, %v18) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Greater"(%v19, %c5) version 20 {} : (!onnx.value, tensor<f16>) -> !onnx.value
  %v21 = onnx.node "Where"(%v20, %c0, %v14) version 20 {} : (!onnx.value, tensor<f16>, !onnx.value) -> !onnx.value
  %v22 = onnx.node "Softmax"(%v21) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v23_0, %v23_1 = onnx.node "TopK"(%v14, %c2) version 20 name "/half/TopK_1" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v24 = onnx.node "OneHot"(%v23_1, %c3, %c4) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf16>) -> !onnx.value
  %v25 = onnx.node "Squeeze"(%v24, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v26 = onnx.node "Mul"(%v25, %v22) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v27 = onnx.node "Add"(%v12, %v26) version 20 name "/half/Add" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf16>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf16>
  %c7 = onnx.constant dense<[0]> : tensor<1xi64>
  %v28 = onnx.node "Unsqueeze"(%x, %c7) version 20 {} : (tensor<?x4xf16>, tensor<1xi64>) -> !onnx.value
  %v29 = onnx.node "MatMul"(%v28, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf16>) -> !onnx.value
  %v30 = onnx.node "Relu"(%v29) version 20 {} : (!onnx.value) -> !onnx.value
  %v31 = onnx.node "MatMul"(%v30, %down) version 20 {} : (!onnx.value, tensor<4x6x4xf16>) -> !onnx.value
  %v32 = onnx.node "Transpose"(%v27) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %v33 = onnx.node "Unsqueeze"(%v32, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v34 = onnx.node "Mul"(%v31, %v33) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v35 = onnx.node "ReduceSum"(%v34, %c7) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v35) version 20 {} : (!onnx.value) -> tensor<?x4xf16>
  return %y : tensor<?x4xf16>
}

// Each round scatters its weight.
// CHECK-LABEL: @scattered(
// CHECK: moe.gate {{.*}}softmax
// CHECK-NOT: onnx.node "Relu"
func.func @scattered(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = onnx.constant dense<[1]> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v2_0, %v2_1 = onnx.node "TopK"(%v0, %c0) version 20 name "/scattered/TopK_0" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<4> : tensor<i64>
  %c2 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %v3 = onnx.node "OneHot"(%v2_1, %c1, %c2) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v4 = onnx.node "Squeeze"(%v3, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<0xFF800000> : tensor<f32>
  %v5 = onnx.node "Shape"(%v2_1) version 20 {} : (!onnx.value) -> !onnx.value
  %v6 = onnx.node "Expand"(%c3, %v5) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v7 = onnx.node "ScatterElements"(%v0, %v2_1, %v6) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v8_0, %v8_1 = onnx.node "TopK"(%v7, %c0) version 20 name "/scattered/TopK_1" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v9 = onnx.node "GatherElements"(%v1, %v2_1) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "GatherElements"(%v1, %v8_1) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %c4 = onnx.constant dense<0.0> : tensor<f32>
  %v11 = onnx.node "Shape"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v12 = onnx.node "Expand"(%c4, %v11) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v13 = onnx.node "ScatterElements"(%v12, %v2_1, %v9) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "ScatterElements"(%v13, %v8_1, %v10) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c5 = onnx.constant dense<[0]> : tensor<1xi64>
  %c6 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v15 = onnx.node "Unsqueeze"(%x, %c5) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v15, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v17 = onnx.node "Relu"(%v16) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "MatMul"(%v17, %down) version 20 {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v19 = onnx.node "Transpose"(%v14) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %v20 = onnx.node "Unsqueeze"(%v19, %c6) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "Mul"(%v18, %v20) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "ReduceSum"(%v21, %c5) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v22) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Each round runs and weights its own expert; scores leave an expert out by subtraction.
// CHECK-LABEL: @apart(
// CHECK: moe.gate {{.*}}softmax
// CHECK-NOT: onnx.node "Relu"
func.func @apart(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = onnx.constant dense<[1]> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v2_0, %v2_1 = onnx.node "TopK"(%v0, %c0) version 20 name "/apart/TopK_0" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<4> : tensor<i64>
  %c2 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %v3 = onnx.node "OneHot"(%v2_1, %c1, %c2) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v4 = onnx.node "Squeeze"(%v3, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<1.0e+09> : tensor<f32>
  %v5 = onnx.node "Mul"(%v4, %c3) version 20 {} : (!onnx.value, tensor<f32>) -> !onnx.value
  %v6 = onnx.node "Sub"(%v0, %v5) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v7_0, %v7_1 = onnx.node "TopK"(%v6, %c0) version 20 name "/apart/TopK_1" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v8 = onnx.node "GatherElements"(%v1, %v2_1) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %v9 = onnx.node "GatherElements"(%v1, %v7_1) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %v10 = onnx.node "Unsqueeze"(%x, %c0) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %c4 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v11 = onnx.node "Reshape"(%v2_1, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "Gather"(%up, %v11) version 20 {} : (tensor<4x4x6xf32>, !onnx.value) -> !onnx.value
  %v13 = onnx.node "MatMul"(%v10, %v12) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "Relu"(%v13) version 20 {} : (!onnx.value) -> !onnx.value
  %v15 = onnx.node "Gather"(%down, %v11) version 20 {} : (tensor<4x6x4xf32>, !onnx.value) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v14, %v15) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Squeeze"(%v16, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v18 = onnx.node "Mul"(%v17, %v8) version 20 name "/apart/Mul_0" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v19 = onnx.node "Reshape"(%v7_1, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v20 = onnx.node "Gather"(%up, %v19) version 20 {} : (tensor<4x4x6xf32>, !onnx.value) -> !onnx.value
  %v21 = onnx.node "MatMul"(%v10, %v20) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "Relu"(%v21) version 20 {} : (!onnx.value) -> !onnx.value
  %v23 = onnx.node "Gather"(%down, %v19) version 20 {} : (tensor<4x6x4xf32>, !onnx.value) -> !onnx.value
  %v24 = onnx.node "MatMul"(%v22, %v23) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v25 = onnx.node "Squeeze"(%v24, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v26 = onnx.node "Mul"(%v25, %v9) version 20 name "/apart/Mul_1" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v27 = onnx.node "Add"(%v18, %v26) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v27) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// One-hots of the slots, weighted by what each slot makes of its own score and the other's.
// CHECK-LABEL: @slots(
// CHECK-NOT: moe.gate
// CHECK: moe.dispatch
// CHECK: moe.combine
func.func @slots(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/slots/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
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
  %c6 = onnx.constant dense<1> : tensor<i64>
  %v10 = onnx.node "Gather"(%v2_1, %c6) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v11 = onnx.node "OneHot"(%v10, %c1, %c2) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v12 = onnx.node "Div"(%v4, %v5) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "Mul"(%v11, %v12) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "Add"(%v9, %v13) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c7 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v15 = onnx.node "Unsqueeze"(%x, %c4) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v15, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v17 = onnx.node "Relu"(%v16) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "MatMul"(%v17, %down) version 20 {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v19 = onnx.node "Transpose"(%v14) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %v20 = onnx.node "Unsqueeze"(%v19, %c7) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "Mul"(%v18, %v20) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "ReduceSum"(%v21, %c4) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v22) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// One-hots added first: the mask of all slots picks from the scores.
// CHECK-LABEL: @several(
// CHECK: moe.gate
// CHECK-NOT: onnx.node "Relu"
func.func @several(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[3]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/several/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<4> : tensor<i64>
  %c2 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c3 = onnx.constant dense<0> : tensor<i64>
  %v3 = onnx.node "Gather"(%v2_1, %c3) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v4 = onnx.node "OneHot"(%v3, %c1, %c2) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %c4 = onnx.constant dense<1> : tensor<i64>
  %v5 = onnx.node "Gather"(%v2_1, %c4) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v6 = onnx.node "OneHot"(%v5, %c1, %c2) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %c5 = onnx.constant dense<2> : tensor<i64>
  %v7 = onnx.node "Gather"(%v2_1, %c5) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v8 = onnx.node "OneHot"(%v7, %c1, %c2) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v9 = onnx.node "Sum"(%v4, %v6, %v8) version 20 {} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "Mul"(%v9, %v1) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %c6 = onnx.constant dense<[0]> : tensor<1xi64>
  %c7 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v11 = onnx.node "Unsqueeze"(%x, %c6) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "MatMul"(%v11, %up) version 20 {} : (!onnx.value, tensor<4x4x6xf32>) -> !onnx.value
  %v13 = onnx.node "Relu"(%v12) version 20 {} : (!onnx.value) -> !onnx.value
  %v14 = onnx.node "MatMul"(%v13, %down) version 20 {} : (!onnx.value, tensor<4x6x4xf32>) -> !onnx.value
  %v15 = onnx.node "Transpose"(%v10) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %v16 = onnx.node "Unsqueeze"(%v15, %c7) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v17 = onnx.node "Mul"(%v14, %v16) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v18 = onnx.node "ReduceSum"(%v17, %c6) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v18) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Another expert may still be lower than one that lost ten: two layers of one choice each.
// CHECK-LABEL: @little(
// CHECK: moe.combine {{.*}}tensor<?x1xf32>
// CHECK: moe.combine {{.*}}tensor<?x1xf32>
func.func @little(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = onnx.constant dense<[1]> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %v2_0, %v2_1 = onnx.node "TopK"(%v0, %c0) version 20 name "/little/TopK_0" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<4> : tensor<i64>
  %c2 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %v3 = onnx.node "OneHot"(%v2_1, %c1, %c2) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v4 = onnx.node "Squeeze"(%v3, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<1.0e+01> : tensor<f32>
  %v5 = onnx.node "Mul"(%v4, %c3) version 20 {} : (!onnx.value, tensor<f32>) -> !onnx.value
  %v6 = onnx.node "Sub"(%v0, %v5) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v7_0, %v7_1 = onnx.node "TopK"(%v6, %c0) version 20 name "/little/TopK_1" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v8 = onnx.node "GatherElements"(%v1, %v2_1) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %v9 = onnx.node "GatherElements"(%v1, %v7_1) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [4, 4, 6] strides [24, 6, 1]>] : tensor<4x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [4, 6, 4] strides [24, 4, 1]>] : tensor<4x6x4xf32>
  %v10 = onnx.node "Unsqueeze"(%x, %c0) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %c4 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v11 = onnx.node "Reshape"(%v2_1, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "Gather"(%up, %v11) version 20 {} : (tensor<4x4x6xf32>, !onnx.value) -> !onnx.value
  %v13 = onnx.node "MatMul"(%v10, %v12) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "Relu"(%v13) version 20 {} : (!onnx.value) -> !onnx.value
  %v15 = onnx.node "Gather"(%down, %v11) version 20 {} : (tensor<4x6x4xf32>, !onnx.value) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v14, %v15) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Squeeze"(%v16, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v18 = onnx.node "Mul"(%v17, %v8) version 20 name "/little/Mul_0" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v19 = onnx.node "Reshape"(%v7_1, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v20 = onnx.node "Gather"(%up, %v19) version 20 {} : (tensor<4x4x6xf32>, !onnx.value) -> !onnx.value
  %v21 = onnx.node "MatMul"(%v10, %v20) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "Relu"(%v21) version 20 {} : (!onnx.value) -> !onnx.value
  %v23 = onnx.node "Gather"(%down, %v19) version 20 {} : (tensor<4x6x4xf32>, !onnx.value) -> !onnx.value
  %v24 = onnx.node "MatMul"(%v22, %v23) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v25 = onnx.node "Squeeze"(%v24, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v26 = onnx.node "Mul"(%v25, %v9) version 20 name "/little/Mul_1" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v27 = onnx.node "Add"(%v18, %v26) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v27) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
