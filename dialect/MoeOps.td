//===- MoeOps.td - Operations of the moe dialect -------------*- tablegen -*-===//
//
// Letters: T tokens, E experts, k choices a token, H hidden, R rows (slots in expert order, with
// padding). Constraints are numbered (C1, C2, ...); the verifier's messages and the tests name them.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_DIALECT_MOEOPS_TD
#define MOE_DIALECT_MOEOPS_TD

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Moe_Op<string mnemonic, list<Trait> traits = []> : Op<Moe_Dialect, mnemonic, traits>;

def Moe_Scores : TensorRankOf<[AnyFloat], [2]>;      // T x E or T x k
def Moe_Indices : TensorRankOf<[I32], [2]>;          // T x k
def Moe_IndexList : TensorRankOf<[I32], [1]>;        // R, or E + 1
def Moe_Rows : TensorRankOf<[AnyFloat], [2]>;        // T x H or R x H

//===----------------------------------------------------------------------===//
// Routing
//===----------------------------------------------------------------------===//

def Moe_GateOp : Moe_Op<"gate", [Pure]> {
  let summary = "Scores each token against each expert and keeps the best k.";
  let description = [{
    For each token t, `experts[t, :]` and `weights[t, :]` follow from `logits[t, :]` by the seven
    steps of `#moe.gate_rule`. Scores are computed in the type of the logits, at least f32.

    - (C1) `logits` is T x E, of a float type; E is static, below 2^31.
    - (C2) 1 <= k <= E.
    - (C3) `weights` and `experts` are T x k.
    - (C4) `bias`, where given, has E elements.
    - (C5) `groups` divides E; 1 <= `top_groups` <= `groups`; 1 <= `group_best` <= E / `groups`;
      k <= `top_groups` * E / `groups`.
    - (C6) `sparsemixer` has k = 2, no bias, no groups and no `score_after`.

    Ties: the lower index first. NaN: a NaN score counts as the largest, so ids stay distinct and
    in range; the token's own weights are NaN, no other token is touched. T = 0: empty results.

    ```mlir
    func.func @gate(%logits: tensor<?x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>) {
      %weights, %experts = moe.gate %logits <score = softmax, k = 2, normalize = true>
          : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>
      return %weights, %experts : tensor<?x2xf32>, tensor<?x2xi32>
    }
    ```
  }];
  let arguments = (ins Moe_Scores:$logits /*C1*/,
                       Optional<TensorRankOf<[AnyFloat], [1]>>:$bias /*C4*/,
                       Moe_GateAttr:$gate);
  let results = (outs Moe_Scores:$weights /*C3*/, Moe_Indices:$experts /*C3*/);
  let assemblyFormat = [{
    $logits (`bias` $bias^ `:` type($bias))? $gate attr-dict
    `:` type($logits) `->` type($weights) `,` type($experts)
  }];
  let hasVerifier = 1;
}

def Moe_DispatchOp : Moe_Op<"dispatch", [Pure]> {
  let summary = "Puts tokens into expert order.";
  let description = [{
    Counts the slots of each expert and gives each slot a row: experts in ascending order, within
    an expert ascending slots. `offsets[e]` is the first row of expert e, `offsets[E]` the first row
    after the last; `slots[r]` is the slot of row r, or -1 where row r is padding;
    `rows[r, :] = tokens[slots[r] / k, :]`, and zero where `slots[r]` is -1.

    `capacity` is meaning: an expert takes at most so many slots, the first in slot order (rank-major
    with `rank_major`: all first choices before all second choices); the others are dropped and stand
    in no row. `tile` is layout: every expert's rows start at a multiple of `tile`, and the rows
    between are padding, which may be computed but must not be used.

    - (C1) `tokens` is T x H, `experts` T x k, i32; k is static.
    - (C2) 1 <= `num_experts` < 2^31; ids in `experts` lie in [0, `num_experts`) or are -1 (dropped before).
    - (C3) `rows` is R x H, `slots` has R elements, `offsets` `num_experts` + 1. Where T is static,
      R = T * k without a tile, and T * k + E * (tile - 1) rounded down to a multiple of the tile with
      one; else R is dynamic. There are fewer than 2^31 slots.
    - (C4) `capacity` >= 1, 1 <= `tile` < 2^31, where given.

    Empty experts: `offsets[e] == offsets[e + 1]`. T = 0: all offsets are 0.

    ```mlir
    func.func @dispatch(%x: tensor<?x64xf32>, %experts: tensor<?x2xi32>)
        -> (tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>) {
      %rows, %slots, %offsets = moe.dispatch %x, %experts {num_experts = 8 : i64}
          : tensor<?x64xf32>, tensor<?x2xi32> -> tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
      return %rows, %slots, %offsets : tensor<?x64xf32>, tensor<?xi32>, tensor<9xi32>
    }
    ```
  }];
  let arguments = (ins Moe_Rows:$tokens, Moe_Indices:$experts, I64Attr:$num_experts,
                       OptionalAttr<I64Attr>:$capacity, UnitAttr:$rank_major,
                       OptionalAttr<I64Attr>:$tile);
  let results = (outs Moe_Rows:$rows, Moe_IndexList:$slots, Moe_IndexList:$offsets);
  let assemblyFormat = [{
    $tokens `,` $experts attr-dict
    `:` type($tokens) `,` type($experts) `->` type($rows) `,` type($slots) `,` type($offsets)
  }];
  let hasVerifier = 1;
}

def Moe_RouteOp : Moe_Op<"route", [Pure]> {
  let summary = "Gate and positions in one sweep over the tokens.";
  let description = [{
    `weights` and `experts` as `moe.gate` gives them for `logits`, `slots` and `offsets` as
    `moe.dispatch` gives them for those experts. Made by `--moe-fuse-routing`: no T x E tensor but
    the logits is left, and no row is copied (`moe.gather` does that where it is needed).

    - (C1) the constraints of `moe.gate` on logits, bias, weights and experts.
    - (C2) `offsets` has E + 1 elements; `slots` has R, as in `moe.dispatch` (C3).
    - (C3) `capacity` >= 1, 1 <= `tile` < 2^31, where given.

    ```mlir
    func.func @route(%logits: tensor<?x8xf32>) -> (tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>) {
      %weights, %experts, %slots, %offsets = moe.route %logits <score = softmax, k = 2>
          : tensor<?x8xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>
      return %weights, %experts, %slots, %offsets
          : tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<9xi32>
    }
    ```
  }];
  let arguments = (ins Moe_Scores:$logits, Optional<TensorRankOf<[AnyFloat], [1]>>:$bias,
                       Moe_GateAttr:$gate, OptionalAttr<I64Attr>:$capacity, UnitAttr:$rank_major,
                       OptionalAttr<I64Attr>:$tile);
  let results = (outs Moe_Scores:$weights, Moe_Indices:$experts, Moe_IndexList:$slots,
                      Moe_IndexList:$offsets);
  let assemblyFormat = [{
    $logits (`bias` $bias^ `:` type($bias))? $gate attr-dict
    `:` type($logits) `->` type($weights) `,` type($experts) `,` type($slots) `,` type($offsets)
  }];
  let hasVerifier = 1;
}

def Moe_GatherOp : Moe_Op<"gather", [Pure]> {
  let summary = "Copies tokens into expert order.";
  let description = [{
    `rows[r, :] = tokens[slots[r] / k, :]`, and zero where `slots[r]` is -1.

    - (C1) `tokens` is T x H, `rows` R x H, `slots` has R elements.
    - (C2) k >= 1.

    ```mlir
    func.func @gather(%x: tensor<?x64xf32>, %slots: tensor<?xi32>) -> tensor<?x64xf32> {
      %rows = moe.gather %x, %slots {k = 2 : i64} : tensor<?x64xf32>, tensor<?xi32> -> tensor<?x64xf32>
      return %rows : tensor<?x64xf32>
    }
    ```
  }];
  let arguments = (ins Moe_Rows:$tokens, Moe_IndexList:$slots, I64Attr:$k);
  let results = (outs Moe_Rows:$rows);
  let assemblyFormat = [{
    $tokens `,` $slots attr-dict `:` type($tokens) `,` type($slots) `->` type($rows)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Experts
//===----------------------------------------------------------------------===//

def Moe_ExpertOp : Moe_Op<"expert", [Pure, IsolatedFromAbove, SingleBlock]> {
  let summary = "Applies each expert's body to that expert's rows.";
  let description = [{
    For each expert e: the region runs once with `rows[offsets[e] .. offsets[e + 1], :]` as its first
    argument and `w[e, ...]` for each weight w; what it yields becomes the same rows of the result.
    The body is ordinary linalg, arith and math on one expert's rows and its own weights: row i of
    what it yields depends on row i of its first argument only. Rows from `offsets[E]` on hold
    unspecified values, as do rows of padding.

    - (C1) `rows` is R x H, `result` R x N; `offsets` has E + 1 elements.
    - (C2) every weight's leading dimension is E.
    - (C3) the region's arguments are tensor<?xH> and, for each weight, its type without the leading
      dimension.
    - (C4) the region yields one tensor<?xN> of the result's element type.

    ```mlir
    func.func @expert(%rows: tensor<?x64xf32>, %offsets: tensor<9xi32>, %w: tensor<8x64x16xf32>) -> tensor<?x16xf32> {
      %out = moe.expert %rows, %offsets weights(%w)
          : tensor<?x64xf32>, tensor<9xi32>, (tensor<8x64x16xf32>) -> tensor<?x16xf32> {
      ^bb0(%r: tensor<?x64xf32>, %we: tensor<64x16xf32>):
        %c0 = arith.constant 0 : index
        %zero = arith.constant 0.0 : f32
        %n = tensor.dim %r, %c0 : tensor<?x64xf32>
        %init = tensor.empty(%n) : tensor<?x16xf32>
        %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<?x16xf32>) -> tensor<?x16xf32>
        %y = linalg.matmul ins(%r, %we : tensor<?x64xf32>, tensor<64x16xf32>)
                           outs(%acc : tensor<?x16xf32>) -> tensor<?x16xf32>
        moe.yield %y : tensor<?x16xf32>
      }
      return %out : tensor<?x16xf32>
    }
    ```
  }];
  let arguments = (ins Moe_Rows:$rows, Moe_IndexList:$offsets, Variadic<AnyRankedTensor>:$weights);
  let results = (outs Moe_Rows:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $rows `,` $offsets `weights` `(` $weights `)` attr-dict
    `:` type($rows) `,` type($offsets) `,` `(` type($weights) `)` `->` type($result) $body
  }];
  let hasRegionVerifier = 1;
}

def Moe_DequantizeOp : Moe_Op<"dequantize", [Pure]> {
  let summary = "The numbers that an expert's codes stand for.";
  let description = [{
    `result[k, n] = (codes[k, n] - zero_points[k / block, n]) * scales[k / block, n]` by `#moe.quant`,
    computed in f32 from scales of any float type. Stands in the body of a `moe.expert`, where
    `--moe-group-experts` makes its operands those of the product; no target keeps the numbers.

    - (C1) `codes` is K x N of the code's type: `i2`, `i4`, `i8` or `f4E2M1FN`.
    - (C2) `block` >= 1; `scales` is blocks x N of floats with blocks = K / `block`, rounded up.
    - (C3) `zero_points`, where given, are blocks x N, of the code's type or of floats.
    - (C4) the result is K x N of f32.

    ```mlir
    func.func @numbers(%codes: tensor<64x16xi4>, %scales: tensor<2x16xf16>) -> tensor<64x16xf32> {
      %w = moe.dequantize %codes, %scales <code = i4, block = 32, zero = 8>
          : tensor<64x16xi4>, tensor<2x16xf16> -> tensor<64x16xf32>
      return %w : tensor<64x16xf32>
    }
    ```
  }];
  let arguments = (ins TensorRankOf<[AnyType], [2]>:$codes, TensorRankOf<[AnyFloat], [2]>:$scales,
                       Optional<TensorRankOf<[AnyType], [2]>>:$zero_points, Moe_QuantAttr:$quant);
  let results = (outs TensorRankOf<[F32], [2]>:$result);
  let assemblyFormat = [{
    $codes `,` $scales (`zero_points` $zero_points^ `:` type($zero_points))? $quant attr-dict
    `:` type($codes) `,` type($scales) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Moe_YieldOp : Moe_Op<"yield", [Pure, Terminator, ReturnLike,
                                   ParentOneOf<["::moe::ExpertOp", "::moe::GroupedMatmulOp"]>]> {
  let summary = "Ends a body or an epilogue with its value.";
  let description = [{
    Yields what its parent's region computes; see `moe.expert` and `moe.grouped_matmul`.
  }];
  let arguments = (ins AnyType:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Moe_CombineOp : Moe_Op<"combine", [Pure]> {
  let summary = "Adds up a token's k rows, times its weights, in slot order.";
  let description = [{
    `result[t, :] = sum over j = 0 .. k - 1, in this order, of weights[t, j] * rows[r, :]` where r is
    the row with `slots[r] == t * k + j`. A slot that stands in no row (dropped) adds nothing; a token
    without rows gets zeros. Sums are computed in f32 for f16 and bf16.

    - (C1) `rows` is R x N, `slots` has R elements, `weights` is T x k, `result` T x N; k is
      static.
    - (C2) every slot but -1 occurs at most once in `slots`.

    ```mlir
    func.func @combine(%rows: tensor<?x64xf32>, %slots: tensor<?xi32>, %weights: tensor<?x2xf32>) -> tensor<?x64xf32> {
      %y = moe.combine %rows, %slots, %weights
          : tensor<?x64xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x64xf32>
      return %y : tensor<?x64xf32>
    }
    ```
  }];
  let arguments = (ins Moe_Rows:$rows, Moe_IndexList:$slots, Moe_Scores:$weights);
  let results = (outs Moe_Rows:$result);
  let assemblyFormat = [{
    $rows `,` $slots `,` $weights attr-dict
    `:` type($rows) `,` type($slots) `,` type($weights) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Moe_GroupedMatmulOp : Moe_Op<"grouped_matmul",
    [AttrSizedOperandSegments, DestinationStyleOpInterface, SingleBlock,
     DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Multiplies each row by the weight of its group, then applies an epilogue.";
  let description = [{
    For row r of group g (`offsets[g] <= r < offsets[g + 1]`; without `offsets` all rows are of group
    0) and column n, with `a = rows[r, :]`, or `a = rows[row_index[r] / divisor, :]` where there is a
    `row_index` (zeros where it is -1):

    `acc_i = sum over m of a[m] * weights_i[g, m, n]` for each weight i, in ascending m, in f32 for
    f32, f16 and bf16, in f64 for f64; then
    `init[r, n] = epilogue(acc_0, acc_1, ..., columns_0[g, n], columns_1[g, n], ...)`.

    With `quant`, `weights_i` are codes, and each weight has its `scales_i` (and `zero_points_i`,
    where any has them): what is multiplied is what `#moe.quant` makes of them, computed in f32.

    The epilogue is a region on scalars of the accumulator's type (column values are extended to it);
    without one the result is `acc_0`. Its value is rounded once, to the type of `init`. Rows of
    padding and rows from `offsets[G]` on hold unspecified values afterwards.

    - (C1) `rows` is S x K; all `weights` are G x K x N of the same type, packed or not (see
      `moe.weight`), and there is at least one; `columns` are G x N; `init` is R x N.
    - (C2) without `offsets`, G = 1; with them they have G + 1 elements of i32.
    - (C3) `row_index` has R elements of i32; without it S = R. `divisor` >= 1.
    - (C4) the epilogue's arguments are one scalar of the accumulator's type for each weight and for
      each column, and it yields one.
    - (C5) without an epilogue there is one weight and no column.
    - (C6) with `quant`, each weight has one tensor of scales, G x blocks x N of floats, and none or
      each one of zero points, G x blocks x N of the code's type (or bytes of them) or of floats; rows
      are not f64. Without `quant` there are no scales and no zero points.

    A product with a constant matrix is the case G = 1. Works on tensors and on memrefs.

    ```mlir
    func.func @grouped(%x: tensor<?x64xf32>, %offsets: tensor<9xi32>, %slots: tensor<?xi32>,
                       %w: tensor<8x64x32xf32>, %b: tensor<8x32xf32>, %init: tensor<?x32xf32>) -> tensor<?x32xf32> {
      %y = moe.grouped_matmul %x offsets(%offsets : tensor<9xi32>) row_index(%slots : tensor<?xi32>)
          weights(%w : tensor<8x64x32xf32>) columns(%b : tensor<8x32xf32>)
          into(%init : tensor<?x32xf32>) {divisor = 2 : i64} : tensor<?x64xf32> -> tensor<?x32xf32> epilogue {
      ^bb0(%acc: f32, %bias: f32):
        %0 = arith.addf %acc, %bias : f32
        moe.yield %0 : f32
      }
      return %y : tensor<?x32xf32>
    }
    ```
  }];
  let arguments = (ins AnyShaped:$rows, Optional<AnyShaped>:$offsets, Optional<AnyShaped>:$row_index,
                       Variadic<AnyShaped>:$weights, Variadic<AnyShaped>:$columns, AnyShaped:$init,
                       Variadic<AnyShaped>:$scales, Variadic<AnyShaped>:$zero_points,
                       DefaultValuedAttr<I64Attr, "1">:$divisor, OptionalAttr<Moe_QuantAttr>:$quant);
  let results = (outs Optional<AnyRankedTensor>:$result);
  let regions = (region AnyRegion:$epilogue);
  let assemblyFormat = [{
    $rows (`offsets` `(` $offsets^ `:` type($offsets) `)`)?
    (`row_index` `(` $row_index^ `:` type($row_index) `)`)?
    `weights` `(` $weights `:` type($weights) `)`
    (`scales` `(` $scales^ `:` type($scales) `)`)?
    (`zero_points` `(` $zero_points^ `:` type($zero_points) `)`)?
    (`columns` `(` $columns^ `:` type($columns) `)`)?
    `into` `(` $init `:` type($init) `)` attr-dict
    `:` type($rows) (`->` type($result)^)? (`epilogue` $epilogue^)?
  }];
  let hasVerifier = 1;
  let builders = [
    // A product with weights that are floats.
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$rows, "::mlir::Value":$offsets,
                   "::mlir::Value":$rowIndex, "::mlir::ValueRange":$weights,
                   "::mlir::ValueRange":$columns, "::mlir::Value":$init,
                   CArg<"int64_t", "1">:$divisor), [{
      build($_builder, $_state, result, rows, offsets, rowIndex, weights, columns, init,
            ::mlir::ValueRange(), ::mlir::ValueRange(), divisor, QuantAttr());
    }]>];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    /// f32 for f16, bf16 and f32; f64 for f64.
    ::mlir::FloatType getAccumulatorType();
    /// G, K and N as the unpacked weight has them.
    int64_t getNumGroups();
    int64_t getReduction();
    int64_t getNumColumns();
    /// The epilogue's block, or null.
    ::mlir::Block *getEpilogueBlock();
  }];
}

//===----------------------------------------------------------------------===//
// Weights, and what is shown of a layer
//===----------------------------------------------------------------------===//

def Moe_WeightOp : Moe_Op<"weight", [Pure]> {
  let summary = "Stands for numbers that stay on disk until the artifact is written.";
  let description = [{
    The tensor is its pieces, one after the other along the leading dimension. E initialisers thus
    become one stacked operand without being read; a transposed or interleaved one is a view.

    `layout` says how the target wants the numbers in the artifact, and changes the result's shape,
    for the unpacked G x K x N and panels of P columns (`panel`):
    - `rows`: as the pieces say, row-major. The result is G x K x N (or any other rank).
    - `panels`: `[g, p, m, c] = w[g, m, p * P + c]`, result G x ceil(N/P) x K x P.
    - `pair_panels`: `[g, p, m/2, c, m%2] = w[g, m, p * P + c]`, result G x ceil(N/P) x ceil(K/2) x P x 2.
    - `word_panels`: codes of b bits in 32-bit words along K, low bits first, w = 32 / b:
      `[g, p, m/w, c]` holds `w[g, m .. m+w-1, p * P + c]`, result G x ceil(N/P) x ceil(K/w) x P of i32.
    `element` is the type of the pieces' numbers where the result has another one: codes in words, or
    numbers below a byte that have a byte each (in rows, a signless integer with its sign).
    Elements beyond N or K are zero. `offset` is the place in the artifact's weight section, given by
    `--cpu-plan-artifact`.

    - (C1) the result is static, or a memref after bufferization; sizes multiply without overflow.
    - (C2) there is at least one piece; pieces have the result's unpacked rank, and add up to its
      unpacked shape along the leading dimension.
    - (C3) offsets and strides are not negative; the extent of a view lies within 2^63 bytes.
    - (C4) a piece's constant source has the numbers' element type, or i8 for numbers below a byte.
    - (C5) `columns` (N), `depth` (K) and `panel` stand with packed layouts only. There the result
      has the packed shape, or still the unpacked one (as in the kept reference).
    - (C6) numbers have 2, 4, 8 or more bits; `element` stands where it differs from the result's, with
      words (then the result is of i32) or with numbers below a byte (then of i8).

    ```mlir
    func.func @weight() -> tensor<2x3x4xf32> {
      %w = moe.weight [#moe.piece<"model.onnx" at 128 shape [1, 3, 4] strides [12, 1, 3]>,
                       #moe.piece<"model.onnx" at 176 shape [1, 3, 4] strides [12, 1, 3]>] : tensor<2x3x4xf32>
      return %w : tensor<2x3x4xf32>
    }
    ```
  }];
  let arguments = (ins Moe_PieceArrayAttr:$pieces, OptionalAttr<StrAttr>:$name,
                       DefaultValuedAttr<Moe_LayoutAttr, "::moe::Layout::Rows">:$layout,
                       OptionalAttr<I64Attr>:$panel, OptionalAttr<I64Attr>:$depth,
                       OptionalAttr<I64Attr>:$columns, OptionalAttr<I64Attr>:$offset,
                       OptionalAttr<TypeAttr>:$element);
  let results = (outs AnyShaped:$result);
  let assemblyFormat = "$pieces attr-dict `:` type($result)";
  let hasVerifier = 1;
  let builders = [
    // A weight whose result has the numbers' own type.
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::ArrayAttr":$pieces, "::mlir::StringAttr":$name,
                   "LayoutAttr":$layout, "::mlir::IntegerAttr":$panel, "::mlir::IntegerAttr":$depth,
                   "::mlir::IntegerAttr":$columns, "::mlir::IntegerAttr":$offset), [{
      build($_builder, $_state, result, pieces, name, layout, panel, depth, columns, offset,
            ::mlir::TypeAttr());
    }]>,
    OpBuilder<(ins "::mlir::Type":$result, "::mlir::ArrayAttr":$pieces, "::mlir::StringAttr":$name,
                   "Layout":$layout, "::mlir::IntegerAttr":$panel, "::mlir::IntegerAttr":$depth,
                   "::mlir::IntegerAttr":$columns, "::mlir::IntegerAttr":$offset), [{
      build($_builder, $_state, result, pieces, name, layout, panel, depth, columns, offset,
            ::mlir::TypeAttr());
    }]>];
  let extraClassDeclaration = [{
    /// The type of the pieces' numbers.
    ::mlir::Type getNumberType();
    /// The shape before packing.
    llvm::SmallVector<int64_t> getUnpackedShape();
  }];
}

def Moe_ObserveOp : Moe_Op<"observe", [DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let summary = "Offers a tensor of a layer to whoever runs the artifact.";
  let description = [{
    An optional output: the tensor is copied out where the caller asked for it (`moe-run --routing`,
    `--verify`), and costs a test of one flag where nobody did.

    `number` is its place among the optional outputs, given by `--cpu-plan-artifact`.

    - (C1) `layer` names an entry of the module's `moe.layers`, where it has them.

    ```mlir
    func.func @observe(%experts: tensor<?x2xi32>) {
      moe.observe "layer_0" experts %experts : tensor<?x2xi32>
      return
    }
    ```
  }];
  let arguments = (ins StrAttr:$layer, Moe_ObservedAttr:$role, AnyShaped:$value,
                       OptionalAttr<I32Attr>:$number);
  let assemblyFormat = "$layer `` $role $value attr-dict `:` type($value)";
  let hasVerifier = 1;
}

#endif // MOE_DIALECT_MOEOPS_TD
