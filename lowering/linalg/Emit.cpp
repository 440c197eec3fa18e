//===- Emit.cpp - Short words for the IR that routing becomes -------------===//

#include "lowering/linalg/Emit.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe;

Value Emit::index(int64_t value) { return arith::ConstantIndexOp::create(*this, value); }

Value Emit::integer(Type type, int64_t value) {
  return arith::ConstantOp::create(*this, getIntegerAttr(type, value));
}

Value Emit::real(Type type, double value) {
  return arith::ConstantOp::create(*this, getFloatAttr(type, value));
}

OpFoldResult Emit::size(Value tensor, unsigned dim) {
  return tensor::getMixedSize(*this, getLoc(), tensor, dim);
}

Value Emit::asValue(OpFoldResult size) {
  return getValueOrCreateConstantIndexOp(*this, getLoc(), size);
}

OpFoldResult Emit::product(OpFoldResult a, OpFoldResult b) {
  std::optional<int64_t> x = getConstantIntValue(a), y = getConstantIntValue(b);
  if (int64_t folded; x && y && !llvm::MulOverflow(*x, *y, folded))
    return getIndexAttr(folded);
  return Value(arith::MulIOp::create(*this, asValue(a), asValue(b)));
}

Value Emit::empty(Sizes sizes, Type element) {
  return tensor::EmptyOp::create(*this, sizes, element);
}

Value Emit::filled(Sizes sizes, Value scalar) {
  return linalg::FillOp::create(*this, scalar, empty(sizes, scalar.getType())).getResult(0);
}

Value Emit::at(Value tensor, ValueRange indices) {
  return tensor::ExtractOp::create(*this, tensor, indices);
}

Value Emit::put(Value scalar, Value tensor, ValueRange indices) {
  return tensor::InsertOp::create(*this, scalar, tensor, indices);
}

/// The slice of `matrix` that is its row `row`.
static void rowSlice(Emit &emit, Value matrix, Value row, SmallVectorImpl<OpFoldResult> &offsets,
                     SmallVectorImpl<OpFoldResult> &sizes) {
  offsets.assign({row, emit.getIndexAttr(0)});
  sizes.assign({emit.getIndexAttr(1), emit.size(matrix, 1)});
}

Value Emit::row(Value matrix, Value row) {
  SmallVector<OpFoldResult> offsets, sizes, strides(2, getIndexAttr(1));
  rowSlice(*this, matrix, row, offsets, sizes);
  auto type = mlir::cast<RankedTensorType>(matrix.getType());
  auto rowType = RankedTensorType::get(type.getShape().drop_front(), type.getElementType());
  return tensor::ExtractSliceOp::create(*this, rowType, matrix, offsets, sizes, strides);
}

Value Emit::toFloat(Value scalar, Type type) {
  unsigned from = scalar.getType().getIntOrFloatBitWidth(), to = type.getIntOrFloatBitWidth();
  if (scalar.getType() == type)
    return scalar;
  if (from < to)
    return arith::ExtFOp::create(*this, type, scalar);
  if (from > to)
    return arith::TruncFOp::create(*this, type, scalar);
  // f16 and bf16: through the type that holds both.
  return toFloat(toFloat(scalar, getF32Type()), type);
}

Value Emit::cast(Value tensor, Type type) {
  return tensor.getType() == type ? tensor : tensor::CastOp::create(*this, type, tensor);
}

Emit::Values Emit::loop(Value count, ValueRange carried,
                        llvm::function_ref<Values(Value, ValueRange)> body) {
  auto op = scf::ForOp::create(*this, index(0), count, index(1), carried);
  OpBuilder::InsertionGuard guard(*this);
  if (carried.empty())
    setInsertionPoint(op.getBody()->getTerminator());
  else
    setInsertionPointToEnd(op.getBody());
  Values next = body(op.getInductionVar(), op.getRegionIterArgs());
  if (!carried.empty())
    scf::YieldOp::create(*this, next);
  return Values(op.getResults());
}

Emit::Values Emit::when(Value condition, llvm::function_ref<Values()> then,
                        llvm::function_ref<Values()> otherwise) {
  auto branch = [&](llvm::function_ref<Values()> body) {
    return [this, body](OpBuilder &, Location) { scf::YieldOp::create(*this, body()); };
  };
  // The branches are built where the operation's own builder stands, which is this one.
  auto op = scf::IfOp::create(static_cast<OpBuilder &>(*this), getLoc(), condition, branch(then),
                              branch(otherwise));
  return Values(op.getResults());
}

Emit::Values Emit::parallelRows(OpFoldResult count, ValueRange outs,
                                llvm::function_ref<Values(Value, ValueRange)> body) {
  auto op = scf::ForallOp::create(*this, ArrayRef<OpFoldResult>{count}, outs, std::nullopt);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPoint(op.getTerminator());
  Value i = op.getInductionVar(0);
  Values rows;
  for (Value out : op.getRegionIterArgs())
    rows.push_back(row(out, i));
  Values results = body(i, rows);
  SmallVector<OpFoldResult> offsets, sizes, strides(2, getIndexAttr(1));
  for (auto [result, out] : llvm::zip_equal(results, op.getRegionIterArgs())) {
    setInsertionPoint(op.getTerminator());
    rowSlice(*this, out, i, offsets, sizes);
    setInsertionPointToEnd(op.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(*this, result, out, offsets, sizes, strides);
  }
  return Values(op.getResults());
}

Value Emit::map(ValueRange ins, Value out, llvm::function_ref<Value(ValueRange)> body) {
  int64_t rank = mlir::cast<RankedTensorType>(out.getType()).getRank();
  SmallVector<AffineMap> maps(ins.size() + 1, getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  auto op = linalg::GenericOp::create(*this, out.getType(), ins, out, maps, loops,
                                      [&](OpBuilder &, Location, ValueRange scalars) {
                                        linalg::YieldOp::create(*this, body(scalars.drop_back()));
                                      });
  return op.getResult(0);
}
