// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// CHECK-LABEL: @reshape
// CHECK-SAME: -> (tensor<?x8x3xf32>, tensor<?x6xf32>, tensor<0x?xf32>, tensor<?x?xf32>)
func.func @reshape(%x: tensor<?x4x6xf32>, %empty: tensor<0x4xf32>, %shape: tensor<2xi64>) -> (!v, !v, !v, !v) {
  %a = onnx.constant dense<[0, 8, -1]> : tensor<3xi64>
  %b = onnx.constant dense<[-1, 6]> : tensor<2xi64>
  %0 = onnx.node "Reshape"(%x, %a) version 13 {} : (tensor<?x4x6xf32>, tensor<3xi64>) -> !v
  %1 = onnx.node "Reshape"(%x, %b) version 14 {} : (tensor<?x4x6xf32>, tensor<2xi64>) -> !v
  // A zero is a zero with allowzero; what the other dimension is, data tell.
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %last = onnx.constant dense<1> : tensor<1xi64>
  %n = onnx.node "Gather"(%shape, %last) version 14 {} : (tensor<2xi64>, tensor<1xi64>) -> !v
  %c = onnx.node "Concat"(%zero, %n) version 14 {axis = 0 : i64} : (tensor<1xi64>, !v) -> !v
  %2 = onnx.node "Reshape"(%empty, %c) version 14 {allowzero = 1 : i64} : (tensor<0x4xf32>, !v) -> !v
  %3 = onnx.node "Reshape"(%x, %shape) version 14 {} : (tensor<?x4x6xf32>, tensor<2xi64>) -> !v
  return %0, %1, %2, %3 : !v, !v, !v, !v
}

// CHECK-LABEL: @flatten
// CHECK-SAME: -> (tensor<?x24xf32>, tensor<1x?xf32>, tensor<?x6xf32>)
func.func @flatten(%x: tensor<?x4x6xf32>) -> (!v, !v, !v) {
  %0 = onnx.node "Flatten"(%x) version 13 {} : (tensor<?x4x6xf32>) -> !v
  %1 = onnx.node "Flatten"(%x) version 13 {axis = 0 : i64} : (tensor<?x4x6xf32>) -> !v
  %2 = onnx.node "Flatten"(%x) version 13 {axis = -1 : i64} : (tensor<?x4x6xf32>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// CHECK-LABEL: @squeeze
// CHECK-SAME: -> (tensor<4xf32>, tensor<4xf32>, tensor<1x4xf32>, tensor<?x4xf32>)
func.func @squeeze(%x: tensor<1x4x1xf32>, %y: tensor<?x4x?xf32>) -> (!v, !v, !v, !v) {
  %axes = onnx.constant dense<[-1]> : tensor<1xi64>
  %0 = onnx.node "Squeeze"(%x) version 11 {axes = array<i64: 0, 2>} : (tensor<1x4x1xf32>) -> !v
  %1 = onnx.node "Squeeze"(%x) version 13 {} : (tensor<1x4x1xf32>) -> !v
  %2 = onnx.node "Squeeze"(%x, %axes) version 13 {} : (tensor<1x4x1xf32>, tensor<1xi64>) -> !v
  %3 = onnx.node "Squeeze"(%y, %axes) version 13 {} : (tensor<?x4x?xf32>, tensor<1xi64>) -> !v
  return %0, %1, %2, %3 : !v, !v, !v, !v
}

// CHECK-LABEL: @unsqueeze
// CHECK-SAME: -> (tensor<1x?x1x4xf32>, tensor<?x4x1xf32>)
func.func @unsqueeze(%x: tensor<?x4xf32>) -> (!v, !v) {
  %axes = onnx.constant dense<[-1]> : tensor<1xi64>
  %0 = onnx.node "Unsqueeze"(%x) version 11 {axes = array<i64: 0, 2>} : (tensor<?x4xf32>) -> !v
  %1 = onnx.node "Unsqueeze"(%x, %axes) version 13 {} : (tensor<?x4xf32>, tensor<1xi64>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @transpose
// CHECK-SAME: -> (tensor<6x4x?xf32>, tensor<4x?x6xf32>)
func.func @transpose(%x: tensor<?x4x6xf32>) -> (!v, !v) {
  %0 = onnx.node "Transpose"(%x) version 13 {} : (tensor<?x4x6xf32>) -> !v
  %1 = onnx.node "Transpose"(%x) version 13 {perm = array<i64: 1, 0, 2>} : (tensor<?x4x6xf32>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @expand
// CHECK-SAME: -> (tensor<3x?x6xf32>, tensor<5x4x6xf32>, tensor<2x2xi64>)
// CHECK: dense<9> : tensor<2x2xi64>
func.func @expand(%x: tensor<?x6xf32>, %y: tensor<4x6xf32>, %n: tensor<1xi64>) -> (!v, !v, !v) {
  %a = onnx.constant dense<[3, 1, 1]> : tensor<3xi64>
  %b = onnx.constant dense<[5, 4, 1]> : tensor<3xi64>
  %two = onnx.constant dense<2> : tensor<2xi64>
  %nine = onnx.constant dense<9> : tensor<i64>
  %0 = onnx.node "Expand"(%x, %a) version 13 {} : (tensor<?x6xf32>, tensor<3xi64>) -> !v
  %1 = onnx.node "Expand"(%y, %b) version 13 {} : (tensor<4x6xf32>, tensor<3xi64>) -> !v
  %2 = onnx.node "Expand"(%nine, %two) version 13 {} : (tensor<i64>, tensor<2xi64>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// A target of which only the rank is known stretches what is 1, and nothing else.
// CHECK-LABEL: @expand_to_unknown
// CHECK-SAME: -> tensor<?x?x6xf32>
func.func @expand_to_unknown(%x: tensor<1x6xf32>, %shape: tensor<3xi64>) -> !v {
  %0 = onnx.node "Expand"(%x, %shape) version 13 {} : (tensor<1x6xf32>, tensor<3xi64>) -> !v
  return %0 : !v
}

// CHECK-LABEL: @tile_and_trilu
// CHECK-SAME: -> (tensor<?x18xf32>, tensor<?x6xf32>)
func.func @tile_and_trilu(%x: tensor<?x6xf32>) -> (!v, !v) {
  %repeats = onnx.constant dense<[1, 3]> : tensor<2xi64>
  %0 = onnx.node "Tile"(%x, %repeats) version 13 {} : (tensor<?x6xf32>, tensor<2xi64>) -> !v
  %1 = onnx.node "Trilu"(%x) version 14 {upper = 0 : i64} : (tensor<?x6xf32>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @constants_change_their_shape
// CHECK: dense<{{\[\[}}1, 2]]> : tensor<1x2xi64>
// CHECK: dense<2.000000e+00> : tensor<1xf32>
// CHECK-NOT: onnx.node
func.func @constants_change_their_shape() -> (!v, !v) {
  %axes = onnx.constant dense<0> : tensor<1xi64>
  %a = onnx.constant dense<[1, 2]> : tensor<2xi64>
  %b = onnx.constant dense<2.0> : tensor<f32>
  %0 = onnx.node "Unsqueeze"(%a, %axes) version 13 {} : (tensor<2xi64>, tensor<1xi64>) -> !v
  %1 = onnx.node "Unsqueeze"(%b, %axes) version 13 {} : (tensor<f32>, tensor<1xi64>) -> !v
  return %0, %1 : !v, !v
}
