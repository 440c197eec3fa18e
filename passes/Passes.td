//===- Passes.td - Passes from moe to moe --------------------*- tablegen -*-===//

#ifndef MOE_PASSES_PASSES_TD
#define MOE_PASSES_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseRouting : Pass<"moe-fuse-routing", "::mlir::func::FuncOp"> {
  let summary = "Makes one sweep over the tokens of a gate and its dispatch.";
  let description = [{
    Expects `moe.gate` whose experts one `moe.dispatch` reads. Guarantees a `moe.route` in their
    place; the rows become a `moe.gather`. Kept apart, with a remark: a dispatch whose ids do not come
    from a gate, a gate with several dispatches, and one that chooses among another number of experts.
    Both forms are legitimate in the routed stage, and so is a gate without a dispatch. Example: `test/passes/fuse-routing.mlir`.
  }];
  let dependentDialects = ["::moe::MoeDialect"];
}

def PadCapacity : Pass<"moe-pad-capacity", "::mlir::func::FuncOp"> {
  let summary = "Starts every expert's rows at a multiple of the target's tile.";
  let description = [{
    Sets `tile` on every `moe.route` and `moe.dispatch`, and with it the number of rows (C3 of
    `moe.dispatch`). What a layer drops (`capacity`) is the model's and stays. Guarantees that every
    dispatch has a decision. Example: `test/passes/pad-capacity.mlir`.
  }];
  let options = [Option<"tile", "tile", "int64_t", "1", "Rows of the target's tile">];
  let dependentDialects = ["::moe::MoeDialect"];
}

def GroupExperts : Pass<"moe-group-experts", "::mlir::func::FuncOp"> {
  let summary = "Makes grouped products with epilogues of the experts' bodies.";
  let description = [{
    A `moe.expert` whose body is products of rows with weights and elementwise operations between
    them becomes a row of `moe.grouped_matmul`: the elementwise operations become the epilogues,
    products that one epilogue joins become one operation, and a gather of rows becomes the first
    product's row index. Other bodies stay, with a remark that names the operation in the way.
    Example: `test/passes/group-experts.mlir`.
  }];
  let dependentDialects = ["::moe::MoeDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect"];
}

def KeepReference : Pass<"moe-keep-reference", "::mlir::ModuleOp"> {
  let summary = "Keeps what each layer means, for moe-run --verify.";
  let description = [{
    Expects the moe stage. Guarantees a nested `module @reference` with a function for each layer that
    is observed in all its roles: from the logits to experts and weights, and from tokens, experts and
    weights to the output, so that routing is compared given the logits and arithmetic given the
    routing. Where the graph itself computes the choices there are no logits, and only the arithmetic is kept. Arguments and results carry their role as `moe.role`. Passes on functions of the model
    do not see it. A layer that is computed from something else is left out, with a remark.
    Example: `test/passes/keep-reference.mlir`.
  }];
  let dependentDialects = ["::moe::MoeDialect", "::mlir::func::FuncDialect"];
}

def VerifyStage : Pass<"moe-verify-stage", "::mlir::ModuleOp"> {
  let summary = "Reports whatever a stage may not contain any more.";
  let description = [{
    One table says what each stage forbids. Every leftover is reported, not the first one. Sets
    the module's `moe.stage` where there is none, and changes nothing else. Example: `test/passes/verify-stage.mlir`.
  }];
  let options = [Option<"stage", "stage", "std::string", "\"\"",
                        "typed, moe, routed, linalg or target">];
}

#endif // MOE_PASSES_PASSES_TD
