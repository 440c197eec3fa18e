//===- PadCapacity.cpp - (to be written) ---===//

#include "passes/Passes.h"

namespace moe {
#define GEN_PASS_DEF_PADCAPACITY
#include "passes/Passes.h.inc"
} // namespace moe

using namespace mlir;

namespace {
struct PadCapacity : moe::impl::PadCapacityBase<PadCapacity> {
  using PadCapacityBase::PadCapacityBase;
  void runOnOperation() override {}
};
} // namespace
