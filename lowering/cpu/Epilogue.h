//===- Epilogue.h - An epilogue's scalar code on vectors ---------*- C++ -*-===//

#ifndef MOE_LOWERING_CPU_EPILOGUE_H
#define MOE_LOWERING_CPU_EPILOGUE_H

#include "dialect/Moe.h"
#include "lowering/cpu/VectorCode.h"

namespace moe {

/// Reports what in the epilogue cannot be computed for many columns at once.
mlir::LogicalResult verifyElementwise(GroupedMatmulOp op);

/// The epilogue's value for `lanes` columns; `arguments` stand for the block's, as vectors.
mlir::Value emitEpilogue(Emitter &e, GroupedMatmulOp op, llvm::ArrayRef<mlir::Value> arguments,
                         int64_t lanes);

} // namespace moe

#endif // MOE_LOWERING_CPU_EPILOGUE_H
