// RUN: moe-opt --split-input-file --verify-diagnostics --host-hoist-allocas %s | FileCheck %s

// CHECK-LABEL: @in_a_loop
func.func @in_a_loop(%n: index, %v: f32) {
  // CHECK-NEXT: memref.alloca() : memref<4xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: scf.for
  // CHECK-NOT: memref.alloca
  scf.for %i = %c0 to %n step %c1 {
    %a = memref.alloca() : memref<4xf32>
    memref.store %v, %a[%c0] : memref<4xf32>
  }
  return
}

// -----

func.func @dynamic(%n: index) {
  // expected-error @below {{a stack allocation of dynamic size is not supported}}
  %a = memref.alloca(%n) : memref<?xf32>
  return
}
