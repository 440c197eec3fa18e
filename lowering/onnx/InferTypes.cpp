//===- InferTypes.cpp - x ---===//

#include "lowering/Lowerings.h"

namespace moe {
#define GEN_PASS_DEF_ONNXINFERTYPES
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;

namespace {
struct OnnxInferTypes : moe::impl::OnnxInferTypesBase<OnnxInferTypes> {
  using OnnxInferTypesBase::OnnxInferTypesBase;
  void runOnOperation() override {}
};
} // namespace
