// RUN: moe-opt %s --onnx-infer-types --verify-diagnostics

// An activation that nobody knows: the node stays as it is, and no table knows it.
func.func @unknown(%x: tensor<?x4xf32>) -> tensor<?x6xf32> {
  %w = moe.weight [#moe.piece<"w" at 0 shape [4, 6] strides [6, 1]>] : tensor<4x6xf32>
  // expected-error@+1 {{unsupported operator com.microsoft.FusedGemm}}
  %v = onnx.node "FusedGemm"(%x, %w) domain "com.microsoft" version 1 {activation = "Nothing"} : (tensor<?x4xf32>, tensor<4x6xf32>) -> !onnx.value
  %y = onnx.node "Identity"(%v) version 20 {} : (!onnx.value) -> tensor<?x6xf32>
  return %y : tensor<?x6xf32>
}
