// RUN: moe-opt %s --moe-raise --split-input-file --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --implicit-check-not=moe.expert

// Loops over a mask that are no layer.

// Rows are read at the places of one mask and written to those of another.
// CHECK: not raised: an expert's body holds no product with a weight
func.func @two_masks(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %capacity = onnx.constant dense<3> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %hot = onnx.node "OneHot"(%ids, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place = onnx.node "CumSum"(%hot, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %fits = onnx.node "LessOrEqual"(%place, %capacity) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 7 : i64} : (tensor<?x3xi1>) -> tensor<?x3xi64>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x3xi64>, tensor<?x3xi64>) -> tensor<?x3xi64>
  %mask = onnx.node "Cast"(%kept) version 20 {to = 9 : i64} : (tensor<?x3xi64>) -> tensor<?x3xi1>
  %few = onnx.node "Equal"(%place, %capacity) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi1>
  %chosen = onnx.node "Cast"(%hot) version 20 {to = 9 : i64} : (tensor<?x3xi64>) -> tensor<?x3xi1>
  %other = onnx.node "And"(%few, %chosen) version 20 {} : (tensor<?x3xi1>, tensor<?x3xi1>) -> tensor<?x3xi1>
  %column0 = onnx.node "Gather"(%mask, %first) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%column0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %columnw0 = onnx.node "Gather"(%other, %first) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzerow0 = onnx.node "NonZero"(%columnw0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %atw0 = onnx.node "Transpose"(%nonzerow0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y0 = onnx.node "ScatterND"(%x, %atw0, %h0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column1 = onnx.node "Gather"(%mask, %second) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero1 = onnx.node "NonZero"(%column1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nonzero1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %columnw1 = onnx.node "Gather"(%other, %second) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzerow1 = onnx.node "NonZero"(%columnw1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %atw1 = onnx.node "Transpose"(%nonzerow1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %atw1, %h1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column2 = onnx.node "Gather"(%mask, %third) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero2 = onnx.node "NonZero"(%column2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nonzero2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %columnw2 = onnx.node "Gather"(%other, %third) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzerow2 = onnx.node "NonZero"(%columnw2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %atw2 = onnx.node "Transpose"(%nonzerow2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %atw2, %h2) version 20 name "/moe/ScatterND_2" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y2, %best) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// A token of two experts is written over, not added to.
// CHECK: not raised: node '/moe/ScatterND_0' (ScatterND) overwrites tokens without adding to what they hold
func.func @two_overwrite(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %capacity = onnx.constant dense<3> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %hot = onnx.node "OneHot"(%ids, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place = onnx.node "CumSum"(%hot, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %nothing = onnx.constant dense<0.0> : tensor<f32>
  %lowest = onnx.constant dense<0xFF800000> : tensor<f32>
  %isbest = onnx.node "Cast"(%hot) version 20 {to = 9 : i64} : (tensor<?x3xi64>) -> tensor<?x3xi1>
  %rest = onnx.node "Where"(%isbest, %lowest, %logits) version 20 {} : (tensor<?x3xi1>, tensor<f32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids2 = onnx.node "ArgMax"(%rest) version 20 name "/moe/ArgMax_1" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %hot2 = onnx.node "OneHot"(%ids2, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place2 = onnx.node "CumSum"(%hot2, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %fits = onnx.node "LessOrEqual"(%place, %capacity) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi1>
  %fits2 = onnx.node "LessOrEqual"(%place2, %capacity) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi1>
  %gates1 = onnx.node "Where"(%fits, %scores, %nothing) version 20 {} : (tensor<?x3xi1>, tensor<?x3xf32>, tensor<f32>) -> tensor<?x3xf32>
  %gates2 = onnx.node "Where"(%fits2, %scores, %nothing) version 20 {} : (tensor<?x3xi1>, tensor<?x3xf32>, tensor<f32>) -> tensor<?x3xf32>
  %hotf = onnx.node "Cast"(%hot) version 20 {to = 1 : i64} : (tensor<?x3xi64>) -> tensor<?x3xf32>
  %hotf2 = onnx.node "Cast"(%hot2) version 20 {to = 1 : i64} : (tensor<?x3xi64>) -> tensor<?x3xf32>
  %left = onnx.node "Mul"(%hotf, %gates1) version 20 {} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %right = onnx.node "Mul"(%hotf2, %gates2) version 20 {} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %dense = onnx.node "Add"(%left, %right) version 20 {} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %mask = onnx.node "Cast"(%dense) version 20 {to = 9 : i64} : (tensor<?x3xf32>) -> tensor<?x3xi1>
  %column0 = onnx.node "Gather"(%mask, %first) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%column0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y0 = onnx.node "ScatterND"(%x, %at0, %h0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column1 = onnx.node "Gather"(%mask, %second) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero1 = onnx.node "NonZero"(%column1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nonzero1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at1, %h1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column2 = onnx.node "Gather"(%mask, %third) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero2 = onnx.node "NonZero"(%column2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nonzero2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at2, %h2) version 20 name "/moe/ScatterND_2" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y2, %best) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// What is written over has other rows than the tokens.
// CHECK: not raised: node '/moe/ArgMax' (ArgMax) has an accumulator that is not known to have the same tokens
func.func @other_start(%x: tensor<?x4xf32>, %start: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %capacity = onnx.constant dense<3> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %hot = onnx.node "OneHot"(%ids, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place = onnx.node "CumSum"(%hot, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %fits = onnx.node "LessOrEqual"(%place, %capacity) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 7 : i64} : (tensor<?x3xi1>) -> tensor<?x3xi64>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x3xi64>, tensor<?x3xi64>) -> tensor<?x3xi64>
  %mask = onnx.node "Cast"(%kept) version 20 {to = 9 : i64} : (tensor<?x3xi64>) -> tensor<?x3xi1>
  %column0 = onnx.node "Gather"(%mask, %first) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%column0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y0 = onnx.node "ScatterND"(%start, %at0, %h0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column1 = onnx.node "Gather"(%mask, %second) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero1 = onnx.node "NonZero"(%column1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nonzero1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at1, %h1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column2 = onnx.node "Gather"(%mask, %third) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero2 = onnx.node "NonZero"(%column2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nonzero2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at2, %h2) version 20 name "/moe/ScatterND_2" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y2, %best) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// An open mask leaves an expert out: it may do so on purpose.
// CHECK: not raised: node '/moe/ArgMax' (ArgMax) has experts missing: expert 1 of 3 never appears; expert 2 of 3 never appears
func.func @one_expert(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %capacity = onnx.constant dense<3> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %hot = onnx.node "OneHot"(%ids, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place = onnx.node "CumSum"(%hot, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %half = onnx.constant dense<0.4> : tensor<f32>
  %some = onnx.node "Greater"(%scores, %half) version 20 {} : (tensor<?x3xf32>, tensor<f32>) -> tensor<?x3xi1>
  %chosen = onnx.node "Cast"(%hot) version 20 {to = 9 : i64} : (tensor<?x3xi64>) -> tensor<?x3xi1>
  %mask = onnx.node "Or"(%some, %chosen) version 20 {} : (tensor<?x3xi1>, tensor<?x3xi1>) -> tensor<?x3xi1>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %none = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %column0 = onnx.node "Gather"(%mask, %first) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%column0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p0 = onnx.node "Gather"(%scores, %first) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q0 = onnx.node "GatherND"(%p0, %at0) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r0 = onnx.node "Unsqueeze"(%q0, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s0 = onnx.node "Mul"(%h0, %r0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y0 = onnx.node "ScatterND"(%none, %at0, %s0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y0, %best) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
