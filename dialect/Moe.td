//===- Moe.td - The moe dialect ------------------------------*- tablegen -*-===//
//
// One TableGen entry point: the dialect, then its attributes and its operations.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_DIALECT_MOE_TD
#define MOE_DIALECT_MOE_TD

include "mlir/IR/OpBase.td"

def Moe_Dialect : Dialect {
  let name = "moe";
  let cppNamespace = "::moe";
  let summary = "Mixture-of-Experts layers: gate, dispatch, expert, combine.";
  let description = [{
    An MoE layer routes each token to k of E experts, runs each expert's body on its tokens, and
    adds up what comes back. The dialect says this in four operations (`moe.gate`, `moe.dispatch`,
    `moe.expert`, `moe.combine`) over plain tensors: what routing decided is visible as index
    tensors, and nothing is hidden in types or state.

    Words: a *token* is one row of hidden values; a *slot* is one of the k choices of a token, slot
    `t * k + j` being the j-th choice of token t; a *row* is a slot's place in the order of experts.

    Dialect version log: 1 (2026) first version.
  }];
  let useDefaultAttributePrinterParser = 1;
}

include "dialect/MoeAttrs.td"
include "dialect/MoeOps.td"

#endif // MOE_DIALECT_MOE_TD
