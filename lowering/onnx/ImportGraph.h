//===- ImportGraph.h - Graphs, nodes and functions of a model ---*- C++ -*-===//
//
// The importer proper, in three sources: ImportGraph.cpp (bodies, names and types), ImportNode.cpp
// (one node and its attributes), ImportFunction.cpp (calls of the model's own functions).
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_IMPORTGRAPH_H
#define MOE_LOWERING_ONNX_IMPORTGRAPH_H

#include "lowering/onnx/ImportErrors.h"
#include "lowering/onnx/ImportOrder.h"
#include "lowering/onnx/ImportTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

namespace moe {

/// Imports the model's graph as `@main` of `module`.
void importGraph(const onnx_pb::ModelProto &model, mlir::ModuleOp module, TensorReader &tensors,
                 ImportErrors &errors);

struct Scope;

/// An attribute, and the names that its graph may read. In a function, the caller's.
struct BoundAttribute {
  const onnx_pb::AttributeProto *attribute;
  Scope *scope;
};

/// What the nodes of the model, or of one call of a function, have in common.
struct Frame {
  /// What names of nodes begin with: "call/" for each call on the way.
  std::string prefix;
  /// Versions of operator sets by domain; "ai.onnx" is "".
  llvm::StringMap<int64_t> opsets;
  /// The call's attributes and the function's defaults, by name.
  llvm::StringMap<BoundAttribute> attributes;
  /// Null for the model.
  const onnx_pb::FunctionProto *function = nullptr;
  const Frame *caller = nullptr;
};

/// The names of one graph or of one function call.
struct Scope {
  Scope *parent;
  const Frame &frame;
  llvm::StringMap<mlir::Value> values;
  llvm::StringMap<const onnx_pb::TypeProto *> types;

  /// The value called `name` here or in a graph around, or null.
  mlir::Value find(llvm::StringRef name) const;
};

class GraphImporter {
public:
  GraphImporter(const onnx_pb::ModelProto &model, mlir::ModuleOp module, TensorReader &tensors,
                ImportErrors &errors)
      : model(model), module(module), tensors(tensors), errors(errors),
        builder(module.getContext()) {}

  void importModel();

private:
  // ImportGraph.cpp
  llvm::SmallVector<mlir::Value> importBody(Scope &scope, const onnx_pb::GraphProto &graph);
  void importInitializers(Scope &scope, const onnx_pb::GraphProto &graph);
  void importNodes(Scope &scope, const NodeList &nodes);
  void importSubgraph(const onnx_pb::GraphProto &graph, mlir::Region &region, Scope &parent,
                      const Site &site);
  void reportCycle(const NodeList &nodes, const NodeOrder &order, const Scope &scope);
  void define(Scope &scope, llvm::StringRef name, mlir::Value value, const Site &site);
  mlir::Value lookUp(const Scope &scope, llvm::StringRef name, const Site &site);
  mlir::Value none();
  mlir::Value emit(const Numbers &numbers, llvm::StringRef name, mlir::Location location);
  mlir::Type valueType(const Scope &scope, llvm::StringRef name);
  mlir::Type readType(const onnx_pb::TypeProto &type, const Site &site);
  bool mayNest(const Site &site);
  Site site(llvm::StringRef name, const llvm::Twine &description);
  llvm::SmallVector<const onnx_pb::ValueInfoProto *> trueInputs();
  mlir::func::FuncOp startFunction(Scope &scope);
  void finishFunction(mlir::func::FuncOp function, mlir::ValueRange outputs);
  mlir::NamedAttrList describe(const onnx_pb::ValueInfoProto &info, mlir::Type type);

  // ImportNode.cpp
  void importNode(Scope &scope, const onnx_pb::NodeProto &node);
  void importOperator(Scope &scope, const onnx_pb::NodeProto &node, const Site &site,
                      int64_t version);
  void importConstant(Scope &scope, const onnx_pb::NodeProto &node, const Site &site);
  std::string nodeName(const Scope &scope, const onnx_pb::NodeProto &node);
  Site nodeSite(const Scope &scope, const onnx_pb::NodeProto &node);
  llvm::SmallVector<mlir::Value> operands(const Scope &scope, const onnx_pb::NodeProto &node,
                                          const Site &site);
  std::optional<BoundAttribute> bind(Scope &scope, const onnx_pb::AttributeProto &attribute);
  llvm::MapVector<llvm::StringRef, BoundAttribute>
  bindAll(Scope &scope, const onnx_pb::NodeProto &node, const Site &site);
  mlir::Attribute readAttribute(const onnx_pb::AttributeProto &attribute, const Site &site);
  mlir::Attribute readTensorAttribute(const onnx_pb::TensorProto &tensor, const Site &site);
  std::optional<Numbers> readConstant(const onnx_pb::AttributeProto &attribute,
                                      llvm::StringRef name, const Site &site);

  // ImportFunction.cpp
  void indexFunctions();
  void readOpsets(const google::protobuf::RepeatedPtrField<onnx_pb::OperatorSetIdProto> &imports,
                  Frame &frame, const Site &site, bool report);
  const onnx_pb::FunctionProto *findFunction(const onnx_pb::NodeProto &node);
  void importCall(Scope &scope, const onnx_pb::NodeProto &node,
                  const onnx_pb::FunctionProto &function);
  bool bindCall(Scope &inner, Frame &frame, Scope &scope, const onnx_pb::NodeProto &node,
                const Site &site);

  const onnx_pb::ModelProto &model;
  mlir::ModuleOp module;
  TensorReader &tensors;
  ImportErrors &errors;
  mlir::OpBuilder builder;
  /// Functions by domain, name and overload, joined by zero bytes.
  llvm::StringMap<const onnx_pb::FunctionProto *> functions;
  /// Functions whose own faults are reported.
  llvm::DenseSet<const onnx_pb::FunctionProto *> checked;
  /// The one `onnx.none` of `@main`, at its start.
  mlir::Value noneValue;
  /// Nodes that came from functions, and whether there were too many: then values are missing.
  uint64_t inlined = 0;
  bool tooLarge = false;
  /// Graphs and calls around the current node.
  unsigned depth = 0;
};

/// "" for the default domain, which has two names.
llvm::StringRef canonicalDomain(llvm::StringRef domain);

} // namespace moe

#endif // MOE_LOWERING_ONNX_IMPORTGRAPH_H
