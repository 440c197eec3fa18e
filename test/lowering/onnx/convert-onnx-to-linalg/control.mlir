// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// CHECK-LABEL: @branches
// CHECK: scf.if %{{.*}} -> (tensor<?x6xf32>)
// CHECK: tensor.cast %{{.*}} : tensor<4x6xf32> to tensor<?x6xf32>
// CHECK: } else {
func.func @branches(%c: tensor<i1>, %x: tensor<2x6xf32>) -> tensor<?x6xf32> {
  %0 = onnx.node "If"(%c) version 16 {} subgraphs ["then_branch", "else_branch"] {
    %1 = onnx.node "Concat"(%x, %x) version 16 {axis = 0 : i64} : (tensor<2x6xf32>, tensor<2x6xf32>) -> tensor<4x6xf32>
    onnx.return %1 : tensor<4x6xf32>
  }, {
    %1 = onnx.node "Relu"(%x) version 16 {} : (tensor<2x6xf32>) -> tensor<2x6xf32>
    onnx.return %1 : tensor<2x6xf32>
  } : (tensor<i1>) -> tensor<?x6xf32>
  return %0 : tensor<?x6xf32>
}

// A condition that is handed on is none: a counted loop, its output made before it.
// CHECK-LABEL: @counted
// CHECK: scf.for {{.*}} -> (tensor<6xf32>, tensor<?x6xf32>)
// CHECK-NOT: scf.while
func.func @counted(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<6xf32>) -> (tensor<6xf32>, tensor<?x6xf32>) {
  %0:2 = onnx.node "Loop"(%n, %c, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: tensor<6xf32>):
    %1 = onnx.node "Identity"(%on) version 16 {} : (tensor<i1>) -> tensor<i1>
    %2 = onnx.node "Relu"(%y) version 16 {} : (tensor<6xf32>) -> tensor<6xf32>
    onnx.return %1, %2, %y : tensor<i1>, tensor<6xf32>, tensor<6xf32>
  } : (tensor<i64>, tensor<i1>, tensor<6xf32>) -> (tensor<6xf32>, tensor<?x6xf32>)
  return %0#0, %0#1 : tensor<6xf32>, tensor<?x6xf32>
}

// What changes its shape is cast to less static a type, which no scf.for keeps.
// CHECK-LABEL: @growing
// CHECK: scf.while
// CHECK-NOT: scf.for
func.func @growing(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<1xf32>) -> tensor<?xf32> {
  %0 = onnx.node "Loop"(%n, %c, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: tensor<?xf32>):
    %1 = onnx.node "Concat"(%y, %y) version 16 {axis = 0 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    onnx.return %on, %1 : tensor<i1>, tensor<?xf32>
  } : (tensor<i64>, tensor<i1>, tensor<1xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// A condition of its own may end the loop early; the outputs grow as it goes.
// CHECK-LABEL: @open
// CHECK: scf.while
// CHECK: arith.cmpi ult
// CHECK: arith.andi
// CHECK: } do {
// CHECK: scf.if {{.*}} -> (tensor<?x6xf32>)
// CHECK: tensor.insert_slice
func.func @open(%n: tensor<i64>, %c: tensor<i1>, %x: tensor<6xf32>) -> (tensor<6xf32>, tensor<?x6xf32>) {
  %0:2 = onnx.node "Loop"(%n, %c, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%i: tensor<i64>, %on: tensor<i1>, %y: tensor<6xf32>):
    %1 = onnx.node "Not"(%on) version 16 {} : (tensor<i1>) -> tensor<i1>
    onnx.return %1, %y, %y : tensor<i1>, tensor<6xf32>, tensor<6xf32>
  } : (tensor<i64>, tensor<i1>, tensor<6xf32>) -> (tensor<6xf32>, tensor<?x6xf32>)
  return %0#0, %0#1 : tensor<6xf32>, tensor<?x6xf32>
}

// Weights of a body stand outside of the loop.
// CHECK-LABEL: @weights
// CHECK: moe.weight
// CHECK: scf.for
// CHECK-NOT: moe.weight
func.func @weights(%x: tensor<8xf32>, %z: tensor<5x8xf32>) -> tensor<8xf32> {
  %0 = onnx.node "Scan"(%x, %z) version 16 {num_scan_inputs = 1 : i64} subgraphs ["body"] {
  ^bb0(%y: tensor<8xf32>, %s: tensor<8xf32>):
    %w = moe.weight [#moe.piece<"w" at 0 shape [8] strides [1]>] : tensor<8xf32>
    %1 = onnx.node "Add"(%s, %w) version 16 {} : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
    onnx.return %1 : tensor<8xf32>
  } : (tensor<8xf32>, tensor<5x8xf32>) -> tensor<8xf32>
  return %0 : tensor<8xf32>
}
