//===- LoopMapping.cpp - Which threads run what ---------------------------===//

#include "lowering/nvptx/loops/LoopMapping.h"

using namespace moe;

namespace {
/// Terms that a block shares out; fewer are added by one thread.
constexpr int64_t kLongSum = 64;
/// Rows and columns from which a tile is not mostly empty.
constexpr int64_t kProductSide = 8;
/// Elements that a thread does in its turn, and bytes that it holds.
constexpr int64_t kThreadElements = 64, kThreadBytes = 2048;
/// Elements in a turn that are worth launches of their own.
constexpr int64_t kHostElements = 1 << 18;
} // namespace

/// The choice depends on the length of a sum only, never on how many there are: a token's numbers
/// are then the same in every batch.
static LoopMapping chooseForStructured(const LoopFacts &facts) {
  if (!facts.reduces)
    return LoopMapping::ElementEach;
  bool wide = facts.rows.value_or(kProductSide) >= kProductSide &&
              facts.columns.value_or(kProductSide) >= kProductSide;
  if (facts.product && wide)
    return LoopMapping::ProductTiles;
  bool isLong = facts.length.value_or(kLongSum) >= kLongSum;
  return facts.reducesSimply && facts.alongMemory && isLong ? LoopMapping::BlockEach
                                                            : LoopMapping::ElementEach;
}

static LoopMapping chooseForTurns(const LoopFacts &facts) {
  bool little =
      facts.elements <= kThreadElements && facts.bufferBytes && *facts.bufferBytes <= kThreadBytes;
  return little ? LoopMapping::ThreadPerTurn : LoopMapping::BlockPerTurn;
}

LoopMapping moe::chooseLoopMapping(const LoopFacts &facts) {
  if (facts.shapeArithmetic)
    return LoopMapping::Host;
  if (facts.kind == LoopKind::Structured)
    return chooseForStructured(facts);
  if (facts.onlyHost || !facts.bounded)
    return LoopMapping::HostLoop;
  if (facts.kind == LoopKind::Parallel)
    return chooseForTurns(facts);
  if (facts.structured == 0)
    return LoopMapping::OneThread;
  bool much = facts.elements >= kHostElements;
  return much && !facts.loads ? LoopMapping::HostLoop : LoopMapping::OneBlock;
}

llvm::StringRef moe::nameOf(LoopMapping mapping) {
  switch (mapping) {
  case LoopMapping::Host:
    return "left to the host";
  case LoopMapping::ElementEach:
    return "a thread for each result";
  case LoopMapping::BlockEach:
    return "a block for each result";
  case LoopMapping::ProductTiles:
    return "tiles of a product";
  case LoopMapping::ThreadPerTurn:
    return "a thread for each turn";
  case LoopMapping::BlockPerTurn:
    return "a block for each turn";
  case LoopMapping::OneThread:
    return "one thread";
  case LoopMapping::OneBlock:
    return "one block";
  case LoopMapping::HostLoop:
    return "a loop of the host";
  }
  return "";
}
