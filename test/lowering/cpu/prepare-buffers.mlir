// RUN: moe-opt --cpu-prepare-buffers %s | FileCheck %s

// The kept moe stage goes, the model's stays.
// CHECK-NOT: @kept
module {
  module @kept {
  }
  // CHECK: func.func @main(%{{.*}}: tensor<2x3xf32> {bufferization.writable = false}, %{{.*}}: index)
  // CHECK-NOT: tensor.concat
  // CHECK-COUNT-2: tensor.insert_slice
  func.func @main(%x: tensor<2x3xf32>, %n: index) -> tensor<4x3xf32> {
    %y = tensor.concat dim(0) %x, %x : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
    return %y : tensor<4x3xf32>
  }
}
