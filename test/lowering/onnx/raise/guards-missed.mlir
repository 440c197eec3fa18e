// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// Near misses: branches that differ where nobody chose, or questions that are about something else. All stay as they are.

// A single row is skipped too.
// CHECK: @two(
// CHECK-NOT: moe.dispatch
// CHECK: onnx.node "If"
// CHECK: %[[Y:.*]] = onnx.node "If"
// CHECK-NOT: moe.dispatch
// CHECK: return %[[Y]]
func.func @two(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
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
  %ask0 = onnx.node "Greater"(%n0, %one) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
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
  %ask1 = onnx.node "Greater"(%n1, %one) version 13 {} : (tensor<i64>, tensor<i64>) -> tensor<i1>
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

// Asks about another expert.
// CHECK: @other(
// CHECK-NOT: moe.dispatch
// CHECK: onnx.node "If"
// CHECK: %[[Y:.*]] = onnx.node "If"
// CHECK-NOT: moe.dispatch
// CHECK: return %[[Y]]
func.func @other(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
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
  %shape0 = onnx.node "Shape"(%list1) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
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
  %shape1 = onnx.node "Shape"(%list0) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
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

// The list without its first entry may be empty where somebody chose.
// CHECK: @cut(
// CHECK-NOT: moe.dispatch
// CHECK: onnx.node "If"
// CHECK: %[[Y:.*]] = onnx.node "If"
// CHECK-NOT: moe.dispatch
// CHECK: return %[[Y]]
func.func @cut(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
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
  %end0 = onnx.constant dense<9> : tensor<1xi64>
  %rest0 = onnx.node "Slice"(%list0, %k, %end0) version 13 {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %shape0 = onnx.node "Shape"(%rest0) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
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
  %end1 = onnx.constant dense<9> : tensor<1xi64>
  %rest1 = onnx.node "Slice"(%list1, %k, %end1) version 13 {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %shape1 = onnx.node "Shape"(%rest1) version 15 {} : (tensor<?xi64>) -> tensor<1xi64>
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

// Skips the experts before, too.
// CHECK: @reset(
// CHECK-NOT: moe.dispatch
// CHECK: onnx.node "If"
// CHECK: %[[Y:.*]] = onnx.node "If"
// CHECK-NOT: moe.dispatch
// CHECK: return %[[Y]]
func.func @reset(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
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
    %nothing = onnx.constant dense<0.0> : tensor<3x4xf32>
    onnx.return %nothing : tensor<3x4xf32>
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
    %nothing = onnx.constant dense<0.0> : tensor<3x4xf32>
    onnx.return %nothing : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  return %y2 : tensor<3x4xf32>
}

// -----

// Adds something that is not the expert's.
// CHECK: @more(
// CHECK-NOT: moe.dispatch
// CHECK: onnx.node "If"
// CHECK: %[[Y:.*]] = onnx.node "If"
// CHECK-NOT: moe.dispatch
// CHECK: return %[[Y]]
func.func @more(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
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
    %c = onnx.constant dense<1.0> : tensor<f32>
    %plus = onnx.node "Add"(%sum, %c) version 14 {} : (tensor<3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
    onnx.return %plus : tensor<3x4xf32>
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
    %c = onnx.constant dense<1.0> : tensor<f32>
    %plus = onnx.node "Add"(%sum, %c) version 14 {} : (tensor<3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
    onnx.return %plus : tensor<3x4xf32>
  }, {
    onnx.return %y1 : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  return %y2 : tensor<3x4xf32>
}
