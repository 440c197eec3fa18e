// RUN: moe-opt --split-input-file --verify-diagnostics --cpu-outline-parallel %s | FileCheck %s

// CHECK-LABEL: func.func private @moe_body_0
// CHECK-SAME: (%[[CLOSURE:.*]]: !llvm.ptr {{{.*}}}, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK: llvm.load %[[CLOSURE]]
// CHECK: scf.for
// Loops within stay on the thread.
// CHECK: scf.for
// CHECK-NOT: scf.parallel
// CHECK-LABEL: func.func @moe_entry
// CHECK-SAME: (%[[CONTEXT:[a-z0-9]+]]: !llvm.ptr
// One grain is run at once.
// CHECK: arith.cmpi sle
// CHECK: scf.if
// CHECK: call @moe_body_0
// CHECK: else
// CHECK: llvm.mlir.constant(40 : i64)
// CHECK: llvm.getelementptr %[[CONTEXT]]
// CHECK: llvm.call %{{.*}}(%[[CONTEXT]],
func.func @moe_entry(%context: !llvm.ptr, %x: memref<?xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %v = arith.constant 1.0 : f32
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    scf.parallel (%j) = (%c0) to (%n) step (%c1) {
      memref.store %v, %x[%j] : memref<?xf32>
    }
  } {moe.grain = 4 : i64}
  return
}
