// RUN: moe-opt %s -onnx-infer-types | FileCheck %s

!v = !onnx.value

// CHECK-LABEL: @unary
// CHECK-SAME: -> (tensor<?x8xf32>, tensor<?x8xf16>, tensor<?x8xi1>)
func.func @unary(%x: tensor<?x8xf32>, %h: tensor<?x8xf16>) -> (!v, !v, !v) {
  %a = onnx.node "Sigmoid"(%x) version 13 {} : (tensor<?x8xf32>) -> !v
  %b = onnx.node "QuickGelu"(%h) domain "com.microsoft" version 1 {} : (tensor<?x8xf16>) -> !v
  %c = onnx.node "IsNaN"(%x) version 13 {} : (tensor<?x8xf32>) -> !v
  return %a, %b, %c : !v, !v, !v
}

// CHECK-LABEL: @broadcast
// CHECK-SAME: -> (tensor<?x8xf32>, tensor<4x?x8xf32>, tensor<7x?xf32>)
func.func @broadcast(%x: tensor<?x8xf32>, %one: tensor<4x1x8xf32>, %a: tensor<?x1xf32>, %b: tensor<7x?xf32>)
    -> (!v, !v, !v) {
  %scalar = onnx.constant dense<2.0> : tensor<f32>
  %y = onnx.node "Mul"(%x, %scalar) version 14 {} : (tensor<?x8xf32>, tensor<f32>) -> !v
  %z = onnx.node "Add"(%x, %one) version 14 {} : (tensor<?x8xf32>, tensor<4x1x8xf32>) -> !v
  %w = onnx.node "Sub"(%a, %b) version 14 {} : (tensor<?x1xf32>, tensor<7x?xf32>) -> !v
  return %y, %z, %w : !v, !v, !v
}

// CHECK-LABEL: @power_has_the_base_type
// CHECK-SAME: -> tensor<?xf32>
func.func @power_has_the_base_type(%x: tensor<?xf32>, %e: tensor<i64>) -> !v {
  %y = onnx.node "Pow"(%x, %e) version 15 {} : (tensor<?xf32>, tensor<i64>) -> !v
  return %y : !v
}

// CHECK-LABEL: @dropout_mask
// CHECK-SAME: -> (tensor<?xf32>, tensor<?xi1>)
func.func @dropout_mask(%x: tensor<?xf32>, %ratio: tensor<f32>) -> (!v, !v) {
  %y:2 = onnx.node "Dropout"(%x, %ratio) version 13 {} : (tensor<?xf32>, tensor<f32>) -> (!v, !v)
  return %y#0, %y#1 : !v, !v
}

// CHECK-LABEL: @comparison_and_choice
// CHECK-SAME: -> (tensor<?x8xi1>, tensor<?x8xf32>)
func.func @comparison_and_choice(%x: tensor<?x8xf32>, %y: tensor<8xf32>) -> (!v, !v) {
  %less = onnx.node "Less"(%x, %y) version 13 {} : (tensor<?x8xf32>, tensor<8xf32>) -> !v
  %z = onnx.node "Where"(%less, %x, %y) version 16 {} : (!v, tensor<?x8xf32>, tensor<8xf32>) -> !v
  return %less, %z : !v, !v
}

// CHECK-LABEL: @integers
// CHECK-DAG: dense<[7, 2]> : tensor<2xi64>
// CHECK-DAG: dense<[0, 2]> : tensor<2xi64>
// CHECK-DAG: dense<[2, 0]> : tensor<2xi64>
// CHECK-DAG: dense<[-1, 0]> : tensor<2xi64>
// CHECK-DAG: dense<[-3, 2]> : tensor<2xi64>
// CHECK-NOT: onnx.node
func.func @integers() -> (!v, !v, !v, !v, !v) {
  %a = onnx.constant dense<[-7, 4]> : tensor<2xi64>
  %b = onnx.constant dense<[3, 2]> : tensor<2xi64>
  %zero = onnx.constant dense<0> : tensor<i64>
  %two = onnx.constant dense<2> : tensor<i64>
  %minus = onnx.node "Neg"(%a) version 13 {} : (tensor<2xi64>) -> !v
  %0 = onnx.node "Max"(%minus, %two) version 13 {} : (!v, tensor<i64>) -> !v
  %1 = onnx.node "Clip"(%a, %zero, %two) version 13 {} : (tensor<2xi64>, tensor<i64>, tensor<i64>) -> !v
  %2 = onnx.node "Mod"(%a, %b) version 13 {} : (tensor<2xi64>, tensor<2xi64>) -> !v
  %3 = onnx.node "Mod"(%a, %b) version 13 {fmod = 1 : i64} : (tensor<2xi64>, tensor<2xi64>) -> !v
  %quotient = onnx.node "Div"(%a, %b) version 14 {} : (tensor<2xi64>, tensor<2xi64>) -> !v
  %one = onnx.node "Sub"(%b, %two) version 14 {} : (tensor<2xi64>, tensor<i64>) -> !v
  %4 = onnx.node "Sub"(%quotient, %one) version 14 {} : (!v, !v) -> !v
  return %0, %1, %2, %3, %4 : !v, !v, !v, !v, !v
}

// CHECK-LABEL: @truth_values
// CHECK-DAG: dense<[true, false]> : tensor<2xi1>
// CHECK-DAG: dense<[1, 5]> : tensor<2xi64>
// CHECK-NOT: onnx.node
func.func @truth_values() -> (!v, !v) {
  %a = onnx.constant dense<[1, 4]> : tensor<2xi64>
  %b = onnx.constant dense<[3, 2]> : tensor<2xi64>
  %five = onnx.constant dense<5> : tensor<i64>
  %less = onnx.node "LessOrEqual"(%a, %b) version 16 {} : (tensor<2xi64>, tensor<2xi64>) -> !v
  %more = onnx.node "Greater"(%a, %b) version 13 {} : (tensor<2xi64>, tensor<2xi64>) -> !v
  %not = onnx.node "Not"(%more) version 1 {} : (!v) -> !v
  %and = onnx.node "And"(%less, %not) version 7 {} : (!v, !v) -> !v
  %w = onnx.node "Where"(%and, %a, %five) version 16 {} : (!v, tensor<2xi64>, tensor<i64>) -> !v
  return %and, %w : !v, !v
}

// In the element type's own arithmetic: one third of a half is a half's.
// CHECK-LABEL: @floats
// CHECK-DAG: dense<3.332520e-01> : tensor<f16>
// CHECK-DAG: dense<1.250000e-01> : tensor<f32>
// CHECK-NOT: onnx.node
func.func @floats() -> (!v, !v) {
  %one = onnx.constant dense<1.0> : tensor<f16>
  %three = onnx.constant dense<3.0> : tensor<f16>
  %size = onnx.constant dense<64> : tensor<i64>
  %third = onnx.node "Div"(%one, %three) version 14 {} : (tensor<f16>, tensor<f16>) -> !v
  %f = onnx.node "Cast"(%size) version 13 {to = 1 : i64} : (tensor<i64>) -> !v
  %root = onnx.node "Sqrt"(%f) version 13 {} : (!v) -> !v
  %scale = onnx.node "Reciprocal"(%root) version 13 {} : (!v) -> !v
  return %third, %scale : !v, !v
}

// Exp is not rounded in one way everywhere.
// CHECK-LABEL: @exp_stays
// CHECK: onnx.node "Exp"
func.func @exp_stays() -> !v {
  %one = onnx.constant dense<1.0> : tensor<f32>
  %y = onnx.node "Exp"(%one) version 13 {} : (tensor<f32>) -> !v
  return %y : !v
}
