//===- Routing.h - Routing as functions -------------------------*- C++ -*-===//
//
// The linalg stage keeps each routing operation as a call of a private function whose body is what
// it means in linalg. A target takes the body, or has kernels of its own for what the function says
// that it is.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ROUTING_H
#define MOE_LOWERING_ROUTING_H

#include "mlir/Support/LLVM.h"

namespace moe {

/// What a function's body means: a dictionary of an operation's name (`op`) and its attributes.
/// Arguments and results are the operation's; of `moe.dispatch` all results but the rows.
inline constexpr llvm::StringLiteral kRoutingAttr = "moe.routing";
/// The member of `moe.routing` that names the operation.
inline constexpr llvm::StringLiteral kRoutingOp = "op";

/// On calls of routing functions, grouped products and what becomes of them: the place in
/// `moe.layers` of the layer that they belong to.
inline constexpr llvm::StringLiteral kLayerAttr = "moe.layer";

} // namespace moe

#endif // MOE_LOWERING_ROUTING_H
