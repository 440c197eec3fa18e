// RUN: moe-opt %s --moe-raise --split-input-file | FileCheck %s

// Scores of a choice, scattered as logarithms over a number that softmax leaves nothing of: the operator's own
// softmax and top k are that choice again. Whatever comes close is raw logits, as the operator says.

// CHECK-LABEL: @lfm2
// CHECK-SAME: (%{{.*}}: tensor<?x4xf32>, %[[LOGITS:.*]]: tensor<?x3xf32>)
// CHECK-NOT: onnx.node
// CHECK: moe.gate %[[LOGITS]] bias %{{.*}} <score = sigmoid, k = 2, normalize = true, least_weight = 9.99{{.*}}E-7 : f64>
func.func @lfm2(%x: tensor<?x4xf32>, %logits: tensor<?x3xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %bias = onnx.constant dense<[0.1, -0.2, 0.3]> : tensor<3xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %scores = onnx.node "Sigmoid"(%logits) version 20 {} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %choice = onnx.node "Add"(%scores, %bias) version 20 {} : (tensor<?x3xf32>, tensor<3xf32>) -> tensor<?x3xf32>
  %values, %ids = onnx.node "TopK"(%choice, %k) version 20 {axis = -1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %picked = onnx.node "GatherElements"(%scores, %ids) version 20 {axis = -1 : i64} : (tensor<?x3xf32>, tensor<?x2xi64>) -> tensor<?x2xf32>
  %least = onnx.constant dense<1.0e-6> : tensor<f32>
  %clipped = onnx.node "Clip"(%picked, %least) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xf32>
  %log = onnx.node "Log"(%clipped) version 20 {} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %low = onnx.constant dense<-10000.0> : tensor<f32>
  %shape = onnx.node "Shape"(%scores) version 20 {} : (tensor<?x3xf32>) -> tensor<2xi64>
  %fill = onnx.node "Expand"(%low, %shape) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x3xf32>
  %probs = onnx.node "ScatterElements"(%fill, %ids, %log) version 20 {axis = -1 : i64} : (tensor<?x3xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x3xf32>
  %y = onnx.node "MoE"(%x, %probs, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 2 : i64, normalize_routing_weights = 1 : i64} : (tensor<?x4xf32>, tensor<?x3xf32>, tensor<3x6x4xf32>, none, tensor<3x4x6xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: @logits_over_too_little
// CHECK: %[[PROBS:.*]] = onnx.node "ScatterElements"
// CHECK: moe.gate %[[PROBS]] <score = softmax, k = 2>
func.func @logits_over_too_little(%x: tensor<?x4xf32>, %logits: tensor<?x3xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%logits, %k) version 20 {axis = -1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %low = onnx.constant dense<-10000.0> : tensor<f32>
  %shape = onnx.node "Shape"(%logits) version 20 {} : (tensor<?x3xf32>) -> tensor<2xi64>
  %fill = onnx.node "Expand"(%low, %shape) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x3xf32>
  %probs = onnx.node "ScatterElements"(%fill, %ids, %values) version 20 {axis = -1 : i64} : (tensor<?x3xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x3xf32>
  %y = onnx.node "MoE"(%x, %probs, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 2 : i64} : (tensor<?x4xf32>, tensor<?x3xf32>, tensor<3x6x4xf32>, none, tensor<3x4x6xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// The operator takes fewer experts than were scattered: its weights are not theirs.
// CHECK-LABEL: @another_k
// CHECK: %[[PROBS:.*]] = onnx.node "ScatterElements"
// CHECK: moe.gate %[[PROBS]] <score = softmax, k = 1>
func.func @another_k(%x: tensor<?x4xf32>, %logits: tensor<?x3xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %k = onnx.constant dense<2> : tensor<1xi64>
  %values, %ids = onnx.node "TopK"(%logits, %k) version 20 {axis = -1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %low = onnx.constant dense<0xFF800000> : tensor<f32>
  %shape = onnx.node "Shape"(%logits) version 20 {} : (tensor<?x3xf32>) -> tensor<2xi64>
  %fill = onnx.node "Expand"(%low, %shape) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x3xf32>
  %probs = onnx.node "ScatterElements"(%fill, %ids, %values) version 20 {axis = -1 : i64} : (tensor<?x3xf32>, tensor<?x2xi64>, tensor<?x2xf32>) -> tensor<?x3xf32>
  %y = onnx.node "MoE"(%x, %probs, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "relu", k = 1 : i64} : (tensor<?x4xf32>, tensor<?x3xf32>, tensor<3x6x4xf32>, none, tensor<3x4x6xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
