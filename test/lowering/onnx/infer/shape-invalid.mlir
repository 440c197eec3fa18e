// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @elements_do_not_divide(%x: tensor<4x6xf32>) -> !onnx.value {
  %shape = onnx.constant dense<[5, -1]> : tensor<2xi64>
  // expected-error @below {{malformed: 24 elements do not divide by 5}}
  %0 = onnx.node "Reshape"(%x, %shape) version 14 {} : (tensor<4x6xf32>, tensor<2xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @elements_do_not_fit(%x: tensor<4x6xf32>) -> !onnx.value {
  %shape = onnx.constant dense<[5, 5]> : tensor<2xi64>
  // expected-error @below {{malformed: 24 elements cannot have a shape of 25}}
  %0 = onnx.node "Reshape"(%x, %shape) version 14 {} : (tensor<4x6xf32>, tensor<2xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @two_holes(%x: tensor<4x6xf32>) -> !onnx.value {
  %shape = onnx.constant dense<-1> : tensor<2xi64>
  // expected-error @below {{malformed: -1 stands twice in the shape}}
  %0 = onnx.node "Reshape"(%x, %shape) version 14 {} : (tensor<4x6xf32>, tensor<2xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @zero_copies_nothing(%x: tensor<6xf32>) -> !onnx.value {
  %shape = onnx.constant dense<[6, 0]> : tensor<2xi64>
  // expected-error @below {{malformed: 0 in the shape copies dimension 1, but the input has rank 1}}
  %0 = onnx.node "Reshape"(%x, %shape) version 14 {} : (tensor<6xf32>, tensor<2xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @hole_beside_zero(%x: tensor<0x4xf32>) -> !onnx.value {
  %shape = onnx.constant dense<[0, -1]> : tensor<2xi64>
  // expected-error @below {{malformed: -1 in the shape stands beside a dimension of 0}}
  %0 = onnx.node "Reshape"(%x, %shape) version 14 {allowzero = 1 : i64} : (tensor<0x4xf32>, tensor<2xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @squeezed_dimension_is_not_one(%x: tensor<4x6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: dimension 1 to squeeze is 6, not 1}}
  %0 = onnx.node "Squeeze"(%x) version 11 {axes = array<i64: 1>} : (tensor<4x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @squeeze_of_unknown(%x: tensor<?x6xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: the rank of result 0 depends on data: without axes, dimension 0 is squeezed if it is 1}}
  %0 = onnx.node "Squeeze"(%x) version 13 {} : (tensor<?x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @axis_out_of_range(%x: tensor<?x6xf32>) -> !onnx.value {
  %axes = onnx.constant dense<4> : tensor<1xi64>
  // expected-error @below {{malformed: axis 4 is out of range for rank 3}}
  %0 = onnx.node "Unsqueeze"(%x, %axes) version 13 {} : (tensor<?x6xf32>, tensor<1xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @axis_given_twice(%x: tensor<?x6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: axis -2 is given twice}}
  %0 = onnx.node "Transpose"(%x) version 13 {perm = array<i64: 0, -2>} : (tensor<?x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @axes_as_input_before_they_were(%x: tensor<?x6xf32>, %axes: tensor<1xi64>) -> !onnx.value {
  // expected-error @below {{malformed: expects 1 inputs, but has 2}}
  %0 = onnx.node "Unsqueeze"(%x, %axes) version 11 {} : (tensor<?x6xf32>, tensor<1xi64>) -> !onnx.value
  return %0 : !onnx.value
}
