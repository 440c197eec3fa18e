// RUN: moe-opt --nvptx-emit-loops %s | FileCheck %s

#line = affine_map<(d0) -> (d0)>

// Calls become launches in place, and the functions are gone. Nothing is launched for nothing.
// CHECK: module attributes {gpu.container_module}
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: memref<?xf32>, %[[Y:.*]]: memref<?xf32>
// CHECK-NOT: call @double
// CHECK: %[[N:.*]] = memref.dim %[[X]]
// CHECK: %[[MORE:.*]] = arith.addi %[[N]], %c255{{.*}}
// CHECK: %[[BLOCKS:.*]] = arith.divui %[[MORE]], %c256{{.*}}
// CHECK: %[[GRID:.*]] = arith.minui %[[BLOCKS]], %c65536{{.*}}
// CHECK: %[[SOME:.*]] = arith.cmpi ne, %[[N]], %c0{{.*}}
// CHECK: scf.if %[[SOME]] {
// CHECK: gpu.launch_func @moe_device::@double blocks in (%[[GRID]], %{{.*}}, %{{.*}}) threads in (%c256{{.*}}) args(%[[X]] : memref<?xf32>, %[[Y]] : memref<?xf32>)
// The arithmetic of shapes on the host's own memory is the host's.
// CHECK: call @shape
// What a kernel finds comes back through memory; a truth value travels as a byte.
// CHECK: %[[FLAG:.*]] = arith.extui %{{.*}} : i1 to i8
// CHECK: %[[FOUND:.*]] = memref.alloc() : memref<1xindex>
// CHECK: gpu.launch_func @moe_device::@count
// CHECK-SAME: %[[FLAG]] : i8, %[[FOUND]] : memref<1xindex>
// CHECK: %[[COUNT:.*]] = memref.load %[[FOUND]]
// CHECK: return %[[COUNT]]
func.func @main(%x: memref<?xf32>, %y: memref<?xf32>, %flag: i1) -> index {
  %s = memref.alloc() : memref<4xi64>
  call @double(%x, %y) : (memref<?xf32>, memref<?xf32>) -> ()
  call @shape(%s, %s) : (memref<4xi64>, memref<4xi64>) -> ()
  %n = call @count(%x, %flag) : (memref<?xf32>, i1) -> index
  return %n : index
}

// CHECK-NOT: @double(
func.func private @double(%x: memref<?xf32>, %y: memref<?xf32>) attributes {moe.step} {
  linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]} ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.addf %a, %a : f32
    linalg.yield %t : f32
  }
  return
}

// CHECK: func.func private @shape
// CHECK: linalg.generic
func.func private @shape(%x: memref<4xi64>, %y: memref<4xi64>) attributes {moe.step} {
  linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]} ins(%x : memref<4xi64>) outs(%y : memref<4xi64>) {
  ^bb0(%a: i64, %o: i64):
    %t = arith.addi %a, %a : i64
    linalg.yield %t : i64
  }
  return
}

func.func private @count(%x: memref<?xf32>, %flag: i1) -> index attributes {moe.step} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.while (%i = %c0) : (index) -> index {
    %v = memref.load %x[%i] : memref<?xf32>
    %positive = arith.cmpf ogt, %v, %zero : f32
    %go = arith.andi %positive, %flag : i1
    scf.condition(%go) %i : index
  } do {
  ^bb0(%i: index):
    %next = arith.addi %i, %c1 : index
    scf.yield %next : index
  }
  return %r : index
}

// What others make kernels of is not ours.
// CHECK: func.func private @routing
func.func private @routing(%x: memref<?xf32>) attributes {moe.step, moe.routing = "any"} {
  %c0 = arith.constant 0.0 : f32
  linalg.fill ins(%c0 : f32) outs(%x : memref<?xf32>)
  return
}

// CHECK: gpu.module @moe_device
// CHECK: gpu.func @double(%{{.*}}: memref<?xf32>, %{{.*}}: memref<?xf32>) kernel
