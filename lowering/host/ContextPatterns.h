//===- ContextPatterns.h - Operations that become calls of the context -*- C++ -*-===//

#ifndef MOE_LOWERING_HOST_CONTEXTPATTERNS_H
#define MOE_LOWERING_HOST_CONTEXTPATTERNS_H

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/PatternMatch.h"

namespace moe {

/// Patterns for memref.alloc, memref.dealloc, moe.weight, moe.observe and cf.assert.
void populateContextPatterns(const mlir::LLVMTypeConverter &converter,
                             mlir::RewritePatternSet &patterns);

} // namespace moe

#endif // MOE_LOWERING_HOST_CONTEXTPATTERNS_H
