//===- GroupExperts.cpp - (to be written) ---===//

#include "passes/Passes.h"

namespace moe {
#define GEN_PASS_DEF_GROUPEXPERTS
#include "passes/Passes.h.inc"
} // namespace moe

using namespace mlir;

namespace {
struct GroupExperts : moe::impl::GroupExpertsBase<GroupExperts> {
  using GroupExpertsBase::GroupExpertsBase;
  void runOnOperation() override {}
};
} // namespace
