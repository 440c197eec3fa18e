// RUN: moe-opt --moe-prepare-buffers %s | FileCheck %s

// The kept moe stage goes, the model's stays.
// CHECK-NOT: @kept
module {
  // Constants get their globals in the order of the module, the newest first; equal ones share one,
  // and one without users needs none.
  // CHECK: memref.global "private" constant @__constant_2xf32_1 : memref<2xf32> = dense<5.0
  // CHECK-NEXT: memref.global "private" constant @__constant_2xf32_0 : memref<2xf32> = dense<4.0
  // CHECK-NEXT: memref.global "private" constant @__constant_2xf32 : memref<2xf32> = dense<3.0
  // CHECK-NOT: memref.global
  module @kept {
  }
  // CHECK: func.func @main(%{{.*}}: tensor<2x3xf32> {bufferization.writable = false}, %{{.*}}: index)
  // CHECK-NOT: tensor.concat
  // CHECK-COUNT-2: tensor.insert_slice
  func.func @main(%x: tensor<2x3xf32>, %n: index) -> tensor<4x3xf32> {
    %y = tensor.concat dim(0) %x, %x : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
    return %y : tensor<4x3xf32>
  }
  func.func private @first() -> (tensor<2xf32>, tensor<2xf32>) {
    %unused = arith.constant dense<9.0> : tensor<2xf32>
    %a = arith.constant dense<3.0> : tensor<2xf32>
    %b = arith.constant dense<4.0> : tensor<2xf32>
    return %a, %b : tensor<2xf32>, tensor<2xf32>
  }
  func.func private @second() -> (tensor<2xf32>, tensor<2xf32>) {
    %a = arith.constant dense<5.0> : tensor<2xf32>
    %b = arith.constant dense<4.0> : tensor<2xf32>
    return %a, %b : tensor<2xf32>, tensor<2xf32>
  }
}
