// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// A dimension that is 1 in the type is read by the map.
// CHECK-DAG: #[[BIAS:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1) -> (d0, 0)>

// CHECK-LABEL: @by_map
// CHECK: indexing_maps = [#{{.*}}, #[[BIAS]], #{{.*}}]
// CHECK: indexing_maps = [#{{.*}}, #[[COLUMN]], #{{.*}}]
func.func @by_map(%x: tensor<2x8xf32>, %b: tensor<8xf32>, %c: tensor<2x1xf32>) -> tensor<2x8xf32> {
  %y = onnx.node "Add"(%x, %b) version 20 {} : (tensor<2x8xf32>, tensor<8xf32>) -> tensor<2x8xf32>
  %z = onnx.node "Add"(%y, %c) version 20 {} : (tensor<2x8xf32>, tensor<2x1xf32>) -> tensor<2x8xf32>
  return %z : tensor<2x8xf32>
}

// Dimensions of one symbol are one value, through whatever comes between: nothing is compared.
// CHECK-LABEL: @one_symbol
// CHECK-NOT: scf.if
// CHECK-NOT: cf.assert
// CHECK: return
func.func @one_symbol(%x: tensor<?x?x16xf32> {onnx.dims = ["batch", "sequence", ""]},
                      %r: tensor<?x?x16xf32> {onnx.dims = ["batch", "sequence", ""]}) -> tensor<?x?x16xf32> {
  %flat = onnx.constant dense<[-1, 16]> : tensor<2xi64>
  %minus = onnx.constant dense<-1> : tensor<1xi64>
  %0 = onnx.node "Reshape"(%x, %flat) version 20 {} : (tensor<?x?x16xf32>, tensor<2xi64>) -> tensor<?x16xf32>
  %1 = onnx.node "Relu"(%0) version 20 {} : (tensor<?x16xf32>) -> tensor<?x16xf32>
  %s = onnx.node "ReduceSum"(%1, %minus) version 20 {} : (tensor<?x16xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %2 = onnx.node "Div"(%1, %s) version 20 {} : (tensor<?x16xf32>, tensor<?x1xf32>) -> tensor<?x16xf32>
  %shape = onnx.node "Shape"(%r) version 20 {} : (tensor<?x?x16xf32>) -> tensor<3xi64>
  %3 = onnx.node "Reshape"(%2, %shape) version 20 {} : (tensor<?x16xf32>, tensor<3xi64>) -> tensor<?x?x16xf32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %4 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<f32>, tensor<3xi64>) -> tensor<?x?x16xf32>
  %5 = onnx.node "Add"(%4, %3) version 20 {} : (tensor<?x?x16xf32>, tensor<?x?x16xf32>) -> tensor<?x?x16xf32>
  %6 = onnx.node "Add"(%5, %r) version 20 {} : (tensor<?x?x16xf32>, tensor<?x?x16xf32>) -> tensor<?x?x16xf32>
  return %6 : tensor<?x?x16xf32>
}

// Others are compared at run time: the plain operand, or a copy that reads index 0.
// CHECK-LABEL: @two_symbols
// CHECK-DAG: %[[M:.*]] = tensor.dim %[[X:.*]], %c0
// CHECK: cf.assert %{{.*}}, "node '/add': dimensions do not broadcast"
// CHECK: scf.if
// CHECK-NEXT: scf.yield %[[X]]
// CHECK: tensor.extract
func.func @two_symbols(%x: tensor<?xf32> {onnx.dims = ["m"]}, %y: tensor<?xf32> {onnx.dims = ["n"]}) -> tensor<?xf32> {
  %0 = onnx.node "Add"(%x, %y) version 20 name "/add" {} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// A dimension that was asked for before conversion is known here too.
// CHECK-LABEL: @asked_before
// CHECK: %[[D:.*]] = tensor.dim %arg0
// CHECK-NOT: tensor.dim
// CHECK-NOT: scf.if
// CHECK: tensor.expand_shape %{{.*}} output_shape [%[[D]], 1, 4]
// CHECK-NOT: scf.if
// CHECK: return
func.func @asked_before(%x: tensor<?x4xf32>) -> tensor<?x1x4xf32> {
  %c0 = arith.constant 0 : index
  %axes = onnx.constant dense<1> : tensor<1xi64>
  %0 = onnx.node "Unsqueeze"(%x, %axes) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x1x4xf32>
  %d = tensor.dim %0, %c0 : tensor<?x1x4xf32>
  %1 = tensor.collapse_shape %0 [[0, 1], [2]] : tensor<?x1x4xf32> into tensor<?x4xf32>
  %2 = tensor.expand_shape %1 [[0, 1], [2]] output_shape [%d, 1, 4] : tensor<?x4xf32> into tensor<?x1x4xf32>
  %3 = onnx.node "Add"(%0, %2) version 20 {} : (tensor<?x1x4xf32>, tensor<?x1x4xf32>) -> tensor<?x1x4xf32>
  return %3 : tensor<?x1x4xf32>
}
