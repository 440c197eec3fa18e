// RUN: moe-opt --moe-widen-bits %s | FileCheck %s

// CHECK: memref.global "private" constant @mask : memref<2xi8> = dense<[1, 0]>
memref.global "private" constant @mask : memref<2xi1> = dense<[true, false]>

// CHECK-LABEL: func.func @main(%{{.*}}: memref<2xi8>) -> memref<2xi8>
func.func @main(%m: memref<2xi1>) -> memref<2xi1> {
  %c0 = arith.constant 0 : index
  // CHECK: %[[BYTE:.*]] = memref.load %{{.*}} : memref<2xi8>
  // CHECK: %[[BIT:.*]] = arith.trunci %[[BYTE]] : i8 to i1
  %b = memref.load %m[%c0] : memref<2xi1>
  %out = memref.alloc() : memref<2xi1>
  %k = memref.get_global @mask : memref<2xi1>
  // CHECK: ^bb0(%[[A:.*]]: i8, %{{.*}}: i8):
  // CHECK: arith.trunci %[[A]] : i8 to i1
  // CHECK: %[[WIDE:.*]] = arith.extui %{{.*}} : i1 to i8
  // CHECK: linalg.yield %[[WIDE]] : i8
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%k : memref<2xi1>) outs(%out : memref<2xi1>) {
  ^bb0(%i: i1, %o: i1):
    %r = arith.xori %i, %b : i1
    linalg.yield %r : i1
  }
  return %out : memref<2xi1>
}

// CHECK-LABEL: @fill_writes_bytes
// CHECK: %[[BYTE:.*]] = arith.extui %{{.*}} : i1 to i8
// CHECK: linalg.fill ins(%[[BYTE]] : i8) outs(%{{.*}} : memref<?xi8>)
func.func @fill_writes_bytes(%bit: i1, %out: memref<?xi1>) {
  linalg.fill ins(%bit : i1) outs(%out : memref<?xi1>)
  return
}
