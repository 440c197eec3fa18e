// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @combine_c1_slots(%r: tensor<6x8xf32>, %s: tensor<5xi32>, %w: tensor<?x2xf32>) {
  // expected-error@below {{expects dimension 0 of `slots` to be 6 (C1), but got 5}}
  %y = moe.combine %r, %s, %w : tensor<6x8xf32>, tensor<5xi32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return
}

// -----

func.func @combine_c1_tokens(%r: tensor<?x8xf32>, %s: tensor<?xi32>, %w: tensor<3x2xf32>) {
  // expected-error@below {{expects dimension 0 of `result` to be 3 (C1), but got 4}}
  %y = moe.combine %r, %s, %w : tensor<?x8xf32>, tensor<?xi32>, tensor<3x2xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @combine_c1_columns(%r: tensor<?x8xf32>, %s: tensor<?xi32>, %w: tensor<?x2xf32>) {
  // expected-error@below {{expects dimension 1 of `result` to be 8 (C1), but got 9}}
  %y = moe.combine %r, %s, %w : tensor<?x8xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x9xf32>
  return
}

// -----

func.func @combine_c1_choices(%r: tensor<?x8xf32>, %s: tensor<?xi32>, %w: tensor<?x?xf32>) {
  // expected-error@below {{expects a static number of choices, at least 1 (C1)}}
  %y = moe.combine %r, %s, %w : tensor<?x8xf32>, tensor<?xi32>, tensor<?x?xf32> -> tensor<?x8xf32>
  return
}
