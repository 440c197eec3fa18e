// RUN: moe-opt --moe-split-entry=size=8 %s | FileCheck %s
// RUN: moe-opt --moe-split-entry %s | FileCheck %s --check-prefix=SHORT

#id = affine_map<(d0) -> (d0)>

// Weights and constants stay; each step takes what it needs, the message's place too.
// CHECK: module attributes {moe.messages = "first\00second\00third\00fourth\00"}
// CHECK: func.func private @moe_assert(i1, i64)
// CHECK-LABEL: func.func @main
// CHECK-DAG: %[[W0:.*]] = moe.weight {{.*}} {name = "w0"{{.*}}
// CHECK-DAG: %[[W1:.*]] = moe.weight {{.*}} {name = "w1"{{.*}}
// CHECK-DAG: %[[E0:.*]] = arith.constant 0 : i64
// CHECK-DAG: %[[E1:.*]] = arith.constant 1 : i64
// CHECK: call @moe_step_0(%{{.*}}, %[[E0]], %{{.*}}) : (i64, i64, i64) -> ()
// What differs in a weight, a number that is compared and a message only is one function.
// CHECK: %[[Y0:.*]] = call @moe_step_1(%{{.*}}, %[[W0]], {{.*}}%[[E1]]
// CHECK: %[[Y1:.*]] = call @moe_step_1(%[[Y0]], %[[W1]]
// Another operation, or a constant that is computed with, is another function.
// CHECK: %[[Y2:.*]] = call @moe_step_2(%[[Y1]]
// CHECK: %[[Y3:.*]] = call @moe_step_3(%[[Y2]]
// CHECK: return %[[Y3]]
// CHECK: func.func private @moe_step_0
// CHECK: func.func private @moe_step_1({{.*}}) -> tensor<8xf32> attributes {llvm.linkage = #llvm.linkage<internal>, moe.step, passthrough = ["noinline"]}
// An empty tensor is made where it is used.
// CHECK: tensor.empty
// CHECK: arith.addf
// CHECK: call @moe_assert(%{{.*}}, %arg4)
// CHECK: func.func private @moe_step_2
// CHECK: arith.subf
// CHECK: func.func private @moe_step_3
// CHECK-NOT: func.func

// SHORT-NOT: moe_step
// SHORT: cf.assert
func.func @main(%x: tensor<8xf32>, %id: i64) -> tensor<8xf32> {
  %w0 = moe.weight [#moe.piece<"w" at 0 shape[8] strides[1]>] {name = "w0", offset = 0 : i64} : tensor<8xf32>
  %w1 = moe.weight [#moe.piece<"w" at 32 shape[8] strides[1]>] {name = "w1", offset = 64 : i64} : tensor<8xf32>
  %e0 = arith.constant 0 : i64
  %e1 = arith.constant 1 : i64
  %two = arith.constant 2.0 : f32
  %three = arith.constant 3.0 : f32
  %empty = tensor.empty() : tensor<8xf32>
  %c0 = arith.cmpi eq, %id, %e0 : i64
  cf.assert %c0, "first"
  %y0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%x, %w0 : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %t = arith.mulf %s, %two : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  %c1 = arith.cmpi eq, %id, %e1 : i64
  cf.assert %c1, "second"
  %y1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%y0, %w1 : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %t = arith.mulf %s, %two : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  %c2 = arith.cmpi eq, %id, %e1 : i64
  cf.assert %c2, "third"
  %y2 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%y1, %w1 : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.subf %a, %b : f32
    %t = arith.mulf %s, %two : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  %c3 = arith.cmpi eq, %id, %e1 : i64
  cf.assert %c3, "fourth"
  %y3 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%y2, %w1 : tensor<8xf32>, tensor<8xf32>) outs(%empty : tensor<8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %t = arith.mulf %s, %three : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  return %y3 : tensor<8xf32>
}
