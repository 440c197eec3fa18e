// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// CHECK-LABEL: @matmul
// CHECK-SAME: -> (tensor<?x?x5xf32>, tensor<4x?x7xf32>, tensor<5xf32>, tensor<?xf32>, tensor<f32>)
func.func @matmul(%x: tensor<?x?x6xf32>, %w: tensor<6x5xf32>, %b: tensor<4x6x7xf32>, %m: tensor<1x?x6xf32>,
                  %v: tensor<6xf32>, %r: tensor<?x6xf32>) -> (!v, !v, !v, !v, !v) {
  %0 = onnx.node "MatMul"(%x, %w) version 13 {} : (tensor<?x?x6xf32>, tensor<6x5xf32>) -> !v
  %1 = onnx.node "MatMul"(%m, %b) version 13 {} : (tensor<1x?x6xf32>, tensor<4x6x7xf32>) -> !v
  %2 = onnx.node "MatMul"(%v, %w) version 13 {} : (tensor<6xf32>, tensor<6x5xf32>) -> !v
  %3 = onnx.node "MatMul"(%r, %v) version 13 {} : (tensor<?x6xf32>, tensor<6xf32>) -> !v
  %4 = onnx.node "MatMul"(%v, %v) version 13 {} : (tensor<6xf32>, tensor<6xf32>) -> !v
  return %0, %1, %2, %3, %4 : !v, !v, !v, !v, !v
}

// CHECK-LABEL: @gemm
// CHECK-SAME: -> (tensor<?x5xf32>, tensor<?x5xf32>)
func.func @gemm(%x: tensor<?x6xf32>, %w: tensor<5x6xf32>, %t: tensor<6x?xf32>, %b: tensor<5xf32>) -> (!v, !v) {
  %0 = onnx.node "Gemm"(%x, %w, %b) version 13 {transB = 1 : i64} : (tensor<?x6xf32>, tensor<5x6xf32>, tensor<5xf32>) -> !v
  %1 = onnx.node "Gemm"(%t, %w) version 13 {transA = 1 : i64, transB = 1 : i64} : (tensor<6x?xf32>, tensor<5x6xf32>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @einsum
// CHECK-SAME: -> (tensor<?x8x5xf32>, tensor<?x3x5xf32>, tensor<4xf32>, tensor<3x4xf32>)
func.func @einsum(%x: tensor<?x6xf32>, %w: tensor<8x6x5xf32>, %y: tensor<?x3x6xf32>, %m: tensor<6x5xf32>,
                  %square: tensor<4x4xf32>, %t: tensor<4x3xf32>) -> (!v, !v, !v, !v) {
  %0 = onnx.node "Einsum"(%x, %w) version 12 {equation = "th,ehi->tei"} : (tensor<?x6xf32>, tensor<8x6x5xf32>) -> !v
  %1 = onnx.node "Einsum"(%y, %m) version 12 {equation = "... h, h i -> ... i"} : (tensor<?x3x6xf32>, tensor<6x5xf32>) -> !v
  %2 = onnx.node "Einsum"(%square) version 12 {equation = "ii->i"} : (tensor<4x4xf32>) -> !v
  // Without an arrow: letters that stand once, in the alphabet's order.
  %3 = onnx.node "Einsum"(%t) version 12 {equation = "ba"} : (tensor<4x3xf32>) -> !v
  return %0, %1, %2, %3 : !v, !v, !v, !v
}

// CHECK-LABEL: @microsoft
// CHECK-SAME: -> (tensor<?x5xf32>, tensor<?x?x7xf32>)
func.func @microsoft(%t: tensor<6x?xf32>, %w: tensor<6x5xf32>, %x: tensor<?x?x6xf32>, %q: tensor<7x1x3xui8>,
                     %s: tensor<7xf32>) -> (!v, !v) {
  %0 = onnx.node "FusedMatMul"(%t, %w) domain "com.microsoft" version 1 {transA = 1 : i64} : (tensor<6x?xf32>, tensor<6x5xf32>) -> !v
  %1 = onnx.node "MatMulNBits"(%x, %q, %s) domain "com.microsoft" version 1 {K = 6 : i64, N = 7 : i64, bits = 4 : i64, block_size = 16 : i64}
      : (tensor<?x?x6xf32>, tensor<7x1x3xui8>, tensor<7xf32>) -> !v
  return %0, %1 : !v, !v
}
