// RUN: moe-opt %s -moe-keep-reference -split-input-file -remarks-filter=.* -remark-policy=all \
// RUN:   -verify-diagnostics | FileCheck %s
// RUN: moe-opt %s -moe-keep-reference -moe-keep-reference -split-input-file | FileCheck %s

// From logits to experts and weights, and from the observed choice to the output; what comes before and
// after the layer is not kept.
// CHECK-LABEL: func.func @main
// CHECK: module @reference attributes {moe.stage = "moe"} {
// CHECK: func.func @"/layer.0"(%[[LOGITS:.*]]: tensor<?x4xf32> {moe.role = #moe<observed logits>}, %[[X:.*]]: tensor<?x8xf32> {moe.role = #moe<observed tokens>}, %[[E:.*]]: tensor<?x2xi32> {moe.role = #moe<observed experts>}, %[[W:.*]]: tensor<?x2xf32> {moe.role = #moe<observed weights>})
// CHECK-SAME: -> (tensor<?x2xi32> {moe.role = #moe<observed experts>}, tensor<?x2xf32> {moe.role = #moe<observed weights>}, tensor<?x8xf32> {moe.role = #moe<observed output>})
// CHECK: %[[W64:.*]], %[[E64:.*]] = moe.gate %[[LOGITS]]
// CHECK: %[[WEIGHT:.*]] = moe.weight
// CHECK: moe.dispatch %[[X]], %[[E]]
// CHECK: moe.expert {{.*}} weights(%[[WEIGHT]])
// CHECK: %[[Y:.*]] = moe.combine %{{.*}}, %{{.*}}, %[[W]]
// CHECK: return %[[E64]], %[[W64]], %[[Y]]
// CHECK-NOT: moe.observe
func.func @main(%in: tensor<?x8xf32>, %l: tensor<?x4xf32>) -> tensor<?x8xf32> {
  %x = math.absf %in : tensor<?x8xf32>
  // expected-remark@below {{layer '/layer.0' is kept}}
  %logits = math.absf %l : tensor<?x4xf32>
  moe.observe "/layer.0" logits %logits : tensor<?x4xf32>
  moe.observe "/layer.0" tokens %x : tensor<?x8xf32>
  %weights, %experts = moe.gate %logits <score = softmax, k = 2> : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  moe.observe "/layer.0" experts %experts : tensor<?x2xi32>
  moe.observe "/layer.0" weights %weights : tensor<?x2xf32>
  %w = moe.weight [#moe.piece<"m.onnx" at 0 shape [4, 8] strides [8, 1]>] : tensor<4x8xf32>
  %rows, %slots, %offsets = moe.dispatch %x, %experts {num_experts = 4 : i64}
      : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<5xi32>
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8xf32>):
    moe.yield %r : tensor<?x8xf32>
  }
  %y = moe.combine %out, %slots, %weights : tensor<?x8xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  moe.observe "/layer.0" output %y : tensor<?x8xf32>
  %z = math.absf %y : tensor<?x8xf32>
  return %z : tensor<?x8xf32>
}

// -----

// CHECK-LABEL: func.func @not_all_roles
// CHECK-NOT: module @reference
func.func @not_all_roles(%x: tensor<?x8xf32>, %logits: tensor<?x4xf32>) -> tensor<?x2xi32> {
  %weights, %experts = moe.gate %logits <score = softmax, k = 2> : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  // expected-remark@-1 {{layer 'a' cannot be verified: it is not observed in all its roles}}
  moe.observe "a" experts %experts : tensor<?x2xi32>
  return %experts : tensor<?x2xi32>
}

// -----

// CHECK-LABEL: func.func @weights_from_outside
// CHECK-NOT: module @reference
// expected-remark@below {{layer 'a' cannot be verified: it reads an argument of the model}}
func.func @weights_from_outside(%x: tensor<?x8xf32>, %logits: tensor<?x4xf32>, %bias: tensor<4xf32>) -> tensor<?x8xf32> {
  moe.observe "a" logits %logits : tensor<?x4xf32>
  moe.observe "a" tokens %x : tensor<?x8xf32>
  %weights, %experts = moe.gate %logits bias %bias : tensor<4xf32> <score = softmax, k = 2> : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  moe.observe "a" experts %experts : tensor<?x2xi32>
  moe.observe "a" weights %weights : tensor<?x2xf32>
  moe.observe "a" output %x : tensor<?x8xf32>
  return %x : tensor<?x8xf32>
}
