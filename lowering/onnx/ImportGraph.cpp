//===- ImportGraph.cpp - Bodies, names and types --------------------------===//

#include "lowering/onnx/ImportGraph.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace moe;
using namespace moe::onnx_pb;

/// Graphs in graphs and calls in calls: C++ and MLIR recurse over them.
static constexpr unsigned maxDepth = 64;

void moe::importGraph(const ModelProto &model, ModuleOp module, TensorReader &tensors,
                      ImportErrors &errors) {
  GraphImporter(model, module, tensors, errors).importModel();
}

Value Scope::find(llvm::StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent)
    if (Value value = scope->values.lookup(name))
      return value;
  return {};
}

Site GraphImporter::site(llvm::StringRef name, const llvm::Twine &description) {
  return {NameLoc::get(builder.getStringAttr(name), module.getLoc()), description.str()};
}

bool GraphImporter::mayNest(const Site &site) {
  if (depth < maxDepth)
    return true;
  errors.unsupported(site) << "subgraphs and functions nested deeper than " << maxDepth;
  return false;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

void GraphImporter::define(Scope &scope, llvm::StringRef name, Value value, const Site &site) {
  if (!scope.values.try_emplace(name, value).second)
    errors.malformed(site) << "value '" << name << "' is defined twice";
}

Value GraphImporter::lookUp(const Scope &scope, llvm::StringRef name, const Site &site) {
  if (name.empty())
    return none();
  if (Value value = scope.find(name))
    return value;
  if (!tooLarge)
    errors.malformed(site) << "value '" << name << "' is not defined";
  return none();
}

Value GraphImporter::none() {
  if (noneValue)
    return noneValue;
  OpBuilder::InsertionGuard guard(builder);
  auto function = cast<func::FuncOp>(module.getBody()->front());
  builder.setInsertionPointToStart(&function.getBody().front());
  noneValue = onnx::NoneOp::create(builder, module.getLoc(), builder.getNoneType());
  return noneValue;
}

Value GraphImporter::emit(const Numbers &numbers, llvm::StringRef name, Location location) {
  if (numbers.constant)
    return onnx::ConstantOp::create(builder, location, numbers.type, numbers.constant);
  auto weight =
      WeightOp::create(builder, location, numbers.type, builder.getArrayAttr({numbers.piece}),
                       builder.getStringAttr(name), Layout::Rows, IntegerAttr(), IntegerAttr(),
                       IntegerAttr(), IntegerAttr());
  return weight.getResult();
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// The type that a file gives, `!onnx.value` where it gives none that a tensor can have.
Type GraphImporter::readType(const TypeProto &type, const Site &site) {
  Type unknown = onnx::ValueType::get(builder.getContext());
  if (!type.has_tensor_type() || type.tensor_type().elem_type() == 0)
    return unknown;
  const ElementType *element = elementTypeByCode(type.tensor_type().elem_type());
  if (!element) {
    errors.unsupported(site) << "element type " << type.tensor_type().elem_type();
    return unknown;
  }
  if (!type.tensor_type().has_shape())
    return unknown;
  google::protobuf::RepeatedField<int64_t> dims;
  for (const auto &dim : type.tensor_type().shape().dim())
    dims.Add(dim.has_dim_value() ? dim.dim_value() : 1);
  SmallVector<int64_t> shape;
  if (!readShape(dims, site, errors, shape))
    return unknown;
  for (auto [size, dim] : llvm::zip_equal(shape, type.tensor_type().shape().dim()))
    if (!dim.has_dim_value())
      size = ShapedType::kDynamic;
  return RankedTensorType::get(shape, element->type(builder.getContext()));
}

Type GraphImporter::valueType(const Scope &scope, llvm::StringRef name) {
  const TypeProto *type = scope.types.lookup(name);
  if (!type)
    return onnx::ValueType::get(builder.getContext());
  return readType(*type, site(name, "value '" + name + "'"));
}

/// What becomes of attributes on `@main` for an input or an output.
NamedAttrList GraphImporter::describe(const ValueInfoProto &info, Type type) {
  NamedAttrList attributes;
  attributes.set(onnx::kNameAttr, builder.getStringAttr(info.name()));
  const auto &declared = info.type().tensor_type();
  auto tensor = dyn_cast<RankedTensorType>(type);
  const ElementType *element = elementTypeByCode(declared.elem_type());
  if (!element && tensor)
    element = elementTypeOf(tensor.getElementType());
  if (element)
    attributes.set(onnx::kElemAttr, builder.getStringAttr(element->name));
  if (!tensor)
    return attributes;
  SmallVector<llvm::StringRef> symbols(tensor.getRank());
  if (declared.shape().dim_size() == tensor.getRank())
    for (auto [symbol, dim] : llvm::zip_equal(symbols, declared.shape().dim()))
      symbol = dim.dim_param();
  attributes.set(onnx::kDimsAttr, builder.getStrArrayAttr(symbols));
  return attributes;
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

void GraphImporter::importInitializers(Scope &scope, const GraphProto &graph) {
  for (const TensorProto &tensor : graph.initializer()) {
    Site where = site(tensor.name(), "initializer '" + llvm::Twine(tensor.name()) + "'");
    if (tensor.name().empty())
      errors.malformed(where) << "it has no name";
    std::optional<Numbers> numbers = tensors.read(tensor, where);
    Value value = numbers ? emit(*numbers, tensor.name(), where.location) : none();
    define(scope, tensor.name(), value, where);
  }
  for (const SparseTensorProto &tensor : graph.sparse_initializer()) {
    const std::string &name = tensor.values().name();
    Site where = site(name, "initializer '" + llvm::Twine(name) + "'");
    errors.unsupported(where) << "a sparse tensor";
    define(scope, name, none(), where);
  }
}

void GraphImporter::reportCycle(const NodeList &list, const NodeOrder &order, const Scope &scope) {
  // A path of a few nodes is shown; a long one helps nobody.
  constexpr size_t shown = 8;
  Site where = nodeSite(scope, list[order.cycle.front().node]);
  auto error = errors.malformed(where) << "the graph has a cycle: ";
  for (auto [index, edge] : llvm::enumerate(llvm::ArrayRef(order.cycle).take_front(shown))) {
    if (index)
      error << ", which ";
    const NodeProto &next = list[order.cycle[(index + 1) % order.cycle.size()].node];
    error << "needs '" << edge.value << "' of node '" << nodeName(scope, next) << "'";
  }
  if (order.cycle.size() > shown)
    error << ", ... (" << order.cycle.size() << " nodes)";
}

void GraphImporter::importNodes(Scope &scope, const NodeList &list) {
  NodeOrder order =
      orderNodes(list, [&](llvm::StringRef name) { return scope.values.contains(name); });
  for (int node : order.order)
    importNode(scope, list[node]);
  if (order.cycle.empty())
    return;
  reportCycle(list, order, scope);
  // What the nodes around the cycle define is unknown, but not undefined.
  for (const NodeProto &node : list)
    for (const std::string &output : node.output())
      scope.values.try_emplace(output, none());
}

SmallVector<Value> GraphImporter::importBody(Scope &scope, const GraphProto &graph) {
  for (const auto *list : {&graph.output(), &graph.value_info()})
    for (const ValueInfoProto &info : *list)
      scope.types.try_emplace(info.name(), &info.type());
  importInitializers(scope, graph);
  importNodes(scope, graph.node());
  SmallVector<Value> outputs;
  for (const ValueInfoProto &output : graph.output()) {
    Site where = site(output.name(), "graph output '" + llvm::Twine(output.name()) + "'");
    if (output.name().empty())
      errors.malformed(where) << "it has no name";
    outputs.push_back(lookUp(scope, output.name(), where));
  }
  return outputs;
}

void GraphImporter::importSubgraph(const GraphProto &graph, Region &region, Scope &parent,
                                   const Site &where) {
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(&region);
  Scope scope{&parent, parent.frame, {}, {}};
  SmallVector<Value> outputs;
  if (mayNest(where)) {
    for (const ValueInfoProto &input : graph.input()) {
      Site inner = where.inner("input '" + llvm::Twine(input.name()) + "'");
      Type type = readType(input.type(), inner);
      define(scope, input.name(), block->addArgument(type, where.location), inner);
    }
    ++depth;
    outputs = importBody(scope, graph);
    --depth;
  }
  onnx::ReturnOp::create(builder, where.location, outputs);
}

//===----------------------------------------------------------------------===//
// The model
//===----------------------------------------------------------------------===//

/// The inputs that are given at run time. One with an initializer is a constant: before IR 4 every
/// initializer had to be an input as well; since then its numbers are a default, which we keep.
SmallVector<const ValueInfoProto *> GraphImporter::trueInputs() {
  constexpr int64_t defaultsSince = 4;
  llvm::StringMap<bool> constants;
  for (const TensorProto &tensor : model.graph().initializer())
    constants[tensor.name()] = true;
  SmallVector<const ValueInfoProto *> inputs;
  for (const ValueInfoProto &input : model.graph().input()) {
    if (!constants.lookup(input.name()))
      inputs.push_back(&input);
    else if (model.ir_version() >= defaultsSince)
      remark::passed(site(input.name(), "").location,
                     remark::RemarkOpts::name("default-input").category("import-onnx"))
          << "the input has a default and becomes a constant";
  }
  return inputs;
}

/// Makes `@main` with the model's inputs.
func::FuncOp GraphImporter::startFunction(Scope &scope) {
  SmallVector<const ValueInfoProto *> inputs = trueInputs();
  SmallVector<Type> types;
  SmallVector<Site> sites;
  for (const ValueInfoProto *input : inputs) {
    Site where = site(input->name(), "graph input '" + llvm::Twine(input->name()) + "'");
    if (input->name().empty())
      errors.malformed(where) << "it has no name";
    if (!input->type().has_tensor_type())
      errors.unsupported(where) << "expected a tensor";
    types.push_back(readType(input->type(), where));
    sites.push_back(where);
  }
  builder.setInsertionPointToStart(module.getBody());
  auto function =
      func::FuncOp::create(builder, module.getLoc(), "main", builder.getFunctionType(types, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  for (auto [index, input] : llvm::enumerate(inputs)) {
    define(scope, input->name(), function.getArgument(index), sites[index]);
    function.setArgAttrs(index, describe(*input, types[index]));
  }
  return function;
}

void GraphImporter::finishFunction(func::FuncOp function, ValueRange outputs) {
  func::ReturnOp::create(builder, module.getLoc(), outputs);
  SmallVector<Type> types(outputs.getTypes());
  function.setFunctionType(builder.getFunctionType(function.getFunctionType().getInputs(), types));
  for (auto [index, output] : llvm::enumerate(model.graph().output()))
    function.setResultAttrs(index, describe(output, types[index]));
}

void GraphImporter::importModel() {
  indexFunctions();
  Frame frame;
  readOpsets(model.opset_import(), frame, {module.getLoc(), ""}, /*report=*/true);
  Scope scope{nullptr, frame, {}, {}};
  func::FuncOp function = startFunction(scope);
  if (model.graph().output().empty())
    errors.malformed({module.getLoc(), ""}) << "the graph has no outputs";
  finishFunction(function, importBody(scope, model.graph()));
}
