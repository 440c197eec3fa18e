// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @grouped_matmul_c1_rank(%x: tensor<8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects `rows` and `init` of rank 2 (C1)}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c1_type(%x: tensor<?x8xi32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects `rows` and `init` of float types (C1)}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xi32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c1_weight_rank(%x: tensor<?x8xf32>, %w: tensor<f32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects weights of rank 3, or packed (C1)}}
  %y = moe.grouped_matmul %x weights(%w : tensor<f32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c1_unranked_weight(%x: tensor<?x8xf32>, %w: tensor<*xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects weights of rank 3, or packed (C1)}}
  %y = moe.grouped_matmul %x weights(%w : tensor<*xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c1_unknown_depth(%x: tensor<?x?xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects static groups, depth and columns (C1)}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x?xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c1_weight_shape(%x: tensor<?x8xf32>, %w: tensor<1x8x5xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects weights of 1x8x4 (C1)}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x5xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c1_weights_differ(%x: tensor<?x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>, %v: tensor<1x8x4xf16>) {
  // expected-error@below {{expects all weights to have one type (C1)}}
  %y = moe.grouped_matmul %x weights(%w, %v : tensor<1x8x4xf32>, tensor<1x8x4xf16>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c1_columns(%x: tensor<?x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>, %c: tensor<1x5xf32>) {
  // expected-error@below {{expects columns of 1x4 (C1)}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) columns(%c : tensor<1x5xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c2_groups(%x: tensor<?x8xf32>, %w: tensor<2x8x4xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects one group without offsets (C2), but got 2}}
  %y = moe.grouped_matmul %x weights(%w : tensor<2x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c2_offsets(%x: tensor<?x8xf32>, %w: tensor<2x8x4xf32>, %init: tensor<?x4xf32>, %o: tensor<2xi32>) {
  // expected-error@below {{expects 3 offsets of i32 (C2)}}
  %y = moe.grouped_matmul %x offsets(%o : tensor<2xi32>) weights(%w : tensor<2x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c2_offset_type(%x: tensor<?x8xf32>, %w: tensor<2x8x4xf32>, %init: tensor<?x4xf32>, %o: tensor<3xi64>) {
  // expected-error@below {{expects 3 offsets of i32 (C2)}}
  %y = moe.grouped_matmul %x offsets(%o : tensor<3xi64>) weights(%w : tensor<2x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c3_rows(%x: tensor<6x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<5x4xf32>) {
  // expected-error@below {{expects as many rows as `init` has (C3), 5, but got 6}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) into(%init : tensor<5x4xf32>)  : tensor<6x8xf32> -> tensor<5x4xf32>
  return
}

// -----

func.func @grouped_matmul_c3_row_index(%x: tensor<6x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<5x4xf32>, %i: tensor<7xi32>) {
  // expected-error@below {{expects as many rows as `init` has (C3), 5, but got 7}}
  %y = moe.grouped_matmul %x row_index(%i : tensor<7xi32>) weights(%w : tensor<1x8x4xf32>) into(%init : tensor<5x4xf32>)  : tensor<6x8xf32> -> tensor<5x4xf32>
  return
}

// -----

func.func @grouped_matmul_c3_row_index_type(%x: tensor<?x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>, %i: tensor<?xi64>) {
  // expected-error@below {{expects a row index of i32 (C3)}}
  %y = moe.grouped_matmul %x row_index(%i : tensor<?xi64>) weights(%w : tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c3_divisor(%x: tensor<?x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects `divisor` to be at least 1 (C3), but got 0}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>) {divisor = 0 : i64} : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @grouped_matmul_c4_arguments(%x: tensor<?x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects an epilogue argument of}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32> epilogue {
  ^bb0(%a: f32, %b: f32):
    moe.yield %a : f32
  }
  return
}

// -----

func.func @grouped_matmul_c4_accumulator(%x: tensor<?x8xf16>, %w: tensor<1x8x4xf16>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects an epilogue argument of}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf16>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf16> -> tensor<?x4xf32> epilogue {
  ^bb0(%a: f16):
    moe.yield %a : f16
  }
  return
}

// -----

func.func @grouped_matmul_c4_yield(%x: tensor<?x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects its epilogue to yield}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32> epilogue {
  ^bb0(%a: f32):
    %0 = arith.truncf %a : f32 to f16
    moe.yield %0 : f16
  }
  return
}

// -----

func.func @grouped_matmul_c5_two_weights(%x: tensor<?x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>) {
  // expected-error@below {{expects one weight and no column without an epilogue (C5)}}
  %y = moe.grouped_matmul %x weights(%w, %w : tensor<1x8x4xf32>, tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>)  : tensor<?x8xf32> -> tensor<?x4xf32>
  return
}

// -----

func.func @c6_no_quant(%x: tensor<4x64xf32>, %w: tensor<1x64x32xf32>, %s: tensor<1x2x32xf16>, %init: tensor<4x32xf32>) -> tensor<4x32xf32> {
  // expected-error@below {{expects scales and zero points with `quant` only (C6)}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x64x32xf32>) scales(%s : tensor<1x2x32xf16>) into(%init : tensor<4x32xf32>) : tensor<4x64xf32> -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// -----

func.func @c6_scales(%x: tensor<4x64xf32>, %w: tensor<1x64x32xi4>, %s: tensor<1x3x32xf16>, %init: tensor<4x32xf32>) -> tensor<4x32xf32> {
  // expected-error@below {{expects scales of floats, one a block and column (C6), but got 'tensor<1x3x32xf16>'}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x64x32xi4>) scales(%s : tensor<1x3x32xf16>) into(%init : tensor<4x32xf32>) {quant = #moe.quant<code = i4, block = 32>} : tensor<4x64xf32> -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// -----

func.func @c6_missing(%x: tensor<4x64xf32>, %w: tensor<1x64x32xi4>, %init: tensor<4x32xf32>) -> tensor<4x32xf32> {
  // expected-error@below {{expects scales for each weight, and zero points for each or none (C6), 1, but got 0 and 0}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x64x32xi4>) into(%init : tensor<4x32xf32>) {quant = #moe.quant<code = i4, block = 32>} : tensor<4x64xf32> -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// -----

func.func @c6_code(%x: tensor<4x64xf32>, %w: tensor<1x64x32xi8>, %s: tensor<1x2x32xf16>, %init: tensor<4x32xf32>) -> tensor<4x32xf32> {
  // expected-error@below {{expects weights of 'i4' (C6), but got 'tensor<1x64x32xi8>'}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x64x32xi8>) scales(%s : tensor<1x2x32xf16>) into(%init : tensor<4x32xf32>) {quant = #moe.quant<code = i4, block = 32>} : tensor<4x64xf32> -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}

// -----

func.func @c6_wide(%x: tensor<4x64xf64>, %w: tensor<1x64x32xi4>, %s: tensor<1x2x32xf16>, %init: tensor<4x32xf64>) -> tensor<4x32xf64> {
  // expected-error@below {{expects rows of at most 32 bits with `quant` (C6)}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x64x32xi4>) scales(%s : tensor<1x2x32xf16>) into(%init : tensor<4x32xf64>) {quant = #moe.quant<code = i4, block = 32>} : tensor<4x64xf64> -> tensor<4x32xf64>
  return %y : tensor<4x32xf64>
}

// -----

func.func @c6_zero_points(%x: tensor<4x64xf32>, %w: tensor<1x64x32xi4>, %s: tensor<1x2x32xf16>, %z: tensor<1x2x32xi2>, %init: tensor<4x32xf32>) -> tensor<4x32xf32> {
  // expected-error@below {{expects zero points of codes or floats, one a block and column (C6), but got 'tensor<1x2x32xi2>'}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x64x32xi4>) scales(%s : tensor<1x2x32xf16>) zero_points(%z : tensor<1x2x32xi2>) into(%init : tensor<4x32xf32>) {quant = #moe.quant<code = i4, block = 32>} : tensor<4x64xf32> -> tensor<4x32xf32>
  return %y : tensor<4x32xf32>
}
