// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @dispatch
// CHECK: moe.dispatch %{{.*}}, %{{.*}} {num_experts = 8 : i64} : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
func.func @dispatch(%x: tensor<?x64xf32>, %experts: tensor<?x2xi32>)
    -> (tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>) {
  %rows, %slots, %offsets = moe.dispatch %x, %experts {num_experts = 8 : i64}
      : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
  return %rows, %slots, %offsets : tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
}

// CHECK-LABEL: @capacity_and_tile
// CHECK: moe.dispatch {{.*}} {capacity = 3 : i64, num_experts = 4 : i64, rank_major, tile = 8 : i64}
// Six slots and up to seven rows of padding for each of four experts: 34, or 32 in whole tiles.
func.func @capacity_and_tile(%x: tensor<3x8xbf16>, %e: tensor<3x2xi32>) -> tensor<32x8xbf16> {
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 4 : i64, capacity = 3 : i64, rank_major, tile = 8 : i64}
      : tensor<3x8xbf16>, tensor<3x2xi32> -> tensor<32x8xbf16>, tensor<32xi32>, tensor<5xi32>
  return %rows : tensor<32x8xbf16>
}
