// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @scale_of_another_size(%x: tensor<?x6xf32>, %s: tensor<5xf32>) -> !onnx.value {
  // expected-error @below {{malformed: shapes [?, 6] and [5] cannot be broadcast together}}
  %0 = onnx.node "LayerNormalization"(%x, %s) version 17 {} : (tensor<?x6xf32>, tensor<5xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @scale_is_wider(%x: tensor<1x6xf32>, %s: tensor<4x6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: dimension 0 of input 1 and input 0 must be equal, but are 4 and 1}}
  %0 = onnx.node "RMSNormalization"(%x, %s) version 23 {} : (tensor<1x6xf32>, tensor<4x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}
