// RUN: not moe-opt %s --convert-onnx-to-linalg 2>&1 | FileCheck %s

// What an operator could mean and does not here is refused by what it is.
// CHECK: malformed Attention (node 'columns', opset 23): a mask of 9 columns for 8 keys
// CHECK: malformed Attention (node 'heads', opset 23): heads of queries are no multiple of those of keys
// CHECK: malformed com.microsoft.GroupQueryAttention (node 'window', opset 1): a window-sized cache without a window or without a past
// CHECK: unsupported form of com.microsoft.GroupQueryAttention (node 'bias', opset 1): a bias with a window-sized cache
// CHECK: unsupported form of com.microsoft.MultiHeadAttention (node 'beams', opset 1): a shared buffer or beams
// CHECK: unsupported form of com.microsoft.Attention (node 'rotary', opset 1): attribute 'do_rotary'
// CHECK: malformed RotaryEmbedding (node 'half', opset 23): angles are not half of what is rotated
// CHECK: malformed LinearAttention (node 'rule', opset 27): decay or beta do not fit the update_rule 'gated'
// CHECK: unsupported form of MaxPool (node 'indices', opset 12): indices as an output
func.func @main(%q: tensor<1x3x8x4xf32>, %k: tensor<1x2x8x4xf32>, %m: tensor<8x9xi1>, %x: tensor<1x8x8xf32>,
                %c: tensor<1x2x8x4xf32>, %n: tensor<1xi32>, %t: tensor<i32>, %b: tensor<1x2x8x8xf32>, %w: tensor<8x24xf32>,
                %a: tensor<1x8x3xf32>, %i: tensor<1x2x8xf32>)
    -> (tensor<1x3x8x4xf32>, tensor<1x3x8x4xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>,
        tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x2x4xi64>) {
  %none = onnx.none
  %0 = onnx.node "Attention"(%q, %q, %q, %m) version 23 name "columns" {}
      : (tensor<1x3x8x4xf32>, tensor<1x3x8x4xf32>, tensor<1x3x8x4xf32>, tensor<8x9xi1>) -> tensor<1x3x8x4xf32>
  %1 = onnx.node "Attention"(%q, %k, %k) version 23 name "heads" {}
      : (tensor<1x3x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>) -> tensor<1x3x8x4xf32>
  %2 = onnx.node "GroupQueryAttention"(%x, %x, %x, %none, %none, %n, %t) domain "com.microsoft" version 1 name "window"
      {num_heads = 2 : i64, kv_num_heads = 2 : i64, sliding_window_cache = 1 : i64, local_window_size = 4 : i64}
      : (tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>, none, none, tensor<1xi32>, tensor<i32>) -> tensor<1x8x8xf32>
  %3 = onnx.node "GroupQueryAttention"(%x, %x, %x, %c, %c, %n, %t, %none, %none, %none, %b) domain "com.microsoft" version 1
      name "bias" {num_heads = 2 : i64, kv_num_heads = 2 : i64, sliding_window_cache = 1 : i64, local_window_size = 4 : i64}
      : (tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>, tensor<1xi32>,
         tensor<i32>, none, none, none, tensor<1x2x8x8xf32>) -> tensor<1x8x8xf32>
  %4 = onnx.node "MultiHeadAttention"(%x, %x, %x, %none, %none, %none, %c, %c, %n) domain "com.microsoft" version 1
      name "beams" {num_heads = 2 : i64}
      : (tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>, none, none, none, tensor<1x2x8x4xf32>, tensor<1x2x8x4xf32>,
         tensor<1xi32>) -> tensor<1x8x8xf32>
  %5 = onnx.node "Attention"(%x, %w) domain "com.microsoft" version 1 name "rotary" {num_heads = 2 : i64, do_rotary = 1 : i64}
      : (tensor<1x8x8xf32>, tensor<8x24xf32>) -> tensor<1x8x8xf32>
  %6 = onnx.node "RotaryEmbedding"(%x, %a, %a) version 23 name "half" {num_heads = 2 : i64}
      : (tensor<1x8x8xf32>, tensor<1x8x3xf32>, tensor<1x8x3xf32>) -> tensor<1x8x8xf32>
  %7 = onnx.node "LinearAttention"(%x, %x, %x) version 27 name "rule"
      {q_num_heads = 2 : i64, kv_num_heads = 2 : i64, update_rule = "gated"}
      : (tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>) -> tensor<1x8x8xf32>
  %8:2 = onnx.node "MaxPool"(%i) version 12 name "indices" {kernel_shape = array<i64: 2>, strides = array<i64: 2>}
      : (tensor<1x2x8xf32>) -> (tensor<1x2x4xf32>, tensor<1x2x4xi64>)
  return %0, %1, %2, %3, %4, %5, %6, %7, %8#1 : tensor<1x3x8x4xf32>, tensor<1x3x8x4xf32>, tensor<1x8x8xf32>,
      tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x8x8xf32>, tensor<1x2x4xi64>
}
