// RUN: moe-opt %s | moe-opt | FileCheck %s

// CHECK-LABEL: @observe
// CHECK: moe.observe "layer_0" experts %{{.*}} : tensor<?x2xi32>
func.func @observe(%experts: tensor<?x2xi32>) {
  moe.observe "layer_0" experts %experts : tensor<?x2xi32>
  return
}
