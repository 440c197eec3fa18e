// RUN: moe-opt %s --moe-raise --split-input-file --remarks-filter=moe-raise --remark-format=emitRemark -o %t.mlir 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=ENTRY < %t.mlir

// An MLP of the same tokens that is added to a layer is told of; other sums are not taken for one.

// CHECK: raised fused: {{.*}}, body relu, plain shared expert, layer moe_0
// CHECK: raised fused: {{.*}}, body relu, gated shared expert, layer moe_0
// CHECK: raised fused: {{.*}}, body relu, layer moe_0
// CHECK: raised fused: {{.*}}, body relu, layer moe_0
// ENTRY: shared = "plain"
// ENTRY: shared = "gated"
// ENTRY-NOT: shared =

func.func @plain(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>, %before: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %up = moe.weight [#moe.piece<"w" at 20000 shape [4, 5] strides [5, 1]>] : tensor<4x5xf32>
  %down = moe.weight [#moe.piece<"w" at 30000 shape [5, 4] strides [4, 1]>] : tensor<5x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  %h = onnx.node "MatMul"(%x, %up) version 20 {} : (tensor<?x4xf32>, tensor<4x5xf32>) -> tensor<?x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<?x5xf32>) -> tensor<?x5xf32>
  %s = onnx.node "MatMul"(%a, %down) version 20 {} : (tensor<?x5xf32>, tensor<5x4xf32>) -> tensor<?x4xf32>
  %r = onnx.node "Add"(%before, %y) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %z = onnx.node "Add"(%r, %s) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

func.func @gated(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %up = moe.weight [#moe.piece<"w" at 20000 shape [4, 5] strides [5, 1]>] : tensor<4x5xf32>
  %down = moe.weight [#moe.piece<"w" at 30000 shape [5, 4] strides [4, 1]>] : tensor<5x4xf32>
  %one = moe.weight [#moe.piece<"w" at 40000 shape [4, 1] strides [1, 1]>] : tensor<4x1xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  %h = onnx.node "MatMul"(%x, %up) version 20 {} : (tensor<?x4xf32>, tensor<4x5xf32>) -> tensor<?x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<?x5xf32>) -> tensor<?x5xf32>
  %s = onnx.node "MatMul"(%a, %down) version 20 {} : (tensor<?x5xf32>, tensor<5x4xf32>) -> tensor<?x4xf32>
  %l = onnx.node "MatMul"(%x, %one) version 20 {} : (tensor<?x4xf32>, tensor<4x1xf32>) -> tensor<?x1xf32>
  %g = onnx.node "Sigmoid"(%l) version 20 {} : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %p = onnx.node "Mul"(%g, %s) version 20 {} : (tensor<?x1xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %z = onnx.node "Add"(%y, %p) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

func.func @residual(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  %z = onnx.node "Add"(%y, %x) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

func.func @of_other_tokens(%x: tensor<?x4xf32>, %other: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %up = moe.weight [#moe.piece<"w" at 20000 shape [4, 5] strides [5, 1]>] : tensor<4x5xf32>
  %down = moe.weight [#moe.piece<"w" at 30000 shape [5, 4] strides [4, 1]>] : tensor<5x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<?x4xf32>
  %h = onnx.node "MatMul"(%other, %up) version 20 {} : (tensor<?x4xf32>, tensor<4x5xf32>) -> tensor<?x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<?x5xf32>) -> tensor<?x5xf32>
  %s = onnx.node "MatMul"(%a, %down) version 20 {} : (tensor<?x5xf32>, tensor<5x4xf32>) -> tensor<?x4xf32>
  %z = onnx.node "Add"(%y, %s) version 20 {} : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}
