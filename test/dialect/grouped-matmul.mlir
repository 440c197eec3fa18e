// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @grouped
// CHECK: moe.grouped_matmul %{{.*}} offsets(%{{.*}} : tensor<9xi32>) row_index(%{{.*}} : tensor<?xi32>) weights(%{{.*}} : tensor<8x64x32xf32>) columns(%{{.*}} : tensor<8x32xf32>) into(%{{.*}} : tensor<?x32xf32>) {divisor = 2 : i64} : tensor<?x64xf32> -> tensor<?x32xf32> epilogue {
func.func @grouped(%x: tensor<?x64xf32>, %offsets: tensor<9xi32>, %slots: tensor<?xi32>,
                   %w: tensor<8x64x32xf32>, %b: tensor<8x32xf32>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
  %y = moe.grouped_matmul %x offsets(%offsets : tensor<9xi32>) row_index(%slots : tensor<?xi32>)
      weights(%w : tensor<8x64x32xf32>) columns(%b : tensor<8x32xf32>)
      into(%init : tensor<?x32xf32>) {divisor = 2 : i64} : tensor<?x64xf32> -> tensor<?x32xf32> epilogue {
  ^bb0(%acc: f32, %bias: f32):
    %0 = arith.addf %acc, %bias : f32
    moe.yield %0 : f32
  }
  return %y : tensor<?x32xf32>
}

// CHECK-LABEL: @one_group
// CHECK: moe.grouped_matmul %{{.*}} weights(%{{.*}} : tensor<1x64x32xf16>) into(%{{.*}} : tensor<4x32xf16>) : tensor<4x64xf16> -> tensor<4x32xf16>{{$}}
func.func @one_group(%x: tensor<4x64xf16>, %w: tensor<1x64x32xf16>, %init: tensor<4x32xf16>) -> tensor<4x32xf16> {
  %y = moe.grouped_matmul %x weights(%w : tensor<1x64x32xf16>) into(%init : tensor<4x32xf16>) : tensor<4x64xf16> -> tensor<4x32xf16>
  return %y : tensor<4x32xf16>
}

// CHECK-LABEL: @packed_on_memrefs
// CHECK: moe.grouped_matmul %{{.*}} weights(%{{.*}} : memref<1x2x64x16xf32>) into(%{{.*}} : memref<?x32xf32>) : memref<?x64xf32>{{$}}
func.func @packed_on_memrefs(%x: memref<?x64xf32>, %w: memref<1x2x64x16xf32>, %init: memref<?x32xf32>) {
  moe.grouped_matmul %x weights(%w : memref<1x2x64x16xf32>) into(%init : memref<?x32xf32>) : memref<?x64xf32>
  return
}

// CHECK-LABEL: @quantised
// CHECK: moe.grouped_matmul %{{.*}} weights(%{{.*}} : tensor<1x64x32xi4>) scales(%{{.*}} : tensor<1x2x32xf16>) zero_points(%{{.*}} : tensor<1x2x32xi4>) into(%{{.*}} : tensor<4x32xf32>) {quant = #moe.quant<code = i4, block = 32>} : tensor<4x64xf32> -> tensor<4x32xf32>
func.func @quantised(%x: tensor<4x64xf32>, %w: tensor<1x64x32xi4>, %s: tensor<1x2x32xf16>, %z: tensor<1x2x32xi4>, %init: tensor<4x32xf32>) -> tensor<4x32xf32> {
  %y = moe.grouped_matmul %x weights(%w : tensor<1x64x32xi4>) scales(%s : tensor<1x2x32xf16>) zero_points(%z : tensor<1x2x32xi4>) into(%init : tensor<4x32xf32>) {quant = #moe.quant<code = i4, block = 32>} : tensor<4x64xf32> -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}
