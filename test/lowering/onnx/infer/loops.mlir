// The body of a loop is typed for all rounds: what a round changes is unknown in the next.

// RUN: moe-opt %s -onnx-infer-types -split-input-file -verify-diagnostics | FileCheck %s

// CHECK-LABEL: @steady
// CHECK-SAME: (tensor<?x6xf32>, tensor<?x?x6xf32>)
// CHECK: ^bb0(%{{.*}}: tensor<i64>, %{{.*}}: tensor<i1>, %{{.*}}: tensor<?x6xf32>):
func.func @steady(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<?x6xf32>) -> (!onnx.value, !onnx.value) {
  %0:2 = onnx.node "Loop"(%n, %c, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: tensor<?x6xf32>):
    %1 = onnx.node "Relu"(%y) version 16 {} : (tensor<?x6xf32>) -> !onnx.value
    onnx.return %on, %1, %y : tensor<i1>, !onnx.value, tensor<?x6xf32>
  } : (tensor<i64>, tensor<i1>, tensor<?x6xf32>) -> (!onnx.value, !onnx.value)
  return %0#0, %0#1 : !onnx.value, !onnx.value
}

// -----

// The first dimension grows, so that its shape is no constant in the body; the second one stays.
// CHECK-LABEL: @growing
// CHECK-SAME: -> (tensor<?x6xf32>, tensor<?x2xi64>)
// CHECK: ^bb0(%{{.*}}: tensor<i64>, %{{.*}}: tensor<i1>, %[[Y:.*]]: tensor<?x6xf32>):
// CHECK: onnx.node "Concat"(%[[Y]], %[[Y]])
// CHECK: onnx.node "Shape"(%[[Y]])
func.func @growing(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<1x6xf32>) -> (!onnx.value, !onnx.value) {
  %0:2 = onnx.node "Loop"(%n, %c, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: tensor<1x6xf32>):
    %1 = onnx.node "Concat"(%y, %y) version 16 {axis = 0 : i64} : (tensor<1x6xf32>, tensor<1x6xf32>) -> !onnx.value
    %2 = onnx.node "Shape"(%y) version 16 {} : (tensor<1x6xf32>) -> !onnx.value
    onnx.return %on, %1, %2 : tensor<i1>, !onnx.value, !onnx.value
  } : (tensor<i64>, tensor<i1>, tensor<1x6xf32>) -> (!onnx.value, !onnx.value)
  return %0#0, %0#1 : !onnx.value, !onnx.value
}

// -----

// Known rounds, axes of scanned inputs and outputs.
// CHECK-LABEL: @scanned
// CHECK-SAME: -> (tensor<3xf32>, tensor<3x5xf32>)
func.func @scanned(%x: tensor<3xf32>, %z: tensor<3x5xf32>) -> (!onnx.value, !onnx.value) {
  %0:2 = onnx.node "Scan"(%x, %z) version 16 {num_scan_inputs = 1 : i64, scan_input_axes = array<i64: 1>, scan_output_axes = array<i64: -1>} subgraphs ["body"] {
  ^bb0(%y: tensor<3xf32>, %s: tensor<3xf32>):
    %1 = onnx.node "Add"(%y, %s) version 16 {} : (tensor<3xf32>, tensor<3xf32>) -> !onnx.value
    onnx.return %1, %1 : !onnx.value, !onnx.value
  } : (tensor<3xf32>, tensor<3x5xf32>) -> (!onnx.value, !onnx.value)
  return %0#0, %0#1 : !onnx.value, !onnx.value
}

// -----

func.func @rank_changes(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<6xf32>) -> !onnx.value {
  %axes = onnx.constant dense<0> : tensor<1xi64>
  // expected-error @below {{unsupported: the rank of carried value 0 changes from round to round}}
  %0 = onnx.node "Loop"(%n, %c, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: tensor<6xf32>):
    %1 = onnx.node "Unsqueeze"(%y, %axes) version 16 {} : (tensor<6xf32>, tensor<1xi64>) -> !onnx.value
    onnx.return %on, %1 : tensor<i1>, !onnx.value
  } : (tensor<i64>, tensor<i1>, tensor<6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @element_changes(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: carried value 0 is float32 before a round and int32 after it}}
  %0 = onnx.node "Loop"(%n, %c, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: tensor<6xf32>):
    %1 = onnx.node "Cast"(%y) version 16 {to = 6 : i64} : (tensor<6xf32>) -> !onnx.value
    onnx.return %on, %1 : tensor<i1>, !onnx.value
  } : (tensor<i64>, tensor<i1>, tensor<6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @inputs_of_the_body(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: the body has 2 inputs for 3 of the node}}
  %0 = onnx.node "Loop"(%n, %c, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>):
    onnx.return %on, %x : tensor<i1>, tensor<6xf32>
  } : (tensor<i64>, tensor<i1>, tensor<6xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

func.func @results_of_the_body(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<6xf32>) -> !onnx.value {
  // expected-error @below {{malformed: the body gives 1 values for 1 results}}
  %0 = onnx.node "Loop"(%n, %c, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: tensor<6xf32>):
    onnx.return %on : tensor<i1>
  } : (tensor<i64>, tensor<i1>, tensor<6xf32>) -> !onnx.value
  return %0 : !onnx.value
}
