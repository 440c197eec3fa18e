//===- Rounds.cpp - How often a loop runs, and what it reads by that ------===//
//
// TorchScript writes `for` as a Loop with a count, and `for` with `continue` as one that counts by
// itself: its condition compares a number that it carries.
//
//===----------------------------------------------------------------------===//

#include "dialect/Moe.h"
#include "lowering/onnx/infer/Unroll.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace moe;
using namespace moe::onnx;

/// Loops of more rounds stay loops.
static constexpr int64_t kMostRounds = 1024;
/// What a round's counting consists of is a few nodes.
static constexpr unsigned kDeepest = 12;
/// From a place to the round's number it is a few nodes, from it to weights one for each expert.
static constexpr size_t kMostValues = 4096;

static std::optional<int64_t> numberOf(ElementsAttr elements) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(elements);
  if (!dense || dense.getNumElements() != 1 || !dense.getElementType().isSignlessInteger())
    return std::nullopt;
  APInt value = *dense.getValues<APInt>().begin();
  return value.getBitWidth() == 1 ? value.getZExtValue() : value.getSExtValue();
}

static std::optional<int64_t> knownNumber(Value value, Sequences::Lookup known) {
  Known *facts = value ? known(value) : nullptr;
  if (!facts || !facts->values || facts->values->size() != 1 || !facts->values->front().isKnown())
    return std::nullopt;
  return facts->values->front().factor;
}

/// What an operator on single integers or truth values makes of them.
static std::optional<int64_t> compute(StringRef op, ArrayRef<int64_t> in) {
  using Function = int64_t (*)(int64_t, int64_t);
  Function two = llvm::StringSwitch<Function>(op)
                     .Case("Less", [](int64_t a, int64_t b) -> int64_t { return a < b; })
                     .Case("LessOrEqual", [](int64_t a, int64_t b) -> int64_t { return a <= b; })
                     .Case("Greater", [](int64_t a, int64_t b) -> int64_t { return a > b; })
                     .Case("GreaterOrEqual", [](int64_t a, int64_t b) -> int64_t { return a >= b; })
                     .Case("Equal", [](int64_t a, int64_t b) -> int64_t { return a == b; })
                     .Case("And", [](int64_t a, int64_t b) -> int64_t { return a && b; })
                     .Case("Or", [](int64_t a, int64_t b) -> int64_t { return a || b; })
                     .Default(nullptr);
  if (two)
    return in.size() == 2 ? std::optional(two(in[0], in[1])) : std::nullopt;
  int64_t result;
  if (in.size() == 2 && op == "Add" && !llvm::AddOverflow(in[0], in[1], result))
    return result;
  if (in.size() == 2 && op == "Sub" && !llvm::SubOverflow(in[0], in[1], result))
    return result;
  if (in.size() != 1)
    return std::nullopt;
  bool keeps = op == "Identity" || op == "Squeeze" || op == "Unsqueeze" || op == "Reshape";
  return keeps ? std::optional(in[0]) : op == "Not" ? std::optional<int64_t>(!in[0]) : std::nullopt;
}

namespace {
/// Runs a loop's counting, and nothing else of it.
class Counter {
public:
  Counter(Block &body, Sequences::Lookup known) : body(body), known(known) {}

  /// The numbers of a round, by the body's arguments.
  llvm::DenseMap<Value, std::optional<int64_t>> now;

  std::optional<int64_t> value(Value value, unsigned depth = 0);

private:
  std::optional<int64_t> computed(NodeOp node, unsigned depth);

  Block &body;
  Sequences::Lookup known;
};
} // namespace

std::optional<int64_t> Counter::value(Value value, unsigned depth) {
  if (auto found = now.find(value); found != now.end())
    return found->second;
  if (auto constant = value.getDefiningOp<ConstantOp>())
    return numberOf(constant.getValue());
  auto node = value.getDefiningOp<NodeOp>();
  if (value.getParentBlock() != &body)
    return knownNumber(value, known);
  std::optional<int64_t> result;
  if (node && node.getDomain().empty() && depth < kDeepest)
    result = computed(node, depth);
  return now[value] = result;
}

std::optional<int64_t> Counter::computed(NodeOp node, unsigned depth) {
  // Truth values and integers are the same numbers, but of what is neither nothing is counted.
  if (node.is("Cast")) {
    auto type = node.intAttribute("to", 0);
    std::optional<int64_t> in = value(node.input(0), depth + 1);
    bool wide = type == 6 || type == 7;
    return in && (wide || type == 9) ? std::optional(wide ? *in : *in != 0) : std::nullopt;
  }
  SmallVector<int64_t> in;
  bool first = node.is("Squeeze") || node.is("Unsqueeze") || node.is("Reshape");
  for (Value input : node.getInputs().take_front(first ? 1 : 2)) {
    std::optional<int64_t> number = input ? value(input, depth + 1) : std::nullopt;
    if (!number)
      return std::nullopt;
    in.push_back(*number);
  }
  return compute(node.getOp(), in);
}

/// The value behind Identity nodes.
static Value throughIdentity(Value value) {
  for (unsigned step = 0; step < kDeepest; ++step) {
    auto node = value.getDefiningOp<NodeOp>();
    if (!node || !node.is("Identity") || !node.input(0))
      break;
    value = node.input(0);
  }
  return value;
}

static std::optional<int64_t> roundsOfLoop(NodeOp node, Block &body, Sequences::Lookup known) {
  std::optional<int64_t> most = std::numeric_limits<int64_t>::max(), on = 1;
  if (node.input(0))
    most = knownNumber(node.input(0), known);
  if (node.input(1))
    on = knownNumber(node.input(1), known);
  if (!most || !on || body.getNumArguments() != node.getInputs().size() ||
      body.back().getNumOperands() < body.getNumArguments() - 1)
    return std::nullopt;
  if (throughIdentity(body.back().getOperand(0)) == body.getArgument(1))
    return *on ? *most : 0;
  Counter counter(body, known);
  SmallVector<std::optional<int64_t>> states;
  for (Value value : node.getInputs().drop_front(2))
    states.push_back(knownNumber(value, known));
  int64_t rounds = 0;
  for (; *on && rounds < *most && rounds <= kMostRounds; ++rounds) {
    counter.now.clear();
    counter.now[body.getArgument(0)] = rounds;
    counter.now[body.getArgument(1)] = 1;
    for (auto [argument, state] : llvm::zip(body.getArguments().drop_front(2), states))
      counter.now[argument] = state;
    on = counter.value(body.back().getOperand(0));
    if (!on)
      return std::nullopt;
    for (auto [i, state] : llvm::enumerate(states))
      state = counter.value(body.back().getOperand(1 + i));
  }
  return rounds;
}

static std::optional<int64_t> roundsOfScan(NodeOp node, Sequences::Lookup known) {
  int64_t scans = node.intAttribute("num_scan_inputs", 0);
  int64_t inputs = node.getInputs().size();
  if (node.getVersion() < 9 || scans < 1 || scans > inputs)
    return std::nullopt;
  Known *data = known(node.getInputs()[inputs - scans]);
  auto axes = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("scan_input_axes"));
  int64_t axis = axes && !axes.empty() ? axes[0] : 0;
  if (!data || axis < -data->tensor.rank() || axis >= data->tensor.rank())
    return std::nullopt;
  Number length = data->tensor.shape[axis < 0 ? axis + data->tensor.rank() : axis];
  return length.isKnown() ? std::optional(length.factor) : std::nullopt;
}

std::optional<int64_t> moe::onnx::knownRounds(NodeOp node, Sequences::Lookup known) {
  if (node.getBodies().size() != 1 || !node.getBodies()[0].hasOneBlock() ||
      node.getBodies()[0].front().empty())
    return std::nullopt;
  auto rounds = node.is("Scan") ? roundsOfScan(node, known)
                                : roundsOfLoop(node, node.getBodies()[0].front(), known);
  return rounds && *rounds <= kMostRounds ? rounds : std::nullopt;
}

/// Whether `value` is computed from the loop's counting, and nothing else that it does.
static bool followsRound(Value value, NodeOp loop, const llvm::DenseSet<Value> &counted) {
  llvm::SetVector<Value> work;
  work.insert(value);
  bool follows = false;
  for (size_t next = 0; next < work.size(); ++next) {
    Value at = work[next];
    auto node = at.getDefiningOp<NodeOp>();
    follows |= counted.contains(at);
    if (counted.contains(at) || at.getDefiningOp<ConstantOp>())
      continue;
    if (!node || !loop->isProperAncestor(node) || next >= 32)
      return false;
    work.insert(node.getInputs().begin(), node.getInputs().end());
  }
  return follows;
}

/// The arguments of a body that hold the round's number, or one that is counted beside it.
static llvm::DenseSet<Value> countedArguments(NodeOp loop, Sequences::Lookup known) {
  llvm::DenseSet<Value> counted;
  Block &body = loop.getBodies()[0].front();
  if (loop.is("Loop"))
    counted.insert(body.getArgument(0));
  for (auto [argument, value] : llvm::zip(body.getArguments(), loop.getInputs()))
    if (loop.is("Loop") && argument.getArgNumber() >= 2 && knownNumber(value, known))
      counted.insert(argument);
  return counted;
}

/// Whether `value` is made of matrices that are stored, and of nothing else.
static bool isStored(Value value) {
  llvm::SetVector<Value> work;
  work.insert(value);
  bool matrices = false;
  for (size_t next = 0; next < work.size(); ++next) {
    Operation *op = work[next].getDefiningOp();
    if (!op || next >= kMostValues)
      return false;
    auto type = dyn_cast<ShapedType>(work[next].getType());
    auto node = dyn_cast<NodeOp>(op);
    if (node && node.getBodies().empty())
      work.insert(node.getInputs().begin(), node.getInputs().end());
    else if (!isa<WeightOp, ConstantOp>(op))
      return false;
    matrices |= isa<WeightOp>(op) && type && type.hasRank() && type.getRank() >= 2;
  }
  return matrices;
}

/// Whether `loop`'s node `node` picks some stored matrices by the round.
static bool picksByRound(NodeOp node, NodeOp loop, const llvm::DenseSet<Value> &counted) {
  bool picks = node.is("Gather") || node.is("Slice") || node.is("SequenceAt");
  if (!picks || node.getInputs().size() < 2 || !node.input(0) || !node.input(1))
    return false;
  auto type = dyn_cast<ShapedType>(node.input(0).getType());
  bool thin = type && type.hasRank() && type.getRank() < 3;
  return !thin && isStored(node.input(0)) && followsRound(node.input(1), loop, counted);
}

bool moe::onnx::readsByRound(NodeOp loop, Sequences::Lookup known) {
  llvm::DenseSet<Value> counted = countedArguments(loop, known);
  auto walked = loop.getBodies()[0].front().walk([&](NodeOp node) {
    return picksByRound(node, loop, counted) ? WalkResult::interrupt() : WalkResult::advance();
  });
  if (walked.wasInterrupted())
    return true;
  int64_t scans = loop.is("Scan") ? loop.intAttribute("num_scan_inputs", 0) : 0;
  return llvm::any_of(loop.getInputs().take_back(scans), [&](Value data) {
    auto type = dyn_cast<ShapedType>(data.getType());
    return type && type.hasRank() && type.getRank() >= 3 && isStored(data);
  });
}
