//===- Lowerings.td - Passes that cross a border -------------*- tablegen -*-===//

#ifndef MOE_LOWERING_LOWERINGS_TD
#define MOE_LOWERING_LOWERINGS_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// lowering/onnx
//===----------------------------------------------------------------------===//

def OnnxInferTypes : Pass<"onnx-infer-types", "::mlir::ModuleOp"> {
  let summary = "Gives every value of an ONNX graph its type, and folds what is constant.";
  let description = [{
    Exporters leave most values untyped. A table row an operator infers element types and shapes;
    small integer values (shapes, axes, indices) are computed where they are known. Guarantees that no
    `!onnx.value` is left; what cannot be inferred is an error that names the node.
    Example: `test/lowering/onnx/infer-types.mlir`.
  }];
  let dependentDialects = ["::moe::onnx::OnnxDialect"];
}

def Raise : Pass<"moe-raise", "::mlir::ModuleOp"> {
  let summary = "Finds the MoE layers of an ONNX graph and says them in the moe dialect.";
  let description = [{
    Runs the patterns of `lowering/onnx/raise`, each with its proof, and fills `moe.layers`. What is
    not raised stays, with a remark that names the node and the condition that failed; an expert that
    the router can choose and the graph lacks is an error. Example: `test/lowering/onnx/raise/`.
  }];
  let options = [Option<"allowMissingExperts", "allow-missing-experts", "bool", "false",
                        "Go on where experts are missing from a traced graph">,
                 Option<"moeLayout", "moe-layout", "std::string", "\"\"",
                        "Layout of MoE weights where shapes do not tell: modern or legacy">];
  let dependentDialects = ["::moe::MoeDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::cf::ControlFlowDialect"];
}

def ConvertOnnxToLinalg : Pass<"convert-onnx-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Converts ONNX operators to linalg, tensor, arith and math.";
  let description = [{
    Tables by family of operators, one row an operator and the versions it is good for. Operators and
    forms without a row are all reported, with node, operator and version. Checks that ONNX leaves to
    run time (indices in range, shapes that fit) become `cf.assert`.
    Example: `test/lowering/onnx/convert/`.
  }];
  let dependentDialects = ["::moe::MoeDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::cf::ControlFlowDialect"];
}

//===----------------------------------------------------------------------===//
// lowering/linalg
//===----------------------------------------------------------------------===//

def ConvertMoeToLinalg : Pass<"convert-moe-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "Says routing, gathering and combining in linalg, scf and tensor.";
  let description = [{
    Target-free. `moe.grouped_matmul`, `moe.weight` and `moe.observe` stay: they end at the target.
    Example: `test/lowering/linalg/convert-moe-to-linalg.mlir`.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // MOE_LOWERING_LOWERINGS_TD
