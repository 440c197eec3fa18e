// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @inner_dimensions_differ(%x: tensor<?x6xf32>, %w: tensor<5x6xf32>) -> !onnx.value {
  // expected-error @below {{node 'm' (MatMul, opset 13): malformed: the last dimension of input 0 and the rows of input 1 must be equal, but are 6 and 5}}
  %0 = onnx.node "MatMul"(%x, %w) version 13 name "m" {} : (tensor<?x6xf32>, tensor<5x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @addend_is_wider(%x: tensor<1x6xf32>, %w: tensor<6x5xf32>, %b: tensor<3x5xf32>) -> !onnx.value {
  // expected-error @below {{malformed: dimension 0 of input 2 and the product must be equal, but are 3 and 1}}
  %0 = onnx.node "Gemm"(%x, %w, %b) version 13 {} : (tensor<1x6xf32>, tensor<6x5xf32>, tensor<3x5xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @einsum_terms(%x: tensor<?x6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: the equation 'ij,jk->ik' has 2 terms for 1 inputs}}
  %0 = onnx.node "Einsum"(%x) version 12 {equation = "ij,jk->ik"} : (tensor<?x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @einsum_rank(%x: tensor<?x6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: the term 'ijk' does not fit input 0 of rank 2}}
  %0 = onnx.node "Einsum"(%x) version 12 {equation = "ijk->i"} : (tensor<?x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @einsum_letter(%x: tensor<?x6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: no input of the equation has the letter 'k'}}
  %0 = onnx.node "Einsum"(%x) version 12 {equation = "ij->ik"} : (tensor<?x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @einsum_no_letter(%x: tensor<?x6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: the equation has the term 'i2'}}
  %0 = onnx.node "Einsum"(%x) version 12 {equation = "i2->i"} : (tensor<?x6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @einsum_dimensions_differ(%x: tensor<5x6xf32>, %y: tensor<5x7xf32>) -> !onnx.value {
  // expected-error @below {{malformed: the dimensions of 'j' must be equal, but are 6 and 7}}
  %0 = onnx.node "Einsum"(%x, %y) version 12 {equation = "ij,ij->i"} : (tensor<5x6xf32>, tensor<5x7xf32>) -> !onnx.value
  return %0 : !onnx.value
}
