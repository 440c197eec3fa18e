// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// CHECK-LABEL: @concat
// CHECK-SAME: -> (tensor<?x9xf32>, tensor<?x6xf32>)
func.func @concat(%x: tensor<?x6xf32>, %y: tensor<?x3xf32>, %z: tensor<?x?xf32>) -> (!v, !v) {
  %0 = onnx.node "Concat"(%x, %y) version 13 {axis = -1 : i64} : (tensor<?x6xf32>, tensor<?x3xf32>) -> !v
  %1 = onnx.node "Concat"(%z, %x) version 13 {axis = 0 : i64} : (tensor<?x?xf32>, tensor<?x6xf32>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @split
// CHECK-SAME: -> (tensor<?x2xf32>, tensor<?x5xf32>, tensor<?x3xf32>, tensor<?x3xf32>, tensor<?x1xf32>)
func.func @split(%x: tensor<?x7xf32>) -> (!v, !v, !v, !v, !v) {
  %0:2 = onnx.node "Split"(%x) version 11 {axis = 1 : i64, split = array<i64: 2, 5>} : (tensor<?x7xf32>) -> (!v, !v)
  // Since 18 the last part may be smaller.
  %1:3 = onnx.node "Split"(%x) version 18 {axis = 1 : i64, num_outputs = 3 : i64} : (tensor<?x7xf32>) -> (!v, !v, !v)
  return %0#0, %0#1, %1#0, %1#1, %1#2 : !v, !v, !v, !v, !v
}

// CHECK-LABEL: @split_by_input
// CHECK-SAME: -> (tensor<4xf32>, tensor<3xf32>, tensor<?xf32>, tensor<?xf32>)
func.func @split_by_input(%x: tensor<7xf32>, %some: tensor<2xi64>) -> (!v, !v, !v, !v) {
  %sizes = onnx.constant dense<[4, 3]> : tensor<2xi64>
  %0:2 = onnx.node "Split"(%x, %sizes) version 13 {} : (tensor<7xf32>, tensor<2xi64>) -> (!v, !v)
  %1:2 = onnx.node "Split"(%x, %some) version 13 {} : (tensor<7xf32>, tensor<2xi64>) -> (!v, !v)
  return %0#0, %0#1, %1#0, %1#1 : !v, !v, !v, !v
}

// CHECK-LABEL: @split_of_numbers
// CHECK: dense<3> : tensor<1xi64>
// CHECK-NOT: onnx.node "Split"
func.func @split_of_numbers(%x: tensor<3x4xf32>) -> !v {
  %shape = onnx.node "Shape"(%x) version 13 {} : (tensor<3x4xf32>) -> !v
  %0:2 = onnx.node "Split"(%shape) version 13 {} : (!v) -> (!v, !v)
  return %0#0 : !v
}

// CHECK-LABEL: @slice
// CHECK-SAME: -> (tensor<?x3xf32>, tensor<?x2xf32>, tensor<?x7xf32>, tensor<?x0xf32>, tensor<?x4xf32>)
func.func @slice(%x: tensor<?x7xf32>) -> (!v, !v, !v, !v, !v) {
  %axis = onnx.constant dense<-1> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %four = onnx.constant dense<4> : tensor<1xi64>
  %minusTwo = onnx.constant dense<-2> : tensor<1xi64>
  %minusOne = onnx.constant dense<-1> : tensor<1xi64>
  %first = onnx.constant dense<-9223372036854775808> : tensor<1xi64>
  %end = onnx.constant dense<9223372036854775807> : tensor<1xi64>
  %0 = onnx.node "Slice"(%x, %one, %four, %axis) version 13 {} : (tensor<?x7xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !v
  %1 = onnx.node "Slice"(%x, %minusTwo, %end, %axis) version 13 {} : (tensor<?x7xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !v
  %2 = onnx.node "Slice"(%x, %end, %first, %axis, %minusOne) version 13 {} : (tensor<?x7xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !v
  %3 = onnx.node "Slice"(%x, %four, %one, %axis) version 13 {} : (tensor<?x7xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !v
  %4 = onnx.node "Slice"(%x, %end, %first, %axis, %minusTwo) version 13 {} : (tensor<?x7xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !v
  return %0, %1, %2, %3, %4 : !v, !v, !v, !v, !v
}

// A whole slice of an unknown dimension is that dimension; the sum is no wider for it.
// CHECK-LABEL: @slice_of_unknown
// CHECK-SAME: -> (tensor<?x4xf32>, tensor<?x7xf32>)
func.func @slice_of_unknown(%x: tensor<?x7xf32> {onnx.dims = ["n", ""]}) -> (!v, !v) {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %four = onnx.constant dense<4> : tensor<1xi64>
  %end = onnx.constant dense<2147483647> : tensor<1xi64>
  %open = onnx.constant dense<-1> : tensor<1xi64>
  %rows = onnx.node "Slice"(%x, %zero, %end) version 13 {} : (tensor<?x7xf32>, tensor<1xi64>, tensor<1xi64>) -> !v
  %n = onnx.node "Shape"(%rows) version 13 {} : (!v) -> !v
  %first = onnx.node "Slice"(%n, %zero, %one) version 13 {} : (!v, tensor<1xi64>, tensor<1xi64>) -> !v
  %shape = onnx.node "Concat"(%first, %open) version 13 {axis = 0 : i64} : (!v, tensor<1xi64>) -> !v
  %1 = onnx.node "Reshape"(%x, %shape) version 14 {} : (tensor<?x7xf32>, !v) -> !v
  %0 = onnx.node "Slice"(%1, %zero, %four, %one) version 13 {} : (!v, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !v
  return %0, %1 : !v, !v
}

// How many there are may be fewer than asked for.
// CHECK-LABEL: @slice_may_find_less
// CHECK-SAME: -> (tensor<?xf32>, tensor<?xf32>)
func.func @slice_may_find_less(%x: tensor<?xf32>) -> (!v, !v) {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %four = onnx.constant dense<4> : tensor<1xi64>
  %minus = onnx.constant dense<-4> : tensor<1xi64>
  %end = onnx.constant dense<2147483647> : tensor<1xi64>
  %0 = onnx.node "Slice"(%x, %zero, %four) version 13 {} : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>) -> !v
  %1 = onnx.node "Slice"(%x, %minus, %end) version 13 {} : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @pad
// CHECK-SAME: -> (tensor<?x10xf32>, tensor<?x8xf32>)
func.func @pad(%x: tensor<?x7xf32>) -> (!v, !v) {
  %pads = onnx.constant dense<[0, 1, 0, 2]> : tensor<4xi64>
  %few = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %axis = onnx.constant dense<1> : tensor<1xi64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %0 = onnx.node "Pad"(%x, %pads, %zero) version 13 {} : (tensor<?x7xf32>, tensor<4xi64>, tensor<f32>) -> !v
  %1 = onnx.node "Pad"(%x, %few, %zero, %axis) version 18 {} : (tensor<?x7xf32>, tensor<2xi64>, tensor<f32>, tensor<1xi64>) -> !v
  return %0, %1 : !v, !v
}
