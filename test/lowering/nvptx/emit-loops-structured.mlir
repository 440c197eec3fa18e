// RUN: moe-opt --nvptx-emit-loops --canonicalize %s | FileCheck %s

#plane = affine_map<(d0, d1) -> (d0, d1)>
#turned = affine_map<(d0, d1) -> (d1, d0)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// Dense memory is one line; a number is passed as it is.
// CHECK-LABEL: gpu.func @fill(
// CHECK-SAME: %[[V:.*]]: f32, %[[X:.*]]: memref<?x?xf32>
// CHECK-DAG: %[[FLAT:.*]] = memref.collapse_shape %[[X]] {{\[\[}}0, 1]]
// CHECK-DAG: %[[THREAD:.*]] = gpu.thread_id x
// CHECK-DAG: %[[BLOCK:.*]] = gpu.block_id x
// CHECK-DAG: %[[BLOCKS:.*]] = gpu.grid_dim x
// CHECK-DAG: %[[FIRST:.*]] = arith.muli %[[BLOCK]], %c256
// CHECK-DAG: %[[RANK:.*]] = arith.addi %[[FIRST]], %[[THREAD]]
// CHECK-DAG: %[[ALL:.*]] = arith.muli %[[BLOCKS]], %c256
// CHECK: scf.for %[[I:.*]] = %[[RANK]] to %{{.*}} step %[[ALL]] {
// CHECK-NEXT: memref.store %[[V]], %[[FLAT]][%[[I]]]
// CHECK-NEXT: }
// CHECK-NEXT: gpu.return
func.func private @fill(%v: f32, %x: memref<?x?xf32>) attributes {moe.step} {
  linalg.fill ins(%v : f32) outs(%x : memref<?x?xf32>)
  return
}

// Neighbours write neighbours: the output's last dimension is the fastest.
// CHECK-LABEL: gpu.func @transpose(
// CHECK-SAME: %[[X:.*]]: memref<?x8xf32>, %[[Y:.*]]: memref<8x?xf32>
// CHECK: %[[N:.*]] = memref.dim %[[X]], %c0
// CHECK: scf.for %[[I:.*]] = 
// CHECK-NEXT: %[[FAST:.*]] = arith.remui %[[I]], %[[N]]
// CHECK-NEXT: %[[SLOW:.*]] = arith.divui %[[I]], %[[N]]
// CHECK-NEXT: %[[VALUE:.*]] = memref.load %[[X]][%[[FAST]], %[[SLOW]]]
// CHECK-NEXT: memref.store %[[VALUE]], %[[Y]][%[[SLOW]], %[[FAST]]]
func.func private @transpose(%x: memref<?x8xf32>, %y: memref<8x?xf32>) attributes {moe.step} {
  linalg.transpose ins(%x : memref<?x8xf32>) outs(%y : memref<8x?xf32>) permutation = [1, 0]
  return
}

// A copy in place is none: no kernel, no launch.
// CHECK-NOT: gpu.func @nothing
func.func private @nothing(%x: memref<?xf32>) attributes {moe.step} {
  memref.copy %x, %x : memref<?xf32> to memref<?xf32>
  return
}

// A long sum along memory: a block each, parts in shared memory, a tree of fixed form.
// CHECK-LABEL: gpu.func @norm(
// CHECK-SAME: workgroup(%[[PARTS:.*]] : memref<256xf32, #gpu.address_space<workgroup>>)
// CHECK: scf.for %[[ROW:.*]] = %block_id_x to
// CHECK: %[[PART:.*]] = scf.for %[[AT:.*]] = %thread_id_x to %{{.*}} step %c256 iter_args(%[[SUM:.*]] = %{{.*}}) -> (f32) {
// CHECK:   %[[V:.*]] = memref.load %{{.*}}[%[[ROW]], %[[AT]]]
// CHECK:   %[[NEXT:.*]] = math.fma %[[V]], %[[V]], %[[SUM]]
// CHECK:   scf.yield %[[NEXT]]
// CHECK: memref.store %[[PART]], %[[PARTS]][%thread_id_x]
// CHECK: gpu.barrier
// CHECK: arith.cmpi ult, %thread_id_x, %c128
// CHECK: gpu.barrier
// CHECK: arith.cmpi ult, %thread_id_x, %c64
// CHECK: arith.cmpi ult, %thread_id_x, %c1
// CHECK: gpu.barrier
// CHECK: scf.if
// CHECK:   arith.addf
// CHECK:   memref.store %{{.*}}, %{{.*}}[%[[ROW]]]
// CHECK: gpu.barrier
// CHECK-NEXT: }
func.func private @norm(%x: memref<?x?xf32>, %y: memref<?xf32>) attributes {moe.step} {
  linalg.generic {indexing_maps = [#plane, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %p = arith.mulf %a, %a : f32
    %s = arith.addf %o, %p : f32
    linalg.yield %s : f32
  }
  return
}

// A short one: a thread each, in order.
// CHECK-LABEL: gpu.func @short(
// CHECK-NOT: workgroup
// CHECK: scf.for %[[ROW:.*]] =
// CHECK: %[[OLD:.*]] = memref.load %{{.*}}[%[[ROW]]]
// CHECK: %[[SUM:.*]] = scf.for %{{.*}} = %c0 to %c8 step %c1 iter_args(%{{.*}} = %[[OLD]])
// CHECK: memref.store %[[SUM]], %{{.*}}[%[[ROW]]]
// CHECK-NOT: gpu.barrier
// CHECK: gpu.return
func.func private @short(%x: memref<?x8xf32>, %y: memref<?xf32>) attributes {moe.step} {
  linalg.generic {indexing_maps = [#plane, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x8xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}

// Across memory neighbours read neighbours, however long.
// CHECK-LABEL: gpu.func @across(
// CHECK-NOT: gpu.barrier
// CHECK: gpu.return
func.func private @across(%x: memref<?x8xf32>, %y: memref<8xf32>) attributes {moe.step} {
  linalg.generic {indexing_maps = [#turned, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  }
  return
}

// A place that goes with a value has no order of its own: a thread each.
// CHECK-LABEL: gpu.func @argmax(
// CHECK-NOT: gpu.barrier
// CHECK: iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) -> (f32, i64)
// CHECK: gpu.return
func.func private @argmax(%x: memref<?x?xf32>, %y: memref<?xf32>, %z: memref<?xi64>) attributes {moe.step} {
  linalg.generic {indexing_maps = [#plane, #row, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x?xf32>) outs(%y, %z : memref<?xf32>, memref<?xi64>) {
  ^bb0(%a: f32, %o: f32, %p: i64):
    %i = linalg.index 1 : index
    %n = arith.index_cast %i : index to i64
    %more = arith.cmpf ogt, %a, %o : f32
    %v = arith.select %more, %a, %o : f32
    %w = arith.select %more, %n, %p : i64
    linalg.yield %v, %w : f32, i64
  }
  return
}

// Products: tiles in shared memory, what is multiplied widened on the way in, one fused sum.
// CHECK-LABEL: gpu.func @product(
// CHECK-SAME: workgroup(%[[A:.*]] : memref<16x65xf32, #gpu.address_space<workgroup>>, %[[B:.*]] : memref<16x65xf32, #gpu.address_space<workgroup>>)
// CHECK: scf.for %{{.*}} = %block_id_x
// CHECK: scf.for %{{.*}} step %c16 iter_args
// CHECK: %[[ITEM:.*]] = memref.load %{{.*}} : memref<?x?xf16>
// CHECK: arith.extf %[[ITEM]]
// CHECK: memref.store %{{.*}}, %[[A]]
// CHECK: memref.store %{{.*}}, %[[B]]
// CHECK: gpu.barrier
// CHECK: scf.for %{{.*}} = %c0 to %c16 step %c1 iter_args
// CHECK-COUNT-16: math.fma
// CHECK: gpu.barrier
func.func private @product(%a: memref<?x?xf16>, %b: memref<?x?xf16>, %c: memref<?x?xf32>) attributes {moe.step} {
  linalg.matmul ins(%a, %b : memref<?x?xf16>, memref<?x?xf16>) outs(%c : memref<?x?xf32>)
  return
}

// One row is no tile.
// CHECK-LABEL: gpu.func @vector(
// CHECK-NOT: memref<16x65xf32
// CHECK: gpu.return
func.func private @vector(%a: memref<1x?xf32>, %b: memref<?x?xf32>, %c: memref<1x?xf32>) attributes {moe.step} {
  linalg.matmul ins(%a, %b : memref<1x?xf32>, memref<?x?xf32>) outs(%c : memref<1x?xf32>)
  return
}
