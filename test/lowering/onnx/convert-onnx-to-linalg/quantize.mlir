// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// Integers are subtracted as integers, then scaled in f32.
// CHECK-LABEL: @per_axis
// CHECK: arith.subi {{.*}} : i32
// CHECK: arith.sitofp {{.*}} : i32 to f32
// CHECK: arith.mulf
func.func @per_axis(%x: tensor<?x4xui8>, %s: tensor<4xf32>, %z: tensor<4xui8>) -> tensor<?x4xf32> {
  %y = onnx.node "DequantizeLinear"(%x, %s, %z) version 19 {axis = -1 : i64} : (tensor<?x4xui8>, tensor<4xf32>, tensor<4xui8>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Blocks that divide the axis split it.
// CHECK-LABEL: @blocks
// CHECK: tensor.expand_shape %{{.*}} {{\[}}[0, 1], [2]{{\]}} output_shape [3, 2, 5] : tensor<6x5xi8> into tensor<3x2x5xi8>
func.func @blocks(%x: tensor<6x5xi4>, %s: tensor<3x5xf32>) -> tensor<6x5xf32> {
  %y = onnx.node "DequantizeLinear"(%x, %s) version 21 {axis = 0 : i64, block_size = 2 : i64} : (tensor<6x5xi4>, tensor<3x5xf32>) -> tensor<6x5xf32>
  return %y : tensor<6x5xf32>
}

// Blocks that do not: each element looks its scale up.
// CHECK-LABEL: @last_block_is_shorter
// CHECK: arith.divui
// CHECK: tensor.extract
func.func @last_block_is_shorter(%x: tensor<5x5xi4>, %s: tensor<3x5xf32>) -> tensor<5x5xf32> {
  %y = onnx.node "DequantizeLinear"(%x, %s) version 21 {axis = 0 : i64, block_size = 2 : i64} : (tensor<5x5xi4>, tensor<3x5xf32>) -> tensor<5x5xf32>
  return %y : tensor<5x5xf32>
}

// The quotient is rounded to the scale's type before it is rounded to a whole number.
// CHECK-LABEL: @half_precision
// CHECK: arith.divf
// CHECK: arith.truncf {{.*}} : f32 to f16
// CHECK: math.roundeven
func.func @half_precision(%x: tensor<?xf16>, %s: tensor<f16>) -> tensor<?xui8> {
  %y = onnx.node "QuantizeLinear"(%x, %s) version 19 {} : (tensor<?xf16>, tensor<f16>) -> tensor<?xui8>
  return %y : tensor<?xui8>
}
