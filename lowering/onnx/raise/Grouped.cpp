//===- Grouped.cpp - Raises rows that are sorted by expert ----------------===//
//
// All pairs of token and slot sorted by expert; each expert's run of the rows goes through the
// expert; the rows return to their tokens and are weighted and summed. What the nodes in between
// hold is known from `Sorted`; what is left to prove is `Proof`, one function a condition.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Body.h"
#include "lowering/onnx/raise/MixtureLayer.h"
#include "lowering/onnx/raise/Patterns.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/Routing.h"
#include "lowering/onnx/raise/Sorted.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Nodes between an expert's rows and their sum are few; a bound keeps the work linear.
constexpr int kLongestChain = 64;

/// Where the rows of all experts are summed.
struct Sum {
  /// The nodes that sum, in order: one, or one for each expert.
  SmallVector<Sorted::End> ends;
  /// What they are added to, or null.
  Value start;
  Value result;
  Value summand(int64_t expert) const { return ends[ends.size() == 1 ? 0 : expert].summand; }
};

class Proof {
public:
  Proof(const Choices &choices, const Sorted &sorted, Attempt &attempt)
      : choices(choices), anchor(choices.anchor), sorted(sorted), attempt(attempt) {}

  /// A sum that starts at `end`, or nothing where it does not hold all experts.
  Outcome findSum(Sorted::End end);
  LogicalResult sameBodies();
  LogicalResult fitsTogether();
  Value writeLayer();

  Sum sum;

private:
  LogicalResult miss(onnx::NodeOp node, const Twine &why) {
    return attempt.miss(node, nameOf(node) + " " + why.str());
  }
  Outcome missing(ArrayRef<bool> seen);
  Value beforeUnknown(Value rows);
  FailureOr<Value> unweighted(int64_t expert);
  Value weightOf(Value value, Value rows);
  FailureOr<Body> bodyOf(int64_t expert);
  std::optional<BodyInput> inputOf(Value value, const Fact &fact, int64_t expert);
  std::optional<WeightView> byExpert(Value value);
  void checkSizes(OpBuilder &builder);
  Value shaped(OpBuilder &builder, Value rows);

  const Choices &choices;
  onnx::NodeOp anchor;
  const Sorted &sorted;
  Attempt &attempt;
  /// What the experts read, [T, H], and the routing weights, of as many numbers as there are pairs.
  Value tokens, weights;
  std::vector<Body> bodies;
};

/// Experts that tokens may be sent to and that the graph lacks: what it computes for them is wrong.
Outcome Proof::missing(ArrayRef<bool> seen) {
  std::string text;
  for (auto [expert, found] : llvm::enumerate(seen))
    if (!found)
      text += (text.empty() ? "" : ", ") + std::to_string(expert);
  if (attempt.allowMissingExperts) {
    anchor.emitWarning(nameOf(anchor))
        << ": experts never appear: " << text
        << "; compiled as the file is, which computes wrong results for such tokens";
    return (void)miss(anchor, "has experts missing: " + text), Outcome::Missed;
  }
  anchor.emitError(nameOf(anchor))
      << ": of " << choices.experts << " experts these never appear: " << text
      << ", but the router can choose them; the file computes wrong results for such tokens: "
         "export "
         "with an input that reaches every expert, or take the file as it is with "
         "--allow-missing-experts";
  return Outcome::Error;
}

/// A sum of all rows at once, or a chain that adds the rows of each expert once.
Outcome Proof::findSum(Sorted::End end) {
  sum = {{end}, end.scatters ? end.node.input(0) : Value(), end.node->getResult(0)};
  if (end.space.kind != Space::Group)
    return Outcome::Raised;
  llvm::DenseMap<Value, Sorted::End> after;
  for (const Sorted::End &one : sorted.ends())
    if (one.space.kind == Space::Group)
      after.insert({one.node->getResult(0), one});
  SmallVector<bool> seen(choices.experts, false);
  SmallVector<Sorted::End> byExpert(choices.experts, end);
  sum.start = end.node->getResult(0);
  int64_t count = 0;
  for (auto at = after.find(sum.start); at != after.end(); at = after.find(sum.start), ++count) {
    Sorted::End one = at->second;
    if (seen[one.space.expert])
      return (void)miss(one.node, "adds the rows of expert " + Twine(one.space.expert) + " again"),
             Outcome::Missed;
    seen[one.space.expert] = true;
    byExpert[one.space.expert] = one;
    sum.start = one.node.input(0);
  }
  if (count != choices.experts)
    return missing(seen);
  sum.ends = std::move(byExpert);
  return Outcome::Raised;
}

/// `value` where it is one routing weight for each row of `rows`: the tensor of all weights.
Value Proof::weightOf(Value value, Value rows) {
  RankedTensorType type = tensorType(value), rowsType = tensorType(rows);
  if (!type || type.getRank() != rowsType.getRank() || type.getShape().back() != 1)
    return {};
  Space space = sorted.find(rows)->space;
  if (const Fact *fact = sorted.find(value))
    return fact->kind == Fact::Weight && fact->space == space ? stripShape(fact->root) : Value();
  // Not sorted: the weights themselves, in the pairs' order.
  if (space.kind == Space::Slots) {
    bool bySlot = type.getRank() == 2 || type.getDimSize(0) == choices.k;
    return bySlot && type.getRank() <= 3 ? turnedBack(value, choices.k) : Value();
  }
  Value root = stripShape(value);
  bool perPair = lastDim(root) == choices.k || choices.k == 1;
  bool fits = type.getRank() == 2 || type.getDimSize(type.getRank() - 2) == choices.k;
  return space.kind == Space::Pairs && perPair && fits ? root : Value();
}

/// The value before Reshapes that take rows of a known width apart without knowing it.
Value Proof::beforeUnknown(Value rows) {
  for (int step = 0; step < kLongestChain && ShapedType::isDynamic(lastDim(rows)); ++step) {
    onnx::NodeOp node = nodeOf(rows);
    bool isLayout = node && (node.is("Reshape") || stripCast(rows) != rows);
    if (!isLayout || !sorted.find(node.input(0)))
      break;
    rows = node.input(0);
  }
  return rows;
}

/// The expert's output before it is weighted.
FailureOr<Value> Proof::unweighted(int64_t expert) {
  Value value = sum.summand(expert);
  for (int step = 0; step < kLongestChain; ++step) {
    onnx::NodeOp node = nodeOf(value);
    if (!node || !sorted.find(value))
      break;
    if (Value before = sorted.through(value, expert)) {
      value = before;
      continue;
    }
    if (node.is("Mul")) {
      for (unsigned side : {0u, 1u}) {
        Value rows = node.input(1 - side);
        const Fact *fact = sorted.find(rows);
        if (!fact || fact->kind != Fact::Data || tensorType(rows) != tensorType(value))
          continue;
        Value root = weightOf(node.input(side), rows);
        if (root && weights && root != weights)
          return miss(node, "takes routing weights of another tensor than the other experts");
        if (!root)
          continue;
        weights = root;
        return beforeUnknown(rows);
      }
      break;
    }
    const Fact *before = sorted.find(node.input(0));
    bool isLayout = node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze") ||
                    node.is("Flatten") || node.is("Cast") || node.is("Identity");
    if (!isLayout || !before || before->kind != Fact::Data)
      break;
    value = node.input(0);
  }
  onnx::NodeOp node = nodeOf(value);
  return miss(node ? node : anchor, "leaves rows that are not multiplied by their routing weights");
}

FailureOr<Body> Proof::bodyOf(int64_t expert) {
  auto output = unweighted(expert);
  if (failed(output))
    return failure();
  bool strays = false;
  auto input = [&](Value value) -> std::optional<BodyInput> {
    // Values of two spaces must not meet: what has no fact is of none.
    const Fact *fact = sorted.find(value);
    if (!fact || fact->kind != Fact::Data) {
      strays = true;
      return std::nullopt;
    }
    return inputOf(value, *fact, expert);
  };
  auto body = matchRowsBody(*output, input, attempt);
  if (failed(body))
    return failure();
  if (strays)
    return miss(anchor, "leads to an expert whose rows are mixed with rows in another order");
  return body;
}

/// What `value` is for the reader of the expert's body.
std::optional<BodyInput> Proof::inputOf(Value value, const Fact &fact, int64_t expert) {
  if (Value alias = sorted.through(value, expert))
    return BodyInput{BodyInput::Alias, {}, {}, alias};
  auto axes = plainRows(value);
  if (!axes)
    return std::nullopt;
  if (fact.root && (!tokens || tokens == fact.root)) {
    tokens = fact.root;
    return BodyInput{BodyInput::Rows, *axes};
  }
  if (auto view = byExpert(value))
    return BodyInput{BodyInput::Weight, *axes, *view};
  return std::nullopt;
}

/// The rows of a constant, one of each expert, that `value` has for each row by its expert.
std::optional<WeightView> Proof::byExpert(Value value) {
  onnx::NodeOp gather = nodeOf(value);
  bool isND = gather && gather.is("GatherND") && gather.intAttribute("batch_dims", 0) == 0 &&
              lastDim(gather.input(1)) == 1;
  bool isFirst = gather && gather.is("Gather") && gather.intAttribute("axis", 0) == 0;
  const Fact *ids = isND || isFirst ? sorted.find(gather.input(1)) : nullptr;
  bool isOwn = ids && isIdentity(*ids) && !ids->repeated;
  auto view = isOwn ? weightView(gather.input(0)) : std::nullopt;
  // Experts that no router reaches may lie behind.
  if (!view || view->rank() != 2 || view->shape[0] < choices.experts)
    return std::nullopt;
  return view->sliced(0, 0, choices.experts);
}

/// All bodies are the same up to their weights.
LogicalResult Proof::sameBodies() {
  for (int64_t expert = 0; expert < choices.experts; ++expert) {
    auto body = bodyOf(expert);
    if (failed(body))
      return failure();
    if (!bodies.empty() && !body->sameUpToWeights(bodies.front()))
      return miss(anchor, "leads to expert " + Twine(expert) + ", whose body (" + body->describe() +
                              ") is not that of expert 0 (" + bodies.front().describe() + ")");
    for (unsigned i = 0; !bodies.empty() && i < body->weights.size(); ++i)
      if (body->weights[i].stacked && !(body->weights[i] == bodies.front().weights[i]))
        return miss(anchor, "leads to experts whose rows take their weights of different tensors");
    bodies.push_back(std::move(*body));
  }
  return success();
}

/// Types and shapes are those of a layer; numbers of tokens that are not known to be equal are
/// checked at run time.
LogicalResult Proof::fitsTogether() {
  RankedTensorType type = tensorType(tokens), result = tensorType(sum.result);
  if (!type || type.getRank() != 2 || type.isDynamicDim(1) ||
      !isa<FloatType>(type.getElementType()))
    return miss(anchor, "routes tokens that have no static width");
  for (const Body &body : bodies)
    if (!body.weightsFit(type.getElementType()))
      return miss(anchor, "has experts whose weights are of another type than their rows");
  RankedTensorType roots = tensorType(weights);
  if (!roots || !isa<FloatType>(roots.getElementType()) ||
      (lastDim(weights) != choices.k && choices.k != 1))
    return miss(anchor, "has routing weights that are not one for each choice");
  int64_t unknown = llvm::count_if(result.getShape().drop_back(), ShapedType::isDynamic);
  // Rows whose width the graph does not know have it all the same.
  bool fits = result.getRank() == 2 && result.isDynamicDim(1);
  fits |= result.getRank() >= 2 && result.getShape().back() == bodies.front().columns();
  if (!fits || unknown > 1 || !isa<FloatType>(result.getElementType()))
    return miss(anchor, "has a sum that is not of the experts' columns");
  return success();
}

/// Traps where a size is not the number of pairs, as the facts have taken it to be.
void Proof::checkSizes(OpBuilder &builder) {
  Location loc = anchor.getLoc();
  if (sorted.sizesToCheck().empty())
    return;
  Value pairs = arith::ConstantIndexOp::create(builder, loc, 1);
  for (int64_t dim = 0; dim < tensorType(choices.ids).getRank(); ++dim)
    pairs = arith::MulIOp::create(builder, loc, pairs,
                                  tensor::DimOp::create(builder, loc, choices.ids, dim));
  Operation *last = sum.result.getDefiningOp();
  for (const Sorted::Size &size : sorted.sizesToCheck()) {
    // What comes after the sum does not lead to it.
    Operation *from = size.value.getDefiningOp();
    if (from && from->getBlock() == last->getBlock() && last->isBeforeInBlock(from))
      continue;
    Value found;
    if (size.isRows) {
      found = tensor::DimOp::create(builder, loc, size.value, 0);
    } else {
      Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
      SmallVector<Value> first(tensorType(size.value).getRank(), zero);
      Value number = tensor::ExtractOp::create(builder, loc, size.value, first);
      found = arith::IndexCastOp::create(builder, loc, builder.getIndexType(), number);
    }
    Value same = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, pairs, found);
    cf::AssertOp::create(builder, loc, same,
                         "the graph sorts another number of rows than there are choices");
  }
}

/// The layer's rows [T, N] in the shape and type of the graph's sum, on top of what that starts at.
Value Proof::shaped(OpBuilder &builder, Value rows) {
  Location loc = anchor.getLoc();
  RankedTensorType type = tensorType(sum.result), own = tensorType(rows);
  Value value = rows;
  if (type.getRank() != 2) {
    Value dim = tensor::DimOp::create(builder, loc, rows, 0);
    int64_t others = 1;
    for (int64_t size : type.getShape().drop_back())
      others *= ShapedType::isDynamic(size) ? 1 : std::max<int64_t>(size, 1);
    Value divisor = arith::ConstantIndexOp::create(builder, loc, others);
    Value open = arith::DivUIOp::create(builder, loc, dim, divisor);
    SmallVector<OpFoldResult> sizes;
    for (int64_t size : type.getShape())
      sizes.push_back(ShapedType::isDynamic(size) ? OpFoldResult(open)
                                                  : OpFoldResult(builder.getIndexAttr(size)));
    SmallVector<ReassociationIndices> groups(2);
    llvm::append_range(groups[0], llvm::seq<int64_t>(0, type.getRank() - 1));
    groups[1].push_back(type.getRank() - 1);
    value = tensor::ExpandShapeOp::create(builder, loc, type.clone(own.getElementType()), value,
                                          groups, sizes);
  }
  onnx::NodeOp last = sum.ends.back().node;
  auto node = [&](StringRef op, ValueRange inputs, ArrayRef<NamedAttribute> attributes) -> Value {
    return onnx::NodeOp::create(builder, loc, TypeRange(type), builder.getStringAttr(op),
                                builder.getStringAttr(""), last.getVersionAttr(),
                                last.getNameAttr(), builder.getDictionaryAttr(attributes),
                                ArrayAttr(), inputs, 0)
        ->getResult(0);
  };
  if (own.getElementType() != type.getElementType())
    value = node("Cast", value, {});
  else if (value.getType() != type)
    value = tensor::CastOp::create(builder, loc, type, value);
  bool adds = sum.start && filledWith(sum.start) != 0.0;
  return adds ? node("Add", {sum.start, value}, {}) : value;
}

Value Proof::writeLayer() {
  OpBuilder builder(sum.result.getDefiningOp());
  const Body &body = bodies.front();
  LayerSpec spec;
  spec.tokens = tokens;
  setRouting(spec, choices, weights, attempt);
  setWeights(spec, bodies, choices.experts);
  spec.intermediate = body.intermediate();
  spec.columns = body.columns();
  spec.resultType = RankedTensorType::get({tensorType(tokens).getDimSize(0), spec.columns},
                                          tensorType(tokens).getElementType());
  auto write = [&](BodyBuilder &builder) { writeBody(body, builder); };
  spec.writeBody = write;
  spec.form = "grouped";
  spec.body = body.describe();
  spec.checkTokens = !sameTokens(choices.ids, tokens) || !sameTokens(weights, tokens);
  checkSizes(builder);
  return shaped(builder, attempt.layers.write(builder, spec));
}

/// Files that compute something else than their author wanted; they run as they are.
Outcome warnOfLoss(const Sorted &sorted, Attempt &attempt) {
  if (onnx::NodeOp node = sorted.cutsAtConstants()) {
    node.emitWarning(nameOf(node))
        << ": cuts the rows sorted by expert at constant places; the numbers of rows of each "
           "expert are those of the input that the file was traced with, and other inputs give "
           "wrong results";
    (void)attempt.miss(node, nameOf(node) + " cuts the sorted rows at constant places");
    return Outcome::Missed;
  }
  if (onnx::NodeOp node = sorted.losesRows()) {
    node.emitWarning(nameOf(node))
        << ": writes the rows of a token over one another where they should be added: all but one "
           "of a token's experts are lost; export at opset 16 or later, with a sum that is kept";
    (void)attempt.miss(node, nameOf(node) + " writes the rows of a token over one another");
    return Outcome::Missed;
  }
  return Outcome::Raised;
}

} // namespace

Outcome raiseGrouped(onnx::NodeOp anchor, Attempt &attempt) {
  std::optional<Choices> choices = choicesAt(anchor);
  if (!choices)
    return Outcome::NoMatch;
  Sorted sorted(choices->ids, choices->k, choices->experts);
  if (Outcome lost = warnOfLoss(sorted, attempt); lost != Outcome::Raised)
    return lost;
  if (!sorted.isSorted() && !sorted.stoppedAt())
    return Outcome::NoMatch;
  // The last place is the whole layer, where more than one fits.
  for (Sorted::End end : llvm::reverse(sorted.ends())) {
    Proof proof(*choices, sorted, attempt);
    Outcome outcome = proof.findSum(end);
    if (outcome == Outcome::Error)
      return outcome;
    if (outcome != Outcome::Raised || failed(proof.sameBodies()) || failed(proof.fitsTogether()))
      continue;
    Value whole = proof.sum.result;
    whole.replaceAllUsesWith(proof.writeLayer());
    return Outcome::Raised;
  }
  if (sorted.stoppedAt())
    (void)attempt.miss(sorted.stoppedAt(), sorted.stoppedWhy());
  else
    (void)attempt.miss(anchor,
                       nameOf(anchor) + " leads to sorted rows that no sum brings together");
  return Outcome::Missed;
}

} // namespace moe::raise
