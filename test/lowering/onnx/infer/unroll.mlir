// RUN: moe-opt %s --onnx-infer-types --split-input-file | FileCheck %s

// Loops that read stored weights by the round's number are written down; all others stay.

// CHECK-LABEL: @experts
// CHECK-NOT: "Loop"
// CHECK: %[[FIRST:.*]] = onnx.node "Gather"(%[[W:.*]], %{{.*}}) {{.*}} -> tensor<4x4xf32>
// CHECK: %[[X:.*]] = onnx.node "MatMul"(%arg0, %[[FIRST]])
// CHECK: %[[SECOND:.*]] = onnx.node "Gather"(%[[W]], %{{.*}}) {{.*}} -> tensor<4x4xf32>
// CHECK: %[[Y:.*]] = onnx.node "MatMul"(%[[X]], %[[SECOND]])
// CHECK: onnx.node "Concat"
// CHECK: return %[[Y]], %{{.*}} : tensor<?x4xf32>, tensor<2x?x4xf32>
func.func @experts(%x: tensor<?x4xf32>) -> (!onnx.value, !onnx.value) {
  %w = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %n = onnx.constant dense<2> : tensor<i64>
  %none = onnx.none
  %0:2 = onnx.node "Loop"(%n, %none, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: !onnx.value):
    %m = onnx.node "Gather"(%w, %i) version 13 {axis = 0 : i64} : (tensor<2x4x4xf32>, tensor<i64>) -> !onnx.value
    %1 = onnx.node "MatMul"(%y, %m) version 13 {} : (!onnx.value, !onnx.value) -> !onnx.value
    onnx.return %on, %1, %1 : tensor<i1>, !onnx.value, !onnx.value
  } : (tensor<i64>, none, tensor<?x4xf32>) -> (!onnx.value, !onnx.value)
  return %0#0, %0#1 : !onnx.value, !onnx.value
}

// -----

// As TorchScript writes a loop with `continue`: no count, but a number that is carried and compared.
// CHECK-LABEL: @counting
// CHECK-NOT: "Loop"
// CHECK-COUNT-3: onnx.node "MatMul"
// CHECK-NOT: onnx.node "MatMul"
// CHECK: return
func.func @counting(%x: tensor<?x4xf32>) -> !onnx.value {
  %w = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 4] strides [16, 4, 1]>] : tensor<3x4x4xf32>
  %endless = onnx.constant dense<9223372036854775807> : tensor<i64>
  %true = onnx.constant dense<true> : tensor<i1>
  %zero = onnx.constant dense<0> : tensor<i64>
  %0:2 = onnx.node "Loop"(%endless, %true, %x, %zero) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: !onnx.value, %e: tensor<i64>):
    %one = onnx.constant dense<1> : tensor<i64>
    %three = onnx.constant dense<3> : tensor<i64>
    %m = onnx.node "Gather"(%w, %e) version 13 {axis = 0 : i64} : (tensor<3x4x4xf32>, tensor<i64>) -> !onnx.value
    %1 = onnx.node "MatMul"(%y, %m) version 13 {} : (!onnx.value, !onnx.value) -> !onnx.value
    %next = onnx.node "Add"(%e, %one) version 14 {} : (tensor<i64>, tensor<i64>) -> !onnx.value
    %less = onnx.node "Less"(%next, %three) version 13 {} : (!onnx.value, tensor<i64>) -> !onnx.value
    %goes = onnx.node "And"(%less, %true) version 7 {} : (!onnx.value, tensor<i1>) -> !onnx.value
    onnx.return %goes, %1, %next : !onnx.value, !onnx.value, !onnx.value
  } : (tensor<i64>, tensor<i1>, tensor<?x4xf32>, tensor<i64>) -> (!onnx.value, !onnx.value)
  return %0#0 : !onnx.value
}

// -----

// Slices along the second axis, from the last to the first; results stacked the other way round.
// CHECK-LABEL: @scan
// CHECK-NOT: "Scan"
// CHECK: %[[LAST:.*]] = onnx.constant dense<1> : tensor<i64>
// CHECK: onnx.node "Gather"(%{{.*}}, %[[LAST]]) {{.*}} {axis = 1 : i64}
// CHECK: %[[A:.*]] = onnx.node "MatMul"(%arg0
// CHECK: %[[ZERO:.*]] = onnx.constant dense<0> : tensor<i64>
// CHECK: onnx.node "Gather"(%{{.*}}, %[[ZERO]]) {{.*}} {axis = 1 : i64}
// CHECK: %[[B:.*]] = onnx.node "MatMul"(%arg0
// CHECK: %[[FIRST:.*]] = onnx.node "Unsqueeze"(%[[B]]
// CHECK: %[[SECOND:.*]] = onnx.node "Unsqueeze"(%[[A]]
// CHECK: onnx.node "Concat"(%[[FIRST]], %[[SECOND]])
func.func @scan(%x: tensor<?x4xf32>) -> !onnx.value {
  %w = moe.weight [#moe.piece<"w" at 0 shape [4, 2, 4] strides [8, 4, 1]>] : tensor<4x2x4xf32>
  %0 = onnx.node "Scan"(%w) version 16 {num_scan_inputs = 1 : i64, scan_input_axes = array<i64: 1>, scan_input_directions = array<i64: 1>, scan_output_directions = array<i64: 1>} subgraphs ["body"] {
  ^bb0(%m: !onnx.value):
    %1 = onnx.node "MatMul"(%x, %m) version 13 {} : (tensor<?x4xf32>, !onnx.value) -> !onnx.value
    onnx.return %1 : !onnx.value
  } : (tensor<4x2x4xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// Nobody knows how many rounds.
// CHECK-LABEL: @rounds
// CHECK: onnx.node "Loop"
func.func @rounds(%n: tensor<i64>, %x: tensor<?x4xf32>) -> !onnx.value {
  %w = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %none = onnx.none
  %0 = onnx.node "Loop"(%n, %none, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: !onnx.value):
    %m = onnx.node "Gather"(%w, %i) version 13 {axis = 0 : i64} : (tensor<2x4x4xf32>, tensor<i64>) -> !onnx.value
    %1 = onnx.node "MatMul"(%y, %m) version 13 {} : (!onnx.value, !onnx.value) -> !onnx.value
    onnx.return %on, %1 : tensor<i1>, !onnx.value
  } : (tensor<i64>, none, tensor<?x4xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// The round may end the loop by what it computes.
// CHECK-LABEL: @ended
// CHECK: onnx.node "Loop"
func.func @ended(%x: tensor<?x4xf32>, %stop: tensor<i1>) -> !onnx.value {
  %w = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %n = onnx.constant dense<2> : tensor<i64>
  %none = onnx.none
  %0 = onnx.node "Loop"(%n, %none, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: !onnx.value):
    %m = onnx.node "Gather"(%w, %i) version 13 {axis = 0 : i64} : (tensor<2x4x4xf32>, tensor<i64>) -> !onnx.value
    %1 = onnx.node "MatMul"(%y, %m) version 13 {} : (!onnx.value, !onnx.value) -> !onnx.value
    onnx.return %stop, %1 : tensor<i1>, !onnx.value
  } : (tensor<i64>, none, tensor<?x4xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// The same weights in each round: steps of decoding.
// CHECK-LABEL: @steps
// CHECK: onnx.node "Loop"
func.func @steps(%x: tensor<?x4xf32>) -> !onnx.value {
  %w = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %n = onnx.constant dense<2> : tensor<i64>
  %none = onnx.none
  %0 = onnx.node "Loop"(%n, %none, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: !onnx.value):
    %1 = onnx.node "MatMul"(%y, %w) version 13 {} : (!onnx.value, tensor<4x4xf32>) -> !onnx.value
    onnx.return %on, %1 : tensor<i1>, !onnx.value
  } : (tensor<i64>, none, tensor<?x4xf32>) -> !onnx.value
  return %0 : !onnx.value
}

// -----

// Data say which weights.
// CHECK-LABEL: @chosen
// CHECK: onnx.node "Loop"
func.func @chosen(%x: tensor<?x4xf32>, %ids: tensor<2xi64>) -> !onnx.value {
  %w = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %n = onnx.constant dense<2> : tensor<i64>
  %none = onnx.none
  %0 = onnx.node "Loop"(%n, %none, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: !onnx.value):
    %id = onnx.node "Gather"(%ids, %i) version 13 {axis = 0 : i64} : (tensor<2xi64>, tensor<i64>) -> !onnx.value
    %m = onnx.node "Gather"(%w, %id) version 13 {axis = 0 : i64} : (tensor<2x4x4xf32>, !onnx.value) -> !onnx.value
    %1 = onnx.node "MatMul"(%y, %m) version 13 {} : (!onnx.value, !onnx.value) -> !onnx.value
    onnx.return %on, %1 : tensor<i1>, !onnx.value
  } : (tensor<i64>, none, tensor<?x4xf32>) -> !onnx.value
  return %0 : !onnx.value
}
