//===- LoopBody.cpp - The body of a linalg operation on lanes -------------===//

#include "lowering/cpu/LoopBody.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;

static VectorType lanesOf(Type element) { return VectorType::get({kLanes}, element); }
static bool isVector(Value value) { return isa<VectorType>(value.getType()); }

LoopBody::LoopBody(ImplicitLocOpBuilder &builder, const LoopSpace &space)
    : builder(builder), space(space) {
  for (Operation &op : *space.body)
    if (auto load = dyn_cast<memref::LoadOp>(op))
      if (!tables.count(load.getMemref()))
        tables[load.getMemref()] = flatten(builder, load.getMemref());
}

Value LoopBody::spread(Value value) {
  if (isVector(value))
    return value;
  return vector::BroadcastOp::create(builder, lanesOf(value.getType()), value);
}

Value LoopBody::laneNumbers() {
  SmallVector<Attribute> numbers;
  for (int64_t lane = 0; lane < kLanes; ++lane)
    numbers.push_back(builder.getIndexAttr(lane));
  VectorType type = lanesOf(builder.getIndexType());
  return arith::ConstantOp::create(builder, type, DenseElementsAttr::get(type, numbers));
}

Value LoopBody::maskBelow(Value count) {
  SmallVector<int32_t> numbers = llvm::to_vector(llvm::seq<int32_t>(0, kLanes));
  VectorType type = lanesOf(builder.getI32Type());
  Value lanes =
      arith::ConstantOp::create(builder, type, DenseElementsAttr::get(type, ArrayRef(numbers)));
  // More than fit i32 is all lanes anyway.
  Value limit = arith::MinUIOp::create(builder, count, known(builder, kLanes).value);
  Value narrow = arith::IndexCastOp::create(builder, builder.getI32Type(), limit);
  return arith::CmpIOp::create(builder, arith::CmpIPredicate::ult, lanes, spread(narrow));
}

/// Integer divisions trap on zero, which an unused lane may hold: only a divisor that is the same
/// in all lanes is safe.
static bool isIntegerDivision(Operation &op) {
  return isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp, arith::CeilDivSIOp,
             arith::CeilDivUIOp, arith::FloorDivSIOp>(op);
}

bool LoopBody::canUseLanes(unsigned loop) const {
  llvm::SmallPtrSet<Value, 16> varying;
  for (const Access &access : space.accesses)
    if (access.output || access.moves(loop))
      varying.insert(access.argument);
  for (Operation &op : space.body->without_terminator()) {
    bool varies = llvm::any_of(op.getOperands(), [&](Value v) { return varying.contains(v); });
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      varies = llvm::is_contained(space.loops[loop].dims, index.getDim());
    if (!varies) {
      // Loads that do not vary are made once, but masks do not guard them: fine, as one lane at
      // least is in use.
      if (op.getNumRegions() != 0 || !(isa<memref::LoadOp>(op) || isMemoryEffectFree(&op)))
        return false;
      continue;
    }
    bool known = isa<linalg::IndexOp, memref::LoadOp>(op) ||
                 (OpTrait::hasElementwiseMappableTraits(&op) && op.getNumResults() == 1);
    if (!known || (isIntegerDivision(op) && varying.contains(op.getOperand(1))))
      return false;
    varying.insert(op.getResult(0));
  }
  return true;
}

Value LoopBody::indexAt(linalg::IndexOp op, const Place &place) {
  for (auto [i, loop] : llvm::enumerate(space.loops)) {
    if (!llvm::is_contained(loop.dims, op.getDim()))
      continue;
    if (place.laneLoop != i)
      return place.counters[i];
    Value run = arith::AddIOp::create(builder, spread(place.counters[i]), laneNumbers());
    firstOfRun[run] = place.counters[i];
    return run;
  }
  return known(builder, 0).value; // a loop of length 1
}

Value LoopBody::load(memref::LoadOp op, const Place &place, const IRMapping &mapping) {
  const FlatMemory &table = tables.find(op.getMemref())->second;
  Value base = known(builder, 0).value, varying;
  bool run =
      !op.getIndices().empty() && table.strides.back().known && *table.strides.back().known == 1;
  for (auto [i, index] : llvm::enumerate(op.getIndices())) {
    Value at = mapping.lookupOrDefault(index);
    bool last = i + 1 == op.getIndices().size();
    if (isVector(at) && !(run && last && firstOfRun.count(at))) {
      run = false;
      Value moved = arith::MulIOp::create(builder, at, spread(table.strides[i].value));
      varying = varying ? Value(arith::AddIOp::create(builder, varying, moved)) : moved;
      continue;
    }
    run &= !last || isVector(at);
    Value scalar = isVector(at) ? firstOfRun.lookup(at) : at;
    Extent moved = times(builder, {scalar, std::nullopt}, table.strides[i]);
    base = arith::AddIOp::create(builder, base, moved.value);
    if (isVector(at) && varying) { // a run after all others, but not the only thing that varies
      varying = arith::AddIOp::create(builder, varying, laneNumbers());
      run = false;
    }
  }
  Type element = op.getType();
  bool vectors = varying || run;
  if (!vectors)
    return memref::LoadOp::create(builder, table.flat, ValueRange{base});
  Value zeros = arith::ConstantOp::create(builder, builder.getZeroAttr(lanesOf(element)));
  Value mask = place.mask ? place.mask : maskBelow(known(builder, kLanes).value);
  if (varying)
    return vector::GatherOp::create(builder, lanesOf(element), table.flat, ValueRange{base},
                                    varying, mask, zeros);
  if (!place.mask)
    return vector::LoadOp::create(builder, lanesOf(element), table.flat, ValueRange{base});
  return vector::MaskedLoadOp::create(builder, lanesOf(element), table.flat, ValueRange{base}, mask,
                                      zeros);
}

/// acc + a * b, as sums of products are written: one fma instead of two roundings. What is computed
/// is the same for every element, in lanes or not.
Value LoopBody::fused(Operation &op, const IRMapping &mapping) {
  auto sum = dyn_cast<arith::AddFOp>(op);
  if (!sum || !(sum.getType().isF32() || sum.getType().isF64()))
    return {};
  for (auto [product, other] :
       {std::pair(sum.getRhs(), sum.getLhs()), std::pair(sum.getLhs(), sum.getRhs())}) {
    auto multiply = product.getDefiningOp<arith::MulFOp>();
    auto argument = dyn_cast<BlockArgument>(other);
    if (!multiply || !argument || !multiply->hasOneUse() || !isFusedProduct(*multiply))
      continue;
    Value a = mapping.lookupOrDefault(multiply.getLhs());
    Value b = mapping.lookupOrDefault(multiply.getRhs());
    Value c = mapping.lookupOrDefault(other);
    if (isVector(a) || isVector(b) || isVector(c)) {
      a = spread(a);
      b = spread(b);
      c = spread(c);
    }
    return math::FmaOp::create(builder, a, b, c);
  }
  return {};
}

/// A product whose only use adds it to what a reduction has so far.
bool LoopBody::isFusedProduct(Operation &op) const {
  if (space.select(/*parallel=*/false).empty() || !isa<arith::MulFOp>(op) || !op.hasOneUse() ||
      !(op.getResult(0).getType().isF32() || op.getResult(0).getType().isF64()))
    return false;
  auto sum = dyn_cast<arith::AddFOp>(*op.user_begin());
  if (!sum)
    return false;
  return llvm::any_of(sum->getOperands(), [&](Value operand) {
    return llvm::any_of(space.accesses, [&](const Access &access) {
      return access.output && access.argument == operand;
    });
  });
}

Value LoopBody::emitElementwise(Operation &op, const IRMapping &mapping) {
  SmallVector<Value> operands;
  bool vectors = false;
  for (Value operand : op.getOperands()) {
    operands.push_back(mapping.lookupOrDefault(operand));
    vectors |= isVector(operands.back());
  }
  if (vectors)
    for (Value &operand : operands)
      operand = spread(operand);
  OperationState state(builder.getLoc(), op.getName());
  state.addOperands(operands);
  Type type = op.getResult(0).getType();
  state.addTypes(vectors ? Type(lanesOf(type)) : type);
  state.propertiesAttr = op.getPropertiesAsAttribute();
  state.addAttributes(llvm::to_vector(op.getDiscardableAttrs()));
  return builder.create(state)->getResult(0);
}

SmallVector<Value> LoopBody::emit(const Place &place, ArrayRef<Value> arguments) {
  IRMapping mapping;
  firstOfRun.clear();
  for (auto [argument, value] : llvm::zip_equal(space.body->getArguments(), arguments))
    if (value)
      mapping.map(argument, value);
  for (Operation &op : space.body->without_terminator()) {
    if (isFusedProduct(op))
      continue;
    Value result;
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      result = indexAt(index, place);
    else if (auto read = dyn_cast<memref::LoadOp>(op))
      result = load(read, place, mapping);
    else if (Value sum = fused(op, mapping))
      result = sum;
    else if (op.getNumResults() == 1 && op.getNumRegions() == 0 &&
             OpTrait::hasElementwiseMappableTraits(&op))
      result = emitElementwise(op, mapping);
    if (result)
      mapping.map(op.getResult(0), result);
    else
      builder.clone(op, mapping);
  }
  SmallVector<Value> yielded;
  for (Value value : space.body->getTerminator()->getOperands())
    yielded.push_back(mapping.lookupOrDefault(value));
  return yielded;
}
