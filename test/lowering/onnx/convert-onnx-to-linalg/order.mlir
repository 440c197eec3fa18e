// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// Counted first, then filled.
// CHECK-LABEL: @nonzero
// CHECK: %[[N:.*]] = arith.index_cast
// CHECK: tensor.empty(%[[N]]) : tensor<2x?xi64>
// CHECK: scf.for
// CHECK: scf.if
// CHECK-COUNT-2: tensor.insert
func.func @nonzero(%x: tensor<?x4xi1>) -> tensor<2x?xi64> {
  %y = onnx.node "NonZero"(%x) version 20 {} : (tensor<?x4xi1>) -> tensor<2x?xi64>
  return %y : tensor<2x?xi64>
}

// A NaN comes before all numbers, and only a strictly better element takes over: lower index first.
// CHECK-LABEL: @topk
// CHECK: arith.cmpf ogt
// CHECK: arith.cmpf uno
// CHECK: tensor.insert
func.func @topk(%x: tensor<?x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xi64>) {
  %k = onnx.constant dense<2> : tensor<1xi64>
  %v, %i = onnx.node "TopK"(%x, %k) version 20 {} : (tensor<?x8xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  return %v, %i : tensor<?x2xf32>, tensor<?x2xi64>
}

// CHECK-LABEL: @argmax_last
// CHECK: arith.cmpf oge
func.func @argmax_last(%x: tensor<?x8xf32>) -> tensor<?x1xi64> {
  %y = onnx.node "ArgMax"(%x) version 20 {axis = 1 : i64, select_last_index = 1 : i64} : (tensor<?x8xf32>) -> tensor<?x1xi64>
  return %y : tensor<?x1xi64>
}

// An exclusive sum is put down before it grows, so that it grows in place.
// CHECK-LABEL: @cumsum
// CHECK: scf.for {{.*}} iter_args(%[[OUT:.*]] = %{{.*}}, %[[SUM:.*]] = %{{.*}})
// CHECK: tensor.insert_slice %[[SUM]] into %[[OUT]]
// CHECK: linalg.generic {{.*}} outs(%[[SUM]]
func.func @cumsum(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %axis = onnx.constant dense<0> : tensor<i64>
  %y = onnx.node "CumSum"(%x, %axis) version 20 {exclusive = 1 : i64} : (tensor<?x4xf32>, tensor<i64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The first largest element along the axis alone is 1.
// CHECK-LABEL: @hardmax
// CHECK: arith.cmpf ogt
// CHECK: arith.cmpi eq
func.func @hardmax(%x: tensor<?x8xf16>) -> tensor<?x8xf16> {
  %y = onnx.node "Hardmax"(%x) version 13 {} : (tensor<?x8xf16>) -> tensor<?x8xf16>
  return %y : tensor<?x8xf16>
}

// Counted, then gathered; a place beyond the last takes what is not chosen.
// CHECK-LABEL: @compress
// CHECK: arith.minui
// CHECK-COUNT-2: scf.for
// CHECK: tensor.extract_slice
func.func @compress(%x: tensor<?x8xf32>, %c: tensor<?xi1>) -> tensor<?x8xf32> {
  %y = onnx.node "Compress"(%x, %c) version 11 {axis = 0 : i64} : (tensor<?x8xf32>, tensor<?xi1>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// An axis that is data: all before it, it, and all behind it.
// CHECK-LABEL: @running_product
// CHECK: tensor.reshape {{.*}} -> tensor<?x?x?xf32>
// CHECK: arith.mulf
func.func @running_product(%x: tensor<?x8xf32>, %axis: tensor<i64>) -> tensor<?x8xf32> {
  %y = onnx.node "CumProd"(%x, %axis) version 26 {} : (tensor<?x8xf32>, tensor<i64>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
