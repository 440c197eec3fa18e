// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// Two heads read one head of keys; the cache grows by the new tokens.
// CHECK-LABEL: @group_query
// CHECK-SAME: -> (tensor<?x?x64xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>)
func.func @group_query(%q: tensor<?x?x64xf32>, %k: tensor<?x?x32xf32>, %past: tensor<?x2x?x16xf32>, %n: tensor<?xi32>,
                       %t: tensor<i32>) -> (!v, !v, !v) {
  %0:3 = onnx.node "GroupQueryAttention"(%q, %k, %k, %past, %past, %n, %t) domain "com.microsoft" version 1
      {num_heads = 4 : i64, kv_num_heads = 2 : i64}
      : (tensor<?x?x64xf32>, tensor<?x?x32xf32>, tensor<?x?x32xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?xi32>, tensor<i32>)
      -> (!v, !v, !v)
  return %0#0, %0#1, %0#2 : !v, !v, !v
}

// CHECK-LABEL: @multi_head
// CHECK-SAME: -> tensor<?x?x48xf32>
func.func @multi_head(%q: tensor<?x?x64xf32>, %k: tensor<?x?x64xf32>, %val: tensor<?x?x48xf32>) -> !v {
  %0 = onnx.node "MultiHeadAttention"(%q, %k, %val) domain "com.microsoft" version 1 {num_heads = 4 : i64}
      : (tensor<?x?x64xf32>, tensor<?x?x64xf32>, tensor<?x?x48xf32>) -> !v
  return %0 : !v
}

// CHECK-LABEL: @onnx_attention
// CHECK-SAME: -> (tensor<?x?x64xf32>, tensor<?x4x?x8xf32>)
func.func @onnx_attention(%q: tensor<?x?x64xf32>, %k: tensor<?x?x32xf32>, %h: tensor<?x4x?x8xf32>) -> (!v, !v) {
  %0 = onnx.node "Attention"(%q, %k, %k) version 23 {q_num_heads = 4 : i64, kv_num_heads = 2 : i64}
      : (tensor<?x?x64xf32>, tensor<?x?x32xf32>, tensor<?x?x32xf32>) -> !v
  %1 = onnx.node "Attention"(%h, %h, %h) version 23 {} : (tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>, tensor<?x4x?x8xf32>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @rotary
// CHECK-SAME: -> tensor<?x?x64xf32>
func.func @rotary(%x: tensor<?x?x64xf32>, %p: tensor<?x?xi64>, %c: tensor<9x8xf32>) -> !v {
  %0 = onnx.node "RotaryEmbedding"(%x, %p, %c, %c) domain "com.microsoft" version 1 {}
      : (tensor<?x?x64xf32>, tensor<?x?xi64>, tensor<9x8xf32>, tensor<9x8xf32>) -> !v
  return %0 : !v
}
