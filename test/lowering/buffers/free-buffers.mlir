// RUN: moe-opt --split-input-file --verify-diagnostics --moe-free-buffers %s | FileCheck %s

// CHECK-LABEL: @through_a_view
func.func @through_a_view(%x: memref<8xf32>) {
  // CHECK: %[[A:.*]] = memref.alloc
  %a = memref.alloc() : memref<8xf32>
  %v = memref.subview %a[2] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 2>>
  %c0 = arith.constant 0 : index
  %c = arith.constant 1.0 : f32
  // CHECK: memref.store
  // CHECK-NEXT: memref.dealloc %[[A]]
  // CHECK-NEXT: memref.copy
  memref.store %c, %v[%c0] : memref<4xf32, strided<[1], offset: 2>>
  memref.copy %x, %x : memref<8xf32> to memref<8xf32>
  return
}

// CHECK-LABEL: @returned
func.func @returned() -> memref<8xf32> {
  // CHECK-NOT: memref.dealloc
  %a = memref.alloc() : memref<8xf32>
  return %a : memref<8xf32>
}

// The result of a branch may be the buffer: both end with the branch's last use.
// CHECK-LABEL: @through_a_branch
func.func @through_a_branch(%x: memref<8xf32>, %c: i1) {
  // CHECK: %[[A:.*]] = memref.alloc
  %a = memref.alloc() : memref<8xf32>
  // CHECK: scf.if
  %r = scf.if %c -> memref<8xf32> {
    scf.yield %a : memref<8xf32>
  } else {
    // CHECK: memref.alloc
    // CHECK-NOT: memref.dealloc
    %b = memref.alloc() : memref<8xf32>
    scf.yield %b : memref<8xf32>
  }
  // CHECK: memref.copy
  // CHECK-NEXT: memref.dealloc %[[A]]
  memref.copy %r, %x : memref<8xf32> to memref<8xf32>
  return
}

// A loop's buffer of its own is freed in each turn.
// CHECK-LABEL: @in_a_loop
func.func @in_a_loop(%x: memref<8xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    // CHECK: scf.for
    // CHECK: %[[A:.*]] = memref.alloc
    // CHECK: memref.copy
    // CHECK-NEXT: memref.dealloc %[[A]]
    %a = memref.alloc() : memref<8xf32>
    memref.copy %a, %x : memref<8xf32> to memref<8xf32>
  }
  return
}

// -----

func.func @in_parallel(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    // expected-error @below {{an allocation in a parallel loop is not supported}}
    %a = memref.alloc() : memref<8xf32>
    memref.dealloc %a : memref<8xf32>
  }
  return
}
