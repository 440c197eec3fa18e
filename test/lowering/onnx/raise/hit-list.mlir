// RUN: moe-opt %s --moe-raise --split-input-file -o /dev/null 2>&1 | FileCheck %s --implicit-check-not=warning:

// A loop over the experts that the example input hit, written down as two rounds.

// CHECK: warning: node '/moe/Split' (Split): splits a list whose length depends on the data into 2 parts
func.func @frozen(%hits: tensor<8xi1>) -> (tensor<1x1xi64>, tensor<1x1xi64>) {
  %list = onnx.node "NonZero"(%hits) version 17 {} : (tensor<8xi1>) -> tensor<1x?xi64>
  %column = onnx.node "Transpose"(%list) version 17 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %sizes = onnx.constant dense<1> : tensor<2xi64>
  %parts:2 = onnx.node "Split"(%column, %sizes) version 17 name "/moe/Split" {axis = 0 : i64} : (tensor<?x1xi64>, tensor<2xi64>) -> (tensor<1x1xi64>, tensor<1x1xi64>)
  return %parts#0, %parts#1 : tensor<1x1xi64>, tensor<1x1xi64>
}

// -----

// The columns of a list are as many as the mask has dimensions.
func.func @columns(%hits: tensor<8x?xi1>) -> (tensor<?x1xi64>, tensor<?x1xi64>) {
  %list = onnx.node "NonZero"(%hits) version 17 {} : (tensor<8x?xi1>) -> tensor<2x?xi64>
  %columns = onnx.node "Transpose"(%list) version 17 {perm = array<i64: 1, 0>} : (tensor<2x?xi64>) -> tensor<?x2xi64>
  %sizes = onnx.constant dense<1> : tensor<2xi64>
  %parts:2 = onnx.node "Split"(%columns, %sizes) version 17 {axis = 1 : i64} : (tensor<?x2xi64>, tensor<2xi64>) -> (tensor<?x1xi64>, tensor<?x1xi64>)
  return %parts#0, %parts#1 : tensor<?x1xi64>, tensor<?x1xi64>
}
