// RUN: head -c 10000 /dev/zero > %t.bin && printf x >> %t.bin && head -c 10000 /dev/zero >> %t.bin
// RUN: sed 's#"w"#"%t.bin"#' %s > %t.mlir
// RUN: moe-opt %t.mlir --onnx-infer-types --moe-raise | FileCheck %s

// Each slot reads a copy of its expert's weights, at another place of the file.

// CHECK: moe.layers = [{experts = 2 : i64, form = "dense", gate = "softmax_topk", {{[^}]*}}name = "copies"
// CHECK-LABEL: @copies(
// CHECK: moe.combine
// CHECK-NOT: onnx.node "Relu"
func.func @copies(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = onnx.constant dense<[-1]> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %v0 = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> !onnx.value
  %v1 = onnx.node "Softmax"(%v0) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %c1 = onnx.constant dense<[2]> : tensor<1xi64>
  %v2_0, %v2_1 = onnx.node "TopK"(%v1, %c1) version 20 name "/copies/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %c2 = onnx.constant dense<[0]> : tensor<1xi64>
  %v3 = onnx.node "Gather"(%v2_0, %c2) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v4 = onnx.node "Gather"(%v2_1, %c2) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %c3 = onnx.constant dense<0> : tensor<i64>
  %v5 = onnx.node "Equal"(%v4, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v6 = onnx.node "Cast"(%v5) version 20 {to = 1 : i64} : (!onnx.value) -> !onnx.value
  %v7 = onnx.node "Mul"(%v6, %v3) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up00 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %down00 = moe.weight [#moe.piece<"w" at 100 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v8 = onnx.node "MatMul"(%x, %up00) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v9 = onnx.node "Relu"(%v8) version 20 {} : (!onnx.value) -> !onnx.value
  %v10 = onnx.node "MatMul"(%v9, %down00) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v11 = onnx.node "Mul"(%v10, %v7) version 20 name "/copies/0/0" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c4 = onnx.constant dense<1> : tensor<i64>
  %v12 = onnx.node "Equal"(%v4, %c4) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v13 = onnx.node "Cast"(%v12) version 20 {to = 1 : i64} : (!onnx.value) -> !onnx.value
  %v14 = onnx.node "Mul"(%v13, %v3) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up01 = moe.weight [#moe.piece<"w" at 200 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %down01 = moe.weight [#moe.piece<"w" at 300 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v15 = onnx.node "MatMul"(%x, %up01) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v16 = onnx.node "Relu"(%v15) version 20 {} : (!onnx.value) -> !onnx.value
  %v17 = onnx.node "MatMul"(%v16, %down01) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v18 = onnx.node "Mul"(%v17, %v14) version 20 name "/copies/0/1" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v19 = onnx.node "Add"(%v11, %v18) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %c5 = onnx.constant dense<[1]> : tensor<1xi64>
  %v20 = onnx.node "Gather"(%v2_0, %c5) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v21 = onnx.node "Gather"(%v2_1, %c5) version 20 {axis = 1 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %v22 = onnx.node "Equal"(%v21, %c3) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v23 = onnx.node "Cast"(%v22) version 20 {to = 1 : i64} : (!onnx.value) -> !onnx.value
  %v24 = onnx.node "Mul"(%v23, %v20) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up10 = moe.weight [#moe.piece<"w" at 400 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %down10 = moe.weight [#moe.piece<"w" at 500 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v25 = onnx.node "MatMul"(%x, %up10) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v26 = onnx.node "Relu"(%v25) version 20 {} : (!onnx.value) -> !onnx.value
  %v27 = onnx.node "MatMul"(%v26, %down10) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v28 = onnx.node "Mul"(%v27, %v24) version 20 name "/copies/1/0" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v29 = onnx.node "Add"(%v19, %v28) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v30 = onnx.node "Equal"(%v21, %c4) version 20 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  %v31 = onnx.node "Cast"(%v30) version 20 {to = 1 : i64} : (!onnx.value) -> !onnx.value
  %v32 = onnx.node "Mul"(%v31, %v20) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %up11 = moe.weight [#moe.piece<"w" at 600 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %down11 = moe.weight [#moe.piece<"w" at 700 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %v33 = onnx.node "MatMul"(%x, %up11) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> !onnx.value
  %v34 = onnx.node "Relu"(%v33) version 20 {} : (!onnx.value) -> !onnx.value
  %v35 = onnx.node "MatMul"(%v34, %down11) version 20 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
  %v36 = onnx.node "Mul"(%v35, %v32) version 20 name "/copies/1/1" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %v37 = onnx.node "Add"(%v29, %v36) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%v37) version 20 {} : (!onnx.value) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
