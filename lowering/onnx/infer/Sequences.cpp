//===- Sequences.cpp - Sequences of tensors, taken apart ------------------===//

#include "lowering/onnx/infer/Sequences.h"

using namespace mlir;
using namespace moe::onnx;

/// More elements are refused: each becomes operations of its own.
static constexpr int64_t kMaxElements = 4096;

namespace {
/// Makes nodes before another, under its name.
class Maker {
public:
  explicit Maker(NodeOp node) : builder(node), node(node) {}

  Value constant(ArrayRef<int64_t> numbers, bool scalar = false) {
    SmallVector<int64_t> shape;
    if (!scalar)
      shape.push_back(numbers.size());
    auto type = RankedTensorType::get(shape, builder.getI64Type());
    return ConstantOp::create(builder, node.getLoc(), type, DenseElementsAttr::get(type, numbers));
  }
  /// Opset 13 gives sizes and axes as inputs.
  NodeOp make(StringRef op, ValueRange inputs, unsigned results, ArrayRef<NamedAttribute> named) {
    SmallVector<Type> types(results, ValueType::get(builder.getContext()));
    return NodeOp::create(builder, node.getLoc(), types, op, "", 13, node.getName(),
                          builder.getDictionaryAttr(named), ArrayAttr(), inputs, 0);
  }
  Value one(StringRef op, ValueRange inputs, ArrayRef<NamedAttribute> named = {}) {
    return make(op, inputs, 1, named).getResult(0);
  }
  NamedAttribute axis(int64_t axis) {
    return builder.getNamedAttr("axis", builder.getI64IntegerAttr(axis));
  }
  /// `values` joined along a new dimension.
  Value stacked(ValueRange values, int64_t at) {
    Value axes = constant(at);
    SmallVector<Value> parts;
    for (Value value : values)
      parts.push_back(one("Unsqueeze", {value, axes}));
    return one("Concat", parts, axis(at));
  }

private:
  OpBuilder builder;
  NodeOp node;
};
} // namespace

/// The one number that input `input` is known to be.
static std::optional<int64_t> numberOf(Inference &n, unsigned input, Sequences::Lookup known) {
  Value value = n.node.input(input);
  Known *facts = value ? known(value) : nullptr;
  if (!facts || !facts->values || facts->values->size() != 1 || !facts->values->front().isKnown())
    return std::nullopt;
  return facts->values->front().factor;
}

/// A position among `size` elements, or one behind them where `mayEnd`. An error where it is data,
/// or out of range; `otherwise` where the input is left out.
static int64_t position(Inference &n, unsigned input, int64_t size, bool mayEnd, int64_t otherwise,
                        Sequences::Lookup known) {
  if (!n.node.input(input))
    return otherwise;
  std::optional<int64_t> at = numberOf(n, input, known);
  if (!at) {
    n.unsupported("the position (input " + llvm::Twine(input) + ") in a sequence depends on data");
    return 0;
  }
  int64_t counted = *at < 0 ? *at + size : *at;
  if (counted >= 0 && counted < size + mayEnd)
    return counted;
  n.malformed("position " + llvm::Twine(*at) + " in a sequence of " + llvm::Twine(size));
  return 0;
}

const SmallVector<Value> *Sequences::find(Value value) const {
  auto found = lists.find(value);
  return found == lists.end() ? nullptr : &found->second;
}

const Sequences::List &Sequences::sequence(Inference &n, unsigned input) {
  static const List none;
  Value value = n.node.input(input);
  if (const List *list = value ? find(value) : nullptr)
    return *list;
  n.unsupported("input " + llvm::Twine(input) + " is a sequence of a length that only data tell");
  return none;
}

//===----------------------------------------------------------------------===//
// Making sequences
//===----------------------------------------------------------------------===//

Sequences::List Sequences::construct(Inference &n) {
  return List(n.node.getInputs().begin(), n.node.getInputs().end());
}

Sequences::List Sequences::insert(Inference &n, Lookup known) {
  List list = sequence(n, 0);
  int64_t at = position(n, 2, list.size(), true, list.size(), known);
  if (!n.failed())
    list.insert(list.begin() + at, n.node.input(1));
  return list;
}

Sequences::List Sequences::erase(Inference &n, Lookup known) {
  List list = sequence(n, 0);
  int64_t at = position(n, 1, list.size(), false, int64_t(list.size()) - 1, known);
  if (list.empty() && !n.failed())
    n.malformed("an element of an empty sequence is erased");
  if (!n.failed())
    list.erase(list.begin() + at);
  return list;
}

/// The sizes of the parts, as Split wants them; nothing where their number is unknown.
static std::optional<Value> sizesOf(Inference &n, Maker &maker, Known &data, int64_t axis,
                                    int64_t &count, Sequences::Lookup known) {
  Value told = n.node.input(1);
  Known *split = told ? known(told) : nullptr;
  if (split && split->tensor.rank() == 1 && split->tensor.shape[0].isKnown()) {
    count = split->tensor.shape[0].factor;
    return told;
  }
  Number whole = data.tensor.shape[axis];
  std::optional<int64_t> part = told ? numberOf(n, 1, known) : 1;
  if (!whole.isKnown() || !part || *part <= 0)
    return std::nullopt;
  count = llvm::divideCeil(whole.factor, *part);
  if (count > kMaxElements)
    return std::nullopt;
  SmallVector<int64_t> sizes(count, *part);
  if (whole.factor % *part != 0)
    sizes.back() = whole.factor % *part;
  return maker.constant(sizes);
}

Sequences::List Sequences::split(Inference &n, Lookup known) {
  Value value = n.node.input(0);
  Known *data = value ? known(value) : nullptr;
  if (!data || data->tensor.rank() == 0) {
    n.malformed("input 0 must be a tensor of rank 1 or more");
    return {};
  }
  int64_t axis = n.axis(n.integer("axis", 0), data->tensor.rank()), count = 0;
  if (n.failed())
    return {};
  Maker maker(n.node);
  std::optional<Value> sizes = sizesOf(n, maker, *data, axis, count, known);
  if (!sizes || count > kMaxElements) {
    n.unsupported("the number of parts depends on data, or is above " + llvm::Twine(kMaxElements));
    return {};
  }
  if (count == 0)
    return {};
  List parts(maker.make("Split", {value, *sizes}, count, maker.axis(axis)).getResults());
  // Without keepdims parts of one lose the dimension, where no sizes were told.
  if (!n.node.input(1) && n.integer("keepdims", 1) == 0)
    for (Value &part : parts)
      part = maker.one("Squeeze", {part, maker.constant(axis)});
  return parts;
}

//===----------------------------------------------------------------------===//
// Reading sequences
//===----------------------------------------------------------------------===//

Value Sequences::at(Inference &n, Lookup known) {
  const List &list = sequence(n, 0);
  if (n.failed() || numberOf(n, 1, known) || list.empty()) {
    int64_t at = n.failed() ? 0 : position(n, 1, list.size(), false, 0, known);
    return n.failed() ? Value() : list[at];
  }
  // Which one, data tell: all must be of one shape then.
  Known *first = known(list.front());
  for (Value element : list) {
    Known *other = known(element);
    if (first && other && other->tensor.shape == first->tensor.shape)
      continue;
    n.unsupported("data choose among elements of a sequence that differ in shape");
    return {};
  }
  Maker maker(n.node);
  Value index = n.node.input(1);
  if (Known *facts = known(index); facts && facts->tensor.rank() != 0)
    index = maker.one("Squeeze", {index});
  return maker.one("Gather", {maker.stacked(list, 0), index}, maker.axis(0));
}

Value Sequences::length(Inference &n) {
  int64_t size = sequence(n, 0).size();
  return n.failed() ? Value() : Maker(n.node).constant(size, /*scalar=*/true);
}

Value Sequences::concat(Inference &n) {
  const List &list = sequence(n, 0);
  int64_t axis = n.requiredInteger("axis");
  if (!n.failed() && list.empty())
    n.unsupported("the elements of an empty sequence are joined");
  if (n.failed())
    return {};
  Maker maker(n.node);
  if (n.integer("new_axis", 0) == 0)
    return maker.one("Concat", list, maker.axis(axis));
  return maker.stacked(list, axis);
}

//===----------------------------------------------------------------------===//
// All
//===----------------------------------------------------------------------===//

Operation *Sequences::expand(Inference &n, Lookup known) {
  NodeOp node = n.node;
  if (node.getNumResults() != 1 || !node.getDomain().empty())
    return nullptr;
  Value result = node.getResult(0);
  if (lists.contains(result))
    return node->getNextNode();
  if (llvm::any_of(node.getInputs(), [&](Value input) { return refused.contains(input); })) {
    refused.insert(result);
    return node->getNextNode();
  }
  Operation *before = node->getPrevNode();
  Block *block = node->getBlock();
  auto goOn = [&] { return before ? before->getNextNode() : &block->front(); };
  std::optional<List> list;
  Value value;
  if (node.is("SequenceConstruct"))
    list = construct(n);
  else if (node.is("SequenceEmpty"))
    list.emplace();
  else if (node.is("SequenceInsert"))
    list = insert(n, known);
  else if (node.is("SequenceErase"))
    list = erase(n, known);
  else if (node.is("SplitToSequence"))
    list = split(n, known);
  else if (node.is("SequenceAt"))
    value = at(n, known);
  else if (node.is("SequenceLength"))
    value = length(n);
  else if (node.is("ConcatFromSequence"))
    value = concat(n);
  else if (const List *same = node.is("Identity") && node.input(0) ? find(node.input(0)) : nullptr)
    list = List(*same);
  if (n.failed()) {
    refused.insert(result);
    return nullptr;
  }
  if (list) {
    lists[result] = std::move(*list);
    return goOn();
  }
  if (!value)
    return nullptr;
  result.replaceAllUsesWith(value);
  node.erase();
  return goOn();
}
