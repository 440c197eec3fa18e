// RUN: moe-opt %s --convert-onnx-to-linalg --split-input-file -verify-diagnostics -o /dev/null

func.func @prepacked(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 3, 16] strides [48, 16, 1]>] : tensor<50x3x16xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [50, 3] strides [3, 1]>] : tensor<50x3xf32>
  %n = onnx.none
  // expected-error @+1 {{unsupported form of com.microsoft.MatMulNBits (node 'q', opset 1): weight_prepacked = 1 means a weight permuted for CUDA; export with weight_prepacked = 0}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 4 : i64, block_size = 32 : i64, weight_prepacked = 1 : i64} : (tensor<?x70xf32>, tensor<50x3x16xui8>, tensor<50x3xf32>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

func.func @bits(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 3, 16] strides [48, 16, 1]>] : tensor<50x3x16xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [50, 3] strides [3, 1]>] : tensor<50x3xf32>
  %n = onnx.none
  // expected-error @+1 {{malformed com.microsoft.MatMulNBits (node 'q', opset 1): bits is 3, expected 2, 4 or 8}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 3 : i64, block_size = 32 : i64} : (tensor<?x70xf32>, tensor<50x3x16xui8>, tensor<50x3xf32>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

func.func @block(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 3, 16] strides [48, 16, 1]>] : tensor<50x3x16xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [50, 3] strides [3, 1]>] : tensor<50x3xf32>
  %n = onnx.none
  // expected-error @+1 {{malformed com.microsoft.MatMulNBits (node 'q', opset 1): block_size is 24, expected a power of two of at least 16}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 4 : i64, block_size = 24 : i64} : (tensor<?x70xf32>, tensor<50x3x16xui8>, tensor<50x3xf32>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

func.func @weight(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 3, 15] strides [45, 15, 1]>] : tensor<50x3x15xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [50, 3] strides [3, 1]>] : tensor<50x3xf32>
  %n = onnx.none
  // expected-error @+1 {{malformed com.microsoft.MatMulNBits (node 'q', opset 1): B is not 50 x 48 bytes of 3 blocks each}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 4 : i64, block_size = 32 : i64} : (tensor<?x70xf32>, tensor<50x3x15xui8>, tensor<50x3xf32>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

func.func @scales(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 3, 16] strides [48, 16, 1]>] : tensor<50x3x16xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [50, 2] strides [2, 1]>] : tensor<50x2xf32>
  %n = onnx.none
  // expected-error @+1 {{malformed com.microsoft.MatMulNBits (node 'q', opset 1): scales are not 50 x 3}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 4 : i64, block_size = 32 : i64} : (tensor<?x70xf32>, tensor<50x3x16xui8>, tensor<50x2xf32>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

func.func @zeros(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 3, 16] strides [48, 16, 1]>] : tensor<50x3x16xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [50, 3] strides [3, 1]>] : tensor<50x3xf32>
  %n = onnx.none
  %z = moe.weight [#moe.piece<"m" at 8192 shape [50, 3] strides [3, 1]>] : tensor<50x3xui8>
  // expected-error @+1 {{malformed com.microsoft.MatMulNBits (node 'q', opset 1): zero_points are not 50 x 2 bytes}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s, %z) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 4 : i64, block_size = 32 : i64} : (tensor<?x70xf32>, tensor<50x3x16xui8>, tensor<50x3xf32>, tensor<50x3xui8>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

func.func @float_zeros(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 3, 16] strides [48, 16, 1]>] : tensor<50x3x16xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [50, 3] strides [3, 1]>] : tensor<50x3xf32>
  %n = onnx.none
  %z = moe.weight [#moe.piece<"m" at 8192 shape [50, 2] strides [2, 1]>] : tensor<50x2xf32>
  // expected-error @+1 {{malformed com.microsoft.MatMulNBits (node 'q', opset 1): zero_points are not 50 x 3 floats}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s, %z) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 4 : i64, block_size = 32 : i64} : (tensor<?x70xf32>, tensor<50x3x16xui8>, tensor<50x3xf32>, tensor<50x2xf32>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

func.func @index(%x: tensor<?x70xf32>) -> tensor<?x50xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [50, 3, 16] strides [48, 16, 1]>] : tensor<50x3x16xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [50, 3] strides [3, 1]>] : tensor<50x3xf32>
  %n = onnx.none
  %g = onnx.constant dense<[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]> : tensor<70xi32>
  // expected-error @+1 {{unsupported form of com.microsoft.MatMulNBits (node 'q', opset 1): rows in another order (g_idx)}}
  %y = onnx.node "MatMulNBits"(%x, %w, %s, %n, %g) domain "com.microsoft" version 1 name "q" {K = 70 : i64, N = 50 : i64, bits = 4 : i64, block_size = 32 : i64} : (tensor<?x70xf32>, tensor<50x3x16xui8>, tensor<50x3xf32>, none, tensor<70xi32>) -> tensor<?x50xf32>
  return %y : tensor<?x50xf32>
}

// -----

func.func @gather_scales(%i: tensor<?xi64>) -> tensor<?x64xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [37, 32] strides [32, 1]>] : tensor<37x32xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [37, 3] strides [3, 1]>] : tensor<37x3xf32>
  // expected-error @+1 {{malformed com.microsoft.GatherBlockQuantized (node 'g', opset 1): scales do not have one number a block}}
  %y = onnx.node "GatherBlockQuantized"(%w, %i, %s) domain "com.microsoft" version 1 name "g" {quantize_axis = 1 : i64, block_size = 16 : i64} : (tensor<37x32xui8>, tensor<?xi64>, tensor<37x3xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

func.func @gather_block(%i: tensor<?xi64>) -> tensor<?x64xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [37, 32] strides [32, 1]>] : tensor<37x32xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [37, 4] strides [4, 1]>] : tensor<37x4xf32>
  // expected-error @+1 {{malformed com.microsoft.GatherBlockQuantized (node 'g', opset 1): block_size is 8, expected a power of two of at least 16}}
  %y = onnx.node "GatherBlockQuantized"(%w, %i, %s) domain "com.microsoft" version 1 name "g" {quantize_axis = 1 : i64, block_size = 8 : i64} : (tensor<37x32xui8>, tensor<?xi64>, tensor<37x4xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

func.func @gather_bits(%i: tensor<?xi64>) -> tensor<?x64xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [37, 32] strides [32, 1]>] : tensor<37x32xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [37, 4] strides [4, 1]>] : tensor<37x4xf32>
  // expected-error @+1 {{malformed com.microsoft.GatherBlockQuantized (node 'g', opset 1): bits is 5, expected 2, 4 or 8}}
  %y = onnx.node "GatherBlockQuantized"(%w, %i, %s) domain "com.microsoft" version 1 name "g" {quantize_axis = 1 : i64, block_size = 16 : i64, bits = 5 : i64} : (tensor<37x32xui8>, tensor<?xi64>, tensor<37x4xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}

// -----

func.func @gather_axis(%i: tensor<?xi64>) -> tensor<?x64xf32> {
  %w = moe.weight [#moe.piece<"m" at 0 shape [37, 32] strides [32, 1]>] : tensor<37x32xui8>
  %s = moe.weight [#moe.piece<"m" at 4096 shape [37, 4] strides [4, 1]>] : tensor<37x4xf32>
  // expected-error @+1 {{malformed com.microsoft.GatherBlockQuantized (node 'g', opset 1): gather_axis of bytes is not 0, or is quantize_axis}}
  %y = onnx.node "GatherBlockQuantized"(%w, %i, %s) domain "com.microsoft" version 1 name "g" {quantize_axis = 0 : i64, block_size = 16 : i64} : (tensor<37x32xui8>, tensor<?xi64>, tensor<37x4xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
