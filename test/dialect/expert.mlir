// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @expert
// CHECK: moe.expert %{{.*}}, %{{.*}} weights(%{{.*}}) : tensor<?x64xf32>, tensor<9xi32>, (tensor<8x64x16xf32>) -> tensor<?x16xf32> {
func.func @expert(%rows: tensor<?x64xf32>, %offsets: tensor<9xi32>, %w: tensor<8x64x16xf32>) -> tensor<?x16xf32> {
  %out = moe.expert %rows, %offsets weights(%w)
      : tensor<?x64xf32>, tensor<9xi32>, (tensor<8x64x16xf32>) -> tensor<?x16xf32> {
  ^bb0(%r: tensor<?x64xf32>, %we: tensor<64x16xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x64xf32>
    %init = tensor.empty(%n) : tensor<?x16xf32>
    %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<?x16xf32>) -> tensor<?x16xf32>
    %y = linalg.matmul ins(%r, %we : tensor<?x64xf32>, tensor<64x16xf32>)
                       outs(%acc : tensor<?x16xf32>) -> tensor<?x16xf32>
    moe.yield %y : tensor<?x16xf32>
  }
  return %out : tensor<?x16xf32>
}
