// RUN: moe-opt %s --moe-raise --split-input-file 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=WARNING < %t

// A loop over the experts that were hit, frozen for an input that hit all: entry i is expert i.
// CHECK-LABEL: @all(
// CHECK-NOT: "Split"
// CHECK: moe.expert
func.func @all(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %firsts = onnx.constant dense<0> : tensor<1xi64>
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
  %load = onnx.node "ReduceSum"(%kept, %firsts) version 20 {keepdims = 0 : i64} : (tensor<?x3xi64>, tensor<1xi64>) -> tensor<3xi64>
  %hit = onnx.node "Greater"(%load, %first) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %hits = onnx.node "NonZero"(%hit) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %listed = onnx.node "Transpose"(%hits) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %sizes = onnx.constant dense<1> : tensor<3xi64>
  %parts:3 = onnx.node "Split"(%listed, %sizes) version 20 {axis = 0 : i64} : (tensor<?x1xi64>, tensor<3xi64>) -> (tensor<1x1xi64>, tensor<1x1xi64>, tensor<1x1xi64>)
  %expert0 = onnx.node "Squeeze"(%parts#0, %firsts) version 20 {} : (tensor<1x1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %expert1 = onnx.node "Squeeze"(%parts#1, %firsts) version 20 {} : (tensor<1x1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %expert2 = onnx.node "Squeeze"(%parts#2, %firsts) version 20 {} : (tensor<1x1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %none = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %one0 = onnx.node "Gather"(%mask, %expert0) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<1xi64>) -> tensor<?x1xi1>
  %column0 = onnx.node "Squeeze"(%one0, %last) version 20 {} : (tensor<?x1xi1>, tensor<1xi64>) -> tensor<?xi1>
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
  %one1 = onnx.node "Gather"(%mask, %expert1) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<1xi64>) -> tensor<?x1xi1>
  %column1 = onnx.node "Squeeze"(%one1, %last) version 20 {} : (tensor<?x1xi1>, tensor<1xi64>) -> tensor<?xi1>
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
  %one2 = onnx.node "Gather"(%mask, %expert2) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<1xi64>) -> tensor<?x1xi1>
  %column2 = onnx.node "Squeeze"(%one2, %last) version 20 {} : (tensor<?x1xi1>, tensor<1xi64>) -> tensor<?xi1>
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

// -----

// Two entries of three may be any two.
// WARNING: warning: {{.*}}splits a list whose length depends on the data into 2 parts
// CHECK-LABEL: @some(
// CHECK-NOT: moe.expert
// CHECK: return
func.func @some(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 192 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %experts = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %first = onnx.constant dense<0> : tensor<i64>
  %second = onnx.constant dense<1> : tensor<i64>
  %third = onnx.constant dense<2> : tensor<i64>
  %firsts = onnx.constant dense<0> : tensor<1xi64>
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
  %load = onnx.node "ReduceSum"(%kept, %firsts) version 20 {keepdims = 0 : i64} : (tensor<?x3xi64>, tensor<1xi64>) -> tensor<3xi64>
  %hit = onnx.node "Greater"(%load, %first) version 20 {} : (tensor<3xi64>, tensor<i64>) -> tensor<3xi1>
  %hits = onnx.node "NonZero"(%hit) version 20 {} : (tensor<3xi1>) -> tensor<1x?xi64>
  %listed = onnx.node "Transpose"(%hits) version 20 {perm = array<i64: 1, 0>} : (tensor<1x?xi64>) -> tensor<?x1xi64>
  %sizes = onnx.constant dense<1> : tensor<2xi64>
  %parts:2 = onnx.node "Split"(%listed, %sizes) version 20 {axis = 0 : i64} : (tensor<?x1xi64>, tensor<2xi64>) -> (tensor<1x1xi64>, tensor<1x1xi64>)
  %expert0 = onnx.node "Squeeze"(%parts#0, %firsts) version 20 {} : (tensor<1x1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %expert1 = onnx.node "Squeeze"(%parts#1, %firsts) version 20 {} : (tensor<1x1xi64>, tensor<1xi64>) -> tensor<1xi64>
  %zero = onnx.constant dense<0.0> : tensor<1xf32>
  %shape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %none = onnx.node "Expand"(%zero, %shape) version 20 {} : (tensor<1xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %one0 = onnx.node "Gather"(%mask, %expert0) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<1xi64>) -> tensor<?x1xi1>
  %column0 = onnx.node "Squeeze"(%one0, %last) version 20 {} : (tensor<?x1xi1>, tensor<1xi64>) -> tensor<?xi1>
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
  %one1 = onnx.node "Gather"(%mask, %expert1) version 20 {axis = 1 : i64} : (tensor<?x3xi1>, tensor<1xi64>) -> tensor<?x1xi1>
  %column1 = onnx.node "Squeeze"(%one1, %last) version 20 {} : (tensor<?x1xi1>, tensor<1xi64>) -> tensor<?xi1>
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
  return %y1 : tensor<?x4xf32>
}
