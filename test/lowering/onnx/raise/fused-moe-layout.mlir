// RUN: moe-opt %s --moe-raise=moe-layout=legacy | FileCheck %s
// RUN: not moe-opt %s --moe-raise=moe-layout=modern 2>&1 | FileCheck %s --check-prefix=MODERN
// RUN: not moe-opt %s --moe-raise=moe-layout=other 2>&1 | FileCheck %s --check-prefix=OTHER

// The option settles what shapes do not tell, where it fits.

// CHECK: moe.weight [#moe.piece<"w" at 0 shape[2, 4, 4] strides[32, 8, 2]>]
// CHECK: moe.weight [#moe.piece<"w" at 10000 shape[2, 4, 4] strides[16, 4, 1]>]
// MODERN: error: node '/layer.0/moe' (com.microsoft.MoE): layout modern was asked for, but fc1 [2,4,8] and fc2 [2,4,4] do not fit it
// OTHER: error: unknown moe-layout 'other': expected modern or legacy
func.func @ambiguous(%x: tensor<?x4xf32>, %logits: tensor<?x2xf32>) -> tensor<?x4xf32> {
  %fc1 = moe.weight [#moe.piece<"w" at 0 shape [2, 4, 8] strides [32, 8, 1]>] : tensor<2x4x8xf32>
  %none = onnx.none
  %fc2 = moe.weight [#moe.piece<"w" at 10000 shape [2, 4, 4] strides [16, 4, 1]>] : tensor<2x4x4xf32>
  %y = onnx.node "MoE"(%x, %logits, %fc1, %none, %fc2) domain "com.microsoft" version 1 name "/layer.0/moe" {activation_type = "swiglu", swiglu_fusion = 1 : i64} : (tensor<?x4xf32>, tensor<?x2xf32>, tensor<2x4x8xf32>, none, tensor<2x4x4xf32>) -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}
