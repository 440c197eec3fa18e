// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @weight
// CHECK: moe.weight [#moe.piece<"model.onnx" at 128 shape[1, 3, 4] strides[12, 1, 3]>, #moe.piece<"model.onnx" at 176 shape[1, 3, 4] strides[12, 1, 3]>] : tensor<2x3x4xf32>
func.func @weight() -> tensor<2x3x4xf32> {
  %w = moe.weight [#moe.piece<"model.onnx" at 128 shape [1, 3, 4] strides [12, 1, 3]>,
                   #moe.piece<"model.onnx" at 176 shape [1, 3, 4] strides [12, 1, 3]>] : tensor<2x3x4xf32>
  return %w : tensor<2x3x4xf32>
}

// CHECK-LABEL: @packed
// CHECK: moe.weight [#moe.piece<dense<1.000000e+00> : tensor<12xf32> at 0 shape[1, 3, 4] strides[12, 4, 1]>] {columns = 4 : i64, depth = 3 : i64, layout = #moe<layout pair_panels>, offset = 4096 : i64, panel = 3 : i64} : tensor<1x2x2x3x2xf32>
func.func @packed() -> tensor<1x2x2x3x2xf32> {
  %w = moe.weight [#moe.piece<dense<1.0> : tensor<12xf32> at 0 shape [1, 3, 4] strides [12, 4, 1]>]
      {layout = #moe<layout pair_panels>, panel = 3 : i64, depth = 3 : i64, columns = 4 : i64, offset = 4096 : i64} : tensor<1x2x2x3x2xf32>
  return %w : tensor<1x2x2x3x2xf32>
}

// CHECK-LABEL: @codes
// CHECK: moe.weight [#moe.piece<"m" at 4 shape[2, 20, 48] strides[960, 1, 20]>] : tensor<2x20x48xi4>
// CHECK: {columns = 48 : i64, depth = 20 : i64, element = i4, layout = #moe<layout word_panels>, panel = 48 : i64} : tensor<2x1x3x48xi32>
// CHECK: {element = i2} : tensor<2x3xi8>
func.func @codes() -> (tensor<2x20x48xi4>, tensor<2x1x3x48xi32>, tensor<2x3xi8>) {
  %0 = moe.weight [#moe.piece<"m" at 4 shape [2, 20, 48] strides [960, 1, 20]>] : tensor<2x20x48xi4>
  %1 = moe.weight [#moe.piece<"m" at 4 shape [2, 20, 48] strides [960, 1, 20]>] {element = i4, layout = #moe<layout word_panels>, panel = 48 : i64, depth = 20 : i64, columns = 48 : i64} : tensor<2x1x3x48xi32>
  %2 = moe.weight [#moe.piece<"m" at 2 shape [2, 3] strides [3, 1]>] {element = i2} : tensor<2x3xi8>
  return %0, %1, %2 : tensor<2x20x48xi4>, tensor<2x1x3x48xi32>, tensor<2x3xi8>
}
