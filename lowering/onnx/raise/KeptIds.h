//===- KeptIds.h - Choices of which a graph keeps some ----------*- C++ -*-===//
//
// Where experts have a capacity, a mask over tokens and experts says which choices are left. Taken
// apart, it names the choices that it is of; what it drops of them becomes -1.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_KEPTIDS_H
#define MOE_LOWERING_ONNX_RAISE_KEPTIDS_H

#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Masks.h"
#include "lowering/onnx/raise/NodeWriter.h"

namespace moe::raise {

/// The ids that each product has a one-hot of along the experts, each [tokens...] or
/// [tokens..., k]. Empty where a product has none: then any expert may take a token.
llvm::SmallVector<MaskFactor> idsOf(const MaskTerms &terms, int64_t experts);

/// Whether all of `ids` have the dimensions `tokens`, and at most a known number of slots more.
bool followTokens(llvm::ArrayRef<MaskFactor> ids, llvm::ArrayRef<std::string> tokens);

struct KeptIds {
  /// [tokens..., k], in [0, experts).
  mlir::Value ids;
  /// The same with -1 for what was dropped, or was chosen in a slot before.
  mlir::Value kept;
};

/// `present` [tokens..., experts]: above 0.5 where the token is at the expert.
KeptIds writeKeptIds(NodeWriter &writer, llvm::ArrayRef<MaskFactor> ids, mlir::Value present);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_KEPTIDS_H
