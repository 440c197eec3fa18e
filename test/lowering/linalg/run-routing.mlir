// RUN: %run-linalg %s | FileCheck %s

// What routing means, run: each function prints numbers that were computed by hand.

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI32(tensor<*xi32>)

func.func @print(%f: tensor<?x2xf32>, %i: tensor<?x2xi32>) attributes {no_inline} {
  %0 = tensor.cast %f : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%0) : (tensor<*xf32>) -> ()
  %1 = tensor.cast %i : tensor<?x2xi32> to tensor<*xi32>
  call @printMemrefI32(%1) : (tensor<*xi32>) -> ()
  return
}

// Row 0: a tie of three, the lower indices win. Row 1: two NaN are the largest and equal. Row 2: -inf
// is a score like others, and so is -0, which equals 0.
func.func @identity() attributes {no_inline} {
  %l = arith.constant dense<[[1.0, 3.0, 3.0, 3.0], [9.0, 0x7FC00000, 2.0, 0xFFC00000], [-0.0, 0.0, 0xFF800000, 0xFF800000]]> : tensor<3x4xf32>
  %logits = tensor.cast %l : tensor<3x4xf32> to tensor<?x4xf32>
  %w, %e = moe.gate %logits <score = identity, k = 2> : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  call @print(%w, %e) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  return
}
// CHECK: sizes = [3, 2]
// CHECK: [3, 3]
// CHECK-NEXT: [{{-?}}nan, {{-?}}nan]
// CHECK-NEXT: [-0, 0]
// CHECK: [1, 2]
// CHECK-NEXT: [1, 3]
// CHECK-NEXT: [0, 1]

// Softmax over all, then over the two, is 3/4 and 1/4; two experts of no weight.
func.func @softmax() attributes {no_inline} {
  %l = arith.constant dense<[[0xFF800000, 1.0986123, 0.0, 0xFF800000], [0.0, 0.0, 0x7FC00000, 0.0]]> : tensor<2x4xf32>
  %logits = tensor.cast %l : tensor<2x4xf32> to tensor<?x4xf32>
  %w, %e = moe.gate %logits <score = softmax, k = 2> : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  call @print(%w, %e) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  return
}
// A NaN makes all scores of its token NaN, and so equal.
// CHECK: [0.75, 0.25]
// CHECK-NEXT: [{{-?}}nan, {{-?}}nan]
// CHECK: [1, 2]
// CHECK-NEXT: [0, 1]

// Softmax over the chosen two: 1/4 of the bigger one's weight.
func.func @score_after() attributes {no_inline} {
  %l = arith.constant dense<[[5.0, 1.0, 5.0, 3.6137056]]> : tensor<1x4xf32>
  %logits = tensor.cast %l : tensor<1x4xf32> to tensor<?x4xf32>
  %b = arith.constant dense<[-9.0, 0.0, 0.0, 0.0]> : tensor<4xf32>
  %w, %e = moe.gate %logits bias %b : tensor<4xf32> <score = softmax, k = 2, score_after = true>
      : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  call @print(%w, %e) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  return
}
// CHECK: [0.8, 0.2]
// CHECK: [2, 3]

// sigmoid(0) = 1/2 and sigmoid(log 3) = 3/4. The bias chooses and does not weigh; then weights add up to
// one (with epsilon 0.75: (3/4 + 1/2) + 3/4 = 2), times 4.
func.func @sigmoid_bias() attributes {no_inline} {
  %l = arith.constant dense<[[1.0986123, 0.0, 1.0986123, 1.0986123]]> : tensor<1x4xf32>
  %logits = tensor.cast %l : tensor<1x4xf32> to tensor<?x4xf32>
  %b = arith.constant dense<[0.0, 10.0, 0.5, 0.0]> : tensor<4xf32>
  %w, %e = moe.gate %logits bias %b : tensor<4xf32>
      <score = sigmoid, k = 2, normalize = true, epsilon = 0.75 : f64, scale = 4.0 : f64>
      : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  call @print(%w, %e) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  return
}
// CHECK: [1, 1.5]
// CHECK: [1, 2]

// sqrt(log(1 + exp(0))) = sqrt(log 2); of 100 it is 10, although exp(100) is no float.
func.func @sqrt_softplus() attributes {no_inline} {
  %l = arith.constant dense<[[0.0, 100.0]]> : tensor<1x2xf32>
  %logits = tensor.cast %l : tensor<1x2xf32> to tensor<?x2xf32>
  %w, %e = moe.gate %logits <score = sqrt_softplus, k = 2> : tensor<?x2xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  call @print(%w, %e) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  return
}
// CHECK: [10, 0.832555]
// CHECK: [1, 0]

// Groups {5, 1}, {4, 3}, {2, 2}, {0, 6} by the sum of their best two: 6, 7, 4, 6. The second and, of the two
// with 6, the first stay; the best single expert (7) is out of the race. Then k best of those.
func.func @groups() attributes {no_inline} {
  %l = arith.constant dense<[[5.0, 1.0, 4.0, 3.0, 2.0, 2.0, 0.0, 6.0], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0x7FC00000, -5.0]]> : tensor<2x8xf32>
  %logits = tensor.cast %l : tensor<2x8xf32> to tensor<?x8xf32>
  %w, %e = moe.gate %logits <score = identity, k = 2, groups = 4, top_groups = 2, group_best = 2>
      : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  call @print(%w, %e) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  %w1, %e1 = moe.gate %logits <score = identity, k = 2, groups = 4, top_groups = 1>
      : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  call @print(%w1, %e1) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  %o = arith.constant dense<[[-1.0, 2.0, 3.0, -4.0, 1.0, -2.0, 1.0, 1.0]]> : tensor<1x8xf32>
  %other = tensor.cast %o : tensor<1x8xf32> to tensor<?x8xf32>
  %w2, %e2 = moe.gate %other <score = identity, k = 3, groups = 2, top_groups = 1, group_best = 2, outside = 0.0 : f64>
      : tensor<?x8xf32> -> tensor<?x3xf32>, tensor<?x3xi32>
  %w3 = tensor.extract_slice %w2[0, 1] [1, 2] [1, 1] : tensor<?x3xf32> to tensor<1x2xf32>
  %e3 = tensor.extract_slice %e2[0, 1] [1, 2] [1, 1] : tensor<?x3xi32> to tensor<1x2xi32>
  %w4 = tensor.cast %w3 : tensor<1x2xf32> to tensor<?x2xf32>
  %e4 = tensor.cast %e3 : tensor<1x2xi32> to tensor<?x2xi32>
  call @print(%w4, %e4) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  return
}
// CHECK: [5, 4]
// CHECK-NEXT: [{{-?}}nan, 1]
// CHECK: [0, 2]
// CHECK-NEXT: [6, 1]
// By the best one, the last group alone.
// CHECK: [6, 0]
// CHECK-NEXT: [{{-?}}nan, -5]
// CHECK: [7, 6]
// CHECK-NEXT: [6, 7]
// Of the best group {-1, 2, 3, -4} only two lie above the 0 that the others are taken for; the third is the
// first of these, with its own weight.
// CHECK: [2, 1]
// CHECK: [1, 4]

// Jitter 1/4: experts further below the best than half of max(|x|, best) are masked. Round one, best 4 of
// {4, 2, 1.5, 4 - log 3}: 2 is not masked (2 > 2 fails), 1.5 is.
func.func @sparsemixer() attributes {no_inline} {
  %l = arith.constant dense<[[4.0, 1.5, 1.0, 2.9013877]]> : tensor<1x4xf32>
  %logits = tensor.cast %l : tensor<1x4xf32> to tensor<?x4xf32>
  %w, %e = moe.gate %logits <score = sparsemixer, k = 2, jitter = 2.5e-1 : f64> : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
  call @print(%w, %e) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  return
}
// Round one: 1 / (1 + 1/3). Round two without expert 0, best 2.9: 1.5 is 1.4 below, less than 1.45; 1.0 is not:
// 1 / (1 + exp(-1.4013877)).
// CHECK: [0.75, 0.802404]
// CHECK: [0, 3]

// No token: no choice, and all offsets are 0.
func.func @no_token() attributes {no_inline} {
  %l = tensor.empty() : tensor<0x4xf32>
  %logits = tensor.cast %l : tensor<0x4xf32> to tensor<?x4xf32>
  %w, %e, %s, %o = moe.route %logits <score = softmax, k = 2> {tile = 4 : i64}
      : tensor<?x4xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<5xi32>
  call @print(%w, %e) : (tensor<?x2xf32>, tensor<?x2xi32>) -> ()
  %0 = tensor.cast %o : tensor<5xi32> to tensor<*xi32>
  call @printMemrefI32(%0) : (tensor<*xi32>) -> ()
  %1 = tensor.cast %s : tensor<?xi32> to tensor<*xi32>
  call @printMemrefI32(%1) : (tensor<*xi32>) -> ()
  return
}
// CHECK: sizes = [0, 2]
// CHECK: sizes = [0, 2]
// CHECK: sizes = [5]
// CHECK-NEXT: [0, 0, 0, 0, 0]
// CHECK: sizes = [12]
// CHECK-NEXT: [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1]

func.func @main() {
  call @identity() : () -> ()
  call @softmax() : () -> ()
  call @score_after() : () -> ()
  call @sigmoid_bias() : () -> ()
  call @sqrt_softplus() : () -> ()
  call @groups() : () -> ()
  call @sparsemixer() : () -> ()
  call @no_token() : () -> ()
  return
}
