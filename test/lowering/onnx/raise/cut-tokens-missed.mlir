// RUN: moe-opt %s --onnx-infer-types --moe-raise --remarks-filter=moe-raise --remark-format=emitRemark 2>&1 | FileCheck %s

// Near misses of outputs and routing weights that are cut alike. What was written to look at them
// is gone again.

// CHECK-COUNT-5: not raised:

// By different sizes: where one of them is 1, each batch meets each token.
// CHECK: @different(
// CHECK-NOT: moe.dispatch
// CHECK-COUNT-1: onnx.node "Mul"
// CHECK-NOT: onnx.node "Mul"
func.func @different(%x: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  %zero = onnx.constant dense<[0]> : tensor<1xi64>
  %one = onnx.constant dense<[1]> : tensor<1xi64>
  %minus = onnx.constant dense<[-1]> : tensor<1xi64>
  %four = onnx.constant dense<[4]> : tensor<1xi64>
  %three = onnx.constant dense<[3]> : tensor<1xi64>
  %two = onnx.constant dense<[2]> : tensor<1xi64>
  %flat = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %h = onnx.node "Reshape"(%x, %flat) version 20 {} : (tensor<?x?x4xf32>, tensor<2xi64>) -> !onnx.value
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %logits = onnx.node "MatMul"(%h, %router) version 20 {} : (!onnx.value, tensor<4x3xf32>) -> !onnx.value
  %values, %ids = onnx.node "TopK"(%logits, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %soft = onnx.node "Softmax"(%values) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %lshape = onnx.node "Shape"(%logits) version 20 {} : (!onnx.value) -> !onnx.value
  %zeros = onnx.node "ConstantOfShape"(%lshape) version 20 {} : (!onnx.value) -> !onnx.value
  %dense = onnx.node "ScatterElements"(%zeros, %ids, %soft) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %repeats = onnx.constant dense<[3, 1]> : tensor<2xi64>
  %all = onnx.constant dense<[3, -1, 4]> : tensor<3xi64>
  %tiled = onnx.node "Tile"(%h, %repeats) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %stacked = onnx.node "Reshape"(%tiled, %all) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %u = onnx.node "MatMul"(%stacked, %up) version 20 {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %r = onnx.node "Relu"(%u) version 20 {} : (!onnx.value) -> !onnx.value
  %d = onnx.node "MatMul"(%r, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %xshape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x?x4xf32>) -> !onnx.value
  %b = onnx.node "Slice"(%xshape, %zero, %one) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %s = onnx.node "Slice"(%xshape, %one, %two) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ysizes = onnx.node "Concat"(%three, %b, %minus, %four) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ycut = onnx.node "Reshape"(%d, %ysizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %turned = onnx.node "Transpose"(%dense) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %wsizes = onnx.node "Concat"(%three, %s, %minus) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>) -> !onnx.value
  %wcut = onnx.node "Reshape"(%turned, %wsizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %w = onnx.node "Unsqueeze"(%wcut, %minus) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %m = onnx.node "Mul"(%ycut, %w) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y0 = onnx.node "ReduceSum"(%m, %zero) version 20 name "/moe/ReduceSum" {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%y0) version 20 {} : (!onnx.value) -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// The weights by the batch of another tensor.
// CHECK: @elsewhere(
// CHECK-NOT: moe.dispatch
// CHECK-COUNT-1: onnx.node "Mul"
// CHECK-NOT: onnx.node "Mul"
func.func @elsewhere(%x: tensor<?x?x4xf32>, %o: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  %zero = onnx.constant dense<[0]> : tensor<1xi64>
  %one = onnx.constant dense<[1]> : tensor<1xi64>
  %minus = onnx.constant dense<[-1]> : tensor<1xi64>
  %four = onnx.constant dense<[4]> : tensor<1xi64>
  %three = onnx.constant dense<[3]> : tensor<1xi64>
  %two = onnx.constant dense<[2]> : tensor<1xi64>
  %flat = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %h = onnx.node "Reshape"(%x, %flat) version 20 {} : (tensor<?x?x4xf32>, tensor<2xi64>) -> !onnx.value
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %logits = onnx.node "MatMul"(%h, %router) version 20 {} : (!onnx.value, tensor<4x3xf32>) -> !onnx.value
  %values, %ids = onnx.node "TopK"(%logits, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %soft = onnx.node "Softmax"(%values) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %lshape = onnx.node "Shape"(%logits) version 20 {} : (!onnx.value) -> !onnx.value
  %zeros = onnx.node "ConstantOfShape"(%lshape) version 20 {} : (!onnx.value) -> !onnx.value
  %dense = onnx.node "ScatterElements"(%zeros, %ids, %soft) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %repeats = onnx.constant dense<[3, 1]> : tensor<2xi64>
  %all = onnx.constant dense<[3, -1, 4]> : tensor<3xi64>
  %tiled = onnx.node "Tile"(%h, %repeats) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %stacked = onnx.node "Reshape"(%tiled, %all) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %u = onnx.node "MatMul"(%stacked, %up) version 20 {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %r = onnx.node "Relu"(%u) version 20 {} : (!onnx.value) -> !onnx.value
  %d = onnx.node "MatMul"(%r, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %xshape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x?x4xf32>) -> !onnx.value
  %b = onnx.node "Slice"(%xshape, %zero, %one) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %s = onnx.node "Slice"(%xshape, %one, %two) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %oshape = onnx.node "Shape"(%o) version 20 {} : (tensor<?x?x4xf32>) -> !onnx.value
  %ob = onnx.node "Slice"(%oshape, %zero, %one) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ysizes = onnx.node "Concat"(%three, %b, %minus, %four) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ycut = onnx.node "Reshape"(%d, %ysizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %turned = onnx.node "Transpose"(%dense) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %wsizes = onnx.node "Concat"(%three, %ob, %minus) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>) -> !onnx.value
  %wcut = onnx.node "Reshape"(%turned, %wsizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %w = onnx.node "Unsqueeze"(%wcut, %minus) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %m = onnx.node "Mul"(%ycut, %w) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y0 = onnx.node "ReduceSum"(%m, %zero) version 20 name "/moe/ReduceSum" {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%y0) version 20 {} : (!onnx.value) -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// The outputs are of other tokens than the weights.
// CHECK: @other_tokens(
// CHECK-NOT: moe.dispatch
// CHECK-COUNT-1: onnx.node "Mul"
// CHECK-NOT: onnx.node "Mul"
func.func @other_tokens(%x: tensor<?x?x4xf32>, %o: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  %zero = onnx.constant dense<[0]> : tensor<1xi64>
  %one = onnx.constant dense<[1]> : tensor<1xi64>
  %minus = onnx.constant dense<[-1]> : tensor<1xi64>
  %four = onnx.constant dense<[4]> : tensor<1xi64>
  %three = onnx.constant dense<[3]> : tensor<1xi64>
  %two = onnx.constant dense<[2]> : tensor<1xi64>
  %flat = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %h = onnx.node "Reshape"(%x, %flat) version 20 {} : (tensor<?x?x4xf32>, tensor<2xi64>) -> !onnx.value
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %logits = onnx.node "MatMul"(%h, %router) version 20 {} : (!onnx.value, tensor<4x3xf32>) -> !onnx.value
  %values, %ids = onnx.node "TopK"(%logits, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %soft = onnx.node "Softmax"(%values) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %lshape = onnx.node "Shape"(%logits) version 20 {} : (!onnx.value) -> !onnx.value
  %zeros = onnx.node "ConstantOfShape"(%lshape) version 20 {} : (!onnx.value) -> !onnx.value
  %dense = onnx.node "ScatterElements"(%zeros, %ids, %soft) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %rows = onnx.node "Reshape"(%o, %flat) version 20 {} : (tensor<?x?x4xf32>, tensor<2xi64>) -> !onnx.value
  %repeats = onnx.constant dense<[3, 1]> : tensor<2xi64>
  %all = onnx.constant dense<[3, -1, 4]> : tensor<3xi64>
  %tiled = onnx.node "Tile"(%rows, %repeats) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %stacked = onnx.node "Reshape"(%tiled, %all) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %u = onnx.node "MatMul"(%stacked, %up) version 20 {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %r = onnx.node "Relu"(%u) version 20 {} : (!onnx.value) -> !onnx.value
  %d = onnx.node "MatMul"(%r, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %xshape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x?x4xf32>) -> !onnx.value
  %b = onnx.node "Slice"(%xshape, %zero, %one) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %s = onnx.node "Slice"(%xshape, %one, %two) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ysizes = onnx.node "Concat"(%three, %b, %minus, %four) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ycut = onnx.node "Reshape"(%d, %ysizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %turned = onnx.node "Transpose"(%dense) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %wsizes = onnx.node "Concat"(%three, %b, %minus) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>) -> !onnx.value
  %wcut = onnx.node "Reshape"(%turned, %wsizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %w = onnx.node "Unsqueeze"(%wcut, %minus) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %m = onnx.node "Mul"(%ycut, %w) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y0 = onnx.node "ReduceSum"(%m, %zero) version 20 name "/moe/ReduceSum" {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%y0) version 20 {} : (!onnx.value) -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// Added up over the batch, not over the experts.
// CHECK: @over_batch(
// CHECK-NOT: moe.dispatch
// CHECK-COUNT-1: onnx.node "Mul"
// CHECK-NOT: onnx.node "Mul"
func.func @over_batch(%x: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  %zero = onnx.constant dense<[0]> : tensor<1xi64>
  %one = onnx.constant dense<[1]> : tensor<1xi64>
  %minus = onnx.constant dense<[-1]> : tensor<1xi64>
  %four = onnx.constant dense<[4]> : tensor<1xi64>
  %three = onnx.constant dense<[3]> : tensor<1xi64>
  %two = onnx.constant dense<[2]> : tensor<1xi64>
  %flat = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %h = onnx.node "Reshape"(%x, %flat) version 20 {} : (tensor<?x?x4xf32>, tensor<2xi64>) -> !onnx.value
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %logits = onnx.node "MatMul"(%h, %router) version 20 {} : (!onnx.value, tensor<4x3xf32>) -> !onnx.value
  %values, %ids = onnx.node "TopK"(%logits, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %soft = onnx.node "Softmax"(%values) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %lshape = onnx.node "Shape"(%logits) version 20 {} : (!onnx.value) -> !onnx.value
  %zeros = onnx.node "ConstantOfShape"(%lshape) version 20 {} : (!onnx.value) -> !onnx.value
  %dense = onnx.node "ScatterElements"(%zeros, %ids, %soft) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %repeats = onnx.constant dense<[3, 1]> : tensor<2xi64>
  %all = onnx.constant dense<[3, -1, 4]> : tensor<3xi64>
  %tiled = onnx.node "Tile"(%h, %repeats) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %stacked = onnx.node "Reshape"(%tiled, %all) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %u = onnx.node "MatMul"(%stacked, %up) version 20 {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %r = onnx.node "Relu"(%u) version 20 {} : (!onnx.value) -> !onnx.value
  %d = onnx.node "MatMul"(%r, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %xshape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x?x4xf32>) -> !onnx.value
  %b = onnx.node "Slice"(%xshape, %zero, %one) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %s = onnx.node "Slice"(%xshape, %one, %two) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ysizes = onnx.node "Concat"(%three, %b, %minus, %four) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ycut = onnx.node "Reshape"(%d, %ysizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %turned = onnx.node "Transpose"(%dense) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %wsizes = onnx.node "Concat"(%three, %b, %minus) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>) -> !onnx.value
  %wcut = onnx.node "Reshape"(%turned, %wsizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %w = onnx.node "Unsqueeze"(%wcut, %minus) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %m = onnx.node "Mul"(%ycut, %w) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y0 = onnx.node "ReduceSum"(%m, %one) version 20 name "/moe/ReduceSum" {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y = onnx.node "Identity"(%y0) version 20 {} : (!onnx.value) -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}

// Joined again to other rows: the sum adds up parts of three experts.
// CHECK: @joined_otherwise(
// CHECK-NOT: moe.dispatch
// CHECK-COUNT-1: onnx.node "Mul"
// CHECK-NOT: onnx.node "Mul"
func.func @joined_otherwise(%x: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  %zero = onnx.constant dense<[0]> : tensor<1xi64>
  %one = onnx.constant dense<[1]> : tensor<1xi64>
  %minus = onnx.constant dense<[-1]> : tensor<1xi64>
  %four = onnx.constant dense<[4]> : tensor<1xi64>
  %three = onnx.constant dense<[3]> : tensor<1xi64>
  %two = onnx.constant dense<[2]> : tensor<1xi64>
  %flat = onnx.constant dense<[-1, 4]> : tensor<2xi64>
  %h = onnx.node "Reshape"(%x, %flat) version 20 {} : (tensor<?x?x4xf32>, tensor<2xi64>) -> !onnx.value
  %router = moe.weight [#moe.piece<"w" at 9000 shape [4, 3] strides [3, 1]>] : tensor<4x3xf32>
  %logits = onnx.node "MatMul"(%h, %router) version 20 {} : (!onnx.value, tensor<4x3xf32>) -> !onnx.value
  %values, %ids = onnx.node "TopK"(%logits, %two) version 20 name "/moe/TopK" {axis = -1 : i64} : (!onnx.value, tensor<1xi64>) -> (!onnx.value, !onnx.value)
  %soft = onnx.node "Softmax"(%values) version 20 {axis = -1 : i64} : (!onnx.value) -> !onnx.value
  %lshape = onnx.node "Shape"(%logits) version 20 {} : (!onnx.value) -> !onnx.value
  %zeros = onnx.node "ConstantOfShape"(%lshape) version 20 {} : (!onnx.value) -> !onnx.value
  %dense = onnx.node "ScatterElements"(%zeros, %ids, %soft) version 20 {axis = 1 : i64} : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %repeats = onnx.constant dense<[3, 1]> : tensor<2xi64>
  %all = onnx.constant dense<[3, -1, 4]> : tensor<3xi64>
  %tiled = onnx.node "Tile"(%h, %repeats) version 20 {} : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %stacked = onnx.node "Reshape"(%tiled, %all) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %up = moe.weight [#moe.piece<"w" at 0 shape [3, 4, 6] strides [24, 6, 1]>] : tensor<3x4x6xf32>
  %down = moe.weight [#moe.piece<"w" at 1000 shape [3, 6, 4] strides [24, 4, 1]>] : tensor<3x6x4xf32>
  %u = onnx.node "MatMul"(%stacked, %up) version 20 {} : (!onnx.value, tensor<3x4x6xf32>) -> !onnx.value
  %r = onnx.node "Relu"(%u) version 20 {} : (!onnx.value) -> !onnx.value
  %d = onnx.node "MatMul"(%r, %down) version 20 {} : (!onnx.value, tensor<3x6x4xf32>) -> !onnx.value
  %xshape = onnx.node "Shape"(%x) version 20 {} : (tensor<?x?x4xf32>) -> !onnx.value
  %b = onnx.node "Slice"(%xshape, %zero, %one) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %s = onnx.node "Slice"(%xshape, %one, %two) version 20 {} : (!onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ysizes = onnx.node "Concat"(%three, %b, %minus, %four) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %ycut = onnx.node "Reshape"(%d, %ysizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %turned = onnx.node "Transpose"(%dense) version 20 {perm = array<i64: 1, 0>} : (!onnx.value) -> !onnx.value
  %wsizes = onnx.node "Concat"(%three, %b, %minus) version 20 {axis = 0 : i64} : (tensor<1xi64>, !onnx.value, tensor<1xi64>) -> !onnx.value
  %wcut = onnx.node "Reshape"(%turned, %wsizes) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %w = onnx.node "Unsqueeze"(%wcut, %minus) version 20 {} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %m = onnx.node "Mul"(%ycut, %w) version 20 name "/moe/Mul" {} : (!onnx.value, !onnx.value) -> !onnx.value
  %joins = onnx.constant dense<[-1, 3, 4]> : tensor<3xi64>
  %j = onnx.node "Reshape"(%m, %joins) version 20 {} : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %y00 = onnx.node "ReduceSum"(%j, %zero) version 20 name "/moe/ReduceSum" {keepdims = 0 : i64} : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %y0 = onnx.node "Reshape"(%y00, %xshape) version 20 {} : (!onnx.value, !onnx.value) -> !onnx.value
  %y = onnx.node "Identity"(%y0) version 20 {} : (!onnx.value) -> tensor<?x?x4xf32>
  return %y : tensor<?x?x4xf32>
}
