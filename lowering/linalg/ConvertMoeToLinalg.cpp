//===- ConvertMoeToLinalg.cpp - x ---===//

#include "lowering/Lowerings.h"

namespace moe {
#define GEN_PASS_DEF_CONVERTMOETOLINALG
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;

namespace {
struct ConvertMoeToLinalg : moe::impl::ConvertMoeToLinalgBase<ConvertMoeToLinalg> {
  using ConvertMoeToLinalgBase::ConvertMoeToLinalgBase;
  void runOnOperation() override {}
};
} // namespace
