// RUN: moe-opt --moe-inline-routing %s | FileCheck %s

// A function that says what routing it is goes into its calls, wherever they stand.
// CHECK-LABEL: func.func @main
// CHECK: %[[A:.*]] = arith.negf %arg0
// CHECK: scf.for {{.*}} iter_args(%[[CARRIED:.*]] = %[[A]])
// CHECK:   %[[B:.*]] = arith.negf %[[CARRIED]]
// CHECK:   scf.yield %[[B]]
// Others stay.
// CHECK: call @other
func.func @main(%x: tensor<4xf32>, %n: index) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %y, %same = call @moe_routing_0(%x) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  %z = scf.for %i = %c0 to %n step %c1 iter_args(%carried = %y) -> tensor<4xf32> {
    %next:2 = func.call @moe_routing_0(%carried) : (tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
    scf.yield %next#0 : tensor<4xf32>
  }
  %o = call @other(%z) : (tensor<4xf32>) -> tensor<4xf32>
  return %o, %same : tensor<4xf32>, tensor<4xf32>
}

// CHECK-NOT: @moe_routing_0
// CHECK: func.func private @other
// CHECK-NOT: @moe_routing_0
func.func private @moe_routing_0(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) attributes {moe.routing = {op = "moe.gather"}} {
  %0 = arith.negf %x : tensor<4xf32>
  return %0, %x : tensor<4xf32>, tensor<4xf32>
}
func.func private @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
