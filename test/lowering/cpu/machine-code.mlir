// RUN: moe-opt --moe-to-cpu-target=variant=avx512 --moe-to-cpu-llvm=variant=avx512 %s | mlir-translate --mlir-to-llvmir | opt -O3 -mtriple=x86_64 -mcpu=x86-64-v4 | llc -mtriple=x86_64 -mcpu=x86-64-v4 --relocation-model=pic | FileCheck %s

// The whole way: registers of 512 bits, masks, and no call but the context's.
// CHECK-NOT: call{{.*}}@PLT
// CHECK: vaddps {{.*}}%zmm
// CHECK-NOT: call{{.*}}@PLT
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %v = arith.addf %a, %a : f32
    linalg.yield %v : f32
  } -> tensor<?xf32>
  return %y : tensor<?xf32>
}
