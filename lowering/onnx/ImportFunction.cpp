//===- ImportFunction.cpp - Calls of the model's own functions ------------===//
//
// A call is inlined: the function's nodes are imported in a scope of their own, in which its inputs
// are the call's operands, and its outputs become the call's.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/ImportGraph.h"

using namespace mlir;
using namespace moe;
using namespace moe::onnx_pb;

/// Versions of operator sets that the stages after the import know.
static const struct {
  llvm::StringLiteral domain;
  int64_t oldest, newest;
} supportedOpsets[] = {
    {"", 1, 28},
    {"com.microsoft", 1, 1},
};

static std::string key(llvm::StringRef domain, llvm::StringRef name, llvm::StringRef overload) {
  std::string joined = canonicalDomain(domain).str();
  joined += '\0';
  joined += name;
  joined += '\0';
  joined += overload;
  return joined;
}

void GraphImporter::indexFunctions() {
  for (const FunctionProto &function : model.functions()) {
    std::string name = key(function.domain(), function.name(), function.overload());
    if (!functions.try_emplace(name, &function).second)
      errors.malformed({module.getLoc(), ""}) << "function '" << function.name() << "' of domain '"
                                              << function.domain() << "' is defined twice";
  }
}

const FunctionProto *GraphImporter::findFunction(const NodeProto &node) {
  return functions.lookup(key(node.domain(), node.op_type(), node.overload()));
}

void GraphImporter::readOpsets(
    const google::protobuf::RepeatedPtrField<OperatorSetIdProto> &imports, Frame &frame,
    const Site &where, bool report) {
  for (const OperatorSetIdProto &import : imports) {
    llvm::StringRef domain = canonicalDomain(import.domain());
    bool isNew = frame.opsets.try_emplace(domain, import.version()).second;
    if (!report)
      continue;
    if (!isNew && frame.opsets[domain] != import.version())
      errors.malformed(where) << "two versions of domain '" << domain << "' are imported";
    for (const auto &known : supportedOpsets)
      if (known.domain == domain &&
          (import.version() < known.oldest || import.version() > known.newest))
        errors.unsupported(where) << "opset " << import.version() << " of domain '"
                                  << (domain.empty() ? "ai.onnx" : domain) << "'; expected "
                                  << known.oldest << " to " << known.newest;
  }
}

/// Binds inputs, attributes and types of a call. False after an error.
bool GraphImporter::bindCall(Scope &inner, Frame &frame, Scope &scope, const NodeProto &node,
                             const Site &where) {
  const FunctionProto &function = *frame.function;
  if (node.input_size() > function.input_size() || node.output_size() > function.output_size()) {
    errors.malformed(where) << "function '" << function.name() << "' has " << function.input_size()
                            << " inputs and " << function.output_size()
                            << " outputs, but is called with " << node.input_size() << " and "
                            << node.output_size();
    return false;
  }
  SmallVector<Value> values = operands(scope, node, where);
  // Inputs beyond the call's last are left out.
  while (values.size() < static_cast<size_t>(function.input_size()))
    values.push_back(none());
  for (auto [name, value] : llvm::zip_equal(function.input(), values))
    define(inner, name, value, where);
  for (auto &[name, bound] : bindAll(scope, node, where))
    frame.attributes.try_emplace(name, bound);
  for (const AttributeProto &attribute : function.attribute_proto())
    frame.attributes.try_emplace(attribute.name(), BoundAttribute{&attribute, &inner});
  for (const ValueInfoProto &info : function.value_info())
    inner.types.try_emplace(info.name(), &info.type());
  // The caller may know types of outputs that the function, which knows no shapes, cannot give.
  for (int i = 0; i < node.output_size(); ++i)
    if (const TypeProto *type = scope.types.lookup(node.output(i)))
      inner.types.try_emplace(function.output(i), type);
  return true;
}

void GraphImporter::importCall(Scope &scope, const NodeProto &node, const FunctionProto &function) {
  Site where = nodeSite(scope, node);
  auto defineOutputs = [&](llvm::function_ref<Value(int)> value) {
    for (int i = 0; i < node.output_size(); ++i)
      if (!node.output(i).empty())
        define(scope, node.output(i), value(i), where);
  };
  auto giveUp = [&] { defineOutputs([&](int) { return none(); }); };
  for (const Frame *frame = &scope.frame; frame; frame = frame->caller)
    if (frame->function == &function) {
      errors.malformed(where) << "function '" << function.name() << "' calls itself";
      return giveUp();
    }
  if (!mayNest(where))
    return giveUp();
  Frame frame;
  frame.prefix = nodeName(scope, node) + "/";
  frame.function = &function;
  frame.caller = &scope.frame;
  bool isFirst = checked.insert(&function).second;
  readOpsets(function.opset_import(), frame,
             where.inner("function '" + llvm::Twine(function.name()) + "'"), isFirst);
  Scope inner{nullptr, frame, {}, {}};
  if (!bindCall(inner, frame, scope, node, where))
    return giveUp();
  ++depth;
  importNodes(inner, function.node());
  --depth;
  defineOutputs([&](int i) {
    return lookUp(inner, function.output(i),
                  where.inner("function '" + llvm::Twine(function.name()) + "'"));
  });
}
