// Numbers of less than a byte, and floats of a byte, lie in a byte each.

// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// CHECK-LABEL: @moved
// CHECK-SAME: (%{{.*}}: tensor<2x3xi8>) -> tensor<3x2xi8>
// CHECK: linalg.transpose
func.func @moved(%x: tensor<2x3xf8E4M3FN>) -> tensor<3x2xf8E4M3FN> {
  %y = onnx.node "Transpose"(%x) version 21 {} : (tensor<2x3xf8E4M3FN>) -> tensor<3x2xf8E4M3FN>
  return %y : tensor<3x2xf8E4M3FN>
}

// An int4 keeps its sign in the byte, a uint4 has none.
// CHECK-LABEL: @constants
// CHECK-DAG: arith.constant dense<[-1, 7]> : tensor<2xi8>
// CHECK-DAG: arith.constant dense<[15, 7]> : tensor<2xi8>
func.func @constants() -> (tensor<2xi4>, tensor<2xui4>) {
  %a = onnx.constant dense<[-1, 7]> : tensor<2xi4>
  %b = onnx.constant dense<[15, 7]> : tensor<2xui4>
  return %a, %b : tensor<2xi4>, tensor<2xui4>
}

// A weight that a file packs is read as bytes and unpacked: the sign comes back by shifts.
// CHECK-LABEL: @packed_weight
// CHECK: %[[B:.*]] = moe.weight [#moe.piece<"w" at 12 shape[1024] strides[1]>]{{.*}} : tensor<1024xi8>
// CHECK: linalg.generic
// CHECK: tensor.extract %[[B]]
// CHECK: arith.shrsi
func.func @packed_weight(%s: tensor<f32>) -> tensor<2048xf32> {
  %w = moe.weight [#moe.piece<"w" at 96 shape [2048] strides [1]>] : tensor<2048xi4>
  %y = onnx.node "DequantizeLinear"(%w, %s) version 21 {} : (tensor<2048xi4>, tensor<f32>) -> tensor<2048xf32>
  return %y : tensor<2048xf32>
}

// From opset 23 on, what is beyond an int4 keeps its low bits; before, it was held in range.
// CHECK-LABEL: @cut
// CHECK: arith.fptosi {{.*}} to i8
// CHECK: arith.fptosi {{.*}} to i32
// CHECK: arith.trunci {{.*}} : i32 to i4
// CHECK: arith.extsi {{.*}} : i4 to i8
func.func @cut(%x: tensor<8xf32>) -> (tensor<8xi4>, tensor<8xi4>) {
  %a = onnx.node "Cast"(%x) version 21 {to = 22 : i64} : (tensor<8xf32>) -> tensor<8xi4>
  %b = onnx.node "Cast"(%x) version 23 {to = 22 : i64} : (tensor<8xf32>) -> tensor<8xi4>
  return %a, %b : tensor<8xi4>, tensor<8xi4>
}
