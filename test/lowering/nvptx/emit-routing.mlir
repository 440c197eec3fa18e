// RUN: moe-opt --nvptx-emit-routing %s | FileCheck %s

// What a kernel computes is tested on the emulator (RoutingTest.cpp); here, what the host launches.

// CHECK: module attributes {gpu.container_module}
module {

// Few tokens: one launch. Many: the phases one after the other, and no number comes back. A sum that
// follows reads the rows that the places wrote.
// CHECK-LABEL: func.func @route
// CHECK: %[[T:.*]] = memref.dim %arg0, %{{.*}} : memref<?x8xf32>
// CHECK: %[[W:.*]] = memref.alloc(%[[T]]) : memref<?x2xf32>
// CHECK: %[[E:.*]] = memref.alloc(%[[T]]) : memref<?x2xi32>
// CHECK: %[[S:.*]] = memref.alloc(%[[R:.*]]) : memref<?xi32>
// CHECK: %[[O:.*]] = memref.alloc() : memref<9xi32>
// CHECK: %[[ROW:.*]] = memref.alloc({{.*}}) : memref<?xi32>
// CHECK: scf.if
// CHECK: gpu.launch_func  @moe_device::@moe_routing_0_block {{.*}} args(%arg0 : memref<?x8xf32>, %arg1 : memref<8xf16>, %[[W]] : memref<?x2xf32>, %[[E]] : memref<?x2xi32>, %[[S]] : memref<?xi32>, %[[O]] : memref<9xi32>, %[[ROW]] : memref<?xi32>, {{.*}} {moe.layer = 3 : i64}
// CHECK: } else {
// CHECK: gpu.launch_func  @moe_device::@moe_routing_0_gate {{.*}} args(%arg0 : memref<?x8xf32>, %arg1 : memref<8xf16>, %[[W]] : memref<?x2xf32>, %[[E]] : memref<?x2xi32>, %[[T]] : index) {moe.layer = 3 : i64}
// CHECK: gpu.launch_func  @moe_device::@moe_routing_0_count
// CHECK: gpu.launch_func  @moe_device::@moe_routing_0_sum
// CHECK: gpu.launch_func  @moe_device::@moe_routing_0_place
// CHECK: gpu.launch_func  @moe_device::@moe_routing_1_combine {{.*}} args(%[[W]] : memref<?x2xf32>, %[[ROW]] : memref<?xi32>, %arg2
// CHECK-NOT: gpu.launch_func
// CHECK: return %[[E]]
func.func @route(%logits: memref<?x8xf32>, %bias: memref<8xf16>, %rows: memref<?x64xf16>) -> (memref<?x2xi32>, memref<?x64xf16>) {
  %0:4 = call @moe_routing_0(%logits, %bias) {moe.layer = 3 : i64} : (memref<?x8xf32>, memref<8xf16>) -> (memref<?x2xf32>, memref<?x2xi32>, memref<?xi32>, memref<9xi32>)
  %1 = call @moe_routing_1(%rows, %0#2, %0#0) : (memref<?x64xf16>, memref<?xi32>, memref<?x2xf32>) -> memref<?x64xf16>
  return %0#1, %1 : memref<?x2xi32>, memref<?x64xf16>
}

// Others' slots are inverted first. Equal calls share their kernels.
// CHECK-LABEL: func.func @rows
// CHECK: gpu.launch_func  @moe_device::@moe_routing_1_clear
// CHECK: gpu.launch_func  @moe_device::@moe_routing_1_invert
// CHECK: gpu.launch_func  @moe_device::@moe_routing_1_combine
// CHECK: gpu.launch_func  @moe_device::@moe_routing_2_gather
func.func @rows(%x: memref<?x64xf16>, %slots: memref<?xi32>, %w: memref<?x2xf32>) -> (memref<?x64xf16>, memref<?x64xf16>) {
  %0 = call @moe_routing_1(%x, %slots, %w) : (memref<?x64xf16>, memref<?xi32>, memref<?x2xf32>) -> memref<?x64xf16>
  %1 = call @moe_routing_2(%x, %slots) : (memref<?x64xf16>, memref<?xi32>) -> memref<?x64xf16>
  return %0, %1 : memref<?x64xf16>, memref<?x64xf16>
}

// A capacity of first choices before second ones: who is kept is decided before the places.
// CHECK-LABEL: func.func @given
// CHECK: gpu.launch_func  @moe_device::@moe_routing_3_block
// CHECK: gpu.launch_func  @moe_device::@moe_routing_3_count_kept
// CHECK: gpu.launch_func  @moe_device::@moe_routing_3_sum_kept
// CHECK: gpu.launch_func  @moe_device::@moe_routing_3_place_kept
// CHECK: gpu.launch_func  @moe_device::@moe_routing_3_count
// CHECK: gpu.launch_func  @moe_device::@moe_routing_3_sum
// CHECK: gpu.launch_func  @moe_device::@moe_routing_3_place
func.func @given(%x: memref<?x64xf16>, %e: memref<?x2xi32>) -> (memref<?xi32>, memref<5xi32>) {
  %0:2 = call @moe_routing_3(%x, %e) : (memref<?x64xf16>, memref<?x2xi32>) -> (memref<?xi32>, memref<5xi32>)
  return %0#0, %0#1 : memref<?xi32>, memref<5xi32>
}

// CHECK-NOT: moe.routing
func.func private @moe_routing_0(memref<?x8xf32>, memref<8xf16>) -> (memref<?x2xf32>, memref<?x2xi32>, memref<?xi32>, memref<9xi32>)
    attributes {moe.routing = {gate = #moe.gate_rule<score = softmax, k = 2>, op = "moe.route", tile = 16 : i64}}
func.func private @moe_routing_1(memref<?x64xf16>, memref<?xi32>, memref<?x2xf32>) -> memref<?x64xf16> attributes {moe.routing = {op = "moe.combine"}}
func.func private @moe_routing_2(memref<?x64xf16>, memref<?xi32>) -> memref<?x64xf16> attributes {moe.routing = {k = 2 : i64, op = "moe.gather"}}
func.func private @moe_routing_3(memref<?x64xf16>, memref<?x2xi32>) -> (memref<?xi32>, memref<5xi32>)
    attributes {moe.routing = {capacity = 3 : i64, num_experts = 4 : i64, op = "moe.dispatch", rank_major}}
}

// The choice of groups, the sum in order, the places by who is in the same warp.
// CHECK: gpu.module @moe_device
// CHECK: llvm.mlir.global internal @moe_routing_0_block_shared() {addr_space = 3 : i32, alignment = 32 : i64}
// CHECK: llvm.func @moe_routing_0_block({{.*}}) attributes {gpu.kernel, nvvm.kernel, nvvm.reqntid = array<i32: 1024>}
// CHECK: math.exp
// CHECK: nvvm.redux.sync
// CHECK: nvvm.barrier0
// CHECK: nvvm.match.sync
// CHECK: llvm.func @moe_routing_0_count({{.*}}nvvm.reqntid = array<i32: 32>
// CHECK: llvm.func @moe_routing_1_combine({{.*}}nvvm.reqntid = array<i32: 128>
// CHECK: llvm.load {{.*}} {alignment = 16 : i64} : !llvm.ptr<1> -> vector<8xf16>
// CHECK: llvm.intr.fma
