// RUN: moe-opt %s --onnx-infer-types --moe-raise | FileCheck %s

// Every expert on every token, masked by dense routing weights.

// CHECK: moe.layers = [{experts = 3 : i64, form = "dense", gate = "softmax_topk", hidden = 4 : i64, intermediate = 6 : i64, name = "moe"

// Expert by expert, added up.
// CHECK-LABEL: @added_up(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
// CHECK: %[[WEIGHTS:.*]], %[[IDS:.*]] = moe.gate
// CHECK: moe.dispatch %[[X]], %[[IDS]] {num_experts = 3 : i64}
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[1, 4, 6] strides[0, 6, 1]>, #moe.piece<"w" at 100 {{.*}}, #moe.piece<"w" at 200 {{.*}}>]
// CHECK: moe.weight [#moe.piece<"w" at 1000 {{.*}}, #moe.piece<"w" at 1100 {{.*}}, #moe.piece<"w" at 1200 {{.*}}>]
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Relu"
func.func @added_up(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %c4 = onnx.constant dense<2> : tensor<i64>
  %v20 = onnx.node "Equal"(%v2_1, %c4) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v21 = onnx.node "CastLike"(%v20, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "Mul"(%v21, %v2_0) version 20 name "/moe/2/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v23 = onnx.node "ReduceSum"(%v22, %c2) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up2 = moe.weight [#moe.piece<"w" at 200 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down2 = moe.weight [#moe.piece<"w" at 1200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v24 = onnx.node "MatMul"(%x, %up2) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v25 = onnx.node "Relu"(%v24) version 20 {} : (!onnx.value) -> !onnx.value
  %v26 = onnx.node "MatMul"(%v25, %down2) version 20 name "/moe/2/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v27 = onnx.node "Mul"(%v26, %v23) version 20 name "/moe/2/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v28 = onnx.node "Add"(%v19, %v27) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v28) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Starting from zeros.
// CHECK-LABEL: @on_zeros(
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Relu"
func.func @on_zeros(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v3 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> !onnx.value
  %v4 = onnx.node "ConstantOfShape"(%v3) version 20 {} : (!onnx.value) -> !onnx.value
  %c1 = onnx.constant dense<0> : tensor<i64>
  %v5 = onnx.node "Equal"(%v2_1, %c1) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v6 = onnx.node "CastLike"(%v5, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Mul"(%v6, %v2_0) version 20 name "/moe/0/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v8 = onnx.node "ReduceSum"(%v7, %c2) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up0 = moe.weight [#moe.piece<"w" at 0 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down0 = moe.weight [#moe.piece<"w" at 1000 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v9 = onnx.node "MatMul"(%x, %up0) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v10 = onnx.node "Relu"(%v9) version 20 {} : (!onnx.value) -> !onnx.value
  %v11 = onnx.node "MatMul"(%v10, %down0) version 20 name "/moe/0/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v12 = onnx.node "Mul"(%v11, %v8) version 20 name "/moe/0/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v13 = onnx.node "Add"(%v4, %v12) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<1> : tensor<i64>
  %v14 = onnx.node "Equal"(%v2_1, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v15 = onnx.node "CastLike"(%v14, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v16 = onnx.node "Mul"(%v15, %v2_0) version 20 name "/moe/1/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "ReduceSum"(%v16, %c2) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up1 = moe.weight [#moe.piece<"w" at 100 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down1 = moe.weight [#moe.piece<"w" at 1100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v18 = onnx.node "MatMul"(%x, %up1) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v19 = onnx.node "Relu"(%v18) version 20 {} : (!onnx.value) -> !onnx.value
  %v20 = onnx.node "MatMul"(%v19, %down1) version 20 name "/moe/1/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v21 = onnx.node "Mul"(%v20, %v17) version 20 name "/moe/1/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "Add"(%v13, %v21) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c4 = onnx.constant dense<2> : tensor<i64>
  %v23 = onnx.node "Equal"(%v2_1, %c4) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v24 = onnx.node "CastLike"(%v23, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v25 = onnx.node "Mul"(%v24, %v2_0) version 20 name "/moe/2/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v26 = onnx.node "ReduceSum"(%v25, %c2) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up2 = moe.weight [#moe.piece<"w" at 200 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down2 = moe.weight [#moe.piece<"w" at 1200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v27 = onnx.node "MatMul"(%x, %up2) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v28 = onnx.node "Relu"(%v27) version 20 {} : (!onnx.value) -> !onnx.value
  %v29 = onnx.node "MatMul"(%v28, %down2) version 20 name "/moe/2/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v30 = onnx.node "Mul"(%v29, %v26) version 20 name "/moe/2/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v31 = onnx.node "Add"(%v22, %v30) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v31) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Starting from something else, which is added to the layer.
// CHECK-LABEL: @on_others(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
// CHECK: %[[Y:.*]] = moe.combine
// CHECK: onnx.node "Add"(%[[X]], %[[Y]])
// CHECK-NOT: onnx.node "Relu"
func.func @on_others(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
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
  %v11 = onnx.node "Add"(%x, %v10) version 20 {} : (tensor<?x4xf32>, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<1> : tensor<i64>
  %v12 = onnx.node "Equal"(%v2_1, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v13 = onnx.node "CastLike"(%v12, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "Mul"(%v13, %v2_0) version 20 name "/moe/1/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v15 = onnx.node "ReduceSum"(%v14, %c2) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up1 = moe.weight [#moe.piece<"w" at 100 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down1 = moe.weight [#moe.piece<"w" at 1100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v16 = onnx.node "MatMul"(%x, %up1) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v17 = onnx.node "Relu"(%v16) version 20 {} : (!onnx.value) -> !onnx.value
  %v18 = onnx.node "MatMul"(%v17, %down1) version 20 name "/moe/1/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v19 = onnx.node "Mul"(%v18, %v15) version 20 name "/moe/1/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Add"(%v11, %v19) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c4 = onnx.constant dense<2> : tensor<i64>
  %v21 = onnx.node "Equal"(%v2_1, %c4) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v22 = onnx.node "CastLike"(%v21, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v23 = onnx.node "Mul"(%v22, %v2_0) version 20 name "/moe/2/weight" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v24 = onnx.node "ReduceSum"(%v23, %c2) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up2 = moe.weight [#moe.piece<"w" at 200 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down2 = moe.weight [#moe.piece<"w" at 1200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v25 = onnx.node "MatMul"(%x, %up2) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v26 = onnx.node "Relu"(%v25) version 20 {} : (!onnx.value) -> !onnx.value
  %v27 = onnx.node "MatMul"(%v26, %down2) version 20 name "/moe/2/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v28 = onnx.node "Mul"(%v27, %v24) version 20 name "/moe/2/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v29 = onnx.node "Add"(%v20, %v28) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v29) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Outputs stacked in the order of the experts, mixed by a product.
// CHECK-LABEL: @stacked(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
// CHECK: %[[WEIGHTS:.*]], %[[IDS:.*]] = moe.gate
// CHECK: moe.dispatch %[[X]], %[[IDS]] {num_experts = 3 : i64}
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[1, 4, 6] strides[0, 6, 1]>, #moe.piece<"w" at 100 {{.*}}, #moe.piece<"w" at 200 {{.*}}>]
// CHECK: moe.weight [#moe.piece<"w" at 1000 {{.*}}, #moe.piece<"w" at 1100 {{.*}}, #moe.piece<"w" at 1200 {{.*}}>]
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Relu"
func.func @stacked(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up0 = moe.weight [#moe.piece<"w" at 0 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down0 = moe.weight [#moe.piece<"w" at 1000 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v3 = onnx.node "MatMul"(%x, %up0) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v4 = onnx.node "Relu"(%v3) version 20 {} : (!onnx.value) -> !onnx.value
  %v5 = onnx.node "MatMul"(%v4, %down0) version 20 name "/moe/0/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %c1 = onnx.constant dense<[1]> : tensor<1xi64>
  %v6 = onnx.node "Unsqueeze"(%v5, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up1 = moe.weight [#moe.piece<"w" at 100 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down1 = moe.weight [#moe.piece<"w" at 1100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v7 = onnx.node "MatMul"(%x, %up1) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v8 = onnx.node "Relu"(%v7) version 20 {} : (!onnx.value) -> !onnx.value
  %v9 = onnx.node "MatMul"(%v8, %down1) version 20 name "/moe/1/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v10 = onnx.node "Unsqueeze"(%v9, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up2 = moe.weight [#moe.piece<"w" at 200 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down2 = moe.weight [#moe.piece<"w" at 1200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v11 = onnx.node "MatMul"(%x, %up2) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v12 = onnx.node "Relu"(%v11) version 20 {} : (!onnx.value) -> !onnx.value
  %v13 = onnx.node "MatMul"(%v12, %down2) version 20 name "/moe/2/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v14 = onnx.node "Unsqueeze"(%v13, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v15 = onnx.node "Concat"(%v6, %v10, %v14) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<3> : tensor<i64>
  %c3 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %v16 = onnx.node "OneHot"(%v2_1, %c2, %c3) version 20 {axis = -1 : i64} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v17 = onnx.node "Einsum"(%v2_0, %v16) version 20 {equation = "tk,tke->te"} : (!onnx.value, !onnx.value) -> !onnx.value
  %v18 = onnx.node "Einsum"(%v17, %v15) version 20 {equation = "te,teh->th"} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v18) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Each slot picks its own from the stack.
// CHECK-LABEL: @picked(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
// CHECK: %[[WEIGHTS:.*]], %[[IDS:.*]] = moe.gate
// CHECK: moe.dispatch %[[X]], %[[IDS]] {num_experts = 3 : i64}
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[1, 4, 6] strides[0, 6, 1]>, #moe.piece<"w" at 100 {{.*}}, #moe.piece<"w" at 200 {{.*}}>]
// CHECK: moe.weight [#moe.piece<"w" at 1000 {{.*}}, #moe.piece<"w" at 1100 {{.*}}, #moe.piece<"w" at 1200 {{.*}}>]
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Relu"
func.func @picked(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up0 = moe.weight [#moe.piece<"w" at 0 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down0 = moe.weight [#moe.piece<"w" at 1000 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v3 = onnx.node "MatMul"(%x, %up0) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v4 = onnx.node "Relu"(%v3) version 20 {} : (!onnx.value) -> !onnx.value
  %v5 = onnx.node "MatMul"(%v4, %down0) version 20 name "/moe/0/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %c1 = onnx.constant dense<[1]> : tensor<1xi64>
  %v6 = onnx.node "Unsqueeze"(%v5, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up1 = moe.weight [#moe.piece<"w" at 100 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down1 = moe.weight [#moe.piece<"w" at 1100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v7 = onnx.node "MatMul"(%x, %up1) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v8 = onnx.node "Relu"(%v7) version 20 {} : (!onnx.value) -> !onnx.value
  %v9 = onnx.node "MatMul"(%v8, %down1) version 20 name "/moe/1/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v10 = onnx.node "Unsqueeze"(%v9, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up2 = moe.weight [#moe.piece<"w" at 200 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down2 = moe.weight [#moe.piece<"w" at 1200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v11 = onnx.node "MatMul"(%x, %up2) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v12 = onnx.node "Relu"(%v11) version 20 {} : (!onnx.value) -> !onnx.value
  %v13 = onnx.node "MatMul"(%v12, %down2) version 20 name "/moe/2/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v14 = onnx.node "Unsqueeze"(%v13, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v15 = onnx.node "Concat"(%v6, %v10, %v14) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v16 = onnx.node "Unsqueeze"(%v2_1, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<[1, 1, 4]> : tensor<3xi64>
  %v17 = onnx.node "Expand"(%v16, %c3) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %v18 = onnx.node "GatherElements"(%v15, %v17) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value) -> !onnx.value
  %v19 = onnx.node "Unsqueeze"(%v2_0, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v20 = onnx.node "Mul"(%v18, %v19) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v21 = onnx.node "ReduceSum"(%v20, %c1) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v21) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Slot by slot, selected and weighted afterwards.
// CHECK-LABEL: @selected(
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>)
// CHECK: %[[WEIGHTS:.*]], %[[IDS:.*]] = moe.gate
// CHECK: moe.dispatch %[[X]], %[[IDS]] {num_experts = 3 : i64}
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[1, 4, 6] strides[0, 6, 1]>, #moe.piece<"w" at 100 {{.*}}, #moe.piece<"w" at 200 {{.*}}>]
// CHECK: moe.weight [#moe.piece<"w" at 1000 {{.*}}, #moe.piece<"w" at 1100 {{.*}}, #moe.piece<"w" at 1200 {{.*}}>]
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Relu"
func.func @selected(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %v3 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> !onnx.value
  %v4 = onnx.node "ConstantOfShape"(%v3) version 20 {} : (!onnx.value) -> !onnx.value
  %up0 = moe.weight [#moe.piece<"w" at 0 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down0 = moe.weight [#moe.piece<"w" at 1000 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v5 = onnx.node "MatMul"(%x, %up0) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v6 = onnx.node "Relu"(%v5) version 20 {} : (!onnx.value) -> !onnx.value
  %v7 = onnx.node "MatMul"(%v6, %down0) version 20 name "/moe/0/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %c1 = onnx.constant dense<0> : tensor<i64>
  %v8 = onnx.node "Gather"(%v2_1, %c1) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v9 = onnx.node "Equal"(%v8, %c1) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %c2 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v10 = onnx.node "Unsqueeze"(%v9, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<[0]> : tensor<1xi64>
  %v11 = onnx.node "Gather"(%v2_0, %c3) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c4 = onnx.constant dense<0.0> : tensor<f32>
  %v12 = onnx.node "Where"(%v10, %v7, %c4) version 20 {} : (!onnx.value, !onnx.value, tensor<f32>) -> !onnx.value
  %v13 = onnx.node "Mul"(%v12, %v11) version 20 name "/moe/0/0/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "Add"(%v4, %v13) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<1> : tensor<i64>
  %v15 = onnx.node "Gather"(%v2_1, %c5) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v16 = onnx.node "Equal"(%v15, %c1) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v17 = onnx.node "Unsqueeze"(%v16, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c6 = onnx.constant dense<[1]> : tensor<1xi64>
  %v18 = onnx.node "Gather"(%v2_0, %c6) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v19 = onnx.node "Where"(%v17, %v7, %c4) version 20 {} : (!onnx.value, !onnx.value, tensor<f32>) -> !onnx.value
  %v20 = onnx.node "Mul"(%v19, %v18) version 20 name "/moe/0/1/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v21 = onnx.node "Add"(%v14, %v20) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up1 = moe.weight [#moe.piece<"w" at 100 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down1 = moe.weight [#moe.piece<"w" at 1100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v22 = onnx.node "MatMul"(%x, %up1) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v23 = onnx.node "Relu"(%v22) version 20 {} : (!onnx.value) -> !onnx.value
  %v24 = onnx.node "MatMul"(%v23, %down1) version 20 name "/moe/1/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v25 = onnx.node "Gather"(%v2_1, %c1) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v26 = onnx.node "Equal"(%v25, %c5) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v27 = onnx.node "Unsqueeze"(%v26, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v28 = onnx.node "Gather"(%v2_0, %c3) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v29 = onnx.node "Where"(%v27, %v24, %c4) version 20 {} : (!onnx.value, !onnx.value, tensor<f32>) -> !onnx.value
  %v30 = onnx.node "Mul"(%v29, %v28) version 20 name "/moe/1/0/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v31 = onnx.node "Add"(%v21, %v30) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v32 = onnx.node "Gather"(%v2_1, %c5) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v33 = onnx.node "Equal"(%v32, %c5) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v34 = onnx.node "Unsqueeze"(%v33, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v35 = onnx.node "Gather"(%v2_0, %c6) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v36 = onnx.node "Where"(%v34, %v24, %c4) version 20 {} : (!onnx.value, !onnx.value, tensor<f32>) -> !onnx.value
  %v37 = onnx.node "Mul"(%v36, %v35) version 20 name "/moe/1/1/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v38 = onnx.node "Add"(%v31, %v37) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up2 = moe.weight [#moe.piece<"w" at 200 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down2 = moe.weight [#moe.piece<"w" at 1200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v39 = onnx.node "MatMul"(%x, %up2) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v40 = onnx.node "Relu"(%v39) version 20 {} : (!onnx.value) -> !onnx.value
  %v41 = onnx.node "MatMul"(%v40, %down2) version 20 name "/moe/2/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v42 = onnx.node "Gather"(%v2_1, %c1) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %c7 = onnx.constant dense<2> : tensor<i64>
  %v43 = onnx.node "Equal"(%v42, %c7) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v44 = onnx.node "Unsqueeze"(%v43, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v45 = onnx.node "Gather"(%v2_0, %c3) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v46 = onnx.node "Where"(%v44, %v41, %c4) version 20 {} : (!onnx.value, !onnx.value, tensor<f32>) -> !onnx.value
  %v47 = onnx.node "Mul"(%v46, %v45) version 20 name "/moe/2/0/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v48 = onnx.node "Add"(%v38, %v47) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v49 = onnx.node "Gather"(%v2_1, %c5) version 20 {axis = 1 : i64} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v50 = onnx.node "Equal"(%v49, %c7) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v51 = onnx.node "Unsqueeze"(%v50, %c2) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v52 = onnx.node "Gather"(%v2_0, %c6) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v53 = onnx.node "Where"(%v51, %v41, %c4) version 20 {} : (!onnx.value, !onnx.value, tensor<f32>) -> !onnx.value
  %v54 = onnx.node "Mul"(%v53, %v52) version 20 name "/moe/2/1/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v55 = onnx.node "Add"(%v48, %v54) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v55) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Scores scattered over -inf: softmax leaves the chosen ones.
// CHECK-LABEL: @scattered(
// CHECK: moe.gate %{{.*}} <score = softmax, k = 2, score_after
// CHECK: moe.combine
func.func @scattered(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v1_0, %v1_1 = onnx.node "TopK"(%v0, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<0xFF800000> : tensor<f32>
  %v2 = onnx.node "Shape"(%v0) version 20 {} : (!onnx.value) -> !onnx.value
  %v3 = onnx.node "Expand"(%c1, %v2) version 20 {} : (tensor<f32>, !onnx.value) -> !onnx.value
  %v4 = onnx.node "ScatterElements"(%v3, %v1_1, %v1_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v5 = onnx.node "Softmax"(%v4) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[0]> : tensor<1xi64>
  %v6 = onnx.node "Gather"(%v5, %c2) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up0 = moe.weight [#moe.piece<"w" at 0 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down0 = moe.weight [#moe.piece<"w" at 1000 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v7 = onnx.node "MatMul"(%x, %up0) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v8 = onnx.node "Relu"(%v7) version 20 {} : (!onnx.value) -> !onnx.value
  %v9 = onnx.node "MatMul"(%v8, %down0) version 20 name "/moe/0/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v10 = onnx.node "Mul"(%v6, %v9) version 20 name "/moe/0/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c3 = onnx.constant dense<[1]> : tensor<1xi64>
  %v11 = onnx.node "Gather"(%v5, %c3) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up1 = moe.weight [#moe.piece<"w" at 100 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down1 = moe.weight [#moe.piece<"w" at 1100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v12 = onnx.node "MatMul"(%x, %up1) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v13 = onnx.node "Relu"(%v12) version 20 {} : (!onnx.value) -> !onnx.value
  %v14 = onnx.node "MatMul"(%v13, %down1) version 20 name "/moe/1/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v15 = onnx.node "Mul"(%v11, %v14) version 20 name "/moe/1/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v16 = onnx.node "Add"(%v10, %v15) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v17 = onnx.node "Gather"(%v5, %c0) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up2 = moe.weight [#moe.piece<"w" at 200 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  %down2 = moe.weight [#moe.piece<"w" at 1200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v18 = onnx.node "MatMul"(%x, %up2) version 20 {} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %v19 = onnx.node "Relu"(%v18) version 20 {} : (!onnx.value) -> !onnx.value
  %v20 = onnx.node "MatMul"(%v19, %down2) version 20 name "/moe/2/down" {} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v21 = onnx.node "Mul"(%v17, %v20) version 20 name "/moe/2/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "Add"(%v16, %v21) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v22) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// All experts in one product.
// CHECK-LABEL: @at_once(
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[3, 4, 6] strides[24, 6, 1]>]
// CHECK: moe.combine
func.func @at_once(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %bias = moe.weight [#moe.piece<"w" at 4000 shape [3, 1, 6] strides [6, 6, 1]>] : tensor<3x1x6xf32>
  %v3 = onnx.node "Shape"(%x) version 20 {start = 0 : i64, end = 1 : i64} : (tensor<?x4xf32>) -> !onnx.value
  %c1 = onnx.constant dense<[3]> : tensor<1xi64>
  %v4 = onnx.node "Concat"(%v3, %c1) version 20 {axis = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v5 = onnx.node "ConstantOfShape"(%v4) version 20 {} : (!onnx.value) -> !onnx.value
  %v6 = onnx.node "ScatterElements"(%v5, %v2_1, %v2_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %v7 = onnx.node "Einsum"(%x, %up) version 20 {equation = "th,ehi->tei"} : (tensor<?x4xf32>, tensor<3x4x6xf32>) -> !onnx.value
  %v8 = onnx.node "Relu"(%v7) version 20 {} : (!onnx.value) -> !onnx.value
  %v9 = onnx.node "Einsum"(%v8, %down) version 20 {equation = "tei,eih->teh"} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %v10 = onnx.node "Einsum"(%v9, %v6) version 20 name "/moe/mix" {equation = "teh,te->th"} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v10) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Tokens repeated for each expert; a bias an expert.
// CHECK-LABEL: @tiled(
// CHECK: moe.weight [#moe.piece<"w" at 0 shape[3, 4, 6] strides[24, 6, 1]>]
// CHECK: moe.weight [#moe.piece<"w" at 4000 shape[3, 6] strides[6, 1]>]
// CHECK: moe.combine
func.func @tiled(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 2000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %bias = moe.weight [#moe.piece<"w" at 4000 shape [3, 1, 6] strides [6, 6, 1]>] : tensor<3x1x6xf32>
  %v3 = onnx.node "Shape"(%x) version 20 {start = 0 : i64, end = 1 : i64} : (tensor<?x4xf32>) -> !onnx.value
  %c1 = onnx.constant dense<[3]> : tensor<1xi64>
  %v4 = onnx.node "Concat"(%v3, %c1) version 20 {axis = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v5 = onnx.node "ConstantOfShape"(%v4) version 20 {} : (!onnx.value) -> !onnx.value
  %v6 = onnx.node "ScatterElements"(%v5, %v2_1, %v2_0) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %c2 = onnx.constant dense<[3, 1]> : tensor<2xi64>
  %v7 = onnx.node "Tile"(%x, %c2) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> !onnx.value
  %c3 = onnx.constant dense<[3, -1, 4]> : tensor<3xi64>
  %v8 = onnx.node "Reshape"(%v7, %c3) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %v9 = onnx.node "MatMul"(%v8, %up) version 20 name "/moe/up" {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %v10 = onnx.node "Add"(%v9, %bias) version 20 {} : (!onnx.value, tensor<3x1x6xf32>) -> !onnx.value
  %v11 = onnx.node "Relu"(%v10) version 20 {} : (!onnx.value) -> !onnx.value
  %v12 = onnx.node "MatMul"(%v11, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %v13 = onnx.node "Transpose"(%v6) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %c4 = onnx.constant dense<[-1]> : tensor<1xi64>
  %v14 = onnx.node "Unsqueeze"(%v13, %c4) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v15 = onnx.node "Mul"(%v12, %v14) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<[0]> : tensor<1xi64>
  %v16 = onnx.node "ReduceSum"(%v15, %c5) version 20 {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%v16) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
