//===- BufferizationModels.cpp - How moe ops become memrefs ---------------===//
//
// The linalg stage holds three moe ops. A grouped product writes into its init, a weight is memory
// that nobody may write, an observation only reads. Bufferization learns it here, so that the
// dialect itself needs no buffers.
//
//===----------------------------------------------------------------------===//

#include "lowering/buffers/BufferizationModels.h"
#include "dialect/Moe.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace moe;

namespace {

/// The buffer of each tensor among `values`; null where one cannot be had.
FailureOr<SmallVector<Value>> buffersOf(RewriterBase &rewriter, ValueRange values,
                                        const BufferizationOptions &options,
                                        BufferizationState &state) {
  SmallVector<Value> buffers;
  for (Value value : values) {
    if (!isa<TensorType>(value.getType())) {
      buffers.push_back(value);
      continue;
    }
    FailureOr<Value> buffer = getBuffer(rewriter, value, options, state);
    if (failed(buffer))
      return failure();
    buffers.push_back(*buffer);
  }
  return buffers;
}

struct GroupedMatmulModel
    : DstBufferizableOpInterfaceExternalModel<GroupedMatmulModel, GroupedMatmulOp> {
  /// What the init holds before does not matter: rows of groups are overwritten, others
  /// unspecified.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options, BufferizationState &state) const {
    auto product = cast<GroupedMatmulOp>(op);
    rewriter.setInsertionPoint(op);
    FailureOr<SmallVector<Value>> buffers = buffersOf(rewriter, op->getOperands(), options, state);
    if (failed(buffers))
      return failure();
    OperationState made(op->getLoc(), op->getName());
    made.addOperands(*buffers);
    made.addAttributes(op->getAttrs());
    made.propertiesAttr = op->getPropertiesAsAttribute();
    made.addRegion();
    Operation *onBuffers = rewriter.create(made);
    rewriter.inlineRegionBefore(product.getEpilogue(), onBuffers->getRegion(0),
                                onBuffers->getRegion(0).end());
    unsigned init = product.getInitMutable().getOperandNumber();
    replaceOpWithBufferizedValues(rewriter, op, (*buffers)[init]);
    return success();
  }
};

struct WeightModel : BufferizableOpInterface::ExternalModel<WeightModel, WeightOp> {
  /// Weights are mapped read only: whoever writes must copy.
  bool isWritable(Operation *, Value, const AnalysisState &) const { return false; }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &,
                          BufferizationState &) const {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    OperationState made(op->getLoc(), op->getName());
    made.addTypes(MemRefType::get(type.getShape(), type.getElementType()));
    made.propertiesAttr = op->getPropertiesAsAttribute();
    made.addAttributes(llvm::to_vector(op->getDiscardableAttrs()));
    Operation *onBuffers = rewriter.create(made);
    replaceOpWithBufferizedValues(rewriter, op, onBuffers->getResults());
    return success();
  }
};

/// `buffer`, or a copy of it where its elements do not lie one after the other: what is observed
/// may be a part of what a loop collects.
Value dense(OpBuilder &builder, Location loc, Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.areTrailingDimsContiguous(type.getRank()))
    return buffer;
  SmallVector<Value> sizes;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(size))
      sizes.push_back(memref::DimOp::create(builder, loc, buffer, dim));
  Value copy = memref::AllocOp::create(
      builder, loc, MemRefType::get(type.getShape(), type.getElementType()), sizes);
  memref::CopyOp::create(builder, loc, buffer, copy);
  return copy;
}

struct ObserveModel : BufferizableOpInterface::ExternalModel<ObserveModel, ObserveOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &, const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &, const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *, OpOperand &, const AnalysisState &) const {
    return {};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options, BufferizationState &state) const {
    auto observe = cast<ObserveOp>(op);
    FailureOr<Value> buffer = getBuffer(rewriter, observe.getValue(), options, state);
    if (failed(buffer))
      return failure();
    rewriter.setInsertionPoint(op);
    Value seen = dense(rewriter, op->getLoc(), *buffer);
    rewriter.modifyOpInPlace(op, [&] { observe.getValueMutable().assign(seen); });
    return success();
  }
};

} // namespace

void moe::registerMoeBufferizationModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, MoeDialect *) {
    GroupedMatmulOp::attachInterface<GroupedMatmulModel>(*context);
    WeightOp::attachInterface<WeightModel>(*context);
    ObserveOp::attachInterface<ObserveModel>(*context);
  });
}
