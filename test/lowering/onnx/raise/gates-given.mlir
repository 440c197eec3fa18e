// RUN: moe-opt %s --moe-raise --split-input-file --remarks-filter=moe-raise --remark-format=emitRemark 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=WHY < %t

// A rule that the moe dialect does not know is the graph's own business: its ids and weights are taken
// as they are, after a check that no token goes to an expert that does not exist.

// WHY: raised loop: 2 experts, top 1, given, {{.*}}; routed as the graph says: node 'odd' (Exp) is no known step between TopK and the routing weights
// WHY: raised loop: 2 experts, top 1, given, {{.*}}; routed as the graph says: node '/moe/TopK' (TopK) chooses by other scores than the weights are taken from

// CHECK: moe.layers = [{experts = 2 : i64, form = "loop", gate = "given", hidden = 4 : i64, intermediate = 4 : i64, name = "moe", node = "/moe/TopK", top_k = 1 : i64}]
// CHECK-LABEL: @unknown_step
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>
// CHECK: %[[TOPK:.*]]:2 = onnx.node "TopK"
// CHECK: %[[W:.*]] = onnx.node "Exp"(%[[TOPK]]#0)
// CHECK: %[[BAD:.*]] = linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]} ins(%[[TOPK]]#1 : tensor<?x1xi64>) outs(%{{.*}} : tensor<i1>) {
// CHECK: ^bb0(%[[ID:.*]]: i64, %[[ANY:.*]]: i1):
// CHECK: %[[NEXT:.*]] = arith.addi %[[ID]], %{{.*}} : i64
// CHECK: %[[OUT:.*]] = arith.cmpi ugt, %[[NEXT]], %c2_i64
// CHECK: %[[OR:.*]] = arith.ori %[[ANY]], %[[OUT]]
// CHECK: linalg.yield %[[OR]]
// CHECK: %[[BIT:.*]] = tensor.extract %[[BAD]][]
// CHECK: %[[GOOD:.*]] = arith.xori %[[BIT]], %true
// CHECK: cf.assert %[[GOOD]], "a token is sent to an expert that does not exist"
// CHECK: %[[IDS:.*]] = linalg.generic {{.*}} ins(%[[TOPK]]#1 : tensor<?x1xi64>) outs(%{{.*}} : tensor<?x1xi32>)
// CHECK: arith.trunci
// CHECK-NOT: moe.gate
// CHECK: %{{.*}}, %[[SLOTS:.*]], %{{.*}} = moe.dispatch %[[X]], %[[IDS]] {num_experts = 2 : i64}
// CHECK: %[[Y:.*]] = moe.expert
// CHECK: moe.combine %[[Y]], %[[SLOTS]], %[[W]]
// CHECK-NOT: moe.observe "moe" logits
// CHECK: moe.observe "moe" tokens %[[X]]
// CHECK-NEXT: moe.observe "moe" experts %[[IDS]]
// CHECK-NEXT: moe.observe "moe" weights %[[W]]
// CHECK-NEXT: moe.observe "moe" output

func.func @unknown_step(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %values, %ids = onnx.node "TopK"(%scores, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %weights = onnx.node "Exp"(%values) version 20 name "odd" {} : (tensor<?x1xf32>) -> tensor<?x1xf32>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %first = onnx.constant dense<0> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %first) version 20 {axis = 1 : i64} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?xi64>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%slot, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nz0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w0 = onnx.node "GatherND"(%weights, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%weights, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

func.func @chosen_by_other_scores(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 128 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %k = onnx.constant dense<1> : tensor<1xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %choice = onnx.node "Neg"(%scores) version 20 name "other" {} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %values, %ids = onnx.node "TopK"(%choice, %k) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x1xf32>, tensor<?x1xi64>)
  %picked = onnx.node "GatherElements"(%scores, %ids) version 20 {axis = 1 : i64} : (tensor<?x2xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %y0 = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %first = onnx.constant dense<0> : tensor<i64>
  %slot = onnx.node "Gather"(%ids, %first) version 20 {axis = 1 : i64} : (tensor<?x1xi64>, tensor<i64>) -> tensor<?xi64>
  %e0 = onnx.constant dense<0> : tensor<i64>
  %mask0 = onnx.node "Equal"(%slot, %e0) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz0 = onnx.node "NonZero"(%mask0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nz0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w0 = onnx.node "GatherND"(%picked, %at0) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p0 = onnx.node "Mul"(%h0, %w0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at0, %p0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %e1 = onnx.constant dense<1> : tensor<i64>
  %mask1 = onnx.node "Equal"(%slot, %e1) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi1>
  %nz1 = onnx.node "NonZero"(%mask1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nz1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %w1 = onnx.node "GatherND"(%picked, %at1) version 20 {} : (tensor<?x1xf32>, tensor<?x1xi64>) -> tensor<?x1xf32>
  %p1 = onnx.node "Mul"(%h1, %w1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at1, %p1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}
