// RUN: moe-opt %s -moe-group-experts -split-input-file -remarks-filter=.* -remark-policy=all \
// RUN:   -verify-diagnostics | FileCheck %s

// Each body stays a moe.expert, with a remark that names the operation in the way.
// CHECK-COUNT-11: moe.expert
// CHECK-NOT: moe.grouped_matmul

#id = affine_map<(d0, d1) -> (d0, d1)>

// The second product has other rows than the first, which the result needs too.
func.func @joins_rows(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'linalg.matmul' is in the way: one elementwise function joins products of different rows}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    %p = linalg.matmul ins(%r, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    %q = linalg.matmul ins(%p, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%q, %p : tensor<?x8xf32>, tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a0: f32, %a1: f32, %o: f32):
      %v = arith.addf %a0, %a1 : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    moe.yield %y : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// Both the rows of the second product and the result are computed from the first.
func.func @product_read_twice(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'linalg.matmul' is in the way: two stored values are computed from the product}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    %p = linalg.matmul ins(%r, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    %h = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%p : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a0: f32, %o: f32):
      %v = math.exp %a0 : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    %unused = linalg.matmul ins(%h, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%p : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a0: f32, %o: f32):
      %v = math.tanh %a0 : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    moe.yield %y : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// A residual inside the expert.
func.func @rows_in_epilogue(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'moe.expert' is in the way: the rows themselves are read outside of a product}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    %p = linalg.matmul ins(%r, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%p, %r : tensor<?x8xf32>, tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a0: f32, %a1: f32, %o: f32):
      %v = arith.addf %a0, %a1 : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    moe.yield %y : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

func.func @rows_before_product(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'moe.expert' is in the way: the rows themselves are read outside of a product}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    %h = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%r : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a0: f32, %o: f32):
      %v = math.tanh %a0 : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    %p = linalg.matmul ins(%h, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    moe.yield %p : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

func.func @sum_from_elsewhere(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'linalg.matmul' is in the way: the sum of the product does not start at zero}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    %p = linalg.matmul ins(%r, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    %q = linalg.matmul ins(%r, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%p : tensor<?x8xf32>) -> tensor<?x8xf32>
    moe.yield %q : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

func.func @no_weight(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'linalg.matmul' is in the way: the right side of the product is not a weight of the expert}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    %s = tensor.empty() : tensor<8x8xf32>
    %p = linalg.matmul ins(%r, %s : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    moe.yield %p : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

func.func @nothing_computed(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'tensor.empty' is in the way: the value is neither a product, nor elementwise, nor a splat}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    moe.yield %e : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

func.func @no_product(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'linalg.generic' is in the way: no product goes into the stored value}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%z : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a0: f32, %o: f32):
      %v = math.tanh %a0 : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    moe.yield %y : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// What depends on the place of a row or column is no scalar arithmetic.
func.func @place_in_tensor(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'linalg.index' is in the way: the operation is not scalar arithmetic}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    %p = linalg.matmul ins(%r, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%p : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a0: f32, %o: f32):
      %i = linalg.index 1 : index
      %j = arith.index_cast %i : index to i32
      %f = arith.sitofp %j : i32 to f32
      %v = arith.addf %a0, %f : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    moe.yield %y : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

func.func @row_sums(%rows: tensor<?x8xf32>, %offsets: tensor<5xi32>, %w: tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  // expected-remark@below {{'linalg.generic' is in the way: an operand of the step is neither a row nor one value a column}}
  %out = moe.expert %rows, %offsets weights(%w) : tensor<?x8xf32>, tensor<5xi32>, (tensor<4x8x8xf32>) -> tensor<?x8xf32> {
  ^bb0(%r: tensor<?x8xf32>, %we: tensor<8x8xf32>):
    %c0 = arith.constant 0 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %r, %c0 : tensor<?x8xf32>
    %e = tensor.empty(%n) : tensor<?x8xf32>
    %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x8xf32>) -> tensor<?x8xf32>
    %p = linalg.matmul ins(%r, %we : tensor<?x8xf32>, tensor<8x8xf32>) outs(%z : tensor<?x8xf32>) -> tensor<?x8xf32>
    %d = tensor.empty(%n) : tensor<?xf32>
    %s = linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> (d0)>], iterator_types = ["parallel", "reduction"]}
        ins(%p : tensor<?x8xf32>) outs(%d : tensor<?xf32>) {
    ^bb0(%a0: f32, %o: f32):
      %v = arith.addf %a0, %o : f32
      linalg.yield %v : f32
    } -> tensor<?xf32>
    %y = linalg.generic {indexing_maps = [#id, affine_map<(d0, d1) -> (d0)>, #id], iterator_types = ["parallel", "parallel"]}
        ins(%p, %s : tensor<?x8xf32>, tensor<?xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%a0: f32, %a1: f32, %o: f32):
      %v = arith.addf %a0, %a1 : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    moe.yield %y : tensor<?x8xf32>
  }
  return %out : tensor<?x8xf32>
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>

// The default zero points differ: one product has one rule for its codes.
func.func @quantised_otherwise(%x: tensor<?x64xf16>, %offsets: tensor<9xi32>, %wg: tensor<8x64x32xi4>, %sg: tensor<8x2x32xf32>,
                  %wu: tensor<8x64x32xi4>, %su: tensor<8x2x32xf32>) -> tensor<?x32xf16> {
  // expected-remark@below {{'linalg.matmul' is in the way: one elementwise function joins weights that are quantised otherwise}}
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
    %ud = moe.dequantize %u, %us <code = i4, block = 32, zero = 7> : tensor<64x32xi4>, tensor<2x32xf32> -> tensor<64x32xf32>
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
