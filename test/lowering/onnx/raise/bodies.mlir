// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// Layers in the bodies of If, Loop and Scan are layers. What a loop repeats is observed with any number of rows.

// CHECK: moe.layers = [{{{.*}}name = "then", node = "then/moe"{{.*}}}, {{{.*}}name = "else", node = "else/moe"{{.*}}}]
// CHECK: @branches(
// CHECK: onnx.node "If"
// CHECK: moe.observe "then" tokens %{{.*}} : tensor<3x4xf32>
// CHECK: moe.observe "else" tokens %{{.*}} : tensor<3x4xf32>
// CHECK-NOT: "MoE"
func.func @branches(%x: tensor<3x4xf32>, %logits: tensor<3x2xf32>, %cached: tensor<i1>) -> tensor<3x4xf32> {
  %none = onnx.none
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %y = onnx.node "If"(%cached) version 16 {} subgraphs ["then_branch", "else_branch"] {
    %a = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "then/moe" {activation_type = "relu", k = 1 : i64} : (tensor<3x4xf32>, tensor<3x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<3x4xf32>
    onnx.return %a : tensor<3x4xf32>
  }, {
    %a = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "else/moe" {activation_type = "silu", k = 2 : i64} : (tensor<3x4xf32>, tensor<3x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<3x4xf32>
    onnx.return %a : tensor<3x4xf32>
  } : (tensor<i1>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

// CHECK: @rounds(
// CHECK: onnx.node "Loop"
// CHECK: ^bb0(%{{.*}}: tensor<i64>, %{{.*}}: tensor<i1>, %[[X:.*]]: tensor<3x4xf32>):
// CHECK: %[[ROWS:.*]] = tensor.cast %[[X]] : tensor<3x4xf32> to tensor<?x4xf32>
// CHECK: %[[LOGITS:.*]] = tensor.cast %{{.*}} : tensor<3x2xf32> to tensor<?x2xf32>
// CHECK: moe.gate %[[LOGITS]]
// CHECK: moe.dispatch %[[ROWS]]
// CHECK: %[[Y:.*]] = moe.combine
// CHECK: moe.observe "moe_0" tokens %[[ROWS]] : tensor<?x4xf32>
// CHECK: %[[OUT:.*]] = tensor.cast %[[Y]] : tensor<?x4xf32> to tensor<3x4xf32>
// CHECK: onnx.return %{{.*}}, %[[OUT]]
func.func @rounds(%x: tensor<3x4xf32>, %steps: tensor<i64>, %on: tensor<i1>) -> tensor<3x4xf32> {
  %none = onnx.none
  %router = moe.weight [#moe.piece<"w" at 0 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %fc1 = moe.weight [#moe.piece<"w" at 1000 shape [2, 6, 4] strides [24, 4, 1]>] : tensor<2x6x4xf32>
  %fc2 = moe.weight [#moe.piece<"w" at 20000 shape [2, 4, 6] strides [24, 6, 1]>] : tensor<2x4x6xf32>
  %y = onnx.node "Loop"(%steps, %on, %x) version 16 {} subgraphs ["body"] {
  ^bb0(%step: tensor<i64>, %goes: tensor<i1>, %now: tensor<3x4xf32>):
    %logits = onnx.node "MatMul"(%now, %router) version 13 {} : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
    %a = onnx.node "MoE"(%now, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 {activation_type = "relu", k = 1 : i64} : (tensor<3x4xf32>, tensor<3x2xf32>, tensor<2x6x4xf32>, none, tensor<2x4x6xf32>) -> tensor<3x4xf32>
    onnx.return %goes, %a : tensor<i1>, tensor<3x4xf32>
  } : (tensor<i64>, tensor<i1>, tensor<3x4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
