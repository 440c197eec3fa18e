// RUN: moe-opt %s -moe-group-experts -split-input-file | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>

// Gate and up products share their rows and one epilogue; the gather becomes a row index.
// CHECK-LABEL: @swiglu
// CHECK-SAME: (%[[X:.*]]: tensor<?x64xf32>, %[[SLOTS:.*]]: tensor<?xi32>, %[[O:.*]]: tensor<9xi32>, %[[WG:.*]]: tensor<8x64x32xf32>, %[[WU:.*]]: tensor<8x64x32xf32>, %[[WD:.*]]: tensor<8x32x64xf32>)
// CHECK-NOT: moe.gather
// CHECK: %[[N:.*]] = tensor.dim %[[SLOTS]]
// CHECK: %[[HI:.*]] = tensor.empty(%[[N]]) : tensor<?x32xf32>
// CHECK: %[[H:.*]] = moe.grouped_matmul %[[X]] offsets(%[[O]] : tensor<9xi32>) row_index(%[[SLOTS]] : tensor<?xi32>) weights(%[[WG]], %[[WU]] : {{.*}}) into(%[[HI]] : {{.*}}) {divisor = 2 : i64}
// CHECK: ^bb0(%[[G:.*]]: f32, %[[U:.*]]: f32):
// CHECK: arith.negf %[[G]]
// CHECK: %[[ONE:.*]] = arith.constant 1.0
// CHECK: arith.addf %{{.*}}, %[[ONE]]
// CHECK: %[[D:.*]] = arith.divf %[[G]]
// CHECK: %[[P:.*]] = arith.mulf %[[D]], %[[U]]
// CHECK: moe.yield %[[P]] : f32
// CHECK: %[[Y:.*]] = moe.grouped_matmul %[[H]] offsets(%[[O]] : tensor<9xi32>) weights(%[[WD]] : {{.*}}) into(%{{.*}}) : tensor<?x32xf32> -> tensor<?x64xf32>{{$}}
// CHECK: return %[[Y]]
func.func @swiglu(%x: tensor<?x64xf32>, %slots: tensor<?xi32>, %offsets: tensor<9xi32>,
                  %wg: tensor<8x64x32xf32>, %wu: tensor<8x64x32xf32>, %wd: tensor<8x32x64xf32>) -> tensor<?x64xf32> {
  %rows = moe.gather %x, %slots {k = 2 : i64} : tensor<?x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
  %out = moe.expert %rows, %offsets weights(%wg, %wu, %wd)
      : tensor<?x64xf32>, tensor<9xi32>, (tensor<8x64x32xf32>, tensor<8x64x32xf32>, tensor<8x32x64xf32>) -> tensor<?x64xf32> {
  ^bb0(%r: tensor<?x64xf32>, %g: tensor<64x32xf32>, %u: tensor<64x32xf32>, %d: tensor<32x64xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %one = arith.constant 1.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x64xf32>
    %e = tensor.empty(%n) : tensor<?x32xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
    %gate = linalg.matmul ins(%r, %g : tensor<?x64xf32>, tensor<64x32xf32>) outs(%z : tensor<?x32xf32>) -> tensor<?x32xf32>
    %up = linalg.matmul ins(%r, %u : tensor<?x64xf32>, tensor<64x32xf32>) outs(%z : tensor<?x32xf32>) -> tensor<?x32xf32>
    %act = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%gate : tensor<?x32xf32>) outs(%e : tensor<?x32xf32>) {
    ^bb0(%a: f32, %o: f32):
      %0 = arith.negf %a : f32
      %1 = math.exp %0 : f32
      %2 = arith.addf %1, %one : f32
      %3 = arith.divf %a, %2 : f32
      linalg.yield %3 : f32
    } -> tensor<?x32xf32>
    %h = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%act, %up : tensor<?x32xf32>, tensor<?x32xf32>) outs(%e : tensor<?x32xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %0 = arith.mulf %a, %b : f32
      linalg.yield %0 : f32
    } -> tensor<?x32xf32>
    %e2 = tensor.empty(%n) : tensor<?x64xf32>
    %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<?x64xf32>) -> tensor<?x64xf32>
    %y = linalg.matmul ins(%h, %d : tensor<?x32xf32>, tensor<32x64xf32>) outs(%z2 : tensor<?x64xf32>) -> tensor<?x64xf32>
    moe.yield %y : tensor<?x64xf32>
  }
  return %out : tensor<?x64xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#column = affine_map<(d0, d1) -> (d1)>

// A bias in bf16 is extended as it is read, the result rounded once as it is stored.
// CHECK-LABEL: @bf16_bias
// CHECK: moe.grouped_matmul {{.*}} columns(%{{.*}} : tensor<8x32xbf16>) into(%{{.*}} : tensor<?x32xbf16>)
// CHECK: ^bb0(%[[ACC:.*]]: f32, %[[BIAS:.*]]: f32):
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[ACC]], %[[BIAS]] : f32
// CHECK-NEXT: %[[RELU:.*]] = arith.maximumf %[[SUM]], %[[ZERO]] : f32
// CHECK-NEXT: moe.yield %[[RELU]] : f32
func.func @bf16_bias(%rows: tensor<?x64xbf16>, %offsets: tensor<9xi32>, %w: tensor<8x64x32xbf16>, %b: tensor<8x32xbf16>) -> tensor<?x32xbf16> {
  %out = moe.expert %rows, %offsets weights(%w, %b)
      : tensor<?x64xbf16>, tensor<9xi32>, (tensor<8x64x32xbf16>, tensor<8x32xbf16>) -> tensor<?x32xbf16> {
  ^bb0(%r: tensor<?x64xbf16>, %we: tensor<64x32xbf16>, %be: tensor<32xbf16>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %splat = arith.constant dense<0.0> : tensor<32xf32>
    %n = tensor.dim %r, %c0 : tensor<?x64xbf16>
    %e = tensor.empty(%n) : tensor<?x32xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
    %p = linalg.matmul ins(%r, %we : tensor<?x64xbf16>, tensor<64x32xbf16>) outs(%z : tensor<?x32xf32>) -> tensor<?x32xf32>
    %s = linalg.generic {indexing_maps = [#id, #column, #column, #id], iterator_types = ["parallel", "parallel"]}
        ins(%p, %be, %splat : tensor<?x32xf32>, tensor<32xbf16>, tensor<32xf32>) outs(%e : tensor<?x32xf32>) {
    ^bb0(%a: f32, %bias: bf16, %floor: f32, %o: f32):
      %0 = arith.extf %bias : bf16 to f32
      %1 = arith.addf %a, %0 : f32
      %2 = arith.maximumf %1, %floor : f32
      linalg.yield %2 : f32
    } -> tensor<?x32xf32>
    %t = tensor.empty(%n) : tensor<?x32xbf16>
    %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%s : tensor<?x32xf32>) outs(%t : tensor<?x32xbf16>) {
    ^bb0(%a: f32, %o: bf16):
      %0 = arith.truncf %a : f32 to bf16
      linalg.yield %0 : bf16
    } -> tensor<?x32xbf16>
    moe.yield %y : tensor<?x32xbf16>
  }
  return %out : tensor<?x32xbf16>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Rounding to the stored type alone needs no epilogue.
// CHECK-LABEL: @rounding_only
// CHECK: moe.grouped_matmul {{.*}} : tensor<12x64xf16> -> tensor<12x32xf16>{{$}}
func.func @rounding_only(%rows: tensor<12x64xf16>, %offsets: tensor<3xi32>, %w: tensor<2x64x32xf16>) -> tensor<12x32xf16> {
  %out = moe.expert %rows, %offsets weights(%w) : tensor<12x64xf16>, tensor<3xi32>, (tensor<2x64x32xf16>) -> tensor<12x32xf16> {
  ^bb0(%r: tensor<?x64xf16>, %we: tensor<64x32xf16>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x64xf16>
    %e = tensor.empty(%n) : tensor<?x32xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
    %p = linalg.matmul ins(%r, %we : tensor<?x64xf16>, tensor<64x32xf16>) outs(%z : tensor<?x32xf32>) -> tensor<?x32xf32>
    %t = tensor.empty(%n) : tensor<?x32xf16>
    %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%p : tensor<?x32xf32>) outs(%t : tensor<?x32xf16>) {
    ^bb0(%a: f32, %o: f16):
      %0 = arith.truncf %a : f32 to f16
      linalg.yield %0 : f16
    } -> tensor<?x32xf16>
    moe.yield %y : tensor<?x32xf16>
  }
  return %out : tensor<12x32xf16>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Codes and scales become operands of the product; rows keep their own type.
// CHECK-LABEL: @quantised
// CHECK-SAME: (%[[X:.*]]: tensor<?x64xf16>, %[[O:.*]]: tensor<9xi32>, %[[WG:.*]]: tensor<8x64x32xi4>, %[[SG:.*]]: tensor<8x2x32xf32>, %[[WU:.*]]: tensor<8x64x32xi4>, %[[SU:.*]]: tensor<8x2x32xf32>)
// CHECK: moe.grouped_matmul %[[X]] offsets({{.*}}) weights(%[[WG]], %[[WU]] : {{.*}}) scales(%[[SG]], %[[SU]] : {{.*}}) into({{.*}}) {quant = #moe.quant<code = i4, block = 32, zero = 8>} : tensor<?x64xf16> -> tensor<?x32xf16>
// CHECK-NOT: moe.dequantize
func.func @quantised(%x: tensor<?x64xf16>, %offsets: tensor<9xi32>, %wg: tensor<8x64x32xi4>, %sg: tensor<8x2x32xf32>,
                  %wu: tensor<8x64x32xi4>, %su: tensor<8x2x32xf32>) -> tensor<?x32xf16> {
  %out = moe.expert %x, %offsets weights(%wg, %sg, %wu, %su)
      : tensor<?x64xf16>, tensor<9xi32>, (tensor<8x64x32xi4>, tensor<8x2x32xf32>, tensor<8x64x32xi4>, tensor<8x2x32xf32>) -> tensor<?x32xf16> {
  ^bb0(%r: tensor<?x64xf16>, %g: tensor<64x32xi4>, %gs: tensor<2x32xf32>, %u: tensor<64x32xi4>, %us: tensor<2x32xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x64xf16>
    %e = tensor.empty(%n) : tensor<?x32xf32>
    %h = tensor.empty(%n) : tensor<?x32xf16>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x32xf32>) -> tensor<?x32xf32>
    %gd = moe.dequantize %g, %gs <code = i4, block = 32, zero = 8> : tensor<64x32xi4>, tensor<2x32xf32> -> tensor<64x32xf32>
    %ud = moe.dequantize %u, %us <code = i4, block = 32, zero = 8> : tensor<64x32xi4>, tensor<2x32xf32> -> tensor<64x32xf32>
    %gate = linalg.matmul ins(%r, %gd : tensor<?x64xf16>, tensor<64x32xf32>) outs(%z : tensor<?x32xf32>) -> tensor<?x32xf32>
    %up = linalg.matmul ins(%r, %ud : tensor<?x64xf16>, tensor<64x32xf32>) outs(%z : tensor<?x32xf32>) -> tensor<?x32xf32>
    %act = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%gate, %up : tensor<?x32xf32>, tensor<?x32xf32>) outs(%h : tensor<?x32xf16>) {
    ^bb0(%a: f32, %b: f32, %o: f16):
      %0 = arith.mulf %a, %b : f32
      %1 = arith.truncf %0 : f32 to f16
      linalg.yield %1 : f16
    } -> tensor<?x32xf16>
    moe.yield %act : tensor<?x32xf16>
  }
  return %out : tensor<?x32xf16>
}
