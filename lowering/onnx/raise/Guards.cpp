//===- Guards.cpp - Experts that are skipped where nobody chose them ------===//

#include "lowering/onnx/raise/Guards.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace moe::raise {

/// The branches of `node`, the one for where somebody chose first; null where it is no If.
static std::pair<Block *, Block *> branchesOf(onnx::NodeOp node, bool ifTrue) {
  Block *branches[] = {nullptr, nullptr};
  for (auto [name, body] : llvm::zip_equal(*node.getSubgraphs(), node.getBodies())) {
    if (!body.hasOneBlock() || body.front().empty() || body.getNumArguments() != 0 ||
        body.front().back().getNumOperands() != node.getNumResults())
      return {};
    branches[cast<StringAttr>(name).getValue() == "then_branch" ? 0 : 1] = &body.front();
  }
  return {branches[ifTrue ? 0 : 1], branches[ifTrue ? 1 : 0]};
}

/// The branch of `node` that alone does what both do, or null.
static Block *branchForAll(onnx::NodeOp node) {
  if (!node.is("If") || !node.getSubgraphs() || node.getBodies().size() != 2 ||
      node.getNumResults() == 0)
    return nullptr;
  std::optional<Nobody> nobody = Nobody::askedBy(node.input(0));
  if (!nobody)
    return nullptr;
  auto [some, none] = branchesOf(node, nobody->ifTrue);
  if (!some || !none)
    return nullptr;
  for (auto [result, a, b] :
       llvm::zip_equal(node.getResults(), some->back().getOperands(), none->back().getOperands()))
    if (a.getType() != result.getType() || !nobody->same(a, b))
      return nullptr;
  return some;
}

void Guards::open(FunctionOpInterface function) {
  SmallVector<onnx::NodeOp> questions;
  function->walk<WalkOrder::PreOrder>([&](onnx::NodeOp node) {
    if (node.is("If"))
      questions.push_back(node);
  });
  for (onnx::NodeOp node : questions) {
    Block *branch = branchForAll(node);
    if (!branch)
      continue;
    OpBuilder builder(node);
    IRMapping mapping;
    for (Operation &op : branch->without_terminator())
      builder.clone(op, mapping);
    Opened opened{node, {}};
    for (auto [result, value] : llvm::zip_equal(node.getResults(), branch->back().getOperands())) {
      // What the branch only hands on is the same whoever chose.
      opened.results.push_back(mapping.lookupOrNull(value));
      result.replaceAllUsesWith(mapping.lookupOrDefault(value));
    }
    all.push_back(std::move(opened));
    held.insert(node);
  }
}

void Guards::close() {
  for (Opened &opened : all)
    for (auto [result, value] : llvm::zip_equal(opened.node.getResults(), opened.results)) {
      if (!value || gone.contains(value))
        continue;
      // What the branch itself makes of it goes with the branch.
      Block *block = opened.node->getBlock();
      value.replaceUsesWithIf(result, [&, node = opened.node](OpOperand &use) {
        Operation *user = block->findAncestorOpInBlock(*use.getOwner());
        return user && node->isBeforeInBlock(user);
      });
    }
  held.clear();
}

} // namespace moe::raise
