//===- MixtureLayer.h - From a proven mixture to a layer --------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_MIXTURELAYER_H
#define MOE_LOWERING_ONNX_RAISE_MIXTURELAYER_H

#include "lowering/onnx/raise/Attempt.h"
#include "lowering/onnx/raise/Body.h"
#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/Mixture.h"

namespace moe::raise {

/// What a pattern found out about the terms of a mixture.
struct MixtureExperts {
  /// One body of all experts, or one for each.
  std::vector<Body> bodies;
  /// What they read, [tokens..., H].
  mlir::Value tokens;
  /// A word of the table in the design.
  llvm::StringRef form;
};

/// What the terms of a mixture are, by their factors.
enum class TermKind { ByIds, AllExperts, OneExpert };

/// The kind of all terms, or a miss where they differ or lack weights.
mlir::FailureOr<TermKind> kindOf(const Mixture &mixture, Attempt &attempt);

/// The experts of the terms of `kind`.
mlir::FailureOr<MixtureExperts> readBatched(const Mixture &mixture, const RoutedValues &routed,
                                            Attempt &attempt);
mlir::FailureOr<MixtureExperts> readAllExperts(const Mixture &mixture, const RoutedValues &routed,
                                               Attempt &attempt);
mlir::FailureOr<MixtureExperts> readOneByOne(const Mixture &mixture, const RoutedValues &routed,
                                             Attempt &attempt);

/// Fills in the weights of `spec`, from one body of all experts or from one for each.
void setWeights(LayerSpec &spec, const std::vector<Body> &bodies, int64_t experts);

/// Whether the labels of a body's output are those that its term needs.
bool fitsTerm(const Axes &body, const Term &term);

/// Stacks the weights of `bodies`: one of all experts, or one for each.
void setWeights(LayerSpec &spec, const std::vector<Body> &bodies, int64_t experts);

/// A constant weight gathered by ids, in any of its spellings; `slot` is the one of its ids, if
/// they are of one.
std::optional<BodyInput> gatheredWeight(mlir::Value value, const RoutedValues &routed,
                                        std::optional<int64_t> &slot);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_MIXTURELAYER_H
