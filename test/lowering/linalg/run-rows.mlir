// RUN: %run-linalg %s | FileCheck %s

// Where slots stand, which rows that makes, and what they add up to, by hand.

func.func private @printMemrefF32(tensor<*xf32>)
func.func private @printMemrefI32(tensor<*xi32>)

func.func @show(%slots: tensor<?xi32>, %offsets: tensor<4xi32>, %rows: tensor<?x2xf32>) attributes {no_inline} {
  %0 = tensor.cast %offsets : tensor<4xi32> to tensor<*xi32>
  call @printMemrefI32(%0) : (tensor<*xi32>) -> ()
  %1 = tensor.cast %slots : tensor<?xi32> to tensor<*xi32>
  call @printMemrefI32(%1) : (tensor<*xi32>) -> ()
  %2 = tensor.cast %rows : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%2) : (tensor<*xf32>) -> ()
  return
}

func.func @combine(%rows: tensor<?x2xf32>, %slots: tensor<?xi32>) attributes {no_inline} {
  %w = arith.constant dense<[[1.0, 10.0], [1.0, 10.0], [1.0, 10.0]]> : tensor<3x2xf32>
  %weights = tensor.cast %w : tensor<3x2xf32> to tensor<?x2xf32>
  %y = moe.combine %rows, %slots, %weights : tensor<?x2xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %0 = tensor.cast %y : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%0) : (tensor<*xf32>) -> ()
  return
}

// Tokens [1, 2], [3, 4], [5, 6] choose experts (2, 0), (2, 0), (2, dropped before). Expert 1 is empty.
func.func @inputs() -> (tensor<?x2xf32>, tensor<?x2xi32>) attributes {no_inline} {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %e = arith.constant dense<[[2, 0], [2, 0], [2, -1]]> : tensor<3x2xi32>
  %0 = tensor.cast %x : tensor<3x2xf32> to tensor<?x2xf32>
  %1 = tensor.cast %e : tensor<3x2xi32> to tensor<?x2xi32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xi32>
}

func.func @plain() attributes {no_inline} {
  %x, %e = call @inputs() : () -> (tensor<?x2xf32>, tensor<?x2xi32>)
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 3 : i64}
      : tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x2xf32>, tensor<?xi32>, tensor<4xi32>
  call @show(%slots, %offsets, %rows) : (tensor<?xi32>, tensor<4xi32>, tensor<?x2xf32>) -> ()
  call @combine(%rows, %slots) : (tensor<?x2xf32>, tensor<?xi32>) -> ()
  return
}
// CHECK: [0, 2, 2, 5]
// CHECK: [1, 3, 0, 2, 4, -1]
// CHECK: [1, 2]
// CHECK-NEXT: [3, 4]
// CHECK-NEXT: [1, 2]
// CHECK-NEXT: [3, 4]
// CHECK-NEXT: [5, 6]
// CHECK-NEXT: [0, 0]
// A slot in no row adds nothing.
// CHECK: [11, 22]
// CHECK-NEXT: [33, 44]
// CHECK-NEXT: [5, 6]

// Tiles of two rows: expert 2 has a row of padding; T * k = 6 slots may need 8 rows in tiles.
func.func @tiles() attributes {no_inline} {
  %x, %e = call @inputs() : () -> (tensor<?x2xf32>, tensor<?x2xi32>)
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 3 : i64, tile = 2 : i64}
      : tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x2xf32>, tensor<?xi32>, tensor<4xi32>
  call @show(%slots, %offsets, %rows) : (tensor<?xi32>, tensor<4xi32>, tensor<?x2xf32>) -> ()
  call @combine(%rows, %slots) : (tensor<?x2xf32>, tensor<?xi32>) -> ()
  return
}
// CHECK: [0, 2, 2, 6]
// CHECK: [1, 3, 0, 2, 4, -1, -1, -1]
// CHECK: [11, 22]
// CHECK-NEXT: [33, 44]
// CHECK-NEXT: [5, 6]

// Experts hold two slots. Of the choices below, expert 0 gets slots 0, 1 and 2 offered in slot order, but
// slots 0, 2 and 1 by rank.
func.func @choices() -> (tensor<?x2xf32>, tensor<?x2xi32>) attributes {no_inline} {
  %x = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
  %e = arith.constant dense<[[0, 0], [0, 1], [1, 2]]> : tensor<3x2xi32>
  %0 = tensor.cast %x : tensor<3x2xf32> to tensor<?x2xf32>
  %1 = tensor.cast %e : tensor<3x2xi32> to tensor<?x2xi32>
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xi32>
}
func.func @capacity() attributes {no_inline} {
  %x, %e = call @choices() : () -> (tensor<?x2xf32>, tensor<?x2xi32>)
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 3 : i64, capacity = 2 : i64}
      : tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x2xf32>, tensor<?xi32>, tensor<4xi32>
  call @show(%slots, %offsets, %rows) : (tensor<?xi32>, tensor<4xi32>, tensor<?x2xf32>) -> ()
  call @combine(%rows, %slots) : (tensor<?x2xf32>, tensor<?xi32>) -> ()
  %rows2, %slots2, %offsets2 = moe.dispatch %x, %e {num_experts = 3 : i64, capacity = 2 : i64, rank_major}
      : tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x2xf32>, tensor<?xi32>, tensor<4xi32>
  call @show(%slots2, %offsets2, %rows2) : (tensor<?xi32>, tensor<4xi32>, tensor<?x2xf32>) -> ()
  call @combine(%rows2, %slots2) : (tensor<?x2xf32>, tensor<?xi32>) -> ()
  return
}
// CHECK: [0, 2, 4, 5]
// CHECK: [0, 1, 3, 4, 5, -1]
// CHECK: [11, 22]
// CHECK-NEXT: [30, 40]
// CHECK-NEXT: [55, 66]
// CHECK: [0, 2, 4, 5]
// CHECK: [0, 2, 3, 4, 5, -1]
// CHECK: sizes = [3, 2]
// CHECK-NEXT: [1, 2]
// CHECK-NEXT: [33, 44]
// CHECK-NEXT: [55, 66]

// Expert e adds e to its rows and doubles the sum; row 5 is padding.
func.func @experts() attributes {no_inline} {
  %x, %e = call @inputs() : () -> (tensor<?x2xf32>, tensor<?x2xi32>)
  %rows, %slots, %offsets = moe.dispatch %x, %e {num_experts = 3 : i64}
      : tensor<?x2xf32>, tensor<?x2xi32> -> tensor<?x2xf32>, tensor<?xi32>, tensor<4xi32>
  %b = arith.constant dense<[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]> : tensor<3x2xf32>
  %out = moe.expert %rows, %offsets weights(%b) : tensor<?x2xf32>, tensor<4xi32>, (tensor<3x2xf32>) -> tensor<?x2xf32> {
  ^bb0(%r: tensor<?x2xf32>, %be: tensor<2xf32>):
    %two = arith.constant 2.0 : f32
    %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>],
                         iterator_types = ["parallel", "parallel"]} ins(%be : tensor<2xf32>) outs(%r : tensor<?x2xf32>) {
    ^bb0(%bias: f32, %o: f32):
      %1 = arith.addf %bias, %o : f32
      %2 = arith.mulf %1, %two : f32
      linalg.yield %2 : f32
    } -> tensor<?x2xf32>
    moe.yield %0 : tensor<?x2xf32>
  }
  %0 = tensor.cast %out : tensor<?x2xf32> to tensor<*xf32>
  call @printMemrefF32(%0) : (tensor<*xf32>) -> ()
  return
}
// CHECK: [2, 4]
// CHECK-NEXT: [6, 8]
// CHECK-NEXT: [6, 8]
// CHECK-NEXT: [10, 12]
// CHECK-NEXT: [14, 16]

func.func @main() {
  call @plain() : () -> ()
  call @tiles() : () -> ()
  call @capacity() : () -> ()
  call @experts() : () -> ()
  return
}
