//===- BodyCut.cpp - Writes a body down -----------------------------------===//
//
// The list of steps, and cuts of columns: they go through elementwise steps into the weights, so
// that halves and interleaved parts become views.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/BodyReader.h"

using namespace mlir;

namespace moe::raise {

using Operand = Body::Operand;

/// Far above any body seen; a bound keeps a hostile file from costing more than linear time.
static constexpr size_t kMostSteps = 1024;

Operand BodyReader::literal(double value) {
  body.literals.push_back(value);
  return {Operand::Literal, static_cast<unsigned>(body.literals.size() - 1)};
}

Operand BodyReader::weight(const Body::Weight &view) {
  body.weights.push_back(view);
  return {Operand::Weight, static_cast<unsigned>(body.weights.size() - 1)};
}

Operand BodyReader::addStep(StringRef op, StringRef domain, DictionaryAttr attributes,
                            ArrayRef<Operand> operands, int64_t columns) {
  StringAttr name = op.empty() ? StringAttr() : StringAttr::get(context, op);
  body.steps.push_back({name, StringAttr::get(context, domain), attributes,
                        SmallVector<Operand, 3>(operands), columns});
  return {Operand::Step, static_cast<unsigned>(body.steps.size() - 1)};
}

int64_t BodyReader::widthOf(Operand operand) {
  return operand.kind == Operand::Rows ? rowColumns : body.steps[operand.index].columns;
}

/// The one operand that holds the columns of `value`.
FailureOr<Operand> BodyReader::columnsOf(onnx::NodeOp node, const BodyValue &value) {
  if (value.weight || value.sizes.size() != 1)
    return miss(node, "reads features that are not one dimension");
  if (value.start == 0 && value.strides[0] == 1 && value.sizes[0] == widthOf(value.operand))
    return value.operand;
  return cut(node, value.operand, value.start, value.sizes[0], value.strides[0]);
}

/// Columns `start, start + step, ...` of an operand.
FailureOr<Operand> BodyReader::cut(onnx::NodeOp node, Operand operand, int64_t start, int64_t count,
                                   int64_t step) {
  // Steps are in order, so one sweep over those before `operand` reaches all that it needs.
  llvm::DenseMap<unsigned, Operand> done;
  auto cutWeight = [&](Operand one) {
    Body::Weight cut = body.weights[one.index];
    cut.view = cut.view.sliced(cut.view.rank() - 1, start, count, step);
    return weight(cut);
  };
  auto ready = [&](Operand one) -> std::optional<Operand> {
    switch (one.kind) {
    case Operand::Literal:
    case Operand::Absent:
      return one;
    case Operand::Weight:
      return cutWeight(one);
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
    return miss(node, "takes a part of what is no product");
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
      // Columns are the last dimension of codes, scales and zero points alike.
      for (Operand &one : llvm::drop_begin(copy.operands))
        one = cutWeight(one);
    } else {
      for (Operand &one : copy.operands) {
        auto part = ready(one);
        if (!part)
          return miss(node, "takes a part of what is no product");
        one = *part;
      }
    }
    copy.columns = count;
    body.steps.push_back(copy);
    done[i] = {Operand::Step, static_cast<unsigned>(body.steps.size() - 1)};
  }
  return done.lookup(operand.index);
}

/// Drops what only cut steps left behind, and renumbers.
void BodyReader::prune() {
  SmallVector<bool> live(body.steps.size(), false);
  if (body.result.kind == Operand::Step)
    live[body.result.index] = true;
  for (unsigned i = body.steps.size(); i-- > 0;)
    if (live[i])
      for (Operand one : body.steps[i].operands)
        if (one.kind == Operand::Step)
          live[one.index] = true;
  Body kept;
  kept.axes = body.axes;
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

} // namespace moe::raise
