// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// One known position is a view: nothing to check, nothing to copy.
// CHECK-LABEL: @one
// CHECK-NOT: cf.assert
// CHECK: tensor.extract_slice %{{.*}}[0, 1] [%{{.*}}, 1] [1, 1] : tensor<?x2xi64> to tensor<?xi64>
func.func @one(%x: tensor<?x2xi64>) -> tensor<?xi64> {
  %i = onnx.constant dense<-1> : tensor<i64>
  %y = onnx.node "Gather"(%x, %i) version 20 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<i64>) -> tensor<?xi64>
  return %y : tensor<?xi64>
}

// Positions that are data are checked before anything is read.
// CHECK-LABEL: @many
// CHECK: cf.assert %{{.*}}, "node '/gather': index out of range"
// CHECK: linalg.generic
// CHECK: tensor.extract
func.func @many(%x: tensor<?x8xf32>, %i: tensor<?xi64>) -> tensor<?x8xf32> {
  %y = onnx.node "Gather"(%x, %i) version 20 name "/gather" {} : (tensor<?x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// A gather from a shape is a dimension.
// CHECK-LABEL: @of_shape
// CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
// CHECK: %[[D:.*]] = tensor.dim %{{.*}}, %[[C1]]
// CHECK: tensor.empty(%[[D]])
func.func @of_shape(%x: tensor<3x?xf32>) -> tensor<?xf32> {
  %i = onnx.constant dense<[1]> : tensor<1xi64>
  %s = onnx.node "Shape"(%x) version 20 {} : (tensor<3x?xf32>) -> tensor<2xi64>
  %d = onnx.node "Gather"(%s, %i) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %y = onnx.node "ConstantOfShape"(%d) version 20 {} : (tensor<1xi64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: @positions
// CHECK: cf.assert
// CHECK-COUNT-2: tensor.extract %arg1
// CHECK: tensor.extract %arg0
func.func @positions(%x: tensor<?x4x8xf32>, %i: tensor<?x2xi64>) -> tensor<?x8xf32> {
  %y = onnx.node "GatherND"(%x, %i) version 20 {} : (tensor<?x4x8xf32>, tensor<?x2xi64>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
