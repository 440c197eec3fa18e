// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// CHECK-LABEL: @gather
// CHECK-SAME: -> (tensor<?x2x6xf32>, tensor<?xf32>, tensor<?x?xf32>)
func.func @gather(%x: tensor<?x6xf32>, %i: tensor<?x2xi64>, %one: tensor<i32>, %e: tensor<?x?xi64>) -> (!v, !v, !v) {
  %0 = onnx.node "Gather"(%x, %i) version 13 {} : (tensor<?x6xf32>, tensor<?x2xi64>) -> !v
  %1 = onnx.node "Gather"(%x, %one) version 13 {axis = -1 : i64} : (tensor<?x6xf32>, tensor<i32>) -> !v
  %2 = onnx.node "GatherElements"(%x, %e) version 13 {axis = 1 : i64} : (tensor<?x6xf32>, tensor<?x?xi64>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// CHECK-LABEL: @gather_nd
// CHECK-SAME: -> (tensor<?x6xf32>, tensor<?xf32>, tensor<5x3xf32>)
func.func @gather_nd(%x: tensor<?x6xf32>, %i: tensor<?x1xi64>, %j: tensor<?x2xi64>,
                     %b: tensor<5x4x3xf32>, %k: tensor<5x1xi64>) -> (!v, !v, !v) {
  %0 = onnx.node "GatherND"(%x, %i) version 13 {} : (tensor<?x6xf32>, tensor<?x1xi64>) -> !v
  %1 = onnx.node "GatherND"(%x, %j) version 13 {} : (tensor<?x6xf32>, tensor<?x2xi64>) -> !v
  %2 = onnx.node "GatherND"(%b, %k) version 13 {batch_dims = 1 : i64} : (tensor<5x4x3xf32>, tensor<5x1xi64>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// CHECK-LABEL: @scatter
// CHECK-SAME: -> (tensor<?x6xf32>, tensor<?x6xf32>)
func.func @scatter(%x: tensor<?x6xf32>, %i: tensor<?x2xi64>, %u: tensor<?x2xf32>, %r: tensor<?x1xi64>,
                   %rows: tensor<?x6xf32>) -> (!v, !v) {
  %0 = onnx.node "ScatterElements"(%x, %i, %u) version 18 {axis = 1 : i64, reduction = "max"}
      : (tensor<?x6xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> !v
  %1 = onnx.node "ScatterND"(%x, %r, %rows) version 16 {reduction = "add"}
      : (tensor<?x6xf32>, tensor<?x1xi64>, tensor<?x6xf32>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @nonzero
// CHECK-SAME: -> (tensor<3x?xi64>, tensor<2x3xi64>)
// CHECK: dense<{{\[\[}}0, 0, 1], [0, 2, 1]]> : tensor<2x3xi64>
func.func @nonzero(%x: tensor<?x6x?xi1>) -> (!v, !v) {
  %known = onnx.constant dense<[[true, false, true], [false, true, false]]> : tensor<2x3xi1>
  %0 = onnx.node "NonZero"(%x) version 13 {} : (tensor<?x6x?xi1>) -> !v
  %1 = onnx.node "NonZero"(%known) version 13 {} : (tensor<2x3xi1>) -> !v
  return %0, %1 : !v, !v
}

// CHECK-LABEL: @one_hot
// CHECK-SAME: -> (tensor<?x2x8xf32>, tensor<8x?x2xf32>, tensor<2x3xi64>)
// CHECK: dense<{{\[\[}}1, 5, 1], [1, 1, 5]]> : tensor<2x3xi64>
func.func @one_hot(%i: tensor<?x2xi64>) -> (!v, !v, !v) {
  %depth = onnx.constant dense<8> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %known = onnx.constant dense<[1, -1]> : tensor<2xi64>
  %three = onnx.constant dense<3> : tensor<1xi64>
  %ints = onnx.constant dense<[1, 5]> : tensor<2xi64>
  %0 = onnx.node "OneHot"(%i, %depth, %values) version 11 {} : (tensor<?x2xi64>, tensor<i64>, tensor<2xf32>) -> !v
  %1 = onnx.node "OneHot"(%i, %depth, %values) version 11 {axis = 0 : i64} : (tensor<?x2xi64>, tensor<i64>, tensor<2xf32>) -> !v
  %2 = onnx.node "OneHot"(%known, %three, %ints) version 11 {} : (tensor<2xi64>, tensor<1xi64>, tensor<2xi64>) -> !v
  return %0, %1, %2 : !v, !v, !v
}

// CHECK-LABEL: @top_k
// CHECK-SAME: -> (tensor<?x2xf32>, tensor<?x2xi64>, tensor<?x8xf32>)
func.func @top_k(%x: tensor<?x8xf32>, %k: tensor<1xi64>) -> (!v, !v, !v) {
  %two = onnx.constant dense<2> : tensor<1xi64>
  %0:2 = onnx.node "TopK"(%x, %two) version 11 {} : (tensor<?x8xf32>, tensor<1xi64>) -> (!v, !v)
  %1:2 = onnx.node "TopK"(%x, %k) version 11 {axis = 0 : i64} : (tensor<?x8xf32>, tensor<1xi64>) -> (!v, !v)
  return %0#0, %0#1, %1#0 : !v, !v, !v
}

// CHECK-LABEL: @unique
// CHECK-SAME: -> (tensor<?xi64>, tensor<?xi64>, tensor<12xi64>)
func.func @unique(%x: tensor<12xi64>) -> (!v, !v, !v) {
  %0:3 = onnx.node "Unique"(%x) version 11 {} : (tensor<12xi64>) -> (!v, !v, !v)
  return %0#0, %0#1, %0#2 : !v, !v, !v
}

// One size of a shape replaced by a scatter; numbers that are added stay unknown.
// CHECK-LABEL: @scatter_sizes
// CHECK-SAME: -> (tensor<3x6xf32>, tensor<?x?xf32>)
func.func @scatter_sizes(%x: tensor<?x6xf32>) -> (!v, !v) {
  %shape = onnx.node "Shape"(%x) version 15 {} : (tensor<?x6xf32>) -> !v
  %first = onnx.constant dense<-2> : tensor<1xi64>
  %three = onnx.constant dense<3> : tensor<1xi64>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %set = onnx.node "ScatterElements"(%shape, %first, %three) version 16 {} : (!v, tensor<1xi64>, tensor<1xi64>) -> !v
  %added = onnx.node "ScatterElements"(%shape, %first, %three) version 16 {reduction = "add"} : (!v, tensor<1xi64>, tensor<1xi64>) -> !v
  %0 = onnx.node "Expand"(%zero, %set) version 13 {} : (tensor<1xf32>, !v) -> !v
  %1 = onnx.node "Expand"(%zero, %added) version 13 {} : (tensor<1xf32>, !v) -> !v
  return %0, %1 : !v, !v
}
