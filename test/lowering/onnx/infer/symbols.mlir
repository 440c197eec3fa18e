// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// (past + seq) - past is seq: a slice of the last positions has as many as there are tokens.
// CHECK-LABEL: @difference_of_a_sum
// CHECK-SAME: -> tensor<?x4xf32>
func.func @difference_of_a_sum(%past: tensor<?xf32> {onnx.dims = ["past"]},
                               %x: tensor<?x4xf32> {onnx.dims = ["seq", ""]}) -> !v {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %open = onnx.constant dense<-1> : tensor<1xi64>
  %p = onnx.node "Shape"(%past) version 20 {} : (tensor<?xf32>) -> !v
  %s = onnx.node "Shape"(%x) version 20 {end = 1 : i64} : (tensor<?x4xf32>) -> !v
  %all = onnx.node "Add"(%p, %s) version 20 {} : (!v, !v) -> !v
  %rest = onnx.node "Sub"(%all, %p) version 20 {} : (!v, !v) -> !v
  %shape = onnx.node "Concat"(%rest, %open) version 20 {axis = 0 : i64} : (!v, tensor<1xi64>) -> !v
  %y = onnx.node "Reshape"(%x, %shape) version 20 {} : (tensor<?x4xf32>, !v) -> !v
  return %y : !v
}

// tokens * k slots, split again.
// CHECK-LABEL: @product_divides
// CHECK-SAME: -> tensor<?x2x3xf32>
func.func @product_divides(%x: tensor<?x6xf32> {onnx.dims = ["tokens", ""]}) -> !v {
  %flat = onnx.constant dense<[-1, 3]> : tensor<2xi64>
  %open = onnx.constant dense<[-1, 3]> : tensor<2xi64>
  %n = onnx.node "Shape"(%x) version 20 {end = 1 : i64} : (tensor<?x6xf32>) -> !v
  %slots = onnx.node "Reshape"(%x, %flat) version 20 {} : (tensor<?x6xf32>, tensor<2xi64>) -> !v
  %shape = onnx.node "Concat"(%n, %open) version 20 {axis = 0 : i64} : (!v, tensor<2xi64>) -> !v
  %y = onnx.node "Reshape"(%slots, %shape) version 20 {} : (!v, !v) -> !v
  return %y : !v
}

// A dimension is never -1: the exporter's guard against -1 in an expanded shape goes away.
// CHECK-LABEL: @dimension_is_not_negative
// CHECK: %[[FALSE:.*]] = onnx.constant dense<false> : tensor<2xi1>
// CHECK: return %[[FALSE]]
func.func @dimension_is_not_negative(%x: tensor<?x4xf32>) -> !v {
  %minus = onnx.constant dense<-1> : tensor<2xi64>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> !v
  %is = onnx.node "Equal"(%shape, %minus) version 20 {} : (!v, tensor<2xi64>) -> !v
  return %is : !v
}

// It may be zero, though.
// CHECK-LABEL: @dimension_may_be_zero
// CHECK: onnx.node "Equal"
func.func @dimension_may_be_zero(%x: tensor<?xf32>) -> !v {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?xf32>) -> !v
  %is = onnx.node "Equal"(%shape, %zero) version 20 {} : (!v, tensor<1xi64>) -> !v
  return %is : !v
}

// Overflow is unknown, not wrong.
// CHECK-LABEL: @overflow_is_unknown
// CHECK: onnx.node "Mul"{{.*}} -> tensor<1xi64>
// CHECK: onnx.node "Add"{{.*}} -> tensor<1xi32>
func.func @overflow_is_unknown() -> (!v, !v) {
  %big = onnx.constant dense<4611686018427387904> : tensor<1xi64>
  %y = onnx.node "Mul"(%big, %big) version 20 {} : (tensor<1xi64>, tensor<1xi64>) -> !v
  %narrow = onnx.constant dense<2147483647> : tensor<1xi32>
  %z = onnx.node "Add"(%narrow, %narrow) version 20 {} : (tensor<1xi32>, tensor<1xi32>) -> !v
  return %y, %z : !v, !v
}
