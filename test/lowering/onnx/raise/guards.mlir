// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// An expert that is skipped where nobody chose it: the branch that skips gives what the other gives of no rows.

// `if rows.shape[0] > 0`.
// CHECK: @number(
// CHECK: onnx.node "MatMul"
// CHECK-NOT: onnx.
// CHECK: moe.combine
// CHECK-NOT: onnx.
// CHECK: return
func.func @number(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<3x2xf32>, tensor<1xi64>) -> (tensor<3x1xf32>, tensor<3x1xi64>)
  %y0 = moe.weight [#moe.piece<dense<0.0> : tensor<3x4xf32> at 0 shape [3, 4] strides [4, 1]>] : tensor<3x4xf32>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %zero) version 20 {axis = 1 : i64} : (tensor<3x1xi64>, tensor<i64>) -> tensor<3xi64>
  %mask0 = onnx.node "Equal"(%slot, %zero) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list0 = onnx.node "Reshape"(%nz0, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %mask1 = onnx.node "Equal"(%slot, %one) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list1 = onnx.node "Reshape"(%nz1, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %shape0 = onnx.node "Shape"(%list0) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
  %n0 = onnx.node "Gather"(%shape0, %zero) version 13 {axis = 0 : i64} : (tensor<1xi64>, tensor<i64>) -> tensor<i64>
  %ask0 = onnx.node "Greater"(%n0, %zero) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %y1 = onnx.node "If"(%ask0) version 16 {} subgraphs ["then_branch", "else_branch"] {
    %at = onnx.node "Unsqueeze"(%list0, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list0) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list0) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y0, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  }, {
    onnx.return %y0 : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  %shape1 = onnx.node "Shape"(%list1) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
  %n1 = onnx.node "Gather"(%shape1, %zero) version 13 {axis = 0 : i64} : (tensor<1xi64>, tensor<i64>) -> tensor<i64>
  %ask1 = onnx.node "Greater"(%n1, %zero) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %y2 = onnx.node "If"(%ask1) version 16 {} subgraphs ["then_branch", "else_branch"] {
    %at = onnx.node "Unsqueeze"(%list1, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list1) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list1) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y1, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  }, {
    onnx.return %y1 : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  return %y2 : tensor<3x4xf32>
}

// -----

// `if rows.shape[0] == 0: continue`.
// CHECK: @equal(
// CHECK: onnx.node "MatMul"
// CHECK-NOT: onnx.
// CHECK: moe.combine
// CHECK-NOT: onnx.
// CHECK: return
func.func @equal(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<3x2xf32>, tensor<1xi64>) -> (tensor<3x1xf32>, tensor<3x1xi64>)
  %y0 = moe.weight [#moe.piece<dense<0.0> : tensor<3x4xf32> at 0 shape [3, 4] strides [4, 1]>] : tensor<3x4xf32>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %zero) version 20 {axis = 1 : i64} : (tensor<3x1xi64>, tensor<i64>) -> tensor<3xi64>
  %mask0 = onnx.node "Equal"(%slot, %zero) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list0 = onnx.node "Reshape"(%nz0, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %mask1 = onnx.node "Equal"(%slot, %one) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list1 = onnx.node "Reshape"(%nz1, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %shape0 = onnx.node "Shape"(%list0) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
  %n0 = onnx.node "Gather"(%shape0, %zero) version 13 {axis = 0 : i64} : (tensor<1xi64>, tensor<i64>) -> tensor<i64>
  %ask0 = onnx.node "Equal"(%n0, %zero) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %y1 = onnx.node "If"(%ask0) version 16 {} subgraphs ["then_branch", "else_branch"] {
    onnx.return %y0 : tensor<3x4xf32>
  }, {
    %at = onnx.node "Unsqueeze"(%list0, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list0) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list0) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y0, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  %shape1 = onnx.node "Shape"(%list1) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
  %n1 = onnx.node "Gather"(%shape1, %zero) version 13 {axis = 0 : i64} : (tensor<1xi64>, tensor<i64>) -> tensor<i64>
  %ask1 = onnx.node "Equal"(%n1, %zero) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %y2 = onnx.node "If"(%ask1) version 16 {} subgraphs ["then_branch", "else_branch"] {
    onnx.return %y1 : tensor<3x4xf32>
  }, {
    %at = onnx.node "Unsqueeze"(%list1, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list1) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list1) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y1, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  return %y2 : tensor<3x4xf32>
}

// -----

// `if not rows.numel() < 1`.
// CHECK: @size(
// CHECK: onnx.node "MatMul"
// CHECK-NOT: onnx.
// CHECK: moe.combine
// CHECK-NOT: onnx.
// CHECK: return
func.func @size(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<3x2xf32>, tensor<1xi64>) -> (tensor<3x1xf32>, tensor<3x1xi64>)
  %y0 = moe.weight [#moe.piece<dense<0.0> : tensor<3x4xf32> at 0 shape [3, 4] strides [4, 1]>] : tensor<3x4xf32>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %zero) version 20 {axis = 1 : i64} : (tensor<3x1xi64>, tensor<i64>) -> tensor<3xi64>
  %mask0 = onnx.node "Equal"(%slot, %zero) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list0 = onnx.node "Reshape"(%nz0, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %mask1 = onnx.node "Equal"(%slot, %one) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list1 = onnx.node "Reshape"(%nz1, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %n0 = onnx.node "Size"(%nz0) version 13 {} : (tensor<1x?xi64>) -> tensor<i64>
  %less0 = onnx.node "Less"(%n0, %one) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %ask0 = onnx.node "Not"(%less0) version 1 {} : (tensor<i1>) -> tensor<i1>
  %y1 = onnx.node "If"(%ask0) version 16 {} subgraphs ["then_branch", "else_branch"] {
    %at = onnx.node "Unsqueeze"(%list0, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list0) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list0) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y0, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  }, {
    onnx.return %y0 : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  %n1 = onnx.node "Size"(%nz1) version 13 {} : (tensor<1x?xi64>) -> tensor<i64>
  %less1 = onnx.node "Less"(%n1, %one) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %ask1 = onnx.node "Not"(%less1) version 1 {} : (tensor<i1>) -> tensor<i1>
  %y2 = onnx.node "If"(%ask1) version 16 {} subgraphs ["then_branch", "else_branch"] {
    %at = onnx.node "Unsqueeze"(%list1, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list1) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list1) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y1, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  }, {
    onnx.return %y1 : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  return %y2 : tensor<3x4xf32>
}

// -----

// `if mask.any()`.
// CHECK: @any(
// CHECK: onnx.node "MatMul"
// CHECK-NOT: onnx.
// CHECK: moe.combine
// CHECK-NOT: onnx.
// CHECK: return
func.func @any(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<3x2xf32>, tensor<1xi64>) -> (tensor<3x1xf32>, tensor<3x1xi64>)
  %y0 = moe.weight [#moe.piece<dense<0.0> : tensor<3x4xf32> at 0 shape [3, 4] strides [4, 1]>] : tensor<3x4xf32>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %zero) version 20 {axis = 1 : i64} : (tensor<3x1xi64>, tensor<i64>) -> tensor<3xi64>
  %mask0 = onnx.node "Equal"(%slot, %zero) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list0 = onnx.node "Reshape"(%nz0, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %mask1 = onnx.node "Equal"(%slot, %one) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list1 = onnx.node "Reshape"(%nz1, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %number0 = onnx.node "Cast"(%mask0) version 13 {to = 6 : i64} : (tensor<3xi1>) -> tensor<3xi32>
  %most0 = onnx.node "ReduceMax"(%number0) version 18 {keepdims = 0 : i64} : (tensor<3xi32>) -> tensor<i32>
  %ask0 = onnx.node "Cast"(%most0) version 13 {to = 9 : i64} : (tensor<i32>) -> tensor<i1>
  %y1 = onnx.node "If"(%ask0) version 16 {} subgraphs ["then_branch", "else_branch"] {
    %at = onnx.node "Unsqueeze"(%list0, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list0) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list0) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y0, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  }, {
    onnx.return %y0 : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  %number1 = onnx.node "Cast"(%mask1) version 13 {to = 6 : i64} : (tensor<3xi1>) -> tensor<3xi32>
  %most1 = onnx.node "ReduceMax"(%number1) version 18 {keepdims = 0 : i64} : (tensor<3xi32>) -> tensor<i32>
  %ask1 = onnx.node "Cast"(%most1) version 13 {to = 9 : i64} : (tensor<i32>) -> tensor<i1>
  %y2 = onnx.node "If"(%ask1) version 16 {} subgraphs ["then_branch", "else_branch"] {
    %at = onnx.node "Unsqueeze"(%list1, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list1) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list1) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y1, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  }, {
    onnx.return %y1 : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  return %y2 : tensor<3x4xf32>
}

// -----

// Experts that run only where nobody chose them do nothing.
// CHECK: @never(
// CHECK: %[[ZEROS:.*]] = moe.weight [#moe.piece<dense<0.0
// CHECK-NOT: onnx.
// CHECK: return %[[ZEROS]]
func.func @never(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<3x2xf32>, tensor<1xi64>) -> (tensor<3x1xf32>, tensor<3x1xi64>)
  %y0 = moe.weight [#moe.piece<dense<0.0> : tensor<3x4xf32> at 0 shape [3, 4] strides [4, 1]>] : tensor<3x4xf32>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %zero) version 20 {axis = 1 : i64} : (tensor<3x1xi64>, tensor<i64>) -> tensor<3xi64>
  %mask0 = onnx.node "Equal"(%slot, %zero) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list0 = onnx.node "Reshape"(%nz0, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %mask1 = onnx.node "Equal"(%slot, %one) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %list1 = onnx.node "Reshape"(%nz1, %all) version 20 {} : (tensor<1x?xi64>, tensor<1xi64>) -> tensor<?xi64>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %shape0 = onnx.node "Shape"(%list0) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
  %n0 = onnx.node "Gather"(%shape0, %zero) version 13 {axis = 0 : i64} : (tensor<1xi64>, tensor<i64>) -> tensor<i64>
  %ask0 = onnx.node "Greater"(%n0, %zero) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %y1 = onnx.node "If"(%ask0) version 16 {} subgraphs ["then_branch", "else_branch"] {
    onnx.return %y0 : tensor<3x4xf32>
  }, {
    %at = onnx.node "Unsqueeze"(%list0, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list0) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list0) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y0, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  %shape1 = onnx.node "Shape"(%list1) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
  %n1 = onnx.node "Gather"(%shape1, %zero) version 13 {axis = 0 : i64} : (tensor<1xi64>, tensor<i64>) -> tensor<i64>
  %ask1 = onnx.node "Greater"(%n1, %zero) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
  %y2 = onnx.node "If"(%ask1) version 16 {} subgraphs ["then_branch", "else_branch"] {
    onnx.return %y1 : tensor<3x4xf32>
  }, {
    %at = onnx.node "Unsqueeze"(%list1, %all) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
    %rows = onnx.node "Gather"(%x, %list1) version 20 {axis = 0 : i64} : (tensor<3x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
    %h = onnx.node "MatMul"(%rows, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
    %w = onnx.node "Gather"(%values, %list1) version 20 {axis = 0 : i64} : (tensor<3x1xf32>, tensor<?xi64>) -> tensor<?x1xf32>
    %p = onnx.node "Mul"(%h, %w) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
    %sum = onnx.node "ScatterND"(%y1, %at, %p) version 20 {reduction = "add"} : (tensor<3x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<3x4xf32>
    onnx.return %sum : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  return %y2 : tensor<3x4xf32>
}
