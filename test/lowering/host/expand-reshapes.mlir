// RUN: moe-opt %s --host-expand-reshapes | FileCheck %s

// Tokens back to batch x sequence: two sizes of one group are known at run time only.
// CHECK-LABEL: @two_unknown_sizes
// CHECK-SAME: %[[SRC:.*]]: memref<?x16xf32>, %[[B:.*]]: index, %[[S:.*]]: index
// CHECK: %[[BASE:.*]], %{{.*}}, %{{.*}}:2, %[[ST:.*]]:2 = memref.extract_strided_metadata %[[SRC]]
// CHECK: %[[STRIDE:.*]] = arith.muli %[[ST]]#0, %[[S]]
// CHECK: memref.reinterpret_cast %[[BASE]] to offset: [0], sizes: [%[[B]], %[[S]], 16], strides: [%[[STRIDE]], 16, 1]
func.func @two_unknown_sizes(%src: memref<?x16xf32>, %b: index, %s: index) -> memref<?x?x16xf32> {
  %0 = memref.expand_shape %src [[0, 1], [2]] output_shape [%b, %s, 16] : memref<?x16xf32> into memref<?x?x16xf32>
  return %0 : memref<?x?x16xf32>
}

// A scalar has no groups.
// CHECK-LABEL: @scalar
// CHECK: memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [1, 1], strides: [1, 1]
func.func @scalar(%src: memref<f32>) -> memref<1x1xf32> {
  %0 = memref.expand_shape %src [] output_shape [1, 1] : memref<f32> into memref<1x1xf32>
  return %0 : memref<1x1xf32>
}
