// RUN: moe-opt %s -convert-moe-to-linalg=functions=true -moe-verify-stage=stage=linalg | FileCheck %s

// Routing as functions: each says what it is, calls say of which layer they are.

module attributes {moe.layers = [{name = "first"}, {name = "second"}]} {

// Checks stay outside; layers of the same rule and sizes share their functions.
// CHECK-LABEL: func.func @layers
// CHECK: cf.assert %{{.*}}, "too many tokens
// CHECK: %[[A:.*]]:4 = call @moe_routing_0(%{{.*}}, %{{.*}}) {moe.layer = 0 : i64}
// CHECK: moe.grouped_matmul {{.*}} offsets(%[[A]]#3 {{.*}} {divisor = 2 : i64, moe.layer = 0 : i64}
// CHECK: call @moe_routing_1(%{{.*}}, %[[A]]#2, %[[A]]#0) {moe.layer = 0 : i64}
// CHECK: %[[B:.*]]:4 = call @moe_routing_0(%{{.*}}, %{{.*}}) {moe.layer = 1 : i64}
// CHECK: call @moe_routing_1(%{{.*}}, %[[B]]#2, %[[B]]#0) {moe.layer = 1 : i64}
func.func @layers(%l: tensor<?x8xf32>, %x: tensor<?x64xf32>, %w: tensor<8x64x64xf32>, %b: tensor<8xf32>) -> tensor<?x64xf32> {
  %c0 = arith.constant 0 : index
  %weights, %e, %s, %o = moe.route %l bias %b : tensor<8xf32> <score = softmax, k = 2> {tile = 4 : i64}
      : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>
  %n = tensor.dim %s, %c0 : tensor<?xi32>
  %init = tensor.empty(%n) : tensor<?x64xf32>
  %p = moe.grouped_matmul %x offsets(%o : tensor<9xi32>) row_index(%s : tensor<?xi32>) weights(%w : tensor<8x64x64xf32>)
      into(%init : tensor<?x64xf32>) {divisor = 2 : i64} : tensor<?x64xf32> -> tensor<?x64xf32>
  %y = moe.combine %p, %s, %weights : tensor<?x64xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
  moe.observe "first" tokens %x : tensor<?x64xf32>
  moe.observe "first" experts %e : tensor<?x2xi32>
  %weights2, %e2, %s2, %o2 = moe.route %l bias %b : tensor<8xf32> <score = softmax, k = 2> {tile = 4 : i64}
      : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>
  %z = moe.combine %y, %s2, %weights2 : tensor<?x64xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
  moe.observe "second" tokens %y : tensor<?x64xf32>
  moe.observe "second" experts %e2 : tensor<?x2xi32>
  return %z : tensor<?x64xf32>
}

// Another rule or size is another function; what nobody reads is none. A product of no layer says nothing.
// CHECK-LABEL: func.func @others
// CHECK: call @moe_routing_2(
// CHECK: call @moe_routing_3(
// CHECK: call @moe_routing_4(
// CHECK-NOT: moe.layer
// CHECK-NOT: call
// CHECK: return
func.func @others(%l: tensor<?x8xf32>, %x: tensor<?x64xf32>, %w: tensor<1x64x64xf32>, %init: tensor<?x64xf32>)
    -> (tensor<?x64xf32>, tensor<6x2xi32>, tensor<?x1xi32>) {
  %unused:2 = moe.gate %l <score = softmax, k = 3> : tensor<?x8xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  %w0, %e0 = moe.gate %l <score = softmax, k = 1> : tensor<?x8xf32> -> tensor<?x1xf32>, tensor<?x1xi32>
  %known = tensor.cast %l : tensor<?x8xf32> to tensor<6x8xf32>
  %w1, %e1 = moe.gate %known <score = softmax, k = 2> : tensor<6x8xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  %w2, %e2 = moe.gate %known <score = sigmoid, k = 2> : tensor<6x8xf32> -> tensor<6x2xf32>, tensor<6x2xi32>
  %sum = arith.addi %e1, %e2 : tensor<6x2xi32>
  %p = moe.grouped_matmul %x weights(%w : tensor<1x64x64xf32>) into(%init : tensor<?x64xf32>) : tensor<?x64xf32> -> tensor<?x64xf32>
  return %p, %sum, %e0 : tensor<?x64xf32>, tensor<6x2xi32>, tensor<?x1xi32>
}

// Rows that somebody reads are copied by an operation of their own, also within loops.
// CHECK-LABEL: func.func @given
// CHECK: scf.for
// CHECK: %[[G:.*]]:2 = func.call @moe_routing_5(
// CHECK: func.call @moe_routing_6(%{{.*}}, %[[G]]#0)
func.func @given(%x: tensor<6x64xf32>, %e: tensor<6x2xi32>, %n: index) -> tensor<12x64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %init = tensor.empty() : tensor<12x64xf32>
  %last = scf.for %i = %c0 to %n step %c1 iter_args(%carried = %init) -> tensor<12x64xf32> {
    %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 4 : i64, capacity = 3 : i64, rank_major}
        : tensor<6x64xf32>, tensor<6x2xi32> -> tensor<12x64xf32>, tensor<12xi32>, tensor<5xi32>
    scf.yield %rows : tensor<12x64xf32>
  }
  return %last : tensor<12x64xf32>
}

// The kept reference is as it was.
// CHECK: module @reference
// CHECK:   moe.gate
module @reference {
  func.func @first(%l: tensor<?x8xf32>) -> tensor<?x1xi32> {
    %w, %e = moe.gate %l <score = softmax, k = 1> : tensor<?x8xf32> -> tensor<?x1xf32>, tensor<?x1xi32>
    return %e : tensor<?x1xi32>
  }
}

// CHECK: func.func private @moe_routing_0({{.*}} attributes {moe.routing = {gate = #moe.gate_rule<score = softmax, k = 2>, op = "moe.route", tile = 4 : i64}}
// CHECK:   scf.forall
// CHECK: func.func private @moe_routing_1({{.*}} attributes {moe.routing = {op = "moe.combine"}}
// CHECK: func.func private @moe_routing_2({{.*}} attributes {moe.routing = {gate = #moe.gate_rule<score = softmax, k = 1>, op = "moe.gate"}}
// CHECK: func.func private @moe_routing_5({{.*}}) -> (tensor<12xi32>, tensor<5xi32>) attributes {moe.routing = {capacity = 3 : i64, num_experts = 4 : i64, op = "moe.dispatch", rank_major}}
// CHECK: func.func private @moe_routing_6({{.*}} attributes {moe.routing = {k = 2 : i64, op = "moe.gather"}}
}
