//===- Transformer.h - What operators of transformers share -----*- C++ -*-===//
//
// Every attention operator is one formula with other inputs around it; rotations and norms stand
// alone and within. The formula is here once, over tensors whose heads are a dimension.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_CONVERT_TRANSFORMER_H
#define MOE_LOWERING_ONNX_CONVERT_TRANSFORMER_H

#include "lowering/onnx/convert/Build.h"

namespace moe::convert {

/// A tensor of rank 4 with its heads apart: [batch, heads, rows, size], or rows before heads.
struct Heads {
  Value tensor;
  bool headsFirst = true;

  unsigned headAxis() const { return headsFirst ? 1 : 2; }
  unsigned rowAxis() const { return headsFirst ? 2 : 1; }
  OpFoldResult batch(Node &n) const { return n.dims(tensor)[0]; }
  OpFoldResult heads(Node &n) const { return n.dims(tensor)[headAxis()]; }
  OpFoldResult rows(Node &n) const { return n.dims(tensor)[rowAxis()]; }
  OpFoldResult size(Node &n) const { return n.dims(tensor)[3]; }
};

/// [batch, rows, heads * size] with the heads apart.
FailureOr<Heads> splitHeads(Node &n, Value value, OpFoldResult heads);
/// [batch, rows, heads * size], or [batch, heads, rows, size] where `value` has rank 4.
FailureOr<Heads> headsOf(Node &n, Value value, OpFoldResult heads);
/// As [batch, heads, rows, size].
Value withHeadsFirst(Node &n, Heads heads);
/// [batch, heads, rows, size] of earlier rows, with `fresh` behind them. A null `past` is empty.
FailureOr<Value> appendRows(Node &n, Value past, Heads fresh);
/// One number twice: known, or checked at run time.
LogicalResult agree(Node &n, OpFoldResult a, OpFoldResult b, const llvm::Twine &what);

/// Which score goes out besides the result.
enum class ScoreStep { None, Product, Capped, Masked, Softmax };

/// softmax(masked(softcap(scale * q k^T)) + bias) v, where heads of k and v serve groups of heads
/// of q. A row that may attend to nothing is zero.
struct Attention {
  Heads q, k, v;
  /// 0: one over the root of the size of a head.
  double scale = 0;
  /// 0: none.
  double softcap = 0;
  /// Added to the scores; broadcasts to [batch, heads, rows, columns].
  Value bias;
  /// Truth values that broadcast likewise: false is not attended to.
  Value mask;
  /// From [batch, head, row, column] whether the row attends to the column; null: to all.
  ScalarFn allowed = nullptr;
  /// [heads]: the score of something that has no value. Null: none.
  Value sink;
  /// Columns of weight zero may hold anything, even what is no number.
  bool guarded = false;
  ScoreStep wanted = ScoreStep::None;
};

struct Attended {
  /// Laid out as q.
  Value result;
  /// [batch, heads, rows, columns] in the width of computation; null where none is wanted.
  Value score;
};
FailureOr<Attended> attend(Node &n, const Attention &attention, Type element);

/// The angles of rotations, [batch, rows, half].
struct Angles {
  Value cos, sin;
  bool interleaved = false;
};
/// Rows `positions` [batch, rows] of [positions, half] tables; checked at run time.
FailureOr<Angles> anglesAt(Node &n, Value cos, Value sin, Value positions, bool interleaved);
/// The first 2 * half numbers of each head turned in pairs, the others as they are.
FailureOr<Value> rotate(Node &n, Heads x, const Angles &angles);

/// x / sqrt(mean(x * x) + epsilon) * scale over the last dimension.
FailureOr<Value> rmsNormalized(Node &n, Value x, Value scale, double epsilon);

/// A product as numpy's matmul, times alpha.
FailureOr<Value> multiplyTensors(Node &n, Value a, Value b, double alpha, Type element);

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_TRANSFORMER_H
