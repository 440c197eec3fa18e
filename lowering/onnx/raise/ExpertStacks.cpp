//===- ExpertStacks.cpp - An accumulator for each expert, all of them summed ===//
//
// What is read of a copy has to be rows that its mask is 1 at, before they are written over: these
// are the tokens' rows. As everywhere, tokens are numbers: 0 times one is 0.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/ExpertStacks.h"
#include "lowering/onnx/raise/ListRules.h"
#include "lowering/onnx/raise/Masks.h"
#include "lowering/onnx/raise/NodeWriter.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Between a list's NonZero and its users stand a few nodes.
constexpr int kMostSteps = 16;

/// One expert's rows, written over its copy.
struct Write {
  onnx::NodeOp scatter;
  int64_t expert;
  /// The NonZero of the expert's column.
  Value list;
  /// [rows, features]
  Value rows;
};

class Stack {
public:
  explicit Stack(onnx::NodeOp sum) : sum(sum) {}

  /// Whether `sum` sums such a stack.
  bool read();
  void join();

private:
  bool readWrites();
  std::optional<Write> readWrite(onnx::NodeOp scatter);
  bool readStart();
  bool readMask(Value value, MaskDims dims);
  bool isColumn(Value list, int64_t expert);
  bool readsOnlyTokens();
  bool readsTokens(onnx::NodeOp pick, size_t written);

  onnx::NodeOp sum;
  int64_t experts = 0;
  /// What the copies start from, [experts, tokens, features].
  Value start;
  /// The tokens, and who goes where as i1 [tokens, experts].
  Value tokens, mask;
  SmallVector<Write> writes;
  /// The experts' reads of the tokens' rows.
  SmallVector<onnx::NodeOp> reads;
};

/// Whether an Expand of `list` [1, n] to `shape` repeats nothing: all sizes are 1 or the list's
/// own.
bool spellsList(Value shape, Value list) {
  // Exporters ask for sizes of -1 first, which are then 1.
  if (onnx::NodeOp where = nodeOf(shape, "Where"); where && filledWith(where.input(1)) == 1.0)
    shape = where.input(2);
  Value listed = listedShape(shape);
  onnx::NodeOp add = nodeOf(listed, "Add");
  if (!add)
    return listed && listed == list;
  Value other = add.input(add.input(0) == list ? 1 : 0);
  return llvm::is_contained(add.getInputs(), list) && constantNumber(other) &&
         tensorType(other).getRank() <= 2;
}

/// The NonZero of one dimension that `value` lays out, each entry once, or null.
Value listBehind(Value value) {
  SmallVector<Value> shapes;
  for (int step = 0; step < kMostSteps; ++step) {
    value = stripShape(value);
    onnx::NodeOp node = nodeOf(value);
    if (!node || !node.is("Expand"))
      break;
    shapes.push_back(node.input(1));
    value = node.input(0);
  }
  onnx::NodeOp list = nodeOf(value, "NonZero");
  RankedTensorType type = list ? tensorType(list.input(0)) : RankedTensorType();
  bool once = llvm::all_of(shapes, [&](Value shape) { return spellsList(shape, value); });
  return type && type.getRank() == 1 && once ? value : Value();
}

/// The one number that `value` repeats, or nothing.
std::optional<int64_t> repeatedNumber(Value value) {
  for (int step = 0; step < kMostSteps; ++step) {
    value = stripShape(value);
    onnx::NodeOp expand = nodeOf(value, "Expand");
    if (!expand)
      break;
    value = expand.input(0);
  }
  return constantInt(value);
}

/// The rows of a matrix that `value` lays out in other leading dimensions, or null.
Value rowsBehind(Value value, int64_t width) {
  for (int step = 0; step < kMostSteps; ++step) {
    RankedTensorType type = tensorType(value);
    if (type && type.getRank() == 2 && type.getShape().back() == width)
      return value;
    onnx::NodeOp node = nodeOf(value);
    if (!node || !(node.is("Reshape") || node.is("Unsqueeze") || node.is("Identity")))
      return {};
    value = node.input(0);
  }
  return {};
}

/// Whether `list` holds the tokens of the expert's column of the mask.
bool Stack::isColumn(Value list, int64_t expert) {
  onnx::NodeOp nonZero = nodeOf(list, "NonZero");
  Value column = nonZero ? stripShape(nonZero.input(0)) : Value();
  onnx::NodeOp node = nodeOf(column);
  if (!node || node.input(0) != mask)
    return false;
  auto pick = pickedPlace(node, column);
  return pick && pick->axis == 1 && pick->index == expert;
}

std::optional<Write> Stack::readWrite(onnx::NodeOp scatter) {
  if (scatter.stringAttribute("reduction", "none") != "none")
    return std::nullopt;
  RankedTensorType places = tensorType(scatter.input(1));
  onnx::NodeOp pairs = nodeOf(scatter.input(1), "Concat");
  if (!pairs || pairs.getInputs().size() != 2 || !places || places.getShape().back() != 2 ||
      !isLastAxis(pairs, 0, places.getRank()))
    return std::nullopt;
  auto expert = repeatedNumber(pairs.input(0));
  Write write{scatter, expert.value_or(-1), listBehind(pairs.input(1)),
              rowsBehind(scatter.input(2), lastDim(scatter.input(0)))};
  bool good = expert && *expert >= 0 && *expert < experts && write.list && write.rows;
  return good ? std::optional(write) : std::nullopt;
}

/// All experts write, each once.
bool Stack::readWrites() {
  llvm::DenseSet<int64_t> seen;
  start = sum.input(0);
  while (onnx::NodeOp scatter = nodeOf(start, "ScatterND")) {
    auto write = readWrite(scatter);
    if (!write || !seen.insert(write->expert).second)
      return false;
    writes.push_back(*write);
    start = scatter.input(0);
  }
  std::reverse(writes.begin(), writes.end());
  return static_cast<int64_t>(writes.size()) == experts;
}

/// Whether `value`, laid out as `dims`, is an i1 mask of tokens and experts as numbers.
bool Stack::readMask(Value value, MaskDims dims) {
  const MaskDims plain{"t", "e"};
  for (int step = 0; step < kMostSteps; ++step) {
    RankedTensorType type = tensorType(value);
    if (type && dims == plain && type.getElementType().isInteger(1)) {
      mask = value;
      return type.getRank() == 2 && lastDim(value) == experts;
    }
    onnx::NodeOp node = nodeOf(value);
    if (!node || !node.input(0))
      return false;
    if (!node.is("Cast")) {
      auto before = layoutBefore(node, dims, {experts, ShapedType::kDynamic});
      if (!before)
        return false;
      dims = *before;
    } else if (type.getElementType().isInteger(1) &&
               !tensorType(node.input(0)).getElementType().isInteger(1)) {
      return false;
    }
    value = node.input(0);
  }
  return false;
}

/// The dimensions of operand `side` of the product that makes the copies, if the other one is laid
/// out as the tokens are; nothing where it is not.
std::optional<MaskDims> maskDims(onnx::NodeOp product, unsigned side) {
  if (product.is("Mul")) {
    bool column =
        tensorType(product.input(side)).getRank() == 3 && lastDim(product.input(side)) == 1;
    return column ? std::optional(MaskDims{"e", "t", ""}) : std::nullopt;
  }
  auto letters = product.is("Einsum") ? contractionOf(product) : std::nullopt;
  if (!letters || letters->out.size() != 3 ||
      ArrayRef<int>(letters->operands[1 - side]) != ArrayRef<int>(letters->out).drop_front())
    return std::nullopt;
  MaskDims dims;
  for (int letter : letters->operands[side])
    dims.push_back(letter == letters->out[0] ? "e" : letter == letters->out[1] ? "t" : "");
  bool plain = dims.size() == 2 && !llvm::is_contained(dims, "");
  return plain ? std::optional(dims) : std::nullopt;
}

/// The copies are the tokens times the mask.
bool Stack::readStart() {
  onnx::NodeOp product = nodeOf(start);
  if (!product || product.getInputs().size() != 2)
    return false;
  for (unsigned side : {0u, 1u}) {
    Value rows = product.input(side), other = product.input(1 - side);
    auto dims = maskDims(product, 1 - side);
    if (!dims)
      continue;
    onnx::NodeOp unsqueeze = nodeOf(rows, "Unsqueeze");
    if (unsqueeze && tensorType(rows).getRank() == 3 && tensorType(rows).getDimSize(0) == 1)
      rows = unsqueeze.input(0);
    tokens = rows;
    RankedTensorType type = tensorType(rows);
    if (type && type.getRank() == 2 && readMask(other, *dims))
      return lastDim(rows) == lastDim(start) && sameTokens(tokens, mask);
  }
  return false;
}

/// Whether `pick` takes the copy of an expert that is not written yet, and all that is read of that
/// are rows of the expert's column.
bool Stack::readsTokens(onnx::NodeOp pick, size_t written) {
  auto place = pickedPlace(pick, pick.getOutputs()[0]);
  if (!pick.is("Gather") || !place || place->axis != 0 || place->keeps)
    return false;
  for (size_t i = 0; i < written; ++i)
    if (writes[i].expert == place->index)
      return false;
  for (Operation *user : pick.getOutputs()[0].getUsers()) {
    auto read = dyn_cast<onnx::NodeOp>(user);
    if (!read || read.input(0) != pick.getOutputs()[0] ||
        !(read.is("GatherND") || read.is("Gather")))
      return false;
    RankedTensorType index = tensorType(read.input(1));
    bool whole = read.is("Gather") ? read.intAttribute("axis", 0) == 0
                                   : read.intAttribute("batch_dims", 0) == 0 && index &&
                                         index.getRank() > 0 && index.getShape().back() == 1;
    if (!whole || !isColumn(listBehind(read.input(1)), place->index))
      return false;
    reads.push_back(read);
  }
  return true;
}

/// Whether nobody else looks at the copies.
bool Stack::readsOnlyTokens() {
  Value copies = start;
  for (size_t written = 0; written <= writes.size(); ++written) {
    onnx::NodeOp next = written < writes.size() ? writes[written].scatter : sum;
    for (OpOperand &use : copies.getUses()) {
      auto user = dyn_cast<onnx::NodeOp>(use.getOwner());
      if (!user || user->getBlock() != sum->getBlock())
        return false;
      bool expected = (user == next && use.getOperandNumber() == 0) || user.is("Shape");
      if (!expected && !readsTokens(user, written))
        return false;
    }
    copies = next.getOutputs()[0];
  }
  return true;
}

bool Stack::read() {
  RankedTensorType type = tensorType(sum.input(0)), out = tensorType(sum.getOutputs()[0]);
  auto axes = axesOf(sum);
  if (!type || type.getRank() != 3 || !isa<FloatType>(type.getElementType()) || !out ||
      out.getRank() != 2 || !axes || *axes != SmallVector<int64_t>{0} ||
      sum.intAttribute("keepdims", 1) != 0)
    return false;
  experts = type.getDimSize(0);
  if (ShapedType::isDynamic(experts) || ShapedType::isDynamic(type.getDimSize(2)) ||
      !readWrites() || !readStart())
    return false;
  return llvm::all_of(writes,
                      [&](const Write &write) { return isColumn(write.list, write.expert); }) &&
         readsOnlyTokens();
}

void Stack::join() {
  OpBuilder builder(writes.front().scatter);
  NodeWriter writer(builder, sum);
  RankedTensorType type = tensorType(tokens);
  auto sizes = RankedTensorType::get({2}, builder.getI64Type());
  auto one = RankedTensorType::get({1}, type.getElementType());
  Attribute zero = DenseElementsAttr::get(one, builder.getFloatAttr(type.getElementType(), 0.0));
  Value joined = writer.node("ConstantOfShape", writer.node("Shape", tokens, sizes), type,
                             builder.getNamedAttr("value", zero));
  auto add = builder.getNamedAttr("reduction", builder.getStringAttr("add"));
  for (Write &write : writes) {
    builder.setInsertionPoint(write.scatter);
    Value places = writer.reshape(write.list, {tensorType(write.list).getDimSize(1), 1});
    joined = writer.node("ScatterND", {joined, places, write.rows}, type, add);
  }
  for (onnx::NodeOp read : reads)
    read->setOperand(0, tokens);
  sum.getOutputs()[0].replaceAllUsesWith(joined);
  sum.erase();
  // Who asked for the shape of the copies asks for that of the first.
  for (Write &write : llvm::reverse(writes)) {
    write.scatter.getOutputs()[0].replaceUsesWithIf(start, [](OpOperand &use) {
      auto user = dyn_cast<onnx::NodeOp>(use.getOwner());
      return user && (user.is("Shape") || user.is("Gather"));
    });
    write.scatter.erase();
  }
}

} // namespace

void joinExpertStacks(FunctionOpInterface function) {
  SmallVector<onnx::NodeOp> sums;
  function.walk([&](onnx::NodeOp node) {
    if (node.is("ReduceSum") && nodeOf(node.input(0), "ScatterND"))
      sums.push_back(node);
  });
  for (onnx::NodeOp sum : sums)
    if (Stack stack(sum); stack.read())
      stack.join();
}

} // namespace moe::raise
