// RUN: moe-opt --nvptx-emit-loops --canonicalize --cse %s | FileCheck %s

#line = affine_map<(d0) -> (d0)>
#outer = affine_map<(d0, d1, d2) -> (d0, d2)>
#inner = affine_map<(d0, d1, d2) -> (d2, d1)>
#both = affine_map<(d0, d1, d2) -> (d0, d1)>

// CHECK-LABEL: func.func @main
// Numbers only: one thread.
// CHECK: gpu.launch_func @moe_device::@scan blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1)
// Operations in a small loop: one block.
// CHECK: gpu.launch_func @moe_device::@sums blocks in (%c1, %c1, %c1) threads in (%c256, %c1, %c1)
// A loop around large operations stays here, each of them a kernel.
// CHECK: scf.for
// CHECK:   memref.alloc
// CHECK:   gpu.launch_func @moe_device::@moe_inner_0
// CHECK:   gpu.launch_func @moe_device::@moe_inner_1
// CHECK: }
// What checks is the host's too, and so is memory of a size that only the loop knows.
// CHECK: scf.for
// CHECK:   cf.assert
// CHECK: scf.for
// CHECK:   %[[SIZE:.*]] = memref.load
// CHECK:   memref.alloc(%[[SIZE]])
// CHECK:   gpu.launch_func
func.func @main(%n: index, %x: memref<?x?xf32>, %y: memref<?x4xf32>, %z: memref<4xf32>, %i: memref<?xindex>) {
  call @scan(%n, %i) : (index, memref<?xindex>) -> ()
  call @sums(%n, %y, %z) : (index, memref<?x4xf32>, memref<4xf32>) -> ()
  call @rows(%n, %x) : (index, memref<?x?xf32>) -> ()
  call @checked(%n, %i) : (index, memref<?xindex>) -> ()
  call @unbounded(%n, %i) : (index, memref<?xindex>) -> ()
  return
}

// CHECK-LABEL: gpu.func @scan(
// CHECK-NOT: gpu.thread_id
// CHECK: gpu.return
func.func private @scan(%n: index, %x: memref<?xindex>) attributes {moe.step} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%s = %c0) -> (index) {
    %v = memref.load %x[%i] : memref<?xindex>
    %next = arith.addi %s, %v : index
    memref.store %next, %x[%i] : memref<?xindex>
    scf.yield %next : index
  }
  return
}

// One thread's loop in between tells the others what it found.
// CHECK-LABEL: gpu.func @sums(
// CHECK-SAME: workgroup(%[[TOLD:.*]] : memref<1xf32, #gpu.address_space<workgroup>>)
// CHECK: scf.for %{{.*}} = %c0 to
// CHECK:   scf.for %{{.*}} = %thread_id_x to %c4 step %c256
// CHECK:   gpu.barrier
// CHECK:   scf.if
// CHECK:     %[[FOUND:.*]] = scf.for
// CHECK:       memref.store
// CHECK:     memref.store %[[FOUND]], %[[TOLD]][%c0]
// CHECK:   gpu.barrier
// CHECK:   %[[TELLS:.*]] = memref.load %[[TOLD]][%c0]
// CHECK:   scf.for %{{.*}} = %thread_id_x to %c4
// CHECK:     memref.store %[[TELLS]]
// CHECK:   gpu.barrier
// CHECK: gpu.return
func.func private @sums(%n: index, %x: memref<?x4xf32>, %y: memref<4xf32>) attributes {moe.step} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %c0 to %n step %c1 {
    %row = memref.subview %x[%i, 0] [1, 4] [1, 1] : memref<?x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]} ins(%row : memref<4xf32, strided<[1], offset: ?>>) outs(%y : memref<4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %t = arith.addf %a, %o : f32
      linalg.yield %t : f32
    }
    %sum = scf.for %j = %c0 to %c4 step %c1 iter_args(%s = %zero) -> (f32) {
      %v = memref.load %y[%j] : memref<4xf32>
      %next = arith.addf %s, %v : f32
      memref.store %next, %y[%j] : memref<4xf32>
      scf.yield %next : f32
    }
    linalg.fill ins(%sum : f32) outs(%row : memref<4xf32, strided<[1], offset: ?>>)
  }
  return
}

// CHECK-NOT: gpu.func @rows
// CHECK: gpu.func @moe_inner_0
func.func private @rows(%n: index, %x: memref<?x?xf32>) attributes {moe.step} {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %zero = arith.constant 0.0 : f32
  scf.for %i = %c0 to %n step %c64 {
    %c = memref.alloc(%n, %n) : memref<?x?xf32>
    linalg.fill ins(%zero : f32) outs(%c : memref<?x?xf32>)
    linalg.generic {indexing_maps = [#outer, #inner, #both], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %x : memref<?x?xf32>, memref<?x?xf32>) outs(%c : memref<?x?xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %o, %p : f32
      linalg.yield %s : f32
    }
  }
  return
}

func.func private @checked(%n: index, %x: memref<?xindex>) attributes {moe.step} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %v = memref.load %x[%i] : memref<?xindex>
    %inside = arith.cmpi ult, %v, %n : index
    cf.assert %inside, "an index is out of range"
  }
  return
}

func.func private @unbounded(%n: index, %x: memref<?xindex>) attributes {moe.step} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  scf.forall (%i) in (%n) {
    %v = memref.load %x[%i] : memref<?xindex>
    %own = memref.alloc(%v) : memref<?xf32>
    linalg.fill ins(%zero : f32) outs(%own : memref<?xf32>)
  }
  return
}
