// RUN: moe-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// One loop along the tokens that carries the state in f32; all heads of a token at once.
// CHECK-LABEL: @linear_attention
// CHECK: scf.for {{.*}} iter_args(%[[STATE:.*]] = %{{.*}}, %{{.*}} = %{{.*}}) -> (tensor<1x2x4x6xf32>, tensor<1x8x2x2x6xf16>)
// CHECK: linalg.generic {{.*}} outs(%[[STATE]] : tensor<1x2x4x6xf32>)
// CHECK: math.exp
func.func @linear_attention(%q: tensor<1x8x16xf16>, %k: tensor<1x8x8xf16>, %v: tensor<1x8x12xf16>, %d: tensor<1x8x2xf16>)
    -> tensor<1x8x24xf16> {
  %none = onnx.none
  %y:2 = onnx.node "LinearAttention"(%q, %k, %v, %none, %d) version 27
      {q_num_heads = 4 : i64, kv_num_heads = 2 : i64, update_rule = "gated"}
      : (tensor<1x8x16xf16>, tensor<1x8x8xf16>, tensor<1x8x12xf16>, none, tensor<1x8x2xf16>) -> (tensor<1x8x24xf16>, tensor<1x2x4x6xf16>)
  return %y#0 : tensor<1x8x24xf16>
}

// -----

// The state stands before the input; the new state is the end of both.
// CHECK: #[[X:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2 + d3)>
// CHECK-LABEL: @causal_conv
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 0] [2, 6, 3] [1, 1, 1]
// CHECK: %[[ALL:.*]] = tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 3] [2, 6, 5] [1, 1, 1]
// CHECK: linalg.generic {indexing_maps = [#[[X]],
// CHECK: tensor.extract_slice %[[ALL]][0, 0, 5] [2, 6, 3] [1, 1, 1]
func.func @causal_conv(%x: tensor<2x6x5xf32>, %w: tensor<6x1x4xf32>, %s: tensor<2x6x3xf32>) -> (tensor<2x6x5xf32>, tensor<2x6x3xf32>) {
  %none = onnx.none
  %y:2 = onnx.node "CausalConvWithState"(%x, %w, %none, %s) version 27 {}
      : (tensor<2x6x5xf32>, tensor<6x1x4xf32>, none, tensor<2x6x3xf32>) -> (tensor<2x6x5xf32>, tensor<2x6x3xf32>)
  return %y#0, %y#1 : tensor<2x6x5xf32>, tensor<2x6x3xf32>
}
