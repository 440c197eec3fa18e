// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @gate_c1_unknown_experts(%logits: tensor<?x?xf32>) {
  // expected-error@below {{expects a static number of experts (C1)}}
  %w, %e = moe.gate %logits <score = softmax, k = 2> : tensor<?x?xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c1_too_many_experts(%logits: tensor<?x4294967296xf32>) {
  // expected-error@below {{expects fewer than 2^31 experts (C1), but got 4294967296}}
  %w, %e = moe.gate %logits <score = softmax, k = 2> : tensor<?x4294967296xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c2_k_exceeds_experts(%logits: tensor<?x8xf32>) {
  // expected-error@below {{expects k to be between 1 and the number of experts (C2), 8, but got 9}}
  %w, %e = moe.gate %logits <score = softmax, k = 9> : tensor<?x8xf32> -> tensor<?x9xf32>, tensor<?x9xi32>
  return
}

// -----

func.func @gate_c2_no_choice(%logits: tensor<?x8xf32>) {
  // expected-error@below {{expects k to be between 1 and the number of experts (C2), 8, but got 0}}
  %w, %e = moe.gate %logits <score = softmax, k = 0> : tensor<?x8xf32> -> tensor<?x0xf32>, tensor<?x0xi32>
  return
}

// -----

func.func @gate_c3_weights(%logits: tensor<?x8xf32>) {
  // expected-error@below {{expects dimension 1 of `weights` to be 2 (C3), but got 3}}
  %w, %e = moe.gate %logits <score = softmax, k = 2> : tensor<?x8xf32> -> tensor<?x3xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c3_tokens(%logits: tensor<4x8xf32>) {
  // expected-error@below {{expects dimension 0 of `experts` to be 4 (C3), but got 5}}
  %w, %e = moe.gate %logits <score = softmax, k = 2> : tensor<4x8xf32> -> tensor<4x2xf32>, tensor<5x2xi32>
  return
}

// -----

func.func @gate_c4_bias(%logits: tensor<?x8xf32>, %b: tensor<9xf32>) {
  // expected-error@below {{expects dimension 0 of `bias` to be 8 (C4), but got 9}}
  %w, %e = moe.gate %logits bias %b : tensor<9xf32> <score = softmax, k = 2> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c5_groups_do_not_divide(%logits: tensor<?x8xf32>) {
  // expected-error@below {{expects groups that divide the experts and hold k of them (C5), but got groups = 3, top_groups = 1, group_best = 1 for 8 experts and k = 2}}
  %w, %e = moe.gate %logits <score = softmax, k = 2, groups = 3> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c5_no_groups(%logits: tensor<?x8xf32>) {
  // expected-error@below {{(C5), but got groups = 0}}
  %w, %e = moe.gate %logits <score = softmax, k = 2, groups = 0> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c5_more_than_all_groups(%logits: tensor<?x8xf32>) {
  // expected-error@below {{(C5), but got groups = 4, top_groups = 5}}
  %w, %e = moe.gate %logits <score = softmax, k = 2, groups = 4, top_groups = 5> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c5_best_of_a_group(%logits: tensor<?x8xf32>) {
  // expected-error@below {{group_best = 3 for 8 experts}}
  %w, %e = moe.gate %logits <score = softmax, k = 2, groups = 4, top_groups = 2, group_best = 3> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c5_k_does_not_fit(%logits: tensor<?x8xf32>) {
  // expected-error@below {{(C5), but got groups = 8, top_groups = 1, group_best = 1 for 8 experts and k = 2}}
  %w, %e = moe.gate %logits <score = softmax, k = 2, groups = 8> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c6_k(%logits: tensor<?x8xf32>) {
  // expected-error@below {{expects k = 2, no bias, no groups and no score_after with sparsemixer (C6)}}
  %w, %e = moe.gate %logits <score = sparsemixer, k = 1> : tensor<?x8xf32> -> tensor<?x1xf32>, tensor<?x1xi32>
  return
}

// -----

func.func @gate_c6_bias(%logits: tensor<?x8xf32>, %b: tensor<8xf32>) {
  // expected-error@below {{with sparsemixer (C6)}}
  %w, %e = moe.gate %logits bias %b : tensor<8xf32> <score = sparsemixer, k = 2> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}

// -----

func.func @gate_c6_score_after(%logits: tensor<?x8xf32>) {
  // expected-error@below {{with sparsemixer (C6)}}
  %w, %e = moe.gate %logits <score = sparsemixer, k = 2, score_after = true> : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  return
}
