// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @weight_c1_dynamic() {
  // expected-error@below {{expects a static tensor or memref as its result (C1)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>]  : tensor<?x3x4xf32>
  return
}

// -----

func.func @weight_c1_vector() {
  // expected-error@below {{expects a static tensor or memref as its result (C1)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>]  : vector<2x3x4xf32>
  return
}

// -----

func.func @weight_c6_bits() {
  // expected-error@below {{expects numbers of 2, 4, 8 or more bits (C6), but got 'i3'}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2] strides [1]>]  : tensor<2xi3>
  return
}

// -----

func.func @weight_c6_words() {
  // expected-error@below {{expects words of at most 8 bits a number (C6), but got 'f32'}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [1, 4, 48] strides [192, 48, 1]>] {layout = #moe<layout word_panels>, panel = 48 : i64, depth = 4 : i64, columns = 48 : i64} : tensor<1x1x4x48xf32>
  return
}

// -----

func.func @weight_c6_element() {
  // expected-error@below {{expects `element` with words of i32, or with bytes for numbers below a byte (C6), but got 'i8' in 'i16'}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2] strides [1]>] {element = i8} : tensor<2xi16>
  return
}

// -----

func.func @weight_c4_packed() {
  // expected-error@below {{expects a constant of 'i8' (C4), but got 'i4'}}
  %w = moe.weight [#moe.piece<dense<1> : tensor<2xi4> at 0 shape [2] strides [1]>] : tensor<2xi4>
  return
}

// -----

func.func @weight_c5_word_shape() {
  // expected-error@below {{expects a result of the shape that its layout has (C5)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [1, 20, 48] strides [960, 48, 1]>] {element = i4, layout = #moe<layout word_panels>, panel = 48 : i64, depth = 20 : i64, columns = 48 : i64} : tensor<1x1x2x48xi32>
  return
}

// -----

func.func @weight_c1_overflow() {
  // expected-error@below {{has a size that overflows (C1)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [4611686018427387904] strides [0]>]  : tensor<4611686018427387904xf32>
  return
}

// -----

func.func @weight_c2_no_piece() {
  // expected-error@below {{expects at least one piece (C2)}}
  %w = moe.weight []  : tensor<2x3x4xf32>
  return
}

// -----

func.func @weight_c2_rank() {
  // expected-error@below {{expects pieces that add up to its shape (C2)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 12] strides [12, 1]>]  : tensor<2x3x4xf32>
  return
}

// -----

func.func @weight_c2_strides() {
  // expected-error@below {{expects pieces that add up to its shape (C2)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4]>]  : tensor<2x3x4xf32>
  return
}

// -----

func.func @weight_c2_leading() {
  // expected-error@below {{expects pieces that add up to its shape (C2), 3 along the leading dimension, but got 4}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>, #moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>]  : tensor<3x3x4xf32>
  return
}

// -----

func.func @weight_c3_offset() {
  // expected-error@below {{expects views without negative or overflowing places (C3)}}
  %w = moe.weight [#moe.piece<"m" at -4 shape [2] strides [1]>]  : tensor<2xf32>
  return
}

// -----

func.func @weight_c3_stride() {
  // expected-error@below {{expects views without negative or overflowing places (C3)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2] strides [-1]>]  : tensor<2xf32>
  return
}

// -----

func.func @weight_c3_extent() {
  // expected-error@below {{expects views without negative or overflowing places (C3)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2] strides [9223372036854775807]>]  : tensor<2xf32>
  return
}

// -----

func.func @weight_c4_source() {
  // expected-error@below {{expects a path or a constant as a piece's source (C4)}}
  %w = moe.weight [#moe.piece<1 : i64 at 0 shape [2] strides [1]>]  : tensor<2xf32>
  return
}

// -----

func.func @weight_c4_type() {
  // expected-error@below {{(C4), but got}}
  %w = moe.weight [#moe.piece<dense<1> : tensor<2xi32> at 0 shape [2] strides [1]>]  : tensor<2xf32>
  return
}

// -----

func.func @weight_c5_rows() {
  // expected-error@below {{expects `panel`, `depth` and `columns` with a packed layout only (C5)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>] {panel = 2 : i64} : tensor<2x3x4xf32>
  return
}

// -----

func.func @weight_c5_panel_missing() {
  // expected-error@below {{expects `panel`, `depth` and `columns` of at least 1 with a packed layout (C5)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>] {layout = #moe<layout panels>, depth = 3 : i64, columns = 4 : i64} : tensor<2x2x3x2xf32>
  return
}

// -----

func.func @weight_c5_no_panel() {
  // expected-error@below {{expects `panel`, `depth` and `columns` of at least 1 with a packed layout (C5)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>] {layout = #moe<layout panels>, panel = 0 : i64, depth = 3 : i64, columns = 4 : i64} : tensor<2x2x3x2xf32>
  return
}

// -----

func.func @weight_c5_packed_shape() {
  // expected-error@below {{expects a result of the shape that its layout has (C5)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>] {layout = #moe<layout panels>, panel = 2 : i64, depth = 3 : i64, columns = 4 : i64} : tensor<2x2x3x3xf32>
  return
}

// -----

func.func @weight_c5_packed_scalar() {
  // expected-error@below {{expects a result of the shape that its layout has (C5)}}
  %w = moe.weight [#moe.piece<"m" at 0 shape [2, 3, 4] strides [12, 4, 1]>] {layout = #moe<layout panels>, panel = 2 : i64, depth = 3 : i64, columns = 4 : i64} : tensor<f32>
  return
}
