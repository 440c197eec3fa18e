// Sequences are followed as lists of values: none is left.

// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics | FileCheck %s

!v = !onnx.value

// Sizes are data, their number is not.
// CHECK-LABEL: @split_and_join
// CHECK: %[[P:.*]]:2 = onnx.node "Split"({{.*}}) version 13 {axis = 0 : i64} : {{.*}} -> (tensor<?x4xf32>, tensor<?x4xf32>)
// CHECK: onnx.node "Concat"(%[[P]]#1, %[[P]]#0)
// CHECK-NOT: onnx.node
func.func @split_and_join(%x: tensor<?x4xf32>, %sizes: tensor<2xi64>) -> !v {
  %zero = onnx.constant dense<0> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<i64>
  %s = onnx.node "SplitToSequence"(%x, %sizes) version 18 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<2xi64>) -> !v
  %a = onnx.node "SequenceAt"(%s, %last) version 18 {} : (!v, tensor<i64>) -> !v
  %b = onnx.node "SequenceAt"(%s, %zero) version 18 {} : (!v, tensor<i64>) -> !v
  %e = onnx.node "SequenceEmpty"() version 18 {} : () -> !v
  %f = onnx.node "SequenceInsert"(%e, %b) version 18 {} : (!v, !v) -> !v
  %g = onnx.node "SequenceInsert"(%f, %a, %zero) version 18 {} : (!v, !v, tensor<i64>) -> !v
  %y = onnx.node "ConcatFromSequence"(%g) version 18 {axis = 0 : i64} : (!v) -> !v
  return %y : !v
}

// -----

// Which element, data tell: they are stacked.
// CHECK-LABEL: @chosen_by_data
// CHECK-COUNT-2: onnx.node "Unsqueeze"
// CHECK: onnx.node "Concat"{{.*}} -> tensor<2x3xf32>
// CHECK: onnx.node "Gather"{{.*}} -> tensor<3xf32>
func.func @chosen_by_data(%a: tensor<3xf32>, %b: tensor<3xf32>, %i: tensor<i64>) -> !onnx.value {
  %s = onnx.node "SequenceConstruct"(%a, %b) version 18 {} : (tensor<3xf32>, tensor<3xf32>) -> !onnx.value
  %y = onnx.node "SequenceAt"(%s, %i) version 18 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  return %y : !onnx.value
}

// -----

// CHECK-LABEL: @counted
// CHECK: onnx.constant dense<1> : tensor<i64>
func.func @counted(%a: tensor<3xf32>, %b: tensor<4xf32>) -> !onnx.value {
  %s = onnx.node "SequenceConstruct"(%a, %b) version 18 {} : (tensor<3xf32>, tensor<4xf32>) -> !onnx.value
  %t = onnx.node "SequenceErase"(%s) version 18 {} : (!onnx.value) -> !onnx.value
  %y = onnx.node "SequenceLength"(%t) version 18 {} : (!onnx.value) -> !onnx.value
  return %y : !onnx.value
}

// -----

// A sequence that the graph gives becomes an output for each element.
// CHECK-LABEL: @given
// CHECK-SAME: -> (tensor<3xf32> {onnx.dims = [""], onnx.elem = "float32", onnx.name = "s.0"}, tensor<f16> {onnx.dims = [], onnx.elem = "float16", onnx.name = "s.1"})
func.func @given(%a: tensor<3xf32>, %b: tensor<f16>) -> (!onnx.value {onnx.name = "s"}) {
  %s = onnx.node "SequenceConstruct"(%a, %b) version 18 {} : (tensor<3xf32>, tensor<f16>) -> !onnx.value
  return %s : !onnx.value
}

// -----

func.func @differing_shapes(%a: tensor<3xf32>, %b: tensor<4xf32>, %i: tensor<i64>) -> !onnx.value {
  %s = onnx.node "SequenceConstruct"(%a, %b) version 18 {} : (tensor<3xf32>, tensor<4xf32>) -> !onnx.value
  // expected-error @below {{unsupported: data choose among elements of a sequence that differ in shape}}
  %y = onnx.node "SequenceAt"(%s, %i) version 18 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @unknown_number(%x: tensor<?x4xf32>) -> !onnx.value {
  %zero = onnx.constant dense<0> : tensor<i64>
  // expected-error @below {{unsupported: the number of parts depends on data}}
  %s = onnx.node "SplitToSequence"(%x) version 18 {} : (tensor<?x4xf32>) -> !onnx.value
  %y = onnx.node "SequenceAt"(%s, %zero) version 18 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @beyond_the_last(%a: tensor<3xf32>) -> !onnx.value {
  %one = onnx.constant dense<1> : tensor<i64>
  %s = onnx.node "SequenceConstruct"(%a) version 18 {} : (tensor<3xf32>) -> !onnx.value
  // expected-error @below {{malformed: position 1 in a sequence of 1}}
  %y = onnx.node "SequenceAt"(%s, %one) version 18 {} : (!onnx.value, tensor<i64>) -> !onnx.value
  return %y : !onnx.value
}

// -----

func.func @carried(%n: tensor<i64>, %c: tensor<i1>, %a: tensor<3xf32>) -> !onnx.value {
  %s = onnx.node "SequenceEmpty"() version 18 {} : () -> !onnx.value
  // expected-error @below {{unsupported: a sequence as an input}}
  %y = onnx.node "Loop"(%n, %c, %s) version 18 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %t: !onnx.value):
    %u = onnx.node "SequenceInsert"(%t, %a) version 18 {} : (!onnx.value, tensor<3xf32>) -> !onnx.value
    onnx.return %on, %u : tensor<i1>, !onnx.value
  } : (tensor<i64>, tensor<i1>, !onnx.value) -> !onnx.value
  return %y : !onnx.value
}
