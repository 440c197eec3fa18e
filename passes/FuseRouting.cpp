//===- FuseRouting.cpp - (to be written) ---===//

#include "passes/Passes.h"

namespace moe {
#define GEN_PASS_DEF_FUSEROUTING
#include "passes/Passes.h.inc"
} // namespace moe

using namespace mlir;

namespace {
struct FuseRouting : moe::impl::FuseRoutingBase<FuseRouting> {
  using FuseRoutingBase::FuseRoutingBase;
  void runOnOperation() override {}
};
} // namespace
