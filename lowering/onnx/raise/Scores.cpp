//===- Scores.cpp - Reads scores back to logits ---------------------------===//

#include "lowering/onnx/raise/Scores.h"
#include "lowering/onnx/raise/Routed.h"

using namespace mlir;

namespace moe::raise {

/// No router wraps its scores deeper.
static constexpr int kDeepest = 64;

/// Whether the last dimensions of `value` multiply to `width`.
static bool hasRows(Value value, int64_t width) {
  RankedTensorType type = tensorType(value);
  if (!type)
    return false;
  int64_t product = 1;
  for (int64_t size : llvm::reverse(type.getShape())) {
    if (product == width)
      return true;
    if (ShapedType::isDynamic(size) || size == 0 || product > width)
      return false;
    product *= size;
  }
  return product == width;
}

Value stripRows(Value value, int64_t width) {
  for (int step = 0; step < kDeepest; ++step) {
    Value before = stripCast(value);
    onnx::NodeOp node = nodeOf(before);
    bool reshapes = node && (node.is("Reshape") || node.is("Flatten") || node.is("Squeeze") ||
                             node.is("Unsqueeze"));
    if (reshapes && hasRows(before, width) && hasRows(node.input(0), width))
      before = node.input(0);
    if (before == value)
      break;
    value = before;
  }
  return value;
}

bool isOverLast(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.input(0));
  if (!type)
    return false;
  int64_t otherwise = -1;
  if (node.is("ArgMax"))
    otherwise = 0;
  else if ((node.is("Softmax") || node.is("LogSoftmax")) && node.getVersion() < 13)
    otherwise = 1; // and all dimensions from there on, which is the same for the last one
  return isLastAxis(node, otherwise, type.getRank());
}

/// The node that made the rows `value`, where it is `op`.
static onnx::NodeOp rowsOp(Value value, int64_t width, StringRef op) {
  return nodeOf(stripRows(value, width), op);
}

/// The operand beside the constant `number` of a node of two operands, or null.
static Value besides(onnx::NodeOp node, double number) {
  for (unsigned i : {0u, 1u})
    if (node && node.input(0) && node.input(1) && filledWith(node.input(i)) == number)
      return node.input(1 - i);
  return {};
}

Quotient quotientOf(onnx::NodeOp node) {
  if (!node || !node.input(0) || !node.input(1))
    return {};
  if (node.is("Div"))
    return {node.input(0), node.input(1)};
  if (node.is("Mul"))
    for (unsigned i : {1u, 0u})
      if (onnx::NodeOp inverse = nodeOf(stripCast(node.input(i)), "Reciprocal"))
        return {node.input(1 - i), inverse.input(0)};
  return {};
}

Bounded boundedBelow(onnx::NodeOp node) {
  if (!node || !node.input(0))
    return {};
  if (node.is("Clip") && !node.input(2) && !node.attribute("max")) {
    if (auto bound = dyn_cast_or_null<FloatAttr>(node.attribute("min")))
      return {node.input(0), bound.getValueAsDouble()};
    if (auto bound = node.input(1) ? filledWith(node.input(1)) : std::nullopt)
      return {node.input(0), *bound};
  }
  if (node.is("Max") && node.getInputs().size() == 2)
    for (unsigned i : {0u, 1u})
      if (auto bound = filledWith(node.input(i)))
        return {node.input(1 - i), *bound};
  return {};
}

/// A reduction along the last dimension, which stays as 1 or goes.
static bool reducesLast(onnx::NodeOp node, int64_t width) {
  RankedTensorType type = tensorType(node.input(0));
  auto axes = axesOf(node);
  return type && type.getRank() && type.getShape().back() == width && axes && axes->size() == 1 &&
         normalizeAxis(axes->front(), type.getRank()) == type.getRank() - 1;
}

std::optional<RowSum> readSum(Value sum, Value of, int64_t width) {
  RowSum result;
  for (int step = 0; step < kDeepest; ++step) {
    sum = stripRows(sum, 1);
    onnx::NodeOp node = nodeOf(sum);
    if (!node || !node.input(0))
      return std::nullopt;
    if (node.is("Add")) {
      unsigned constant = node.input(1) && filledWith(node.input(1)) ? 1 : 0;
      auto number = node.input(1) ? filledWith(node.input(constant)) : std::nullopt;
      if (!number || *number < 0.0 || result.least)
        return std::nullopt;
      result.epsilon += *number;
      sum = node.input(1 - constant);
    } else if (Bounded bounded = boundedBelow(node); bounded.value) {
      // max(sum, least) + epsilon = max(sum + epsilon, least + epsilon)
      double least = bounded.number + result.epsilon;
      result.least = std::max(least, result.least.value_or(least));
      sum = bounded.value;
    } else if (node.is("Expand")) {
      sum = node.input(0);
    } else if (node.is("ReduceSum") || node.is("ReduceL1")) {
      result.absolute = node.is("ReduceL1");
      if (!reducesLast(node, width) || stripRows(node.input(0), width) != stripRows(of, width))
        return std::nullopt;
      return result;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// x of exp(x) / sum exp(x), or of x minus its largest; null where it is none.
static Value softmaxArgument(onnx::NodeOp node, int64_t width) {
  Quotient quotient = quotientOf(node);
  onnx::NodeOp exp = quotient.dividend ? rowsOp(quotient.dividend, width, "Exp") : onnx::NodeOp();
  if (!exp)
    return {};
  auto sum = readSum(quotient.divisor, exp.getOutputs()[0], width);
  if (!sum || sum->epsilon != 0.0 || sum->least)
    return {};
  Value x = exp.input(0);
  onnx::NodeOp shifted = rowsOp(x, width, "Sub");
  onnx::NodeOp largest =
      shifted && shifted.input(1) ? rowsOp(shifted.input(1), 1, "ReduceMax") : onnx::NodeOp();
  if (largest && reducesLast(largest, width) &&
      stripRows(largest.input(0), width) == stripRows(shifted.input(0), width))
    x = shifted.input(0);
  return x;
}

/// x of 1 / (1 + exp(-x)), spelled out; null where it is none.
static Value sigmoidArgument(onnx::NodeOp node, int64_t width) {
  Value sum;
  if (node.is("Reciprocal"))
    sum = node.input(0);
  else if (node.is("Div") && filledWith(node.input(0)) == 1.0)
    sum = node.input(1);
  Value power = sum ? besides(rowsOp(sum, width, "Add"), 1.0) : Value();
  onnx::NodeOp exp = power ? rowsOp(power, width, "Exp") : onnx::NodeOp();
  onnx::NodeOp negative = exp ? rowsOp(exp.input(0), width, "Neg") : onnx::NodeOp();
  return negative ? negative.input(0)
                  : besides(exp ? rowsOp(exp.input(0), width, "Mul") : exp, -1.0);
}

/// x of sqrt(log(1 + exp(x))); null where it is none.
static Value sqrtSoftplusArgument(onnx::NodeOp node, int64_t width) {
  bool isRoot = node.is("Sqrt") || (node.is("Pow") && filledWith(node.input(1)) == 0.5);
  if (!isRoot)
    return {};
  if (onnx::NodeOp softplus = rowsOp(node.input(0), width, "Softplus"))
    return softplus.input(0);
  onnx::NodeOp log = rowsOp(node.input(0), width, "Log");
  Value power = log ? besides(rowsOp(log.input(0), width, "Add"), 1.0) : Value();
  onnx::NodeOp exp = power ? rowsOp(power, width, "Exp") : onnx::NodeOp();
  return exp ? exp.input(0) : Value();
}

Scores readScores(Value rows, int64_t width) {
  Value value = stripRows(rows, width);
  onnx::NodeOp node = nodeOf(value);
  if (!node || !node.input(0))
    return {Score::Identity, value};
  auto of = [&](Score function, Value x) { return Scores{function, stripRows(x, width)}; };
  if (node.is("Softmax") && isOverLast(node) && lastDim(node.input(0)) == width)
    return of(Score::Softmax, node.input(0));
  if (onnx::NodeOp log = rowsOp(node.input(0), width, "LogSoftmax"); log && node.is("Exp"))
    if (isOverLast(log) && lastDim(log.input(0)) == width)
      return of(Score::Softmax, log.input(0));
  if (Value x = softmaxArgument(node, width))
    return of(Score::Softmax, x);
  if (node.is("Sigmoid"))
    return of(Score::Sigmoid, node.input(0));
  if (Value x = sigmoidArgument(node, width))
    return of(Score::Sigmoid, x);
  if (Value x = sqrtSoftplusArgument(node, width))
    return of(Score::SqrtSoftplus, x);
  return {Score::Identity, value};
}

} // namespace moe::raise
