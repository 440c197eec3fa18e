// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @gather
// CHECK: moe.gather %{{.*}}, %{{.*}} {k = 2 : i64} : tensor<?x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
func.func @gather(%x: tensor<?x64xf32>, %slots: tensor<?xi32>) -> tensor<?x64xf32> {
  %rows = moe.gather %x, %slots {k = 2 : i64} : tensor<?x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
  return %rows : tensor<?x64xf32>
}
