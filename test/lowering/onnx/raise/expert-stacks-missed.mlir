// RUN: moe-opt %s --moe-raise | FileCheck %s

// Copies of the tokens that are no accumulators of an expert each: the graph stays as it is.

// The copies hold rows that another mask chooses: those are not all written over.
// CHECK-LABEL: @other_start(
// CHECK-NOT: reduction = "add"
// CHECK: onnx.node "ReduceSum"
func.func @other_start(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
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
  %other = onnx.node "Greater"(%logits, %one) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %number = onnx.node "Cast"(%other) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
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

// One expert takes its rows from another mask.
// CHECK-LABEL: @other_rows(
// CHECK-NOT: reduction = "add"
// CHECK: onnx.node "ReduceSum"
func.func @other_rows(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
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
  %other = onnx.node "Greater"(%logits, %one) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
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
  %chosen1 = onnx.node "Gather"(%other, %i1) version 20 {axis = 1 : i64} : (tensor<?x2xi1>, tensor<i64>) -> tensor<?xi1>
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

// The sum is over the tokens.
// CHECK-LABEL: @tokens(
// CHECK-NOT: reduction = "add"
// CHECK: onnx.node "ReduceSum"
func.func @tokens(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<2x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 0 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %one = onnx.constant dense<1.0> : tensor<f32>
  %i0 = onnx.constant dense<0> : tensor<i64>
  %i1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<1x1xi64>
  %c1 = onnx.constant dense<1> : tensor<1x1xi64>
  %back = onnx.constant dense<-1> : tensor<1xi64>
  %front = onnx.constant dense<0> : tensor<1xi64>
  %axis = onnx.constant dense<1> : tensor<1xi64>
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
  %result = onnx.node "ReduceSum"(%y1, %axis) version 20 {keepdims = 0 : i64} : (tensor<2x?x4xf32>, tensor<1xi64>) -> tensor<2x4xf32>
  return %result : tensor<2x4xf32>
}

// One copy is never written over: its tokens stay.
// CHECK-LABEL: @missing(
// CHECK-NOT: reduction = "add"
// CHECK: onnx.node "ReduceSum"
func.func @missing(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
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
  %result = onnx.node "ReduceSum"(%y0, %axis) version 20 {keepdims = 0 : i64} : (tensor<2x?x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %result : tensor<?x4xf32>
}

// An expert's rows go to the copy of another one.
// CHECK-LABEL: @other_place(
// CHECK-NOT: reduction = "add"
// CHECK: onnx.node "ReduceSum"
func.func @other_place(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
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

// An expert reads the list of another one.
// CHECK-LABEL: @other_list(
// CHECK-NOT: reduction = "add"
// CHECK: onnx.node "ReduceSum"
func.func @other_list(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
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
  %chosen1 = onnx.node "Gather"(%mask, %i0) version 20 {axis = 1 : i64} : (tensor<?x2xi1>, tensor<i64>) -> tensor<?xi1>
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

// An expert reads the copy that was written over before.
// CHECK-LABEL: @read_again(
// CHECK-NOT: reduction = "add"
// CHECK: onnx.node "ReduceSum"
func.func @read_again(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
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
  %copy1 = onnx.node "Gather"(%y0, %i0) version 20 {axis = 0 : i64} : (tensor<2x?x4xf32>, tensor<i64>) -> tensor<?x4xf32>
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

// Rows are added to the copies, not written over them.
// CHECK-LABEL: @adds(
// CHECK: onnx.node "ScatterND"(%{{.*}}) version 20 {reduction = "add"} : (tensor<2x?x4xf32>
// CHECK: onnx.node "ReduceSum"
func.func @adds(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
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
  %y0 = onnx.node "ScatterND"(%copies, %pairs0, %laid0) version 20 {reduction = "add"} : (tensor<2x?x4xf32>, tensor<1x?x2xi64>, tensor<1x?x4xf32>) -> tensor<2x?x4xf32>
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
  %y1 = onnx.node "ScatterND"(%y0, %pairs1, %laid1) version 20 {reduction = "add"} : (tensor<2x?x4xf32>, tensor<1x?x2xi64>, tensor<1x?x4xf32>) -> tensor<2x?x4xf32>
  %result = onnx.node "ReduceSum"(%y1, %axis) version 20 {keepdims = 0 : i64} : (tensor<2x?x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %result : tensor<?x4xf32>
}

// Nobody knows how often the list is repeated.
// CHECK-LABEL: @repeated(
// CHECK-NOT: reduction = "add"
// CHECK: onnx.node "ReduceSum"
func.func @repeated(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> tensor<?x4xf32> {
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
  %sizes0 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
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
  %sizes1 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
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

// Somebody else looks at the copies.
// CHECK-LABEL: @seen(
// CHECK-NOT: reduction = "add"
// CHECK: onnx.node "ReduceSum"
func.func @seen(%x: tensor<?x4xf32>, %m: tensor<4x4xf32>) -> (tensor<?x4xf32>, tensor<2x?x4xf32>) {
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
  return %result, %y0 : tensor<?x4xf32>, tensor<2x?x4xf32>
}
