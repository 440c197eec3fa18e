// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @mixed_types(%x: tensor<?x24xf16>, %r: tensor<?x6xf32>, %w1: tensor<6x36x24xf16>, %w2: tensor<6x24x36xf16>) -> !onnx.value {
  %none = onnx.none
  // expected-error @below {{node 'moe' (com.microsoft.MoE, opset 1): malformed: inputs 0 and 1 must have one element type, but have float16 and float32}}
  %0 = onnx.node "MoE"(%x, %r, %w1, %none, %w2) domain "com.microsoft" version 1 name "moe" {}
      : (tensor<?x24xf16>, tensor<?x6xf32>, tensor<6x36x24xf16>, none, tensor<6x24x36xf16>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// An attribute of another kind is refused: read as absent it would mean k = 1.
func.func @attribute_kinds(%x: tensor<?x24xf32>, %r: tensor<?x6xf32>, %w1: tensor<6x36x24xf32>, %w2: tensor<6x24x36xf32>) -> !onnx.value {
  %none = onnx.none
  // expected-error @below {{attribute 'k'}}
  %0 = onnx.node "MoE"(%x, %r, %w1, %none, %w2) domain "com.microsoft" version 1 name "moe" {k = 2.0 : f32}
      : (tensor<?x24xf32>, tensor<?x6xf32>, tensor<6x36x24xf32>, none, tensor<6x24x36xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @attribute_kinds_elementwise(%x: tensor<?x24xf32>) -> !onnx.value {
  // expected-error @below {{attribute 'alpha'}}
  %0 = onnx.node "LeakyRelu"(%x) version 16 name "leaky" {alpha = 1 : i64} : (tensor<?x24xf32>) -> !onnx.value
  return %0 : !onnx.value
}
