// RUN: moe-opt --split-input-file --verify-diagnostics --host-bind-context %s | FileCheck %s

// CHECK-LABEL: func.func @moe_entry
// CHECK-SAME: (%{{.*}}: !llvm.ptr {{{.*}}}, %[[IN:.*]]: !llvm.ptr {{{.*}}}, %[[OUT:.*]]: !llvm.ptr {{{.*}}})
func.func @main(%x: memref<?x4xf32>, %y: memref<f32>) -> memref<?x4xf32> {
  // The second input lies one moe_abi_tensor further.
  // CHECK: llvm.load %[[IN]] : !llvm.ptr -> !llvm.ptr
  // CHECK: llvm.mlir.constant(80 : i64)
  // CHECK: llvm.getelementptr %[[IN]]
  // CHECK: llvm.store %{{.*}}, %[[OUT]] : !llvm.ptr, !llvm.ptr
  // CHECK: llvm.mlir.constant(2 : i64)
  // CHECK: return{{$}}
  return %x : memref<?x4xf32>
}

// -----

// expected-error @below {{expected dense memrefs of rank 0 to 8 as inputs and outputs of @main, found 'memref<4xf32, strided<[2]>>'}}
func.func @main(%x: memref<4xf32, strided<[2]>>) {
  return
}

// -----

// expected-error @below {{expected a function @main with one block}}
module {
}
