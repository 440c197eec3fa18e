//===- Accumulation.cpp - Recognises how expert outputs are added up ------===//

#include "lowering/onnx/raise/Accumulation.h"
#include "lowering/onnx/raise/ListRules.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Whether a Slice takes consecutive elements from the first on.
bool startsAtZero(onnx::NodeOp slice) {
  auto starts = constantInts(slice.input(1));
  auto steps = slice.input(4) ? constantInts(slice.input(4)) : SmallVector<int64_t>{1};
  return starts && steps && llvm::all_of(*starts, [](int64_t i) { return i == 0; }) &&
         llvm::all_of(*steps, [](int64_t i) { return i == 1; });
}

/// The rows before the nodes that lay them out for the scatter. A scatter takes exactly one update
/// for each listed place, so in a graph that runs, Reshape, a Slice from the start and Expand have
/// dropped nothing; but Expand may have made copies of one row, and its place as many copies:
/// `once` is set where that is known not to be.
Value stripLayout(Value updates, const Listed &index, bool &once) {
  once = !index.repeats;
  bool strict = true;
  for (int step = 0; step < 16; ++step) {
    onnx::NodeOp node = nodeOf(updates);
    if (!node || !node.input(0))
      break;
    bool fromStart = node.is("Slice") && startsAtZero(node);
    bool cast = stripCast(updates) != updates;
    if (!fromStart && !cast && !node.is("Reshape") && !node.is("Expand"))
      break;
    if (node.is("Expand"))
      strict &= keepsEntries(node.input(1), 0);
    updates = node.input(0);
  }
  once |= strict;
  return updates;
}

/// Reads one scatter.
class RoundReader {
public:
  RoundReader(const Lists &lists, Attempt &attempt) : lists(lists), attempt(attempt) {}

  FailureOr<Round> read(onnx::NodeOp scatter);

private:
  LogicalResult miss(onnx::NodeOp node, StringRef why) {
    return attempt.miss(node, nameOf(node) + " " + why.str());
  }
  LogicalResult readPlaces(Round &round, const Listed &index);
  bool writesWholeRows(const Round &round, const Listed &index);
  Value takeOld(Value sum, const Round &round);
  LogicalResult readWeighted(Value product, Round &round);

  const Lists &lists;
  Attempt &attempt;
};

/// Of places that a mask expanded over the hidden dimension gives: whether that is as wide as the
/// accumulator.
bool RoundReader::writesWholeRows(const Round &round, const Listed &index) {
  Value mask = round.list->mask;
  int64_t width = lastDim(round.before);
  if (!index.places.back().isElement || lastDim(mask) == width)
    return true;
  onnx::NodeOp expand = nodeOf(mask, "Expand");
  return expand && listedShape(expand.input(1)) == round.before;
}

/// The list covers the accumulator's tokens (or pairs), and all of their numbers.
LogicalResult RoundReader::readPlaces(Round &round, const Listed &index) {
  RankedTensorType whole = tensorType(round.before);
  ArrayRef<Place> places = index.places;
  bool elements = places.back().isElement;
  int64_t dims = places.size() - elements;
  if (!whole || whole.getRank() != dims + 1 || ShapedType::isDynamic(whole.getShape().back()))
    return miss(round.scatter, "writes to an accumulator that is not tokens x a static width");
  if (!readsTokens(places.drop_back(elements), whole, round.pairs))
    return miss(round.scatter, "writes to places that are no tokens");
  // A place for each number, of all of a row's.
  if (round.scatter.is("ScatterND") && index.runs.size() == 3 && elements &&
      index.runs[0] == Run::Entries && index.runs[1] == Run::Same &&
      tensorType(round.scatter.input(1)).getDimSize(1) == lastDim(round.before))
    return success();
  if (round.scatter.is("ScatterND")) {
    Run last = places.size() > 1 ? Run::Columns : Run::Unit;
    if (index.runs.size() != 2 || index.runs[0] != Run::Entries || index.runs[1] != last)
      return miss(round.scatter, "does not take its places as one a row");
  } else if (index.runs != ArrayRef<Run>{Run::Entries, Run::Same} || places.size() != 1 ||
             normalizeAxis(round.scatter.intAttribute("axis", 0), 2) != 0 ||
             lastDim(round.scatter.input(1)) != lastDim(round.before)) {
    return miss(round.scatter, "does not write whole rows of the accumulator");
  }
  if (!writesWholeRows(round, index))
    return miss(round.scatter, "writes to places that may not be whole rows");
  return success();
}

/// What is added to the old rows in `sum`, or null.
Value RoundReader::takeOld(Value sum, const Round &round) {
  onnx::NodeOp add = nodeOf(sum, "Add");
  if (!add)
    return {};
  for (unsigned side : {0u, 1u}) {
    const Listed *old = lists.rows(stripCast(add.input(side)), *round.list);
    if (old && old->root == round.before && old->pairs == round.pairs)
      return add.input(1 - side);
  }
  return {};
}

/// `output` with the one number that `scale` multiplies by or divides by.
static Value scaled(onnx::NodeOp scale, Value output) {
  OpBuilder builder(scale);
  SmallVector<Value> inputs(scale.getInputs());
  inputs[constantNumber(inputs[0]) ? 1 : 0] = output;
  return onnx::NodeOp::create(builder, scale.getLoc(), output.getType(), scale.getOp(), "",
                              scale.getVersion(), "", scale.getOnnxAttributes(), ArrayAttr(),
                              inputs, 0)
      .getOutputs()[0];
}

/// Whether the node multiplies its rows by one number, or divides them by it.
static bool isScale(onnx::NodeOp node) {
  if (!node || !(node.is("Mul") || node.is("Div")))
    return false;
  Value number = node.input(1);
  if (node.is("Mul") && constantNumber(node.input(0)))
    number = node.input(0);
  return constantNumber(number) &&
         tensorType(number).getRank() <= tensorType(node.getOutputs()[0]).getRank();
}

/// Splits `product` into the expert's output and the rows' routing weights, where it has some. A
/// scale of weighted rows is one of the output.
LogicalResult RoundReader::readWeighted(Value product, Round &round) {
  round.output = product;
  SmallVector<onnx::NodeOp> scales;
  for (onnx::NodeOp node = nodeOf(product); isScale(node); node = nodeOf(product)) {
    scales.push_back(node);
    product = node.input(constantNumber(node.input(0)) ? 1 : 0);
  }
  // What scales is of the type of the rows before it.
  onnx::NodeOp mul = nodeOf(scales.empty() ? stripCast(product) : product, "Mul");
  for (unsigned side : {0u, 1u}) {
    const Listed *weights = mul ? lists.find(mul.input(side)) : nullptr;
    if (!weights || weights->kind == Listed::Places)
      continue;
    bool good = weights->kind == Listed::Weights && weights->list->sameEntries(*round.list);
    bool column = weights->runs.size() == 2 && weights->runs[0] == Run::Entries;
    if (good && column && !weights->repeats) {
      round.weights = weights;
      round.output = mul.input(1 - side);
      for (onnx::NodeOp scale : llvm::reverse(scales))
        round.output = scaled(scale, round.output);
      return success();
    }
    if (!lists.rows(mul.input(side), *round.list))
      return miss(nodeOf(mul.input(side)),
                  "takes routing weights of other tokens than the round's");
  }
  return success();
}

FailureOr<Round> RoundReader::read(onnx::NodeOp scatter) {
  const Listed &index = *lists.find(scatter.input(1));
  Round round{scatter, index.list, scatter.input(0), {}, nullptr, false, false};
  if (failed(readPlaces(round, index)))
    return failure();
  bool once = false;
  Value added = stripLayout(scatter.input(2), index, once);
  RankedTensorType rows = tensorType(added);
  if (!rows || rows.getRank() != 2 || rows.getShape().back() != lastDim(round.before))
    return miss(scatter, "does not write rows of the accumulator's width");
  StringRef reduction = scatter.stringAttribute("reduction", "none");
  if (reduction == "none") {
    Value rest = takeOld(added, round);
    round.fills = !rest;
    added = rest ? rest : added;
  } else if (reduction != "add") {
    return miss(scatter, "reduces by something else than add");
  } else if (!once && !scatter.is("ScatterND")) {
    return miss(scatter, "may add a row more than once");
  }
  if (failed(readWeighted(added, round)))
    return failure();
  return round;
}

/// Finds how the rounds' results come together.
class ChainReader {
public:
  ChainReader(Accumulation &chain, Attempt &attempt) : chain(chain), attempt(attempt) {}
  LogicalResult read();

private:
  void findSums();
  LogicalResult findResult();
  LogicalResult readStart(const Round &round);

  Accumulation &chain;
  Attempt &attempt;
  llvm::DenseMap<Value, const Round *> rounds;
};

/// Whether the node adds its inputs, all of them partial sums or zeros.
static bool isSumOf(onnx::NodeOp node, const llvm::SetVector<Value> &sums) {
  return (node.is("Add") || node.is("Sum") || node.is("Identity")) &&
         llvm::all_of(node.getInputs(),
                      [&](Value input) { return sums.contains(input) || isZero(input); });
}

void ChainReader::findSums() {
  Block *block = chain.rounds.front().scatter->getBlock();
  SmallVector<Value> work;
  auto reach = [&](Value value) {
    if (chain.sums.insert(value))
      work.push_back(value);
  };
  for (const Round &round : chain.rounds)
    reach(round.scatter->getResult(0));
  while (!work.empty())
    for (Operation *user : work.pop_back_val().getUsers())
      if (auto node = dyn_cast<onnx::NodeOp>(user);
          node && node->getBlock() == block && isSumOf(node, chain.sums))
        reach(node.getOutputs()[0]);
}

/// The one sum that goes into no other; every other one goes into exactly one.
LogicalResult ChainReader::findResult() {
  llvm::DenseMap<Value, unsigned> readers;
  for (Value sum : chain.sums) {
    auto round = rounds.find(sum);
    if (round != rounds.end()) {
      ++readers[round->second->before];
      continue;
    }
    for (Value input : nodeOf(sum).getInputs())
      ++readers[input];
  }
  for (const Round &round : chain.rounds)
    if (readers.lookup(round.before) > 1 && !isZero(round.before))
      return attempt.miss(round.scatter,
                          nameOf(round.scatter) + " and another round add to the same accumulator");
  for (Value sum : chain.sums) {
    if (unsigned count = readers.lookup(sum); count > 1)
      return attempt.miss(nodeOf(sum), nameOf(nodeOf(sum)) + " is added twice");
    else if (count == 1)
      continue;
    if (chain.result)
      return attempt.miss(nodeOf(sum), nameOf(nodeOf(sum)) + " adds to an accumulator of its own");
    chain.result = sum;
  }
  return chain.result ? success() : failure();
}

LogicalResult ChainReader::readStart(const Round &round) {
  if (chain.sums.contains(round.before))
    return success();
  if (isZero(round.before)) {
    chain.zeros.push_back(round.before);
    return success();
  }
  if (chain.start && chain.start != round.before)
    return attempt.miss(round.scatter,
                        nameOf(round.scatter) + " adds to an accumulator of its own");
  chain.start = round.before;
  return success();
}

LogicalResult ChainReader::read() {
  for (const Round &round : chain.rounds)
    if (!rounds.insert({round.scatter->getResult(0), &round}).second)
      return failure();
  findSums();
  if (failed(findResult()))
    return failure();
  for (const Round &round : chain.rounds)
    if (failed(readStart(round)))
      return failure();
  // Zeros that whole sums are added to.
  for (Value sum : chain.sums)
    if (!rounds.contains(sum))
      for (Value input : nodeOf(sum).getInputs())
        if (!chain.sums.contains(input))
          chain.zeros.push_back(input);
  return success();
}

} // namespace

FailureOr<std::optional<Accumulation>> matchAccumulation(const Lists &lists, Attempt &attempt) {
  Accumulation chain;
  RoundReader reader(lists, attempt);
  // Graph order, so that what is said of the first round does not hang on how lists were found.
  auto writes = llvm::to_vector(lists.writes());
  llvm::sort(writes,
             [](onnx::NodeOp a, onnx::NodeOp b) { return a != b && a->isBeforeInBlock(b); });
  for (onnx::NodeOp scatter : writes) {
    auto round = reader.read(scatter);
    if (failed(round))
      return failure();
    chain.rounds.push_back(*round);
  }
  if (chain.rounds.empty())
    return std::optional<Accumulation>();
  if (failed(ChainReader(chain, attempt).read()))
    return failure();
  return std::optional(std::move(chain));
}

bool isZero(Value value) {
  RankedTensorType type = tensorType(value);
  return type && isa<FloatType>(type.getElementType()) && filledWith(value) == 0.0;
}

} // namespace moe::raise
