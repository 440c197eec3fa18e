// RUN: moe-opt %s --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --implicit-check-not='not raised' < %t

// A mask over tokens and experts says who goes where: what it leaves of the choices is the routing.

// Tokens that the capacity leaves out keep what the rounds wrote over, weighted like all.
// REMARK: raised loop: 3 experts, top 1, argmax
// CHECK-LABEL: @overwritten(
// CHECK: %[[BEST:.*]] = onnx.node "ReduceMax"
// CHECK: %[[MASK:.*]] = onnx.node "Mul"
// CHECK: %[[KEPT:.*]] = onnx.node "Where"
// CHECK: moe.dispatch {{.*}} {num_experts = 3 : i64}
// CHECK: %[[LAYER:.*]] = moe.combine
// CHECK: %[[BEFORE:.*]] = onnx.node "Mul"(%arg0, %[[BEST]])
// CHECK: %[[GONE:.*]] = onnx.node "Less"(%[[KEPT]]
// CHECK: onnx.node "Where"(%[[GONE]], %[[BEFORE]], %[[LAYER]])
func.func @overwritten(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %capacity = onnx.constant dense<3> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %hot = onnx.node "OneHot"(%ids, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place = onnx.node "CumSum"(%hot, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %fits = onnx.node "LessOrEqual"(%place, %capacity) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 7 : i64} : (tensor<?x3xi1>) -> tensor<?x3xi64>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x3xi64>, tensor<?x3xi64>) -> tensor<?x3xi64>
  %mask = onnx.node "Cast"(%kept) version 20 {to = 9 : i64} : (tensor<?x3xi64>) -> tensor<?x3xi1>
  %column0 = onnx.node "Gather"(%mask, %first) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%column0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y0 = onnx.node "ScatterND"(%x, %at0, %h0) version 20 name "/moe/ScatterND_0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column1 = onnx.node "Gather"(%mask, %second) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero1 = onnx.node "NonZero"(%column1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nonzero1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at1, %h1) version 20 name "/moe/ScatterND_1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column2 = onnx.node "Gather"(%mask, %third) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero2 = onnx.node "NonZero"(%column2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nonzero2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at2, %h2) version 20 name "/moe/ScatterND_2" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = onnx.node "Mul"(%y2, %best) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Added to zeros, they are zero.
// REMARK: raised loop: 3 experts, top 1, argmax
// CHECK-LABEL: @added(
// CHECK: %[[LAYER:.*]] = moe.combine
// CHECK: return %[[LAYER]]
func.func @added(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %capacity = onnx.constant dense<3> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %hot = onnx.node "OneHot"(%ids, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place = onnx.node "CumSum"(%hot, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %fits = onnx.node "LessOrEqual"(%place, %capacity) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 7 : i64} : (tensor<?x3xi1>) -> tensor<?x3xi64>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x3xi64>, tensor<?x3xi64>) -> tensor<?x3xi64>
  %mask = onnx.node "Cast"(%kept) version 20 {to = 9 : i64} : (tensor<?x3xi64>) -> tensor<?x3xi1>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %none = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %column0 = onnx.node "Gather"(%mask, %first) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%column0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p0 = onnx.node "Gather"(%scores, %first) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q0 = onnx.node "GatherND"(%p0, %at0) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r0 = onnx.node "Unsqueeze"(%q0, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s0 = onnx.node "Mul"(%h0, %r0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y0 = onnx.node "ScatterND"(%none, %at0, %s0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column1 = onnx.node "Gather"(%mask, %second) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero1 = onnx.node "NonZero"(%column1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nonzero1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p1 = onnx.node "Gather"(%scores, %second) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q1 = onnx.node "GatherND"(%p1, %at1) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r1 = onnx.node "Unsqueeze"(%q1, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s1 = onnx.node "Mul"(%h1, %r1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at1, %s1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column2 = onnx.node "Gather"(%mask, %third) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero2 = onnx.node "NonZero"(%column2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nonzero2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p2 = onnx.node "Gather"(%scores, %third) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q2 = onnx.node "GatherND"(%p2, %at2) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r2 = onnx.node "Unsqueeze"(%q2, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s2 = onnx.node "Mul"(%h2, %r2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at2, %s2) version 20 name "/moe/ScatterND_2" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// Two rounds of ArgMax, whose masked weights are added up: where one is not zero is the mask.
// REMARK: raised loop: 3 experts, top 2, given
// CHECK-LABEL: @top_two(
// CHECK: onnx.node "Concat"
// CHECK: moe.combine
func.func @top_two(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %capacity = onnx.constant dense<3> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %hot = onnx.node "OneHot"(%ids, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place = onnx.node "CumSum"(%hot, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %nothing = onnx.constant dense<0.0> : tensor<f32>
  %lowest = onnx.constant dense<0xFF800000> : tensor<f32>
  %isbest = onnx.node "Cast"(%hot) version 20 {to = 9 : i64} : (tensor<?x3xi64>) -> tensor<?x3xi1>
  %rest = onnx.node "Where"(%isbest, %lowest, %logits) version 20 {} : (tensor<?x3xi1>, tensor<f32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids2 = onnx.node "ArgMax"(%rest) version 20 name "/moe/ArgMax_1" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %hot2 = onnx.node "OneHot"(%ids2, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place2 = onnx.node "CumSum"(%hot2, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %fits = onnx.node "LessOrEqual"(%place, %capacity) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi1>
  %fits2 = onnx.node "LessOrEqual"(%place2, %capacity) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi1>
  %gates1 = onnx.node "Where"(%fits, %scores, %nothing) version 20 {} : (tensor<?x3xi1>, tensor<?x3xf32>, tensor<f32>) -> tensor<?x3xf32>
  %gates2 = onnx.node "Where"(%fits2, %scores, %nothing) version 20 {} : (tensor<?x3xi1>, tensor<?x3xf32>, tensor<f32>) -> tensor<?x3xf32>
  %hotf = onnx.node "Cast"(%hot) version 20 {to = 1 : i64} : (tensor<?x3xi64>) -> tensor<?x3xf32>
  %hotf2 = onnx.node "Cast"(%hot2) version 20 {to = 1 : i64} : (tensor<?x3xi64>) -> tensor<?x3xf32>
  %left = onnx.node "Mul"(%hotf, %gates1) version 20 {} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %right = onnx.node "Mul"(%hotf2, %gates2) version 20 {} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %dense = onnx.node "Add"(%left, %right) version 20 {} : (tensor<?x3xf32>, tensor<?x3xf32>) -> tensor<?x3xf32>
  %mask = onnx.node "Cast"(%dense) version 20 {to = 9 : i64} : (tensor<?x3xf32>) -> tensor<?x3xi1>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %none = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %column0 = onnx.node "Gather"(%mask, %first) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%column0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p0 = onnx.node "Gather"(%dense, %first) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q0 = onnx.node "GatherND"(%p0, %at0) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r0 = onnx.node "Unsqueeze"(%q0, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s0 = onnx.node "Mul"(%h0, %r0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y0 = onnx.node "ScatterND"(%none, %at0, %s0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column1 = onnx.node "Gather"(%mask, %second) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero1 = onnx.node "NonZero"(%column1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nonzero1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p1 = onnx.node "Gather"(%dense, %second) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q1 = onnx.node "GatherND"(%p1, %at1) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r1 = onnx.node "Unsqueeze"(%q1, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s1 = onnx.node "Mul"(%h1, %r1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at1, %s1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column2 = onnx.node "Gather"(%mask, %third) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero2 = onnx.node "NonZero"(%column2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nonzero2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p2 = onnx.node "Gather"(%dense, %third) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q2 = onnx.node "GatherND"(%p2, %at2) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r2 = onnx.node "Unsqueeze"(%q2, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s2 = onnx.node "Mul"(%h2, %r2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at2, %s2) version 20 name "/moe/ScatterND_2" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// A mask that is not of the choices alone: any expert may take a token.
// REMARK: raised loop: 3 experts, top 3, given
// CHECK-LABEL: @open(
// CHECK: moe.combine
func.func @open(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %capacity = onnx.constant dense<3> : tensor<i64>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x3xf32>) -> tensor<?x3xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x3xf32>) -> tensor<?x3xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x3xf32>) -> tensor<?xi64>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x3xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %hot = onnx.node "OneHot"(%ids, %experts, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x3xi64>
  %place = onnx.node "CumSum"(%hot, %first) version 20 {} : (tensor<?x3xi64>, tensor<i64>) -> tensor<?x3xi64>
  %half = onnx.constant dense<0.4> : tensor<f32>
  %some = onnx.node "Greater"(%scores, %half) version 20 {} : (tensor<?x3xf32>, tensor<f32>) -> tensor<?x3xi1>
  %chosen = onnx.node "Cast"(%hot) version 20 {to = 9 : i64} : (tensor<?x3xi64>) -> tensor<?x3xi1>
  %mask = onnx.node "Or"(%some, %chosen) version 20 {} : (tensor<?x3xi1>, tensor<?x3xi1>) -> tensor<?x3xi1>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %none = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %column0 = onnx.node "Gather"(%mask, %first) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero0 = onnx.node "NonZero"(%column0) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at0 = onnx.node "Transpose"(%nonzero0) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x0 = onnx.node "GatherND"(%x, %at0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h0 = onnx.node "MatMul"(%x0, %m0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p0 = onnx.node "Gather"(%scores, %first) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q0 = onnx.node "GatherND"(%p0, %at0) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r0 = onnx.node "Unsqueeze"(%q0, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s0 = onnx.node "Mul"(%h0, %r0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y0 = onnx.node "ScatterND"(%none, %at0, %s0) version 20 name "/moe/ScatterND_0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column1 = onnx.node "Gather"(%mask, %second) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero1 = onnx.node "NonZero"(%column1) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at1 = onnx.node "Transpose"(%nonzero1) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x1 = onnx.node "GatherND"(%x, %at1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h1 = onnx.node "MatMul"(%x1, %m1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p1 = onnx.node "Gather"(%scores, %second) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q1 = onnx.node "GatherND"(%p1, %at1) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r1 = onnx.node "Unsqueeze"(%q1, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s1 = onnx.node "Mul"(%h1, %r1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y1 = onnx.node "ScatterND"(%y0, %at1, %s1) version 20 name "/moe/ScatterND_1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %column2 = onnx.node "Gather"(%mask, %third) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<i64>) -> tensor<?xi1>
  %nonzero2 = onnx.node "NonZero"(%column2) version 20 {} : (tensor<?xi1>) -> tensor<1x?xi64>
  %at2 = onnx.node "Transpose"(%nonzero2) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %x2 = onnx.node "GatherND"(%x, %at2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>) -> tensor<?x4xf32>
  %m2 = moe.weight [#moe.piece<"w" at 128 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %h2 = onnx.node "MatMul"(%x2, %m2) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %p2 = onnx.node "Gather"(%scores, %third) version 20 {axis = 1 : i64} : (tensor<?x3xf32>, tensor<i64>) -> tensor<?xf32>
  %q2 = onnx.node "GatherND"(%p2, %at2) version 20 {} : (tensor<?xf32>, tensor<?x1xi64>) -> tensor<?xf32>
  %r2 = onnx.node "Unsqueeze"(%q2, %last) version 20 {} : (tensor<?xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %s2 = onnx.node "Mul"(%h2, %r2) version 20 {} : (tensor<?x4xf32>, tensor<?x1xf32>) -> tensor<?x4xf32>
  %y2 = onnx.node "ScatterND"(%y1, %at2, %s2) version 20 name "/moe/ScatterND_2" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}
