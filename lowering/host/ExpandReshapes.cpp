//===- ExpandReshapes.cpp - Expanded shapes as descriptors ----------------===//
//
// memref.expand_shape with two sizes of one group known at run time only (tokens back to batch x
// sequence) is more than MLIR's own expansion takes on: it looks for one unknown size a group. The
// sizes stand on the operation, so the descriptor can be written down from them.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace moe {
#define GEN_PASS_DEF_EXPANDRESHAPES
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;

/// The strides of the expanded shape: a group's last dimension keeps the stride of the dimension
/// that it came from, each one before steps over the ones after it.
static SmallVector<OpFoldResult> expandedStrides(OpBuilder &builder, memref::ExpandShapeOp expand,
                                                 ValueRange sourceStrides,
                                                 ArrayRef<OpFoldResult> sizes) {
  Location loc = expand.getLoc();
  auto [known, offset] = cast<MemRefType>(expand.getType()).getStridesAndOffset();
  // A scalar has no dimension to come from: all sizes are 1, and any stride will do.
  SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
  for (auto [source, group] : llvm::enumerate(expand.getReassociationIndices())) {
    Value stride = sourceStrides[source];
    for (int64_t dimension : llvm::reverse(group)) {
      if (ShapedType::isDynamic(known[dimension]))
        strides[dimension] = stride;
      else
        strides[dimension] = builder.getIndexAttr(known[dimension]);
      Value size = getValueOrCreateConstantIndexOp(builder, loc, sizes[dimension]);
      stride = arith::MulIOp::create(builder, loc, stride, size);
    }
  }
  return strides;
}

namespace {
struct ExpandReshapes : moe::impl::ExpandReshapesBase<ExpandReshapes> {
  using ExpandReshapesBase::ExpandReshapesBase;

  void runOnOperation() override {
    SmallVector<memref::ExpandShapeOp> expansions;
    getOperation().walk([&](memref::ExpandShapeOp expand) { expansions.push_back(expand); });
    for (memref::ExpandShapeOp expand : expansions) {
      OpBuilder builder(expand);
      Location loc = expand.getLoc();
      auto type = cast<MemRefType>(expand.getType());
      auto metadata = memref::ExtractStridedMetadataOp::create(builder, loc, expand.getSrc());
      SmallVector<OpFoldResult> sizes = expand.getMixedOutputShape();
      int64_t knownOffset = type.getStridesAndOffset().second;
      OpFoldResult offset = metadata.getOffset();
      if (!ShapedType::isDynamic(knownOffset))
        offset = builder.getIndexAttr(knownOffset);
      auto strides = expandedStrides(builder, expand, metadata.getStrides(), sizes);
      Value view = memref::ReinterpretCastOp::create(builder, loc, type, metadata.getBaseBuffer(),
                                                     offset, sizes, strides);
      expand.replaceAllUsesWith(view);
      expand.erase();
    }
  }
};
} // namespace
