// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// From the start to the end is the dimension itself.
// CHECK-LABEL: @whole
// CHECK: %[[D:.*]] = tensor.dim %arg0
// CHECK-NOT: arith.minsi
// CHECK: tensor.extract_slice %arg0[0] [%[[D]]] [1]
func.func @whole(%x: tensor<?xf32>) -> tensor<?xf32> {
  %s = onnx.constant dense<0> : tensor<1xi64>
  %e = onnx.constant dense<9223372036854775807> : tensor<1xi64>
  %y = onnx.node "Slice"(%x, %s, %e, %s) version 20 {} : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// Bounds that are data are held within the dimension.
// CHECK-LABEL: @from_data
// CHECK: arith.maxsi
// CHECK: arith.minsi
// CHECK: tensor.extract_slice
func.func @from_data(%x: tensor<?xf32>, %s: tensor<1xi64>, %e: tensor<1xi64>) -> tensor<?xf32> {
  %y = onnx.node "Slice"(%x, %s, %e) version 20 {} : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// CHECK-LABEL: @backwards
// CHECK: tensor.extract %arg0
func.func @backwards(%x: tensor<8xf32>) -> tensor<8xf32> {
  %s = onnx.constant dense<-1> : tensor<1xi64>
  %e = onnx.constant dense<-9> : tensor<1xi64>
  %a = onnx.constant dense<0> : tensor<1xi64>
  %y = onnx.node "Slice"(%x, %s, %e, %a, %s) version 20 {} : (tensor<8xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// CHECK-LABEL: @split_and_concat
// CHECK: tensor.extract_slice %arg0[0, 0] [%{{.*}}, 2] [1, 1]
// CHECK: tensor.extract_slice %arg0[0, 2] [%{{.*}}, 3] [1, 1]
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 0] [%{{.*}}, 3] [1, 1]
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[0, 3] [%{{.*}}, 2] [1, 1]
func.func @split_and_concat(%x: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %a, %b = onnx.node "Split"(%x) version 11 {axis = 1 : i64, split = array<i64: 2, 3>} : (tensor<?x5xf32>) -> (tensor<?x2xf32>, tensor<?x3xf32>)
  %y = onnx.node "Concat"(%b, %a) version 20 {axis = -1 : i64} : (tensor<?x3xf32>, tensor<?x2xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
}

// CHECK-LABEL: @pad
// CHECK: linalg.fill
// CHECK: tensor.insert_slice %{{.*}} into %{{.*}}[1, 0] [2, 3] [1, 1] : tensor<2x3xf32> into tensor<3x5xf32>
func.func @pad(%x: tensor<2x3xf32>) -> tensor<3x5xf32> {
  %p = onnx.constant dense<[1, 0, 0, 2]> : tensor<4xi64>
  %y = onnx.node "Pad"(%x, %p) version 20 {} : (tensor<2x3xf32>, tensor<4xi64>) -> tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}

// There and back again: the nearer of the two ways to the end.
// CHECK-LABEL: @reflected
// CHECK: cf.assert {{.*}} "node 'p': nothing is there to pad with"
// CHECK: arith.remsi
// CHECK: arith.minsi
// CHECK: tensor.extract
func.func @reflected(%x: tensor<?xf32>) -> tensor<?xf32> {
  %pads = onnx.constant dense<[2, 3]> : tensor<2xi64>
  %y = onnx.node "Pad"(%x, %pads) version 18 name "p" {mode = "reflect"} : (tensor<?xf32>, tensor<2xi64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}
