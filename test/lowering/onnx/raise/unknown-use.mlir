// RUN: moe-opt %s --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

// A choice by score that no pattern knows is told, so that nobody has to guess why a layer stays dense.

// CHECK: not raised: node '/moe/TopK' (TopK) chooses by score, but no pattern knows what follows from the choice
func.func @loop(%x: tensor<?x2xf32>) -> tensor<?x1xi1> {
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%x, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %cast = onnx.node "Cast"(%ids) version 20 {to = 6 : i64} : (tensor<?x1xi64>) -> tensor<?x1xi32>
  %expert = onnx.constant dense<1> : tensor<i32>
  %mask = onnx.node "Equal"(%cast, %expert) version 20 {} : (tensor<?x1xi32>, tensor<i32>) -> tensor<?x1xi1>
  return %mask : tensor<?x1xi1>
}

// Sampled tokens leave the model and choose nothing in it.
// CHECK-NOT: '/sample/TopK'
func.func @sampling(%x: tensor<?x2xf32>) -> (tensor<?x1xi64>, tensor<?x1xf32>) {
  %k = onnx.constant dense<1> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%x, %k) version 20 name "/sample/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %p = onnx.node "Softmax"(%values) version 20 {axis = -1 : i64} : (tensor<?x1xf32>) -> tensor<?x1xf32>
  return %ids, %p : tensor<?x1xi64>, tensor<?x1xf32>
}
// CHECK: no MoE layer
