// RUN: moe-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// A product with a constant matrix is a grouped product of one group; rows are collapsed.
// CHECK-LABEL: @constant_matrix
// CHECK: %[[W:.*]] = moe.weight [#moe.piece<"m.onnx" at 64 shape{{ ?}}[1, 16, 4] strides{{ ?}}[0, 4, 1]>]
// CHECK: %[[ROWS:.*]] = tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]]
// CHECK: moe.grouped_matmul %[[ROWS]] weights(%[[W]]
// CHECK: tensor.expand_shape
func.func @constant_matrix(%x: tensor<?x?x16xf32>) -> tensor<?x?x4xf32> {
  %w = moe.weight [#moe.piece<"m.onnx" at 64 shape [16, 4] strides [4, 1]>] : tensor<16x4xf32>
  %y = onnx.node "MatMul"(%x, %w) version 20 {} : (tensor<?x?x16xf32>, tensor<16x4xf32>) -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// -----

// transB is a swap of strides; the bias is a column of the epilogue.
// CHECK-LABEL: @gemm
// CHECK: strides{{ ?}}[0, 1, 16]
// CHECK: moe.grouped_matmul {{.*}} columns(%{{.*}} : tensor<1x4xf32>)
// CHECK: ^bb0(%[[ACC:.*]]: f32, %[[BIAS:.*]]: f32):
// CHECK: arith.addf %[[ACC]], %[[BIAS]]
func.func @gemm(%x: tensor<?x16xf32>) -> tensor<?x4xf32> {
  %w = moe.weight [#moe.piece<"m.onnx" at 64 shape [4, 16] strides [16, 1]>] : tensor<4x16xf32>
  %b = onnx.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %y = onnx.node "Gemm"(%x, %w, %b) version 20 {transB = 1 : i64}
      : (tensor<?x16xf32>, tensor<4x16xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// A Transpose of a weight is a view too, and the product after it still finds the weight.
// CHECK-LABEL: @transposed_weight
// CHECK: strides{{ ?}}[0, 1, 16]
// CHECK: moe.grouped_matmul
func.func @transposed_weight(%x: tensor<?x16xf32>) -> tensor<?x4xf32> {
  %w = moe.weight [#moe.piece<"m.onnx" at 64 shape [4, 16] strides [16, 1]>] : tensor<4x16xf32>
  %t = onnx.node "Transpose"(%w) version 20 {perm = array<i64: 1, 0>} : (tensor<4x16xf32>) -> tensor<16x4xf32>
  %y = onnx.node "MatMul"(%x, %t) version 20 {} : (tensor<?x16xf32>, tensor<16x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// f16 is accumulated in f32.
// CHECK-LABEL: @batched
// CHECK: linalg.batch_matmul {{.*}} -> tensor<6x3x5xf32>
// CHECK: arith.truncf
func.func @batched(%x: tensor<2x3x3x4xf16>, %y: tensor<2x3x4x5xf16>) -> tensor<2x3x3x5xf16> {
  %z = onnx.node "MatMul"(%x, %y) version 20 {} : (tensor<2x3x3x4xf16>, tensor<2x3x4x5xf16>) -> tensor<2x3x3x5xf16>
  return %z : tensor<2x3x3x5xf16>
}

// -----

// CHECK-DAG: #[[A:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d0, d1)>
// CHECK-DAG: #[[B:.*]] = affine_map<(d0, d1, d2, d3) -> (d3, d2)>
// CHECK-LABEL: @einsum
// CHECK: linalg.generic {indexing_maps = [#[[A]], #[[B]], #{{.*}}], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
func.func @einsum(%x: tensor<7x4x5xf32>, %y: tensor<7x6xf32>) -> tensor<4x5x6xf32> {
  %z = onnx.node "Einsum"(%x, %y) version 18 {equation = "tec,th->ech"} : (tensor<7x4x5xf32>, tensor<7x6xf32>) -> tensor<4x5x6xf32>
  return %z : tensor<4x5x6xf32>
}
