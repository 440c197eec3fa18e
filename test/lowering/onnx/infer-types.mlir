// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// What a graph computes of shapes is known: -1 stands for the heads.
// CHECK-LABEL: @reshape_by_shape
// CHECK-SAME: -> tensor<?x?x4x16xf32>
func.func @reshape_by_shape(%x: tensor<?x?x64xf32> {onnx.dims = ["batch", "seq", ""]}) -> !v {
  %rest = onnx.constant dense<[-1, 16]> : tensor<2xi64>
  %two = onnx.node "Shape"(%x) version 20 {end = 2 : i64} : (tensor<?x?x64xf32>) -> !v
  %shape = onnx.node "Concat"(%two, %rest) version 20 {axis = 0 : i64} : (!v, tensor<2xi64>) -> !v
  %y = onnx.node "Reshape"(%x, %shape) version 20 {} : (tensor<?x?x64xf32>, !v) -> !v
  return %y : !v
}

// CHECK-LABEL: @known_shape_becomes_constant
// CHECK-NEXT: %[[C:.*]] = onnx.constant dense<64> : tensor<1xi64>
// CHECK-NEXT: return %[[C]] : tensor<1xi64>
func.func @known_shape_becomes_constant(%x: tensor<?x?x64xf32>) -> !v {
  %last = onnx.constant dense<[2]> : tensor<1xi64>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x?x64xf32>) -> !v
  %y = onnx.node "Gather"(%shape, %last) version 20 {} : (!v, tensor<1xi64>) -> !v
  return %y : !v
}

// Dimensions of one name are one number, also across inputs.
// CHECK-LABEL: @one_name_is_one_number
// CHECK-SAME: -> tensor<?x8xf32>
func.func @one_name_is_one_number(%x: tensor<?x8xf32> {onnx.dims = ["n", ""]},
                                  %y: tensor<?xf32> {onnx.dims = ["n"]}) -> !v {
  %n = onnx.node "Shape"(%y) version 20 {} : (tensor<?xf32>) -> !v
  %rest = onnx.constant dense<-1> : tensor<1xi64>
  %shape = onnx.node "Concat"(%n, %rest) version 20 {axis = 0 : i64} : (!v, tensor<1xi64>) -> !v
  %r = onnx.node "Reshape"(%x, %shape) version 20 {} : (tensor<?x8xf32>, !v) -> !v
  return %r : !v
}

// Without a name nothing says that the two are equal.
// CHECK-LABEL: @no_name_is_no_number
// CHECK-SAME: -> tensor<?x?xf32>
func.func @no_name_is_no_number(%x: tensor<?x8xf32>, %y: tensor<?xf32>) -> !v {
  %n = onnx.node "Shape"(%y) version 20 {} : (tensor<?xf32>) -> !v
  %rest = onnx.constant dense<-1> : tensor<1xi64>
  %shape = onnx.node "Concat"(%n, %rest) version 20 {axis = 0 : i64} : (!v, tensor<1xi64>) -> !v
  %r = onnx.node "Reshape"(%x, %shape) version 20 {} : (tensor<?x8xf32>, !v) -> !v
  return %r : !v
}

// CHECK-LABEL: @declared_type_is_kept_where_more_precise
// CHECK-SAME: -> tensor<2x5xi64>
// CHECK: onnx.node "NonZero"{{.*}} -> tensor<2x5xi64>
func.func @declared_type_is_kept_where_more_precise(%x: tensor<?x8xf32>) -> tensor<?x5xi64> {
  %y = onnx.node "NonZero"(%x) version 20 {} : (tensor<?x8xf32>) -> tensor<?x5xi64>
  return %y : tensor<?x5xi64>
}

// CHECK-LABEL: @declared_type_tells_rank
// CHECK-SAME: -> (tensor<3x?xf32>, tensor<3x?xf32>)
func.func @declared_type_tells_rank(%x: tensor<?xf32>, %shape: tensor<?xi64>) -> (tensor<3x?xf32>, !v) {
  %y = onnx.node "Reshape"(%x, %shape) version 20 {} : (tensor<?xf32>, tensor<?xi64>) -> tensor<3x?xf32>
  %z = onnx.node "Relu"(%y) version 20 {} : (tensor<3x?xf32>) -> !v
  return %y, %z : tensor<3x?xf32>, !v
}

// CHECK-LABEL: @dead_nodes_go
// CHECK-NEXT: return
func.func @dead_nodes_go(%x: tensor<?xf32>) -> tensor<?xf32> {
  %y = onnx.node "Unheard"(%x) domain "of" version 1 {} : (tensor<?xf32>) -> !v
  %z = onnx.node "Relu"(%y) version 20 {} : (!v) -> !v
  return %x : tensor<?xf32>
}

// CHECK-LABEL: @left_out_input
// CHECK-SAME: -> tensor<?x8xf32>
func.func @left_out_input(%x: tensor<?x8xf32>, %high: tensor<f32>) -> !v {
  %none = onnx.none
  %y = onnx.node "Clip"(%x, %none, %high) version 13 {} : (tensor<?x8xf32>, none, tensor<f32>) -> !v
  return %y : !v
}

// ONNX's own domain may be spelled.
// CHECK-LABEL: @spelled_domain
// CHECK-SAME: -> tensor<?x8xf32>
func.func @spelled_domain(%x: tensor<?x8xf32>) -> !v {
  %y = onnx.node "Relu"(%x) domain "ai.onnx" version 13 {} : (tensor<?x8xf32>) -> !v
  return %y : !v
}
