// RUN: moe-opt --split-input-file --cpu-plan-artifact --nvptx-place-weights %s | FileCheck %s

// A weight as it is; a constant beside it; a shape that the host reads stays.
// CHECK: moe.device_bytes = 280 : i64
// CHECK-DAG: memref.global "private" @moe_device_weights : memref<280xi8>
// CHECK-DAG: memref.global "private" constant @[[CONSTANT:.*]] : memref<6xf32> = dense
// CHECK: func.func @moe_prepare() attributes {moe.step}
// CHECK-DAG: call @moe_upload_section
// CHECK-DAG: memref.get_global @[[CONSTANT]]
// CHECK-DAG: call @moe_upload(
// CHECK: func.func @main
// CHECK: %[[SHAPE:.*]] = arith.constant dense<[3, 2]>
// CHECK: %[[BASE:.*]] = memref.get_global @moe_device_weights
// CHECK: memref.view %[[BASE]]{{.*}} to memref<6xf32>
// CHECK: %[[PLACED:.*]] = bufferization.to_tensor %{{.*}} restrict
// CHECK: tensor.reshape %[[PLACED]](%[[SHAPE]])
// CHECK: memref.view {{.*}} to memref<2x3xf32>
func.func @main() -> (tensor<2x3xf32>, tensor<?x?xf32>) {
  %w = moe.weight [#moe.piece<"model.onnx" at 128 shape [2, 3] strides [3, 1]>] : tensor<2x3xf32>
  %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]> : tensor<6xf32>
  %s = arith.constant dense<[3, 2]> : tensor<2xi64>
  %r = tensor.reshape %c(%s) : (tensor<6xf32>, tensor<2xi64>) -> tensor<?x?xf32>
  return %w, %r : tensor<2x3xf32>, tensor<?x?xf32>
}

// -----

// Packed for the CPU's product, rows for the device's: staged, and unpacked by a loop.
// CHECK: func.func @moe_prepare()
// CHECK: %[[VIEW:.*]] = memref.view {{.*}} to memref<2x16x8xf32>
// CHECK: %[[STAGED:.*]] = memref.alloc() : memref<2x1x16x48xf32>
// CHECK: call @moe_upload_section
// CHECK: scf.forall (%[[G:.*]], %[[K:.*]], %[[N:.*]]) in (2, 16, 8)
// CHECK: arith.divui %[[N]]
// CHECK: arith.remui %[[N]]
// CHECK: memref.load %[[STAGED]]
// CHECK: memref.store %{{.*}}, %[[VIEW]][%[[G]], %[[K]], %[[N]]]
// CHECK: func.func @main
// CHECK: moe.grouped_matmul {{.*}} weights(%{{.*}} : tensor<2x16x8xf32>)
func.func @main(%x: tensor<?x16xf32>, %o: tensor<3xi32>, %init: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = moe.weight [#moe.piece<"model.onnx" at 128 shape [2, 16, 8] strides [128, 8, 1]>] : tensor<2x16x8xf32>
  %y = moe.grouped_matmul %x offsets(%o : tensor<3xi32>) weights(%w : tensor<2x16x8xf32>)
      into(%init : tensor<?x8xf32>) : tensor<?x16xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}

// -----

// Codes become numbers of f32; the product has no scales any more.
// CHECK: func.func @moe_prepare()
// CHECK: scf.forall
// CHECK: arith.shrui
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK: func.func @main
// CHECK: moe.grouped_matmul
// CHECK-NOT: scales
// CHECK-SAME: weights(%{{.*}} : tensor<1x32x8xf32>)
// CHECK-NOT: quant
func.func @main(%x: tensor<?x32xf32>, %init: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %w = moe.weight [#moe.piece<"model.onnx" at 128 shape [1, 32, 8] strides [256, 8, 1]>] : tensor<1x32x8xi4>
  %s = moe.weight [#moe.piece<"model.onnx" at 256 shape [1, 2, 8] strides [16, 8, 1]>] : tensor<1x2x8xf32>
  %y = moe.grouped_matmul %x weights(%w : tensor<1x32x8xi4>) scales(%s : tensor<1x2x8xf32>)
      into(%init : tensor<?x8xf32>) {quant = #moe.quant<code = i4, block = 16, zero = 8>}
      : tensor<?x32xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
