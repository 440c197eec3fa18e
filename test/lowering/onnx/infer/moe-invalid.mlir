// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @mixed_types(%x: tensor<?x24xf16>, %r: tensor<?x6xf32>, %w1: tensor<6x36x24xf16>, %w2: tensor<6x24x36xf16>) -> !onnx.value {
  %none = onnx.none
  // expected-error @below {{node 'moe' (com.microsoft.MoE, opset 1): malformed: inputs 0 and 1 must have one element type, but have float16 and float32}}
  %0 = onnx.node "MoE"(%x, %r, %w1, %none, %w2) domain "com.microsoft" version 1 name "moe" {}
      : (tensor<?x24xf16>, tensor<?x6xf32>, tensor<6x36x24xf16>, none, tensor<6x24x36xf16>) -> !onnx.value
  return %0 : !onnx.value
}
