// RUN: moe-opt %s --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s

// A choice by score that no pattern knows is told, so that nobody has to guess why a layer stays dense.

// CHECK: not raised: node '/moe/TopK' (TopK) chooses by score, but no pattern knows what follows from the choice
func.func @loop(%x: tensor<?x2xf32>) -> tensor<?x1xi64> {
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%x, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  return %ids : tensor<?x1xi64>
}
