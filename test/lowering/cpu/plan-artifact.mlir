// RUN: moe-opt --cpu-plan-artifact --split-input-file %s | FileCheck %s

// Panels for the product, rows for the other use, pairs for 16 bits, one place for equal weights.

// CHECK: module attributes {{.*}}moe.weight_bytes = 2112 : i64}
// CHECK-LABEL: @layouts
// CHECK: moe.weight {{.*}} {offset = 0 : i64} : tensor<2x3x4xf32>
// CHECK: moe.weight {{.*}} {columns = 4 : i64, depth = 3 : i64, layout = #moe<layout panels>, offset = 128 : i64, panel = 48 : i64} : tensor<2x1x3x48xf32>
// CHECK: moe.weight {{.*}} layout = #moe<layout pair_panels>, offset = 1280 : i64, panel = 48 : i64} : tensor<2x1x2x48x2xbf16>
// CHECK: moe.weight {{.*}} {offset = 0 : i64} : tensor<2x3x4xf32>
// CHECK: moe.weight {{.*}} {offset = 2048 : i64} : tensor<16xf32>
// CHECK: moe.observe {{.*}} {number = 0 : i32}
// CHECK: moe.observe {{.*}} {number = 1 : i32}
module attributes {moe.layers = [{name = "l"}]} {
func.func @layouts(%x: tensor<?x3xf32>, %h: tensor<?x3xbf16>, %o: tensor<3xi32>, %y0: tensor<?x4xf32>, %z0: tensor<?x4xbf16>)
    -> (tensor<?x4xf32>, tensor<?x4xbf16>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<16xf32>) {
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>] : tensor<2x3x4xf32>
  %v = moe.weight [#moe.piece<"m" at 96 shape [2, 3, 4] strides [12, 4, 1]>] : tensor<2x3x4xbf16>
  %same = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>] : tensor<2x3x4xf32>
  %b = moe.weight [#moe.piece<"m" at 500 shape [16] strides [1]>] : tensor<16xf32>
  %y = moe.grouped_matmul %x offsets(%o : tensor<3xi32>) weights(%w : tensor<2x3x4xf32>)
      into(%y0 : tensor<?x4xf32>) : tensor<?x3xf32> -> tensor<?x4xf32>
  %z = moe.grouped_matmul %h offsets(%o : tensor<3xi32>) weights(%v : tensor<2x3x4xbf16>)
      into(%z0 : tensor<?x4xbf16>) : tensor<?x3xbf16> -> tensor<?x4xbf16>
  moe.observe "l" tokens %x : tensor<?x3xf32>
  moe.observe "l" output %y : tensor<?x4xf32>
  return %y, %z, %w, %same, %b
      : tensor<?x4xf32>, tensor<?x4xbf16>, tensor<2x3x4xf32>, tensor<2x3x4xf32>, tensor<16xf32>
}
}

// -----

// A dense weight behind a leading dimension of one is packed too; large ones begin on a page.

// CHECK: module attributes {moe.weight_bytes = 200704 : i64}
// CHECK-LABEL: @dense
// CHECK: moe.weight {{.*}} {offset = 0 : i64} : tensor<7xf32>
// CHECK: %[[P:.*]] = moe.weight [#moe.piece<"m" at 64 shape[1, 1024, 33] strides[0, 1, 1024]>] {columns = 33 : i64, depth = 1024 : i64, layout = #moe<layout panels>, offset = 4096 : i64, panel = 48 : i64} : tensor<1x1x1024x48xf32>
// CHECK: moe.grouped_matmul %{{.*}} weights(%[[P]] : tensor<1x1x1024x48xf32>)
func.func @dense(%x: tensor<?x1024xf32>, %init: tensor<?x33xf32>) -> (tensor<?x33xf32>, tensor<7xf32>) {
  %b = moe.weight [#moe.piece<"m" at 0 shape [7] strides [1]>] : tensor<7xf32>
  %w = moe.weight [#moe.piece<"m" at 64 shape [1024, 33] strides [1, 1024]>] : tensor<1024x33xf32>
  %e = tensor.expand_shape %w [[0, 1], [2]] output_shape [1, 1024, 33] : tensor<1024x33xf32> into tensor<1x1024x33xf32>
  %y = moe.grouped_matmul %x weights(%e : tensor<1x1024x33xf32>) into(%init : tensor<?x33xf32>)
      : tensor<?x1024xf32> -> tensor<?x33xf32>
  return %y, %b : tensor<?x33xf32>, tensor<7xf32>
}

// -----

// A weight of the run cannot be packed beforehand.

// CHECK-LABEL: @argument
// CHECK: moe.grouped_matmul %{{.*}} weights(%{{.*}} : tensor<1x8x4xf32>)
func.func @argument(%x: tensor<?x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>)
      : tensor<?x8xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

// Codes become words along K, 8 of four bits each; scales and zero points become panels, a byte each.

// CHECK-LABEL: @quantised
// CHECK: moe.weight {{.*}} {columns = 50 : i64, depth = 70 : i64, element = i4, layout = #moe<layout word_panels>, offset = 0 : i64, panel = 48 : i64} : tensor<1x2x9x48xi32>
// CHECK: moe.weight {{.*}} {columns = 50 : i64, depth = 3 : i64, layout = #moe<layout panels>, offset = 3456 : i64, panel = 48 : i64} : tensor<1x2x3x48xf16>
// CHECK: moe.weight {{.*}} {columns = 50 : i64, depth = 3 : i64, element = i4, layout = #moe<layout panels>, offset = 4032 : i64, panel = 48 : i64} : tensor<1x2x3x48xi8>
// CHECK: moe.grouped_matmul {{.*}} weights({{.*}} : tensor<1x2x9x48xi32>) scales({{.*}} : tensor<1x2x3x48xf16>) zero_points({{.*}} : tensor<1x2x3x48xi8>)
func.func @quantised(%x: tensor<?x70xf32>, %init: tensor<?x50xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [1, 70, 50] strides [0, 1, 96]>] : tensor<1x70x50xi4>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [1, 3, 50] strides [0, 1, 3]>] : tensor<1x3x50xf16>
  %z = moe.weight [#moe.piece<"m" at 65536 shape [1, 3, 50] strides [0, 1, 4]>] : tensor<1x3x50xi4>
  %y = moe.grouped_matmul %x weights(%w : tensor<1x70x50xi4>) scales(%s : tensor<1x3x50xf16>) zero_points(%z : tensor<1x3x50xi4>) into(%init : tensor<?x50xf32>) {quant = #moe.quant<code = i4, block = 32>} : tensor<?x70xf32> -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}
