//===- Axes.h - Axes that are known at run time only ------------*- C++ -*-===//
//
// Axes are constants nearly always. Where they are data their number at least is known, and each
// dimension asks at run time whether it is among them.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_CONVERT_AXES_H
#define MOE_LOWERING_ONNX_CONVERT_AXES_H

#include "lowering/onnx/convert/Build.h"

namespace moe::convert {

/// Axes out of `rank` dimensions, given as data.
class RunTimeAxes {
public:
  /// Checks at run time that all lie within [-rank, rank) and that none is given twice. Fails, with
  /// the error reported, where their number is not known.
  static FailureOr<RunTimeAxes> of(Node &n, Value list, int64_t rank);

  int64_t rank() const { return isAxis.size(); }
  int64_t count() const { return axes.size(); }
  /// Axis number `i`, counted from the front (index).
  Value axis(int64_t i) const { return axes[i]; }
  /// Whether dimension `dim` is an axis (i1).
  Value contains(int64_t dim) const { return isAxis[dim]; }
  /// The dimensions that are no axes, in order: rank() - count() of `dims`.
  Dims others(Node &n, const Dims &dims) const;
  /// `dims` of others() with ones at the axes: rank() of them.
  Dims withOnes(Node &n, const Dims &others) const;

private:
  /// Of dimensions, the number that are no axes and stand before `dim`, as an index.
  Value before(Node &n, int64_t dim) const;

  SmallVector<Value> axes, isAxis;
};

/// `dims`, made of data, of which the node's type knows some: these are checked and then taken.
Dims agreed(Node &n, const Dims &dims);

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_AXES_H
