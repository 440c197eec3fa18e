// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: @places
// CHECK-SAME: -> (tensor<?x8x4x10xf32>, tensor<?x8x5x6xf32>, tensor<?x3x5x3xf32>, tensor<?x3x5x6xf32>, tensor<?x3x1x1xf32>)
func.func @places(%x: tensor<?x3x9x12xf32>, %w: tensor<8x3x3x3xf32>) -> (!onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value) {
  %0 = onnx.node "Conv"(%x, %w) version 11 {strides = array<i64: 2, 1>} : (tensor<?x3x9x12xf32>, tensor<8x3x3x3xf32>) -> !onnx.value
  %1 = onnx.node "Conv"(%x, %w) version 11 {strides = array<i64: 2, 2>, auto_pad = "SAME_LOWER"} : (tensor<?x3x9x12xf32>, tensor<8x3x3x3xf32>) -> !onnx.value
  %2 = onnx.node "MaxPool"(%x) version 12 {kernel_shape = array<i64: 1, 4>, strides = array<i64: 2, 4>} : (tensor<?x3x9x12xf32>) -> !onnx.value
  // The last window starts in the padding behind: it does not count.
  %3 = onnx.node "AveragePool"(%x) version 19 {kernel_shape = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>, ceil_mode = 1 : i64}
      : (tensor<?x3x9x12xf32>) -> !onnx.value
  %4 = onnx.node "GlobalAveragePool"(%x) version 1 {} : (tensor<?x3x9x12xf32>) -> !onnx.value
  return %0, %1, %2, %3, %4 : !onnx.value, !onnx.value, !onnx.value, !onnx.value, !onnx.value
}

// -----

func.func @channels(%x: tensor<1x3x9xf32>, %w: tensor<8x2x3xf32>) -> !onnx.value {
  // expected-error @below {{malformed: the channels of input 0 and those of the weights must be equal, but are 3 and 2}}
  %0 = onnx.node "Conv"(%x, %w) version 11 {} : (tensor<1x3x9xf32>, tensor<8x2x3xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @kernel(%x: tensor<1x3x9xf32>) -> !onnx.value {
  // expected-error @below {{malformed: attribute 'kernel_shape' has not one size for each dimension}}
  %0 = onnx.node "MaxPool"(%x) version 12 {kernel_shape = array<i64: 2, 2>} : (tensor<1x3x9xf32>) -> !onnx.value
  return %0 : !onnx.value
}
