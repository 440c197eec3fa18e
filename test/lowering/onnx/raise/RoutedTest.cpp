//===- RoutedTest.cpp - What values are found to hold ---------------------===//
//
// Small graphs after a TopK; each value's description is compared. Above all, what must not be
// found: a wrong label would be a wrong layer.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Routed.h"
#include "lowering/Lowerings.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace moe;
using namespace moe::raise;

namespace {

constexpr int64_t kAny = ShapedType::kDynamic;

/// A graph of logits [T, 4] (or of the shape given) and its top 2.
class Graph {
public:
  explicit Graph(ArrayRef<int64_t> logitsShape = {kAny, 4}, int64_t k = 2) : builder(&context) {
    context.loadDialect<onnx::OnnxDialect, func::FuncDialect, MoeDialect>();
    module = ModuleOp::create(builder.getUnknownLoc());
    Type logitsType = RankedTensorType::get(logitsShape, builder.getF32Type());
    Type inputs[] = {logitsType, RankedTensorType::get({kAny, 8}, builder.getF32Type())};
    builder.setInsertionPointToEnd(module->getBody());
    auto function = func::FuncOp::create(builder, builder.getUnknownLoc(), "main",
                                         builder.getFunctionType(inputs, {}));
    builder.setInsertionPointToStart(function.addEntryBlock());
    logits = function.getArgument(0);
    other = function.getArgument(1);
    builder.setInsertionPointToEnd(&function.getBody().front());
    func::ReturnOp::create(builder, builder.getUnknownLoc());
    builder.setInsertionPoint(function.getBody().front().getTerminator());
    topk = makeNode("TopK", {logits, ints({k})}, {}, 2);
    weights = topk.getOutputs()[0];
    ids = topk.getOutputs()[1];
  }

  Value ints(ArrayRef<int64_t> numbers) {
    return constant(DenseElementsAttr::get(
        RankedTensorType::get({static_cast<int64_t>(numbers.size())}, builder.getI64Type()),
        numbers));
  }
  Value scalar(int64_t number) {
    return constant(
        DenseElementsAttr::get(RankedTensorType::get({}, builder.getI64Type()), number));
  }
  Value floats(ArrayRef<float> numbers) {
    return constant(DenseElementsAttr::get(
        RankedTensorType::get({static_cast<int64_t>(numbers.size())}, builder.getF32Type()),
        numbers));
  }
  NamedAttribute attribute(StringRef key, int64_t value) {
    return builder.getNamedAttr(key, builder.getI64IntegerAttr(value));
  }
  NamedAttribute order(ArrayRef<int64_t> perm) {
    return builder.getNamedAttr("perm", builder.getDenseI64ArrayAttr(perm));
  }
  onnx::NodeOp makeNode(StringRef op, ArrayRef<Value> inputs, ArrayRef<NamedAttribute> attributes,
                        unsigned outputs) {
    SmallVector<Type> types(outputs, onnx::ValueType::get(&context));
    return onnx::NodeOp::create(builder, builder.getUnknownLoc(), types, op, "", 20, "",
                                builder.getDictionaryAttr(attributes), ArrayAttr(), inputs, 0);
  }
  Value node(StringRef op, ArrayRef<Value> inputs, ArrayRef<NamedAttribute> attributes = {}) {
    return makeNode(op, inputs, attributes, 1).getOutputs()[0];
  }

  /// What `value` holds; the graph is complete. Inference replaces no node that has no constant.
  std::string says(Value value) {
    auto keeper = value.getDefiningOp<onnx::NodeOp>();
    if (!routed) {
      returnEverything();
      PassManager passes(&context);
      passes.addPass(createInferTypes());
      if (failed(passes.run(*module)))
        return "cannot be inferred";
      routed.emplace(RoutedValues::of(*choicesAt(topk)));
    }
    const Routed *found = routed->find(keeper.getOutputs()[0]);
    return found ? describe(*found) : "";
  }

  static const char *nameOf(Routed::Kind kind) {
    switch (kind) {
    case Routed::Ids:
      return "ids";
    case Routed::Numbers:
      return "numbers";
    case Routed::Chosen:
      return "chosen";
    case Routed::Unchosen:
      return "unchosen";
    case Routed::Mixed:
      return "mixed";
    case Routed::Masked:
      return "masked";
    case Routed::Partial:
      return "partial";
    case Routed::Total:
      return "total";
    case Routed::Always:
      return "always";
    case Routed::Never:
      return "never";
    }
    llvm_unreachable("every kind has a name");
  }

  static std::string describe(const Routed &routed) {
    std::string text = nameOf(routed.kind);
    for (const Dim &dim : routed.axes) {
      text += ' ';
      for (Atom atom : dim.atoms)
        text += atom == Atom::Token ? 't' : atom == Atom::Slot ? 's' : 'e';
      text += dim.isUnit() ? "1" : dim.same ? "=" : dim.free ? "*" : "";
    }
    if (routed.slot)
      text += " slot " + std::to_string(*routed.slot);
    if (routed.expert)
      text += " expert " + std::to_string(*routed.expert);
    return text + (routed.anySlot ? " any slot" : "");
  }

  Value logits, other, weights, ids;
  onnx::NodeOp topk;

private:
  /// So that nothing is dead.
  void returnEverything() {
    auto function = cast<func::FuncOp>(module->getBody()->front());
    Operation *end = function.getBody().front().getTerminator();
    SmallVector<Value> results;
    for (auto node : function.getOps<onnx::NodeOp>())
      llvm::append_range(results, node.getOutputs());
    end->setOperands(results);
    function.setFunctionType(
        builder.getFunctionType(function.getArgumentTypes(), ValueRange(results).getTypes()));
  }

  MLIRContext context;
  OpBuilder builder;
  OwningOpRef<ModuleOp> module;
  std::optional<RoutedValues> routed;

  Value constant(DenseElementsAttr numbers) {
    return onnx::ConstantOp::create(builder, builder.getUnknownLoc(), numbers.getType(), numbers);
  }
};

TEST(Routed, FlatAndBack) {
  Graph g;
  Value flat = g.node("Reshape", {g.ids, g.ints({-1})});
  Value column = g.node("Unsqueeze", {flat, g.ints({-1})});
  Value back = g.node("Reshape", {column, g.ints({-1, 2})});
  Value other = g.node("Reshape", {flat, g.ints({2, -1})});
  EXPECT_EQ(g.says(flat), "ids ts");
  EXPECT_EQ(g.says(column), "ids ts 1");
  EXPECT_EQ(g.says(back), "ids t s");
  // Not the slots in front: half of the tokens, the pairs of each in a row.
  EXPECT_EQ(g.says(other), "");
}

TEST(Routed, TokensInTwoDimensions) {
  Graph g({kAny, kAny, 4});
  Value flat = g.node("Reshape", {g.ids, g.ints({-1, 2})});
  Value swapped = g.node("Transpose", {g.ids}, {g.order({1, 0, 2})});
  Value slotFirst = g.node("Transpose", {g.ids}, {g.order({2, 0, 1})});
  Value cut = g.node("Reshape", {flat, g.ints({5, -1, 2})});
  EXPECT_EQ(g.says(flat), "ids t s");
  EXPECT_EQ(g.says(swapped), "");
  EXPECT_EQ(g.says(slotFirst), "ids s t t");
  EXPECT_EQ(g.says(cut), "");
}

TEST(Routed, OneSlotOfMany) {
  Graph g;
  Value gathered = g.node("Gather", {g.ids, g.scalar(1)}, {g.attribute("axis", 1)});
  Value fromEnd = g.node("Gather", {g.weights, g.ints({-2})}, {g.attribute("axis", 1)});
  Value sliced = g.node("Slice", {g.ids, g.ints({1}), g.ints({2}), g.ints({1})});
  Value whole = g.node("Slice", {g.ids, g.ints({0}), g.ints({2}), g.ints({1})});
  Value reversed = g.node("Slice", {g.ids, g.ints({-1}), g.ints({-9}), g.ints({1}), g.ints({-1})});
  Value token = g.node("Gather", {g.ids, g.scalar(1)}, {g.attribute("axis", 0)});
  EXPECT_EQ(g.says(gathered), "ids t slot 1");
  EXPECT_EQ(g.says(fromEnd), "numbers t 1 slot 0");
  EXPECT_EQ(g.says(sliced), "ids t 1 slot 1");
  EXPECT_EQ(g.says(whole), "ids t s");
  EXPECT_EQ(g.says(reversed), "");
  EXPECT_EQ(g.says(token), "");
}

TEST(Routed, MasksOfOneExpert) {
  Graph g;
  Value equal = g.node("Equal", {g.ids, g.scalar(3)});
  Value cast = g.node("Cast", {equal}, {g.attribute("to", 1)});
  Value product = g.node("Mul", {cast, g.weights});
  Value sum = g.node("ReduceSum", {product, g.ints({-1})});
  Value any = g.node("ReduceMax", {cast, g.ints({1})}, {g.attribute("keepdims", 0)});
  Value outside = g.node("Equal", {g.ids, g.scalar(4)});
  Value slot0 = g.node("Gather", {g.weights, g.ints({0})}, {g.attribute("axis", 1)});
  Value wrongSlot = g.node("Mul", {cast, slot0});
  EXPECT_EQ(g.says(equal), "chosen t s expert 3");
  EXPECT_EQ(g.says(product), "mixed t s expert 3");
  EXPECT_EQ(g.says(sum), "mixed t 1 expert 3 any slot");
  EXPECT_EQ(g.says(any), "chosen t expert 3 any slot");
  EXPECT_EQ(g.says(outside), "never t s");
  EXPECT_EQ(g.says(wrongSlot), "");
}

TEST(Routed, OneHots) {
  Graph g;
  Value oneHot = g.node("OneHot", {g.ids, g.scalar(4), g.floats({0, 1})});
  Value tooDeep = g.node("OneHot", {g.ids, g.scalar(5), g.floats({0, 1})});
  Value halves = g.node("OneHot", {g.ids, g.scalar(4), g.floats({0, 0.5})});
  Value column = g.node("Unsqueeze", {g.weights, g.ints({-1})});
  Value product = g.node("Mul", {oneHot, column});
  Value sum = g.node("ReduceSum", {product, g.ints({1})}, {g.attribute("keepdims", 0)});
  Value overExperts = g.node("ReduceSum", {product, g.ints({2})});
  Value expertFirst = g.node("Transpose", {oneHot}, {g.order({2, 1, 0})});
  Value one = g.node("Gather", {expertFirst, g.scalar(2)});
  EXPECT_EQ(g.says(oneHot), "chosen t s e");
  EXPECT_EQ(g.says(tooDeep), "");
  EXPECT_EQ(g.says(halves), "");
  EXPECT_EQ(g.says(product), "mixed t s e");
  EXPECT_EQ(g.says(sum), "mixed t e any slot");
  EXPECT_EQ(g.says(overExperts), "");
  EXPECT_EQ(g.says(one), "chosen s t expert 2");
}

TEST(Routed, ComparedWithAllExperts) {
  Graph g;
  Value column = g.node("Unsqueeze", {g.ids, g.ints({-1})});
  Value mask = g.node("Equal", {column, g.ints({0, 1, 2, 3})});
  Value swapped = g.node("Equal", {column, g.ints({0, 1, 3, 2})});
  Value four = g.scalar(4), range = g.node("Range", {g.scalar(0), four, g.scalar(1)});
  Value rangeMask = g.node("Equal", {range, column});
  EXPECT_EQ(g.says(mask), "chosen t s e");
  EXPECT_EQ(g.says(swapped), "");
  EXPECT_EQ(g.says(rangeMask), "chosen t s e");
}

TEST(Routed, Scattered) {
  Graph g;
  Value shape = g.node("Shape", {g.logits});
  Value zeros = g.node("ConstantOfShape", {shape});
  Value dense = g.node("ScatterElements", {zeros, g.ids, g.weights}, {g.attribute("axis", 1)});
  Value onRows = g.node("ScatterElements", {zeros, g.ids, g.weights}, {g.attribute("axis", 0)});
  Value onLogits =
      g.node("ScatterElements", {g.logits, g.ids, g.weights}, {g.attribute("axis", 1)});
  Value low = g.node("Expand", {g.floats({-1.0e9f}), shape});
  Value masked = g.node("ScatterElements", {low, g.ids, g.weights}, {g.attribute("axis", -1)});
  Value probs = g.node("Softmax", {masked}, {g.attribute("axis", -1)});
  Value wrongAxis = g.node("Softmax", {masked}, {g.attribute("axis", 0)});
  EXPECT_EQ(g.says(dense), "mixed t e any slot");
  EXPECT_EQ(g.says(onRows), "");
  EXPECT_EQ(g.says(onLogits), "");
  EXPECT_EQ(g.says(masked), "masked t e any slot");
  EXPECT_EQ(g.says(probs), "mixed t e any slot");
  EXPECT_EQ(g.says(wrongAxis), "");
}

TEST(Routed, DenseNormalised) {
  Graph g;
  Value oneHot = g.node("OneHot", {g.ids, g.scalar(4), g.floats({0, 1})});
  Value multiHot = g.node("ReduceSum", {oneHot, g.ints({1})}, {g.attribute("keepdims", 0)});
  Value probs = g.node("Softmax", {g.logits}, {g.attribute("axis", -1)});
  Value dense = g.node("Mul", {probs, multiHot});
  Value sum = g.node("ReduceSum", {dense, g.ints({-1})});
  Value normal = g.node("Div", {dense, sum});
  Value otherWay = g.node("Div", {sum, dense});
  Value foreign =
      g.node("Mul", {g.node("Slice", {g.other, g.ints({0}), g.ints({4}), g.ints({1})}), multiHot});
  EXPECT_EQ(g.says(dense), "mixed t e any slot");
  EXPECT_EQ(g.says(sum), "total t 1");
  EXPECT_EQ(g.says(normal), "mixed t e any slot");
  EXPECT_EQ(g.says(otherWay), "");
  // Other tokens than the ids'.
  EXPECT_EQ(g.says(foreign), "");
}

TEST(Routed, Bounds) {
  Graph g;
  Value clip = g.node("Clip", {g.ids, g.scalar(0), g.scalar(3)});
  Value tight = g.node("Clip", {g.ids, g.scalar(0), g.scalar(2)});
  Value isSentinel = g.node("GreaterOrEqual", {g.ids, g.scalar(4)});
  Value safe = g.node("Where", {isSentinel, g.ints({0}), clip});
  Value isLast = g.node("GreaterOrEqual", {g.ids, g.scalar(3)});
  Value unsafe = g.node("Where", {isLast, g.ints({0}), g.ids});
  EXPECT_EQ(g.says(clip), "ids t s");
  EXPECT_EQ(g.says(tight), "");
  EXPECT_EQ(g.says(isSentinel), "never t s");
  EXPECT_EQ(g.says(safe), "ids t s");
  EXPECT_EQ(g.says(unsafe), "");
}

TEST(Routed, Expanded) {
  Graph g;
  Value column = g.node("Unsqueeze", {g.ids, g.ints({-1})});
  Value byOne = g.node("Expand", {column, g.ints({1, 1, 8})});
  Value tokens = g.node("Gather", {g.node("Shape", {g.logits}), g.ints({0})});
  Value own = g.node("Concat", {tokens, g.ints({2}), g.ints({8})}, {g.attribute("axis", 0)});
  Value byOwn = g.node("Expand", {column, own});
  Value rows = g.node("Gather", {g.node("Shape", {g.other}), g.ints({0})});
  Value foreign = g.node("Concat", {rows, g.ints({2}), g.ints({8})}, {g.attribute("axis", 0)});
  Value byForeign = g.node("Expand", {column, foreign});
  EXPECT_EQ(g.says(byOne), "ids t s =");
  EXPECT_EQ(g.says(byOwn), "ids t s =");
  // One token could become many.
  EXPECT_EQ(g.says(byForeign), "");
}

TEST(Routed, OneSlot) {
  Graph g({kAny, 4}, 1);
  Value flat = g.node("Squeeze", {g.ids, g.ints({1})});
  Value oneHot = g.node("OneHot", {flat, g.scalar(4), g.floats({0, 1})});
  Value weight = g.node("Mul", {oneHot, g.weights});
  EXPECT_EQ(g.says(flat), "ids t slot 0");
  EXPECT_EQ(g.says(oneHot), "chosen t e slot 0");
  EXPECT_EQ(g.says(weight), "mixed t e slot 0");
}

} // namespace
