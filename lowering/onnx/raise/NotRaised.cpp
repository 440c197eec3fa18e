//===- NotRaised.cpp - Says what was left as it was, and why --------------===//

#include "lowering/onnx/raise/NotRaised.h"
#include "lowering/onnx/raise/Choices.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace moe::raise {

/// From ids to what they choose is a few nodes, mostly of shape.
static constexpr size_t kMostValues = 64;
/// No layer has more experts, and vocabularies are larger.
static constexpr int64_t kMostExperts = 4096;

/// Whether the node picks something by the number `value`: compares it, scatters or gathers by it.
static bool picksBy(onnx::NodeOp node, Value value) {
  if (node.is("Equal") || node.is("OneHot"))
    return true;
  bool indexed = node.is("Gather") || node.is("GatherND") || node.is("ScatterElements") ||
                 node.is("ScatterND") || node.is("GatherElements");
  return indexed && node.input(1) == value;
}

/// Whether the chosen ids go on to choose something, or only leave the model (as sampled tokens
/// do).
static bool looksLikeRouting(const Choices &choices) {
  if (choices.experts > kMostExperts || choices.experts < 2)
    return false;
  llvm::SetVector<Value> work;
  work.insert(choices.ids);
  for (size_t next = 0; next < work.size() && next < kMostValues; ++next)
    for (Operation *user : work[next].getUsers()) {
      auto node = dyn_cast<onnx::NodeOp>(user);
      if (!node)
        continue;
      if (picksBy(node, work[next]))
        return true;
      work.insert(node.getOutputs().begin(), node.getOutputs().end());
    }
  return false;
}

/// Whether what follows from `anchor` leads to a choice that was raised: it is a part of that
/// router.
static bool leadsTo(onnx::NodeOp anchor, const llvm::DenseSet<Operation *> &done) {
  llvm::SetVector<Operation *> work;
  work.insert(anchor);
  for (size_t next = 0; next < work.size() && next < kMostValues; ++next)
    for (Operation *user : work[next]->getUsers()) {
      if (done.contains(user))
        return true;
      work.insert(user);
    }
  return false;
}

/// Whether the ids that `anchor` gives are among those that a layer was written for: other choices
/// led to it.
static bool isRouted(Operation *anchor) {
  llvm::SetVector<Operation *> work;
  work.insert(anchor);
  for (size_t next = 0; next < work.size() && next < kMostValues; ++next)
    for (Value value : work[next]->getResults()) {
      auto type = dyn_cast<ShapedType>(value.getType());
      if (!type || !isa<IntegerType>(type.getElementType()) || type.getElementType().isInteger(1))
        continue;
      for (Operation *user : value.getUsers()) {
        if (isa<DispatchOp>(user))
          return true;
        work.insert(user);
      }
    }
  return false;
}

void NotRaised::missed(onnx::NodeOp anchor, const Attempt &attempt) {
  std::string why = attempt.missedWhy;
  Location at = attempt.missedAt ? attempt.missedAt->getLoc() : anchor.getLoc();
  if (why.empty()) {
    auto choices = choicesAt(anchor);
    if (!choices || !looksLikeRouting(*choices))
      return;
    why = nameOf(anchor) + " chooses by score, but no pattern knows what follows from the choice";
  }
  misses.push_back({anchor, at, why});
}

void NotRaised::tell() const {
  for (const Miss &miss : misses)
    if (!done.contains(miss.anchor) && !leadsTo(cast<onnx::NodeOp>(miss.anchor), done) &&
        !isRouted(miss.anchor))
      remark::missed(miss.at, remark::RemarkOpts::name("NotRaised").category("moe-raise"))
          << "not raised: " + miss.why;
}

} // namespace moe::raise
