// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// CHECK-LABEL: @filled
// CHECK: linalg.fill
func.func @filled(%s: tensor<2xi64>) -> tensor<?x?xf32> {
  %y = onnx.node "ConstantOfShape"(%s) version 20 {value = dense<1.5> : tensor<1xf32>} : (tensor<2xi64>) -> tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// An index beyond the depth is nowhere; a negative one counts from the end.
// CHECK-LABEL: @onehot
// CHECK: linalg.generic
// CHECK: %[[I:.*]] = arith.select
// CHECK: linalg.index 1
// CHECK: arith.cmpi eq, %[[I]]
func.func @onehot(%i: tensor<?xi64>) -> tensor<?x4xf32> {
  %d = onnx.constant dense<4> : tensor<i64>
  %v = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %y = onnx.node "OneHot"(%i, %d, %v) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// CHECK-LABEL: @range
// CHECK: cf.assert %{{.*}}, "node '/range': delta is 0"
func.func @range(%a: tensor<i64>, %b: tensor<i64>, %c: tensor<i64>) -> tensor<?xi64> {
  %y = onnx.node "Range"(%a, %b, %c) version 20 name "/range" {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  return %y : tensor<?xi64>
}

// Repeats are a broadcast of (repeats, dimension) and a view.
// CHECK-LABEL: @tile
// CHECK: linalg.generic {{.*}} outs(%{{.*}} : tensor<2x?x1x3xf32>)
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2, 3]]
func.func @tile(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %r = onnx.constant dense<[2, 1]> : tensor<2xi64>
  %y = onnx.node "Tile"(%x, %r) version 20 {} : (tensor<?x3xf32>, tensor<2xi64>) -> tensor<?x3xf32>
  return %y : tensor<?x3xf32>
}
