//===- InferTypes.cpp - Types, shapes and constants of an ONNX graph ------===//
//
// Exporters leave most values untyped. One walk in graph order asks the row of each operator for
// its results' types; what is known of small integer tensors (shapes on their way into a Reshape)
// is kept beside the IR as long as the walk goes on, and becomes a constant where all is known.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/onnx/infer/Composite.h"
#include "lowering/onnx/infer/Unroll.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Iterators.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/SaveAndRestore.h"
#include <deque>

namespace moe {
#define GEN_PASS_DEF_INFERTYPES
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;
using namespace moe::onnx;

/// What remarks are filtered by.
static constexpr llvm::StringLiteral kFlag = "onnx-infer-types";

/// Deeper subgraphs are refused: the walk recurses into them.
static constexpr unsigned kMaxDepth = 64;

/// Longer lists of integers that data tell get no symbols: no shape is made of them.
static constexpr int64_t kMaxNamed = 16;

/// Constants of more elements are weights; see the importer.
static bool isSmall(ElementsAttr constant) {
  Type elem = constant.getElementType();
  int64_t most = elem.isInteger(1) ? std::numeric_limits<int64_t>::max()
                                   : (isa<IntegerType>(elem) ? kMaxKnown : 16);
  return constant.getNumElements() <= most;
}

/// Removes what nobody reads, last operations first, so that one sweep is enough.
static void eraseDead(Operation *root) {
  root->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

static InferTable makeTable() {
  InferTable table;
  for (llvm::ArrayRef<InferRow> rows :
       {inferConstantRows(), inferElementwiseRows(), inferArithmeticRows(), inferShapeRows(),
        inferSliceRows(), inferIndexRows(), inferQuantizeRows(), inferReduceRows(),
        inferMatMulRows(), inferNormRows(), inferControlRows(), inferAttentionRows(),
        inferMoeRows(), inferRecurrentRows(), inferRefusedRows(), inferWindowRows()})
    table.add(rows);
  return table;
}

namespace {

/// The walk over one function.
class Walk {
public:
  Walk(const InferTable &table, func::FuncOp func) : table(table), func(func) {}

  LogicalResult run();

private:
  void seedArguments();
  void visit(Block &block, unsigned depth);
  /// Types one operation; returns the one to go on with.
  Operation *visit(Operation *op, unsigned depth);
  Operation *visitNode(NodeOp node, unsigned depth);
  bool visitBodies(Inference &inference, unsigned depth);
  bool enterLoop(Inference &inference, unsigned depth);
  bool steadyAfter(Inference &inference, LoopBody &body, unsigned depth);
  bool visitBody(Inference &inference, Region &body, unsigned depth);
  Operation *inlineBranch(NodeOp node);
  void settle(Inference &inference);
  bool meet(Inference &inference, unsigned result, Known &known);
  void fold(NodeOp node, OpResult result, const Known &known);
  void flattenResults();

  Known *remember(Value value, Known known);
  /// What is known of a value; null where its type could not be found.
  Known *lookup(Value value) { return facts.lookup(value); }

  const InferTable &table;
  func::FuncOp func;
  Symbols symbols;
  std::deque<Known> storage;
  llvm::DenseMap<Value, Known *> facts;
  bool hasFailed = false;
  int64_t foldedValues = 0;
  Sequences sequences;
  Unrolling unrolling;
  /// Copies of loops that shapes were tried on, which hold facts until the walk ends.
  std::deque<OwningOpRef<Operation *>> trials;
  bool isTrial = false;
};

Known *Walk::remember(Value value, Known known) {
  // Numbers that data tell may stand in a shape beside known ones.
  const Tensor &tensor = known.tensor;
  bool isList = tensor.rank() == 0 || (tensor.rank() == 1 && tensor.shape[0].isKnown());
  int64_t count = tensor.rank() == 0 ? 1 : tensor.shape[0].factor;
  if (!known.values && isList && count <= kMaxNamed && tensor.elem.isSignlessInteger() &&
      !tensor.elem.isInteger(1))
    for (known.values.emplace(); int64_t(known.values->size()) < count;)
      known.values->push_back(symbols.fresh(false));
  storage.push_back(std::move(known));
  return facts[value] = &storage.back();
}

LogicalResult Walk::run() {
  takeApart(func);
  eraseDead(func);
  seedArguments();
  visit(func.getBody().front(), 0);
  trials.clear();
  if (hasFailed)
    return failure();
  flattenResults();
  // The results' types follow the values.
  Operation *end = func.getBody().front().getTerminator();
  func.setType(
      FunctionType::get(func.getContext(), func.getArgumentTypes(), end->getOperandTypes()));
  eraseDead(func);
  if (foldedValues)
    remark::passed(func.getLoc(), remark::RemarkOpts::name("Folded").category(kFlag))
        << "made constants of " + std::to_string(foldedValues) + " values";
  return success();
}

/// A sequence that the graph gives becomes an output for each of its elements, under its name and
/// the element's number.
void Walk::flattenResults() {
  Operation *end = func.getBody().front().getTerminator();
  if (llvm::none_of(end->getOperands(), [&](Value value) { return sequences.find(value); }))
    return;
  Builder builder(func.getContext());
  llvm::SmallVector<Value> values;
  llvm::SmallVector<Attribute> attributes;
  for (auto [number, value] : llvm::enumerate(end->getOperands())) {
    DictionaryAttr own = func.getResultAttrDict(number);
    const auto *list = sequences.find(value);
    for (auto [place, element] : llvm::enumerate(list ? *list : llvm::SmallVector<Value>{value})) {
      NamedAttrList all(own);
      auto name = own ? own.getAs<StringAttr>(kNameAttr) : StringAttr();
      if (list && name)
        all.set(kNameAttr, builder.getStringAttr(name.getValue() + "." + llvm::Twine(place)));
      if (auto type = dyn_cast<RankedTensorType>(element.getType()); type && list) {
        all.set(kElemAttr, builder.getStringAttr(elemName(type.getElementType())));
        all.set(kDimsAttr,
                builder.getStrArrayAttr(llvm::SmallVector<llvm::StringRef>(type.getRank())));
      }
      values.push_back(element);
      attributes.push_back(all.getDictionary(func.getContext()));
    }
  }
  end->setOperands(values);
  func.setType(
      FunctionType::get(func.getContext(), func.getArgumentTypes(), end->getOperandTypes()));
  func.setAllResultAttrs(attributes);
}

void Walk::seedArguments() {
  for (BlockArgument argument : func.getArguments()) {
    unsigned number = argument.getArgNumber();
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type) {
      auto name = func.getArgAttrOfType<StringAttr>(number, kNameAttr);
      func.emitError("unsupported: graph input ")
          << number << " ('" << (name ? name.getValue() : "") << "') has no rank in the file";
      hasFailed = true;
      continue;
    }
    auto names = func.getArgAttrOfType<ArrayAttr>(number, kDimsAttr);
    Known known{{type.getElementType(), {}}, std::nullopt, {}};
    for (auto [place, dim] : llvm::enumerate(type.getShape())) {
      auto name = names && place < names.size() ? dyn_cast<StringAttr>(names[place]) : StringAttr();
      known.tensor.shape.push_back(
          ShapedType::isDynamic(dim) ? symbols.named(name ? name.getValue() : "") : Number(dim));
    }
    remember(argument, std::move(known));
  }
}

void Walk::visit(Block &block, unsigned depth) {
  if (block.empty())
    return;
  for (Operation *op = &block.front(); op;)
    op = visit(op, depth);
}

Operation *Walk::visit(Operation *op, unsigned depth) {
  if (auto node = dyn_cast<NodeOp>(op))
    return visitNode(node, depth);
  // Everything else has its type: constants, weights.
  auto constant = dyn_cast<ConstantOp>(op);
  for (Value value : op->getResults()) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type)
      continue;
    Known known{{type.getElementType(), {}}, std::nullopt, {}};
    for (int64_t dim : type.getShape())
      known.tensor.shape.push_back(ShapedType::isDynamic(dim) ? symbols.fresh(true) : Number(dim));
    if (constant) {
      known.constant = constant.getValue();
      known.values = integersOf(known.constant);
    }
    remember(value, std::move(known));
  }
  return op->getNextNode();
}

Operation *Walk::visitNode(NodeOp node, unsigned depth) {
  Inference sequence(node, {}, symbols);
  auto find = [&](Value value) { return lookup(value); };
  if (Operation *next = sequences.expand(sequence, find))
    return next;
  if (Operation *next = unrolling.step(node, sequences, find))
    return next;
  if (sequence.failed()) {
    hasFailed = true;
    return node->getNextNode();
  }
  const InferRow *row = table.lookup(node);
  if (!row) {
    node.emitError("unsupported operator ") << node.qualifiedName() << " (node '" << node.getName()
                                            << "', opset " << node.getVersion() << ")";
    hasFailed = true;
  }
  llvm::SmallVector<Known *> inputs;
  bool complete = row;
  for (Value input : node.getInputs()) {
    inputs.push_back(lookup(input));
    complete &= inputs.back() || isa<NoneType>(input.getType());
  }
  Inference inference(node, inputs, symbols);
  if (complete && !node.getBodies().empty()) {
    if (Operation *next = inlineBranch(node))
      return next;
    complete = visitBodies(inference, depth + 1);
  }
  if (complete)
    checkAttributeKinds(inference);
  if (complete && !inference.failed())
    row->fn(inference);
  else if (!hasFailed && !inference.failed())
    inference.unsupported(
        llvm::any_of(node.getInputs(), [&](Value input) { return sequences.find(input); })
            ? "a sequence as an input"
            : "an input is no tensor of known rank");
  settle(inference);
  return node->getNextNode();
}

/// Types one subgraph; false where that did not succeed.
bool Walk::visitBody(Inference &inference, Region &body, unsigned depth) {
  if (!body.hasOneBlock() || body.front().empty() || !isa<ReturnOp>(body.front().back())) {
    inference.malformed("a subgraph must be one block that ends with onnx.return");
    return false;
  }
  visit(body.front(), depth);
  llvm::SmallVector<Known *> &results = inference.bodies.emplace_back();
  for (Value value : body.front().back().getOperands())
    results.push_back(lookup(value));
  return !llvm::is_contained(results, nullptr);
}

/// Types the subgraphs; false where that did not succeed.
bool Walk::visitBodies(Inference &inference, unsigned depth) {
  if (depth > kMaxDepth) {
    inference.unsupported("subgraphs are nested more than " + llvm::Twine(kMaxDepth) + " deep");
    return false;
  }
  if (inference.node.is("Loop") || inference.node.is("Scan"))
    return enterLoop(inference, depth);
  bool complete = true;
  for (Region &body : inference.node.getBodies())
    complete &= visitBody(inference, body, depth);
  return complete;
}

/// Whether the carried values have the shapes in `body` after a round too, tried on a copy of the
/// loop; shapes that do not stay are made unknown. Typing changes the graph, so that the loop
/// itself is typed once, when its shapes are settled.
bool Walk::steadyAfter(Inference &inference, LoopBody &body, unsigned depth) {
  auto copy = cast<NodeOp>(trials.emplace_back(inference.node->clone()).get());
  Inference trial(copy, {}, symbols);
  for (auto [argument, known] : llvm::zip_equal(copy.getBodies()[0].getArguments(), body.inputs))
    remember(argument, known);
  // Errors come again when the loop itself is typed.
  ScopedDiagnosticHandler quiet(copy.getContext(), [](Diagnostic &) { return success(); });
  llvm::SaveAndRestore inTrial(isTrial, true), failure(hasFailed, false);
  bool complete = visitBody(trial, copy.getBodies()[0], depth) && !hasFailed;
  bool steady = true;
  unsigned skipped = body.first ? 1 : 0;
  const llvm::SmallVector<Known *> none;
  const auto &results = trial.bodies.empty() ? none : trial.bodies[0];
  for (unsigned i = 0; i < body.states; ++i) {
    Numbers &shape = body.inputs[body.first + i].tensor.shape;
    Known *after = complete && skipped + i < results.size() ? results[skipped + i] : nullptr;
    for (auto [dim, number] : llvm::enumerate(shape)) {
      bool stays = after && after->tensor.rank() == int64_t(shape.size()) &&
                   after->tensor.shape[dim] == number;
      if (stays || !body.changing.insert({i, dim}).second)
        continue;
      steady = false;
      number = symbols.fresh(true);
    }
  }
  return steady;
}

/// Types the body of a loop, whose carried values may change their shapes from round to round.
bool Walk::enterLoop(Inference &inference, unsigned depth) {
  std::optional<LoopBody> body = loopBody(inference);
  if (!body)
    return false;
  // A second try serves what the shapes that changed first had in them. Loops in a loop that is
  // tried are not tried: their shapes count as unknown there.
  bool steady = false;
  for (int tries = 0; tries < 2 && !isTrial && !steady; ++tries)
    steady = steadyAfter(inference, *body, depth);
  for (unsigned i = 0; i < body->states && !steady; ++i)
    for (Number &dim : body->inputs[body->first + i].tensor.shape)
      dim = symbols.fresh(true);
  Region &region = inference.node.getBodies()[0];
  for (auto [argument, known] : llvm::zip_equal(region.getArguments(), body->inputs)) {
    argument.setType(known.tensor.type());
    remember(argument, known);
  }
  inference.arguments = body->inputs;
  if (!visitBody(inference, region, depth))
    return false;
  unsigned skipped = body->first ? 1 : 0;
  for (unsigned i = 0; i < body->states && skipped + i < inference.bodies[0].size(); ++i) {
    const Tensor &before = body->inputs[body->first + i].tensor;
    const Tensor &after = inference.bodies[0][skipped + i]->tensor;
    if (before.elem != after.elem)
      inference.malformed("carried value " + llvm::Twine(i) + " is " + elemName(before.elem) +
                          " before a round and " + elemName(after.elem) + " after it");
    else if (before.rank() != after.rank())
      inference.unsupported("the rank of carried value " + llvm::Twine(i) +
                            " changes from round to round");
  }
  return !inference.failed();
}

/// Replaces an If whose condition is known by the branch that it takes; returns the operation to go
/// on with, or null where the node stays. Exporters write such branches for ranks that they know.
Operation *Walk::inlineBranch(NodeOp node) {
  if (!node.is("If") || node.getInputs().size() != 1)
    return nullptr;
  Known *condition = lookup(node.getInputs()[0]);
  if (!condition || !condition->values || condition->values->size() != 1 ||
      !condition->values->front().isKnown())
    return nullptr;
  llvm::StringRef taken = condition->values->front().is(0) ? "else_branch" : "then_branch";
  for (auto [name, body] : llvm::zip(*node.getSubgraphs(), node.getBodies())) {
    if (cast<StringAttr>(name).getValue() != taken || !body.hasOneBlock() || body.front().empty() ||
        body.getNumArguments() != 0)
      continue;
    auto end = dyn_cast<ReturnOp>(body.front().back());
    if (!end || end.getNumOperands() != node.getNumResults())
      return nullptr;
    node->replaceAllUsesWith(end.getOperands());
    end.erase();
    remark::passed(node.getLoc(), remark::RemarkOpts::name("Inlined").category(kFlag))
        << ("took " + taken + " of node '" + node.getName() + "', whose condition is known").str();
    Operation *before = node->getPrevNode();
    Block *block = node->getBlock();
    block->getOperations().splice(node->getIterator(), body.front().getOperations());
    node.erase();
    return before ? before->getNextNode() : &block->front();
  }
  return nullptr;
}

/// Writes what was found into the IR, and remembers it for the nodes behind.
void Walk::settle(Inference &inference) {
  NodeOp node = inference.node;
  for (OpResult result : node.getOutputs()) {
    unsigned number = result.getResultNumber();
    std::optional<Known> &known = inference.known(number);
    if (!known && !inference.failed() && !hasFailed)
      inference.unsupported("result " + llvm::Twine(number));
    if (!known || inference.failed()) {
      // The declared type serves to find more errors.
      known.reset();
      if (isa<RankedTensorType>(result.getType()))
        inference.declared(number, cast<RankedTensorType>(result.getType()).getElementType(), "");
      if (known)
        remember(result, *known);
      continue;
    }
    if (!meet(inference, number, *known))
      continue;
    result.setType(known->tensor.type());
    fold(node, result, *remember(result, *known));
  }
  hasFailed |= inference.failed();
}

/// Takes over what the file declares more precisely; an error where it says something else.
bool Walk::meet(Inference &inference, unsigned number, Known &known) {
  Type type = inference.node->getResult(number).getType();
  auto shaped = dyn_cast<TensorType>(type);
  bool agrees = isa<ValueType>(type) || (shaped && shaped.getElementType() == known.tensor.elem);
  Tensor met = known.tensor;
  if (agrees && shaped && shaped.hasRank()) {
    agrees = shaped.getRank() == met.rank();
    for (int64_t dim = 0; agrees && dim < met.rank(); ++dim) {
      if (shaped.isDynamicDim(dim))
        continue;
      agrees = !met.shape[dim].isKnown() || met.shape[dim].is(shaped.getDimSize(dim));
      met.shape[dim] = shaped.getDimSize(dim);
    }
  }
  if (agrees) {
    known.tensor = met;
    return true;
  }
  std::string declared, inferred;
  llvm::raw_string_ostream(declared) << type;
  llvm::raw_string_ostream(inferred) << known.tensor.type();
  inference.malformed("result " + llvm::Twine(number) + " is declared " + declared +
                      ", but what the node makes is " + inferred);
  return false;
}

/// Puts a constant in place of a result that is known whole.
void Walk::fold(NodeOp node, OpResult result, const Known &known) {
  OpBuilder builder(node);
  RankedTensorType type = known.tensor.type();
  ElementsAttr constant = known.constant;
  if (!constant && known.values) {
    unsigned width = type.getElementTypeBitWidth();
    llvm::SmallVector<APInt> values;
    for (Number value : *known.values) {
      if (!value.isKnown())
        return;
      values.push_back(APInt(64, value.factor).trunc(width));
    }
    constant = DenseElementsAttr::get(type, values);
  }
  // Larger ones are weights, which the importer has made already.
  if (!constant || !isSmall(constant))
    return;
  Value made = ConstantOp::create(builder, node.getLoc(), type, constant);
  result.replaceAllUsesWith(made);
  Known folded = known;
  folded.constant = constant;
  remember(made, std::move(folded));
  ++foldedValues;
}

struct InferTypes : moe::impl::InferTypesBase<InferTypes> {
  using InferTypesBase::InferTypesBase;

  void runOnOperation() override {
    InferTable table = makeTable();
    bool clean = true;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isDeclaration())
        clean &= succeeded(Walk(table, func).run());
    if (!clean)
      signalPassFailure();
  }
};

} // namespace
