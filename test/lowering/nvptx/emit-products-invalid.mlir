// RUN: moe-opt --nvptx-emit-products --split-input-file --verify-diagnostics %s
// RUN: not moe-opt --nvptx-emit-products=precision=f16 %S/emit-products.mlir --split-input-file 2>&1 | FileCheck %s
// CHECK: unknown precision 'f16': expected f32 or tf32

func.func @tensors(%x: tensor<16x8xf16>, %w: tensor<1x8x8xf16>, %y: tensor<16x8xf16>) -> tensor<16x8xf16> {
  // expected-error @+1 {{expects strided memrefs, but got 'tensor<16x8xf16>'; run --one-shot-bufferize before --nvptx-emit-products}}
  %z = moe.grouped_matmul %x weights(%w : tensor<1x8x8xf16>) into(%y : tensor<16x8xf16>) : tensor<16x8xf16> -> tensor<16x8xf16>
  return %z : tensor<16x8xf16>
}

// -----

func.func @packed(%x: memref<16x8xf16>, %w: memref<1x1x8x48x2xf16>, %y: memref<16x40xf16>) {
  // expected-error @+1 {{is unsupported with codes or packed weights on this target: expected rows of floats}}
  moe.grouped_matmul %x weights(%w : memref<1x1x8x48x2xf16>) into(%y : memref<16x40xf16>) : memref<16x8xf16>
  return
}

// -----

func.func private @compute(f32) -> f32
func.func @call(%x: memref<16x8xf16>, %w: memref<1x8x8xf16>, %y: memref<16x8xf16>) {
  moe.grouped_matmul %x weights(%w : memref<1x8x8xf16>) into(%y : memref<16x8xf16>) : memref<16x8xf16> epilogue {
  ^bb0(%acc: f32):
    // expected-error @+1 {{is unsupported in the epilogue of 'moe.grouped_matmul': expected elementwise operations of arith and math}}
    %r = func.call @compute(%acc) : (f32) -> f32
    moe.yield %r : f32
  }
  return
}

// -----

func.func @nine(%x: memref<16x8xf16>, %w: memref<1x8x8xf16>, %y: memref<16x8xf16>) {
  // expected-error @+1 {{is unsupported with 9 weights, expected at most 8}}
  moe.grouped_matmul %x weights(%w, %w, %w, %w, %w, %w, %w, %w, %w : memref<1x8x8xf16>, memref<1x8x8xf16>, memref<1x8x8xf16>, memref<1x8x8xf16>, memref<1x8x8xf16>, memref<1x8x8xf16>, memref<1x8x8xf16>, memref<1x8x8xf16>, memref<1x8x8xf16>) into(%y : memref<16x8xf16>) : memref<16x8xf16> epilogue {
  ^bb0(%a: f32, %b: f32, %c: f32, %d: f32, %e: f32, %f: f32, %g: f32, %h: f32, %i: f32):
    moe.yield %a : f32
  }
  return
}

// -----

func.func @sparse(%x: memref<16x8xf16>, %offsets: memref<2xi32, strided<[2]>>, %w: memref<1x8x8xf16>, %y: memref<16x8xf16>) {
  // expected-error @+1 {{is unsupported with lists that are not dense: 'memref<2xi32, strided<[2]>>'}}
  moe.grouped_matmul %x offsets(%offsets : memref<2xi32, strided<[2]>>) weights(%w : memref<1x8x8xf16>) into(%y : memref<16x8xf16>) : memref<16x8xf16>
  return
}
