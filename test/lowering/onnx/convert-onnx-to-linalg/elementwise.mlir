// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// A constant of one number is a scalar in the body, not an operand.
// CHECK-LABEL: @constant_operand
// CHECK: linalg.generic {{.*}} ins(%{{.*}} : tensor<?x8xf32>)
// CHECK: arith.mulf
func.func @constant_operand(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %two = onnx.constant dense<2.0> : tensor<f32>
  %y = onnx.node "Mul"(%x, %two) version 20 {} : (tensor<?x8xf32>, tensor<f32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// f16 is computed in f32 and rounded once.
// CHECK-LABEL: @half
// CHECK: arith.extf
// CHECK: math.exp {{.*}} : f32
// CHECK: arith.truncf {{.*}} : f32 to f16
func.func @half(%x: tensor<4xf16>) -> tensor<4xf16> {
  %y = onnx.node "Exp"(%x) version 20 {} : (tensor<4xf16>) -> tensor<4xf16>
  return %y : tensor<4xf16>
}

// The signature becomes signless; what the numbers are is decided by the operation.
// CHECK-LABEL: func.func @unsigned(
// CHECK-SAME: tensor<4xi8>, %{{.*}}: tensor<4xi8>) -> tensor<4xi1>
// CHECK: arith.cmpi ult
func.func @unsigned(%x: tensor<4xui8>, %y: tensor<4xui8>) -> tensor<4xi1> {
  %z = onnx.node "Less"(%x, %y) version 20 {} : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xi1>
  return %z : tensor<4xi1>
}

// Integer division does not trap.
// CHECK-LABEL: @divide
// CHECK: %[[SAFE:.*]] = arith.select
// CHECK: arith.divsi %{{.*}}, %[[SAFE]]
func.func @divide(%x: tensor<4xi64>, %y: tensor<4xi64>) -> tensor<4xi64> {
  %z = onnx.node "Div"(%x, %y) version 20 {} : (tensor<4xi64>, tensor<4xi64>) -> tensor<4xi64>
  return %z : tensor<4xi64>
}

// A float beyond the range is held in it, so that no poison is made.
// CHECK-LABEL: @saturate
// CHECK: %[[SAFE:.*]] = arith.select
// CHECK: arith.fptosi %[[SAFE]]
// CHECK: arith.select
func.func @saturate(%x: tensor<4xf32>) -> tensor<4xi32> {
  %z = onnx.node "Cast"(%x) version 20 {to = 6 : i64} : (tensor<4xf32>) -> tensor<4xi32>
  return %z : tensor<4xi32>
}

// CHECK-LABEL: @gelu_tanh
// CHECK: math.tanh
func.func @gelu_tanh(%x: tensor<4xf32>) -> tensor<4xf32> {
  %z = onnx.node "Gelu"(%x) version 20 {approximate = "tanh"} : (tensor<4xf32>) -> tensor<4xf32>
  return %z : tensor<4xf32>
}

// fmod by doubling, subtracting and halving: each step is exact, and nobody is called.
// CHECK-LABEL: @remainder
// CHECK-COUNT-2: scf.while
// CHECK: math.copysign
func.func @remainder(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %z = onnx.node "Mod"(%x, %y) version 13 {fmod = 1 : i64} : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  return %z : tensor<?xf32>
}

// Bits are not widened.
// CHECK-LABEL: @bits
// CHECK: arith.bitcast %{{.*}} : f16 to i16
func.func @bits(%x: tensor<?xf16>) -> tensor<?xui16> {
  %z = onnx.node "BitCast"(%x) version 26 {to = 4 : i64} : (tensor<?xf16>) -> tensor<?xui16>
  return %z : tensor<?xui16>
}

// CHECK-LABEL: @angles
// CHECK: math.acos 
// CHECK: math.acosh 
// CHECK: math.asin 
// CHECK: math.asinh 
// CHECK: math.atan 
// CHECK: math.atanh 
// CHECK: math.cosh 
// CHECK: math.sinh 
// CHECK: math.tan 
func.func @angles(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = onnx.node "Acos"(%x) version 22 {} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = onnx.node "Acosh"(%0) version 22 {} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = onnx.node "Asin"(%1) version 22 {} : (tensor<4xf32>) -> tensor<4xf32>
  %3 = onnx.node "Asinh"(%2) version 22 {} : (tensor<4xf32>) -> tensor<4xf32>
  %4 = onnx.node "Atan"(%3) version 22 {} : (tensor<4xf32>) -> tensor<4xf32>
  %5 = onnx.node "Atanh"(%4) version 22 {} : (tensor<4xf32>) -> tensor<4xf32>
  %6 = onnx.node "Cosh"(%5) version 22 {} : (tensor<4xf32>) -> tensor<4xf32>
  %7 = onnx.node "Sinh"(%6) version 22 {} : (tensor<4xf32>) -> tensor<4xf32>
  %8 = onnx.node "Tan"(%7) version 22 {} : (tensor<4xf32>) -> tensor<4xf32>
  return %8 : tensor<4xf32>
}
