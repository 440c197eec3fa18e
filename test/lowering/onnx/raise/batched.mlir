// RUN: moe-opt %s --onnx-infer-types --moe-raise | FileCheck %s

// Weights gathered for each pair of token and slot.

// CHECK: moe.layers = [{experts = 3 : i64, form = "batched", gate = "softmax_topk", hidden = 4 : i64, intermediate = 6 : i64, name = "moe"

// Ids and rows keep their dimensions; a bias is gathered, too; bounds that no id reaches.
// CHECK-LABEL: @gathered(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
// CHECK: %[[WEIGHTS:.*]], %[[IDS:.*]] = moe.gate
// CHECK: moe.dispatch %[[X]], %[[IDS]] {num_experts = 3 : i64}
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[3, 4, 6] strides[24, 6, 1]>]
// CHECK: moe.weight [#moe.piece<"w" at 4000 shape[3, 6] strides[6, 1]>]
// CHECK: moe.weight [#moe.piece<"w" at 2000 shape[3, 6, 4] strides[24, 4, 1]>]
// CHECK: moe.expert
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Gather"
func.func @gathered(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<0> : tensor<i64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %v3 = onnx.node "Clip"(%v2_1, %c1, %c2) version 20 name "/moe/Clip" {} : (!onnx.value, tensor<i64>, tensor<i64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %c3 = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %v4 = onnx.node "Unsqueeze"(%x, %c3) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> !onnx.value
  %v5 = onnx.node "Gather"(%up, %v3) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v6 = onnx.node "MatMul"(%v4, %v5) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %bias = moe.weight [#moe.piece<"w" at 4000 shape [3, 6] strides [6, 1]>] : tensor<3x6xf32>
  %v7 = onnx.node "Gather"(%bias, %v3) version 20 {axis = 0 : i64} : (tensor<3x6xf32>, !onnx.value) -> !onnx.value
  %v8 = onnx.node "Unsqueeze"(%v7, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v9 = onnx.node "Add"(%v6, %v8) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v10 = onnx.node "Relu"(%v9) version 20 {} : (!onnx.value) -> !onnx.value
  %v11 = onnx.node "Gather"(%down, %v3) version 20 name "/moe/down/Gather" {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v12 = onnx.node "MatMul"(%v10, %v11) version 20 name "/moe/down/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "Squeeze"(%v12, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c4 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v14 = onnx.node "Unsqueeze"(%v2_0, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v15 = onnx.node "Mul"(%v13, %v14) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<[1]> : tensor<1xi64>
  %v16 = onnx.node "ReduceSum"(%v15, %c5) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v16) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Slot by slot, the weight on the left: transposed by strides.
// CHECK-LABEL: @slots(
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[3, 4, 6] strides[24, 1, 4]>]
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Mul"
func.func @slots(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %c4 = onnx.constant dense<1> : tensor<i64>
  %v13 = onnx.node "Gather"(%v2_1, %c4) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v14 = onnx.node "Gather"(%up, %v13) version 20 {axis = 0 : i64} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v15 = onnx.node "Unsqueeze"(%x, %c2) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v14, %v15) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Relu"(%v16) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "Gather"(%down, %v13) version 20 {axis = 0 : i64} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v19 = onnx.node "MatMul"(%v18, %v17) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Squeeze"(%v19, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c5 = onnx.constant dense<[1]> : tensor<1xi64>
  %v21 = onnx.node "Gather"(%v2_0, %c5) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v22 = onnx.node "Mul"(%v20, %v21) version 20 name "/moe/Mul_1" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v23 = onnx.node "Add"(%v12, %v22) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v23) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// One list of pairs, rows tiled.
// CHECK-LABEL: @flat_pairs(
// CHECK: moe.combine
func.func @flat_pairs(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %c1 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v3 = onnx.node "Reshape"(%v2_1, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c2 = onnx.constant dense<[1]> : tensor<1xi64>
  %v4 = onnx.node "Unsqueeze"(%x, %c2) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<[1, 2, 1]> : tensor<3xi64>
  %v5 = onnx.node "Tile"(%v4, %c3) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %c4 = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %v6 = onnx.node "Reshape"(%v5, %c4) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %v7 = onnx.node "Unsqueeze"(%v3, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v8 = onnx.node "GatherND"(%up, %v7) version 20 {} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v9 = onnx.node "Unsqueeze"(%v6, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v10 = onnx.node "MatMul"(%v8, %v9) version 20 name "/moe/up/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v11 = onnx.node "Squeeze"(%v10, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v12 = onnx.node "Relu"(%v11) version 20 {} : (!onnx.value) -> !onnx.value
  %v13 = onnx.node "GatherND"(%down, %v7) version 20 {} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v14 = onnx.node "Unsqueeze"(%v12, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v15 = onnx.node "MatMul"(%v13, %v14) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v16 = onnx.node "Squeeze"(%v15, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v17 = onnx.node "Reshape"(%v2_0, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v18 = onnx.node "Unsqueeze"(%v17, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v19 = onnx.node "Mul"(%v16, %v18) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %v20 = onnx.node "Reshape"(%v19, %c5) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %v21 = onnx.node "ReduceSum"(%v20, %c2) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v21) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Rows by the numbers of their tokens, added up by them.
// CHECK-LABEL: @numbered(
// CHECK: moe.combine
func.func @numbered(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %c4 = onnx.constant dense<[1]> : tensor<1xi64>
  %v7 = onnx.node "Unsqueeze"(%v6, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c5 = onnx.constant dense<[1, 2]> : tensor<2xi64>
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
  %v24 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> !onnx.value
  %v25 = onnx.node "ConstantOfShape"(%v24) version 20 {} : (!onnx.value) -> !onnx.value
  %v26 = onnx.node "Unsqueeze"(%v9, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v27 = onnx.node "ScatterND"(%v25, %v26, %v23) version 20 {reduction = "add"} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v27) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The same numbers from those of the pairs.
// CHECK-LABEL: @divided(
// CHECK: moe.combine
func.func @divided(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %c3 = onnx.constant dense<2> : tensor<i64>
  %v6 = onnx.node "Mul"(%v5, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %c4 = onnx.constant dense<1> : tensor<i64>
  %v7 = onnx.node "Range"(%c2, %v6, %c4) version 20 {} : (tensor<i64>, !onnx.value, tensor<i64>) -> !onnx.value
  %v8 = onnx.node "Shape"(%v3) version 20 {} : (!onnx.value) -> !onnx.value
  %v9 = onnx.node "Gather"(%v8, %c2) version 20 {axis = 0 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v10 = onnx.node "Range"(%c2, %v9, %c4) version 20 {} : (tensor<i64>, !onnx.value, tensor<i64>) -> !onnx.value
  %v11 = onnx.node "Div"(%v10, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v12 = onnx.node "Gather"(%x, %v11) version 20 name "/moe/rows" {axis = 0 : i64} : (tensor<?x4xf32>, !onnx.value) -> !onnx.value
  %v13 = onnx.node "Unsqueeze"(%v3, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v14 = onnx.node "GatherND"(%up, %v13) version 20 {} : (tensor<3x6x4xf32>, !onnx.value) -> !onnx.value
  %v15 = onnx.node "Unsqueeze"(%v12, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v16 = onnx.node "MatMul"(%v14, %v15) version 20 name "/moe/up/MatMul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Squeeze"(%v16, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v18 = onnx.node "Relu"(%v17) version 20 {} : (!onnx.value) -> !onnx.value
  %v19 = onnx.node "GatherND"(%down, %v13) version 20 {} : (tensor<3x4x6xf32>, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Unsqueeze"(%v18, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "MatMul"(%v19, %v20) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "Squeeze"(%v21, %c0) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v23 = onnx.node "Reshape"(%v2_0, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v24 = onnx.node "Unsqueeze"(%v23, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v25 = onnx.node "Mul"(%v22, %v24) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v26 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> !onnx.value
  %v27 = onnx.node "ConstantOfShape"(%v26) version 20 {} : (!onnx.value) -> !onnx.value
  %v28 = onnx.node "Unsqueeze"(%v11, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v29 = onnx.node "ScatterND"(%v27, %v28, %v25) version 20 {reduction = "add"} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v29) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
