// Memory grows with the length of a sequence, not with its square: what is allocated for 4096 rows of 8 heads
// is a block of their scores.
// RUN: moe-opt %s --to-typed --to-moe --to-routed --to-linalg --cpu-plan-artifact --moe-to-cpu-target=variant=avx2 | FileCheck %s

// CHECK-LABEL: func.func @main
// CHECK-NOT: alloc{{.*}}4096x4096
// CHECK: scf.for
// CHECK: memref.alloc() {{.*}}: memref<1x8x1x64x4096xf32>
// CHECK-NOT: alloc{{.*}}4096x4096
// CHECK: return
module attributes {moe.cpu = ["avx2"], moe.targets = ["cpu"], onnx.opset = 23 : i64} {
  func.func @main(%q: tensor<1x8x4096x64xf32> {onnx.name = "q"}) -> (tensor<1x8x4096x64xf32> {onnx.name = "y"}) {
    %y = onnx.node "Attention"(%q, %q, %q) version 23 {is_causal = 1 : i64}
        : (tensor<1x8x4096x64xf32>, tensor<1x8x4096x64xf32>, tensor<1x8x4096x64xf32>) -> tensor<1x8x4096x64xf32>
    return %y : tensor<1x8x4096x64xf32>
  }
}
