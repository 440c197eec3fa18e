// Axes that are data: each dimension asks at run time whether it is one.

// RUN: moe-opt %s --convert-onnx-to-linalg | FileCheck %s

// CHECK-LABEL: @unsqueeze
// CHECK: cf.assert {{.*}} "node 'u': an axis lies outside of the rank"
// CHECK: tensor.reshape
func.func @unsqueeze(%x: tensor<?x4xf32>, %axes: tensor<1xi64>) -> tensor<?x?x?xf32> {
  %y = onnx.node "Unsqueeze"(%x, %axes) version 13 name "u" {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}

// Two axes must be two, and what is squeezed is 1.
// CHECK-LABEL: @squeeze
// CHECK: cf.assert {{.*}} "node 's': an axis is given twice"
// CHECK: cf.assert {{.*}} "node 's': squeezed dimension is not 1"
func.func @squeeze(%x: tensor<?x?x4xf32>, %axes: tensor<2xi64>) -> tensor<?xf32> {
  %y = onnx.node "Squeeze"(%x, %axes) version 13 name "s" {} : (tensor<?x?x4xf32>, tensor<2xi64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}

// A dimension that the file declares is checked, then taken.
// CHECK-LABEL: @reduce
// CHECK: cf.assert {{.*}} "node 'r': a dimension is another than declared"
func.func @reduce(%x: tensor<2x4xf32>, %axes: tensor<1xi64>) -> tensor<2x1xf32> {
  %y = onnx.node "ReduceSum"(%x, %axes) version 13 name "r" {} : (tensor<2x4xf32>, tensor<1xi64>) -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}

// CHECK-LABEL: @steps
// CHECK: cf.assert {{.*}} "node 't': a step is 0"
func.func @steps(%x: tensor<?xf32>, %a: tensor<1xi64>, %b: tensor<1xi64>, %s: tensor<1xi64>) -> tensor<?xf32> {
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %y = onnx.node "Slice"(%x, %a, %b, %zero, %s) version 13 name "t" {} : (tensor<?xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xf32>
  return %y : tensor<?xf32>
}
