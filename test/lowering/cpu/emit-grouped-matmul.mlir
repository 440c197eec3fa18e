// RUN: moe-opt --cpu-emit-grouped-matmul=isa=avx512 --split-input-file %s | FileCheck %s
// RUN: moe-opt --cpu-emit-grouped-matmul=isa=avx2 --split-input-file %s | FileCheck %s --check-prefix=AVX2

// Rows are gathered once, units are listed, tickets call the kernel and end with the epilogue.

// CHECK-LABEL: func.func @gathered
// CHECK: %[[COPY:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?x1040xf32>
// CHECK: scf.parallel
// CHECK: arith.cmpi slt
// CHECK: vector.store {{.*}} memref<?x1040xf32>, vector<16xf32>
// CHECK: {moe.grain = 15 : i64}
// CHECK: memref.alloc({{.*}}) : memref<?x3xi32>
// CHECK: scf.parallel
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<128x48xf32>
// CHECK-NOT: memref.alloc(
// CHECK: call @moe_block_f32
// CHECK: vector.maskedload {{.*}} memref<4x100xf32>, vector<16xi1>
// CHECK: math.exp {{.*}} : vector<16xf32>
// CHECK: vector.maskedstore
// CHECK: {moe.grain = 1 : i64}
// CHECK-NOT: moe.grouped_matmul
// AVX2-LABEL: func.func @gathered
// AVX2: math.exp {{.*}} : vector<8xf32>

// One function for the module: a chain of fma in ascending depth for every height.
// CHECK: func.func private @moe_block_f32
// CHECK-SAME: llvm.linkage = #llvm.linkage<internal>, no_inline
// CHECK-COUNT-24: math.fma {{.*}} : vector<16xf32>
// CHECK-NOT: math.fma
// CHECK: scf.index_switch
// CHECK: case 7
// CHECK-NOT: case 8
// AVX2: func.func private @moe_block_f32
// AVX2-COUNT-12: math.fma {{.*}} : vector<8xf32>
// AVX2-NOT: math.fma
// AVX2: scf.index_switch
// AVX2: case 3
// AVX2-NOT: case 4
func.func @gathered(%x: memref<?x1024xf32>, %o: memref<5xi32>, %s: memref<?xi32>,
                    %w: memref<4x3x1024x48xf32>, %b: memref<4x100xf32>, %y: memref<?x100xf32>) {
  moe.grouped_matmul %x offsets(%o : memref<5xi32>) row_index(%s : memref<?xi32>)
      weights(%w : memref<4x3x1024x48xf32>) columns(%b : memref<4x100xf32>)
      into(%y : memref<?x100xf32>) {divisor = 2 : i64} : memref<?x1024xf32> epilogue {
  ^bb0(%acc: f32, %bias: f32):
    %0 = arith.addf %acc, %bias : f32
    %1 = math.exp %0 : f32
    moe.yield %1 : f32
  }
  return
}

// -----

// Dense rows of a good pitch are read in place: no allocation at all with one group.

// CHECK-LABEL: func.func @in_place
// CHECK-NOT: memref.alloc(
// CHECK: call @moe_block_f32
// CHECK: vector.store {{.*}} memref<?x96xf32>, vector<16xf32>
// CHECK-NOT: maskedstore
func.func @in_place(%x: memref<?x768xf32>, %w: memref<1x2x768x48xf32>, %y: memref<?x96xf32>) {
  moe.grouped_matmul %x weights(%w : memref<1x2x768x48xf32>) into(%y : memref<?x96xf32>)
      : memref<?x768xf32>
  return
}

// -----

// Weights of 16 bits are widened a block at a time, rows with their copy.

// CHECK-LABEL: func.func @halves
// CHECK: arith.extf {{.*}} : vector<16xbf16> to vector<16xf32>
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<256x48xf32>
// CHECK: call @moe_widen_bf16_f32
// CHECK: call @moe_block_f32
// CHECK: arith.truncf {{.*}} : vector<16xf32> to vector<16xbf16>
func.func @halves(%x: memref<?x768xbf16>, %w: memref<1x1x384x48x2xbf16>, %y: memref<?x48xbf16>) {
  moe.grouped_matmul %x weights(%w : memref<1x1x384x48x2xbf16>) into(%y : memref<?x48xbf16>)
      : memref<?x768xbf16>
  return
}
