//===- Scalars.cpp - Scalar arithmetic with a bound of its rounding -------===//
//
// What errors in the operands do to a result is seen by trying the corners: each operand at both
// ends of its bound. That is right for functions that rise or fall in each operand, as all of these
// do within so small a range, and needs no derivative; a comparison that could go either way shows
// as a bound of one.
//
//===----------------------------------------------------------------------===//

#include "dialect/reference/Interpret.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace moe::reference;

namespace {
using Operands = const double *;

/// A scalar operation: what it computes, and its rounding in units of its result's type (4 ulp,
/// that is 8 units, for functions without a rounding rule of their own).
struct ScalarRow {
  llvm::StringRef op;
  double (*apply)(Operands x);
  double units;
};
constexpr double kFunction = 8;

double maximum(Operands x) { return std::isnan(x[0]) || x[0] > x[1] ? x[0] : x[1]; }
double minimum(Operands x) { return std::isnan(x[0]) || x[0] < x[1] ? x[0] : x[1]; }

const ScalarRow scalarRows[] = {
    {"arith.addf", [](Operands x) { return x[0] + x[1]; }, 1},
    {"arith.subf", [](Operands x) { return x[0] - x[1]; }, 1},
    {"arith.mulf", [](Operands x) { return x[0] * x[1]; }, 1},
    {"arith.divf", [](Operands x) { return x[0] / x[1]; }, 1},
    {"arith.negf", [](Operands x) { return -x[0]; }, 0},
    {"arith.maximumf", maximum, 0},
    {"arith.minimumf", minimum, 0},
    {"arith.maxnumf", [](Operands x) { return std::fmax(x[0], x[1]); }, 0},
    {"arith.minnumf", [](Operands x) { return std::fmin(x[0], x[1]); }, 0},
    {"arith.extf", [](Operands x) { return x[0]; }, 0},
    {"arith.truncf", [](Operands x) { return x[0]; }, 1},
    {"arith.select", [](Operands x) { return x[0] >= 0.5 ? x[1] : x[2]; }, 0},
    {"arith.andi", [](Operands x) { return x[0] >= 0.5 && x[1] >= 0.5 ? 1.0 : 0.0; }, 0},
    {"arith.ori", [](Operands x) { return x[0] >= 0.5 || x[1] >= 0.5 ? 1.0 : 0.0; }, 0},
    {"math.absf", [](Operands x) { return std::fabs(x[0]); }, 0},
    {"math.copysign", [](Operands x) { return std::copysign(x[0], x[1]); }, 0},
    {"math.cos", [](Operands x) { return std::cos(x[0]); }, kFunction},
    {"math.erf", [](Operands x) { return std::erf(x[0]); }, kFunction},
    {"math.exp", [](Operands x) { return std::exp(x[0]); }, kFunction},
    {"math.exp2", [](Operands x) { return std::exp2(x[0]); }, kFunction},
    {"math.expm1", [](Operands x) { return std::expm1(x[0]); }, kFunction},
    {"math.fma", [](Operands x) { return x[0] * x[1] + x[2]; }, 1},
    {"math.log", [](Operands x) { return std::log(x[0]); }, kFunction},
    {"math.log1p", [](Operands x) { return std::log1p(x[0]); }, kFunction},
    {"math.powf", [](Operands x) { return std::pow(x[0], x[1]); }, kFunction},
    {"math.rsqrt", [](Operands x) { return 1 / std::sqrt(x[0]); }, kFunction},
    {"math.sin", [](Operands x) { return std::sin(x[0]); }, kFunction},
    {"math.sqrt", [](Operands x) { return std::sqrt(x[0]); }, 1},
    {"math.tanh", [](Operands x) { return std::tanh(x[0]); }, kFunction},
};

double asNumber(bool condition) { return condition ? 1.0 : 0.0; }
bool isUnordered(Operands x) { return std::isnan(x[0]) || std::isnan(x[1]); }

/// The comparison `predicate`, or null where it is constant. Unordered predicates are the negations
/// of ordered ones.
double (*comparison(arith::CmpFPredicate predicate))(Operands) {
  switch (predicate) {
  case arith::CmpFPredicate::OEQ:
    return [](Operands x) { return asNumber(x[0] == x[1]); };
  case arith::CmpFPredicate::OGT:
    return [](Operands x) { return asNumber(x[0] > x[1]); };
  case arith::CmpFPredicate::OGE:
    return [](Operands x) { return asNumber(x[0] >= x[1]); };
  case arith::CmpFPredicate::OLT:
    return [](Operands x) { return asNumber(x[0] < x[1]); };
  case arith::CmpFPredicate::OLE:
    return [](Operands x) { return asNumber(x[0] <= x[1]); };
  case arith::CmpFPredicate::ONE:
    return [](Operands x) { return asNumber(x[0] != x[1] && !isUnordered(x)); };
  case arith::CmpFPredicate::ORD:
    return [](Operands x) { return asNumber(!isUnordered(x)); };
  case arith::CmpFPredicate::UEQ:
    return [](Operands x) { return asNumber(x[0] == x[1] || isUnordered(x)); };
  case arith::CmpFPredicate::UGT:
    return [](Operands x) { return asNumber(!(x[0] <= x[1])); };
  case arith::CmpFPredicate::UGE:
    return [](Operands x) { return asNumber(!(x[0] < x[1])); };
  case arith::CmpFPredicate::ULT:
    return [](Operands x) { return asNumber(!(x[0] >= x[1])); };
  case arith::CmpFPredicate::ULE:
    return [](Operands x) { return asNumber(!(x[0] > x[1])); };
  case arith::CmpFPredicate::UNE:
    return [](Operands x) { return asNumber(x[0] != x[1]); };
  case arith::CmpFPredicate::UNO:
    return [](Operands x) { return asNumber(isUnordered(x)); };
  case arith::CmpFPredicate::AlwaysFalse:
  case arith::CmpFPredicate::AlwaysTrue:
    return nullptr;
  }
  return nullptr;
}

} // namespace

LogicalResult ScalarProgram::addStep(Operation &op, ArrayRef<unsigned> operands) {
  Step step{nullptr, 0, SmallVector<unsigned, 3>(operands)};
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    step.apply = comparison(compare.getPredicate());
  for (const ScalarRow &row : scalarRows)
    if (op.getName().getStringRef() == row.op) {
      step.apply = row.apply;
      step.unit = row.units * unitOf(op.getResult(0).getType());
    }
  if (!step.apply || operands.size() > 3)
    return op.emitOpError("is no scalar operation that the reference knows; unsupported");
  steps.push_back(std::move(step));
  return success();
}

FailureOr<ScalarProgram>
ScalarProgram::compile(Block &block, llvm::function_ref<FailureOr<Tensor>(Value)> outside) {
  ScalarProgram program;
  llvm::DenseMap<Value, unsigned> slots;
  auto give = [&](Value value, Number number) {
    slots[value] = program.numbers.size();
    program.numbers.push_back(number);
  };
  for (Value argument : block.getArguments())
    give(argument, {});
  // Constants and captured scalars come before the results, which are then one a step.
  for (Operation &op : block)
    for (Value operand : op.getOperands())
      if (!slots.contains(operand) &&
          (operand.getParentBlock() != &block || matchPattern(operand, m_Constant()))) {
        FailureOr<Tensor> scalar = outside(operand);
        if (failed(scalar))
          return failure();
        give(operand, {scalar->values.front(), scalar->error(0)});
      }
  program.firstResult = program.numbers.size();
  for (Operation &op : block.without_terminator()) {
    if (matchPattern(&op, m_Constant()))
      continue;
    auto slotOf = [&](Value value) { return slots.lookup(value); };
    SmallVector<unsigned, 3> operands(llvm::map_range(op.getOperands(), slotOf));
    if (failed(program.addStep(op, operands)))
      return failure();
    give(op.getResult(0), {});
  }
  for (Value value : block.getTerminator()->getOperands())
    program.yielded.push_back(slots.lookup(value));
  return program;
}

ScalarProgram::Number ScalarProgram::evaluate(const Step &step, ArrayRef<Number> numbers) {
  double x[3] = {0, 0, 0};
  unsigned count = step.operands.size();
  bool exact = true;
  for (unsigned i = 0; i < count; ++i) {
    x[i] = numbers[step.operands[i]].value;
    exact &= numbers[step.operands[i]].error == 0;
  }
  Number result{step.apply(x), 0};
  for (unsigned corner = 0; !exact && corner < (1u << count); ++corner) {
    for (unsigned i = 0; i < count; ++i) {
      const Number &operand = numbers[step.operands[i]];
      x[i] = operand.value + (corner >> i & 1 ? operand.error : -operand.error);
    }
    double distance = std::fabs(step.apply(x) - result.value);
    result.error = std::isnan(distance) ? HUGE_VAL : std::max(result.error, distance);
  }
  if (std::isnan(result.value))
    return {result.value, 0};
  // A result below the smallest normal number may be flushed to zero.
  if (step.unit > 0)
    result.error += step.unit * std::fabs(result.value) + 0x1p-126;
  return result;
}

void ScalarProgram::run(ArrayRef<Number> arguments, SmallVectorImpl<Number> &results) {
  llvm::copy(arguments, numbers.begin());
  for (auto [index, step] : llvm::enumerate(steps))
    numbers[firstResult + index] = evaluate(step, numbers);
  results.clear();
  for (unsigned slot : yielded)
    results.push_back(numbers[slot]);
}
