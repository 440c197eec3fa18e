//===- PlaceWeights.cpp - Weights and constants on the device -------------===//
//
// The artifact holds weights once, as the CPU's kernels want them. A device has its own memory and
// its own layout: each weight gets a place there, and @moe_prepare says how its numbers come to it:
// as they are, or through a staging buffer and a loop that becomes a kernel. Constants lie beside
// them, so that no run uploads what never changes.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/Routing.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/host/DeviceCalls.h"
#include "lowering/nvptx/UnpackWeight.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "runtime/moe_abi.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

namespace moe {
#define GEN_PASS_DEF_PLACEWEIGHTS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

/// As blocks of device memory are aligned: any vector load of a first element is.
static constexpr int64_t kAlignment = 256;
/// A constant of one value that is longer than this is filled in where it is used.
static constexpr int64_t kLongestSplat = 4096;

namespace {

/// What lies at one place of the device's weight memory.
struct Place {
  MemRefType type;
  int64_t offset = 0, bytes = 0;
  StoredWeight stored;             ///< numbers of the artifact, or
  DenseElementsAttr constant = {}; ///< a constant
};

struct PlaceWeights : moe::impl::PlaceWeightsBase<PlaceWeights> {
  using PlaceWeightsBase::PlaceWeightsBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function->hasAttr(kRoutingAttr))
        continue; // becomes kernels of its own
      if (failed(placeProducts(function)) || failed(placeTheRest(function)))
        return signalPassFailure();
    }
    finish();
  }

private:
  /// The weights of grouped products, which are packed for the CPU: rows of numbers here.
  LogicalResult placeProducts(func::FuncOp function) {
    SmallVector<GroupedMatmulOp> products;
    function.walk([&](GroupedMatmulOp product) { products.push_back(product); });
    for (GroupedMatmulOp product : products)
      if (failed(placeProduct(product)))
        return failure();
    return success();
  }

  LogicalResult placeProduct(GroupedMatmulOp product) {
    auto quant = product.getQuant();
    for (auto [i, operand] : llvm::enumerate(product.getWeightsMutable())) {
      auto weight = operand.get().getDefiningOp<WeightOp>();
      if (!weight || weight.getLayout() == Layout::Rows)
        continue;
      StoredWeight stored = {weight, {}, {}, quant};
      if (quant) {
        stored.scales = product.getScales()[i].getDefiningOp<WeightOp>();
        if (!product.getZeroPoints().empty())
          stored.zeroPoints = product.getZeroPoints()[i].getDefiningOp<WeightOp>();
      }
      SmallVector<int64_t> shape = weight.getUnpackedShape();
      Type number = quant ? Builder(product).getF32Type() : weight.getNumberType();
      Value placed;
      if (failed(place(product, RankedTensorType::get(shape, number), stored, {}, placed)))
        return failure();
      operand.set(placed);
    }
    if (quant) {
      product.getScalesMutable().clear();
      product.getZeroPointsMutable().clear();
      product.removeQuantAttr();
    }
    return success();
  }

  LogicalResult placeTheRest(func::FuncOp function) {
    SmallVector<Operation *> ops;
    function.walk([&](Operation *op) {
      if (isa<WeightOp>(op) ||
          (isa<arith::ConstantOp>(op) && isa<RankedTensorType>(op->getResult(0).getType())))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      SmallVector<OpOperand *> uses;
      for (OpOperand &use : op->getResult(0).getUses())
        if (isa<WeightOp>(op) || !isReadByHost(use))
          uses.push_back(&use);
      for (OpOperand *use : uses)
        if (failed(placeUse(op, *use)))
          return failure();
      if (op->use_empty())
        unused.push_back(op); // @moe_prepare still reads what it says
    }
    return success();
  }

  /// Sizes and single numbers: the host needs them itself.
  static bool isReadByHost(OpOperand &use) {
    if (auto reshape = dyn_cast<tensor::ReshapeOp>(use.getOwner()))
      return use.get() == reshape.getShape();
    return isa<tensor::ExtractOp>(use.getOwner()) &&
           isa<func::FuncOp>(use.getOwner()->getParentOp());
  }

  LogicalResult placeUse(Operation *op, OpOperand &use) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    StoredWeight stored;
    DenseElementsAttr constant;
    if (auto weight = dyn_cast<WeightOp>(op)) {
      stored.weight = weight;
    } else {
      constant = dyn_cast<DenseElementsAttr>(cast<arith::ConstantOp>(op).getValue());
      if (!constant)
        return op->emitError("internal error: a constant that is not dense");
      if (constant.isSplat() && constant.getNumElements() * elementBytes(type) > kLongestSplat) {
        use.set(fill(use.getOwner(), type, constant));
        return success();
      }
    }
    Value placed;
    if (failed(place(use.getOwner(), type, stored, constant, placed)))
      return failure();
    use.set(placed);
    return success();
  }

  static int64_t elementBytes(ShapedType type) {
    return llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  }

  static Value fill(Operation *user, RankedTensorType type, DenseElementsAttr constant) {
    OpBuilder builder(user);
    Location loc = user->getLoc();
    Value number = arith::ConstantOp::create(builder, loc, constant.getSplatValue<TypedAttr>());
    Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), type.getElementType());
    return linalg::FillOp::create(builder, loc, number, empty).getResult(0);
  }

  /// `placed` is the tensor of `type` at its place on the device, made right before what `user` is
  /// a part of: a step takes none of them from another.
  LogicalResult place(Operation *user, RankedTensorType type, StoredWeight stored,
                      DenseElementsAttr constant, Value &placed) {
    Key key{type, constant ? Attribute(constant) : stored.weight.getPieces(),
            stored.scales ? stored.scales.getPieces() : ArrayAttr(),
            stored.zeroPoints ? stored.zeroPoints.getPieces() : ArrayAttr()};
    auto [found, isNew] = places.try_emplace(key);
    Place &at = found->second;
    if (isNew) {
      at.type = MemRefType::get(type.getShape(), type.getElementType());
      at.stored = stored;
      at.constant = constant;
      int64_t aligned = llvm::alignTo(end, kAlignment);
      at.bytes = elementBytes(type);
      for (int64_t size : type.getShape())
        if (llvm::MulOverflow(at.bytes, size, at.bytes))
          return user->emitError("a weight on the device is larger than can be addressed");
      at.offset = aligned;
      if (aligned < end || llvm::AddOverflow(aligned, at.bytes, end))
        return user->emitError("weights on the device end beyond what can be addressed");
    }
    // Outside of loops: they become kernels, which have no memory of their own.
    auto function = user->getParentOfType<func::FuncOp>();
    OpBuilder builder(function.getBody().front().findAncestorOpInBlock(*user));
    Value view = viewOf(builder, user->getLoc(), at);
    placed = bufferization::ToTensorOp::create(builder, user->getLoc(), type, view,
                                               /*restrict=*/true);
    return success();
  }

  Value viewOf(OpBuilder &builder, Location loc, const Place &at) {
    auto base = memref::GetGlobalOp::create(
        builder, loc, MemRefType::get({ShapedType::kDynamic}, builder.getI8Type()), kDeviceWeights);
    bases.push_back(base);
    Value offset = arith::ConstantIndexOp::create(builder, loc, at.offset);
    return memref::ViewOp::create(builder, loc, at.type, base, offset, ValueRange());
  }

  /// Makes @moe_prepare and the memory itself, now that its size is known.
  void finish() {
    ModuleOp module = getOperation();
    OpBuilder builder(module.getBody(), module.getBody()->begin());
    Location loc = module.getLoc();
    auto prepare =
        func::FuncOp::create(builder, loc, MOE_PREPARE_SYMBOL, builder.getFunctionType({}, {}));
    prepare->setAttr(kStepAttr, builder.getUnitAttr());
    Block *body = prepare.addEntryBlock();
    builder.setInsertionPointToStart(body);
    for (auto &[key, at] : places) {
      Value view = viewOf(builder, loc, at);
      if (at.bytes == 0)
        continue;
      if (at.constant)
        uploadConstant(builder, loc, at, view);
      else
        unpackWeight(builder, loc, at.stored, view, at.bytes);
    }
    func::ReturnOp::create(builder, loc);
    auto type = MemRefType::get({end}, builder.getI8Type());
    for (memref::GetGlobalOp base : bases)
      base.getResult().setType(type);
    builder.setInsertionPointToStart(module.getBody());
    memref::GlobalOp::create(builder, loc, kDeviceWeights, builder.getStringAttr("private"), type,
                             /*initial_value=*/Attribute(), /*constant=*/false,
                             /*alignment=*/IntegerAttr());
    module->setAttr(kDeviceBytesAttr, builder.getI64IntegerAttr(end));
    for (Operation *op : unused)
      op->erase();
  }

  void uploadConstant(OpBuilder &builder, Location loc, const Place &at, Value view) {
    std::string name = "moe_constant_" + std::to_string(constants++);
    {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointToStart(getOperation().getBody());
      memref::GlobalOp::create(builder, loc, name, builder.getStringAttr("private"), at.type,
                               at.constant, /*constant=*/true, IntegerAttr());
    }
    Value host = memref::GetGlobalOp::create(builder, loc, at.type, name);
    createUpload(builder, loc, addressOf(builder, loc, view), addressOf(builder, loc, host),
                 arith::ConstantIndexOp::create(builder, loc, at.bytes));
  }

  using Key = std::tuple<Type, Attribute, Attribute, Attribute>;
  llvm::MapVector<Key, Place> places;
  SmallVector<memref::GetGlobalOp> bases;
  SmallVector<Operation *> unused;
  int64_t end = 0;
  unsigned constants = 0;
};

} // namespace
