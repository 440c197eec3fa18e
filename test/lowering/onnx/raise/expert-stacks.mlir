// RUN: moe-opt %s --moe-raise | FileCheck %s

// A copy of the tokens for each expert, times 0 where it was not chosen: rows are read of it and
// written over. All experts add to one accumulator, and read the tokens.

// The copies are made by an equation.
// CHECK-LABEL: @equation(
// CHECK-NOT: onnx.node "Einsum"
// CHECK: %[[ROWS0:.*]] = onnx.node "GatherND"(%arg0,
// CHECK: %[[OUT0:.*]] = onnx.node "MatMul"(%[[ROWS0]], %arg1)
// CHECK: %[[ZERO:.*]] = onnx.node "ConstantOfShape"
// CHECK: %[[Y0:.*]] = onnx.node "ScatterND"(%[[ZERO]], %{{.*}}, %[[OUT0]]){{.*}} {reduction = "add"}
// CHECK: %[[ROWS1:.*]] = onnx.node "GatherND"(%arg0,
// CHECK: %[[OUT1:.*]] = onnx.node "MatMul"(%[[ROWS1]], %arg1)
// CHECK: %[[Y1:.*]] = onnx.node "ScatterND"(%[[Y0]], %{{.*}}, %[[OUT1]]){{.*}} {reduction = "add"}
// CHECK-NOT: onnx.node "ReduceSum"
// CHECK: return %[[Y1]]
func.func @equation(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 0 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<1x1xi64>
  %c1 = onnx.constant dense<1> : tensor<1x1xi64>
  %back = onnx.constant dense<-1> : tensor<1xi64>
  %front = onnx.constant dense<0> : tensor<1xi64>
  %axis = onnx.constant dense<0> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %mask = onnx.node "Greater"(%logits, %zero) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %number = onnx.node "Cast"(%mask) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %copies = onnx.node "Einsum"(%x, %number) version 20 {equation = "tc,te->etc"} : (tensor<?x4xf32>, tensor<?x2xf32>) -> tensor<2x?x4xf32>
  %chosen0 = onnx.node "Gather"(%mask, %i0) version 20 {axis = 1 : i64} : (tensor<?x2xi1>, tensor<i64>) -> tensor<?xi1>
  %list0 = onnx.node "NonZero"(%chosen0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%list0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %copy0 = onnx.node "Gather"(%copies, %i0) version 20 {axis = 0 : i64} : (tensor<2x?x4xf32>, tensor<i64>) -> tensor<?x4xf32>
  %rows0 = onnx.node "GatherND"(%copy0, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %out0 = onnx.node "MatMul"(%rows0, %m) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %sum0 = onnx.node "Add"(%c0, %list0) version 20 {} : (tensor<1x1xi64>, tensor<1x?xi64>) -> tensor<1x?xi64>
  %sizes0 = onnx.node "Shape"(%sum0) version 20 {} : (tensor<1x?xi64>) -> tensor<2xi64>
  %expert0 = onnx.node "Expand"(%c0, %sizes0) version 20 {} : (tensor<1x1xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %all0 = onnx.node "Expand"(%list0, %sizes0) version 20 {} : (tensor<1x?xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %first0 = onnx.node "Unsqueeze"(%expert0, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %second0 = onnx.node "Unsqueeze"(%all0, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %pairs0 = onnx.node "Concat"(%first0, %second0) version 20 {axis = -1 : i64} : (tensor<1x?x1xi64>, tensor<1x?x1xi64>) -> tensor<1x?x2xi64>
  %laid0 = onnx.node "Unsqueeze"(%out0, %front) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %y0 = onnx.node "ScatterND"(%copies, %pairs0, %laid0) version 20 {} : (tensor<2x?x4xf32>, tensor<1x?x2xi64>, tensor<1x?x4xf32>) -> tensor<2x?x4xf32>
  %chosen1 = onnx.node "Gather"(%mask, %i1) version 20 {axis = 1 : i64} : (tensor<?x2xi1>, tensor<i64>) -> tensor<?xi1>
  %list1 = onnx.node "NonZero"(%chosen1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%list1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %copy1 = onnx.node "Gather"(%y0, %i1) version 20 {axis = 0 : i64} : (tensor<2x?x4xf32>, tensor<i64>) -> tensor<?x4xf32>
  %rows1 = onnx.node "GatherND"(%copy1, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %out1 = onnx.node "MatMul"(%rows1, %m) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %sum1 = onnx.node "Add"(%c1, %list1) version 20 {} : (tensor<1x1xi64>, tensor<1x?xi64>) -> tensor<1x?xi64>
  %sizes1 = onnx.node "Shape"(%sum1) version 20 {} : (tensor<1x?xi64>) -> tensor<2xi64>
  %expert1 = onnx.node "Expand"(%c1, %sizes1) version 20 {} : (tensor<1x1xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %all1 = onnx.node "Expand"(%list1, %sizes1) version 20 {} : (tensor<1x?xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %first1 = onnx.node "Unsqueeze"(%expert1, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %second1 = onnx.node "Unsqueeze"(%all1, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %pairs1 = onnx.node "Concat"(%first1, %second1) version 20 {axis = -1 : i64} : (tensor<1x?x1xi64>, tensor<1x?x1xi64>) -> tensor<1x?x2xi64>
  %laid1 = onnx.node "Unsqueeze"(%out1, %front) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %pairs1, %laid1) version 20 {} : (tensor<2x?x4xf32>, tensor<1x?x2xi64>, tensor<1x?x4xf32>) -> tensor<2x?x4xf32>
  %result = onnx.node "ReduceSum"(%y1, %axis) version 20 {keepdims = 0 : i64} : (tensor<2x?x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %result : tensor<?x4xf32>
}

// ... by a product of three dimensions.
// CHECK-LABEL: @product(
// CHECK-NOT: onnx.node "Mul"
// CHECK: %[[ROWS0:.*]] = onnx.node "GatherND"(%arg0,
// CHECK: %[[OUT0:.*]] = onnx.node "MatMul"(%[[ROWS0]], %arg1)
// CHECK: %[[ZERO:.*]] = onnx.node "ConstantOfShape"
// CHECK: %[[Y0:.*]] = onnx.node "ScatterND"(%[[ZERO]], %{{.*}}, %[[OUT0]]){{.*}} {reduction = "add"}
// CHECK: %[[ROWS1:.*]] = onnx.node "GatherND"(%arg0,
// CHECK: %[[OUT1:.*]] = onnx.node "MatMul"(%[[ROWS1]], %arg1)
// CHECK: %[[Y1:.*]] = onnx.node "ScatterND"(%[[Y0]], %{{.*}}, %[[OUT1]]){{.*}} {reduction = "add"}
// CHECK-NOT: onnx.node "ReduceSum"
// CHECK: return %[[Y1]]
func.func @product(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 0 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<1x1xi64>
  %c1 = onnx.constant dense<1> : tensor<1x1xi64>
  %back = onnx.constant dense<-1> : tensor<1xi64>
  %front = onnx.constant dense<0> : tensor<1xi64>
  %axis = onnx.constant dense<0> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %mask = onnx.node "Greater"(%logits, %zero) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %number = onnx.node "Cast"(%mask) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %turned = onnx.node "Transpose"(%number) version 20 {perm = array<i64: 1, 0>} : (tensor<?x2xf32>) -> tensor<2x?xf32>
  %column = onnx.node "Unsqueeze"(%turned, %back) version 20 {} : (tensor<2x?xf32>, tensor<1xi64>) -> tensor<2x?x1xf32>
  %whole = onnx.node "Unsqueeze"(%x, %front) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %copies = onnx.node "Mul"(%whole, %column) version 20 {} : (tensor<1x?x4xf32>, tensor<2x?x1xf32>) -> tensor<2x?x4xf32>
  %chosen0 = onnx.node "Gather"(%mask, %i0) version 20 {axis = 1 : i64} : (tensor<?x2xi1>, tensor<i64>) -> tensor<?xi1>
  %list0 = onnx.node "NonZero"(%chosen0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%list0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %copy0 = onnx.node "Gather"(%copies, %i0) version 20 {axis = 0 : i64} : (tensor<2x?x4xf32>, tensor<i64>) -> tensor<?x4xf32>
  %rows0 = onnx.node "GatherND"(%copy0, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %out0 = onnx.node "MatMul"(%rows0, %m) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %sum0 = onnx.node "Add"(%c0, %list0) version 20 {} : (tensor<1x1xi64>, tensor<1x?xi64>) -> tensor<1x?xi64>
  %sizes0 = onnx.node "Shape"(%sum0) version 20 {} : (tensor<1x?xi64>) -> tensor<2xi64>
  %expert0 = onnx.node "Expand"(%c0, %sizes0) version 20 {} : (tensor<1x1xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %all0 = onnx.node "Expand"(%list0, %sizes0) version 20 {} : (tensor<1x?xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %first0 = onnx.node "Unsqueeze"(%expert0, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %second0 = onnx.node "Unsqueeze"(%all0, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %pairs0 = onnx.node "Concat"(%first0, %second0) version 20 {axis = -1 : i64} : (tensor<1x?x1xi64>, tensor<1x?x1xi64>) -> tensor<1x?x2xi64>
  %laid0 = onnx.node "Unsqueeze"(%out0, %front) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %y0 = onnx.node "ScatterND"(%copies, %pairs0, %laid0) version 20 {} : (tensor<2x?x4xf32>, tensor<1x?x2xi64>, tensor<1x?x4xf32>) -> tensor<2x?x4xf32>
  %chosen1 = onnx.node "Gather"(%mask, %i1) version 20 {axis = 1 : i64} : (tensor<?x2xi1>, tensor<i64>) -> tensor<?xi1>
  %list1 = onnx.node "NonZero"(%chosen1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%list1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %copy1 = onnx.node "Gather"(%y0, %i1) version 20 {axis = 0 : i64} : (tensor<2x?x4xf32>, tensor<i64>) -> tensor<?x4xf32>
  %rows1 = onnx.node "GatherND"(%copy1, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %out1 = onnx.node "MatMul"(%rows1, %m) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %sum1 = onnx.node "Add"(%c1, %list1) version 20 {} : (tensor<1x1xi64>, tensor<1x?xi64>) -> tensor<1x?xi64>
  %sizes1 = onnx.node "Shape"(%sum1) version 20 {} : (tensor<1x?xi64>) -> tensor<2xi64>
  %expert1 = onnx.node "Expand"(%c1, %sizes1) version 20 {} : (tensor<1x1xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %all1 = onnx.node "Expand"(%list1, %sizes1) version 20 {} : (tensor<1x?xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %first1 = onnx.node "Unsqueeze"(%expert1, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %second1 = onnx.node "Unsqueeze"(%all1, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %pairs1 = onnx.node "Concat"(%first1, %second1) version 20 {axis = -1 : i64} : (tensor<1x?x1xi64>, tensor<1x?x1xi64>) -> tensor<1x?x2xi64>
  %laid1 = onnx.node "Unsqueeze"(%out1, %front) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %pairs1, %laid1) version 20 {} : (tensor<2x?x4xf32>, tensor<1x?x2xi64>, tensor<1x?x4xf32>) -> tensor<2x?x4xf32>
  %result = onnx.node "ReduceSum"(%y1, %axis) version 20 {keepdims = 0 : i64} : (tensor<2x?x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %result : tensor<?x4xf32>
}

// Experts write in any order.
// CHECK-LABEL: @reversed(
// CHECK-NOT: onnx.node "Einsum"
// CHECK: %[[ROWS0:.*]] = onnx.node "GatherND"(%arg0,
// CHECK: %[[OUT0:.*]] = onnx.node "MatMul"(%[[ROWS0]], %arg1)
// CHECK: %[[ZERO:.*]] = onnx.node "ConstantOfShape"
// CHECK: %[[Y0:.*]] = onnx.node "ScatterND"(%[[ZERO]], %{{.*}}, %[[OUT0]]){{.*}} {reduction = "add"}
// CHECK: %[[ROWS1:.*]] = onnx.node "GatherND"(%arg0,
// CHECK: %[[OUT1:.*]] = onnx.node "MatMul"(%[[ROWS1]], %arg1)
// CHECK: %[[Y1:.*]] = onnx.node "ScatterND"(%[[Y0]], %{{.*}}, %[[OUT1]]){{.*}} {reduction = "add"}
// CHECK-NOT: onnx.node "ReduceSum"
// CHECK: return %[[Y1]]
func.func @reversed(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 0 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<1x1xi64>
  %c1 = onnx.constant dense<1> : tensor<1x1xi64>
  %back = onnx.constant dense<-1> : tensor<1xi64>
  %front = onnx.constant dense<0> : tensor<1xi64>
  %axis = onnx.constant dense<0> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %mask = onnx.node "Greater"(%logits, %zero) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %number = onnx.node "Cast"(%mask) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %copies = onnx.node "Einsum"(%x, %number) version 20 {equation = "tc,te->etc"} : (tensor<?x4xf32>, tensor<?x2xf32>) -> tensor<2x?x4xf32>
  %chosen0 = onnx.node "Gather"(%mask, %i1) version 20 {axis = 1 : i64} : (tensor<?x2xi1>, tensor<i64>) -> tensor<?xi1>
  %list0 = onnx.node "NonZero"(%chosen0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%list0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %copy0 = onnx.node "Gather"(%copies, %i1) version 20 {axis = 0 : i64} : (tensor<2x?x4xf32>, tensor<i64>) -> tensor<?x4xf32>
  %rows0 = onnx.node "GatherND"(%copy0, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %out0 = onnx.node "MatMul"(%rows0, %m) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %sum0 = onnx.node "Add"(%c1, %list0) version 20 {} : (tensor<1x1xi64>, tensor<1x?xi64>) -> tensor<1x?xi64>
  %sizes0 = onnx.node "Shape"(%sum0) version 20 {} : (tensor<1x?xi64>) -> tensor<2xi64>
  %expert0 = onnx.node "Expand"(%c1, %sizes0) version 20 {} : (tensor<1x1xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %all0 = onnx.node "Expand"(%list0, %sizes0) version 20 {} : (tensor<1x?xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %first0 = onnx.node "Unsqueeze"(%expert0, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %second0 = onnx.node "Unsqueeze"(%all0, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %pairs0 = onnx.node "Concat"(%first0, %second0) version 20 {axis = -1 : i64} : (tensor<1x?x1xi64>, tensor<1x?x1xi64>) -> tensor<1x?x2xi64>
  %laid0 = onnx.node "Unsqueeze"(%out0, %front) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %y0 = onnx.node "ScatterND"(%copies, %pairs0, %laid0) version 20 {} : (tensor<2x?x4xf32>, tensor<1x?x2xi64>, tensor<1x?x4xf32>) -> tensor<2x?x4xf32>
  %chosen1 = onnx.node "Gather"(%mask, %i0) version 20 {axis = 1 : i64} : (tensor<?x2xi1>, tensor<i64>) -> tensor<?xi1>
  %list1 = onnx.node "NonZero"(%chosen1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%list1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %copy1 = onnx.node "Gather"(%y0, %i0) version 20 {axis = 0 : i64} : (tensor<2x?x4xf32>, tensor<i64>) -> tensor<?x4xf32>
  %rows1 = onnx.node "GatherND"(%copy1, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %out1 = onnx.node "MatMul"(%rows1, %m) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %sum1 = onnx.node "Add"(%c0, %list1) version 20 {} : (tensor<1x1xi64>, tensor<1x?xi64>) -> tensor<1x?xi64>
  %sizes1 = onnx.node "Shape"(%sum1) version 20 {} : (tensor<1x?xi64>) -> tensor<2xi64>
  %expert1 = onnx.node "Expand"(%c0, %sizes1) version 20 {} : (tensor<1x1xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %all1 = onnx.node "Expand"(%list1, %sizes1) version 20 {} : (tensor<1x?xi64>, tensor<2xi64>) -> tensor<1x?xi64>
  %first1 = onnx.node "Unsqueeze"(%expert1, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %second1 = onnx.node "Unsqueeze"(%all1, %back) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<1x?x1xi64>
  %pairs1 = onnx.node "Concat"(%first1, %second1) version 20 {axis = -1 : i64} : (tensor<1x?x1xi64>, tensor<1x?x1xi64>) -> tensor<1x?x2xi64>
  %laid1 = onnx.node "Unsqueeze"(%out1, %front) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>) -> tensor<1x?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %pairs1, %laid1) version 20 {} : (tensor<2x?x4xf32>, tensor<1x?x2xi64>, tensor<1x?x4xf32>) -> tensor<2x?x4xf32>
  %result = onnx.node "ReduceSum"(%y1, %axis) version 20 {keepdims = 0 : i64} : (tensor<2x?x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %result : tensor<?x4xf32>
}
