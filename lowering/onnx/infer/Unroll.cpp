//===- Unroll.cpp - Loops that read other weights in each round -----------===//

#include "lowering/onnx/infer/Unroll.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace moe::onnx;

/// Loops that would become more operations stay loops.
static constexpr int64_t kMostOps = 1 << 16;

static int64_t countOps(NodeOp node) {
  int64_t count = 0;
  node->walk([&](Operation *) { ++count; });
  return count;
}

/// Entry `i` of a list attribute, 0 where there is no list.
static int64_t entry(NodeOp node, StringRef name, size_t i) {
  auto list = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute(name));
  return list && i < static_cast<size_t>(list.size()) ? list[i] : 0;
}

/// The first of the inputs that a loop carries, and their number.
static std::pair<unsigned, unsigned> carried(NodeOp node) {
  unsigned first = node.is("Loop") ? 2 : 0;
  return {first, node.getInputs().size() - first - node.intAttribute("num_scan_inputs", 0)};
}

static NodeOp make(OpBuilder &builder, NodeOp like, StringRef op, ValueRange inputs,
                   ArrayRef<NamedAttribute> attributes) {
  Type type = ValueType::get(builder.getContext());
  return NodeOp::create(builder, like.getLoc(), TypeRange(type), op, "", 13, like.getName(),
                        builder.getDictionaryAttr(attributes), ArrayAttr(), inputs, 0);
}

static Value number(OpBuilder &builder, Location loc, ArrayRef<int64_t> numbers, bool scalar) {
  SmallVector<int64_t> shape;
  if (!scalar)
    shape.push_back(numbers.size());
  auto type = RankedTensorType::get(shape, builder.getI64Type());
  return ConstantOp::create(builder, loc, type, DenseElementsAttr::get(type, numbers));
}

/// What the body takes for its arguments in round `round` of `rounds`.
static void bindArguments(OpBuilder &builder, NodeOp node, int64_t round, int64_t rounds,
                          IRMapping &mapping) {
  Block &body = node.getBodies()[0].front();
  auto [first, states] = carried(node);
  if (node.is("Loop")) {
    auto one = RankedTensorType::get({}, builder.getI1Type());
    mapping.map(body.getArgument(0), number(builder, node.getLoc(), round, true));
    mapping.map(body.getArgument(1),
                ConstantOp::create(builder, node.getLoc(), one, DenseElementsAttr::get(one, true)));
  }
  for (unsigned i = first; i < first + states; ++i)
    mapping.map(body.getArgument(i), node.input(i));
  for (unsigned i = first + states; i < node.getInputs().size(); ++i) {
    unsigned scan = i - first - states;
    bool back = entry(node, "scan_input_directions", scan) != 0;
    Value place = number(builder, node.getLoc(), back ? rounds - 1 - round : round, true);
    auto axis = builder.getNamedAttr(
        "axis", builder.getI64IntegerAttr(entry(node, "scan_input_axes", scan)));
    mapping.map(body.getArgument(i),
                make(builder, node, "Gather", {node.input(i), place}, axis).getResult(0));
  }
}

void Unrolling::round(NodeOp node, Loop &loop) {
  OpBuilder builder(node);
  IRMapping mapping;
  bindArguments(builder, node, loop.done++, loop.rounds, mapping);
  Block &body = node.getBodies()[0].front();
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  auto [first, states] = carried(node);
  SmallVector<Value> results;
  for (Value value : body.back().getOperands().drop_front(node.is("Loop") ? 1 : 0))
    results.push_back(mapping.lookupOrDefault(value));
  for (unsigned i = 0; i < states; ++i)
    node->setOperand(first + i, results[i]);
  for (auto [stack, value] : llvm::zip(loop.stacks, ArrayRef(results).drop_front(states)))
    stack.push_back(value);
}

void Unrolling::finish(NodeOp node, Loop &loop) {
  OpBuilder builder(node);
  auto [first, states] = carried(node);
  for (auto [i, result] : llvm::enumerate(node.getResults())) {
    if (i < states) {
      result.replaceAllUsesWith(node.input(first + i));
      continue;
    }
    unsigned stacked = i - states;
    int64_t at = node.is("Scan") ? entry(node, "scan_output_axes", stacked) : 0;
    if (node.is("Scan") && entry(node, "scan_output_directions", stacked))
      std::reverse(loop.stacks[stacked].begin(), loop.stacks[stacked].end());
    Value axes = number(builder, node.getLoc(), at, false);
    SmallVector<Value> parts;
    for (Value value : loop.stacks[stacked])
      parts.push_back(make(builder, node, "Unsqueeze", {value, axes}, {}).getResult(0));
    auto axis = builder.getNamedAttr("axis", builder.getI64IntegerAttr(at));
    result.replaceAllUsesWith(make(builder, node, "Concat", parts, axis).getResult(0));
  }
  remark::passed(node.getLoc(), remark::RemarkOpts::name("Unrolled").category("onnx-infer-types"))
      << ("wrote down the " + Twine(loop.rounds) + " rounds of node '" + node.getName() +
          "', which reads other weights in each")
             .str();
  loops.erase(node);
  node.erase();
}

/// Whether the body's inputs and results are those of the node; an error elsewhere where not.
static bool isWhole(NodeOp node) {
  Block &body = node.getBodies()[0].front();
  auto [first, states] = carried(node);
  unsigned skipped = node.is("Loop") ? 1 : 0;
  return isa<ReturnOp>(body.back()) && body.getNumArguments() == node.getInputs().size() &&
         body.back().getNumOperands() == node.getNumResults() + skipped &&
         node.getNumResults() >= states && node.getInputs().size() >= first &&
         llvm::none_of(node.getInputs().drop_front(first),
                       [](Value value) { return isa<NoneType>(value.getType()); });
}

Operation *Unrolling::step(NodeOp node, const Sequences &sequences, Sequences::Lookup known) {
  if (!(node.is("Loop") || node.is("Scan")) || node.getInputs().empty())
    return nullptr;
  auto found = loops.find(node);
  if (found == loops.end()) {
    std::optional<int64_t> rounds = knownRounds(node, known);
    auto isSequence = [&](Value value) { return sequences.find(value) != nullptr; };
    if (!rounds || !isWhole(node) || *rounds * countOps(node) > kMostOps ||
        (*rounds == 0 && node.getNumResults() > carried(node).second) ||
        !(llvm::any_of(node.getInputs(), isSequence) || readsByRound(node, known)))
      return nullptr;
    Loop loop{*rounds, 0, {}};
    loop.stacks.resize(node.getNumResults() - carried(node).second);
    found = loops.try_emplace(node, std::move(loop)).first;
  }
  Operation *before = node->getPrevNode();
  Block *block = node->getBlock();
  if (found->second.done == found->second.rounds)
    finish(node, found->second);
  else
    round(node, found->second);
  return before ? before->getNextNode() : &block->front();
}
