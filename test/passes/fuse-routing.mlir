// RUN: moe-opt %s -moe-fuse-routing -split-input-file -remarks-filter=.* -remark-policy=all \
// RUN:   -verify-diagnostics | FileCheck %s

// CHECK-LABEL: @one_sweep
// CHECK-SAME: (%[[LOGITS:.*]]: tensor<?x8xf32>, %[[X:.*]]: tensor<?x64xf32>)
// CHECK: %[[W:.*]], %[[E:.*]], %[[S:.*]], %[[O:.*]] = moe.route %[[LOGITS]] <score = softmax, k = 2> {capacity = 4 : i64, rank_major}
// CHECK: moe.observe "layer" experts %[[E]]
// CHECK: %[[ROWS:.*]] = moe.gather %[[X]], %[[S]] {k = 2 : i64}
// CHECK: return %[[ROWS]], %[[S]], %[[O]], %[[W]]
func.func @one_sweep(%logits: tensor<?x8xf32>, %x: tensor<?x64xf32>)
    -> (tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>, tensor<?x2xf32>) {
  %w, %e = moe.gate %logits <score = softmax, k = 2> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  moe.observe "layer" experts %e : tensor<?x2xi32>
  // expected-remark@below {{gate and dispatch are one sweep over the tokens}}
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 8 : i64, capacity = 4 : i64, rank_major}
      : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
  return %rows, %slots, %offsets, %w : tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>, tensor<?x2xf32>
}

// -----

// CHECK-LABEL: @bias_goes_along
// CHECK: moe.route %{{.*}} bias %{{.*}} : tensor<8xf32> <score = sigmoid, k = 2>
func.func @bias_goes_along(%logits: tensor<4x8xf32>, %bias: tensor<8xf32>, %x: tensor<4x64xf32>) -> tensor<8x64xf32> {
  %w, %e = moe.gate %logits bias %bias : tensor<8xf32> <score = sigmoid, k = 2> : tensor<4x8xf32> -> tensor<4x2xf32>, tensor<4x2xi32>
  // expected-remark@below {{one sweep}}
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 8 : i64}
      : tensor<4x64xf32>, tensor<4x2xi32> -> tensor<8x64xf32>, tensor<8xi32>, tensor<9xi32>
  return %rows : tensor<8x64xf32>
}

// -----

// CHECK-LABEL: @ids_from_elsewhere
// CHECK: moe.dispatch
func.func @ids_from_elsewhere(%x: tensor<?x64xf32>, %e: tensor<?x2xi32>) -> tensor<?x64xf32> {
  // expected-remark@below {{kept apart: its experts do not come from a moe.gate}}
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 8 : i64}
      : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
  return %rows : tensor<?x64xf32>
}

// -----

// CHECK-LABEL: @two_dispatches
// CHECK: moe.gate
// CHECK: moe.dispatch
// CHECK: moe.dispatch
func.func @two_dispatches(%logits: tensor<?x8xf32>, %x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xf32>) {
  %w, %e = moe.gate %logits <score = softmax, k = 2> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  // expected-remark@below {{read by more than one moe.dispatch}}
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 8 : i64}
      : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
  // expected-remark@below {{read by more than one moe.dispatch}}
  %rows2, %slots2, %offsets2 = moe.dispatch %x, %e {num_experts = 8 : i64, capacity = 1 : i64}
      : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
  return %rows, %rows2 : tensor<?x64xf32>, tensor<?x64xf32>
}

// -----

// CHECK-LABEL: @other_number_of_experts
// CHECK: moe.gate
func.func @other_number_of_experts(%logits: tensor<?x8xf32>, %x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %w, %e = moe.gate %logits <score = softmax, k = 2> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  // expected-remark@below {{the gate chooses among 8 experts, the dispatch has 9}}
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 9 : i64}
      : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x64xf32>, tensor<?xi32>, tensor<10xi32>
  return %rows : tensor<?x64xf32>
}
