// RUN: moe-opt --cpu-lower-linalg %s | FileCheck %s

// Lanes along memory, a mask for the rest.
// CHECK-LABEL: @elementwise
// CHECK: scf.parallel
// CHECK: vector.load %{{.*}} vector<16xf32>
// CHECK: math.exp %{{.*}} : vector<16xf32>
// CHECK: vector.store
// CHECK: vector.maskedload
// CHECK: vector.maskedstore
func.func @elementwise(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                  iterator_types = ["parallel", "parallel"]} ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = math.exp %a : f32
    linalg.yield %r : f32
  }
  return
}

// Sixteen partial sums, then halves of them.
// CHECK-LABEL: @row_sums
// CHECK: scf.for {{.*}} -> (vector<16xf32>)
// CHECK: arith.addf %{{.*}} : vector<16xf32>
// CHECK: arith.select
// CHECK: vector.shuffle
// CHECK: arith.addf %{{.*}} : vector<8xf32>
func.func @row_sums(%x: memref<?x?xf32>, %y: memref<?xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
                  iterator_types = ["parallel", "reduction"]} ins(%x : memref<?x?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.addf %a, %o : f32
    linalg.yield %r : f32
  }
  return
}

// Sixteen results of sixteen lanes in registers; one rounding a product and sum.
// CHECK-LABEL: @product
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>
// CHECK-COUNT-16: math.fma
func.func @product(%a: memref<?x?xf32>, %b: memref<?x?xf32>, %c: memref<?x?xf32>) {
  linalg.matmul ins(%a, %b : memref<?x?xf32>, memref<?x?xf32>) outs(%c : memref<?x?xf32>)
  return
}

// What is little stays on the thread.
// CHECK-LABEL: @little
// CHECK-NOT: scf.parallel
// CHECK: vector.maskedstore
func.func @little(%x: memref<3xi64>, %v: i64) {
  linalg.fill ins(%v : i64) outs(%x : memref<3xi64>)
  return
}

// Rows of routing: by the dozen, their memory on the stack.
// CHECK-LABEL: @rows
// CHECK: scf.parallel
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<8xf32>
// CHECK: {moe.grain = 16 : i64}
func.func @rows(%y: memref<?x8xf32>, %n: index, %v: f32) {
  scf.forall (%i) in (%n) {
    %a = memref.alloc() : memref<8xf32>
    linalg.fill ins(%v : f32) outs(%a : memref<8xf32>)
    %row = memref.subview %y[%i, 0] [1, 8] [1, 1] : memref<?x8xf32> to memref<8xf32, strided<[1], offset: ?>>
    memref.copy %a, %row : memref<8xf32> to memref<8xf32, strided<[1], offset: ?>>
  }
  return
}
