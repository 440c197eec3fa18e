// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @gather_c1_columns(%x: tensor<?x8xf32>, %s: tensor<?xi32>) {
  // expected-error@below {{expects dimension 1 of `rows` to be 8 (C1), but got 9}}
  %r = moe.gather %x, %s {k = 2 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x9xf32>
  return
}

// -----

func.func @gather_c1_rows(%x: tensor<?x8xf32>, %s: tensor<6xi32>) {
  // expected-error@below {{expects dimension 0 of `rows` to be 6 (C1), but got 5}}
  %r = moe.gather %x, %s {k = 2 : i64} : tensor<?x8xf32>, tensor<6xi32> -> tensor<5x8xf32>
  return
}

// -----

func.func @gather_c2_k(%x: tensor<?x8xf32>, %s: tensor<?xi32>) {
  // expected-error@below {{expects `k` to be at least 1 (C2), but got 0}}
  %r = moe.gather %x, %s {k = 0 : i64} : tensor<?x8xf32>, tensor<?xi32> -> tensor<?x8xf32>
  return
}
