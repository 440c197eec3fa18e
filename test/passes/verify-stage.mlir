// RUN: moe-opt %s --split-input-file --moe-verify-stage=stage=routed --verify-diagnostics | FileCheck %s
// RUN: not moe-opt %s --split-input-file --moe-verify-stage=stage=nowhere 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// UNKNOWN: unknown stage 'nowhere': expected typed, moe, routed, linalg or target

// What has passed is marked.
// CHECK: module attributes {moe.stage = "routed"}
// CHECK: @decided
func.func @decided(%logits: tensor<?x8xf32>) -> tensor<?x2xi32> {
  %w, %e, %s, %o = moe.route %logits <score = softmax, k = 2> {tile = 8 : i64}
      : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>
  return %e : tensor<?x2xi32>
}

// -----

// Every leftover is reported, those of earlier stages too.
func.func @leftovers(%x: tensor<?x8xf32>) -> (tensor<?x2xi32>, tensor<?x8xf32>) {
  // expected-error @below {{'moe.route' is routing without a decision, which stage 'routed' may not contain; run --moe-fuse-routing and --moe-pad-capacity}}
  %w, %e, %s, %o = moe.route %x <score = softmax, k = 2>
      : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>
  // expected-error @below {{'onnx.node' "com.example.Relu" version 20 is an ONNX operation, which stage 'routed' may not contain; run --convert-onnx-to-linalg}}
  %y = onnx.node "Relu"(%x) domain "com.example" version 20 name "/relu" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %e, %y : tensor<?x2xi32>, tensor<?x8xf32>
}

// -----

// The kept reference is not on the way.
// CHECK: @reference
module {
  module @reference {
    func.func @layer(%logits: tensor<?x8xf32>) -> tensor<?x2xi32> {
      %w, %e = moe.gate %logits <score = softmax, k = 2> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
      return %e : tensor<?x2xi32>
    }
  }
}
