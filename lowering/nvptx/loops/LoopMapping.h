//===- LoopMapping.h - Which threads run what -------------------*- C++ -*-===//
//
// The decision how an outlined function runs on a device, as a pure function of a few facts, so
// that it can be tested as a table.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_LOOPMAPPING_H
#define MOE_LOWERING_NVPTX_LOOPS_LOOPMAPPING_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>

namespace moe {

/// What a function's one operation is.
enum class LoopKind {
  Structured, ///< a linalg operation or a copy
  Parallel,   ///< scf.forall or scf.parallel
  Sequence,   ///< any other control flow
};

/// What the choice looks at. Sizes that only the run knows are absent.
struct LoopFacts {
  LoopKind kind = LoopKind::Structured;
  /// All memory is a few integers: the arithmetic of shapes.
  bool shapeArithmetic = false;

  // Structured operations
  bool reduces = false;
  bool reducesSimply = false;           ///< in any order
  bool alongMemory = false;             ///< an operand's memory runs along what is reduced
  std::optional<int64_t> length;        ///< terms of a result
  bool product = false;                 ///< a sum of products of two operands
  std::optional<int64_t> rows, columns; ///< of the product

  // Loops
  bool onlyHost = false;  ///< checks, calls, or memory that outlives its turn
  bool bounded = true;    ///< the host can say how large inner buffers get
  int64_t structured = 0; ///< structured operations inside
  int64_t elements = 0;   ///< of them, in one turn of the loops; 1024 for a size not known
  bool loads = false;     ///< control around them depends on memory
  std::optional<int64_t> bufferBytes; ///< of all inner buffers
};

enum class LoopMapping {
  Host,          ///< left as a call
  ElementEach,   ///< a thread for each result
  BlockEach,     ///< a block for each result, which meets in a tree
  ProductTiles,  ///< a block for each tile of a product
  ThreadPerTurn, ///< a thread for each iteration
  BlockPerTurn,  ///< a block for each iteration
  OneThread,     ///< one thread for all
  OneBlock,      ///< one block for all
  HostLoop,      ///< control on the host, a kernel for each operation inside
};

LoopMapping chooseLoopMapping(const LoopFacts &facts);

llvm::StringRef nameOf(LoopMapping mapping);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_LOOPMAPPING_H
