// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// Merging and splitting are views, and leave nothing to check.
// CHECK-LABEL: @views
// CHECK-NOT: cf.assert
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1], [2]]
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0], [1, 2]]
func.func @views(%x: tensor<?x?x64xf32>) -> tensor<?x4x16xf32> {
  %a = onnx.constant dense<[-1, 64]> : tensor<2xi64>
  %b = onnx.constant dense<[0, 4, 16]> : tensor<3xi64>
  %0 = onnx.node "Reshape"(%x, %a) version 20 {} : (tensor<?x?x64xf32>, tensor<2xi64>) -> tensor<?x64xf32>
  %1 = onnx.node "Reshape"(%0, %b) version 20 {} : (tensor<?x64xf32>, tensor<3xi64>) -> tensor<?x4x16xf32>
  return %1 : tensor<?x4x16xf32>
}

// A shape that is data is checked.
// CHECK-LABEL: @from_data
// CHECK: cf.assert %{{.*}}, "node '/r': number of elements changes"
func.func @from_data(%x: tensor<?xf32>, %s: tensor<2xi64>) -> tensor<?x?xf32> {
  %0 = onnx.node "Reshape"(%x, %s) version 20 name "/r" {} : (tensor<?xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// Ones come and go as views, as attributes before opset 13 and as inputs later.
// CHECK-LABEL: @ones
// CHECK: tensor.expand_shape %{{.*}} {{\[\[}}0, 1, 2], [3, 4]]
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0, 1, 2], [3, 4]]
func.func @ones(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %a = onnx.constant dense<[0, 2, -1]> : tensor<3xi64>
  %0 = onnx.node "Unsqueeze"(%x, %a) version 13 {} : (tensor<?x?xf32>, tensor<3xi64>) -> tensor<1x?x1x?x1xf32>
  %1 = onnx.node "Squeeze"(%0) version 11 {axes = array<i64: 0, 2, 4>} : (tensor<1x?x1x?x1xf32>) -> tensor<?x?xf32>
  return %1 : tensor<?x?xf32>
}

// CHECK-LABEL: @transpose
// CHECK: linalg.transpose {{.*}} permutation = [1, 0]
func.func @transpose(%x: tensor<2x?xi64>) -> tensor<?x2xi64> {
  %0 = onnx.node "Transpose"(%x) version 20 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  return %0 : tensor<?x2xi64>
}

// CHECK-LABEL: @depth_to_space
// CHECK: tensor.expand_shape %{{.*}} into tensor<1x2x2x3x4x5xf32>
// CHECK: linalg.transpose {{.*}} permutation = [0, 3, 4, 1, 5, 2]
func.func @depth_to_space(%x: tensor<1x12x4x5xf32>) -> tensor<1x3x8x10xf32> {
  %y = onnx.node "DepthToSpace"(%x) version 13 {blocksize = 2 : i64} : (tensor<1x12x4x5xf32>) -> tensor<1x3x8x10xf32>
  return %y : tensor<1x3x8x10xf32>
}

// CHECK-LABEL: @depth_to_space_columns_first
// CHECK: linalg.transpose {{.*}} permutation = [0, 1, 4, 2, 5, 3]
func.func @depth_to_space_columns_first(%x: tensor<1x12x4x5xf32>) -> tensor<1x3x8x10xf32> {
  %y = onnx.node "DepthToSpace"(%x) version 13 {blocksize = 2 : i64, mode = "CRD"} : (tensor<1x12x4x5xf32>) -> tensor<1x3x8x10xf32>
  return %y : tensor<1x3x8x10xf32>
}

// Sizes that only data tell are checked.
// CHECK-LABEL: @space_to_depth
// CHECK: cf.assert %{{.*}}, "node '': a dimension is no multiple of 2"
// CHECK: linalg.transpose {{.*}} permutation = [0, 3, 5, 1, 2, 4]
func.func @space_to_depth(%x: tensor<1x3x?x10xf32>) -> tensor<1x12x?x5xf32> {
  %y = onnx.node "SpaceToDepth"(%x) version 13 {blocksize = 2 : i64} : (tensor<1x3x?x10xf32>) -> tensor<1x12x?x5xf32>
  return %y : tensor<1x12x?x5xf32>
}
