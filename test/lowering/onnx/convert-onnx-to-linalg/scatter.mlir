// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s
// RUN: moe-opt %s --convert-onnx-to-linalg --one-shot-bufferize=bufferize-function-boundaries | FileCheck %s --check-prefix=BUFFER

// Slices are put down one after the other, in place but for one copy of the data.
// CHECK-LABEL: @replace
// CHECK: cf.assert %{{.*}}, "node '/put': index out of range"
// CHECK: scf.for {{.*}} iter_args(%[[OUT:.*]] = %{{.*}})
// CHECK: tensor.insert_slice %{{.*}} into %[[OUT]]
// BUFFER-LABEL: @replace
// BUFFER-COUNT-1: memref.copy
// BUFFER: scf.for
// BUFFER-NOT: memref.alloc
func.func @replace(%x: tensor<?x8xf32>, %i: tensor<?x1xi64>, %u: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = onnx.node "ScatterND"(%x, %i, %u) version 20 name "/put" {} : (tensor<?x8xf32>, tensor<?x1xi64>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// CHECK-LABEL: @add
// CHECK: scf.for
// CHECK: scf.for
// CHECK: tensor.extract
// CHECK: arith.addf
// CHECK: tensor.insert
func.func @add(%x: tensor<3x4xf32>, %i: tensor<2x2xi64>, %u: tensor<2x2xf32>) -> tensor<3x4xf32> {
  %y = onnx.node "ScatterElements"(%x, %i, %u) version 18 {axis = 1 : i64, reduction = "add"} : (tensor<3x4xf32>, tensor<2x2xi64>, tensor<2x2xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
