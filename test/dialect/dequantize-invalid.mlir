// RUN: moe-opt %s -split-input-file -verify-diagnostics

func.func @c1_type(%codes: tensor<64x16xi8>, %scales: tensor<2x16xf32>) -> tensor<64x16xf32> {
  // expected-error@below {{expects static codes of 'i4' (C1), but got 'tensor<64x16xi8>'}}
  %w = moe.dequantize %codes, %scales <code = i4, block = 32> : tensor<64x16xi8>, tensor<2x16xf32> -> tensor<64x16xf32>
  return %w : tensor<64x16xf32>
}

// -----

func.func @c1_code(%codes: tensor<64x16xi3>, %scales: tensor<2x16xf32>) -> tensor<64x16xf32> {
  // expected-error@below {{expects codes of i2, i4, i8 or f4E2M1FN (C2), but got 'i3'}}
  %w = moe.dequantize %codes, %scales <code = i3, block = 32> : tensor<64x16xi3>, tensor<2x16xf32> -> tensor<64x16xf32>
  return %w : tensor<64x16xf32>
}

// -----

func.func @c2_block(%codes: tensor<64x16xi4>, %scales: tensor<2x16xf32>) -> tensor<64x16xf32> {
  // expected-error@below {{expects `block` to be at least 1 (C2), but got 0}}
  %w = moe.dequantize %codes, %scales <code = i4, block = 0> : tensor<64x16xi4>, tensor<2x16xf32> -> tensor<64x16xf32>
  return %w : tensor<64x16xf32>
}

// -----

func.func @c2_scales(%codes: tensor<70x16xi4>, %scales: tensor<2x16xf32>) -> tensor<70x16xf32> {
  // expected-error@below {{expects scales of 3x16 (C2), but got 'tensor<2x16xf32>'}}
  %w = moe.dequantize %codes, %scales <code = i4, block = 32> : tensor<70x16xi4>, tensor<2x16xf32> -> tensor<70x16xf32>
  return %w : tensor<70x16xf32>
}

// -----

func.func @c3(%codes: tensor<64x16xi4>, %scales: tensor<2x16xf32>, %zeros: tensor<2x16xi8>) -> tensor<64x16xf32> {
  // expected-error@below {{expects zero points of 2x16 codes or floats (C3), but got 'tensor<2x16xi8>'}}
  %w = moe.dequantize %codes, %scales zero_points %zeros : tensor<2x16xi8> <code = i4, block = 32> : tensor<64x16xi4>, tensor<2x16xf32> -> tensor<64x16xf32>
  return %w : tensor<64x16xf32>
}

// -----

func.func @c4(%codes: tensor<64x16xi4>, %scales: tensor<2x16xf32>) -> tensor<16x64xf32> {
  // expected-error@below {{expects a result shaped like its codes (C4), but got 'tensor<16x64xf32>'}}
  %w = moe.dequantize %codes, %scales <code = i4, block = 32> : tensor<64x16xi4>, tensor<2x16xf32> -> tensor<16x64xf32>
  return %w : tensor<16x64xf32>
}
