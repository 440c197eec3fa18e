//===- Body.cpp - Recognises an expert's body -----------------------------===//

#include "lowering/onnx/raise/Body.h"
#include "lowering/onnx/Formulas.h"
#include "lowering/onnx/raise/ScalarMath.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;

namespace moe::raise {
namespace {

using Operand = Body::Operand;

/// Far above any body seen; a bound keeps a hostile file from costing more than linear time.
constexpr size_t kMostSteps = 1024;

/// Collects the steps of one body, inputs before users.
class Reader {
public:
  Reader(llvm::function_ref<bool(Value)> isRows, Attempt &attempt)
      : isRows(isRows), attempt(attempt) {}

  FailureOr<Body> read(Value output);

private:
  bool isTransparent(onnx::NodeOp node);
  void inputsToRead(onnx::NodeOp node, SmallVectorImpl<Value> &inputs);
  LogicalResult readNode(onnx::NodeOp node, Value value);
  LogicalResult readProduct(onnx::NodeOp node, Value value);
  LogicalResult readElementwise(onnx::NodeOp node, Value value);
  LogicalResult readCut(onnx::NodeOp node, Value value);
  FailureOr<Operand> sideOperand(onnx::NodeOp node, Value value, int64_t columns);
  FailureOr<Operand> cut(onnx::NodeOp node, Operand operand, int64_t start, int64_t count,
                         int64_t step);
  Operand addStep(StringRef op, StringRef domain, DictionaryAttr attributes,
                  ArrayRef<Operand> operands, int64_t columns);
  Operand literal(double value);
  Operand weight(const WeightView &view);
  void prune();

  llvm::function_ref<bool(Value)> isRows;
  Attempt &attempt;
  Body body;
  llvm::DenseMap<Value, Operand> known;
  MLIRContext *context = nullptr;
};

bool isConstantLike(Value value) { return constantNumber(value) || weightView(value); }

Operand Reader::literal(double value) {
  body.literals.push_back(value);
  return {Operand::Literal, static_cast<unsigned>(body.literals.size() - 1)};
}

Operand Reader::weight(const WeightView &view) {
  body.weights.push_back(view);
  return {Operand::Weight, static_cast<unsigned>(body.weights.size() - 1)};
}

Operand Reader::addStep(StringRef op, StringRef domain, DictionaryAttr attributes,
                        ArrayRef<Operand> operands, int64_t columns) {
  StringAttr name = op.empty() ? StringAttr() : StringAttr::get(context, op);
  body.steps.push_back({name, StringAttr::get(context, domain), attributes,
                        SmallVector<Operand, 3>(operands), columns});
  return {Operand::Step, static_cast<unsigned>(body.steps.size() - 1)};
}

/// Nodes that keep the rows and their columns as they are.
bool Reader::isTransparent(onnx::NodeOp node) {
  if (node.is("Dropout"))
    return true;
  bool isShape = node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze");
  if (isShape)
    return !ShapedType::isDynamic(lastDim(node.input(0))) &&
           lastDim(node.input(0)) == lastDim(node.getOutputs()[0]);
  return stripCast(node.getOutputs()[0]) != node.getOutputs()[0];
}

void Reader::inputsToRead(onnx::NodeOp node, SmallVectorImpl<Value> &inputs) {
  bool isElementwise = findElementwise(node.getOp(), node.getDomain());
  for (unsigned i = 0, e = isElementwise ? node.getInputs().size() : 1; i < e; ++i)
    if (Value input = node.input(i); input && !isConstantLike(input))
      inputs.push_back(input);
}

LogicalResult Reader::readNode(onnx::NodeOp node, Value value) {
  if (isTransparent(node)) {
    known.insert({value, known.lookup(node.input(0))});
    return success();
  }
  if (node.is("MatMul") || node.is("Gemm"))
    return readProduct(node, value);
  if (node.is("Split") || node.is("Slice"))
    return readCut(node, value);
  return readElementwise(node, value);
}

LogicalResult Reader::readProduct(onnx::NodeOp node, Value value) {
  auto view = weightView(node.input(1));
  if (!view || view->rank() != 2 || !known.contains(node.input(0)))
    return attempt.miss(node, nameOf(node) + " is no product of rows and a constant matrix");
  bool isGemm = node.is("Gemm");
  if (isGemm && (node.intAttribute("transA", 0) || node.floatAttribute("beta", 1.0) != 1.0))
    return attempt.miss(node, nameOf(node) + " has transA or beta");
  if (isGemm && node.intAttribute("transB", 0))
    view = view->permuted({1, 0});
  if (lastDim(node.input(0)) != view->shape[0])
    return attempt.miss(node,
                        nameOf(node) + " has rows whose width is not known to fit its matrix");
  int64_t columns = view->shape[1];
  Operand result = addStep("", "", {}, {known.lookup(node.input(0)), weight(*view)}, columns);
  DictionaryAttr none = DictionaryAttr::get(context);
  if (double alpha = isGemm ? node.floatAttribute("alpha", 1.0) : 1.0; alpha != 1.0)
    result = addStep("Mul", "", none, {result, literal(alpha)}, columns);
  if (Value bias = isGemm ? node.input(2) : Value()) {
    auto side = sideOperand(node, bias, columns);
    if (failed(side))
      return failure();
    result = addStep("Add", "", none, {result, *side}, columns);
  }
  known.insert({value, result});
  return success();
}

/// A constant operand of an elementwise step: one number, or one for each column.
FailureOr<Operand> Reader::sideOperand(onnx::NodeOp node, Value value, int64_t columns) {
  if (auto number = constantNumber(value))
    return literal(*number);
  auto view = weightView(value);
  if (!view || view->shape.empty() || view->shape.back() != columns)
    return attempt.miss(node, nameOf(node) +
                                  " has a constant that is neither one number nor one a column");
  while (view->rank() > 1) {
    if (view->shape.front() != 1)
      return attempt.miss(node, nameOf(node) + " has a constant that differs between rows");
    view = view->selected(0, 0);
  }
  return weight(*view);
}

LogicalResult Reader::readElementwise(onnx::NodeOp node, Value value) {
  const ElementwiseOperator *row = findElementwise(node.getOp(), node.getDomain());
  if (!row || node.getInputs().size() < row->least || node.getInputs().size() > row->most ||
      !llvm::all_of(llvm::seq(0u, row->least), [&](unsigned i) { return !!node.input(i); }))
    return attempt.miss(node, nameOf(node) + " is no part of an expert's body");
  int64_t columns = lastDim(value);
  RankedTensorType type = tensorType(value);
  if (ShapedType::isDynamic(columns) || !isa<FloatType>(type.getElementType()))
    return attempt.miss(node, nameOf(node) + " has no static number of columns");
  SmallVector<Operand> operands;
  bool hasRows = false;
  for (unsigned i = 0; i < node.getInputs().size(); ++i) {
    Value input = node.input(i);
    if (!input) {
      operands.push_back({Operand::Absent});
    } else if (known.contains(input)) {
      if (lastDim(input) != columns || tensorType(input).getRank() != type.getRank())
        return attempt.miss(node, nameOf(node) + " broadcasts rows");
      operands.push_back(known.lookup(input));
      hasRows = true;
    } else {
      auto side = sideOperand(node, input, columns);
      if (failed(side))
        return failure();
      operands.push_back(*side);
    }
  }
  if (!hasRows)
    return attempt.miss(node, nameOf(node) + " does not depend on the rows");
  known.insert({value, addStep(node.getOp(), node.getDomain(), node.getOnnxAttributes(), operands,
                               columns)});
  return success();
}

/// Columns `start, start + step, ...` of an operand: cuts go through elementwise steps into the
/// weights, so that halves and interleaved parts become views.
FailureOr<Operand> Reader::cut(onnx::NodeOp node, Operand operand, int64_t start, int64_t count,
                               int64_t step) {
  // Steps are in order, so one sweep over those before `operand` reaches all that it needs.
  llvm::DenseMap<unsigned, Operand> done;
  auto ready = [&](Operand one) -> std::optional<Operand> {
    switch (one.kind) {
    case Operand::Literal:
    case Operand::Absent:
      return one;
    case Operand::Weight:
      return weight(WeightView(body.weights[one.index]).sliced(0, start, count, step));
    case Operand::Step:
      if (auto it = done.find(one.index); it != done.end())
        return it->second;
      return std::nullopt;
    case Operand::Rows:
      return std::nullopt;
    }
    llvm_unreachable("all kinds are handled above");
  };
  if (operand.kind == Operand::Rows || body.steps.size() > kMostSteps)
    return attempt.miss(node, nameOf(node) + " takes a part of what is no product");
  SmallVector<bool> needed(operand.index + 1, false);
  needed[operand.index] = true;
  for (unsigned i = operand.index + 1; i-- > 0;)
    if (needed[i] && body.steps[i].op)
      for (Operand one : body.steps[i].operands)
        if (one.kind == Operand::Step)
          needed[one.index] = true;
  for (unsigned i = 0; i <= operand.index; ++i) {
    if (!needed[i])
      continue;
    Body::Step copy = body.steps[i];
    if (!copy.op) {
      copy.operands[1] =
          weight(WeightView(body.weights[copy.operands[1].index]).sliced(1, start, count, step));
    } else {
      for (Operand &one : copy.operands) {
        auto part = ready(one);
        if (!part)
          return attempt.miss(node, nameOf(node) + " takes a part of what is no product");
        one = *part;
      }
    }
    copy.columns = count;
    body.steps.push_back(copy);
    done[i] = {Operand::Step, static_cast<unsigned>(body.steps.size() - 1)};
  }
  return done.lookup(operand.index);
}

LogicalResult Reader::readCut(onnx::NodeOp node, Value value) {
  int64_t rank = tensorType(value).getRank(), whole = lastDim(node.input(0)),
          count = lastDim(value);
  int64_t start = 0, step = 1;
  bool fixed = !ShapedType::isDynamic(whole) && !ShapedType::isDynamic(count) && count > 0;
  if (fixed && node.is("Split")) {
    fixed = isLastAxis(node, 0, rank);
    for (Value output : node.getOutputs()) {
      if (output == value)
        break;
      fixed &= !ShapedType::isDynamic(lastDim(output));
      start += fixed ? lastDim(output) : 0;
    }
  } else if (fixed) {
    auto starts = constantInt(node.input(1)), axis = constantInt(node.input(3));
    auto steps = node.input(4) ? constantInt(node.input(4)) : std::optional<int64_t>(1);
    fixed = starts && axis && steps && *steps >= 1 && normalizeAxis(*axis, rank) == rank - 1;
    if (fixed) {
      start = *starts < 0 ? *starts + whole : *starts;
      step = *steps;
    }
  }
  if (!fixed || start < 0 || start >= whole || count > (whole - 1 - start) / step + 1)
    return attempt.miss(node, nameOf(node) + " does not cut columns at constant places");
  auto part = cut(node, known.lookup(node.input(0)), start, count, step);
  if (failed(part))
    return failure();
  known.insert({value, *part});
  return success();
}

/// Drops what only cut steps left behind, and renumbers.
void Reader::prune() {
  SmallVector<bool> live(body.steps.size(), false);
  if (body.result.kind == Operand::Step)
    live[body.result.index] = true;
  for (unsigned i = body.steps.size(); i-- > 0;)
    if (live[i])
      for (Operand one : body.steps[i].operands)
        if (one.kind == Operand::Step)
          live[one.index] = true;
  Body kept;
  SmallVector<unsigned> place(body.steps.size(), 0);
  for (unsigned i = 0; i < body.steps.size(); ++i) {
    if (!live[i])
      continue;
    Body::Step step = body.steps[i];
    for (Operand &one : step.operands) {
      if (one.kind == Operand::Step) {
        one.index = place[one.index];
      } else if (one.kind == Operand::Weight) {
        kept.weights.push_back(body.weights[one.index]);
        one.index = kept.weights.size() - 1;
      } else if (one.kind == Operand::Literal) {
        kept.literals.push_back(body.literals[one.index]);
        one.index = kept.literals.size() - 1;
      }
    }
    place[i] = kept.steps.size();
    kept.steps.push_back(step);
  }
  kept.result = body.result;
  if (kept.result.kind == Operand::Step)
    kept.result.index = place[kept.result.index];
  body = std::move(kept);
}

FailureOr<Body> Reader::read(Value output) {
  context = output.getContext();
  SmallVector<Value> stack{output};
  while (!stack.empty()) {
    Value value = stack.back();
    if (known.contains(value)) {
      stack.pop_back();
      continue;
    }
    if (isRows(value)) {
      known.insert({value, {Operand::Rows}});
      continue;
    }
    onnx::NodeOp node = nodeOf(value);
    if (!node || !tensorType(value) || known.size() > kMostSteps)
      return attempt.miss(node ? node.getOperation() : output.getDefiningOp(),
                          "an expert's output does not come from its rows alone");
    SmallVector<Value> inputs;
    inputsToRead(node, inputs);
    auto unread = [&](Value input) { return !known.contains(input); };
    if (llvm::any_of(inputs, unread)) {
      // The first input on top: steps come in the order they are written in.
      llvm::copy_if(llvm::reverse(inputs), std::back_inserter(stack), unread);
      if (!findElementwise(node.getOp(), node.getDomain()) && !isTransparent(node) &&
          !node.is("MatMul") && !node.is("Gemm") && !node.is("Split") && !node.is("Slice"))
        return attempt.miss(node, nameOf(node) + " is no part of an expert's body");
      continue;
    }
    if (failed(readNode(node, value)))
      return failure();
  }
  body.result = known.lookup(output);
  prune();
  if (llvm::none_of(body.steps, [](const Body::Step &step) { return !step.op; }))
    return attempt.miss(output.getDefiningOp(), "an expert's body holds no product with a weight");
  return body;
}

} // namespace

bool Body::sameUpToWeights(const Body &other) const {
  auto sameType = [](const WeightView &a, const WeightView &b) {
    return a.shape == b.shape && a.elementType == b.elementType;
  };
  return steps == other.steps && literals == other.literals && result == other.result &&
         weights.size() == other.weights.size() &&
         llvm::all_of(llvm::zip(weights, other.weights),
                      [&](auto pair) { return sameType(std::get<0>(pair), std::get<1>(pair)); });
}

int64_t Body::intermediate() const {
  for (const Step &step : llvm::reverse(steps))
    if (!step.op)
      return weights[step.operands[1].index].shape[0];
  return 0;
}

std::string Body::describe() const {
  std::string text;
  for (const Step &step : steps)
    text += (text.empty() ? "" : ", ") + (step.op ? step.op.str() : std::string("matmul"));
  return text;
}

FailureOr<Body> matchBody(Value output, llvm::function_ref<bool(Value)> isRows, Attempt &attempt) {
  return Reader(isRows, attempt).read(output);
}

void writeBody(const Body &body, BodyBuilder &builder) {
  SmallVector<Value> values;
  auto valueOf = [&](Operand operand) -> Value {
    switch (operand.kind) {
    case Operand::Rows:
      return builder.rows();
    case Operand::Step:
      return values[operand.index];
    case Operand::Weight:
      return builder.weight(operand.index);
    case Operand::Literal:
    case Operand::Absent:
      return {};
    }
    llvm_unreachable("all kinds are handled above");
  };
  for (const Body::Step &step : body.steps) {
    if (!step.op) {
      values.push_back(builder.matmul(valueOf(step.operands[0]), valueOf(step.operands[1])));
      continue;
    }
    SmallVector<Value> tensors;
    for (Operand operand : step.operands)
      if (Value value = valueOf(operand))
        tensors.push_back(value);
    ScalarFormula formula = findElementwise(step.op, step.domain)->formula;
    values.push_back(
        builder.elementwise(tensors, [&](ImplicitLocOpBuilder &inner, ArrayRef<Value> scalars) {
          SmallVector<Value> args;
          Type type = scalars.front().getType();
          for (Operand operand : step.operands) {
            if (operand.kind == Operand::Absent)
              args.push_back({});
            else if (operand.kind == Operand::Literal)
              args.push_back(formula::number(inner, type, body.literals[operand.index]));
            else {
              args.push_back(scalars.front());
              scalars = scalars.drop_front();
            }
          }
          return formula(inner, args, step.attributes);
        }));
  }
  builder.yield(valueOf(body.result));
}

} // namespace moe::raise
