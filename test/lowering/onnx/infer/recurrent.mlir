// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics | FileCheck %s

// Each head of keys has a result where there are more of them; a window of states stands first.
// CHECK-LABEL: @states
// CHECK-SAME: -> (tensor<?x?x24xf32>, tensor<?x4x4x6xf32>, tensor<3x?x8x3xf32>)
func.func @states(%q: tensor<?x?x8xf32>, %k: tensor<?x?x16xf32>, %v: tensor<?x?x24xf32>, %x: tensor<?x8x?xf32>, %w: tensor<8x1x4xf32>)
    -> (!onnx.value, !onnx.value, !onnx.value) {
  %0:2 = onnx.node "LinearAttention"(%q, %k, %v) domain "com.microsoft" version 1 {q_num_heads = 2 : i64, kv_num_heads = 4 : i64, update_rule = "linear"}
      : (tensor<?x?x8xf32>, tensor<?x?x16xf32>, tensor<?x?x24xf32>) -> (!onnx.value, !onnx.value)
  %1:2 = onnx.node "CausalConvWithState"(%x, %w) domain "com.microsoft" version 1 {state_window = 3 : i64}
      : (tensor<?x8x?xf32>, tensor<8x1x4xf32>) -> (!onnx.value, !onnx.value)
  return %0#0, %0#1, %1#1 : !onnx.value, !onnx.value, !onnx.value
}

// -----

func.func @two_dimensions(%x: tensor<1x8x4x4xf32>, %w: tensor<8x1x4x4xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: more than one spatial dimension}}
  %0 = onnx.node "CausalConvWithState"(%x, %w) domain "com.microsoft" version 1 {ndim = 2 : i64} : (tensor<1x8x4x4xf32>, tensor<8x1x4x4xf32>) -> !onnx.value
  return %0 : !onnx.value
}
