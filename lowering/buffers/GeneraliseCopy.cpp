//===- GeneraliseCopy.cpp - A copy as a structured operation --------------===//

#include "lowering/buffers/GeneraliseCopy.h"

using namespace mlir;

linalg::GenericOp moe::generaliseCopy(memref::CopyOp copy, IRRewriter &rewriter) {
  int64_t rank = cast<MemRefType>(copy.getSource().getType()).getRank();
  AffineMap identity = rewriter.getMultiDimIdentityMap(rank);
  SmallVector<utils::IteratorType> parallel(rank, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(rewriter, copy.getLoc(), ValueRange{copy.getSource()},
                                           ValueRange{copy.getTarget()},
                                           ArrayRef<AffineMap>{identity, identity}, parallel,
                                           [](OpBuilder &inner, Location loc, ValueRange values) {
                                             linalg::YieldOp::create(inner, loc, values.front());
                                           });
  rewriter.eraseOp(copy);
  return generic;
}
