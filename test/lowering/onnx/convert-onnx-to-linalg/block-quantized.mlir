// RUN: moe-opt %s --convert-onnx-to-linalg --canonicalize --split-input-file | FileCheck %s

// 70 rows are three blocks of 32: codes lie behind each other along K, 96 a column, of which 70 are seen.
// CHECK-LABEL: @nbits
// CHECK-DAG: %[[W:.*]] = moe.weight [#moe.piece<"m" at 0 shape[1, 70, 50] strides[0, 1, 96]>] {{.*}} : tensor<1x70x50xi4>
// CHECK-DAG: %[[S:.*]] = moe.weight [#moe.piece<"m" at 4096 shape[1, 3, 50] strides[0, 1, 3]>] {{.*}} : tensor<1x3x50xf32>
// CHECK: moe.grouped_matmul {{.*}} weights(%[[W]] : {{.*}}) scales(%[[S]] : {{.*}}) into({{.*}}) {quant = #moe.quant<code = i4, block = 32, zero = 8>}
func.func @nbits(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 3, 16] strides [48, 16, 1]>] : tensor<50x3x16xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [50, 3] strides [3, 1]>] : tensor<50x3xf32>
  %y = onnx.node "MatMulNBits"(%x, %w, %s) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 4 : i64, block_size = 32 : i64, accuracy_level = 4 : i64} : (tensor<?x70xf32>, tensor<50x3x16xui8>, tensor<50x3xf32>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

// Old files: flat scales and zero points, two bytes of zero points for three blocks; a bias.
// CHECK-LABEL: @flat
// CHECK-DAG: moe.weight [#moe.piece<"m" at 4096 shape[1, 3, 50] strides[0, 1, 3]>] {{.*}} : tensor<1x3x50xf32>
// CHECK-DAG: moe.weight [#moe.piece<"m" at 65536 shape[1, 3, 50] strides[0, 1, 4]>] {{.*}} : tensor<1x3x50xi4>
// CHECK: moe.grouped_matmul {{.*}} zero_points({{.*}}) columns({{.*}}) into({{.*}}) {quant = #moe.quant<code = i4, block = 32>}
func.func @flat(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 48] strides [48, 1]>] : tensor<50x48xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [150] strides [1]>] : tensor<150xf32>
  %z = moe.weight [#moe.piece<"m" at 8192 shape [100] strides [1]>] : tensor<100xui8>
  %b = moe.weight [#moe.piece<"m" at 9000 shape [50] strides [1]>] : tensor<50xf32>
  %g = onnx.none
  %y = onnx.node "MatMulNBits"(%x, %w, %s, %z, %g, %b) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 4 : i64, block_size = 32 : i64} : (tensor<?x70xf32>, tensor<50x48xui8>, tensor<150xf32>, tensor<100xui8>, none, tensor<50xf32>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

// A group index in the order of the rows changes nothing.
// CHECK-LABEL: @trivial_index
// CHECK: moe.grouped_matmul
func.func @trivial_index(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 2, 8] strides [16, 8, 1]>] : tensor<2x2x8xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [2, 2] strides [2, 1]>] : tensor<2x2xf32>
  %n = onnx.none
  %g = onnx.constant dense<[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]> : tensor<32xi32>
  %y = onnx.node "MatMulNBits"(%x, %w, %s, %n, %g) domain "com.microsoft" version 1 name "q" {K = 32 : i64, N = 2 : i64, block_size = 16 : i64} : (tensor<?x32xf32>, tensor<2x2x8xui8>, tensor<2x2xf32>, none, tensor<32xi32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Rows of an embedding are read from the packed bytes; what is out of range is zero.
// CHECK-LABEL: @gather
// CHECK-DAG: %[[BYTES:.*]] = moe.weight [#moe.piece<"m" at 0 shape[1184] strides[1]>] {{.*}} : tensor<1184xi8>
// CHECK-DAG: moe.weight [#moe.piece<"m" at 4096 shape[37, 4] strides[4, 1]>] {{.*}} : tensor<37x4xf32>
// CHECK-DAG: moe.weight [#moe.piece<"m" at 65536 shape[37, 4] strides[4, 1]>] {element = ui4{{.*}} : tensor<37x4xi8>
// CHECK: linalg.generic
// CHECK: arith.cmpi sge
// CHECK: arith.cmpi slt
// CHECK: tensor.extract %[[BYTES]]
// CHECK: arith.subi
// CHECK: arith.mulf
// CHECK: arith.select
func.func @gather(%i: tensor<?xi64>) -> tensor<?x64xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [37, 32] strides [32, 1]>] : tensor<37x32xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [37, 4] strides [4, 1]>] : tensor<37x4xf32>
  %z = moe.weight [#moe.piece<"m" at 8192 shape [37, 2] strides [2, 1]>] : tensor<37x2xui8>
  %y = onnx.node "GatherBlockQuantized"(%w, %i, %s, %z) domain "com.microsoft" version 1 name "g" {gather_axis = 0 : i64, quantize_axis = 1 : i64, block_size = 16 : i64, bits = 4 : i64} : (tensor<37x32xui8>, tensor<?xi64>, tensor<37x4xf32>, tensor<37x2xui8>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

// A dequantised constant behind a product stays codes; its transpose swaps strides.
// CHECK-LABEL: @dequantised
// CHECK-DAG: moe.weight [#moe.piece<"m" at 0 shape[1, 64, 48] strides[0, 1, 64]>] {{.*}} : tensor<1x64x48xi4>
// CHECK-DAG: moe.weight [#moe.piece<"m" at 4096 shape[1, 2, 48] strides[0, 1, 2]>] {{.*}} : tensor<1x2x48xf16>
// CHECK: moe.grouped_matmul {{.*}} {quant = #moe.quant<code = i4, block = 32, is_signed = true>}
// CHECK-NOT: linalg
func.func @dequantised(%x: tensor<?x64xf16>) -> tensor<?x48xf16> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [48, 64] strides [64, 1]>] : tensor<48x64xi4>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [48, 2] strides [2, 1]>] : tensor<48x2xf16>
  %d = onnx.node "DequantizeLinear"(%w, %s) version 21 name "d" {axis = 1 : i64, block_size = 32 : i64} : (tensor<48x64xi4>, tensor<48x2xf16>) -> tensor<48x64xf16>
  %t = onnx.node "Transpose"(%d) version 21 name "t" {perm = array<i64: 1, 0>} : (tensor<48x64xf16>) -> tensor<64x48xf16>
  %y = onnx.node "MatMul"(%x, %t) version 21 name "m" {} : (tensor<?x64xf16>, tensor<64x48xf16>) -> tensor<?x48xf16>
  return %y : tensor<?x48xf16>
}

// -----

// A scale for each row of K is no block of rows: the product is not one of codes.
// CHECK-LABEL: @depth_scales
// CHECK-NOT: #moe.quant
func.func @depth_scales(%x: tensor<?x64xf32>) -> tensor<?x48xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [64, 48] strides [48, 1]>] : tensor<64x48xi8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [64] strides [1]>] : tensor<64xf32>
  %d = onnx.node "DequantizeLinear"(%w, %s) version 21 name "d" {axis = 0 : i64} : (tensor<64x48xi8>, tensor<64xf32>) -> tensor<64x48xf32>
  %y = onnx.node "MatMul"(%x, %d) version 21 name "m" {} : (tensor<?x64xf32>, tensor<64x48xf32>) -> tensor<?x48xf32>
  return %y : tensor<?x48xf32>
}
