// RUN: moe-opt --nvptx-emit-loops --canonicalize --cse %s | FileCheck %s

#line = affine_map<(d0) -> (d0)>

// Little in a turn: a thread each, with memory of its own.
// CHECK-LABEL: func.func @main
// CHECK: gpu.launch_func @moe_device::@threads blocks in
// CHECK-SAME: threads in (%c256,
// As many blocks as have a slice of the memory that the host allocates for all of them.
// CHECK: %[[BLOCKS:.*]] = arith.minui %{{.*}}, %c512
// CHECK: %[[ALL:.*]] = arith.muli %{{.*}}, %[[BLOCKS]]
// CHECK: %[[SCRATCH:.*]] = memref.alloc(%[[ALL]]) : memref<?xi8>
// CHECK: gpu.launch_func @moe_device::@blocks blocks in (%[[BLOCKS]],
// CHECK-SAME: %[[SCRATCH]] : memref<?xi8>
func.func @main(%n: index, %m: index, %x: memref<?x4xf32>, %y: memref<?x?xf32>) {
  call @threads(%n, %x) : (index, memref<?x4xf32>) -> ()
  call @blocks(%n, %m, %y) : (index, index, memref<?x?xf32>) -> ()
  return
}

// CHECK-LABEL: gpu.func @threads(
// CHECK: %[[OWN:.*]] = memref.alloca() : memref<4xf32>
// CHECK: %[[RANK:.*]] = arith.addi
// CHECK: scf.for %[[TURN:.*]] = %[[RANK]] to
// CHECK:   scf.for %[[I:.*]] = %c0 to %c4 step %c1
// CHECK:     memref.store %{{.*}}, %[[OWN]][%[[I]]]
// CHECK-NOT: gpu.barrier
// CHECK: gpu.return
func.func private @threads(%n: index, %x: memref<?x4xf32>) attributes {moe.step} {
  scf.forall (%i) in (%n) {
    %row = memref.subview %x[%i, 0] [1, 4] [1, 1] : memref<?x4xf32> to memref<4xf32, strided<[1], offset: ?>>
    %own = memref.alloc() : memref<4xf32>
    linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]} ins(%row : memref<4xf32, strided<[1], offset: ?>>) outs(%own : memref<4xf32>) {
    ^bb0(%a: f32, %o: f32):
      %t = arith.addf %a, %a : f32
      linalg.yield %t : f32
    }
    memref.copy %own, %row : memref<4xf32> to memref<4xf32, strided<[1], offset: ?>>
    memref.copy %row, %row : memref<4xf32, strided<[1], offset: ?>> to memref<4xf32, strided<[1], offset: ?>>
  }
  return
}

// Much: a block each. Operations are shared out, one thread stores, all meet in between.
// CHECK-LABEL: gpu.func @blocks(
// CHECK-SAME: %[[M:[a-z0-9]*]]: index, %[[Y:[a-z0-9]*]]: memref<?x?xf32>, %[[AT:[a-z0-9]*]]: index, %[[SCRATCH:[a-z0-9]*]]: memref<?xi8>, %[[STEP:[a-z0-9]*]]: index)
// CHECK-SAME: workgroup(%[[SHARED:.*]] : memref<8xf32, #gpu.address_space<workgroup>>)
// CHECK: scf.for %[[TURN:.*]] = %block_id_x to
// CHECK:   memref.memory_space_cast %[[SHARED]]
// CHECK:   memref.view %[[SCRATCH]][%{{.*}}][%[[M]]] : memref<?xi8> to memref<?xf32>
// CHECK:   scf.for %{{.*}} = %thread_id_x to %[[M]] step %c256
// CHECK:   gpu.barrier
// CHECK:   memref.load
// CHECK-NOT: gpu.barrier
// CHECK:   memref.load
// CHECK:   gpu.barrier
// CHECK:   %[[FIRST:.*]] = arith.cmpi eq, %thread_id_x, %c0
// CHECK:   scf.if %[[FIRST]] {
// CHECK-NEXT: memref.store
// CHECK-NEXT: }
// CHECK:   gpu.barrier
// CHECK:   scf.for %{{.*}} = %thread_id_x to %c8
// CHECK:   gpu.barrier
// CHECK-NEXT: }
// CHECK-NEXT: gpu.return
func.func private @blocks(%n: index, %m: index, %y: memref<?x?xf32>) attributes {moe.step} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  scf.forall (%i) in (%n) {
    %small = memref.alloc() : memref<8xf32>
    %large = memref.alloc(%m) : memref<?xf32>
    %row = memref.subview %y[%i, 0] [1, %m] [1, 1] : memref<?x?xf32> to memref<?xf32, strided<[1], offset: ?>>
    memref.copy %row, %large : memref<?xf32, strided<[1], offset: ?>> to memref<?xf32>
    %a = memref.load %large[%c0] : memref<?xf32>
    %b = memref.load %large[%c1] : memref<?xf32>
    %s = arith.addf %a, %b : f32
    memref.store %s, %large[%c0] : memref<?xf32>
    linalg.fill ins(%s : f32) outs(%small : memref<8xf32>)
  }
  return
}
