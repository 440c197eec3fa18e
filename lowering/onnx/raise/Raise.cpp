//===- Raise.cpp - x ---===//

#include "lowering/Lowerings.h"

namespace moe {
#define GEN_PASS_DEF_RAISE
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;

namespace {
struct Raise : moe::impl::RaiseBase<Raise> {
  using RaiseBase::RaiseBase;
  void runOnOperation() override {}
};
} // namespace
