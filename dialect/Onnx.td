//===- Onnx.td - ONNX graphs as the importer produces them ---*- tablegen -*-===//
//
// One generic operation for all ONNX operators, so that the importer knows protobuf and not one
// operator, and every conversion can be tested as text.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_DIALECT_ONNX_TD
#define MOE_DIALECT_ONNX_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Onnx_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::moe::onnx";
  let summary = "ONNX graphs, one operation for all operators.";
  let description = [{
    `onnx.node` stands for any operator of any domain. Values whose type the file does not give are
    `!onnx.value`; `--onnx-infer-types` replaces them. Signed integers are signless (`i64`), unsigned
    ones `ui8` and so on, bool is `i1`.

    On the function: argument and result attributes `onnx.name` (the tensor's name), `onnx.dims` (an
    array of symbol names, "" where a dimension has none), `onnx.elem` (the element type as ONNX
    names it). On the module: `onnx.file` (base name), `onnx.producer` (name and version), `onnx.opset`
    (version of the default domain).
  }];
  let useDefaultTypePrinterParser = 1;
}

def Onnx_ValueType : TypeDef<Onnx_Dialect, "Value"> {
  let mnemonic = "value";
  let summary = "A tensor whose type is not known yet.";
}

def Onnx_StringType : TypeDef<Onnx_Dialect, "String"> {
  let mnemonic = "string";
  let summary = "The element type of string tensors.";
}

class Onnx_Op<string mnemonic, list<Trait> traits = []> : Op<Onnx_Dialect, mnemonic, traits>;

def Onnx_NodeOp : Onnx_Op<"node", [Pure, NoTerminator]> {
  let summary = "One node of an ONNX graph.";
  let description = [{
    The operator `domain.op` at opset `version` of its domain (what the file imports, not the version
    that last changed the operator). `onnx_attributes` holds the node's attributes: INT i64, FLOAT f32,
    STRING string, INTS array<i64>, FLOATS array<f32>, STRINGS array of strings, TENSOR elements. A
    GRAPH attribute is a region; `subgraphs` names the regions in order. A left-out optional input is
    an `onnx.none`.

    - (C1) `subgraphs` has as many names as there are regions.

    ```mlir
    func.func @relu(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
      %y = onnx.node "Relu"(%x) version 20 name "/relu" {} : (tensor<?x8xf32>) -> tensor<?x8xf32>
      return %y : tensor<?x8xf32>
    }
    ```
  }];
  let arguments = (ins StrAttr:$op, DefaultValuedStrAttr<StrAttr, "">:$domain, I64Attr:$version,
                       DefaultValuedStrAttr<StrAttr, "">:$name, DictionaryAttr:$onnx_attributes,
                       OptionalAttr<StrArrayAttr>:$subgraphs, Variadic<AnyType>:$inputs);
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region VariadicRegion<AnyRegion>:$bodies);
  let assemblyFormat = [{
    $op `(` $inputs `)` (`domain` $domain^)? `version` $version (`name` $name^)? $onnx_attributes
    (`subgraphs` $subgraphs^ $bodies)? attr-dict `:` functional-type($inputs, $outputs)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The attribute `key`, or null.
    ::mlir::Attribute attribute(llvm::StringRef key) { return getOnnxAttributes().get(key); }
    /// Attribute values with their defaults; a value of another kind counts as absent (the
    /// operator's table row refuses it).
    int64_t intAttribute(llvm::StringRef key, int64_t otherwise);
    double floatAttribute(llvm::StringRef key, double otherwise);
    llvm::StringRef stringAttribute(llvm::StringRef key, llvm::StringRef otherwise);
    /// Input `index`, or null where it is left out or beyond the last.
    ::mlir::Value input(unsigned index);
    /// "domain.op" or "op", for messages.
    std::string qualifiedName();
    bool is(llvm::StringRef opName, llvm::StringRef opDomain = "") {
      return getOp() == opName && getDomain() == opDomain;
    }
  }];
}

def Onnx_ConstantOp : Onnx_Op<"constant", [Pure, ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "A small constant: what shapes, axes and scalars are made of.";
  let description = [{
    Large constants are `moe.weight` and stay on disk.

    ```mlir
    func.func @axes() -> tensor<2xi64> {
      %0 = onnx.constant dense<[0, 1]> : tensor<2xi64>
      return %0 : tensor<2xi64>
    }
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
}

def Onnx_NoneOp : Onnx_Op<"none", [Pure]> {
  let summary = "A left-out optional input.";
  let description = [{ The ONNX file spells it as an empty name. }];
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict";
}

def Onnx_ReturnOp : Onnx_Op<"return", [Pure, Terminator, ReturnLike]> {
  let summary = "Ends a subgraph (a body of If, Loop or Scan) with its outputs.";
  let description = [{ Stands at the end of each region of an `onnx.node`. }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif // MOE_DIALECT_ONNX_TD
