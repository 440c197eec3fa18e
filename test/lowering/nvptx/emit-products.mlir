// RUN: moe-opt --nvptx-emit-products --split-input-file %s | FileCheck %s
// RUN: moe-opt --nvptx-emit-products=precision=tf32 --split-input-file %s | FileCheck %s --check-prefix=TF32
// RUN: moe-opt --nvptx-emit-products --split-input-file --remarks-filter=nvptx-emit-products %s 2>&1 | FileCheck %s --check-prefix=SAY

// Routed rows of 16 bits, two weights: a kernel for many rows of a group and one for few. How many there are
// of each group is read on the device; the host bounds the grid by all rows and all groups.
// CHECK-NOT: func.func private @gated
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: memref<?x2048xbf16>, %[[OFFSETS:.*]]: memref<129xi32>, %[[INDEX:.*]]: memref<?xi32>, %[[W:.*]]: memref<128x2048x768xbf16>, %[[Y:.*]]: memref<?x768xbf16>
// CHECK: %[[ROWS:.*]] = memref.dim %[[Y]]
// CHECK: %[[LIMIT:.*]] = arith.constant 4096 : index
// CHECK: %[[MANY:.*]] = arith.cmpi ugt, %[[ROWS]], %[[LIMIT]]
// CHECK: scf.if %[[MANY]]
// CHECK: %[[TILES:.*]] = arith.divui
// CHECK: %[[MORE:.*]] = arith.addi %[[TILES]], %c128
// CHECK: %[[ALL:.*]] = arith.muli %[[MORE]], %c6
// CHECK: %[[BLOCKS:.*]] = arith.minui %[[ALL]], %c65536
// CHECK: gpu.launch_func @moe_device::@gated_many blocks in (%[[BLOCKS]], {{.*}}) threads in (%c256
// CHECK-SAME: args(%[[X]] : memref<?x2048xbf16>, %[[OFFSETS]] : memref<129xi32>, %[[INDEX]] : memref<?xi32>, %[[W]] : {{.*}}, %[[W]] : {{.*}}, %[[Y]] : {{.*}}, %{{.*}} : i64)
// CHECK: else
// CHECK: gpu.launch_func @moe_device::@gated_few

// CHECK: gpu.module @moe_device
// CHECK: llvm.mlir.global external @moe_product_shared() {addr_space = 3 : i32, alignment = 128 : i64}
// CHECK: llvm.func @gated_many(%{{.*}}: !llvm.ptr<1>, {{.*}}: i64) attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: 256>}
// A block counts the tiles of all groups and takes every so many of them; each lane looks at some groups.
// CHECK: nvvm.shfl.sync up
// CHECK: scf.for
// CHECK: nvvm.vote.sync ballot
// The ring, filled through the row index, at most two commits under way.
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.wait.group 2
// CHECK: nvvm.barrier0
// CHECK: nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<row>
// CHECK: nvvm.ldmatrix {{.*}}layout = #nvvm.mma_layout<col>
// Fragments are read a step ahead: the next stage is waited for before the last products of this one.
// CHECK: scf.for
// CHECK-COUNT-32: nvvm.mma.sync
// CHECK: nvvm.cp.async.wait.group 2
// CHECK: nvvm.barrier0
// CHECK: nvvm.ldmatrix
// CHECK-COUNT-32: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
// The epilogue on the sums, rounded once.
// CHECK: math.exp
// CHECK: arith.truncf {{.*}} : f32 to bf16
// CHECK: llvm.store {{.*}} {alignment = 16 : i64} : vector<8xbf16>, !llvm.ptr<1>
// CHECK: llvm.func @gated_few
// SAY: 128x128x32 by 2x4 warps, 4 stages, tensor instructions
// SAY: 16x32x64 by 1x2 warps, 6 stages, tensor instructions
func.func private @gated(%x: memref<?x2048xbf16>, %offsets: memref<129xi32>, %index: memref<?xi32>, %w: memref<128x2048x768xbf16>, %v: memref<128x2048x768xbf16>, %y: memref<?x768xbf16>) {
  moe.grouped_matmul %x offsets(%offsets : memref<129xi32>) row_index(%index : memref<?xi32>) weights(%w, %v : memref<128x2048x768xbf16>, memref<128x2048x768xbf16>) into(%y : memref<?x768xbf16>) {divisor = 8 : i64} : memref<?x2048xbf16> epilogue {
  ^bb0(%gate: f32, %up: f32):
    %exp = math.exp %gate : f32
    %r = arith.mulf %exp, %up : f32
    moe.yield %r : f32
  }
  return
}
func.func @main(%x: memref<?x2048xbf16>, %offsets: memref<129xi32>, %index: memref<?xi32>, %w: memref<128x2048x768xbf16>, %y: memref<?x768xbf16>) {
  call @gated(%x, %offsets, %index, %w, %w, %y) : (memref<?x2048xbf16>, memref<129xi32>, memref<?xi32>, memref<128x2048x768xbf16>, memref<128x2048x768xbf16>, memref<?x768xbf16>) -> ()
  return
}

// -----

// f32 by exact multiply-adds, unless tf32 is asked for. The number of rows is known: one kernel.
// CHECK-LABEL: func.func @main
// CHECK-NOT: scf.if
// CHECK: gpu.launch_func @moe_device::@dense_many
// CHECK-NOT: _few
// CHECK: llvm.func @dense_many
// CHECK-NOT: nvvm.mma.sync
// CHECK: llvm.intr.fma
// SAY: 128x128x16 by 16x16 threads, 3 stages, exact fma
// TF32: llvm.func @dense_many
// TF32: nvvm.convert.float.to.tf32
// TF32: nvvm.mma.sync {{.*}}multiplicandAPtxType = #nvvm.mma_type<tf32>
func.func private @dense(%x: memref<300x64xf32>, %w: memref<1x64x256xf32>, %y: memref<300x256xf32>) {
  moe.grouped_matmul %x weights(%w : memref<1x64x256xf32>) into(%y : memref<300x256xf32>) : memref<300x64xf32>
  return
}
func.func @main(%x: memref<300x64xf32>, %w: memref<1x64x256xf32>, %y: memref<300x256xf32>) {
  call @dense(%x, %w, %y) : (memref<300x64xf32>, memref<1x64x256xf32>, memref<300x256xf32>) -> ()
  return
}

// -----

// Where a slice starts is known at launch: whole chunks if it can be, else one element at a time.
// CHECK-LABEL: func.func @main
// CHECK: memref.extract_strided_metadata
// CHECK: arith.remui
// CHECK: scf.if
// CHECK: gpu.launch_func @moe_device::@slice_few
// CHECK: else
// CHECK: gpu.launch_func @moe_device::@slice_few_unaligned
// CHECK: llvm.func @slice_few(%{{.*}}: !llvm.ptr<1>, %{{.*}}: i64, %{{.*}}: !llvm.ptr<1>
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16
// CHECK: llvm.func @slice_few_unaligned
func.func private @slice(%x: memref<16x64xf16, strided<[?, 1], offset: ?>>, %w: memref<1x64x256xf16>, %y: memref<16x256xf16>) {
  moe.grouped_matmul %x weights(%w : memref<1x64x256xf16>) into(%y : memref<16x256xf16>) : memref<16x64xf16, strided<[?, 1], offset: ?>>
  return
}
func.func @main(%x: memref<16x64xf16, strided<[?, 1], offset: ?>>, %w: memref<1x64x256xf16>, %y: memref<16x256xf16>) {
  call @slice(%x, %w, %y) : (memref<16x64xf16, strided<[?, 1], offset: ?>>, memref<1x64x256xf16>, memref<16x256xf16>) -> ()
  return
}

// -----

// Odd rows of 16 bits come through registers, and still meet tensor instructions.
// CHECK-LABEL: llvm.func @odd_few
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.mma.sync
// CHECK: llvm.func @mixed_few
// CHECK-NOT: nvvm.mma.sync
// CHECK: arith.extf {{.*}} : f16 to f32
// CHECK: llvm.intr.fma
func.func private @odd(%x: memref<16x63xf16>, %w: memref<1x63x41xf16>, %y: memref<16x41xf16>) {
  moe.grouped_matmul %x weights(%w : memref<1x63x41xf16>) into(%y : memref<16x41xf16>) : memref<16x63xf16>
  return
}
// Dequantised weights are not rounded to the rows' type.
func.func private @mixed(%x: memref<16x64xf16>, %w: memref<1x64x40xf32>, %y: memref<16x40xf16>) {
  moe.grouped_matmul %x weights(%w : memref<1x64x40xf32>) into(%y : memref<16x40xf16>) : memref<16x64xf16>
  return
}
func.func @main(%x: memref<16x63xf16>, %w: memref<1x63x41xf16>, %y: memref<16x41xf16>, %x1: memref<16x64xf16>, %w1: memref<1x64x40xf32>, %y1: memref<16x40xf16>) {
  call @odd(%x, %w, %y) : (memref<16x63xf16>, memref<1x63x41xf16>, memref<16x41xf16>) -> ()
  call @mixed(%x1, %w1, %y1) : (memref<16x64xf16>, memref<1x64x40xf32>, memref<16x40xf16>) -> ()
  return
}

// -----

// Nothing to compute, nothing to launch.
// CHECK-LABEL: func.func @nothing
// CHECK-NOT: gpu.launch_func
func.func @nothing(%x: memref<0x8xf16>, %w: memref<1x8x8xf16>, %y: memref<0x8xf16>) {
  moe.grouped_matmul %x weights(%w : memref<1x8x8xf16>) into(%y : memref<0x8xf16>) : memref<0x8xf16>
  return
}
