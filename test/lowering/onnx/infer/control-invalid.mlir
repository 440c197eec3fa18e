// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics

func.func @ranks_of_branches_differ(%c: tensor<i1>, %x: tensor<1x6xf32>) -> !onnx.value {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  // expected-error @below {{node 'if' (If, opset 16): unsupported: the rank of result 0 depends on data: the branches give 2 and 1}}
  %0 = onnx.node "If"(%c) version 16 name "if" {} subgraphs ["then_branch", "else_branch"] {
    onnx.return %x : tensor<1x6xf32>
  }, {
    %1 = onnx.node "Squeeze"(%x, %zero) version 16 {} : (tensor<1x6xf32>, tensor<1xi64>) -> !onnx.value
    onnx.return %1 : !onnx.value
  } : (tensor<i1>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @elements_of_branches_differ(%c: tensor<i1>, %x: tensor<6xf32>, %y: tensor<6xf16>) -> !onnx.value {
  // expected-error @below {{malformed: the branches give result 0 as float32 and float16}}
  %0 = onnx.node "If"(%c) version 16 {} subgraphs ["then_branch", "else_branch"] {
    onnx.return %x : tensor<6xf32>
  }, {
    onnx.return %y : tensor<6xf16>
  } : (tensor<i1>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// Errors of a subgraph are errors of its nodes.
func.func @error_in_a_branch(%c: tensor<i1>, %x: tensor<6xf32>) -> !onnx.value {
  %0 = onnx.node "If"(%c) version 16 {} subgraphs ["then_branch", "else_branch"] {
    // expected-error @below {{unsupported operator NoSuch}}
    %1 = onnx.node "NoSuch"(%x) version 16 {} : (tensor<6xf32>) -> !onnx.value
    onnx.return %1 : !onnx.value
  }, {
    onnx.return %x : tensor<6xf32>
  } : (tensor<i1>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @one_branch(%c: tensor<i1>, %x: tensor<6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: expects two branches, but has 1}}
  %0 = onnx.node "If"(%c) version 16 {} subgraphs ["then_branch"] {
    onnx.return %x : tensor<6xf32>
  } : (tensor<i1>) -> !onnx.value
  return %0 : !onnx.value
}
