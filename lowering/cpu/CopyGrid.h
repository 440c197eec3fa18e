//===- CopyGrid.h - Copies of strided rows and columns ----------*- C++ -*-===//
//
// Most bytes of a model are transposed on their way into the artifact. Element by element that is
// several times slower than memory, so it is done in blocks that stay in the first cache.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_COPYGRID_H
#define MOE_LOWERING_CPU_COPYGRID_H

#include <cstdint>

namespace moe {

/// Bytes from a row to the next and from a column to the next.
struct GridSteps {
  int64_t row, column;
};

/// Copies `rows` x `columns` elements; the grids do not overlap.
void copyGrid(const char *from, GridSteps fromSteps, char *to, GridSteps toSteps, int64_t rows,
              int64_t columns, int64_t elementBytes);

} // namespace moe

#endif // MOE_LOWERING_CPU_COPYGRID_H
