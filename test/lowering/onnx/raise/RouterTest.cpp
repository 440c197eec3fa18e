//===- RouterTest.cpp - What rule a router is -----------------------------===//
//
// Each function of routers.mlir is a router: from logits to ids and routing weights. Its `rule` is
// the gate that has to be found, or its `missed` the reason why there is none.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/Router.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace moe;
using namespace moe::raise;

namespace {

/// The node whose choices are the ids that the function returns.
std::optional<Choices> choicesOf(func::FuncOp function) {
  Value ids = function.getBody().front().getTerminator()->getOperand(0);
  for (auto node : function.getOps<onnx::NodeOp>())
    if (auto choices = choicesAt(node); choices && choices->ids == ids)
      return choices;
  return std::nullopt;
}

std::string ruleOf(const Router &router) {
  std::string text;
  llvm::raw_string_ostream out(text);
  if (router.bias)
    out << "bias ";
  out << Attribute(router.gate);
  return text;
}

void check(func::FuncOp function) {
  SCOPED_TRACE(function.getSymName().str());
  auto choices = choicesOf(function);
  ASSERT_TRUE(choices);
  Layers layers;
  Attempt attempt{layers};
  Value weights = function.getBody().front().getTerminator()->getOperand(1);
  auto router = matchRouter(*choices, weights, attempt);
  if (auto missed = function->getAttrOfType<StringAttr>("missed")) {
    EXPECT_TRUE(failed(router));
    EXPECT_EQ(attempt.missedWhy, missed.getValue().str());
    return;
  }
  ASSERT_TRUE(succeeded(router)) << attempt.missedWhy;
  auto rule = function->getAttrOfType<StringAttr>("rule");
  ASSERT_TRUE(rule);
  EXPECT_EQ(ruleOf(*router), rule.getValue().str());
}

TEST(Router, RoutersOfTheFile) {
  MLIRContext context;
  context.loadDialect<onnx::OnnxDialect, func::FuncDialect, MoeDialect>();
  auto module = parseSourceFile<ModuleOp>(ROUTERS_FILE, &context);
  ASSERT_TRUE(module);
  auto functions = module->getOps<func::FuncOp>();
  EXPECT_GT(std::distance(functions.begin(), functions.end()), 40);
  for (func::FuncOp function : functions)
    check(function);
}

} // namespace
