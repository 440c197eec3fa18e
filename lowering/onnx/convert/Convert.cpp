//===- Convert.cpp - x ---===//

#include "lowering/Lowerings.h"

namespace moe {
#define GEN_PASS_DEF_CONVERTONNXTOLINALG
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;

namespace {
struct ConvertOnnxToLinalg : moe::impl::ConvertOnnxToLinalgBase<ConvertOnnxToLinalg> {
  using ConvertOnnxToLinalgBase::ConvertOnnxToLinalgBase;
  void runOnOperation() override {}
};
} // namespace
