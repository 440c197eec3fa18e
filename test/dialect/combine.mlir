// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @combine
// CHECK: moe.combine %{{.*}}, %{{.*}}, %{{.*}} : tensor<?x64xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
func.func @combine(%rows: tensor<?x64xf32>, %slots: tensor<?xi32>, %weights: tensor<?x2xf32>) -> tensor<?x64xf32> {
  %y = moe.combine %rows, %slots, %weights
      : tensor<?x64xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
