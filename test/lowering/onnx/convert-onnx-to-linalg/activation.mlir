// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// Activations are their formulas, with ONNX's constants where the node says none.

// CHECK-LABEL: @selu
// CHECK-DAG: %[[ALPHA:.*]] = arith.constant 1.67326
// CHECK-DAG: %[[GAMMA:.*]] = arith.constant 1.05070
// CHECK-DAG: %[[CURVE:.*]] = math.expm1
// CHECK: arith.mulf %[[ALPHA]], %[[CURVE]]
// CHECK: arith.mulf %[[GAMMA]]
func.func @selu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = onnx.node "Selu"(%x) version 6 {} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: @celu
// CHECK: %[[SCALED:.*]] = arith.divf
// CHECK: math.expm1 %[[SCALED]]
func.func @celu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = onnx.node "Celu"(%x) version 12 {alpha = 2.0 : f32} : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// CHECK-LABEL: @prelu
// CHECK: linalg.generic
// CHECK: arith.cmpf olt
// CHECK: arith.select
func.func @prelu(%x: tensor<?x4xf32>, %slope: tensor<4xf32>) -> tensor<?x4xf32> {
  %0 = onnx.node "PRelu"(%x, %slope) version 16 {} : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}
