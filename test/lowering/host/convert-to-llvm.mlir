// RUN: moe-opt --split-input-file --verify-diagnostics --host-convert-to-llvm --reconcile-unrealized-casts %s | FileCheck %s

module attributes {moe.layers = [{name = "l"}]} {
  // One function fails for all checks.
  // CHECK-LABEL: llvm.func internal @moe_check
  // CHECK: llvm.cond_br
  // CHECK: llvm.mlir.constant(56 : i64)
  // CHECK: llvm.unreachable
  // CHECK: llvm.mlir.global internal unnamed_addr constant @moe_message_0("too long\00")
  // CHECK-LABEL: llvm.func @moe_entry
  // CHECK-SAME: (%[[CONTEXT:[a-z0-9]+]]: !llvm.ptr
  func.func @moe_entry(%context: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) {
    %true = arith.constant true
    // alloc stands at 24 in the context, free at 32.
    // CHECK: llvm.mlir.constant(24 : i64)
    // CHECK: llvm.call %{{.*}}(%[[CONTEXT]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, i64) -> !llvm.ptr
    %a = memref.alloc() : memref<8xf32>
    // The weights' address stands at 8; the weight at 64 from there.
    // CHECK: llvm.mlir.constant(8 : i64)
    // CHECK: llvm.load %{{.*}} invariant
    // CHECK: llvm.mlir.constant(64 : i64)
    %w = moe.weight [#moe.piece<"m" at 0 shape [4] strides [1]>] {offset = 64 : i64} : memref<4xf32>
    // CHECK: llvm.call @moe_check(%[[CONTEXT]],
    // CHECK: llvm.icmp "eq"
    // CHECK: llvm.cond_br
    cf.assert %true, "too long"
    moe.observe "l" logits %w {number = 3 : i32} : memref<4xf32>
    // CHECK: llvm.mlir.constant(32 : i64)
    // CHECK: llvm.call %{{.*}}(%[[CONTEXT]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, !llvm.ptr) -> ()
    memref.dealloc %a : memref<8xf32>
    return
  }
}

// -----

func.func @elsewhere() {
  // expected-error @below {{failed to legalize operation 'memref.alloc'}}
  %a = memref.alloc() : memref<8xf32>
  return
}
