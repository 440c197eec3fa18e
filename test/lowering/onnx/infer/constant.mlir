// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// CHECK-LABEL: @spelled_constants
// CHECK-DAG: dense<7> : tensor<i64>
// CHECK-DAG: dense<[1, 2]> : tensor<2xi64>
// CHECK-DAG: dense<5.000000e-01> : tensor<f32>
// CHECK-DAG: dense<true> : tensor<1xi1>
// CHECK-NOT: onnx.node
func.func @spelled_constants() -> (!v, !v, !v, !v) {
  %0 = onnx.node "Constant"() version 20 {value_int = 7 : i64} : () -> !v
  %1 = onnx.node "Constant"() version 20 {value_ints = array<i64: 1, 2>} : () -> !v
  %2 = onnx.node "Constant"() version 20 {value_float = 0.5 : f32} : () -> !v
  %3 = onnx.node "Constant"() version 20 {value = dense<true> : tensor<1xi1>} : () -> !v
  return %0, %1, %2, %3 : !v, !v, !v, !v
}

// CHECK-LABEL: @casts
// CHECK-SAME: -> (tensor<?xf16>, tensor<?xui8>, tensor<?xi1>, tensor<?xbf16>)
func.func @casts(%x: tensor<?xf32>, %like: tensor<bf16>) -> (!v, !v, !v, !v) {
  %0 = onnx.node "Cast"(%x) version 20 {to = 10 : i64} : (tensor<?xf32>) -> !v
  %1 = onnx.node "Cast"(%x) version 20 {to = 2 : i64} : (tensor<?xf32>) -> !v
  %2 = onnx.node "Cast"(%x) version 20 {to = 9 : i64} : (tensor<?xf32>) -> !v
  %3 = onnx.node "CastLike"(%x, %like) version 20 {} : (tensor<?xf32>, tensor<bf16>) -> !v
  return %0, %1, %2, %3 : !v, !v, !v, !v
}

// CHECK-LABEL: @casts_of_constants
// CHECK-DAG: dense<[-2, 2]> : tensor<2xi64>
// CHECK-DAG: dense<[true, false]> : tensor<2xi1>
// CHECK-DAG: dense<[3.000000e+00, 0.000000e+00]> : tensor<2xf16>
// CHECK-NOT: onnx.node
func.func @casts_of_constants() -> (!v, !v, !v) {
  %f = onnx.constant dense<[-2.9, 2.9]> : tensor<2xf32>
  %i = onnx.constant dense<[3, 0]> : tensor<2xi32>
  %0 = onnx.node "Cast"(%f) version 20 {to = 7 : i64} : (tensor<2xf32>) -> !v
  %1 = onnx.node "Cast"(%i) version 20 {to = 9 : i64} : (tensor<2xi32>) -> !v
  %2 = onnx.node "Cast"(%i) version 20 {to = 10 : i64} : (tensor<2xi32>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// Not an integer, and out of range: the cast stays.
// CHECK-LABEL: @cast_out_of_range_stays
// CHECK: onnx.node "Cast"{{.*}} -> tensor<2xi64>
// CHECK: onnx.node "Cast"{{.*}} -> tensor<1xi32>
func.func @cast_out_of_range_stays() -> (!v, !v) {
  %f = onnx.constant dense<[0x7FC00000, 2.0]> : tensor<2xf32>
  %i = onnx.constant dense<4294967296> : tensor<1xi64>
  %0 = onnx.node "Cast"(%f) version 20 {to = 7 : i64} : (tensor<2xf32>) -> !v
  %1 = onnx.node "Cast"(%i) version 20 {to = 6 : i64} : (tensor<1xi64>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @shape_of_a_part
// CHECK-DAG: dense<[3, 5]> : tensor<2xi64>
// CHECK-DAG: dense<15> : tensor<i64>
// CHECK: onnx.node "Shape"{{.*}} -> tensor<3xi64>
func.func @shape_of_a_part(%x: tensor<?x3x5xf32>, %y: tensor<3x5xf32>) -> (!v, !v, !v) {
  %0 = onnx.node "Shape"(%x) version 15 {start = -2 : i64, end = 9 : i64} : (tensor<?x3x5xf32>) -> !v
  %1 = onnx.node "Size"(%y) version 13 {} : (tensor<3x5xf32>) -> !v
  %2 = onnx.node "Shape"(%x) version 13 {} : (tensor<?x3x5xf32>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// CHECK-LABEL: @constant_of_shape
// CHECK-SAME: -> (tensor<?x4xf32>, tensor<?xi64>, tensor<2xi64>)
// CHECK: dense<3> : tensor<2xi64>
func.func @constant_of_shape(%x: tensor<?x4xf32>, %n: tensor<1xi64>) -> (!v, !v, !v) {
  %two = onnx.constant dense<2> : tensor<1xi64>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> !v
  %0 = onnx.node "ConstantOfShape"(%shape) version 20 {} : (!v) -> !v
  %1 = onnx.node "ConstantOfShape"(%n) version 20 {value = dense<1> : tensor<1xi64>} : (tensor<1xi64>) -> !v
  %2 = onnx.node "ConstantOfShape"(%two) version 20 {value = dense<3> : tensor<1xi64>} : (tensor<1xi64>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// CHECK-LABEL: @ranges
// CHECK-SAME: -> (tensor<?x4xf32>, tensor<3xi64>, tensor<4xf32>, tensor<?xf32>)
// CHECK: dense<[7, 4, 1]> : tensor<3xi64>
func.func @ranges(%x: tensor<?x4xf32>, %end: tensor<f32>) -> (!v, !v, !v, !v) {
  %zero = onnx.constant dense<0> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64>
  %seven = onnx.constant dense<7> : tensor<i64>
  %back = onnx.constant dense<-3> : tensor<i64>
  %from = onnx.constant dense<0.0> : tensor<f32>
  %to = onnx.constant dense<1.0> : tensor<f32>
  %by = onnx.constant dense<0.3> : tensor<f32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> !v
  %n = onnx.node "Gather"(%shape, %zero) version 20 {} : (!v, tensor<i64>) -> !v
  // As many rows as the input has: the sum is no wider.
  %rows = onnx.node "Range"(%zero, %n, %one) version 20 {} : (tensor<i64>, !v, tensor<i64>) -> !v
  %axis = onnx.constant dense<1> : tensor<1xi64>
  %column = onnx.node "Unsqueeze"(%rows, %axis) version 20 {} : (!v, tensor<1xi64>) -> !v
  %float = onnx.node "CastLike"(%column, %x) version 20 {} : (!v, tensor<?x4xf32>) -> !v
  %0 = onnx.node "Add"(%float, %x) version 20 {} : (!v, tensor<?x4xf32>) -> !v
  %1 = onnx.node "Range"(%seven, %zero, %back) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> !v
  %2 = onnx.node "Range"(%from, %to, %by) version 20 {} : (tensor<f32>, tensor<f32>, tensor<f32>) -> !v
  %3 = onnx.node "Range"(%from, %end, %by) version 20 {} : (tensor<f32>, tensor<f32>, tensor<f32>) -> !v
  return %0, %1, %2, %3 : !v, !v, !v, !v
}
