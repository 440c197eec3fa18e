// RUN: moe-opt %s -moe-pad-capacity=tile=16 | FileCheck %s
// RUN: moe-opt %s -moe-pad-capacity | FileCheck %s --check-prefix=ONE

// Ten slots and eight experts with up to fifteen rows of padding each: 130 rows, 128 in whole tiles.
// CHECK-LABEL: @static_rows
// CHECK: moe.route {{.*}} {capacity = 3 : i64, tile = 16 : i64} : tensor<5x8xf32> -> tensor<5x2xf32>, tensor<5x2xi32>, tensor<128xi32>, tensor<9xi32>
// CHECK: moe.gather {{.*}} -> tensor<128x64xf32>
// CHECK: moe.expert {{.*}} -> tensor<128x16xf32>
// CHECK: moe.combine {{.*}} -> tensor<5x16xf32>
// A tile of one row is a decision too.
// ONE-LABEL: @static_rows
// ONE: moe.route {{.*}} {capacity = 3 : i64, tile = 1 : i64} {{.*}}, tensor<10xi32>, tensor<9xi32>
func.func @static_rows(%logits: tensor<5x8xf32>, %x: tensor<5x64xf32>, %w: tensor<8x64x16xf32>) -> tensor<5x16xf32> {
  %weights, %experts, %slots, %offsets = moe.route %logits <score = softmax, k = 2> {capacity = 3 : i64}
      : tensor<5x8xf32> -> tensor<5x2xf32>, tensor<5x2xi32>, tensor<10xi32>, tensor<9xi32>
  %rows = moe.gather %x, %slots {k = 2 : i64} : tensor<5x64xf32>, tensor<10xi32> -> tensor<10x64xf32>
  %out = moe.expert %rows, %offsets weights(%w) : tensor<10x64xf32>, tensor<9xi32>, (tensor<8x64x16xf32>) -> tensor<10x16xf32> {
  ^bb0(%r: tensor<?x64xf32>, %we: tensor<64x16xf32>):
    %c0 = arith.constant 0 : index
    %n = tensor.dim %r, %c0 : tensor<?x64xf32>
    %y = tensor.empty(%n) : tensor<?x16xf32>
    moe.yield %y : tensor<?x16xf32>
  }
  %y = moe.combine %out, %slots, %weights : tensor<10x16xf32>, tensor<10xi32>, tensor<5x2xf32> -> tensor<5x16xf32>
  return %y : tensor<5x16xf32>
}

// CHECK-LABEL: @dynamic_rows_stay
// CHECK: moe.dispatch {{.*}} {num_experts = 8 : i64, tile = 16 : i64} : {{.*}} -> tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
func.func @dynamic_rows_stay(%x: tensor<?x64xf32>, %e: tensor<?x2xi32>) -> tensor<?x64xf32> {
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 8 : i64}
      : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
  return %rows : tensor<?x64xf32>
}

// An empty tensor that two products share is not resized under the other one.
// CHECK-LABEL: @grouped_product
// CHECK: %[[SHARED:.*]] = tensor.empty() : tensor<10x16xf32>
// CHECK: %[[OWN:.*]] = tensor.empty() : tensor<128x16xf32>
// CHECK: moe.grouped_matmul {{.*}} into(%[[OWN]] : tensor<128x16xf32>)
// CHECK: return {{.*}}, %[[SHARED]]
func.func @grouped_product(%x: tensor<5x64xf32>, %e: tensor<5x2xi32>, %g: tensor<5x2xf32>, %w: tensor<8x64x16xf32>) -> (tensor<5x16xf32>, tensor<10x16xf32>) {
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 8 : i64}
      : tensor<5x64xf32>, tensor<5x2xi32> -> tensor<10x64xf32>, tensor<10xi32>, tensor<9xi32>
  %init = tensor.empty() : tensor<10x16xf32>
  %out = moe.grouped_matmul %rows offsets(%offsets : tensor<9xi32>) weights(%w : tensor<8x64x16xf32>)
      into(%init : tensor<10x16xf32>) : tensor<10x64xf32> -> tensor<10x16xf32>
  %y = moe.combine %out, %slots, %g : tensor<10x16xf32>, tensor<10xi32>, tensor<5x2xf32> -> tensor<5x16xf32>
  return %y, %init : tensor<5x16xf32>, tensor<10x16xf32>
}
