// RUN: moe-opt %s --onnx-infer-types --moe-raise | FileCheck %s

// Experts as an optimiser leaves them: products with a factor, a turned matrix, an activation; and
// one-hots cut into all experts by one Split.

// CHECK: moe.layers = [{experts = 4 : i64, form = "dense", gate = "softmax_topk", hidden = 4 : i64, intermediate = 6 : i64, name = "fused"
// CHECK-LABEL: @fused(
// CHECK: moe.expert
// CHECK: ^bb0(%{{.*}}: tensor<?x4xf32>, %{{.*}}: tensor<4x6xf32>, %{{.*}}: tensor<6xf32>, %{{.*}}: tensor<6x4xf32>):
// CHECK: linalg.matmul
// CHECK: arith.constant 5.000000e-01
// CHECK: arith.addf
// CHECK: math.erf
// CHECK: linalg.matmul
// CHECK: arith.maximumf
// CHECK: moe.yield
// CHECK-NOT: onnx.node "Fused
func.func @fused(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c0 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c0) version 20 name "/fused/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c1 = onnx.constant dense<[-1]> : tensor<1xi64>
  %c2 = onnx.constant dense<4> : tensor<i64>
  %c3 = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %v3 = onnx.node "OneHot"(%v2_1, %c2, %c3) version 20 {} : (!onnx.value, tensor<i64>, tensor<2xf32>) -> !onnx.value
  %v4_0, %v4_1, %v4_2, %v4_3 = onnx.node "Split"(%v3) version 20 {axis = -1 : i64, num_outputs = 4 : i64} : (!onnx.value) -> (!onnx.value, !onnx.value, !onnx.value, !onnx.value)
  %v5 = onnx.node "Squeeze"(%v4_0, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v6 = onnx.node "Mul"(%v5, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v7 = onnx.node "ReduceSum"(%v6, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up0 = moe.weight [#moe.piece<"w" at 0 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v8 = onnx.node "FusedMatMul"(%x, %up0) domain "com.microsoft" version 1 {alpha = 5.000000e-01 : f32, transB = 1 : i64} : (tensor<?x4xf32>, tensor<6x4xf32>) -> !onnx.value
  %b0 = moe.weight [#moe.piece<"w" at 5000 shape [6] strides [1]>] : tensor<6xf32>
  %v9 = onnx.node "BiasGelu"(%v8, %b0) domain "com.microsoft" version 1 {} : (!onnx.value, tensor<6xf32>) -> !onnx.value
  %down0 = moe.weight [#moe.piece<"w" at 1000 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v10 = onnx.node "FusedGemm"(%v9, %down0) domain "com.microsoft" version 1 {activation = "Relu"} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v11 = onnx.node "Mul"(%v10, %v7) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v12 = onnx.node "Squeeze"(%v4_1, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v13 = onnx.node "Mul"(%v12, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v14 = onnx.node "ReduceSum"(%v13, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up1 = moe.weight [#moe.piece<"w" at 100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v15 = onnx.node "FusedMatMul"(%x, %up1) domain "com.microsoft" version 1 {alpha = 5.000000e-01 : f32, transB = 1 : i64} : (tensor<?x4xf32>, tensor<6x4xf32>) -> !onnx.value
  %b1 = moe.weight [#moe.piece<"w" at 5024 shape [6] strides [1]>] : tensor<6xf32>
  %v16 = onnx.node "BiasGelu"(%v15, %b1) domain "com.microsoft" version 1 {} : (!onnx.value, tensor<6xf32>) -> !onnx.value
  %down1 = moe.weight [#moe.piece<"w" at 1100 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v17 = onnx.node "FusedGemm"(%v16, %down1) domain "com.microsoft" version 1 {activation = "Relu"} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v18 = onnx.node "Mul"(%v17, %v14) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v19 = onnx.node "Add"(%v11, %v18) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v20 = onnx.node "Squeeze"(%v4_2, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "Mul"(%v20, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v22 = onnx.node "ReduceSum"(%v21, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up2 = moe.weight [#moe.piece<"w" at 200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v23 = onnx.node "FusedMatMul"(%x, %up2) domain "com.microsoft" version 1 {alpha = 5.000000e-01 : f32, transB = 1 : i64} : (tensor<?x4xf32>, tensor<6x4xf32>) -> !onnx.value
  %b2 = moe.weight [#moe.piece<"w" at 5048 shape [6] strides [1]>] : tensor<6xf32>
  %v24 = onnx.node "BiasGelu"(%v23, %b2) domain "com.microsoft" version 1 {} : (!onnx.value, tensor<6xf32>) -> !onnx.value
  %down2 = moe.weight [#moe.piece<"w" at 1200 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v25 = onnx.node "FusedGemm"(%v24, %down2) domain "com.microsoft" version 1 {activation = "Relu"} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v26 = onnx.node "Mul"(%v25, %v22) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v27 = onnx.node "Add"(%v19, %v26) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v28 = onnx.node "Squeeze"(%v4_3, %c1) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v29 = onnx.node "Mul"(%v28, %v2_0) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v30 = onnx.node "ReduceSum"(%v29, %c1) version 20 {keepdims = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %up3 = moe.weight [#moe.piece<"w" at 300 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v31 = onnx.node "FusedMatMul"(%x, %up3) domain "com.microsoft" version 1 {alpha = 5.000000e-01 : f32, transB = 1 : i64} : (tensor<?x4xf32>, tensor<6x4xf32>) -> !onnx.value
  %b3 = moe.weight [#moe.piece<"w" at 5072 shape [6] strides [1]>] : tensor<6xf32>
  %v32 = onnx.node "BiasGelu"(%v31, %b3) domain "com.microsoft" version 1 {} : (!onnx.value, tensor<6xf32>) -> !onnx.value
  %down3 = moe.weight [#moe.piece<"w" at 1300 shape [6, 4] strides [4, 1]>] : tensor<6x4xf32>
  %v33 = onnx.node "FusedGemm"(%v32, %down3) domain "com.microsoft" version 1 {activation = "Relu"} : (!onnx.value, tensor<6x4xf32>) -> !onnx.value
  %v34 = onnx.node "Mul"(%v33, %v30) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v35 = onnx.node "Add"(%v27, %v34) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v35) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
