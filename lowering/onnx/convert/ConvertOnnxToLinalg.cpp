//===- Convert.cpp - From ONNX operators to linalg ------------------------===//
//
// One pass over the nodes in their order. A node's operands are converted when it is reached, so
// that a table row sees finished values only. What cannot be converted is reported, all of it.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/onnx/convert/Node.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace moe {
#define GEN_PASS_DEF_CONVERTONNXTOLINALG
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
Table makeTable() {
  Table table;
  for (llvm::ArrayRef<Table::Row> family :
       {activationRows(),  attentionRows(), blockQuantizedRows(), cacheRows(),    castRows(),
        channelNormRows(), convRows(),      controlRows(),        createRows(),   einsumRows(),
        elementwiseRows(), gatherRows(),    groupQueryRows(),     matMulRows(),   multiHeadRows(),
        normRows(),        orderRows(),     poolRows(),           quantizeRows(), recurrentRows(),
        reduceRows(),      reshapeRows(),   rotaryRows(),         scatterRows(),  sliceRows()})
    table.add(family);
  return table;
}

/// Whether arithmetic on the type is right on every target: no strings, pairs, or numbers that
/// memory holds otherwise than one after the other in whole bytes.
bool isNumber(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (element.isIndex() || element.isInteger(1))
    return true;
  return element.isIntOrFloat() && element.getIntOrFloatBitWidth() >= 8 &&
         !(isa<FloatType>(element) && element.getIntOrFloatBitWidth() == 8);
}

/// Converts one function.
class Conversion {
public:
  Conversion(func::FuncOp function, const Table &table)
      : function(function), table(table),
        builder(function.getLoc(), &function.front(), function.front().begin()),
        shapes((takeArguments(), builder), function) {}

  LogicalResult run() {
    SmallVector<Operation *> all;
    for (Operation &op : function.front())
      all.push_back(&op);
    if (!convertAll(all))
      return failure();
    eraseOld();
    return success();
  }

private:
  /// False where there were errors.
  bool convertAll(llvm::ArrayRef<Operation *> all) {
    bool good = true;
    for (Operation *op : all) {
      builder.setInsertionPoint(op);
      builder.setLoc(op->getLoc());
      if (auto constant = dyn_cast<onnx::ConstantOp>(op))
        good &= succeeded(convertConstant(constant));
      else if (auto node = dyn_cast<onnx::NodeOp>(op))
        good &= succeeded(convertNode(node));
      else if (auto weight = dyn_cast<WeightOp>(op); weight && isSmall(weight.getType()))
        good &= succeeded(convertSmallWeight(weight));
      else if (weight)
        convertWeight(weight);
      else if (auto dim = dyn_cast<tensor::DimOp>(op))
        takeDimension(dim);
      else
        shapes.visit(builder, op);
    }
    return good;
  }

  /// See Node::ConvertBody.
  FailureOr<SmallVector<Value>> convertBody(Region &body, ValueRange arguments,
                                            ImplicitLocOpBuilder &at) {
    Block &block = body.front();
    for (auto [argument, value] : llvm::zip_equal(block.getArguments(), arguments))
      replace(argument, value);
    auto end = cast<onnx::ReturnOp>(block.back());
    SmallVector<Operation *> all;
    for (Operation &op : block.without_terminator())
      all.push_back(&op);
    at.getInsertionBlock()->getOperations().splice(at.getInsertionPoint(), block.getOperations(),
                                                   block.begin(), end->getIterator());
    // Weights stand where everyone can see them.
    for (Operation *op : all)
      if (isa<WeightOp>(op))
        op->moveBefore(&function.front(), function.front().begin());
    if (!convertAll(all))
      return failure();
    SmallVector<Value> results;
    for (Value value : end.getOperands()) {
      if (missing.contains(value))
        return failure();
      results.push_back(values.lookupOrDefault(value));
    }
    dead.push_back(end);
    return results;
  }

  /// Arguments become signless; the nodes keep seeing what they were, by a cast that goes at the
  /// end.
  void takeArguments() {
    for (BlockArgument argument : function.getArguments()) {
      Type wanted = signless(argument.getType());
      if (wanted == argument.getType())
        continue;
      auto old = UnrealizedConversionCastOp::create(builder, argument.getType(), argument);
      argument.replaceAllUsesExcept(old.getResult(0), old);
      argument.setType(wanted);
      replace(old.getResult(0), argument);
      dead.push_back(old);
    }
  }

  /// Nodes that come later look `value` up; everything else gets `with` at once.
  void replace(Value value, Value with) {
    values.map(value, with);
    value.replaceUsesWithIf(with,
                            [](OpOperand &use) { return !isa<onnx::NodeOp>(use.getOwner()); });
  }

  /// A dimension that raising asked for is the value that is known for it.
  void takeDimension(tensor::DimOp dim) {
    std::optional<int64_t> index = dim.getConstantIndex();
    auto type = dyn_cast<RankedTensorType>(dim.getSource().getType());
    if (!index || !type || *index < 0 || *index >= type.getRank())
      return;
    Value known = asValue(builder, shapes.of(builder, dim.getSource())[*index]);
    if (known == dim.getResult())
      return;
    dim.getResult().replaceAllUsesWith(known);
    dim->erase();
  }

  LogicalResult convertConstant(onnx::ConstantOp constant) {
    dead.push_back(constant);
    bool isKnown = isNumber(constant.getType()) || isSmall(constant.getType());
    ElementsAttr elements = isKnown ? signlessElements(constant.getValue()) : ElementsAttr();
    if (!elements)
      return constant.emitError("unsupported element type ") << constant.getType();
    replace(constant, arith::ConstantOp::create(builder, cast<TypedAttr>(elements)));
    return success();
  }

  /// Nodes want a byte an element; raised layers know how their weights lie.
  LogicalResult convertSmallWeight(WeightOp weight) {
    if (llvm::none_of(weight->getUsers(), llvm::IsaPred<onnx::NodeOp>))
      return success();
    Value bytes = weightInBytes(builder, weight);
    if (!bytes) {
      missing.insert(weight.getResult());
      return weight.emitOpError("is an unsupported view of numbers below a byte");
    }
    values.map(weight.getResult(), bytes);
    return success();
  }

  void convertWeight(WeightOp weight) {
    Type wanted = signless(weight.getType());
    if (wanted == weight.getType())
      return;
    SmallVector<Attribute> pieces;
    for (auto piece : weight.getPieces().getAsRange<PieceAttr>()) {
      Attribute source = piece.getSource();
      if (auto elements = dyn_cast<ElementsAttr>(source))
        source = signlessElements(elements);
      pieces.push_back(PieceAttr::get(piece.getContext(), source, piece.getOffset(),
                                      piece.getShape(), piece.getStrides()));
    }
    auto copy = cast<WeightOp>(builder.clone(*weight));
    copy.setPiecesAttr(builder.getArrayAttr(pieces));
    copy.getResult().setType(cast<ShapedType>(wanted));
    replace(weight, copy);
    dead.push_back(weight);
  }

  LogicalResult convertNode(onnx::NodeOp node) {
    dead.push_back(node);
    // What depends on a failed node has no operand; it was reported there.
    if (llvm::any_of(node.getInputs(), [&](Value input) { return missing.contains(input); }))
      return give(node, {});
    const Table::Row *row = table.lookup(node);
    if (!row) {
      node.emitError("unsupported operator ")
          << node.qualifiedName() << " (node '" << node.getName() << "', opset "
          << node.getVersion() << ")";
      return give(node, {});
    }
    if (failed(checkTypes(node)))
      return give(node, {});
    auto body = [this](Region &body, ValueRange arguments, ImplicitLocOpBuilder &at) {
      return convertBody(body, arguments, at);
    };
    Node building(node, values, shapes, body);
    if (failed(row->fn(building)))
      return give(node, {});
    return give(node, building.outs());
  }

  /// Rows expect tensors of numbers of known rank.
  LogicalResult checkTypes(onnx::NodeOp node) {
    bool small = takesSmall(node);
    auto good = [&](Type type) {
      return isa<NoneType>(type) ||
             (isa<RankedTensorType>(type) && (isNumber(type) || (small && isSmall(type))));
    };
    for (TypeRange types : {TypeRange(node.getInputs()), TypeRange(node.getResults())})
      for (Type type : types)
        if (!good(type))
          return node.emitError("unsupported type ")
                 << type << " at " << node.qualifiedName() << " (node '" << node.getName() << "')";
    return success();
  }

  LogicalResult give(onnx::NodeOp node, llvm::ArrayRef<Value> results) {
    for (auto [i, old] : llvm::enumerate(node.getResults())) {
      if (i < results.size() && results[i])
        replace(old, results[i]);
      else
        missing.insert(old);
    }
    return failure(results.empty() && node.getNumResults() > 0);
  }

  void eraseOld() {
    for (Operation *op : llvm::reverse(dead))
      op->erase();
    for (auto none : llvm::make_early_inc_range(function.front().getOps<onnx::NoneOp>()))
      if (none->use_empty())
        none->erase();
    SmallVector<Type> inputs(function.front().getArgumentTypes());
    SmallVector<Type> outputs(function.front().getTerminator()->getOperandTypes());
    function.setType(FunctionType::get(function.getContext(), inputs, outputs));
  }

  func::FuncOp function;
  const Table &table;
  ImplicitLocOpBuilder builder;
  IRMapping values;
  llvm::DenseSet<Value> missing;
  SmallVector<Operation *> dead;
  Shapes shapes;
};

struct ConvertOnnxToLinalg : moe::impl::ConvertOnnxToLinalgBase<ConvertOnnxToLinalg> {
  using ConvertOnnxToLinalgBase::ConvertOnnxToLinalgBase;

  void runOnOperation() override {
    Table table = makeTable();
    bool good = true;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal())
        good &= succeeded(Conversion(function, table).run());
    if (!good)
      signalPassFailure();
  }
};
} // namespace
