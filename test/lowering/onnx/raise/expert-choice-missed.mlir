// RUN: moe-opt %s --moe-raise --split-input-file --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --implicit-check-not=moe.expert

// What the experts add has to be their tokens' rows, in their order, weighted by the choice.

// CHECK: not raised: node 'back' (ScatterND) does not add rows at the chosen tokens, to zeros
func.func @start(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = onnx.constant dense<3> : tensor<1xi64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %col = onnx.constant dense<[-1, 1]> : tensor<2xi64>
  %rows2 = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %across = onnx.node "Transpose"(%scores) version 20 {perm = array<i64: 1, 0>} : (tensor<?x2xf32>) -> tensor<2x?xf32>
  %weights, %ids = onnx.node "TopK"(%across, %c) version 20 name "/moe/TopK" {axis = 1 : i64} : (tensor<2x?xf32>, tensor<1xi64>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  %rows = onnx.node "Gather"(%x, %ids) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<2x3xi64>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %last) version 20 {} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x3x1xf32>
  %weighed = onnx.node "Mul"(%out, %w3) version 20 {} : (tensor<2x3x4xf32>, tensor<2x3x1xf32>) -> tensor<2x3x4xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %zero = onnx.constant dense<1.0> : tensor<f32>
  %zeros = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %at = onnx.node "Reshape"(%ids, %col) version 20 {} : (tensor<2x3xi64>, tensor<2xi64>) -> tensor<6x1xi64>
  %add = onnx.node "Reshape"(%weighed, %rows2) version 20 {} : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<6x4xf32>
  %y = onnx.node "ScatterND"(%zeros, %at, %add) version 20 name "back" {reduction = "add"} : (tensor<?x4xf32>, tensor<6x1xi64>, tensor<6x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node 'back' (ScatterND) adds rows that are not multiplied by the scores of their choice
func.func @other_weights(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = onnx.constant dense<3> : tensor<1xi64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %col = onnx.constant dense<[-1, 1]> : tensor<2xi64>
  %rows2 = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %across = onnx.node "Transpose"(%scores) version 20 {perm = array<i64: 1, 0>} : (tensor<?x2xf32>) -> tensor<2x?xf32>
  %weights, %ids = onnx.node "TopK"(%across, %c) version 20 name "/moe/TopK" {axis = 1 : i64} : (tensor<2x?xf32>, tensor<1xi64>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  %rows = onnx.node "Gather"(%x, %ids) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<2x3xi64>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %w2nd, %ids2 = onnx.node "TopK"(%across, %c) version 20 name "/other" {axis = 1 : i64, largest = 0 : i64} : (tensor<2x?xf32>, tensor<1xi64>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  %w3 = onnx.node "Unsqueeze"(%w2nd, %last) version 20 {} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x3x1xf32>
  %weighed = onnx.node "Mul"(%out, %w3) version 20 {} : (tensor<2x3x4xf32>, tensor<2x3x1xf32>) -> tensor<2x3x4xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %zeros = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %at = onnx.node "Reshape"(%ids, %col) version 20 {} : (tensor<2x3xi64>, tensor<2xi64>) -> tensor<6x1xi64>
  %add = onnx.node "Reshape"(%weighed, %rows2) version 20 {} : (tensor<2x3x4xf32>, tensor<2xi64>) -> tensor<6x4xf32>
  %y = onnx.node "ScatterND"(%zeros, %at, %add) version 20 name "back" {reduction = "add"} : (tensor<?x4xf32>, tensor<6x1xi64>, tensor<6x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node 'back' (ScatterND) adds rows in another order than that of the chosen tokens
func.func @other_order(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = onnx.constant dense<3> : tensor<1xi64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %col = onnx.constant dense<[-1, 1]> : tensor<2xi64>
  %rows2 = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %across = onnx.node "Transpose"(%scores) version 20 {perm = array<i64: 1, 0>} : (tensor<?x2xf32>) -> tensor<2x?xf32>
  %weights, %ids = onnx.node "TopK"(%across, %c) version 20 name "/moe/TopK" {axis = 1 : i64} : (tensor<2x?xf32>, tensor<1xi64>) -> (tensor<2x3xf32>, tensor<2x3xi64>)
  %rows = onnx.node "Gather"(%x, %ids) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<2x3xi64>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %last) version 20 {} : (tensor<2x3xf32>, tensor<1xi64>) -> tensor<2x3x1xf32>
  %weighed = onnx.node "Mul"(%out, %w3) version 20 {} : (tensor<2x3x4xf32>, tensor<2x3x1xf32>) -> tensor<2x3x4xf32>
  %turned = onnx.node "Transpose"(%weighed) version 20 {perm = array<i64: 1, 0, 2>} : (tensor<2x3x4xf32>) -> tensor<3x2x4xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %zero = onnx.constant dense<0.0> : tensor<f32>
  %zeros = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %at = onnx.node "Reshape"(%ids, %col) version 20 {} : (tensor<2x3xi64>, tensor<2xi64>) -> tensor<6x1xi64>
  %add = onnx.node "Reshape"(%turned, %rows2) version 20 {} : (tensor<3x2x4xf32>, tensor<2xi64>) -> tensor<6x4xf32>
  %y = onnx.node "ScatterND"(%zeros, %at, %add) version 20 name "back" {reduction = "add"} : (tensor<?x4xf32>, tensor<6x1xi64>, tensor<6x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
