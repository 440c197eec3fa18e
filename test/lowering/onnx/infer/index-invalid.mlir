// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @constant_index_out_of_range(%x: tensor<6x?xf32>) -> !onnx.value {
  %i = onnx.constant dense<[0, 6]> : tensor<2xi64>
  // expected-error @below {{malformed: index 6 is out of range for dimension 6}}
  %0 = onnx.node "Gather"(%x, %i) version 13 {} : (tensor<6x?xf32>, tensor<2xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @index_is_no_index(%x: tensor<6xf32>, %i: tensor<2xf32>) -> !onnx.value {
  // expected-error @below {{malformed: input 1 must have int32 or int64 elements, but has float32}}
  %0 = onnx.node "Gather"(%x, %i) version 13 {} : (tensor<6xf32>, tensor<2xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @index_too_deep(%x: tensor<6x?xf32>, %i: tensor<?x3xi64>) -> !onnx.value {
  // expected-error @below {{malformed: indices of 3 numbers with 0 batch dimensions do not fit a tensor of rank 2}}
  %0 = onnx.node "GatherND"(%x, %i) version 13 {} : (tensor<6x?xf32>, tensor<?x3xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @index_depth_unknown(%x: tensor<6x?xf32>, %i: tensor<?x?xi64>) -> !onnx.value {
  // expected-error @below {{unsupported: the rank of result 0 depends on data: the last dimension of the indices is unknown}}
  %0 = onnx.node "GatherND"(%x, %i) version 13 {} : (tensor<6x?xf32>, tensor<?x?xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @updates_do_not_fit(%x: tensor<?x6xf32>, %i: tensor<?x1xi64>, %u: tensor<?x5xf32>) -> !onnx.value {
  // expected-error @below {{malformed: dimension 1 of the updates and what the indices select must be equal, but are 6 and 5}}
  %0 = onnx.node "ScatterND"(%x, %i, %u) version 16 {} : (tensor<?x6xf32>, tensor<?x1xi64>, tensor<?x5xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// `max` came at 18.
func.func @reduction_of_a_later_version(%x: tensor<?x6xf32>, %i: tensor<?x6xi64>, %u: tensor<?x6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: reduction 'max' is not of this version}}
  %0 = onnx.node "ScatterElements"(%x, %i, %u) version 16 {reduction = "max"} : (tensor<?x6xf32>, tensor<?x6xi64>, tensor<?x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @k_above_dimension(%x: tensor<?x8xf32>) -> (!onnx.value, !onnx.value) {
  %k = onnx.constant dense<9> : tensor<1xi64>
  // expected-error @below {{malformed: k is 9, but dimension 1 is 8}}
  %0:2 = onnx.node "TopK"(%x, %k) version 11 {} : (tensor<?x8xf32>, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  return %0#0, %0#1 : !onnx.value, !onnx.value
}

// -----

func.func @scatter_out_of_range() -> !onnx.value {
  %list = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %two = onnx.constant dense<2> : tensor<1xi64>
  // expected-error @below {{malformed: index 2 is out of range for dimension 2}}
  %0 = onnx.node "ScatterElements"(%list, %two, %two) version 16 {} : (tensor<2xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  return %0 : !onnx.value
}
