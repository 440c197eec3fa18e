// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// Before opset 13 all from the axis on is one row.
// CHECK-LABEL: @softmax_11
// CHECK: iterator_types = ["parallel", "reduction", "reduction"]
func.func @softmax_11(%x: tensor<?x3x4xf32>) -> tensor<?x3x4xf32> {
  %y = onnx.node "Softmax"(%x) version 11 {} : (tensor<?x3x4xf32>) -> tensor<?x3x4xf32>
  return %y : tensor<?x3x4xf32>
}

// CHECK-LABEL: @softmax_13
// CHECK: iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: arith.maximumf
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: arith.divf
func.func @softmax_13(%x: tensor<?x3x4xf32>) -> tensor<?x3x4xf32> {
  %y = onnx.node "Softmax"(%x) version 13 {} : (tensor<?x3x4xf32>) -> tensor<?x3x4xf32>
  return %y : tensor<?x3x4xf32>
}

// Axes as an attribute, or as an input; f16 is accumulated in f32 and rounded once.
// CHECK-LABEL: @mean
// CHECK: arith.addf {{.*}} : f32
// CHECK: arith.divf {{.*}} : f32
// CHECK: arith.truncf
func.func @mean(%x: tensor<?x4xf16>) -> tensor<?xf16> {
  %y = onnx.node "ReduceMean"(%x) version 13 {axes = array<i64: -1>, keepdims = 0 : i64} : (tensor<?x4xf16>) -> tensor<?xf16>
  return %y : tensor<?xf16>
}

// CHECK-LABEL: @rms
// CHECK: math.sqrt
func.func @rms(%x: tensor<?x4xf32>, %s: tensor<4xf32>) -> tensor<?x4xf32> {
  %y = onnx.node "RMSNormalization"(%x, %s) version 23 {} : (tensor<?x4xf32>, tensor<4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
