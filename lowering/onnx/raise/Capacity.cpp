//===- Capacity.cpp - Raises dispatch and combine by masks ----------------===//
//
// Each expert has a fixed number of places. A mask over tokens, experts and places says which token
// stands where; products with it carry rows there, and products with another mask carry outputs
// back, weighted. The masks stay as the graph computes them; what they leave of the choices is the
// layer's routing. That no two tokens stand at one place is for `Places` to prove.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/CapacityLayer.h"
#include "lowering/onnx/raise/KeptIds.h"
#include "lowering/onnx/raise/Letters.h"
#include "lowering/onnx/raise/ListRules.h"
#include "lowering/onnx/raise/Patterns.h"
#include "lowering/onnx/raise/Places.h"
#include "lowering/onnx/raise/Routed.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Nodes that a mask is made of are few; a bound keeps the work linear.
constexpr size_t kMostNodes = 512;

/// Everything that depends on `ids`, up to a bound.
llvm::SetVector<Value> dependants(Value ids) {
  llvm::SetVector<Value> reached;
  reached.insert(ids);
  for (size_t at = 0; at < reached.size() && reached.size() < kMostNodes; ++at)
    for (Operation *user : reached[at].getUsers())
      if (isa<onnx::NodeOp>(user) && user->getBlock() == ids.getParentBlock())
        for (Value result : user->getResults())
          reached.insert(result);
  return reached;
}

class CapacityReader {
public:
  CapacityReader(const Choices &choices, const llvm::SetVector<Value> &reached, Attempt &attempt)
      : choices(choices), reached(reached), attempt(attempt) {}

  /// Whether `node` brings the outputs of experts back to the tokens.
  FailureOr<CapacityLayer> read(onnx::NodeOp node);

private:
  std::optional<BodyInput> rowsAt(Value value);
  std::optional<BodyInput> rowsOfExpert(Value value, int64_t expert);
  LogicalResult matchExperts(Value output);
  LogicalResult matchJoined(Value output);
  std::optional<Axes> rowsOf(onnx::NodeOp node, unsigned mask);
  std::optional<MaskDims> outputNames();
  LogicalResult readCombine(onnx::NodeOp node, const Contraction &letters, unsigned output);
  LogicalResult compareMasks(onnx::NodeOp node);
  LogicalResult oneTokenEach(onnx::NodeOp node, const MaskTerms &terms);
  LogicalResult miss(onnx::NodeOp node, const Twine &why) {
    return attempt.miss(node, nameOf(node) + " " + why.str());
  }

  const Choices &choices;
  const llvm::SetVector<Value> &reached;
  Attempt &attempt;
  CapacityLayer layer;
  MaskTerms dispatched, combined;
};

/// To the reader of the experts' body, places are rows like any others.
Dim dimFor(StringRef name, MaskSizes sizes) {
  if (name == "ec") {
    Dim both = dimOf(Atom::Expert, sizes.experts);
    llvm::append_range(both.atoms, dimOf(Atom::Token, sizes.places).atoms);
    return both;
  }
  return name == "e" ? dimOf(Atom::Expert, sizes.experts)
                     : dimOf(Atom::Token, name == "c" ? sizes.places : ShapedType::kDynamic);
}

/// Whether experts and places that lie in one dimension can be told apart by sizes: at most one
/// unknown one lies behind.
bool canSplit(const MaskDims &dims) {
  auto both = llvm::find(dims, "ec");
  return both == dims.end() || std::count_if(both + 1, dims.end(), [](const std::string &dim) {
                                 return !dim.empty();
                               }) <= 1;
}

/// The labels of the rows that a product with a mask, its operand `mask`, carries to the experts.
std::optional<Axes> CapacityReader::rowsOf(onnx::NodeOp node, unsigned mask) {
  auto letters = contractionOf(node);
  Value rows = node.input(1 - mask);
  RankedTensorType type = tensorType(rows), masks = tensorType(node.input(mask));
  if (!letters || letters->operands.size() != 2 || !type || type.getRank() < 2 ||
      type.getRank() > 3 || !isa<FloatType>(type.getElementType()) ||
      ShapedType::isDynamic(type.getShape().back()))
    return std::nullopt;
  auto &own = letters->operands[mask], &other = letters->operands[1 - mask], &out = letters->out;
  auto sizeOf = [&](int letter) { return masks.getDimSize(llvm::find(own, letter) - own.begin()); };
  SmallVector<int> places;
  for (int letter : own)
    if (!llvm::is_contained(other, letter))
      places.push_back(letter);
  // Tokens are summed over, groups of them stay.
  bool good = !llvm::is_contained(own, other.back()) && llvm::is_contained(out, other.back()) &&
              !llvm::is_contained(out, other[other.size() - 2]) &&
              llvm::is_contained(own, other[other.size() - 2]) &&
              (other.size() == 2 ||
               (llvm::is_contained(out, other[0]) && llvm::is_contained(own, other[0])));
  if (!good || places.empty() || places.size() > 2)
    return std::nullopt;
  llvm::DenseMap<int, std::string> names;
  names[other[other.size() - 2]] = "t";
  if (other.size() == 3)
    names[other[0]] = "g";
  layer.sizes = {choices.experts, ShapedType::kDynamic};
  if (places.size() == 1) {
    int64_t all = sizeOf(places[0]);
    if (ShapedType::isDynamic(all) || all % choices.experts != 0)
      return std::nullopt;
    layer.sizes.places = all / choices.experts;
    names[places[0]] = "ec";
  } else {
    unsigned expert = sizeOf(places[0]) == choices.experts ? 0 : 1;
    if (sizeOf(places[expert]) != choices.experts)
      return std::nullopt;
    layer.sizes.places = sizeOf(places[1 - expert]);
    names[places[expert]] = "e";
    names[places[1 - expert]] = "c";
  }
  layer.grouped = other.size() == 3;
  layer.mask = node.input(mask);
  layer.maskDims.clear();
  for (auto [letter, size] : llvm::zip_equal(own, masks.getShape()))
    layer.maskDims.push_back(size == 1 ? "" : names[letter]);
  if (!canSplit(layer.maskDims))
    return std::nullopt;
  Axes axes;
  layer.rowNames.clear();
  for (int letter : out) {
    StringRef name = names[letter];
    axes.push_back(letter == other.back() ? freeDim(type.getShape().back())
                                          : dimFor(name, layer.sizes));
    if (name == "g" || (name == "c" && layer.sizes.places != 1))
      layer.rowNames.push_back(name.str());
  }
  return axes;
}

/// The names of the dimensions of the experts' outputs, by their labels; nothing where rows of
/// several kinds are joined.
std::optional<MaskDims> CapacityReader::outputNames() {
  MaskDims names;
  size_t rows = 0;
  for (const Dim &dim : layer.bodies.front().axes) {
    if (dim.free)
      names.push_back("h");
    else if (dim.isUnit())
      names.push_back("");
    else if (dim.isJust(Atom::Expert))
      names.push_back("e");
    else if (dim.isJust(Atom::Token) && rows < layer.rowNames.size())
      names.push_back(layer.rowNames[rows++]);
    else if (dim.atoms == SmallVector<Atom, 2>{Atom::Expert, Atom::Token} && !layer.grouped)
      names.push_back("ec");
    else
      return std::nullopt;
  }
  return names;
}

std::optional<BodyInput> CapacityReader::rowsAt(Value value) {
  onnx::NodeOp node = nodeOf(value);
  if (!node || !isPlainProduct(node))
    return std::nullopt;
  for (unsigned mask : {0u, 1u}) {
    Value rows = node.input(1 - mask);
    if (!reached.contains(node.input(mask)) || reached.contains(rows) || weightView(rows))
      continue;
    if (layer.tokens && layer.tokens != rows)
      return std::nullopt;
    if (auto axes = rowsOf(node, mask)) {
      layer.tokens = rows;
      return BodyInput{BodyInput::Rows, *axes};
    }
  }
  return std::nullopt;
}

/// The rows of one expert, picked from those of all.
std::optional<BodyInput> CapacityReader::rowsOfExpert(Value value, int64_t expert) {
  SmallVector<Value> path;
  std::optional<BodyInput> rows;
  for (Value at = value; at && path.size() < 8; at = nodeOf(at) ? nodeOf(at).input(0) : Value()) {
    rows = rowsAt(at);
    if (rows)
      break;
    path.push_back(at);
  }
  if (!rows || path.empty())
    return std::nullopt;
  for (Value result : llvm::reverse(path)) {
    onnx::NodeOp node = nodeOf(result);
    auto pick = pickedPlace(node, result);
    if (pick && rows->axes[pick->axis].isJust(Atom::Expert) && pick->index == expert) {
      rows->axes[pick->axis] = Dim();
      if (!pick->keeps)
        rows->axes.erase(rows->axes.begin() + pick->axis);
      continue;
    }
    auto axes = relaid(node, rows->axes, {1, choices.experts});
    if (!axes)
      return std::nullopt;
    rows->axes = *axes;
  }
  return hasAtom(rows->axes, Atom::Expert) ? std::nullopt : rows;
}

/// Outputs of all experts, computed one by one and joined in the order of the experts.
LogicalResult CapacityReader::matchJoined(Value output) {
  SmallVector<onnx::NodeOp> path;
  onnx::NodeOp concat = nodeOf(output);
  for (; concat && concat.input(0) && !concat.is("Concat") && path.size() < 8;
       concat = nodeOf(concat.input(0)))
    path.push_back(concat);
  if (!concat || !concat.is("Concat") ||
      concat.getInputs().size() != static_cast<size_t>(choices.experts))
    return failure();
  Attempt search{attempt.layers};
  for (auto [expert, part] : llvm::enumerate(concat.getInputs())) {
    auto input = [&, number = expert](Value value) { return rowsOfExpert(value, number); };
    auto body = matchBody(part, {1, ShapedType::kDynamic}, input, search);
    if (failed(body) || (expert && (!body->sameUpToWeights(layer.bodies.front()) ||
                                    body->axes != layer.bodies.front().axes)))
      return failure();
    layer.bodies.push_back(std::move(*body));
  }
  Axes &axes = layer.bodies.front().axes;
  auto axis = normalizeAxis(concat.intAttribute("axis", 0), axes.size());
  if (!axis || (!axes[*axis].isUnit() && !axes[*axis].isJust(Atom::Token)))
    return failure();
  axes[*axis].atoms.insert(axes[*axis].atoms.begin(), Atom::Expert);
  for (onnx::NodeOp node : llvm::reverse(path)) {
    auto laid = relaid(node, axes, {1, choices.experts});
    if (!laid)
      return failure();
    axes = *laid;
  }
  return success();
}

/// Outputs of all experts, of one body or of one for each.
LogicalResult CapacityReader::matchExperts(Value output) {
  Attempt search{attempt.layers};
  auto input = [&](Value value) { return rowsAt(value); };
  auto body = matchBody(output, {1, choices.experts}, input, search);
  if (failed(body))
    return matchJoined(output);
  layer.bodies.push_back(std::move(*body));
  return success();
}

/// The masks beside the experts' outputs, with what their dimensions run over.
LogicalResult CapacityReader::readCombine(onnx::NodeOp node, const Contraction &letters,
                                          unsigned output) {
  const auto &own = letters.operands[output];
  llvm::DenseMap<int, std::string> names;
  auto outputs = outputNames();
  if (!outputs)
    return miss(node, "takes experts' outputs whose rows are mixed");
  int feature = -1;
  for (auto [letter, name] : llvm::zip_equal(own, *outputs)) {
    names[letter] = name;
    if (name == "h")
      feature = letter;
  }
  // What the result has that the outputs have not are the tokens.
  for (int letter : letters.out)
    if (!names.contains(letter))
      names[letter] = "t";
  MaskDims out;
  for (int letter : letters.out)
    out.push_back(names[letter]);
  MaskDims wanted = layer.grouped ? MaskDims{"g", "t", "h"} : MaskDims{"t", "h"};
  if (out != wanted)
    return miss(node, "does not bring experts' outputs back to their tokens");
  combined.assign(1, {});
  for (auto [index, operand] : llvm::enumerate(letters.operands)) {
    if (index == output)
      continue;
    MaskDims dims;
    for (auto [letter, size] : llvm::zip_equal(operand, tensorType(node.input(index)).getShape())) {
      if (letter == feature || !names.contains(letter))
        return miss(node, "mixes features or places up");
      dims.push_back(size == 1 ? "" : names[letter]);
    }
    layer.combine.push_back({node.input(index), dims});
    if (!canSplit(dims))
      return miss(node, "weights by a mask whose groups lie behind the places");
    auto terms = termsOf(node.input(index), dims, layer.sizes);
    auto both = terms ? productOf(combined, *terms) : std::nullopt;
    if (!both)
      return miss(node, "weights by a mask that is not understood");
    combined = std::move(*both);
  }
  return success();
}

/// No two tokens stand at one place by a mask that is zero where `terms` are.
LogicalResult CapacityReader::oneTokenEach(onnx::NodeOp node, const MaskTerms &terms) {
  const char *why = sharedPlace(terms, layer.sizes);
  return why ? miss(node, why) : success();
}

/// Where nothing was dispatched nothing is combined, and a place holds all of a token or none.
LogicalResult CapacityReader::compareMasks(onnx::NodeOp node) {
  // Some dispatch wherever the weights are not zero.
  Value mask = layer.mask;
  MaskDims dims = layer.maskDims;
  for (int step = 0; step < 8; ++step) {
    onnx::NodeOp laid = nodeOf(mask);
    auto before = laid && laid.input(0) ? layoutBefore(laid, dims, layer.sizes) : std::nullopt;
    if (!before)
      break;
    bool asks = tensorType(mask).getElementType().isInteger(1) &&
                !tensorType(laid.input(0)).getElementType().isInteger(1);
    mask = laid.input(0);
    dims = *before;
    bool same = layer.combine.size() == 1 && stripCast(layer.combine[0].value) == stripCast(mask) &&
                layer.combine[0].dims == dims;
    auto terms = asks ? termsOf(mask, dims, layer.sizes) : std::nullopt;
    if (asks && (same || (terms && *terms == combined)))
      return oneTokenEach(node, combined);
  }
  auto terms = termsOf(layer.mask, layer.maskDims, layer.sizes);
  if (!terms)
    return miss(node, "follows a mask that is not understood");
  dispatched = std::move(*terms);
  for (const MaskTerm &term : dispatched)
    if (!llvm::all_of(term, isZeroOrOne))
      return miss(node, "follows a dispatch mask that is not known to be zero or one");
  if (!isZeroWhere(combined, dispatched))
    return miss(node, "combines what is not known to be dispatched");
  return oneTokenEach(node, dispatched);
}

FailureOr<CapacityLayer> CapacityReader::read(onnx::NodeOp node) {
  auto letters = contractionOf(node);
  if (!letters)
    return failure();
  for (unsigned output = 0; output < letters->operands.size(); ++output) {
    layer = {};
    layer.result = node.getOutputs()[0];
    bool hasMask = llvm::any_of(llvm::seq<unsigned>(0, letters->operands.size()), [&](unsigned i) {
      return i != output && reached.contains(node.input(i));
    });
    if (!hasMask || !reached.contains(node.input(output)))
      continue;
    if (failed(matchExperts(node.input(output))))
      continue;
    if (failed(readCombine(node, *letters, output)) || failed(compareMasks(node)))
      return failure();
    layer.ids = idsOf(combined, choices.experts);
    return std::move(layer);
  }
  return failure();
}

} // namespace

FailureOr<CapacityLayer> readCapacity(const Choices &choices, Attempt &attempt) {
  auto reached = dependants(choices.ids);
  for (Value value : llvm::reverse(reached)) {
    onnx::NodeOp node = nodeOf(value);
    // What is not used any more was replaced from another of the layer's choices.
    if (!node || value.use_empty() || !isPlainProduct(node))
      continue;
    auto layer = CapacityReader(choices, reached, attempt).read(node);
    if (succeeded(layer))
      return layer;
  }
  return failure();
}

Outcome raiseCapacity(onnx::NodeOp anchor, Attempt &attempt) {
  auto choices = choicesAt(anchor);
  if (!choices)
    return Outcome::NoMatch;
  auto layer = readCapacity(*choices, attempt);
  if (succeeded(layer) && succeeded(writeCapacity(*layer, *choices, attempt)))
    return Outcome::Raised;
  return attempt.missedAt ? Outcome::Missed : Outcome::NoMatch;
}

} // namespace moe::raise
