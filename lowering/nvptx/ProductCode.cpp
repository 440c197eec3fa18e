//===- ProductCode.cpp - Short names for what products are made of --------===//

#include "lowering/nvptx/ProductCode.h"

using namespace mlir;
using namespace moe;

Value ProductCode::i32(int64_t value) {
  return arith::ConstantOp::create(*this, getI32IntegerAttr(static_cast<int32_t>(value)));
}
Value ProductCode::i64(int64_t value) {
  return arith::ConstantOp::create(*this, getI64IntegerAttr(value));
}
Value ProductCode::like(Value value, int64_t number) {
  return arith::ConstantOp::create(*this, getIntegerAttr(value.getType(), number));
}
Value ProductCode::zero(Type type) {
  return arith::ConstantOp::create(*this, cast<TypedAttr>(getZeroAttr(type)));
}
Value ProductCode::wide(Value value) { return createOrFold<arith::ExtSIOp>(getI64Type(), value); }
Value ProductCode::add(Value a, Value b) { return createOrFold<arith::AddIOp>(a, b); }
Value ProductCode::sub(Value a, Value b) { return createOrFold<arith::SubIOp>(a, b); }
Value ProductCode::mul(Value a, Value b) { return createOrFold<arith::MulIOp>(a, b); }
Value ProductCode::div(Value a, Value b) { return createOrFold<arith::DivUIOp>(a, b); }
Value ProductCode::rem(Value a, Value b) { return createOrFold<arith::RemUIOp>(a, b); }
Value ProductCode::bitXor(Value a, Value b) { return createOrFold<arith::XOrIOp>(a, b); }
Value ProductCode::min(Value a, Value b) { return createOrFold<arith::MinSIOp>(a, b); }
Value ProductCode::max(Value a, Value b) { return createOrFold<arith::MaxSIOp>(a, b); }
Value ProductCode::less(Value a, Value b) {
  return createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, a, b);
}
Value ProductCode::both(Value a, Value b) { return createOrFold<arith::AndIOp>(a, b); }
Value ProductCode::select(Value condition, Value a, Value b) {
  return createOrFold<arith::SelectOp>(condition, a, b);
}

void ProductCode::loop(Value from, Value to, int64_t step, llvm::function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(*this, from, to, i32(step));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

SmallVector<Value>
ProductCode::carry(Value from, Value to, int64_t step, ValueRange initial,
                   llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, from, to, i32(step), initial);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(*this, next);
  return SmallVector<Value>(loop.getResults());
}

void ProductCode::when(Value condition, llvm::function_ref<void()> then) {
  auto branch = scf::IfOp::create(*this, TypeRange{}, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  then();
}

Value ProductCode::valueWhen(Value condition, Type type, llvm::function_ref<Value()> then) {
  auto branch = scf::IfOp::create(*this, TypeRange{type}, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(*this, then());
  setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(*this, zero(type));
  return branch.getResult(0);
}

Value ProductCode::at(Value pointer, Type element, Value index) {
  return LLVM::GEPOp::create(*this, pointer.getType(), element, pointer,
                             ArrayRef<LLVM::GEPArg>{index});
}

Value ProductCode::behind(Value pointer, Value bytes) { return at(pointer, getI8Type(), bytes); }

Value ProductCode::load(Type type, Value pointer, int64_t alignment) {
  return LLVM::LoadOp::create(*this, type, pointer, static_cast<unsigned>(alignment));
}

void ProductCode::store(Value value, Value pointer, int64_t alignment) {
  LLVM::StoreOp::create(*this, value, pointer, static_cast<unsigned>(alignment));
}

Value ProductCode::loadPosition(Value list, Value index) {
  return wide(load(getI32Type(), at(list, getI32Type(), index), 4));
}

Value ProductCode::convert(Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (value.getType().getIntOrFloatBitWidth() < type.getIntOrFloatBitWidth())
    return arith::ExtFOp::create(*this, type, value);
  if (value.getType().getIntOrFloatBitWidth() == type.getIntOrFloatBitWidth())
    return convert(arith::ExtFOp::create(*this, getF32Type(), value), type);
  return arith::TruncFOp::create(*this, type, value);
}

Value ProductCode::threadId() { return NVVM::ThreadIdXOp::create(*this, getI32Type()); }
Value ProductCode::blockId() { return NVVM::BlockIdXOp::create(*this, getI32Type()); }
Value ProductCode::blockCount() { return NVVM::GridDimXOp::create(*this, getI32Type()); }
void ProductCode::barrier() { NVVM::Barrier0Op::create(*this); }

Value ProductCode::ballot(Value condition) {
  return NVVM::VoteSyncOp::create(*this, getI32Type(), i32(-1), condition,
                                  NVVM::VoteSyncKind::ballot);
}

Value ProductCode::shuffle(Value value, Value lane, NVVM::ShflKind kind) {
  // Upwards from lane 0, or all of the warp.
  Value limit = i32(kind == NVVM::ShflKind::up ? 0 : 31);
  return NVVM::ShflOp::create(*this, value.getType(), i32(-1), value, lane, limit, kind,
                              UnitAttr());
}

void ProductCode::copyAsync(Value shared, Value global, int64_t bytes, Value size) {
  // Only whole chunks may pass by the first cache.
  auto cache = bytes == 16 ? NVVM::LoadCacheModifierKind::CG : NVVM::LoadCacheModifierKind::CA;
  NVVM::CpAsyncOp::create(*this, shared, global, static_cast<uint32_t>(bytes), cache, size);
}

void ProductCode::commitCopies() { NVVM::CpAsyncCommitGroupOp::create(*this); }

void ProductCode::waitCopies(int64_t pending) {
  NVVM::CpAsyncWaitGroupOp::create(*this, static_cast<uint32_t>(pending));
}

SmallVector<Value> ProductCode::loadMatrices(Value pointer, bool transposed) {
  SmallVector<Type> types(4, getI32Type());
  auto shape = NVVM::LdStMatrixShapeAttr::get(getContext(), 8, 8);
  Value all =
      NVVM::LdMatrixOp::create(*this, LLVM::LLVMStructType::getLiteral(getContext(), types),
                               pointer, 4, transposed ? NVVM::MMALayout::col : NVVM::MMALayout::row,
                               shape, NVVM::LdStMatrixEltType::B16);
  SmallVector<Value> parts;
  for (int64_t i = 0; i < 4; ++i)
    parts.push_back(LLVM::ExtractValueOp::create(*this, all, i));
  return parts;
}
