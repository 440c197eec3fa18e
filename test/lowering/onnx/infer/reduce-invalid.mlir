// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

// Of axes that are data the number must be known.
func.func @axes_depend_on_data(%x: tensor<?x6xf32>, %axes: tensor<?xi64>) -> !onnx.value {
  // expected-error @below {{unsupported: the axes (input 1) depend on data}}
  %0 = onnx.node "ReduceSum"(%x, %axes) version 13 {} : (tensor<?x6xf32>, tensor<?xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// The other reductions kept their attribute until 18.
func.func @axes_as_input_before_they_were(%x: tensor<?x6xf32>, %axes: tensor<1xi64>) -> !onnx.value {
  // expected-error @below {{malformed: expects 1 inputs, but has 2}}
  %0 = onnx.node "ReduceMean"(%x, %axes) version 17 {} : (tensor<?x6xf32>, tensor<1xi64>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @axis_out_of_range(%x: tensor<8xf32>) -> !onnx.value {
  // expected-error @below {{malformed: axis 1 is out of range for rank 1}}
  %0 = onnx.node "Softmax"(%x) version 13 {axis = 1 : i64} : (tensor<8xf32>) -> !onnx.value
  return %0 : !onnx.value
}
