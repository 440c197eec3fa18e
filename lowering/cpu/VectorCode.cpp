//===- VectorCode.cpp - Short names for what kernels are made of ----------===//

#include "lowering/cpu/VectorCode.h"

using namespace mlir;
using namespace moe;

Value Emitter::index(int64_t value) { return arith::ConstantIndexOp::create(*this, value); }
Value Emitter::add(Value a, Value b) { return createOrFold<arith::AddIOp>(a, b); }
Value Emitter::sub(Value a, Value b) { return createOrFold<arith::SubIOp>(a, b); }
Value Emitter::mul(Value a, Value b) { return createOrFold<arith::MulIOp>(a, b); }
Value Emitter::div(Value a, Value b) { return createOrFold<arith::DivUIOp>(a, b); }
Value Emitter::rem(Value a, Value b) { return createOrFold<arith::RemUIOp>(a, b); }
Value Emitter::min(Value a, Value b) { return createOrFold<arith::MinUIOp>(a, b); }
Value Emitter::ceilDiv(Value a, Value b) { return div(add(a, sub(b, index(1))), b); }
Value Emitter::lessThan(Value a, Value b) {
  return createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, a, b);
}
Value Emitter::dim(Value memref, int64_t position) {
  return createOrFold<memref::DimOp>(memref, position);
}

Value Emitter::loadIndex(Value list, ValueRange at) {
  Value element = memref::LoadOp::create(*this, list, at);
  return arith::IndexCastOp::create(*this, getIndexType(), element);
}

void Emitter::loop(Value from, Value to, int64_t step, llvm::function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(*this, from, to, index(step));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

ValueRange Emitter::carry(Value from, Value to, int64_t step, ValueRange initial,
                          llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, from, to, index(step), initial);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(*this, next);
  return loop.getResults();
}

void Emitter::when(Value condition, llvm::function_ref<void()> then,
                   llvm::function_ref<void()> otherwise) {
  auto branch = scf::IfOp::create(*this, TypeRange{}, condition, bool(otherwise));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  then();
  if (!otherwise)
    return;
  setInsertionPointToStart(branch.elseBlock());
  otherwise();
}

Value Emitter::zeros(VectorType type) {
  return arith::ConstantOp::create(*this, type, cast<TypedAttr>(getZeroAttr(type)));
}

Value Emitter::load(int64_t lanes, Value memref, ValueRange at) {
  VectorType type = vectorOf(lanes, cast<MemRefType>(memref.getType()).getElementType());
  return vector::LoadOp::create(*this, type, memref, at);
}

static Value firstLanes(Emitter &e, int64_t lanes, Value count) {
  return vector::CreateMaskOp::create(e, e.vectorOf(lanes, e.getI1Type()), ValueRange{count});
}

/// The place of lane `i` of a vector at `at`.
static SmallVector<Value> lanePlace(Emitter &e, ValueRange at, Value i) {
  SmallVector<Value> place(at);
  place.back() = e.add(place.back(), i);
  return place;
}

/// No instruction masks 16-bit numbers on every target, and the backend calls functions for them.
static bool canMask(Value memref) {
  return cast<MemRefType>(memref.getType()).getElementTypeBitWidth() >= 32;
}

Value Emitter::loadAs(FloatType wanted, int64_t lanes, Value memref, ValueRange at, Value count) {
  if (!count)
    return convert(load(lanes, memref, at), wanted);
  if (canMask(memref)) {
    VectorType type = vectorOf(lanes, cast<MemRefType>(memref.getType()).getElementType());
    Value mask = firstLanes(*this, lanes, count);
    Value numbers = vector::MaskedLoadOp::create(*this, type, memref, at, mask, zeros(type));
    return convert(numbers, wanted);
  }
  auto insert = [&](Value i, ValueRange numbers) {
    Value scalar = memref::LoadOp::create(*this, memref, lanePlace(*this, at, i));
    Value wide = convert(scalar, wanted);
    return SmallVector<Value>{vector::InsertOp::create(*this, wide, numbers[0], OpFoldResult(i))};
  };
  return carry(index(0), count, 1, zeros(vectorOf(lanes, wanted)), insert).front();
}

void Emitter::store(Value vector, Value memref, ValueRange at, Value count) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  if (!count) {
    vector::StoreOp::create(*this, convert(vector, element), memref, at);
    return;
  }
  int64_t lanes = cast<VectorType>(vector.getType()).getNumElements();
  if (canMask(memref)) {
    Value mask = firstLanes(*this, lanes, count);
    vector::MaskedStoreOp::create(*this, memref, at, mask, convert(vector, element));
    return;
  }
  loop(index(0), count, 1, [&](Value i) {
    Value scalar = vector::ExtractOp::create(*this, vector, OpFoldResult(i));
    memref::StoreOp::create(*this, convert(scalar, element), memref, lanePlace(*this, at, i));
  });
}

/// `type` with another element type.
static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

Value Emitter::convert(Value value, Type element) {
  Type from = getElementTypeOrSelf(value.getType());
  if (from == element)
    return value;
  Type type = withElement(value.getType(), element);
  if (from.getIntOrFloatBitWidth() < element.getIntOrFloatBitWidth())
    return arith::ExtFOp::create(*this, type, value);
  return arith::TruncFOp::create(*this, type, value);
}

Value Emitter::view(Value memref, ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                    MemRefType type) {
  SmallVector<OpFoldResult> strides(offsets.size(), getIndexAttr(1));
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes.take_back(type.getRank()))
    shape.push_back(isa<Attribute>(size) ? *getConstantIntValue(size) : ShapedType::kDynamic);
  MemRefType found = memref::SubViewOp::inferRankReducedResultType(
      shape, cast<MemRefType>(memref.getType()), offsets, sizes, strides);
  Value part = memref::SubViewOp::create(*this, found, memref, offsets, sizes, strides);
  if (found == type)
    return part;
  return memref::CastOp::create(*this, type, part);
}
