// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @blocks
// CHECK: moe.dequantize %{{.*}}, %{{.*}} <code = i4, block = 32, zero = 8> : tensor<70x16xi4>, tensor<3x16xf16> -> tensor<70x16xf32>
func.func @blocks(%codes: tensor<70x16xi4>, %scales: tensor<3x16xf16>) -> tensor<70x16xf32> {
  %w = moe.dequantize %codes, %scales <code = i4, block = 32, zero = 8> : tensor<70x16xi4>, tensor<3x16xf16> -> tensor<70x16xf32>
  return %w : tensor<70x16xf32>
}

// CHECK-LABEL: @zero_points
// CHECK: moe.dequantize %{{.*}}, %{{.*}} zero_points %{{.*}} : tensor<1x16xi8> <code = i8, block = 64, is_signed = true> : tensor<64x16xi8>, tensor<1x16xf32> -> tensor<64x16xf32>
func.func @zero_points(%codes: tensor<64x16xi8>, %scales: tensor<1x16xf32>, %zeros: tensor<1x16xi8>) -> tensor<64x16xf32> {
  %w = moe.dequantize %codes, %scales zero_points %zeros : tensor<1x16xi8> <code = i8, block = 64, is_signed = true> : tensor<64x16xi8>, tensor<1x16xf32> -> tensor<64x16xf32>
  return %w : tensor<64x16xf32>
}

// CHECK-LABEL: @floats
// CHECK: zero_points %{{.*}} : tensor<4x8xf32> <code = i2, block = 16>
func.func @floats(%codes: tensor<64x8xi2>, %scales: tensor<4x8xbf16>, %zeros: tensor<4x8xf32>) -> tensor<64x8xf32> {
  %w = moe.dequantize %codes, %scales zero_points %zeros : tensor<4x8xf32> <code = i2, block = 16> : tensor<64x8xi2>, tensor<4x8xbf16> -> tensor<64x8xf32>
  return %w : tensor<64x8xf32>
}
