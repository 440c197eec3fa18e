// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @route
// CHECK: moe.route %{{.*}} <score = softmax, k = 2> : tensor<?x8xf32>
func.func @route(%logits: tensor<?x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>) {
  %weights, %experts, %slots, %offsets = moe.route %logits <score = softmax, k = 2>
      : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>
  return %weights, %experts, %slots, %offsets
      : tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>
}

// CHECK-LABEL: @bias_and_tile
// CHECK: moe.route %{{.*}} bias %{{.*}} : tensor<4xf32> <score = sigmoid, k = 1> {tile = 1 : i64}
func.func @bias_and_tile(%logits: tensor<3x4xf32>, %bias: tensor<4xf32>) -> tensor<3xi32> {
  %w, %e, %s, %o = moe.route %logits bias %bias : tensor<4xf32> <score = sigmoid, k = 1> {tile = 1 : i64}
      : tensor<3x4xf32> -> tensor<3x1xf32>, tensor<3x1xi32>, tensor<3xi32>, tensor<5xi32>
  return %s : tensor<3xi32>
}
