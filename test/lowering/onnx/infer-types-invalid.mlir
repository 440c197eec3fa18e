// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

// All are reported, not the first only.
func.func @unknown_operators(%x: tensor<?x8xf32>) -> (!onnx.value, !onnx.value) {
  // expected-error @below {{unsupported operator com.microsoft.Router (node 'r', opset 1)}}
  %y = onnx.node "Router"(%x) domain "com.microsoft" version 1 name "r" {} : (tensor<?x8xf32>) -> !onnx.value
  %z = onnx.node "Relu"(%y) version 20 {} : (!onnx.value) -> !onnx.value
  // expected-error @below {{unsupported operator NoSuch (node 'n', opset 20)}}
  %w = onnx.node "NoSuch"(%z) version 20 name "n" {} : (!onnx.value) -> !onnx.value
  return %y, %w : !onnx.value, !onnx.value
}

// -----

// Gelu became an operator of ONNX at 20.
func.func @version_before_first_row(%x: tensor<?x8xf32>) -> !onnx.value {
  // expected-error @below {{unsupported operator Gelu (node 'g', opset 19)}}
  %y = onnx.node "Gelu"(%x) version 19 name "g" {} : (tensor<?x8xf32>) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @mixed_types(%x: tensor<?x8xf16>, %b: tensor<8xf32>) -> !onnx.value {
  // expected-error @below {{node 'add' (Add, opset 20): malformed: inputs 0 and 1 must have one element type, but have float16 and float32: export it with a Cast of one of them}}
  %y = onnx.node "Add"(%x, %b) version 20 name "add" {} : (tensor<?x8xf16>, tensor<8xf32>) -> !onnx.value
  return %y : !onnx.value
}

// -----

// What torch traces of NLLB-MoE.
func.func @float_and_bool(%x: tensor<?x8xf32>, %mask: tensor<?x4xi1>) -> !onnx.value {
  // expected-error @below {{node 'e' (Einsum, opset 17): malformed: inputs 0 and 1 must have one element type, but have float32 and bool: export it with a Cast of one of them}}
  %y = onnx.node "Einsum"(%x, %mask) version 17 name "e" {equation = "bm,be->ebm"} : (tensor<?x8xf32>, tensor<?x4xi1>) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @too_few_inputs(%x: tensor<?x8xf32>) -> !onnx.value {
  // expected-error @below {{node (MatMul, opset 20): malformed: expects 2 inputs, but has 1}}
  %y = onnx.node "MatMul"(%x) version 20 {} : (tensor<?x8xf32>) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @needed_input_left_out(%x: tensor<?x8xf32>) -> !onnx.value {
  %none = onnx.none
  // expected-error @below {{malformed: input 1 is left out, but not optional}}
  %y = onnx.node "MatMul"(%x, %none) version 20 {} : (tensor<?x8xf32>, none) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @too_many_outputs(%x: tensor<?x8xf32>) -> (!onnx.value, !onnx.value) {
  // expected-error @below {{malformed: expects at most 1 outputs, but has 2}}
  %y:2 = onnx.node "Relu"(%x) version 20 {} : (tensor<?x8xf32>) -> (!onnx.value, !onnx.value)
  return %y#0, %y#1 : !onnx.value, !onnx.value
}

// -----

func.func @attribute_of_another_kind(%x: tensor<?x8xf32>) -> !onnx.value {
  // expected-error @below {{malformed: attribute 'axis' must be an integer}}
  %y = onnx.node "Softmax"(%x) version 20 {axis = 1.0 : f32} : (tensor<?x8xf32>) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @declared_dimension_contradicts(%x: tensor<?x8xf32>) -> tensor<?x9xf32> {
  // expected-error @below {{node 'r' (Relu, opset 20): malformed: result 0 is declared tensor<?x9xf32>, but what the node makes is tensor<?x8xf32>}}
  %y = onnx.node "Relu"(%x) version 20 name "r" {} : (tensor<?x8xf32>) -> tensor<?x9xf32>
  return %y : tensor<?x9xf32>
}

// -----

func.func @declared_rank_contradicts(%x: tensor<?x8xf32>) -> tensor<?xf32> {
  // expected-error @below {{result 0 is declared tensor<?xf32>, but what the node makes is tensor<?x8xf32>}}
  %y = onnx.node "Relu"(%x) version 20 {} : (tensor<?x8xf32>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// -----

func.func @declared_element_contradicts(%x: tensor<?x8xf32>) -> tensor<?x8xf16> {
  // expected-error @below {{result 0 is declared tensor<?x8xf16>, but what the node makes is tensor<?x8xf32>}}
  %y = onnx.node "Relu"(%x) version 20 {} : (tensor<?x8xf32>) -> tensor<?x8xf16>
  return %y : tensor<?x8xf16>
}

// -----

// expected-error @below {{unsupported: graph input 0 ('tokens') has no rank in the file}}
func.func @input_without_rank(%x: !onnx.value {onnx.name = "tokens"}) -> !onnx.value {
  %y = onnx.node "Relu"(%x) version 20 {} : (!onnx.value) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @rank_depends_on_data(%x: tensor<?xf32>, %shape: tensor<?xi64>) -> !onnx.value {
  // expected-error @below {{node 'r' (Reshape, opset 20): unsupported: the rank of result 0 depends on data: the shape, input 1, has an unknown number of elements}}
  %y = onnx.node "Reshape"(%x, %shape) version 20 name "r" {} : (tensor<?xf32>, tensor<?xi64>) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @left_out_among_many(%x: tensor<?x8xf32>) -> !onnx.value {
  %none = onnx.none
  // expected-error @below {{malformed: input 1 is left out, but not optional}}
  %y = onnx.node "Max"(%x, %none) version 20 {} : (tensor<?x8xf32>, none) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @rank_above_all(%x: tensor<1xf32>, %shape: tensor<9999999999xi64>) -> !onnx.value {
  // expected-error @below {{unsupported: a tensor of rank 9999999999}}
  %y = onnx.node "Reshape"(%x, %shape) version 20 {} : (tensor<1xf32>, tensor<9999999999xi64>) -> !onnx.value
  return %y : !onnx.value
}
