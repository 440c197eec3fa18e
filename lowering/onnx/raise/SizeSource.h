//===- SizeSource.h - Where the numbers of a shape come from ----*- C++ -*-===//
//
// Exporters compute the shapes that they expand to; whether a dimension of unknown size stays as it
// is can be seen only from where its new size was taken.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_SIZESOURCE_H
#define MOE_LOWERING_ONNX_RAISE_SIZESOURCE_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// A number, or (`tensor`) the size of its dimension `dim`.
struct SizeSource {
  int64_t number = 0;
  mlir::Value tensor = {};
  int64_t dim = 0;

  bool operator==(const SizeSource &o) const {
    return number == o.number && tensor == o.tensor && dim == o.dim;
  }
};

/// Where element `index` of a list of sizes comes from; also of a scalar, at 0.
std::optional<SizeSource> sizeSource(mlir::Value sizes, int64_t index);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_SIZESOURCE_H
