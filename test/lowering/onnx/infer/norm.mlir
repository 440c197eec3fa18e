// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// The statistics are float32 whatever the data are.
// CHECK-LABEL: @layer_norm
// CHECK-SAME: -> (tensor<?x4x6xf16>, tensor<?x1x1xf32>, tensor<?x1x1xf32>)
func.func @layer_norm(%x: tensor<?x4x6xf16>, %s: tensor<4x6xf16>) -> (!v, !v, !v) {
  %0:3 = onnx.node "LayerNormalization"(%x, %s) version 17 {axis = 1 : i64} : (tensor<?x4x6xf16>, tensor<4x6xf16>) -> (!v, !v, !v)
  return %0#0, %0#1, %0#2 : !v, !v, !v
}

// CHECK-LABEL: @rms_norm
// CHECK-SAME: -> (tensor<?x6xf32>, tensor<?x6xf32>, tensor<?x6xf32>)
func.func @rms_norm(%x: tensor<?x6xf32>, %s: tensor<6xf32>) -> (!v, !v, !v) {
  %0 = onnx.node "RMSNormalization"(%x, %s) version 23 {} : (tensor<?x6xf32>, tensor<6xf32>) -> !v
  %1 = onnx.node "SimplifiedLayerNormalization"(%x, %s) version 20 {} : (tensor<?x6xf32>, tensor<6xf32>) -> !v
  %2 = onnx.node "SkipSimplifiedLayerNormalization"(%x, %x, %s) domain "com.microsoft" version 1 {}
      : (tensor<?x6xf32>, tensor<?x6xf32>, tensor<6xf32>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// The sum of input and skip is the fourth result.
// CHECK-LABEL: @skip_sum
// CHECK-SAME: -> (tensor<?x6xf16>, tensor<?x6xf16>)
func.func @skip_sum(%x: tensor<?x6xf16>, %s: tensor<6xf16>) -> (!v, !v) {
  %0:4 = onnx.node "SkipLayerNormalization"(%x, %x, %s, %s, %s) domain "com.microsoft" version 1 {}
      : (tensor<?x6xf16>, tensor<?x6xf16>, tensor<6xf16>, tensor<6xf16>, tensor<6xf16>) -> (!v, !v, !v, !v)
  return %0#0, %0#3 : !v, !v
}
