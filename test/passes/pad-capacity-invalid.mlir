// RUN: moe-opt %s -moe-pad-capacity=tile=16 -split-input-file -verify-diagnostics
// RUN: not moe-opt %s -moe-pad-capacity=tile=0 -split-input-file 2>&1 | FileCheck %s

// CHECK: expects the option `tile` to be at least 1, but got 0

func.func @rows_leave_the_layer(%x: tensor<5x64xf32>, %e: tensor<5x2xi32>) -> tensor<10x64xf32> {
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 8 : i64}
      : tensor<5x64xf32>, tensor<5x2xi32> -> tensor<10x64xf32>, tensor<10xi32>, tensor<9xi32>
  // expected-error@below {{takes rows in expert order, whose number --moe-pad-capacity changes; unsupported}}
  return %rows : tensor<10x64xf32>
}

// -----

func.func @too_many_rows(%logits: tensor<1073741823x8xf32>) -> tensor<9xi32> {
  // expected-error@below {{needs more rows than 32-bit positions can count, with tiles of 16; unsupported}}
  %w, %e, %s, %o = moe.route %logits <score = softmax, k = 2>
      : tensor<1073741823x8xf32> -> tensor<1073741823x2xf32>, tensor<1073741823x2xi32>, tensor<2147483646xi32>, tensor<9xi32>
  return %o : tensor<9xi32>
}
