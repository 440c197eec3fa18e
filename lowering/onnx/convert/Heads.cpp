//===- Heads.cpp - Tensors with their heads apart -------------------------===//

#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

LogicalResult convert::agree(Node &n, OpFoldResult a, OpFoldResult b, const Twine &what) {
  return keepsDims(n, a, b, what);
}

FailureOr<Heads> convert::splitHeads(Node &n, Value value, OpFoldResult heads) {
  Dims dims = n.dims(value);
  if (dims.size() != 3)
    return n.malformed("a tensor of rank " + Twine(dims.size()) + " where heads are packed");
  OpFoldResult size = divide(n, dims[2], heads);
  if (failed(agree(n, multiply(n, size, heads), dims[2], "heads do not divide a tensor's width")))
    return failure();
  return Heads{reshape(n, value, {dims[0], dims[1], heads, size}), false};
}

FailureOr<Heads> convert::headsOf(Node &n, Value value, OpFoldResult heads) {
  if (n.dims(value).size() != 4)
    return splitHeads(n, value, heads);
  return Heads{value, true};
}

Value convert::withHeadsFirst(Node &n, Heads heads) {
  return heads.headsFirst ? heads.tensor : transpose(n, heads.tensor, {0, 2, 1, 3});
}

FailureOr<Value> convert::appendRows(Node &n, Value past, Heads fresh) {
  Value rows = withHeadsFirst(n, fresh);
  if (!past)
    return rows;
  Dims before = n.dims(past), dims = n.dims(rows), whole = dims;
  for (unsigned axis : {0, 1, 3})
    if (failed(agree(n, before[axis], dims[axis], "a past and new rows differ in a dimension")))
      return failure();
  whole[2] = add(n, before[2], dims[2]);
  Value all = empty(n, whole, getElementTypeOrSelf(rows.getType()));
  all = insertAlong(n, past, all, 2, n.getIndexAttr(0));
  return insertAlong(n, rows, all, 2, before[2]);
}
