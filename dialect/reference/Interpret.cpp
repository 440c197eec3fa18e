//===- Interpret.cpp - The table of operations, and the simple ones -------===//

#include "dialect/reference/Interpret.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moe;
using namespace moe::reference;

struct Interpreter::Row {
  llvm::StringRef op;
  LogicalResult (Interpreter::*run)(Operation *op);
};

const Interpreter::Row *Interpreter::findRow(Operation *op) {
  static const Row rows[] = {
      {"arith.constant", &Interpreter::runConstant},
      {"linalg.fill", &Interpreter::runFill},
      {"linalg.generic", &Interpreter::runGeneric},
      {"linalg.matmul", &Interpreter::runMatmul},
      {"moe.combine", &Interpreter::runCombine},
      {"moe.dequantize", &Interpreter::runDequantize},
      {"moe.dispatch", &Interpreter::runDispatch},
      {"moe.expert", &Interpreter::runExpert},
      {"moe.gate", &Interpreter::runGate},
      {"moe.weight", &Interpreter::runWeight},
      {"tensor.cast", &Interpreter::runReshape},
      {"tensor.collapse_shape", &Interpreter::runReshape},
      {"tensor.dim", &Interpreter::runDim},
      {"tensor.empty", &Interpreter::runEmpty},
      {"tensor.expand_shape", &Interpreter::runReshape},
  };
  for (const Row &row : rows)
    if (op->getName().getStringRef() == row.op)
      return &row;
  return nullptr;
}

double moe::reference::unitOf(Type type) {
  auto floating = dyn_cast<FloatType>(getElementTypeOrSelf(type));
  if (!floating)
    return 0;
  // Beside f64 the reference rounds as much itself.
  return unitRoundoff(floating.getFPMantissaWidth()) * (floating.isF64() ? 2 : 1);
}

void Interpreter::bind(Value value, Tensor tensor) { values[value] = std::move(tensor); }

FailureOr<Tensor> Interpreter::get(Value value) {
  if (auto found = values.find(value); found != values.end())
    return found->second;
  // Weights are large: they are read where they are asked for, and not kept.
  if (auto weight = value.getDefiningOp<WeightOp>())
    return readWeight(weight, std::nullopt);
  return emitError(value.getLoc()) << "the reference was not given this value";
}

FailureOr<const Tensor *> Interpreter::peek(Value value, Tensor &own) {
  if (auto found = values.find(value); found != values.end())
    return &found->second;
  FailureOr<Tensor> read = get(value);
  if (failed(read))
    return failure();
  own = std::move(*read);
  return &own;
}

LogicalResult Interpreter::run(Block &block) {
  for (Operation &op : block.without_terminator()) {
    const Row *row = findRow(&op);
    if (!row)
      return op.emitOpError("is unknown to the reference; unsupported");
    if (failed((this->*row->run)(&op)))
      return failure();
  }
  return success();
}

static size_t elementsOf(ArrayRef<int64_t> shape) {
  size_t elements = 1;
  for (int64_t size : shape)
    elements *= static_cast<size_t>(size);
  return elements;
}

static double asDouble(Attribute attribute) {
  if (auto floating = dyn_cast<FloatAttr>(attribute))
    return floating.getValueAsDouble();
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getType().isInteger(1) ? integer.getValue().getZExtValue()
                                          : integer.getValue().getSExtValue();
  return 0;
}

LogicalResult Interpreter::runConstant(Operation *op) {
  Attribute value = cast<arith::ConstantOp>(op).getValue();
  Tensor tensor;
  if (auto elements = dyn_cast<DenseElementsAttr>(value)) {
    tensor.shape.assign(elements.getType().getShape().begin(), elements.getType().getShape().end());
    for (Attribute element : elements.getValues<Attribute>())
      tensor.values.push_back(asDouble(element));
  } else if (isa<FloatAttr, IntegerAttr>(value)) {
    tensor.values.push_back(asDouble(value));
  } else {
    return op->emitOpError("is a constant that the reference does not read; unsupported");
  }
  bind(op->getResult(0), std::move(tensor));
  return success();
}

LogicalResult Interpreter::runWeight(Operation *) { return success(); }

LogicalResult Interpreter::runEmpty(Operation *op) {
  auto empty = cast<tensor::EmptyOp>(op);
  Tensor tensor;
  unsigned next = 0;
  for (int64_t size : empty.getType().getShape()) {
    if (ShapedType::isDynamic(size)) {
      FailureOr<Tensor> dynamic = get(empty.getDynamicSizes()[next++]);
      if (failed(dynamic))
        return failure();
      size = static_cast<int64_t>(dynamic->values.front());
    }
    tensor.shape.push_back(size);
  }
  tensor.values.resize(elementsOf(tensor.shape));
  bind(op->getResult(0), std::move(tensor));
  return success();
}

LogicalResult Interpreter::runDim(Operation *op) {
  FailureOr<Tensor> source = get(op->getOperand(0)), index = get(op->getOperand(1));
  if (failed(source) || failed(index))
    return failure();
  auto dim = static_cast<size_t>(index->values.front());
  if (dim >= source->shape.size())
    return op->emitOpError("asks for a dimension that is not there");
  bind(op->getResult(0), {{}, {static_cast<double>(source->shape[dim])}, {}});
  return success();
}

/// Casts, and shapes whose sizes are known but for one.
LogicalResult Interpreter::runReshape(Operation *op) {
  FailureOr<Tensor> tensor = get(op->getOperand(0));
  if (failed(tensor))
    return failure();
  if (!isa<tensor::CastOp>(op)) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    if (type.getNumDynamicDims() > 1)
      return op->emitOpError("has more than one unknown size; unsupported by the reference");
    size_t known = 1;
    for (int64_t size : type.getShape())
      known *= ShapedType::isDynamic(size) ? 1 : static_cast<size_t>(size);
    tensor->shape.clear();
    for (int64_t size : type.getShape())
      tensor->shape.push_back(!ShapedType::isDynamic(size) ? size
                              : known ? static_cast<int64_t>(tensor->values.size() / known)
                                      : 0);
  }
  bind(op->getResult(0), std::move(*tensor));
  return success();
}

LogicalResult Interpreter::runFill(Operation *op) {
  auto fill = cast<linalg::FillOp>(op);
  FailureOr<Tensor> scalar = get(fill.getInputs().front()), out = get(fill.getOutputs().front());
  if (failed(scalar) || failed(out))
    return failure();
  out->values.assign(out->values.size(), scalar->values.front());
  out->errors.clear();
  bind(op->getResult(0), std::move(*out));
  return success();
}

LogicalResult Interpreter::runMatmul(Operation *op) {
  auto product = cast<linalg::MatmulOp>(op);
  if (product.hasUserDefinedMaps())
    return op->emitOpError("has indexing maps of its own; unsupported by the reference");
  FailureOr<Tensor> rows = get(product.getInputs()[0]), weight = get(product.getInputs()[1]);
  FailureOr<Tensor> init = get(product.getOutputs()[0]);
  if (failed(rows) || failed(weight) || failed(init))
    return failure();
  if (rows->shape[1] != weight->shape[0])
    return op->emitOpError("has rows and a weight of different depths");
  bind(op->getResult(0), matmul(*rows, *weight, *init, unitOf(product.getOutputs()[0].getType())));
  return success();
}
