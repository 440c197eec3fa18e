// RUN: moe-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// Groups are a loop; strides and dilations are in the map; padding is a copy.
// CHECK: #[[X:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d4, d3 * 2 + d5 * 3)>
// CHECK-LABEL: @conv
// CHECK: %[[P:.*]] = tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 1] [1, 4, 10] [1, 1, 1]
// CHECK: tensor.expand_shape %[[P]]
// CHECK: linalg.generic {indexing_maps = [#[[X]],
func.func @conv(%x: tensor<1x4x10xf32>, %w: tensor<6x2x3xf32>) -> tensor<1x6x3xf32> {
  %y = onnx.node "Conv"(%x, %w) version 11 {group = 2 : i64, strides = array<i64: 2>, dilations = array<i64: 3>, pads = array<i64: 1, 1>}
      : (tensor<1x4x10xf32>, tensor<6x2x3xf32>) -> tensor<1x6x3xf32>
  return %y : tensor<1x6x3xf32>
}

// -----

// Half of f16 is summed in f32 and rounded once, with the bias.
// CHECK-LABEL: @half
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<1x1x2x8xf32>)
// CHECK: arith.extf
// CHECK: arith.addf {{.*}} : f32
// CHECK: arith.truncf
func.func @half(%x: tensor<1x3x8xf16>, %w: tensor<2x3x1xf16>, %b: tensor<2xf16>) -> tensor<1x2x8xf16> {
  %y = onnx.node "Conv"(%x, %w, %b) version 22 {} : (tensor<1x3x8xf16>, tensor<2x3x1xf16>, tensor<2xf16>) -> tensor<1x2x8xf16>
  return %y : tensor<1x2x8xf16>
}

// -----

// Padding does not count in a mean: what is there is counted by the same window.
// CHECK-LABEL: @mean
// CHECK: linalg.generic
// CHECK: %[[COUNT:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x1x4xf32>)
// CHECK: arith.divf
func.func @mean(%x: tensor<2x3x7xf32>) -> tensor<2x3x4xf32> {
  %y = onnx.node "AveragePool"(%x) version 19 {kernel_shape = array<i64: 3>, strides = array<i64: 2>, pads = array<i64: 1, 1>}
      : (tensor<2x3x7xf32>) -> tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}
