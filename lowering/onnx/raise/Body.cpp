//===- Body.cpp - Recognises an expert's body -----------------------------===//

#include "lowering/onnx/raise/Body.h"
#include "lowering/onnx/Formulas.h"
#include "lowering/onnx/raise/ScalarMath.h"

using namespace mlir;

namespace moe::raise {

using Operand = Body::Operand;

bool Body::sameUpToWeights(const Body &other) const {
  auto sameType = [](const Weight &a, const Weight &b) {
    return a.stacked == b.stacked && a.view.shape == b.view.shape &&
           a.view.elementType == b.view.elementType;
  };
  return steps == other.steps && literals == other.literals && result == other.result &&
         weights.size() == other.weights.size() &&
         llvm::all_of(llvm::zip(weights, other.weights),
                      [&](auto pair) { return sameType(std::get<0>(pair), std::get<1>(pair)); });
}

bool Body::weightsFit(Type type) const {
  SmallVector<bool> isCoded(weights.size(), false);
  for (const Step &step : steps)
    if (!step.op && step.operands.size() > 2)
      for (Operand part : llvm::drop_begin(step.operands))
        isCoded[part.index] = true;
  return llvm::all_of(llvm::enumerate(weights), [&](auto weight) {
    return isCoded[weight.index()] || weight.value().view.elementType == type;
  });
}

int64_t Body::intermediate() const {
  for (const Step &step : llvm::reverse(steps))
    if (!step.op)
      return weights[step.operands[1].index].view.shape.end()[-2];
  return 0;
}

std::string Body::describe() const {
  std::string text;
  for (const Step &step : steps)
    text += (text.empty() ? "" : ", ") + (step.op ? step.op.str() : std::string("matmul"));
  return text;
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
      Value matrix = valueOf(step.operands[1]);
      if (auto quant = step.attributes ? step.attributes.getAs<QuantAttr>("quant") : QuantAttr())
        matrix = builder.dequantize(matrix, valueOf(step.operands[2]),
                                    step.operands.size() > 3 ? valueOf(step.operands[3]) : Value(),
                                    quant);
      values.push_back(builder.matmul(valueOf(step.operands[0]), matrix));
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
