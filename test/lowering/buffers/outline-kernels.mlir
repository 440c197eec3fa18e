// RUN: moe-opt --moe-outline-kernels %s | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// CHECK-LABEL: func.func @main
// CHECK: call @moe_kernel_0(%[[X:.*]], %[[Y:.*]]) : (memref<8xf32>, memref<8xf32>)
// Equal ones are one.
// CHECK-NEXT: call @moe_kernel_0(%[[Y]], %[[X]])
// Another constant is another kernel.
// CHECK-NEXT: call @moe_kernel_1(
// A number that is only compared is an argument.
// CHECK: call @moe_kernel_2(%{{.*}}, %{{.*}}, %c0_i64)
// CHECK: call @moe_kernel_2(%{{.*}}, %{{.*}}, %c1_i64)
// The place of a slice is an argument too.
// CHECK: memref.subview
// CHECK: call @moe_kernel_3(
// Which layer it serves, the call says.
// CHECK: memref.subview
// CHECK: call @moe_kernel_3(%{{.*}}) {moe.layer = 1 : i64}
// Numbers come back; what makes memory for others stays, and what is within it is looked at.
// CHECK: %[[N:.*]] = call @moe_kernel_4
// CHECK: scf.if
// CHECK:   memref.alloc
// CHECK:   call @moe_kernel_0(
// Routing stays whole.
// CHECK: func.func private @moe_routing_0
// CHECK:   linalg.fill
// CHECK: func.func private @moe_kernel_0(%{{.*}}: memref<8xf32>, %{{.*}}: memref<8xf32>) attributes {llvm.linkage = #llvm.linkage<internal>, moe.step, passthrough = ["noinline"]}
// CHECK: func.func private @moe_kernel_3(%{{.*}}: memref<4xf32, strided<[1], offset: ?>>
// CHECK: func.func private @moe_kernel_4({{.*}}) -> i64
// CHECK-NOT: func.func
func.func @main(%x: memref<8xf32>, %y: memref<8xf32>, %ids: memref<8xi64>, %mask: memref<8xi1>, %c: i1) -> memref<8xf32> {
  %two = arith.constant 2.0 : f32
  %three = arith.constant 3.0 : f32
  %e0 = arith.constant 0 : i64
  %e1 = arith.constant 1 : i64
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.mulf %a, %two : f32
    linalg.yield %t : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%y : memref<8xf32>) outs(%x : memref<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.mulf %a, %two : f32
    linalg.yield %t : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : memref<8xf32>) outs(%y : memref<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.mulf %a, %three : f32
    linalg.yield %t : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%ids : memref<8xi64>) outs(%mask : memref<8xi1>) {
  ^bb0(%a: i64, %o: i1):
    %t = arith.cmpi eq, %a, %e0 : i64
    linalg.yield %t : i1
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%ids : memref<8xi64>) outs(%mask : memref<8xi1>) {
  ^bb0(%a: i64, %o: i1):
    %t = arith.cmpi eq, %a, %e1 : i64
    linalg.yield %t : i1
  }
  %s2 = memref.subview %x[2] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 2>>
  linalg.fill ins(%two : f32) outs(%s2 : memref<4xf32, strided<[1], offset: 2>>)
  %s3 = memref.subview %x[3] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 3>>
  linalg.fill {moe.layer = 1 : i64} ins(%two : f32) outs(%s3 : memref<4xf32, strided<[1], offset: 3>>)
  %n = scf.for %i = %c0 to %c8 step %c1 iter_args(%sum = %e0) -> (i64) {
    %v = memref.load %ids[%i] : memref<8xi64>
    %next = arith.addi %sum, %v : i64
    scf.yield %next : i64
  }
  memref.store %n, %ids[%c0] : memref<8xi64>
  %r = scf.if %c -> memref<8xf32> {
    %made = memref.alloc() : memref<8xf32>
    linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : memref<8xf32>) outs(%made : memref<8xf32>) {
    ^bb0(%a: f32, %o: f32):
      %t = arith.mulf %a, %two : f32
      linalg.yield %t : f32
    }
    scf.yield %made : memref<8xf32>
  } else {
    scf.yield %y : memref<8xf32>
  }
  return %r : memref<8xf32>
}

func.func private @moe_routing_0(%x: memref<8xf32>) attributes {moe.routing = {op = "moe.gate"}} {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%x : memref<8xf32>)
  return
}
