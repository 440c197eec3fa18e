// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// CHECK-LABEL: @moe
// CHECK-SAME: -> tensor<?x?x24xf16>
func.func @moe(%x: tensor<?x?x24xf16>, %r: tensor<?x6xf16>, %w1: tensor<6x36x24xf16>, %w2: tensor<6x24x36xf16>) -> !v {
  %none = onnx.none
  %0 = onnx.node "MoE"(%x, %r, %w1, %none, %w2) domain "com.microsoft" version 1 {k = 2 : i64}
      : (tensor<?x?x24xf16>, tensor<?x6xf16>, tensor<6x36x24xf16>, none, tensor<6x24x36xf16>) -> !v
  return %0 : !v
}

// Router and scales may be float32 beside float16 tokens.
// CHECK-LABEL: @qmoe
// CHECK-SAME: -> tensor<?x32xf16>
func.func @qmoe(%x: tensor<?x32xf16>, %r: tensor<?x6xf32>, %w1: tensor<6x64x16xui8>, %s1: tensor<6x64xf32>,
                %w2: tensor<6x32x32xui8>, %s2: tensor<6x32xf32>) -> !v {
  %none = onnx.none
  %0 = onnx.node "QMoE"(%x, %r, %w1, %s1, %none, %w2, %s2) domain "com.microsoft" version 1 {k = 2 : i64}
      : (tensor<?x32xf16>, tensor<?x6xf32>, tensor<6x64x16xui8>, tensor<6x64xf32>, none, tensor<6x32x32xui8>, tensor<6x32xf32>) -> !v
  return %0 : !v
}
