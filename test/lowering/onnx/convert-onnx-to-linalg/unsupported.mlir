// RUN: not moe-opt %s --convert-onnx-to-linalg 2>&1 | FileCheck %s

// All leftovers are reported; what depends on one is not reported again.
// CHECK-NOT: error: {{.*}}/after
// CHECK: error: unsupported operator com.microsoft.MoERouterOfTomorrow (node 'x', opset 1)
// CHECK-NOT: error: {{.*}}/after
// CHECK: error: unsupported form of Pad (node '/pad', opset 20): mode wrap
// CHECK: error: malformed Gather (node '/gather', opset 20): index out of range
// CHECK: error: malformed Reshape (node '/reshape', opset 20): reshapes 4 elements to 5
func.func @main(%x: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<6xf32>, tensor<1xf32>, tensor<5xf32>) {
  %pads = onnx.constant dense<1> : tensor<2xi64>
  %four = onnx.constant dense<4> : tensor<1xi64>
  %five = onnx.constant dense<5> : tensor<1xi64>
  %0 = onnx.node "MoERouterOfTomorrow"(%x) domain "com.microsoft" version 1 name "x" {} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = onnx.node "Relu"(%0) version 20 name "/after" {} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = onnx.node "Pad"(%x, %pads) version 20 name "/pad" {mode = "wrap"} : (tensor<4xf32>, tensor<2xi64>) -> tensor<6xf32>
  %4 = onnx.node "Gather"(%x, %four) version 20 name "/gather" {} : (tensor<4xf32>, tensor<1xi64>) -> tensor<1xf32>
  %5 = onnx.node "Reshape"(%x, %five) version 20 name "/reshape" {} : (tensor<4xf32>, tensor<1xi64>) -> tensor<5xf32>
  return %1, %2, %4, %5 : tensor<4xf32>, tensor<6xf32>, tensor<1xf32>, tensor<5xf32>
}

// Numbers below a byte lie in a byte each: an operator must know what they mean.
// CHECK: error: unsupported type 'tensor<4xi4>' at Add (node 'a')
func.func @small(%x: tensor<4xi4>) -> tensor<4xi4> {
  %0 = onnx.node "Add"(%x, %x) version 21 name "a" {} : (tensor<4xi4>, tensor<4xi4>) -> tensor<4xi4>
  return %0 : tensor<4xi4>
}
