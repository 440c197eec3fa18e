// RUN: moe-opt --pass-pipeline='builtin.module(gpu.module(nvptx-convert-kernels))' %s | FileCheck %s

// CHECK: gpu.module @moe_device
gpu.module @moe_device {
  // A memref is its descriptor; math that has instructions calls nothing.
  // CHECK: llvm.func @k(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64)
  // CHECK-SAME: gpu.kernel, nvvm.kernel
  // CHECK: nvvm.read.ptx.sreg.tid.x
  // CHECK: nvvm.barrier
  // CHECK: llvm.load
  // CHECK-NOT: llvm.call
  // CHECK: llvm.intr.fma
  // CHECK: llvm.intr.sqrt
  // CHECK: llvm.intr.fabs
  // CHECK: llvm.store
  gpu.func @k(%x: memref<?xf32>) kernel {
    %i = gpu.thread_id x
    gpu.barrier
    %0 = memref.load %x[%i] : memref<?xf32>
    %1 = math.fma %0, %0, %0 : f32
    %2 = math.sqrt %1 : f32
    %3 = math.absf %2 : f32
    memref.store %3, %x[%i] : memref<?xf32>
    gpu.return
  }
}
