// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @sharded(%x: tensor<4x8xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: experts that are spread over several devices; export the model for one device, with MoE}}
  %0 = onnx.node "ShardedMoE"(%x, %x) domain "com.microsoft" version 1 {} : (tensor<4x8xf32>, tensor<4x8xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @paged(%x: tensor<4x8xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: a cache in pages, which a serving engine lays out}}
  %0 = onnx.node "PagedAttention"(%x) domain "com.microsoft" version 1 {} : (tensor<4x8xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @packed(%x: tensor<4x8xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: a batch without its padding; export with MultiHeadAttention or Attention}}
  %0 = onnx.node "PackedAttention"(%x) domain "com.microsoft" version 1 {} : (tensor<4x8xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @several(%x: tensor<4x8xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: several quantised products in one operator of an execution provider; export with MatMulNBits}}
  %0 = onnx.node "MatMulNBitsQkv"(%x) domain "com.microsoft" version 1 {} : (tensor<4x8xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @blocks(%x: tensor<4x8xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: weights in blocks of fp8 or fp4 as an execution provider lays them out}}
  %0 = onnx.node "MatMulBlockQuantizedFp4Weight"(%x) domain "com.microsoft" version 1 {} : (tensor<4x8xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @flexible(%x: tensor<1x2x4x8xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: attention with functions of scores as subgraphs, a preview of ONNX; export with Attention}}
  %0 = onnx.node "FlexAttention"(%x, %x, %x) domain "ai.onnx.preview" version 1 {} : (tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @quantised_cache(%x: tensor<1x4x8xf32>, %c: tensor<1x2x4x4xi8>, %n: tensor<1xi32>, %t: tensor<i32>) -> !onnx.value {
  // expected-error @below {{unsupported: a quantised cache of keys and values}}
  %0 = onnx.node "GroupQueryAttention"(%x, %x, %x, %c, %c, %n, %t) domain "com.microsoft" version 1
      {num_heads = 2 : i64, kv_num_heads = 2 : i64, k_quant_type = "PER_TENSOR", v_quant_type = "PER_TENSOR"}
      : (tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<1x2x4x4xi8>, tensor<1x2x4x4xi8>, tensor<1xi32>, tensor<i32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// Operators of Microsoft gain attributes without a new version: what is not known may mean anything.
func.func @new_attribute(%x: tensor<1x4x8xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: attribute 'of_tomorrow'}}
  %0 = onnx.node "MultiHeadAttention"(%x, %x, %x) domain "com.microsoft" version 1 {num_heads = 2 : i64, of_tomorrow = 1 : i64}
      : (tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<1x4x8xf32>) -> !onnx.value
  return %0 : !onnx.value
}
