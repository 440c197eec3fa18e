// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @defaults_are_not_printed
// CHECK: moe.gate %{{.*}} <score = softmax, k = 2> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
func.func @defaults_are_not_printed(%logits: tensor<?x8xf32>) -> tensor<?x2xf32> {
  %w, %e = moe.gate %logits <score = softmax, k = 2, normalize = false, groups = 1>
      : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return %w : tensor<?x2xf32>
}

// CHECK-LABEL: @groups_and_bias
// CHECK: moe.gate %{{.*}} bias %{{.*}} : tensor<8xf32> <score = sigmoid, k = 2, normalize = true, epsilon = {{[0-9.]+[eE]}}-21 : f64, scale = 2.5{{.*}} : f64, groups = 4, top_groups = 2, group_best = 2>
func.func @groups_and_bias(%logits: tensor<4x8xf32>, %bias: tensor<8xf32>) -> tensor<4x2xi32> {
  %w, %e = moe.gate %logits bias %bias : tensor<8xf32>
      <score = sigmoid, k = 2, normalize = true, epsilon = 1.0e-20 : f64, scale = 2.5 : f64, groups = 4,
       top_groups = 2, group_best = 2> : tensor<4x8xf32> -> tensor<4x2xf32>, tensor<4x2xi32>
  return %e : tensor<4x2xi32>
}

// CHECK-LABEL: @least_and_outside
// CHECK: moe.gate %{{.*}} <score = softmax, k = 2, normalize = true, groups = 4, top_groups = 2, outside = 0.{{0*}}e+00 : f64, least_weight = 1.{{0*}}e-03 : f64, least_sum = 5.{{0*}}e-01 : f64>
func.func @least_and_outside(%logits: tensor<4x8xf32>) -> tensor<4x2xi32> {
  %w, %e = moe.gate %logits <score = softmax, k = 2, normalize = true, groups = 4, top_groups = 2, outside = 0.0 : f64,
      least_weight = 1.0e-3 : f64, least_sum = 0.5 : f64> : tensor<4x8xf32> -> tensor<4x2xf32>, tensor<4x2xi32>
  return %e : tensor<4x2xi32>
}
