//===- MoeAttrs.td - Enums and attributes of the moe dialect ----*- tablegen -*-===//

#ifndef MOE_DIALECT_MOEATTRS_TD
#define MOE_DIALECT_MOEATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

// How logits become scores. A closed set: the compiler lists every switch that a new case must touch.
def Moe_Score : I32EnumAttr<"Score", "score function of a gate", [
    // exp(x - max) / sum exp(x - max) over all experts
    I32EnumAttrCase<"Softmax", 0, "softmax">,
    // 1 / (1 + exp(-x))
    I32EnumAttrCase<"Sigmoid", 1, "sigmoid">,
    // x itself: the graph brought scores, or the score is taken over the chosen k
    I32EnumAttrCase<"Identity", 2, "identity">,
    // sqrt(log(1 + exp(x))), DeepSeek-V4
    I32EnumAttrCase<"SqrtSoftplus", 3, "sqrt_softplus">,
    // Two rounds of masked softmax, Phi-3.5-MoE: round one masks every expert with
    // (max - x) > 2 * jitter * max(|x|, max); the winner is masked out of round two
    I32EnumAttrCase<"SparseMixer", 4, "sparsemixer">,
  ]> {
  let cppNamespace = "::moe";
  let genSpecializedAttr = 0;
}

// What an observed tensor is to its layer.
def Moe_Observed : I32EnumAttr<"Observed", "role of an observed tensor", [
    I32EnumAttrCase<"Logits", 0, "logits">,
    I32EnumAttrCase<"Tokens", 1, "tokens">,
    I32EnumAttrCase<"Experts", 2, "experts">,
    I32EnumAttrCase<"Weights", 3, "weights">,
    I32EnumAttrCase<"Output", 4, "output">,
  ]> {
  let cppNamespace = "::moe";
  let genSpecializedAttr = 0;
}
def Moe_ObservedAttr : EnumAttr<Moe_Dialect, Moe_Observed, "observed">;

// How a weight's elements lie in memory; see moe.weight.
def Moe_Layout : I32EnumAttr<"Layout", "memory layout of a weight", [
    I32EnumAttrCase<"Rows", 0, "rows">,
    I32EnumAttrCase<"Panels", 1, "panels">,
    I32EnumAttrCase<"PairPanels", 2, "pair_panels">,
    I32EnumAttrCase<"WordPanels", 3, "word_panels">,
  ]> {
  let cppNamespace = "::moe";
  let genSpecializedAttr = 0;
}
def Moe_LayoutAttr : EnumAttr<Moe_Dialect, Moe_Layout, "layout">;

class Moe_Attr<string name, string attrMnemonic> : AttrDef<Moe_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def Moe_GateAttr : Moe_Attr<"Gate", "gate_rule"> {
  let summary = "How a token's logits become k experts and k weights.";
  let description = [{
    For one token with logits `x[0..E)`:

    1. `s = score(x)`. With `score_after`, `s = x` here and the score function is taken in step 5.
    2. `c = s + bias` where the gate has a selection bias, else `c = s`.
    3. Where `groups > 1`: the E experts fall into `groups` equal runs; a run's value is the sum of
       its `group_best` largest c; all but the `top_groups` best runs are out of the race.
    4. `e[0..k)` are the indices of the k largest c: largest first, the lower index first among
       equals. A NaN counts as the largest; NaNs are equal to each other.
    5. `w[j] = s[e[j]]`, without the bias. With `score_after`, `w = score(s[e[0..k)])` over the k.
    6. With `least_weight`: `w[j] = max(w[j], least_weight)`. With `normalize`:
       `w[j] /= max(sum(w) + epsilon, least_sum)`, the maximum only where `least_sum` is given.
    7. `w[j] *= scale`.

    Source of the forms: the gate table G1-G20 of the project's survey (Switch, GShard, Mixtral,
    DeepSeek-V2/V3, gpt-oss, Phi-3.5-MoE); each is a combination of the fields.
  }];
  let parameters = (ins
    EnumParameter<Moe_Score>:$score,
    "int64_t":$k,
    DefaultValuedParameter<"bool", "false">:$score_after,
    DefaultValuedParameter<"bool", "false">:$normalize,
    OptionalParameter<"::mlir::FloatAttr">:$epsilon,
    OptionalParameter<"::mlir::FloatAttr">:$scale,
    OptionalParameter<"::mlir::FloatAttr">:$jitter,
    DefaultValuedParameter<"int64_t", "1">:$groups,
    DefaultValuedParameter<"int64_t", "1">:$top_groups,
    DefaultValuedParameter<"int64_t", "1">:$group_best,
    OptionalParameter<"::mlir::FloatAttr">:$outside,
    OptionalParameter<"::mlir::FloatAttr">:$least_weight,
    OptionalParameter<"::mlir::FloatAttr">:$least_sum
  );
  let builders = [
    // Without the numbers that few gates have.
    AttrBuilder<(ins "::moe::Score":$score, "int64_t":$k, "bool":$score_after, "bool":$normalize,
                     "::mlir::FloatAttr":$epsilon, "::mlir::FloatAttr":$scale,
                     "::mlir::FloatAttr":$jitter, "int64_t":$groups, "int64_t":$top_groups,
                     "int64_t":$group_best), [{
      return $_get($_ctxt, score, k, score_after, normalize, epsilon, scale, jitter, groups,
                   top_groups, group_best, ::mlir::FloatAttr(), ::mlir::FloatAttr(),
                   ::mlir::FloatAttr());
    }]>,
  ];
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    /// The values of the optional numbers: 0, 1 and 0.01 where not given.
    double epsilonValue() const;
    double scaleValue() const;
    double jitterValue() const;
    /// Nothing where not given.
    std::optional<double> outsideValue() const;
    std::optional<double> leastWeightValue() const;
    std::optional<double> leastSumValue() const;
    /// The gate's name for people and for `moe_layers`: "softmax_topk", "topk_softmax", ...
    llvm::StringRef describe() const;
  }];
}

def Moe_PieceAttr : Moe_Attr<"Piece", "piece"> {
  let summary = "A strided view of stored numbers: a part of a file, or of a constant.";
  let description = [{
    `source` is a path (then `offset` counts bytes from the start of the file) or an elements
    attribute (then `offset` counts bytes from its first element). Element `[i, j, ...]` of the view
    lies at `offset + (i * strides[0] + j * strides[1] + ...) * size of an element`, little endian.
    Strides are not negative, so that a transposed or an interleaved weight is a view and no copy.
    Elements below one byte lie packed, low bits first: for them `offset` counts bits, and a constant
    source holds the packed bytes as `i8`.
  }];
  let parameters = (ins
    "::mlir::Attribute":$source,
    "int64_t":$offset,
    ArrayRefParameter<"int64_t">:$shape,
    ArrayRefParameter<"int64_t">:$strides
  );
  let assemblyFormat = "`<` $source `at` $offset `shape` `[` $shape `]` `strides` `[` $strides `]` `>`";
}
def Moe_QuantAttr : Moe_Attr<"Quant", "quant"> {
  let summary = "How codes of few bits stand for numbers.";
  let description = [{
    `w[k, n] = (q[k, n] - z[k / block, n]) * scale[k / block, n]`, where `q` is the code, of the type
    `code`: `i2`, `i4` or `i8` count from zero up, or are two's complement with `is_signed`;
    `f4E2M1FN` is the number that it says. `z` is the zero point, read like a code where it is of the
    code's type; where no zero points are given it is `zero`. One block along K holds `block` rows,
    the last one what is left; a scale per column is the case of one block.
  }];
  let parameters = (ins
    "::mlir::Type":$code,
    "int64_t":$block,
    DefaultValuedParameter<"bool", "false">:$is_signed,
    DefaultValuedParameter<"int64_t", "0">:$zero
  );
  let assemblyFormat = "`<` struct(params) `>`";
  let extraClassDeclaration = [{
    /// Bits of a code.
    unsigned bits() const { return getCode().getIntOrFloatBitWidth(); }
    /// Blocks along `depth` rows.
    int64_t blocks(int64_t depth) const { return (depth + getBlock() - 1) / getBlock(); }
  }];
}

def Moe_PieceArrayAttr : TypedArrayAttrBase<Moe_PieceAttr, "array of pieces">;

#endif // MOE_DIALECT_MOEATTRS_TD
