// RUN: moe-opt --cpu-emit-grouped-matmul --split-input-file --verify-diagnostics %s

func.func @tensors(%x: tensor<?x8xf32>, %w: tensor<1x8x4xf32>, %init: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{expects memrefs, but got 'tensor<?x8xf32>'; run --one-shot-bufferize before --cpu-emit-grouped-matmul}}
  %y = moe.grouped_matmul %x weights(%w : tensor<1x8x4xf32>) into(%init : tensor<?x4xf32>)
      : tensor<?x8xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @other_panels(%x: memref<?x8xf32>, %w: memref<1x1x8x32xf32>, %y: memref<?x4xf32>) {
  // expected-error @below {{is unsupported with weights that are not whole panels of 48 columns: 'memref<1x1x8x32xf32>'}}
  moe.grouped_matmul %x weights(%w : memref<1x1x8x32xf32>) into(%y : memref<?x4xf32>) : memref<?x8xf32>
  return
}

// -----

func.func @strided(%x: memref<?x8xf32, strided<[16, 2]>>, %w: memref<1x1x8x48xf32>, %y: memref<?x4xf32>) {
  // expected-error @below {{is unsupported with an operand whose last dimension is not dense}}
  moe.grouped_matmul %x weights(%w : memref<1x1x8x48xf32>) into(%y : memref<?x4xf32>)
      : memref<?x8xf32, strided<[16, 2]>>
  return
}

// -----

func.func @not_elementwise(%x: memref<?x8xf32>, %w: memref<1x1x8x48xf32>, %t: memref<4xf32>, %y: memref<?x4xf32>) {
  moe.grouped_matmul %x weights(%w : memref<1x1x8x48xf32>) into(%y : memref<?x4xf32>) : memref<?x8xf32> epilogue {
  ^bb0(%acc: f32):
    %c0 = arith.constant 0 : index
    // expected-error @below {{'memref.load' op is unsupported in the epilogue of 'moe.grouped_matmul': expected elementwise operations of arith and math}}
    %0 = memref.load %t[%c0] : memref<4xf32>
    %1 = arith.addf %acc, %0 : f32
    moe.yield %1 : f32
  }
  return
}
