//===- WarpCode.cpp - Short words for kernels of routing ------------------===//

#include "lowering/nvptx/routing/WarpCode.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;

static constexpr int64_t kAllLanes = -1;

Value WarpCode::i32(int64_t number) { return integer(getI32Type(), number); }
Value WarpCode::i64(int64_t number) { return integer(getI64Type(), number); }
Value WarpCode::integer(Type type, int64_t number) {
  return arith::ConstantOp::create(*this, getIntegerAttr(type, number));
}
Value WarpCode::real(Type type, double number) {
  return arith::ConstantOp::create(*this, getFloatAttr(type, number));
}
Value WarpCode::add(Value a, Value b) { return createOrFold<arith::AddIOp>(a, b); }
Value WarpCode::sub(Value a, Value b) { return createOrFold<arith::SubIOp>(a, b); }
Value WarpCode::mul(Value a, Value b) { return createOrFold<arith::MulIOp>(a, b); }
Value WarpCode::div(Value a, Value b) { return createOrFold<arith::DivUIOp>(a, b); }
Value WarpCode::compare(Predicate predicate, Value a, Value b) {
  return createOrFold<arith::CmpIOp>(predicate, a, b);
}
Value WarpCode::both(Value a, Value b) { return createOrFold<arith::AndIOp>(a, b); }
Value WarpCode::select(Value condition, Value a, Value b) {
  return createOrFold<arith::SelectOp>(condition, a, b);
}
Value WarpCode::wide(Value number) { return createOrFold<arith::ExtSIOp>(getI64Type(), number); }
Value WarpCode::narrow(Value number) { return createOrFold<arith::TruncIOp>(getI32Type(), number); }

Value WarpCode::toFloat(Value number, Type type) {
  Type from = getElementTypeOrSelf(number.getType()), to = getElementTypeOrSelf(type);
  if (from == to)
    return number;
  if (from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth())
    return arith::ExtFOp::create(*this, type, number);
  if (from.getIntOrFloatBitWidth() > to.getIntOrFloatBitWidth())
    return arith::TruncFOp::create(*this, type, number);
  // f16 and bf16: through the type that holds both.
  return toFloat(toFloat(number, getF32Type()), type);
}

/// The address of element `index`.
static Value addressOf(WarpCode &code, Array array, Value index) {
  return LLVM::GEPOp::create(code, array.base.getType(), array.element, array.base,
                             ArrayRef<LLVM::GEPArg>{index});
}

static unsigned bytesOf(Type element) { return element.getIntOrFloatBitWidth() / 8; }

Value WarpCode::at(Array array, Value index) {
  return LLVM::LoadOp::create(*this, array.element, addressOf(*this, array, index),
                              bytesOf(array.element));
}

void WarpCode::put(Value value, Array array, Value index) {
  LLVM::StoreOp::create(*this, value, addressOf(*this, array, index), bytesOf(array.element));
}

Array WarpCode::from(Array array, Value index) {
  return {addressOf(*this, array, index), array.element};
}

Value WarpCode::vectorAt(Array array, Value index, int64_t lanes) {
  if (lanes == 1)
    return at(array, index);
  return LLVM::LoadOp::create(*this, VectorType::get(lanes, array.element),
                              addressOf(*this, array, index),
                              static_cast<unsigned>(lanes) * bytesOf(array.element));
}

void WarpCode::putVector(Value vector, Array array, Value index) {
  auto type = dyn_cast<VectorType>(vector.getType());
  unsigned lanes = type ? static_cast<unsigned>(type.getNumElements()) : 1;
  LLVM::StoreOp::create(*this, vector, addressOf(*this, array, index),
                        lanes * bytesOf(array.element));
}

WarpCode::Values WarpCode::loop(Value from, Value to, int64_t step, ValueRange carried,
                                llvm::function_ref<Values(Value, ValueRange)> body) {
  auto op = scf::ForOp::create(*this, from, to, integer(from.getType(), step), carried);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(op.getBody());
  Values next = body(op.getInductionVar(), op.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(*this, next);
  return Values(op.getResults());
}

void WarpCode::each(Value from, Value to, Value step, llvm::function_ref<void(Value)> body) {
  auto op = scf::ForOp::create(*this, from, to, step);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

void WarpCode::eachOfLane(int64_t count, llvm::function_ref<void(Value)> body) {
  each(lane(), i32(count), i32(kWarpLanes), body);
}

void WarpCode::when(Value condition, llvm::function_ref<void()> then) {
  auto op = scf::IfOp::create(*this, TypeRange{}, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(op.thenBlock());
  then();
}

Value WarpCode::when(Value condition, llvm::function_ref<Value()> then, Value otherwise) {
  auto op = scf::IfOp::create(*this, TypeRange{otherwise.getType()}, condition,
                              /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(op.thenBlock());
  scf::YieldOp::create(*this, then());
  setInsertionPointToStart(op.elseBlock());
  scf::YieldOp::create(*this, otherwise);
  return op.getResult(0);
}

Value WarpCode::thread() { return NVVM::ThreadIdXOp::create(*this, getI32Type()); }
Value WarpCode::block() { return NVVM::BlockIdXOp::create(*this, getI32Type()); }
Value WarpCode::lane() { return arith::AndIOp::create(*this, thread(), i32(kWarpLanes - 1)); }
Value WarpCode::warp() { return div(thread(), i32(kWarpLanes)); }
void WarpCode::syncWarp() { NVVM::SyncWarpOp::create(*this, i32(kAllLanes)); }
void WarpCode::syncBlock() { NVVM::Barrier0Op::create(*this); }

Value WarpCode::shuffle(Value value, Value how, int64_t clamp, NVVM::ShflKind kind) {
  Type type = value.getType();
  if (type.getIntOrFloatBitWidth() == 32)
    return NVVM::ShflOp::create(*this, type, i32(kAllLanes), value, how, i32(clamp), kind,
                                UnitAttr());
  // Eight bytes travel as two halves.
  auto halves = VectorType::get(2, getI32Type());
  Value pair = LLVM::BitcastOp::create(*this, halves, value), moved = pair;
  for (int64_t half = 0; half < 2; ++half) {
    Value part = LLVM::ExtractElementOp::create(*this, pair, i32(half));
    moved = LLVM::InsertElementOp::create(*this, moved, shuffle(part, how, clamp, kind), i32(half));
  }
  return LLVM::BitcastOp::create(*this, type, moved);
}

Value WarpCode::fromPartner(Value value, int64_t mask) {
  return shuffle(value, i32(mask), kWarpLanes - 1, NVVM::ShflKind::bfly);
}
Value WarpCode::fromLaneBefore(Value value, int64_t distance) {
  return shuffle(value, i32(distance), 0, NVVM::ShflKind::up);
}
Value WarpCode::fromLane(Value value, int64_t lane) {
  return shuffle(value, i32(lane), kWarpLanes - 1, NVVM::ShflKind::idx);
}

Value WarpCode::lanesWithSame(Value value) {
  return NVVM::MatchSyncOp::create(*this, getI32Type(), i32(kAllLanes), value,
                                   NVVM::MatchSyncKind::any);
}

Value WarpCode::largest(Value value) {
  if (value.getType().isInteger(32))
    return NVVM::ReduxOp::create(*this, getI32Type(), value, NVVM::ReduxKind::MAX, i32(kAllLanes));
  for (int64_t mask = kWarpLanes / 2; mask > 0; mask /= 2)
    value = arith::MaxSIOp::create(*this, value, fromPartner(value, mask));
  return value;
}

Value WarpCode::smallest(Value value) {
  return NVVM::ReduxOp::create(*this, getI32Type(), value, NVVM::ReduxKind::UMIN, i32(kAllLanes));
}

Value WarpCode::countBits(Value bits) { return LLVM::CtPopOp::create(*this, bits); }

int64_t Workspace::reserve(int64_t count, Type element) {
  int64_t place = bytes;
  // Sums read four elements at once.
  bytes += llvm::alignTo(count * element.getIntOrFloatBitWidth() / 8, 32);
  return place;
}
