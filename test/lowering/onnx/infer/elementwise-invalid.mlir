// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @shapes_do_not_fit(%x: tensor<?x8xf32>, %y: tensor<3xf32>) -> !onnx.value {
  // expected-error @below {{malformed: shapes [?, 8] and [3] cannot be broadcast together}}
  %z = onnx.node "Add"(%x, %y) version 20 {} : (tensor<?x8xf32>, tensor<3xf32>) -> !onnx.value
  return %z : !onnx.value
}

// -----

func.func @float_operator_of_integers(%x: tensor<?xi64>) -> !onnx.value {
  // expected-error @below {{malformed: input 0 must have floating-point elements, but has int64}}
  %z = onnx.node "Sqrt"(%x) version 20 {} : (tensor<?xi64>) -> !onnx.value
  return %z : !onnx.value
}

// -----

func.func @condition_is_no_truth_value(%x: tensor<?xf32>) -> !onnx.value {
  // expected-error @below {{malformed: input 0 must have bool elements, but has float32}}
  %z = onnx.node "Where"(%x, %x, %x) version 20 {} : (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) -> !onnx.value
  return %z : !onnx.value
}

// -----

func.func @division_by_constant_zero(%x: tensor<?xi64>) -> !onnx.value {
  %zero = onnx.constant dense<0> : tensor<i64>
  // expected-error @below {{malformed: integers are divided by the constant 0}}
  %z = onnx.node "Div"(%x, %zero) version 20 {} : (tensor<?xi64>, tensor<i64>) -> !onnx.value
  return %z : !onnx.value
}

// -----

func.func @bound_is_no_scalar(%x: tensor<?xf32>, %low: tensor<2xf32>) -> !onnx.value {
  // expected-error @below {{malformed: input 1 must be a scalar}}
  %z = onnx.node "Clip"(%x, %low) version 20 {} : (tensor<?xf32>, tensor<2xf32>) -> !onnx.value
  return %z : !onnx.value
}

// -----

func.func @training(%x: tensor<?xf32>, %ratio: tensor<f32>) -> !onnx.value {
  %yes = onnx.constant dense<true> : tensor<i1>
  // expected-error @below {{unsupported: training mode}}
  %z = onnx.node "Dropout"(%x, %ratio, %yes) version 20 {} : (tensor<?xf32>, tensor<f32>, tensor<i1>) -> !onnx.value
  return %z : !onnx.value
}
