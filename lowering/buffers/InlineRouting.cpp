//===- InlineRouting.cpp - Routing in the place of its calls --------------===//
//
// Where a target computes routing as it computes all else, a function's border would only keep what
// surrounds it from being seen. One look at each call: linear.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/Routing.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace moe {
#define GEN_PASS_DEF_INLINEROUTING
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

/// Puts the body of `function` before `call`, and its results in the place of the call's.
static void inlineBody(func::FuncOp function, func::CallOp call) {
  OpBuilder builder(call);
  IRMapping inside;
  Block &body = function.getBody().front();
  inside.map(body.getArguments(), call.getOperands());
  for (Operation &op : body.without_terminator())
    builder.clone(op, inside);
  for (auto [result, returned] :
       llvm::zip_equal(call.getResults(), body.getTerminator()->getOperands()))
    result.replaceAllUsesWith(inside.lookupOrDefault(returned));
  call.erase();
}

namespace {
struct InlineRouting : moe::impl::InlineRoutingBase<InlineRouting> {
  using InlineRoutingBase::InlineRoutingBase;

  void runOnOperation() override {
    llvm::DenseMap<StringRef, func::FuncOp> functions;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr(kRoutingAttr) && !function.isExternal())
        functions[function.getSymName()] = function;
    SmallVector<func::CallOp> calls;
    for (auto function : getOperation().getOps<func::FuncOp>())
      function.walk([&](func::CallOp call) { calls.push_back(call); });
    for (func::CallOp call : calls)
      if (func::FuncOp function = functions.lookup(call.getCallee()))
        inlineBody(function, call);
    for (auto [name, function] : functions)
      function.erase();
  }
};
} // namespace
