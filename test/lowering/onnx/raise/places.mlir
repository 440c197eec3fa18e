// RUN: moe-opt %s --moe-raise | FileCheck %s

// Tokens' places at their experts are counted over the mask that dispatches them: no two share one,
// and nothing is checked at run time.

// OneHot is zero behind the last place: no other capacity mask is needed.
// CHECK-LABEL: @no_capacity(
// CHECK-NOT: stand at one place
// CHECK: moe.expert
// CHECK: moe.combine
func.func @no_capacity(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %hot = onnx.node "OneHot"(%ids, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2xf32>
  %place = onnx.node "CumSum"(%hot, %c0) version 20 {} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %own = onnx.node "Mul"(%place, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %fits = onnx.node "LessOrEqual"(%own, %cap) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %before = onnx.node "Sub"(%own, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %at = onnx.node "ReduceSum"(%before, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %iat = onnx.node "Cast"(%at) version 20 {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  %athot = onnx.node "OneHot"(%iat, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x3xf32>
  %dispatch = onnx.node "Einsum"(%hot, %athot) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %best3 = onnx.node "Unsqueeze"(%best, %last) version 20 {} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1x1xf32>
  %combine = onnx.node "Mul"(%dispatch, %best3) version 20 {} : (tensor<?x2x3xf32>, tensor<?x1x1xf32>) -> tensor<?x2x3xf32>
  %rows = onnx.node "Einsum"(%dispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf32>, tensor<?x4xf32>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// A count that leaves the token itself out.
// CHECK-LABEL: @exclusive(
// CHECK-NOT: stand at one place
// CHECK: moe.expert
// CHECK: moe.combine
func.func @exclusive(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %hot = onnx.node "OneHot"(%ids, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2xf32>
  %place = onnx.node "CumSum"(%hot, %c0) version 20 {exclusive = 1 : i64} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %own = onnx.node "Mul"(%place, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %fits = onnx.node "LessOrEqual"(%own, %cap) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %before = onnx.node "Mul"(%own, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %at = onnx.node "ReduceSum"(%before, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %iat = onnx.node "Cast"(%at) version 20 {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  %athot = onnx.node "OneHot"(%iat, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x3xf32>
  %dispatch = onnx.node "Einsum"(%kept, %athot) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %best3 = onnx.node "Unsqueeze"(%best, %last) version 20 {} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1x1xf32>
  %combine = onnx.node "Mul"(%dispatch, %best3) version 20 {} : (tensor<?x2x3xf32>, tensor<?x1x1xf32>) -> tensor<?x2x3xf32>
  %rows = onnx.node "Einsum"(%dispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf32>, tensor<?x4xf32>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// Places that begin at one.
// CHECK-LABEL: @from_one(
// CHECK-NOT: stand at one place
// CHECK: moe.expert
// CHECK: moe.combine
func.func @from_one(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %hot = onnx.node "OneHot"(%ids, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2xf32>
  %place = onnx.node "CumSum"(%hot, %c0) version 20 {} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %own = onnx.node "Mul"(%place, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %fits = onnx.node "LessOrEqual"(%own, %cap) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %before = onnx.node "Mul"(%own, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %at = onnx.node "ReduceSum"(%before, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %iat = onnx.node "Cast"(%at) version 20 {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  %athot = onnx.node "OneHot"(%iat, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x3xf32>
  %dispatch = onnx.node "Einsum"(%kept, %athot) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %best3 = onnx.node "Unsqueeze"(%best, %last) version 20 {} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1x1xf32>
  %combine = onnx.node "Mul"(%dispatch, %best3) version 20 {} : (tensor<?x2x3xf32>, tensor<?x1x1xf32>) -> tensor<?x2x3xf32>
  %rows = onnx.node "Einsum"(%dispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf32>, tensor<?x4xf32>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The places of dropped tokens become 0, but they are dropped.
// CHECK-LABEL: @kept_places(
// CHECK-NOT: stand at one place
// CHECK: moe.expert
// CHECK: moe.combine
func.func @kept_places(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %hot = onnx.node "OneHot"(%ids, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2xf32>
  %place = onnx.node "CumSum"(%hot, %c0) version 20 {} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %own = onnx.node "Mul"(%place, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %fits = onnx.node "LessOrEqual"(%own, %cap) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %before = onnx.node "Mul"(%place, %kept) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %at = onnx.node "ReduceSum"(%before, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %iat = onnx.node "Cast"(%at) version 20 {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  %athot = onnx.node "OneHot"(%iat, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x3xf32>
  %dispatch = onnx.node "Einsum"(%kept, %athot) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %best = onnx.node "ReduceMax"(%scores, %last) version 20 {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x1xf32>
  %best3 = onnx.node "Unsqueeze"(%best, %last) version 20 {} : (tensor<?x1xf32>, tensor<1xi64>) -> tensor<?x1x1xf32>
  %combine = onnx.node "Mul"(%dispatch, %best3) version 20 {} : (tensor<?x2x3xf32>, tensor<?x1x1xf32>) -> tensor<?x2x3xf32>
  %rows = onnx.node "Einsum"(%dispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf32>, tensor<?x4xf32>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// The second choices stand behind all first ones.
// CHECK-LABEL: @behind_first(
// CHECK-NOT: stand at one place
// CHECK: moe.expert
// CHECK: moe.combine
func.func @behind_first(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %hot = onnx.node "OneHot"(%ids, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2xf32>
  %place = onnx.node "CumSum"(%hot, %c0) version 20 {} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %own = onnx.node "Mul"(%place, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %fits = onnx.node "LessOrEqual"(%own, %cap) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %before = onnx.node "Sub"(%own, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %at = onnx.node "ReduceSum"(%before, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %iat = onnx.node "Cast"(%at) version 20 {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  %athot = onnx.node "OneHot"(%iat, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x3xf32>
  %front = onnx.constant dense<0> : tensor<1xi64>
  %lowest = onnx.constant dense<0xFF800000> : tensor<f32>
  %isbest = onnx.node "Cast"(%hot) version 20 {to = 9 : i64} : (tensor<?x2xf32>) -> tensor<?x2xi1>
  %rest = onnx.node "Where"(%isbest, %lowest, %logits) version 20 {} : (tensor<?x2xi1>, tensor<f32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids2 = onnx.node "ArgMax"(%rest) version 20 name "/moe/ArgMax_1" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %hot2 = onnx.node "OneHot"(%ids2, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2xf32>
  %count2 = onnx.node "CumSum"(%hot2, %c0) version 20 {} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %total = onnx.node "ReduceSum"(%hot, %front) version 20 {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<1x2xf32>
  %behind = onnx.node "Add"(%count2, %total) version 20 {} : (tensor<?x2xf32>, tensor<1x2xf32>) -> tensor<?x2xf32>
  %before2 = onnx.node "Sub"(%behind, %hot2) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %fits2 = onnx.node "Less"(%before2, %cap) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %fit2 = onnx.node "Cast"(%fits2) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %kept2 = onnx.node "Mul"(%hot2, %fit2) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %own2 = onnx.node "Mul"(%before2, %kept2) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %at2 = onnx.node "ReduceSum"(%own2, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %iat2 = onnx.node "Cast"(%at2) version 20 {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  %athot2 = onnx.node "OneHot"(%iat2, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x3xf32>
  %gate1 = onnx.node "Mul"(%kept, %scores) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %gate2 = onnx.node "Mul"(%kept2, %scores) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %one = onnx.node "Einsum"(%gate1, %athot) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %two = onnx.node "Einsum"(%gate2, %athot2) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %combine = onnx.node "Add"(%one, %two) version 20 {} : (tensor<?x2x3xf32>, tensor<?x2x3xf32>) -> tensor<?x2x3xf32>
  %asked = onnx.node "Cast"(%combine) version 20 {to = 9 : i64} : (tensor<?x2x3xf32>) -> tensor<?x2x3xi1>
  %dispatch = onnx.node "Cast"(%asked) version 20 {to = 1 : i64} : (tensor<?x2x3xi1>) -> tensor<?x2x3xf32>
  %rows = onnx.node "Einsum"(%dispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf32>, tensor<?x4xf32>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// ... behind those that were kept.
// CHECK-LABEL: @behind_kept(
// CHECK-NOT: stand at one place
// CHECK: moe.expert
// CHECK: moe.combine
func.func @behind_kept(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %e = onnx.constant dense<2> : tensor<i64>
  %c = onnx.constant dense<3> : tensor<i64>
  %values = onnx.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %cap = onnx.constant dense<3.0> : tensor<f32>
  %last = onnx.constant dense<-1> : tensor<1xi64>
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %w1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 5] strides [20, 5, 1]>] : tensor<2x4x5xf32>
  %w2 = moe.weight [#moe.piece<"w" at 160 shape [2, 5, 4] strides [20, 4, 1]>] : tensor<2x5x4xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids = onnx.node "ArgMax"(%scores) version 20 name "/moe/ArgMax" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %hot = onnx.node "OneHot"(%ids, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2xf32>
  %place = onnx.node "CumSum"(%hot, %c0) version 20 {} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %own = onnx.node "Mul"(%place, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %fits = onnx.node "LessOrEqual"(%own, %cap) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %fit = onnx.node "Cast"(%fits) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %kept = onnx.node "Mul"(%hot, %fit) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %before = onnx.node "Sub"(%own, %hot) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %at = onnx.node "ReduceSum"(%before, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %iat = onnx.node "Cast"(%at) version 20 {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  %athot = onnx.node "OneHot"(%iat, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x3xf32>
  %front = onnx.constant dense<0> : tensor<1xi64>
  %lowest = onnx.constant dense<0xFF800000> : tensor<f32>
  %isbest = onnx.node "Cast"(%hot) version 20 {to = 9 : i64} : (tensor<?x2xf32>) -> tensor<?x2xi1>
  %rest = onnx.node "Where"(%isbest, %lowest, %logits) version 20 {} : (tensor<?x2xi1>, tensor<f32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %ids2 = onnx.node "ArgMax"(%rest) version 20 name "/moe/ArgMax_1" {axis = -1 : i64, keepdims = 0 : i64} : (tensor<?x2xf32>) -> tensor<?xi64>
  %hot2 = onnx.node "OneHot"(%ids2, %e, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x2xf32>
  %count2 = onnx.node "CumSum"(%hot2, %c0) version 20 {} : (tensor<?x2xf32>, tensor<i64>) -> tensor<?x2xf32>
  %total = onnx.node "ReduceSum"(%kept, %front) version 20 {keepdims = 1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<1x2xf32>
  %behind = onnx.node "Add"(%count2, %total) version 20 {} : (tensor<?x2xf32>, tensor<1x2xf32>) -> tensor<?x2xf32>
  %before2 = onnx.node "Sub"(%behind, %hot2) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %fits2 = onnx.node "Less"(%before2, %cap) version 20 {} : (tensor<?x2xf32>, tensor<f32>) -> tensor<?x2xi1>
  %fit2 = onnx.node "Cast"(%fits2) version 20 {to = 1 : i64} : (tensor<?x2xi1>) -> tensor<?x2xf32>
  %kept2 = onnx.node "Mul"(%hot2, %fit2) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %own2 = onnx.node "Mul"(%before2, %kept2) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %at2 = onnx.node "ReduceSum"(%own2, %last) version 20 {keepdims = 0 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?xf32>
  %iat2 = onnx.node "Cast"(%at2) version 20 {to = 7 : i64} : (tensor<?xf32>) -> tensor<?xi64>
  %athot2 = onnx.node "OneHot"(%iat2, %c, %values) version 20 {axis = -1 : i64} : (tensor<?xi64>, tensor<i64>, tensor<2xf32>) -> tensor<?x3xf32>
  %gate1 = onnx.node "Mul"(%kept, %scores) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %gate2 = onnx.node "Mul"(%kept2, %scores) version 20 {} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  %one = onnx.node "Einsum"(%gate1, %athot) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %two = onnx.node "Einsum"(%gate2, %athot2) version 20 {equation = "te,tc->tec"} : (tensor<?x2xf32>, tensor<?x3xf32>) -> tensor<?x2x3xf32>
  %combine = onnx.node "Add"(%one, %two) version 20 {} : (tensor<?x2x3xf32>, tensor<?x2x3xf32>) -> tensor<?x2x3xf32>
  %asked = onnx.node "Cast"(%combine) version 20 {to = 9 : i64} : (tensor<?x2x3xf32>) -> tensor<?x2x3xi1>
  %dispatch = onnx.node "Cast"(%asked) version 20 {to = 1 : i64} : (tensor<?x2x3xi1>) -> tensor<?x2x3xf32>
  %rows = onnx.node "Einsum"(%dispatch, %x) version 20 {equation = "tec,th->ech"} : (tensor<?x2x3xf32>, tensor<?x4xf32>) -> tensor<2x3x4xf32>
  %h = onnx.node "MatMul"(%rows, %w1) version 20 {} : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %a = onnx.node "Relu"(%h) version 20 {} : (tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %out = onnx.node "MatMul"(%a, %w2) version 20 {} : (tensor<2x3x5xf32>, tensor<2x5x4xf32>) -> tensor<2x3x4xf32>
  %y = onnx.node "Einsum"(%combine, %out) version 20 name "back" {equation = "tec,ech->th"} : (tensor<?x2x3xf32>, tensor<2x3x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
