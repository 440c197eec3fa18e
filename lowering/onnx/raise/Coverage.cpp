//===- Coverage.cpp - Does every expert have its part of the graph? -------===//

#include "lowering/onnx/raise/Coverage.h"

using namespace mlir;

namespace moe::raise {

/// More are counted, not named.
static constexpr int64_t kMostNamed = 32;

/// What is missing of one expert: "in slot 1, 2", or nothing where all is there. Empty: everything.
static std::optional<std::string> lacking(const llvm::SmallDenseSet<int64_t> *slots, int64_t k) {
  if (!slots)
    return std::string();
  std::string text;
  for (int64_t slot = 0; slot < k && slots->size() != static_cast<size_t>(k); ++slot)
    if (!slots->contains(slot))
      text += (text.empty() ? " in slot " : ", ") + std::to_string(slot);
  return text.empty() ? std::nullopt : std::optional(text);
}

Outcome everyExpertIsThere(const Choices &choices, const Lists &lists, Attempt &attempt) {
  llvm::DenseMap<int64_t, llvm::SmallDenseSet<int64_t>> slots;
  llvm::DenseSet<int64_t> whole;
  for (const List *list : lists.all())
    if (list->slot)
      slots[list->expert].insert(*list->slot);
    else
      whole.insert(list->expert);
  std::string text;
  int64_t named = 0;
  bool more = false;
  for (int64_t expert = 0; expert < choices.experts && !more; ++expert) {
    auto it = slots.find(expert);
    if (whole.contains(expert))
      continue;
    auto what = lacking(it == slots.end() ? nullptr : &it->second, choices.k);
    if (!what)
      continue;
    more = ++named > kMostNamed;
    text += (text.empty() ? "" : "; ") + (more ? "and more"
                                               : ("expert " + Twine(expert) + " of " +
                                                  Twine(choices.experts) + " never appears" + *what)
                                                     .str());
  }
  if (text.empty())
    return Outcome::Raised;
  onnx::NodeOp anchor = choices.anchor;
  // A mask that no choice is known of may leave an expert out on purpose.
  if (choices.open) {
    (void)attempt.miss(anchor, nameOf(anchor) + " has experts missing: " + text);
    return Outcome::Missed;
  }
  if (attempt.allowMissingExperts) {
    anchor.emitWarning(nameOf(anchor))
        << ": " << text
        << "; compiled as the file is, which computes wrong results for such tokens";
    (void)attempt.miss(anchor, nameOf(anchor) + " has experts missing: " + text);
    return Outcome::Missed;
  }
  anchor.emitError(nameOf(anchor))
      << ": " << text << ", but the router can choose it; the file computes wrong results for such "
      << "tokens: export with an input that reaches every expert, or take the file as it is with "
         "--allow-missing-experts";
  return Outcome::Error;
}

} // namespace moe::raise
