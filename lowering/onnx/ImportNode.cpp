//===- ImportNode.cpp - One node and its attributes -----------------------===//

#include "lowering/onnx/ImportGraph.h"

using namespace mlir;
using namespace moe;
using namespace moe::onnx_pb;

/// Functions that call functions can make a huge graph of a small file.
static constexpr uint64_t maxInlined = 1 << 20;

llvm::StringRef moe::canonicalDomain(llvm::StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

std::string GraphImporter::nodeName(const Scope &scope, const NodeProto &node) {
  if (!node.name().empty())
    return scope.frame.prefix + node.name();
  for (const std::string &output : node.output())
    if (!output.empty())
      return scope.frame.prefix + output;
  return scope.frame.prefix;
}

Site GraphImporter::nodeSite(const Scope &scope, const NodeProto &node) {
  std::string name = nodeName(scope, node);
  llvm::StringRef domain = canonicalDomain(node.domain());
  std::string op = (domain.empty() ? "" : domain.str() + ".") + node.op_type();
  auto version = scope.frame.opsets.find(domain);
  std::string opset =
      version == scope.frame.opsets.end() ? "" : ", opset " + std::to_string(version->second);
  return site(name, "node '" + name + "' (" + op + opset + ")");
}

void GraphImporter::importNode(Scope &scope, const NodeProto &node) {
  Site where = nodeSite(scope, node);
  if (scope.frame.function && ++inlined > maxInlined) {
    if (!tooLarge)
      errors.unsupported(where) << "functions of more than " << maxInlined << " nodes in all";
    tooLarge = true;
    return;
  }
  if (const FunctionProto *function = findFunction(node))
    return importCall(scope, node, *function);
  llvm::StringRef domain = canonicalDomain(node.domain());
  if (node.op_type().empty())
    errors.malformed(where) << "it has no operator";
  auto version = scope.frame.opsets.find(domain);
  if (version == scope.frame.opsets.end())
    errors.malformed(where) << "domain '" << domain << "' is used, but not in opset_import";
  if (domain.empty() && node.op_type() == "Constant")
    return importConstant(scope, node, where);
  importOperator(scope, node, where, version == scope.frame.opsets.end() ? 0 : version->second);
}

SmallVector<Value> GraphImporter::operands(const Scope &scope, const NodeProto &node,
                                           const Site &where) {
  SmallVector<Value> values;
  for (const std::string &input : node.input())
    values.push_back(lookUp(scope, input, where));
  return values;
}

void GraphImporter::importOperator(Scope &scope, const NodeProto &node, const Site &where,
                                   int64_t version) {
  NamedAttrList attributes;
  SmallVector<llvm::StringRef> bodyNames;
  SmallVector<BoundAttribute> bodies;
  for (auto [name, bound] : bindAll(scope, node, where)) {
    Site inner = where.inner("attribute '" + name + "'");
    if (bound.attribute->type() == AttributeProto::GRAPH) {
      bodyNames.push_back(name);
      bodies.push_back(bound);
    } else if (Attribute value = readAttribute(*bound.attribute, inner)) {
      attributes.set(name, value);
    }
  }
  SmallVector<Type> types;
  for (const std::string &output : node.output())
    types.push_back(valueType(scope, output));
  auto subgraphs = bodyNames.empty() ? ArrayAttr() : builder.getStrArrayAttr(bodyNames);
  auto op = onnx::NodeOp::create(builder, where.location, types, node.op_type(),
                                 canonicalDomain(node.domain()), version, nodeName(scope, node),
                                 attributes.getDictionary(builder.getContext()), subgraphs,
                                 operands(scope, node, where), bodies.size());
  for (auto [region, bound] : llvm::zip_equal(op.getBodies(), bodies))
    importSubgraph(bound.attribute->g(), region, *bound.scope, where);
  for (auto [output, value] : llvm::zip_equal(node.output(), op.getOutputs()))
    if (!output.empty())
      define(scope, output, value, where);
}

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

/// The attribute itself, or the caller's where it refers to one; nothing where the caller has none
/// and there is no default.
std::optional<BoundAttribute> GraphImporter::bind(Scope &scope, const AttributeProto &attribute) {
  if (attribute.ref_attr_name().empty())
    return BoundAttribute{&attribute, &scope};
  auto found = scope.frame.attributes.find(attribute.ref_attr_name());
  if (found == scope.frame.attributes.end())
    return {};
  return found->second;
}

llvm::MapVector<llvm::StringRef, BoundAttribute>
GraphImporter::bindAll(Scope &scope, const NodeProto &node, const Site &where) {
  llvm::MapVector<llvm::StringRef, BoundAttribute> all;
  for (const AttributeProto &attribute : node.attribute()) {
    if (attribute.name().empty())
      errors.malformed(where) << "an attribute has no name";
    else if (all.contains(attribute.name()))
      errors.malformed(where) << "attribute '" << attribute.name() << "' is given twice";
    else if (!attribute.ref_attr_name().empty() && !scope.frame.function)
      errors.malformed(where) << "attribute '" << attribute.name()
                              << "' refers to one of a function, but stands in none";
    else if (std::optional<BoundAttribute> bound = bind(scope, attribute))
      all.insert({attribute.name(), *bound});
  }
  return all;
}

Attribute GraphImporter::readTensorAttribute(const TensorProto &tensor, const Site &where) {
  std::optional<Numbers> numbers = tensors.read(tensor, where, /*always=*/true);
  if (!numbers)
    return {};
  if (numbers->constant)
    return numbers->constant;
  return numbers->piece.getSource();
}

Attribute GraphImporter::readAttribute(const AttributeProto &attribute, const Site &where) {
  switch (attribute.type()) {
  case AttributeProto::FLOAT:
    return builder.getF32FloatAttr(attribute.f());
  case AttributeProto::INT:
    return builder.getI64IntegerAttr(attribute.i());
  case AttributeProto::STRING:
    return builder.getStringAttr(attribute.s());
  case AttributeProto::TENSOR:
    return readTensorAttribute(attribute.t(), where);
  case AttributeProto::FLOATS:
    return builder.getDenseF32ArrayAttr(
        ArrayRef(attribute.floats().data(), attribute.floats_size()));
  case AttributeProto::INTS: {
    SmallVector<int64_t> ints(attribute.ints().begin(), attribute.ints().end());
    return builder.getDenseI64ArrayAttr(ints);
  }
  case AttributeProto::STRINGS: {
    SmallVector<llvm::StringRef> strings(attribute.strings().begin(), attribute.strings().end());
    return builder.getStrArrayAttr(strings);
  }
  case AttributeProto::UNDEFINED:
    errors.malformed(where) << "it has no type";
    return {};
  case AttributeProto::GRAPH: // a region, not an attribute
  case AttributeProto::TENSORS:
  case AttributeProto::GRAPHS:
  case AttributeProto::SPARSE_TENSOR:
  case AttributeProto::SPARSE_TENSORS:
  case AttributeProto::TYPE_PROTO:
  case AttributeProto::TYPE_PROTOS:
    errors.unsupported(where) << "a value of type "
                              << AttributeProto::AttributeType_Name(attribute.type());
    return {};
  }
  llvm_unreachable("protobuf drops unknown values of an enum");
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// The bytes of `numbers`.
template <typename Range> static ArrayRef<char> bytesOf(const Range &numbers) {
  return {reinterpret_cast<const char *>(numbers.data()), numbers.size() * sizeof(*numbers.data())};
}

std::optional<Numbers> GraphImporter::readConstant(const AttributeProto &attribute,
                                                   llvm::StringRef name, const Site &where) {
  auto tensor = [&](ArrayRef<int64_t> shape, Type element) {
    return RankedTensorType::get(shape, element);
  };
  auto strings = [&](RankedTensorType type, ArrayRef<llvm::StringRef> values) {
    return Numbers{type, cast<ElementsAttr>(DenseStringElementsAttr::get(type, values)), {}};
  };
  Type f32 = builder.getF32Type(), i64 = builder.getI64Type();
  Type string = onnx::StringType::get(builder.getContext());
  switch (attribute.type()) {
  case AttributeProto::TENSOR:
    return tensors.read(attribute.t(), where);
  case AttributeProto::FLOAT:
    return tensors.fromBytes(tensor({}, f32), bytesOf(ArrayRef<float>(attribute.f())), name);
  case AttributeProto::INT:
    return tensors.fromBytes(tensor({}, i64), bytesOf(ArrayRef<int64_t>(attribute.i())), name);
  case AttributeProto::FLOATS: {
    ArrayRef<float> values(attribute.floats().data(), attribute.floats_size());
    return tensors.fromBytes(tensor(values.size(), f32), bytesOf(values), name);
  }
  case AttributeProto::INTS: {
    SmallVector<int64_t> values(attribute.ints().begin(), attribute.ints().end());
    return tensors.fromBytes(tensor(values.size(), i64), bytesOf(values), name);
  }
  case AttributeProto::STRING:
    return strings(tensor({}, string), llvm::StringRef(attribute.s()));
  case AttributeProto::STRINGS: {
    SmallVector<llvm::StringRef> values(attribute.strings().begin(), attribute.strings().end());
    return strings(tensor(values.size(), string), values);
  }
  case AttributeProto::UNDEFINED:
  case AttributeProto::GRAPH:
  case AttributeProto::TENSORS:
  case AttributeProto::GRAPHS:
  case AttributeProto::SPARSE_TENSOR:
  case AttributeProto::SPARSE_TENSORS:
  case AttributeProto::TYPE_PROTO:
  case AttributeProto::TYPE_PROTOS:
    readAttribute(attribute, where); // refuses them
    return {};
  }
  llvm_unreachable("protobuf drops unknown values of an enum");
}

void GraphImporter::importConstant(Scope &scope, const NodeProto &node, const Site &where) {
  auto attributes = bindAll(scope, node, where);
  Value value;
  if (attributes.size() != 1 || node.output_size() != 1 || node.input_size() != 0) {
    errors.malformed(where) << "expected one attribute, no input and one output, but got "
                            << attributes.size() << ", " << node.input_size() << " and "
                            << node.output_size();
  } else {
    auto &[name, bound] = attributes.front();
    std::string output = scope.frame.prefix + node.output(0);
    Site inner = where.inner("attribute '" + name + "'");
    if (std::optional<Numbers> numbers = readConstant(*bound.attribute, output, inner))
      value = emit(*numbers, output, where.location);
  }
  for (const std::string &output : node.output())
    if (!output.empty())
      define(scope, output, value ? value : none(), where);
}
