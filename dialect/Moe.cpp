//===- Moe.cpp - Set-up of the moe dialect --------------------------------===//

#include "dialect/Moe.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moe;

#include "dialect/MoeDialect.cpp.inc"
#include "dialect/MoeEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialect/MoeAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "dialect/MoeOps.cpp.inc"

void MoeDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialect/MoeAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialect/MoeOps.cpp.inc"
      >();
}

double GateAttr::epsilonValue() const {
  return getEpsilon() ? getEpsilon().getValueAsDouble() : 0.0;
}
double GateAttr::scaleValue() const { return getScale() ? getScale().getValueAsDouble() : 1.0; }
double GateAttr::jitterValue() const { return getJitter() ? getJitter().getValueAsDouble() : 0.01; }

static std::optional<double> valueOf(FloatAttr number) {
  return number ? std::optional(number.getValueAsDouble()) : std::nullopt;
}
std::optional<double> GateAttr::outsideValue() const { return valueOf(getOutside()); }
std::optional<double> GateAttr::leastWeightValue() const { return valueOf(getLeastWeight()); }
std::optional<double> GateAttr::leastSumValue() const { return valueOf(getLeastSum()); }

llvm::StringRef GateAttr::describe() const {
  bool groups = getGroups() > 1;
  switch (getScore()) {
  case Score::Softmax:
    return getScoreAfter() ? "topk_softmax" : groups ? "softmax_group_topk" : "softmax_topk";
  case Score::Sigmoid:
    return getScoreAfter() ? "topk_sigmoid" : groups ? "sigmoid_group_topk" : "sigmoid_topk";
  case Score::Identity:
    return groups ? "group_topk" : "topk";
  case Score::SqrtSoftplus:
    return groups ? "sqrt_softplus_group_topk" : "sqrt_softplus_topk";
  case Score::SparseMixer:
    return "sparsemixer";
  }
  llvm_unreachable("all scores are named above");
}

int64_t moe::paddedRows(int64_t slots, int64_t experts, int64_t tile) {
  return tile > 1 ? (slots + experts * (tile - 1)) / tile * tile : slots;
}

Block *GroupedMatmulOp::getEpilogueBlock() {
  return getEpilogue().empty() ? nullptr : &getEpilogue().front();
}

FloatType GroupedMatmulOp::getAccumulatorType() {
  Type element = cast<ShapedType>(getRows().getType()).getElementType();
  if (element.isF64())
    return Float64Type::get(getContext());
  return Float32Type::get(getContext());
}

/// The unpacked dimension `dim` (0 G, 1 K, 2 N) of the weights: read from the operand's own type
/// while it is unpacked, else from the tensors around it, which packing does not touch.
int64_t GroupedMatmulOp::getNumGroups() {
  return cast<ShapedType>(getWeights().front().getType()).getDimSize(0);
}
int64_t GroupedMatmulOp::getReduction() {
  return cast<ShapedType>(getRows().getType()).getDimSize(1);
}
int64_t GroupedMatmulOp::getNumColumns() {
  return cast<ShapedType>(getInit().getType()).getDimSize(1);
}

void GroupedMatmulOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  // On tensors the op is pure; on memrefs it reads its inputs and writes `init`.
  for (OpOperand &operand : getOperation()->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    if (operand.get() == getInit())
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  }
}

void ObserveOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  effects.emplace_back(MemoryEffects::Write::get());
  if (isa<MemRefType>(getValue().getType()))
    effects.emplace_back(MemoryEffects::Read::get(), &getValueMutable());
}

Type WeightOp::getNumberType() {
  return getElement() ? *getElement() : cast<ShapedType>(getType()).getElementType();
}

SmallVector<int64_t> WeightOp::getUnpackedShape() {
  auto shape = cast<ShapedType>(getType()).getShape();
  if (getLayout() == Layout::Rows)
    return SmallVector<int64_t>(shape);
  return {shape[0], static_cast<int64_t>(getDepth().value_or(0)),
          static_cast<int64_t>(getColumns().value_or(0))};
}
