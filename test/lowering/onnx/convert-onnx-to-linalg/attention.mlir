// RUN: moe-opt %s --convert-onnx-to-linalg --split-input-file | FileCheck %s

// Two heads read one head of keys: a loop around them, no copy. The scores are one tensor, changed
// in place, and rows are divided by their sum at the end.
// CHECK-DAG: #[[Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2, d5)>
// CHECK-DAG: #[[K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d4, d1, d5)>
// CHECK-DAG: #[[S:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>
// CHECK-DAG: #[[P:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d5)>
// CHECK-DAG: #[[V:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d5, d1, d4)>
// CHECK-DAG: #[[Y:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2, d4)>
// CHECK-LABEL: @grouped_heads
// CHECK-NOT: linalg.transpose
// CHECK: %[[RAW:.*]] = linalg.generic {indexing_maps = [#[[Q]], #[[K]], #[[S]]], {{.*}}"reduction"]}
// CHECK: %[[SCORES:.*]] = tensor.collapse_shape %[[RAW]]
// CHECK: %[[MASKED:.*]] = linalg.generic {{.*}} outs(%[[SCORES]] : tensor<?x4x?x?xf32>)
// CHECK: %[[EXPS:.*]] = linalg.generic {{.*}} outs(%[[MASKED]] : tensor<?x4x?x?xf32>)
// CHECK: math.exp
// CHECK: linalg.generic {indexing_maps = [#[[P]], #[[V]], #[[Y]]], {{.*}}"reduction"]}
// CHECK: arith.divf
func.func @grouped_heads(%q: tensor<?x?x64xf32>, %k: tensor<?x?x32xf32>) -> tensor<?x?x64xf32> {
  %y = onnx.node "Attention"(%q, %k, %k) version 24 {q_num_heads = 4 : i64, kv_num_heads = 2 : i64, is_causal = 1 : i64}
      : (tensor<?x?x64xf32>, tensor<?x?x32xf32>, tensor<?x?x32xf32>) -> tensor<?x?x64xf32>
  return %y : tensor<?x?x64xf32>
}

// -----

// Past and new rows are put into one tensor, which is the cache and the keys. Scores that go out
// are not written over.
// CHECK-LABEL: @past
// CHECK: %[[PAST:.*]] = tensor.insert_slice %{{.*}} into %{{.*}}[0, 0, 0, 0] [1, 2, 3, 8] [1, 1, 1, 1]
// CHECK: tensor.insert_slice %{{.*}} into %[[PAST]][0, 0, 3, 0] [1, 2, 5, 8] [1, 1, 1, 1]
// CHECK: %[[MASKED:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<1x2x5x8xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[MASKED]], %{{.*}} : tensor<1x2x5x8xf32>, tensor<1x2x5xf32>)
// CHECK: return %{{.*}}, %{{.*}}, %[[MASKED]]
func.func @past(%q: tensor<1x2x5x8xf32>, %past: tensor<1x2x3x8xf32>, %mask: tensor<5x8xi1>)
    -> (tensor<1x2x5x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x5x8xf32>) {
  %y:4 = onnx.node "Attention"(%q, %q, %q, %mask, %past, %past) version 23 {qk_matmul_output_mode = 2 : i64}
      : (tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>, tensor<5x8xi1>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>)
      -> (tensor<1x2x5x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x5x8xf32>)
  return %y#0, %y#1, %y#3 : tensor<1x2x5x8xf32>, tensor<1x2x8x8xf32>, tensor<1x2x5x8xf32>
}

// -----

// Lengths are data: what would be read or written out of bounds is asked for before.
// CHECK-LABEL: @group_query
// CHECK: cf.assert %{{.*}}, "node 'gqa': seqlens_k has an entry beyond total_sequence_length"
// CHECK: cf.assert %{{.*}}, "node 'gqa': seqlens_k has an entry of fewer rows than the step"
// CHECK: cf.assert %{{.*}}, "node 'gqa': the past has fewer rows than seqlens_k says"
// CHECK: scf.for
// CHECK: tensor.insert_slice
// CHECK: tensor.insert_slice
// CHECK: math.tanh
func.func @group_query(%qkv: tensor<?x?x64xf32>, %past: tensor<?x2x?x8xf32>, %n: tensor<?xi32>, %t: tensor<i32>)
    -> (tensor<?x?x32xf32>, tensor<?x2x?x8xf32>) {
  %none = onnx.none
  %y:3 = onnx.node "GroupQueryAttention"(%qkv, %none, %none, %past, %past, %n, %t) domain "com.microsoft" version 1
      name "gqa" {num_heads = 4 : i64, kv_num_heads = 2 : i64, softcap = 5.0 : f32}
      : (tensor<?x?x64xf32>, none, none, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?xi32>, tensor<i32>)
      -> (tensor<?x?x32xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>)
  return %y#0, %y#1 : tensor<?x?x32xf32>, tensor<?x2x?x8xf32>
}

// -----

// Halves of f16 are turned in f32; what is not rotated is copied.
// CHECK-LABEL: @rotary
// CHECK: %[[X:.*]] = tensor.extract_slice %{{.*}}[0, 0, 0, 0] [1, 3, 2, 2] [1, 1, 1, 1]
// CHECK: %[[Y:.*]] = tensor.extract_slice %{{.*}}[0, 0, 0, 2] [1, 3, 2, 2] [1, 1, 1, 1]
// CHECK: linalg.generic {{.*}} ins(%[[X]], %[[Y]]
// CHECK: arith.extf
// CHECK: arith.subf {{.*}} : f32
// CHECK: arith.truncf
// CHECK: tensor.extract_slice %{{.*}}[0, 0, 0, 4] [1, 3, 2, 4] [1, 1, 1, 1]
func.func @rotary(%x: tensor<1x3x16xf16>, %p: tensor<1x3xi64>, %t: tensor<9x2xf16>) -> tensor<1x3x16xf16> {
  %y = onnx.node "RotaryEmbedding"(%x, %t, %t, %p) version 23 {num_heads = 2 : i64, rotary_embedding_dim = 4 : i64}
      : (tensor<1x3x16xf16>, tensor<9x2xf16>, tensor<9x2xf16>, tensor<1x3xi64>) -> tensor<1x3x16xf16>
  return %y : tensor<1x3x16xf16>
}

// -----

// A cache outside of attention: rows are put at each batch entry's place, in one loop.
// CHECK-LABEL: @tensor_scatter
// CHECK: cf.assert %{{.*}}, "node 'ts': a write index is out of range"
// CHECK: scf.for
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[%{{.*}}, 0, %{{.*}}, 0] [1, 2, 3, 8] [1, 1, 1, 1]
func.func @tensor_scatter(%c: tensor<4x2x16x8xf32>, %u: tensor<4x2x3x8xf32>, %w: tensor<4xi64>) -> tensor<4x2x16x8xf32> {
  %y = onnx.node "TensorScatter"(%c, %u, %w) version 24 name "ts" {}
      : (tensor<4x2x16x8xf32>, tensor<4x2x3x8xf32>, tensor<4xi64>) -> tensor<4x2x16x8xf32>
  return %y : tensor<4x2x16x8xf32>
}

// -----

// Of many rows a block is in memory at a time, with its rows of the bias; a mask of one row is read
// by all. Which column a row sees is counted from the first of all rows.
// CHECK-LABEL: @many_rows
// CHECK: scf.for %[[I:.*]] = %{{.*}} iter_args(%[[ALL:.*]] = %{{.*}}) -> (tensor<1x8x4096x64xf32>)
// CHECK: %[[FIRST:.*]] = arith.muli %[[I]], %c64
// CHECK: tensor.extract_slice %{{.*}}[0, 0, %[[FIRST]], 0] [1, 8, 64, 64]
// CHECK: tensor.extract_slice %{{.*}}[0, 0, %[[FIRST]], 0] [1, 1, 64, 4096]
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<1x8x64x4096xf32>)
// CHECK: arith.addi %{{.*}}, %[[FIRST]] : index
// CHECK: %[[NEXT:.*]] = tensor.insert_slice %{{.*}} into %[[ALL]][0, 0, %[[FIRST]], 0] [1, 8, 64, 64]
// CHECK: scf.yield %[[NEXT]]
func.func @many_rows(%q: tensor<1x8x4096x64xf32>, %bias: tensor<1x1x4096x4096xf32>) -> tensor<1x8x4096x64xf32> {
  %y = onnx.node "Attention"(%q, %q, %q, %bias) version 23 {is_causal = 1 : i64}
      : (tensor<1x8x4096x64xf32>, tensor<1x8x4096x64xf32>, tensor<1x8x4096x64xf32>, tensor<1x1x4096x4096xf32>) -> tensor<1x8x4096x64xf32>
  return %y : tensor<1x8x4096x64xf32>
}

// -----

// The last block has what is left.
// CHECK-LABEL: @rows_that_no_block_divides
// CHECK: %[[FIRST:.*]] = arith.muli %{{.*}}, %c64
// CHECK: %[[LEFT:.*]] = arith.subi %c100{{.*}}, %[[FIRST]]
// CHECK: %[[ROWS:.*]] = arith.minsi %c64{{.*}}, %[[LEFT]]
// CHECK: tensor.extract_slice %{{.*}}[0, 0, %[[FIRST]], 0] [1, 2, %[[ROWS]], 8]
// CHECK-NOT: tensor.extract_slice
// CHECK: return
func.func @rows_that_no_block_divides(%q: tensor<1x2x100x8xf32>, %mask: tensor<1x100xi1>) -> tensor<1x2x100x8xf32> {
  %y = onnx.node "Attention"(%q, %q, %q, %mask) version 23 {}
      : (tensor<1x2x100x8xf32>, tensor<1x2x100x8xf32>, tensor<1x2x100x8xf32>, tensor<1x100xi1>) -> tensor<1x2x100x8xf32>
  return %y : tensor<1x2x100x8xf32>
}

// -----

// Few rows are one block, and scores that go out are whole.
// CHECK-LABEL: @few_rows
// CHECK-NOT: scf.for
// CHECK: return
func.func @few_rows(%q: tensor<1x2x64x8xf32>, %k: tensor<1x2x4096x8xf32>) -> tensor<1x2x64x8xf32> {
  %y = onnx.node "Attention"(%q, %k, %k) version 23 {}
      : (tensor<1x2x64x8xf32>, tensor<1x2x4096x8xf32>, tensor<1x2x4096x8xf32>) -> tensor<1x2x64x8xf32>
  return %y : tensor<1x2x64x8xf32>
}

// CHECK-LABEL: @scores_go_out
// CHECK-NOT: scf.for
// CHECK: return
func.func @scores_go_out(%q: tensor<1x2x100x8xf32>) -> (tensor<1x2x100x8xf32>, tensor<1x2x100x100xf32>) {
  %y:4 = onnx.node "Attention"(%q, %q, %q) version 23 {qk_matmul_output_mode = 0 : i64}
      : (tensor<1x2x100x8xf32>, tensor<1x2x100x8xf32>, tensor<1x2x100x8xf32>)
      -> (tensor<1x2x100x8xf32>, tensor<1x2x100x8xf32>, tensor<1x2x100x8xf32>, tensor<1x2x100x100xf32>)
  return %y#0, %y#3 : tensor<1x2x100x8xf32>, tensor<1x2x100x100xf32>
}
