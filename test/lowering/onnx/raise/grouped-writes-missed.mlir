// RUN: moe-opt %s --moe-raise --split-input-file --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s --implicit-check-not=moe.gate

// Rows that experts write, but not each its own, once, at its places, are no joined rows.

// CHECK: not raised: node 'write0' (ScatterND) writes the rows of expert 0 at the places of expert 1
func.func @swapped(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %f0 = onnx.constant dense<0.0> : tensor<f32>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %like = onnx.node "Shape"(%rows) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %blank = onnx.node "Expand"(%f0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %shape0 = onnx.node "Shape"(%blank) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit0 = onnx.node "Gather"(%shape0, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range0 = onnx.node "Range"(%c0, %limit0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over0 = onnx.node "Slice"(%blank, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%over0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide0 = onnx.node "Expand"(%h0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit0 = onnx.node "Reshape"(%wide0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places0 = onnx.node "Slice"(%range0, %end0, %end1, %zero) version 20 name "places0" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%places0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%blank, %at0, %fit0) version 20 name "write0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %shape1 = onnx.node "Shape"(%z0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit1 = onnx.node "Gather"(%shape1, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range1 = onnx.node "Range"(%c0, %limit1, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over1 = onnx.node "Slice"(%z0, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%over1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide1 = onnx.node "Expand"(%h1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit1 = onnx.node "Reshape"(%wide1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places1 = onnx.node "Slice"(%range1, %zero, %end0, %zero) version 20 name "places1" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%places1, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z1 = onnx.node "ScatterND"(%z0, %at1, %fit1) version 20 name "write1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %back1 = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %again = onnx.node "Shape"(%z1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %empty = onnx.node "Expand"(%f0, %again) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%empty, %back1, %z1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node 'write0' (ScatterND) is the last to write rows, of 1 of 2 experts
func.func @missing(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %f0 = onnx.constant dense<0.0> : tensor<f32>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %like = onnx.node "Shape"(%rows) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %blank = onnx.node "Expand"(%f0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %shape0 = onnx.node "Shape"(%blank) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit0 = onnx.node "Gather"(%shape0, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range0 = onnx.node "Range"(%c0, %limit0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over0 = onnx.node "Slice"(%blank, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%over0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide0 = onnx.node "Expand"(%h0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit0 = onnx.node "Reshape"(%wide0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places0 = onnx.node "Slice"(%range0, %zero, %end0, %zero) version 20 name "places0" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%places0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%blank, %at0, %fit0) version 20 name "write0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %back1 = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %again = onnx.node "Shape"(%z0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %empty = onnx.node "Expand"(%f0, %again) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%empty, %back1, %z0) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node 'write1' (ScatterND) comes after two writes of the rows of expert 0
func.func @twice(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %f0 = onnx.constant dense<0.0> : tensor<f32>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %like = onnx.node "Shape"(%rows) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %blank = onnx.node "Expand"(%f0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %shape0 = onnx.node "Shape"(%blank) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit0 = onnx.node "Gather"(%shape0, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range0 = onnx.node "Range"(%c0, %limit0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over0 = onnx.node "Slice"(%blank, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%over0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide0 = onnx.node "Expand"(%h0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit0 = onnx.node "Reshape"(%wide0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places0 = onnx.node "Slice"(%range0, %zero, %end0, %zero) version 20 name "places0" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%places0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%blank, %at0, %fit0) version 20 name "write0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %shape1 = onnx.node "Shape"(%z0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit1 = onnx.node "Gather"(%shape1, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range1 = onnx.node "Range"(%c0, %limit1, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over1 = onnx.node "Slice"(%z0, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%over1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide1 = onnx.node "Expand"(%h0, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit1 = onnx.node "Reshape"(%wide1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places1 = onnx.node "Slice"(%range1, %zero, %end0, %zero) version 20 name "places1" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%places1, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z1 = onnx.node "ScatterND"(%z0, %at1, %fit1) version 20 name "write1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %back1 = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %again = onnx.node "Shape"(%z1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %empty = onnx.node "Expand"(%f0, %again) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%empty, %back1, %z1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node 'places1' (Slice) does not take the places of one expert's rows
func.func @other_cuts(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %f0 = onnx.constant dense<0.0> : tensor<f32>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %like = onnx.node "Shape"(%rows) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %blank = onnx.node "Expand"(%f0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %shape0 = onnx.node "Shape"(%blank) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit0 = onnx.node "Gather"(%shape0, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range0 = onnx.node "Range"(%c0, %limit0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over0 = onnx.node "Slice"(%blank, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%over0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide0 = onnx.node "Expand"(%h0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit0 = onnx.node "Reshape"(%wide0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places0 = onnx.node "Slice"(%range0, %zero, %end0, %zero) version 20 name "places0" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%places0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%blank, %at0, %fit0) version 20 name "write0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %shape1 = onnx.node "Shape"(%z0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit1 = onnx.node "Gather"(%shape1, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range1 = onnx.node "Range"(%c0, %limit1, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over1 = onnx.node "Slice"(%z0, %zero, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%over1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide1 = onnx.node "Expand"(%h1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit1 = onnx.node "Reshape"(%wide1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places1 = onnx.node "Slice"(%range1, %zero, %end1, %zero) version 20 name "places1" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%places1, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z1 = onnx.node "ScatterND"(%z0, %at1, %fit1) version 20 name "write1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %back1 = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %again = onnx.node "Shape"(%z1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %empty = onnx.node "Expand"(%f0, %again) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%empty, %back1, %z1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node 'places1' (Slice) does not take the places of one expert's rows
func.func @other_counts(%x: tensor<?x4xf32>, %n2: tensor<1xi64>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %f0 = onnx.constant dense<0.0> : tensor<f32>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %like = onnx.node "Shape"(%rows) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %blank = onnx.node "Expand"(%f0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %shape0 = onnx.node "Shape"(%blank) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit0 = onnx.node "Gather"(%shape0, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range0 = onnx.node "Range"(%c0, %limit0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over0 = onnx.node "Slice"(%blank, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%over0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide0 = onnx.node "Expand"(%h0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit0 = onnx.node "Reshape"(%wide0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places0 = onnx.node "Slice"(%range0, %zero, %end0, %zero) version 20 name "places0" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%places0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%blank, %at0, %fit0) version 20 name "write0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %shape1 = onnx.node "Shape"(%z0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit1 = onnx.node "Gather"(%shape1, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range1 = onnx.node "Range"(%c0, %limit1, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over1 = onnx.node "Slice"(%z0, %end0, %n2, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%over1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide1 = onnx.node "Expand"(%h1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit1 = onnx.node "Reshape"(%wide1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places1 = onnx.node "Slice"(%range1, %end0, %n2, %zero) version 20 name "places1" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%places1, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z1 = onnx.node "ScatterND"(%z0, %at1, %fit1) version 20 name "write1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %back1 = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %again = onnx.node "Shape"(%z1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %empty = onnx.node "Expand"(%f0, %again) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%empty, %back1, %z1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node 'write1' (ScatterND) writes to other places than the experts before
func.func @mixed(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %f0 = onnx.constant dense<0.0> : tensor<f32>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %like = onnx.node "Shape"(%rows) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %blank = onnx.node "Expand"(%f0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %shape0 = onnx.node "Shape"(%blank) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit0 = onnx.node "Gather"(%shape0, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range0 = onnx.node "Range"(%c0, %limit0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over0 = onnx.node "Slice"(%blank, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%over0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide0 = onnx.node "Expand"(%h0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit0 = onnx.node "Reshape"(%wide0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places0 = onnx.node "Slice"(%range0, %zero, %end0, %zero) version 20 name "places0" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%places0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%blank, %at0, %fit0) version 20 name "write0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %shape1 = onnx.node "Shape"(%z0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit1 = onnx.node "Gather"(%shape1, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range1 = onnx.node "Range"(%c0, %limit1, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over1 = onnx.node "Slice"(%z0, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%over1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide1 = onnx.node "Expand"(%h1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit1 = onnx.node "Reshape"(%wide1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places1 = onnx.node "Slice"(%order, %end0, %end1, %zero) version 20 name "places1" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%places1, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z1 = onnx.node "ScatterND"(%z0, %at1, %fit1) version 20 name "write1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %back1 = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %again = onnx.node "Shape"(%z1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %empty = onnx.node "Expand"(%f0, %again) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%empty, %back1, %z1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node 'write1' (ScatterND) is the last to write rows, of 1 of 2 experts
func.func @short_range(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %f0 = onnx.constant dense<0.0> : tensor<f32>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %like = onnx.node "Shape"(%rows) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %blank = onnx.node "Expand"(%f0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %shape0 = onnx.node "Shape"(%x) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit0 = onnx.node "Gather"(%shape0, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range0 = onnx.node "Range"(%c0, %limit0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over0 = onnx.node "Slice"(%blank, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%over0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide0 = onnx.node "Expand"(%h0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit0 = onnx.node "Reshape"(%wide0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places0 = onnx.node "Slice"(%range0, %zero, %end0, %zero) version 20 name "places0" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%places0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%blank, %at0, %fit0) version 20 name "write0" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %shape1 = onnx.node "Shape"(%z0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit1 = onnx.node "Gather"(%shape1, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range1 = onnx.node "Range"(%c0, %limit1, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over1 = onnx.node "Slice"(%z0, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%over1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide1 = onnx.node "Expand"(%h1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit1 = onnx.node "Reshape"(%wide1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places1 = onnx.node "Slice"(%range1, %end0, %end1, %zero) version 20 name "places1" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%places1, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z1 = onnx.node "ScatterND"(%z0, %at1, %fit1) version 20 name "write1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %back1 = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %again = onnx.node "Shape"(%z1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %empty = onnx.node "Expand"(%f0, %again) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%empty, %back1, %z1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node 'write0' (ScatterND) writes rows to a tensor of another length
func.func @other_length(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %f0 = onnx.constant dense<0.0> : tensor<f32>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<3x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<3x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %like = onnx.node "Shape"(%rows) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %blank = onnx.node "Expand"(%f0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<5x4xf32>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %over0 = onnx.node "Slice"(%blank, %zero, %end0, %zero) version 20 {} : (tensor<5x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%over0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide0 = onnx.node "Expand"(%h0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit0 = onnx.node "Reshape"(%wide0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places0 = onnx.node "Slice"(%order, %zero, %end0, %zero) version 20 name "places0" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%places0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%blank, %at0, %fit0) version 20 name "write0" {} : (tensor<5x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %over1 = onnx.node "Slice"(%z0, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%over1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide1 = onnx.node "Expand"(%h1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit1 = onnx.node "Reshape"(%wide1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places1 = onnx.node "Slice"(%order, %end0, %end1, %zero) version 20 name "places1" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%places1, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z1 = onnx.node "ScatterND"(%z0, %at1, %fit1) version 20 name "write1" {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%z1, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// CHECK: not raised: node '/moe/TopK' (TopK) leads to sorted rows that no sum brings together
func.func @added(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %router = moe.weight [#moe.piece<"w" at 512 shape [4, 2] strides [2, 1]>] : tensor<4x2xf32>
  %logits = onnx.node "MatMul"(%x, %router) version 20 {} : (tensor<?x4xf32>, tensor<4x2xf32>) -> tensor<?x2xf32>
  %two = onnx.constant dense<2> : tensor<1xi64>
  %one = onnx.constant dense<1> : tensor<1xi64>
  %all = onnx.constant dense<-1> : tensor<1xi64>
  %zero = onnx.constant dense<0> : tensor<1xi64>
  %c2 = onnx.constant dense<2> : tensor<i64>
  %c1 = onnx.constant dense<1> : tensor<i64>
  %c0 = onnx.constant dense<0> : tensor<i64>
  %f0 = onnx.constant dense<0.0> : tensor<f32>
  %threed = onnx.constant dense<[-1, 2, 4]> : tensor<3xi64>
  %values = onnx.constant dense<[0, 1]> : tensor<2xi64>
  %scores = onnx.node "Softmax"(%logits) version 20 {axis = -1 : i64} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  %weights, %ids = onnx.node "TopK"(%scores, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<1xi64>) -> (tensor<?x2xf32>, tensor<?x2xi64>)
  %flat = onnx.node "Reshape"(%ids, %all) version 20 {} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<?xi64>
  %n = onnx.node "Shape"(%flat) version 20 {} : (tensor<?xi64>) -> tensor<1xi64>
  %sorted, %order = onnx.node "TopK"(%flat, %n) version 20 name "sort" {axis = 0 : i64, largest = 0 : i64} : (tensor<?xi64>, tensor<1xi64>) -> (tensor<?xi64>, tensor<?xi64>)
  %token = onnx.node "Div"(%order, %c2) version 20 {} : (tensor<?xi64>, tensor<i64>) -> tensor<?xi64>
  %rows = onnx.node "Gather"(%x, %token) version 20 {axis = 0 : i64} : (tensor<?x4xf32>, tensor<?xi64>) -> tensor<?x4xf32>
  %hot = onnx.node "OneHot"(%flat, %c2, %values) version 20 {} : (tensor<?xi64>, tensor<i64>, tensor<2xi64>) -> tensor<?x2xi64>
  %count = onnx.node "ReduceSum"(%hot, %zero) version 20 {keepdims = 0 : i64} : (tensor<?x2xi64>, tensor<1xi64>) -> tensor<2xi64>
  %end = onnx.node "CumSum"(%count, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<2xi64>
  %end0 = onnx.node "Gather"(%end, %zero) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %end1 = onnx.node "Gather"(%end, %one) version 20 {} : (tensor<2xi64>, tensor<1xi64>) -> tensor<1xi64>
  %like = onnx.node "Shape"(%rows) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %blank = onnx.node "Expand"(%f0, %like) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %a0 = moe.weight [#moe.piece<"w" at 0 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r0 = onnx.node "Slice"(%rows, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h0 = onnx.node "MatMul"(%r0, %a0) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %a1 = moe.weight [#moe.piece<"w" at 64 shape [4, 4] strides [4, 1]>] : tensor<4x4xf32>
  %r1 = onnx.node "Slice"(%rows, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %h1 = onnx.node "MatMul"(%r1, %a1) version 20 {} : (tensor<?x4xf32>, tensor<4x4xf32>) -> tensor<?x4xf32>
  %shape0 = onnx.node "Shape"(%blank) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit0 = onnx.node "Gather"(%shape0, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range0 = onnx.node "Range"(%c0, %limit0, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over0 = onnx.node "Slice"(%blank, %zero, %end0, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size0 = onnx.node "Shape"(%over0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide0 = onnx.node "Expand"(%h0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit0 = onnx.node "Reshape"(%wide0, %size0) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places0 = onnx.node "Slice"(%range0, %zero, %end0, %zero) version 20 name "places0" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at0 = onnx.node "Unsqueeze"(%places0, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z0 = onnx.node "ScatterND"(%blank, %at0, %fit0) version 20 name "write0" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %shape1 = onnx.node "Shape"(%z0) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %limit1 = onnx.node "Gather"(%shape1, %c0) version 20 {} : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %range1 = onnx.node "Range"(%c0, %limit1, %c1) version 20 {} : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %over1 = onnx.node "Slice"(%z0, %end0, %end1, %zero) version 20 {} : (tensor<?x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?x4xf32>
  %size1 = onnx.node "Shape"(%over1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %wide1 = onnx.node "Expand"(%h1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %fit1 = onnx.node "Reshape"(%wide1, %size1) version 20 {} : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  %places1 = onnx.node "Slice"(%range1, %end0, %end1, %zero) version 20 name "places1" {} : (tensor<?xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> tensor<?xi64>
  %at1 = onnx.node "Unsqueeze"(%places1, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %z1 = onnx.node "ScatterND"(%z0, %at1, %fit1) version 20 name "write1" {reduction = "add"} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %back1 = onnx.node "Unsqueeze"(%order, %one) version 20 {} : (tensor<?xi64>, tensor<1xi64>) -> tensor<?x1xi64>
  %again = onnx.node "Shape"(%z1) version 20 {} : (tensor<?x4xf32>) -> tensor<2xi64>
  %empty = onnx.node "Expand"(%f0, %again) version 20 {} : (tensor<f32>, tensor<2xi64>) -> tensor<?x4xf32>
  %back = onnx.node "ScatterND"(%empty, %back1, %z1) version 20 {} : (tensor<?x4xf32>, tensor<?x1xi64>, tensor<?x4xf32>) -> tensor<?x4xf32>
  %perpair = onnx.node "Reshape"(%back, %threed) version 20 {} : (tensor<?x4xf32>, tensor<3xi64>) -> tensor<?x2x4xf32>
  %w3 = onnx.node "Unsqueeze"(%weights, %two) version 20 {} : (tensor<?x2xf32>, tensor<1xi64>) -> tensor<?x2x1xf32>
  %weighed = onnx.node "Mul"(%perpair, %w3) version 20 {} : (tensor<?x2x4xf32>, tensor<?x2x1xf32>) -> tensor<?x2x4xf32>
  %y = onnx.node "ReduceSum"(%weighed, %one) version 20 {keepdims = 0 : i64} : (tensor<?x2x4xf32>, tensor<1xi64>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
