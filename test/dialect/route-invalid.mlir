// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @route_c1_gate(%logits: tensor<?x4xf32>) {
  // expected-error@below {{expects k to be between 1 and the number of experts (C1), 4, but got 5}}
  %w, %e, %s, %o = moe.route %logits <score = softmax, k = 5>  : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @route_c2_offsets(%logits: tensor<?x4xf32>) {
  // expected-error@below {{expects dimension 0 of `offsets` to be 5 (C2), but got 6}}
  %w, %e, %s, %o = moe.route %logits <score = softmax, k = 2>  : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<6xi32>
  return
}

// -----

func.func @route_c2_slots(%logits: tensor<3x4xf32>) {
  // expected-error@below {{expects dimension 0 of `slots` to be 6 (C2), but got 5}}
  %w, %e, %s, %o = moe.route %logits <score = softmax, k = 2>  : tensor<3x4xf32> -> tensor<3x2xf32>, tensor<3x2xi32>, tensor<5xi32>, tensor<5xi32>
  return
}

// -----

func.func @route_c3_capacity(%logits: tensor<?x4xf32>) {
  // expected-error@below {{expects `capacity` to be at least 1 (C3), but got 0}}
  %w, %e, %s, %o = moe.route %logits <score = softmax, k = 2> {capacity = 0 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @route_c3_tile(%logits: tensor<?x4xf32>) {
  // expected-error@below {{expects `tile` to be at least 1 (C3), but got 0}}
  %w, %e, %s, %o = moe.route %logits <score = softmax, k = 2> {tile = 0 : i64} : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<5xi32>
  return
}
