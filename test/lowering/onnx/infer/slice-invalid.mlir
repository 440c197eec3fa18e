// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @joined_dimensions_differ(%x: tensor<?x6xf32>, %y: tensor<?x5xf32>) -> !onnx.value {
  // expected-error @below {{malformed: dimensions 1 of inputs 0 and 1 must be equal, but are 6 and 5}}
  %0 = onnx.node "Concat"(%x, %y) version 13 {axis = 0 : i64} : (tensor<?x6xf32>, tensor<?x5xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @axis_is_missing(%x: tensor<?x6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: attribute 'axis' is missing}}
  %0 = onnx.node "Concat"(%x, %x) version 13 {} : (tensor<?x6xf32>, tensor<?x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// Before 18 parts are equal.
func.func @parts_are_not_equal(%x: tensor<7xf32>) -> (!onnx.value, !onnx.value) {
  // expected-error @below {{malformed: dimension 7 does not split into 2 equal parts}}
  %0:2 = onnx.node "Split"(%x) version 13 {} : (tensor<7xf32>) -> (!onnx.value, !onnx.value)
  return %0#0, %0#1 : !onnx.value, !onnx.value
}

// -----

func.func @sizes_do_not_add_up(%x: tensor<7xf32>) -> (!onnx.value, !onnx.value) {
  %sizes = onnx.constant dense<[4, 4]> : tensor<2xi64>
  // expected-error @below {{malformed: the sum of the sizes and dimension 0 must be equal, but are 8 and 7}}
  %0:2 = onnx.node "Split"(%x, %sizes) version 13 {} : (tensor<7xf32>, tensor<2xi64>) -> (!onnx.value, !onnx.value)
  return %0#0, %0#1 : !onnx.value, !onnx.value
}

// -----

func.func @another_number_of_outputs(%x: tensor<8xf32>) -> !onnx.value {
  // expected-error @below {{malformed: attribute 'num_outputs' is 2, but there are 1 outputs}}
  %0 = onnx.node "Split"(%x) version 18 {num_outputs = 2 : i64} : (tensor<8xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @step_of_zero(%x: tensor<8xf32>) -> !onnx.value {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  // expected-error @below {{malformed: a step is 0}}
  %0 = onnx.node "Slice"(%x, %zero, %zero, %zero, %zero) version 13 {} : (tensor<8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @too_few_pads(%x: tensor<8x8xf32>) -> !onnx.value {
  %pads = onnx.constant dense<[1, 1]> : tensor<2xi64>
  // expected-error @below {{malformed: the number of pads and twice that of axes must be equal, but are 2 and 4}}
  %0 = onnx.node "Pad"(%x, %pads) version 13 {} : (tensor<8x8xf32>, tensor<2xi64>) -> !onnx.value
  return %0 : !onnx.value
}
