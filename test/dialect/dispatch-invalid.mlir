// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @dispatch_c1_tokens(%x: tensor<3x8xf32>, %e: tensor<4x2xi32>) {
  // expected-error@below {{expects dimension 0 of `experts` to be 3 (C1), but got 4}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64} : tensor<3x8xf32>, tensor<4x2xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c1_choices(%x: tensor<?x8xf32>, %e: tensor<?x?xi32>) {
  // expected-error@below {{expects a static number of choices, at least 1 (C1)}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64} : tensor<?x8xf32>, tensor<?x?xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c2_experts(%x: tensor<?x8xf32>, %e: tensor<?x2xi32>) {
  // expected-error@below {{expects `num_experts` to be at least 1 and below 2^31 (C2), but got 0}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 0 : i64} : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c2_too_many(%x: tensor<?x8xf32>, %e: tensor<?x2xi32>) {
  // expected-error@below {{but got 9223372036854775807}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 9223372036854775807 : i64} : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c3_columns(%x: tensor<?x8xf32>, %e: tensor<?x2xi32>) {
  // expected-error@below {{expects dimension 1 of `rows` to be 8 (C3), but got 9}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64} : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x9xf32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c3_slots(%x: tensor<?x8xf32>, %e: tensor<?x2xi32>) {
  // expected-error@below {{expects dimension 0 of `slots` to be 6 (C3), but got 7}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64} : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<6x8xf32>, tensor<7xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c3_rows(%x: tensor<3x8xf32>, %e: tensor<3x2xi32>) {
  // expected-error@below {{expects dimension 0 of `slots` to be 6 (C3), but got 8}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64} : tensor<3x8xf32>, tensor<3x2xi32> -> tensor<8x8xf32>, tensor<8xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c3_rows_in_tiles(%x: tensor<3x8xf32>, %e: tensor<3x2xi32>) {
  // expected-error@below {{expects dimension 0 of `slots` to be 10 (C3), but got 8}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64, tile = 2 : i64} : tensor<3x8xf32>, tensor<3x2xi32> -> tensor<8x8xf32>, tensor<8xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c3_offsets(%x: tensor<?x8xf32>, %e: tensor<?x2xi32>) {
  // expected-error@below {{expects dimension 0 of `offsets` to be 5 (C3), but got 4}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64} : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<4xi32>
  return
}

// -----

func.func @dispatch_c3_too_many_slots(%x: tensor<4611686018427387904x8xf32>, %e: tensor<4611686018427387904x2xi32>) {
  // expected-error@below {{expects fewer than 2^31 slots (C3), but got 4611686018427387904 tokens and k = 2}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64} : tensor<4611686018427387904x8xf32>, tensor<4611686018427387904x2xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c4_capacity(%x: tensor<?x8xf32>, %e: tensor<?x2xi32>) {
  // expected-error@below {{expects `capacity` to be at least 1 (C4), but got 0}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64, capacity = 0 : i64} : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c4_tile(%x: tensor<?x8xf32>, %e: tensor<?x2xi32>) {
  // expected-error@below {{expects `tile` to be at least 1 (C4), but got -1}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64, tile = -1 : i64} : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<5xi32>
  return
}

// -----

func.func @dispatch_c4_huge_tile(%x: tensor<?x8xf32>, %e: tensor<?x2xi32>) {
  // expected-error@below {{expects `tile` below 2^31 (C4), but got 4294967296}}
  %r, %s, %o = moe.dispatch %x, %e {num_experts = 4 : i64, tile = 4294967296 : i64} : tensor<?x8xf32>, tensor<?x2xi32> -> tensor<?x8xf32>, tensor<?xi32>, tensor<5xi32>
  return
}
