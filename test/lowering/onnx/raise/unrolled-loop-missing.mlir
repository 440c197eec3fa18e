// RUN: not moe-opt %s --moe-raise 2>&1 | FileCheck %s
// RUN: moe-opt %s '--moe-raise=allow-missing-experts' --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=ALLOWED

// An expert that the router can choose and the traced graph lacks is the file's fault.

// CHECK: error: node '/layers.3/moe/TopK' (TopK): expert 1 of 3 never appears in slot 1; expert 2 of 3 never appears, but the router can choose it
// ALLOWED: warning: node '/layers.3/moe/TopK' (TopK): expert 1 of 3 never appears in slot 1; expert 2 of 3 never appears; compiled as the file is
// ALLOWED: not raised: node '/layers.3/moe/TopK' (TopK) has experts missing: expert 1 of 3 never appears in slot 1
// ALLOWED-NOT: moe.gate
func.func @loop(%x: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %b0 = moe.weight [#moe.piece<"w" at 1024 shape [4] strides [1]>] : tensor<4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %b1 = moe.weight [#moe.piece<"w" at 1040 shape [4] strides [1]>] : tensor<4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x?x4xf32>, tensor<4x3xf32>) -> tensor<?x?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x?x3xf32>) -> tensor<?x?x3xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %weights, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/layers.3/moe/TopK" {axis = -1 : i64, largest = 1 : i64, sorted = 1 : i64} : (tensor<?x?x3xf32>, tensor<1xi64>) -> (tensor<?x?x2xf32>, tensor<?x?x2xi64>)
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x?x4xf32>) -> tensor<3xi64>
  %y0 = onnx.node "ConstantOfShape"(%shape) version 20 {value = dense<0.0> : tensor<1xf32>} : (tensor<3xi64>) -> tensor<?x?x4xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %l0 = onnx.constant dense<0> : tensor<1xi64>
  %minus1 = onnx.constant dense<-1> : tensor<1xi64>
  %ids0 = onnx.node "Gather"(%ids, %c0) version 20 {axis = 2 : i64} : (tensor<?x?x2xi64>, tensor<i64>) -> tensor<?x?xi64>
  %s0 = onnx.node "Gather"(%weights, %c0) version 20 {axis = 2 : i64} : (tensor<?x?x2xf32>, tensor<i64>) -> tensor<?x?xf32>
  %u0 = onnx.node "Unsqueeze"(%s0, %minus1) version 20 {} : (tensor<?x?xf32>, tensor<1xi64>) -> tensor<?x?x1xf32>
  %ids1 = onnx.node "Gather"(%ids, %c1) version 20 {axis = 2 : i64} : (tensor<?x?x2xi64>, tensor<i64>) -> tensor<?x?xi64>
  %s1 = onnx.node "Gather"(%weights, %c1) version 20 {axis = 2 : i64} : (tensor<?x?x2xf32>, tensor<i64>) -> tensor<?x?xf32>
  %u1 = onnx.node "Unsqueeze"(%s1, %minus1) version 20 {} : (tensor<?x?xf32>, tensor<1xi64>) -> tensor<?x?x1xf32>
  %mask00 = onnx.node "Equal"(%ids0, %c0) version 20 {} : (tensor<?x?xi64>, tensor<i64>) -> tensor<?x?xi1>
  %nza00 = onnx.node "NonZero"(%mask00) version 20 {} : (tensor<?x?xi1>) -> tensor<2x?xi64>
  %ata00 = onnx.node "Transpose"(%nza00) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %nzb00 = onnx.node "NonZero"(%mask00) version 20 {} : (tensor<?x?xi1>) -> tensor<2x?xi64>
  %atb00 = onnx.node "Transpose"(%nzb00) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %nzc00 = onnx.node "NonZero"(%mask00) version 20 {} : (tensor<?x?xi1>) -> tensor<2x?xi64>
  %atc00 = onnx.node "Transpose"(%nzc00) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %x00 = onnx.node "GatherND"(%x, %ata00) version 20 {} : (tensor<?x?x4xf32>, tensor<?x2xi64>) -> tensor<?x4xf32>
  %h00 = onnx.node "Gemm"(%x00, %m0, %b0) version 20 {alpha = 1.0 : f32, beta = 1.0 : f32, transB = 1 : i64} : (tensor<?x4xf32>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %g00 = onnx.node "Gelu"(%h00) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %old00 = onnx.node "GatherND"(%y0, %atb00) version 20 {} : (tensor<?x?x4xf32>, tensor<?x2xi64>) -> tensor<?x4xf32>
  %w00 = onnx.node "GatherND"(%u0, %atc00) version 20 {} : (tensor<?x?x1xf32>, tensor<?x2xi64>) -> tensor<?x1xf32>
  %p00 = onnx.node "Mul"(%w00, %g00) version 20 {} : (tensor<?x1xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %sum00 = onnx.node "Add"(%old00, %p00) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %wide00 = onnx.node "Unsqueeze"(%mask00, %minus1) version 20 {} : (tensor<?x?xi1>, tensor<1xi64>) -> tensor<?x?x1xi1>
  %like00 = onnx.node "Shape"(%y0) version 20 {} : (tensor<?x?x4xf32>) -> tensor<3xi64>
  %all00 = onnx.node "Expand"(%wide00, %like00) version 20 {} : (tensor<?x?x1xi1>, tensor<3xi64>) -> tensor<?x?x4xi1>
  %nz00 = onnx.node "NonZero"(%all00) version 20 {} : (tensor<?x?x4xi1>) -> tensor<3x?xi64>
  %at00 = onnx.node "Transpose"(%nz00) version 20 {perm = array<i64: 1, 0>} : (tensor<3x?xi64>) -> tensor<?x3xi64>
  %flat00 = onnx.node "Reshape"(%sum00, %minus1) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?xf32>
  %size00 = onnx.node "Shape"(%at00) version 20 {} : (tensor<?x3xi64>) -> tensor<2xi64>
  %count00 = onnx.node "Gather"(%size00, %c0) version 20 {axis = 0 : i64} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %end00 = onnx.node "Unsqueeze"(%count00, %l0) version 20 {} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %cut00 = onnx.node "Slice"(%flat00, %l0, %end00, %l0) version 20 {} : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at00, %cut00) version 20 name "/layers.3/moe/ScatterND_0" {} : (tensor<?x?x4xf32>, tensor<?x3xi64>, tensor<?xf32>) -> tensor<?x?x4xf32>
  %mask01 = onnx.node "Equal"(%ids0, %c1) version 20 {} : (tensor<?x?xi64>, tensor<i64>) -> tensor<?x?xi1>
  %nza01 = onnx.node "NonZero"(%mask01) version 20 {} : (tensor<?x?xi1>) -> tensor<2x?xi64>
  %ata01 = onnx.node "Transpose"(%nza01) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %nzb01 = onnx.node "NonZero"(%mask01) version 20 {} : (tensor<?x?xi1>) -> tensor<2x?xi64>
  %atb01 = onnx.node "Transpose"(%nzb01) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %nzc01 = onnx.node "NonZero"(%mask01) version 20 {} : (tensor<?x?xi1>) -> tensor<2x?xi64>
  %atc01 = onnx.node "Transpose"(%nzc01) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %x01 = onnx.node "GatherND"(%x, %ata01) version 20 {} : (tensor<?x?x4xf32>, tensor<?x2xi64>) -> tensor<?x4xf32>
  %h01 = onnx.node "Gemm"(%x01, %m1, %b1) version 20 {alpha = 1.0 : f32, beta = 1.0 : f32, transB = 1 : i64} : (tensor<?x4xf32>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %g01 = onnx.node "Gelu"(%h01) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %old01 = onnx.node "GatherND"(%y1, %atb01) version 20 {} : (tensor<?x?x4xf32>, tensor<?x2xi64>) -> tensor<?x4xf32>
  %w01 = onnx.node "GatherND"(%u0, %atc01) version 20 {} : (tensor<?x?x1xf32>, tensor<?x2xi64>) -> tensor<?x1xf32>
  %p01 = onnx.node "Mul"(%w01, %g01) version 20 {} : (tensor<?x1xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %sum01 = onnx.node "Add"(%old01, %p01) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %wide01 = onnx.node "Unsqueeze"(%mask01, %minus1) version 20 {} : (tensor<?x?xi1>, tensor<1xi64>) -> tensor<?x?x1xi1>
  %like01 = onnx.node "Shape"(%y1) version 20 {} : (tensor<?x?x4xf32>) -> tensor<3xi64>
  %all01 = onnx.node "Expand"(%wide01, %like01) version 20 {} : (tensor<?x?x1xi1>, tensor<3xi64>) -> tensor<?x?x4xi1>
  %nz01 = onnx.node "NonZero"(%all01) version 20 {} : (tensor<?x?x4xi1>) -> tensor<3x?xi64>
  %at01 = onnx.node "Transpose"(%nz01) version 20 {perm = array<i64: 1, 0>} : (tensor<3x?xi64>) -> tensor<?x3xi64>
  %flat01 = onnx.node "Reshape"(%sum01, %minus1) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?xf32>
  %size01 = onnx.node "Shape"(%at01) version 20 {} : (tensor<?x3xi64>) -> tensor<2xi64>
  %count01 = onnx.node "Gather"(%size01, %c0) version 20 {axis = 0 : i64} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %end01 = onnx.node "Unsqueeze"(%count01, %l0) version 20 {} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %cut01 = onnx.node "Slice"(%flat01, %l0, %end01, %l0) version 20 {} : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at01, %cut01) version 20 name "/layers.3/moe/ScatterND_1" {} : (tensor<?x?x4xf32>, tensor<?x3xi64>, tensor<?xf32>) -> tensor<?x?x4xf32>
  %mask10 = onnx.node "Equal"(%ids1, %c0) version 20 {} : (tensor<?x?xi64>, tensor<i64>) -> tensor<?x?xi1>
  %nza10 = onnx.node "NonZero"(%mask10) version 20 {} : (tensor<?x?xi1>) -> tensor<2x?xi64>
  %ata10 = onnx.node "Transpose"(%nza10) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %nzb10 = onnx.node "NonZero"(%mask10) version 20 {} : (tensor<?x?xi1>) -> tensor<2x?xi64>
  %atb10 = onnx.node "Transpose"(%nzb10) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %nzc10 = onnx.node "NonZero"(%mask10) version 20 {} : (tensor<?x?xi1>) -> tensor<2x?xi64>
  %atc10 = onnx.node "Transpose"(%nzc10) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %x10 = onnx.node "GatherND"(%x, %ata10) version 20 {} : (tensor<?x?x4xf32>, tensor<?x2xi64>) -> tensor<?x4xf32>
  %h10 = onnx.node "Gemm"(%x10, %m0, %b0) version 20 {alpha = 1.0 : f32, beta = 1.0 : f32, transB = 1 : i64} : (tensor<?x4xf32>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  %g10 = onnx.node "Gelu"(%h10) version 20 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %old10 = onnx.node "GatherND"(%y2, %atb10) version 20 {} : (tensor<?x?x4xf32>, tensor<?x2xi64>) -> tensor<?x4xf32>
  %w10 = onnx.node "GatherND"(%u1, %atc10) version 20 {} : (tensor<?x?x1xf32>, tensor<?x2xi64>) -> tensor<?x1xf32>
  %p10 = onnx.node "Mul"(%w10, %g10) version 20 {} : (tensor<?x1xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %sum10 = onnx.node "Add"(%old10, %p10) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %wide10 = onnx.node "Unsqueeze"(%mask10, %minus1) version 20 {} : (tensor<?x?xi1>, tensor<1xi64>) -> tensor<?x?x1xi1>
  %like10 = onnx.node "Shape"(%y2) version 20 {} : (tensor<?x?x4xf32>) -> tensor<3xi64>
  %all10 = onnx.node "Expand"(%wide10, %like10) version 20 {} : (tensor<?x?x1xi1>, tensor<3xi64>) -> tensor<?x?x4xi1>
  %nz10 = onnx.node "NonZero"(%all10) version 20 {} : (tensor<?x?x4xi1>) -> tensor<3x?xi64>
  %at10 = onnx.node "Transpose"(%nz10) version 20 {perm = array<i64: 1, 0>} : (tensor<3x?xi64>) -> tensor<?x3xi64>
  %flat10 = onnx.node "Reshape"(%sum10, %minus1) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?xf32>
  %size10 = onnx.node "Shape"(%at10) version 20 {} : (tensor<?x3xi64>) -> tensor<2xi64>
  %count10 = onnx.node "Gather"(%size10, %c0) version 20 {axis = 0 : i64} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %end10 = onnx.node "Unsqueeze"(%count10, %l0) version 20 {} : (tensor<i64>, tensor<1xi64>) -> tensor<1xi64>
  %cut10 = onnx.node "Slice"(%flat10, %l0, %end10, %l0) version 20 {} : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  %y3 = onnx.node "ScatterND"(%y2, %at10, %cut10) version 20 name "/layers.3/moe/ScatterND_2" {} : (tensor<?x?x4xf32>, tensor<?x3xi64>, tensor<?xf32>) -> tensor<?x?x4xf32>
  return %y3 : tensor<?x?x4xf32>
}
