//===- RootSizes.cpp - What the size of a dimension comes from ------------===//

#include "lowering/onnx/raise/RootSizes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// A bound on all dimensions looked at for one question.
constexpr size_t kMostDims = 1024;

/// One dimension of a tensor.
using DimAt = std::pair<Value, int64_t>;
/// The dimensions that all have the size in question, or are 1. Empty: not known.
using Before = SmallVector<DimAt, 2>;
/// How an operator hands sizes on: of dimension `dim` of its first output.
using Rule = Before (*)(onnx::NodeOp, int64_t dim);

int64_t rankOf(Value value) {
  RankedTensorType type = tensorType(value);
  return type ? type.getRank() : -1;
}

Before keep(onnx::NodeOp node, int64_t dim) { return {{node.input(0), dim}}; }

/// Operands of one shape up to broadcasts.
Before broadcast(onnx::NodeOp node, int64_t dim) {
  Before before;
  int64_t rank = rankOf(node.getOutputs()[0]);
  for (Value input : node.getInputs()) {
    int64_t own = input ? dim - rank + rankOf(input) : -1;
    if (input && rankOf(input) < 0)
      return {};
    if (own >= 0 && tensorType(input).getDimSize(own) != 1)
      before.push_back({input, own});
  }
  return before;
}

/// Operators that change the size along their axis only.
Before besidesAxis(onnx::NodeOp node, int64_t dim) {
  int64_t otherwise = node.is("TopK") ? -1 : 0;
  auto axis = normalizeAxis(node.intAttribute("axis", otherwise), rankOf(node.input(0)));
  if (!axis || *axis == dim)
    return {};
  bool drops = node.is("ArgMax") && !node.intAttribute("keepdims", 1);
  return {{node.input(0), drops && dim >= *axis ? dim + 1 : dim}};
}

Before slice(onnx::NodeOp node, int64_t dim) {
  auto axes = constantInts(node.input(3));
  if (!axes)
    return {};
  for (int64_t axis : *axes)
    if (normalizeAxis(axis, rankOf(node.input(0))) == dim)
      return {};
  return keep(node, dim);
}

/// Nodes that drop dimensions (Squeeze, reductions) or add them (Unsqueeze).
Before dropped(onnx::NodeOp node, int64_t dim) {
  bool adds = node.is("Unsqueeze");
  int64_t rank = rankOf(adds ? node.getOutputs()[0] : node.input(0));
  auto axes = axesOf(node);
  if (!axes || axes->empty())
    return {};
  SmallVector<bool> named(rank, false);
  for (int64_t axis : *axes) {
    auto place = normalizeAxis(axis, rank);
    if (!place)
      return {};
    named[*place] = true;
  }
  bool keeps = node.getOp().starts_with("Reduce") && node.intAttribute("keepdims", 1);
  if (keeps || adds) {
    int64_t before = adds ? dim - llvm::count(ArrayRef<bool>(named).take_front(dim), true) : dim;
    return named[dim] ? Before() : Before{{node.input(0), before}};
  }
  for (int64_t place = 0; place < rank; ++place)
    if (!named[place] && dim-- == 0)
      return {{node.input(0), place}};
  return {};
}

Before transpose(onnx::NodeOp node, int64_t dim) {
  auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("perm"));
  return {{node.input(0), perm ? perm[dim] : rankOf(node.input(0)) - 1 - dim}};
}

/// Element `index` of a list of sizes.
Before listed(Value sizes, int64_t index) {
  auto source = sizeSource(sizes, index);
  return source && source->tensor ? Before{{source->tensor, source->dim}} : Before();
}

Before reshape(onnx::NodeOp node, int64_t dim) {
  auto source = sizeSource(node.input(1), dim);
  bool copies = source && !source->tensor && source->number == 0 &&
                !node.intAttribute("allowzero", 0) && dim < rankOf(node.input(0));
  return copies ? keep(node, dim) : listed(node.input(1), dim);
}

/// A shape that the input broadcasts to: both say the size, where it is not 1.
Before expand(onnx::NodeOp node, int64_t dim) {
  RankedTensorType shape = tensorType(node.input(1));
  int64_t rank = rankOf(node.getOutputs()[0]), own = dim - rank + rankOf(node.input(0));
  if (!shape || shape.getRank() != 1 || shape.isDynamicDim(0))
    return {};
  int64_t index = dim - rank + shape.getDimSize(0);
  auto source = index >= 0 ? sizeSource(node.input(1), index) : SizeSource{1};
  if (!source)
    return {};
  bool grows = own >= 0 && tensorType(node.input(0)).getDimSize(own) != 1;
  Before before;
  if (grows)
    before.push_back({node.input(0), own});
  if (source->tensor)
    before.push_back({source->tensor, source->dim});
  else if (source->number != 1)
    return {};
  return before;
}

Before filled(onnx::NodeOp node, int64_t dim) { return listed(node.input(0), dim); }

Before range(onnx::NodeOp node, int64_t) {
  bool counts = constantNumber(node.input(0)) == 0.0 && constantNumber(node.input(2)) == 1.0;
  return counts ? listed(node.input(1), 0) : Before();
}

Before gather(onnx::NodeOp node, int64_t dim) {
  int64_t rank = rankOf(node.input(0)), indices = rankOf(node.input(1));
  auto axis = normalizeAxis(node.intAttribute("axis", 0), rank);
  if (!axis || indices < 0)
    return {};
  if (dim >= *axis && dim < *axis + indices)
    return {{node.input(1), dim - *axis}};
  return {{node.input(0), dim < *axis ? dim : dim - indices + 1}};
}

Before gatherND(onnx::NodeOp node, int64_t dim) {
  bool plain = node.intAttribute("batch_dims", 0) == 0 && dim + 1 < rankOf(node.input(1));
  return plain ? Before{{node.input(1), dim}} : Before();
}

Before indices(onnx::NodeOp node, int64_t dim) { return {{node.input(1), dim}}; }

Before oneHot(onnx::NodeOp node, int64_t dim) {
  auto axis = normalizeAxis(node.intAttribute("axis", -1), rankOf(node.getOutputs()[0]));
  if (!axis || *axis == dim)
    return {};
  return {{node.input(0), dim - (dim > *axis)}};
}

/// Rows of the first operand; dimensions of the batch are broadcast. Either operand may be turned.
Before matmul(onnx::NodeOp node, int64_t dim) {
  if (node.intAttribute("transBatchA", 0) || node.intAttribute("transBatchB", 0))
    return {};
  int64_t rank = rankOf(node.getOutputs()[0]);
  int64_t left = dim - rank + rankOf(node.input(0)), right = dim - rank + rankOf(node.input(1));
  if (rankOf(node.input(0)) < 2 || rankOf(node.input(1)) < 2)
    return {};
  if (dim + 1 == rank)
    return {{node.input(1), node.intAttribute("transB", 0) ? right - 1 : right}};
  if (dim + 2 == rank)
    return {{node.input(0), node.intAttribute("transA", 0) ? left + 1 : left}};
  Before before;
  for (auto [input, own] : {DimAt(node.input(0), left), DimAt(node.input(1), right)})
    if (own >= 0 && tensorType(input).getDimSize(own) != 1)
      before.push_back({input, own});
  return before;
}

Before gemm(onnx::NodeOp node, int64_t dim) {
  if (dim == 1)
    return {{node.input(1), node.intAttribute("transB", 0) ? 0 : 1}};
  return {{node.input(0), node.intAttribute("transA", 0) ? 1 : 0}};
}

Before tile(onnx::NodeOp node, int64_t dim) {
  auto repeats = constantInts(node.input(1));
  bool once = repeats && dim < static_cast<int64_t>(repeats->size()) && (*repeats)[dim] == 1;
  return once ? keep(node, dim) : Before();
}

/// Operators with a weight that turns the last dimension into another.
Before rows(onnx::NodeOp node, int64_t dim) {
  return dim + 1 < rankOf(node.input(0)) ? keep(node, dim) : Before();
}

/// [batch, tokens, hidden], whatever is attended to.
Before attention(onnx::NodeOp node, int64_t dim) {
  bool isRows = rankOf(node.input(0)) == 3 && rankOf(node.getOutputs()[0]) == 3;
  return isRows && dim < 2 ? keep(node, dim) : Before();
}

const llvm::StringMap<Rule> &rules() {
  static const llvm::StringMap<Rule> table = [] {
    llvm::StringMap<Rule> table;
    auto all = [&](std::initializer_list<StringRef> ops, Rule rule) {
      for (StringRef op : ops)
        table.insert({op, rule});
    };
    all({"Abs", "Cast", "Ceil", "Clip", "Cos", "CumSum", "Dropout", "Erf", "Exp", "Floor"}, keep);
    all({"Gelu", "Identity", "IsNaN", "LayerNormalization", "Log", "LogSoftmax", "Neg"}, keep);
    all({"Not", "RMSNormalization", "Reciprocal", "Relu", "Round", "ScatterElements"}, keep);
    all({"ScatterND", "Sigmoid", "Sign", "SimplifiedLayerNormalization", "Sin", "Softmax"}, keep);
    all({"Softplus", "Sqrt", "Swish", "Tanh", "com.microsoft.QuickGelu"}, keep);
    all({"com.microsoft.BiasGelu", "com.microsoft.FastGelu", "com.microsoft.Gelu"}, keep);
    all({"com.microsoft.SkipLayerNormalization"}, keep);
    all({"com.microsoft.SkipSimplifiedLayerNormalization"}, keep);
    all({"Add", "And", "Div", "Equal", "Greater", "GreaterOrEqual", "Less"}, broadcast);
    all({"LessOrEqual", "Max", "Min", "Mod", "Mul", "Or", "Pow", "Sub", "Where"}, broadcast);
    all({"Xor", "Sum"}, broadcast);
    all({"ArgMax", "Concat", "Split", "TopK"}, besidesAxis);
    all({"ReduceL1", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"}, dropped);
    all({"Squeeze", "Unsqueeze"}, dropped);
    all({"Slice"}, slice);
    all({"Tile"}, tile);
    all({"Transpose"}, transpose);
    all({"Reshape"}, reshape);
    all({"Expand"}, expand);
    all({"ConstantOfShape"}, filled);
    all({"Range"}, range);
    all({"Gather"}, gather);
    all({"GatherElements"}, indices);
    all({"GatherND"}, gatherND);
    all({"OneHot"}, oneHot);
    all({"MatMul", "com.microsoft.FusedMatMul"}, matmul);
    all({"Gemm"}, gemm);
    all({"com.microsoft.MatMulNBits"}, rows);
    all({"Attention", "com.microsoft.Attention"}, attention);
    all({"com.microsoft.GroupQueryAttention", "com.microsoft.MultiHeadAttention"}, attention);
    return table;
  }();
  return table;
}

/// Follows dimensions, what each needs before it.
class Roots {
public:
  SizeSource of(DimAt dim);

private:
  Before before(DimAt dim);
  SizeSource joined(DimAt dim, const Before &parts);
  llvm::DenseMap<DimAt, SizeSource> known;
};

Before Roots::before(DimAt dim) {
  onnx::NodeOp node = nodeOf(dim.first);
  Rule rule = node ? rules().lookup(node.qualifiedName()) : nullptr;
  if (!rule || !node.input(0) || known.size() > kMostDims)
    return {};
  Before parts = rule(node, dim.second);
  for (auto [value, place] : parts)
    if (!value || place < 0 || place >= rankOf(value))
      return {};
  return parts;
}

/// The one size of all parts that are not 1, which `dim` has.
SizeSource Roots::joined(DimAt dim, const Before &parts) {
  std::optional<SizeSource> all;
  for (DimAt part : parts) {
    SizeSource one = known.lookup(part);
    if (!one.tensor && one.number == 1)
      continue;
    if (all && !(*all == one))
      return {0, dim.first, dim.second};
    all = one;
  }
  return all ? *all : SizeSource{0, dim.first, dim.second};
}

SizeSource Roots::of(DimAt dim) {
  SmallVector<DimAt> stack{dim};
  while (!stack.empty()) {
    DimAt at = stack.back();
    if (known.contains(at)) {
      stack.pop_back();
      continue;
    }
    RankedTensorType type = tensorType(at.first);
    if (!type.isDynamicDim(at.second)) {
      known[at] = {type.getDimSize(at.second)};
      continue;
    }
    Before parts = before(at);
    size_t deep = stack.size();
    for (DimAt part : parts)
      if (!known.contains(part))
        stack.push_back(part);
    if (stack.size() == deep)
      known[at] = joined(at, parts);
  }
  return known.lookup(dim);
}

} // namespace

SmallVector<SizeSource> rootSizes(Value value, int64_t count) {
  Roots roots;
  SmallVector<SizeSource> sizes;
  for (int64_t dim = 0; dim < std::min(count, rankOf(value)); ++dim)
    sizes.push_back(roots.of({value, dim}));
  return sizes;
}

} // namespace moe::raise
