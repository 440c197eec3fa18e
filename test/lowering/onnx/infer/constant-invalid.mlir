// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @constant_without_value() -> !onnx.value {
  // expected-error @below {{unsupported: a constant without value, value_int, value_ints, value_float or value_floats}}
  %0 = onnx.node "Constant"() version 20 {} : () -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @unknown_data_type(%x: tensor<?xf32>) -> !onnx.value {
  // expected-error @below {{unsupported: casts to data type 99}}
  %0 = onnx.node "Cast"(%x) version 20 {to = 99 : i64} : (tensor<?xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @no_data_type(%x: tensor<?xf32>) -> !onnx.value {
  // expected-error @below {{malformed: attribute 'to' is missing}}
  %0 = onnx.node "Cast"(%x) version 20 {} : (tensor<?xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @step_of_zero(%x: tensor<i64>) -> !onnx.value {
  %zero = onnx.constant dense<0> : tensor<i64>
  // expected-error @below {{malformed: the step of a range is 0}}
  %0 = onnx.node "Range"(%x, %x, %zero) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @negative_dimension() -> !onnx.value {
  %shape = onnx.constant dense<[2, -3]> : tensor<2xi64>
  // expected-error @below {{malformed: a dimension of result 0 is negative: [2, -3]}}
  %0 = onnx.node "ConstantOfShape"(%shape) version 20 {} : (tensor<2xi64>) -> !onnx.value
  return %0 : !onnx.value
}
