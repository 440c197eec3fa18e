// RUN: moe-opt --split-input-file --verify-diagnostics --nvptx-bind-launches %s | FileCheck %s

// Numbered in the order of the first launches; a bare kernel gets addresses; what nobody starts goes.
// CHECK: module attributes {{.*}}moe.kernels = [{name = "bare", shared = 1024 : i64, threads = 64 : i64}, {name = "whole", shared = 0 : i64, threads = 32 : i64}], moe.launches = [{kernels = array<i32: 1, 0>, layer = 2 : i64}]}
// CHECK: %[[ADDRESS:.*]] = memref.extract_aligned_pointer_as_index
// CHECK: gpu.launch_func @moe_device::@bare {{.*}} args(%[[ADDRESS]] : index) {moe.kernel = 0 : i32}
// CHECK: gpu.launch_func @moe_device::@whole {{.*}} args(%arg0 : memref<?xf32>) {moe.kernel = 1 : i32, moe.layer = 2 : i64}
// Which kernels stand for a layer is listed too.
// CHECK: gpu.launch_func @moe_device::@bare {{.*}} {moe.kernel = 0 : i32, moe.layer = 2 : i64}
// CHECK-NOT: @unused
// CHECK: gpu.func @whole{{.*}}nvvm.reqntid = array<i32: 32>
// CHECK: llvm.func @bare{{.*}}nvvm.reqntid = array<i32: 64>
module attributes {gpu.container_module} {
  func.func @main(%x: memref<?xf32>) {
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    %c64 = arith.constant 64 : index
    %shared = arith.constant 1024 : i32
    gpu.launch_func @moe_device::@bare blocks in (%c1, %c1, %c1) threads in (%c64, %c1, %c1)
        dynamic_shared_memory_size %shared args(%x : memref<?xf32>)
    gpu.launch_func @moe_device::@whole blocks in (%c1, %c1, %c1) threads in (%c32, %c1, %c1)
        args(%x : memref<?xf32>) {moe.layer = 2 : i64}
    gpu.launch_func @moe_device::@bare blocks in (%c1, %c1, %c1) threads in (%c64, %c1, %c1)
        dynamic_shared_memory_size %shared args(%x : memref<?xf32>) {moe.layer = 2 : i64}
    return
  }
  gpu.module @moe_device {
    gpu.func @unused() kernel {
      gpu.return
    }
    gpu.func @whole(%s: memref<?xf32>) kernel {
      gpu.return
    }
    llvm.func @bare(%s: !llvm.ptr<1>) attributes {gpu.kernel, nvvm.kernel} {
      llvm.return
    }
  }
}

// -----

module attributes {gpu.container_module} {
  func.func @main() {
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    gpu.launch_func @moe_device::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
    // expected-error @below {{starts kernel 'k' with other threads or shared memory than}}
    gpu.launch_func @moe_device::@k blocks in (%c1, %c1, %c1) threads in (%c32, %c1, %c1)
    return
  }
  gpu.module @moe_device {
    gpu.func @k() kernel {
      gpu.return
    }
  }
}
