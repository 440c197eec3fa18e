// RUN: moe-opt --split-input-file --nvptx-split-memory %s | FileCheck %s

// A number of the device that the host reads travels; one that it writes, too.
// CHECK-LABEL: func.func @main
// CHECK: %[[HOST:.*]] = memref.alloca() : memref<f32>
// CHECK: call @moe_fetch
// CHECK: memref.load %[[HOST]][]
// CHECK: %[[OUT:.*]] = memref.alloca() : memref<f32>
// CHECK: memref.store %{{.*}}, %[[OUT]][]
// CHECK: call @moe_upload
func.func @main(%x: memref<?xf32>, %i: index) {
  %0 = memref.load %x[%i] : memref<?xf32>
  %1 = arith.addf %0, %0 : f32
  memref.store %1, %x[%i] : memref<?xf32>
  return
}

// -----

// What only the host touches is the host's; a shape that a kernel wrote is fetched.
// CHECK-LABEL: func.func @main
// CHECK: %[[MINE:.*]] = memref.alloca() : memref<2xindex>
// CHECK: memref.store %{{.*}}, %[[MINE]]
// CHECK-NOT: fetch
// CHECK: memref.reshape %{{.*}}(%[[MINE]])
// CHECK: %[[COPY:.*]] = memref.alloca() : memref<2xindex>
// CHECK: call @moe_fetch
// CHECK: memref.reshape %{{.*}}(%[[COPY]])
module attributes {gpu.container_module} {
  func.func @main(%x: memref<?xf32>, %n: index) -> (memref<?x?xf32>, memref<?x?xf32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %mine = memref.alloc() : memref<2xindex>
    memref.store %n, %mine[%c0] : memref<2xindex>
    memref.store %c1, %mine[%c1] : memref<2xindex>
    %0 = memref.reshape %x(%mine) : (memref<?xf32>, memref<2xindex>) -> memref<?x?xf32>
    memref.dealloc %mine : memref<2xindex>
    %theirs = memref.alloc() : memref<2xindex>
    gpu.launch_func @moe_device::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
        args(%theirs : memref<2xindex>)
    %1 = memref.reshape %x(%theirs) : (memref<?xf32>, memref<2xindex>) -> memref<?x?xf32>
    return %0, %1 : memref<?x?xf32>, memref<?x?xf32>
  }
  gpu.module @moe_device {
    gpu.func @k(%s: memref<2xindex>) kernel {
      gpu.return
    }
  }
}

// -----

// A function of few integers that no kernel was made of, and that only the host's buffers go to.
// CHECK-LABEL: func.func @main
// CHECK: %[[OWN:.*]] = memref.alloca() : memref<4xi64>
// CHECK-NOT: fetch
// CHECK: call @twice(%[[OWN]])
// CHECK-NOT: fetch
// CHECK: memref.load %[[OWN]]
func.func @main() -> i64 {
  %c0 = arith.constant 0 : index
  %c7 = arith.constant 7 : i64
  %x = memref.alloc() : memref<4xi64>
  memref.store %c7, %x[%c0] : memref<4xi64>
  call @twice(%x) : (memref<4xi64>) -> ()
  %0 = memref.load %x[%c0] : memref<4xi64>
  memref.dealloc %x : memref<4xi64>
  return %0 : i64
}
func.func private @twice(%x: memref<4xi64>) attributes {moe.step} {
  %c0 = arith.constant 0 : index
  // CHECK: func.func private @twice
  // CHECK: memref.load %arg0[
  %0 = memref.load %x[%c0] : memref<4xi64>
  %1 = arith.addi %0, %0 : i64
  memref.store %1, %x[%c0] : memref<4xi64>
  return
}

// -----

// A constant of the host that a kernel reads after all.
// CHECK-LABEL: func.func @main
// CHECK: memref.get_global @table
// CHECK: %[[DEVICE:.*]] = memref.alloc() : memref<4xi64>
// CHECK: call @moe_upload
// CHECK: gpu.launch_func {{.*}} args(%[[DEVICE]] : memref<4xi64>)
module attributes {gpu.container_module} {
  memref.global "private" constant @table : memref<4xi64> = dense<[1, 2, 3, 4]>
  func.func @main() {
    %c1 = arith.constant 1 : index
    %t = memref.get_global @table : memref<4xi64>
    gpu.launch_func @moe_device::@k blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
        args(%t : memref<4xi64>)
    return
  }
  gpu.module @moe_device {
    gpu.func @k(%s: memref<4xi64>) kernel {
      gpu.return
    }
  }
}
