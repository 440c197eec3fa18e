//===- BlockQuantized.cpp - Contrib operators on codes in blocks ----------===//
//
// Weights of few bits stay packed: a product reads their words, a gather the bytes of its rows.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/GatherCodes.h"
#include "lowering/onnx/convert/GroupedProduct.h"
#include "lowering/onnx/raise/NBits.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {

LogicalResult refuse(Node &n, const raise::NBitsFault &fault) {
  return fault.isUnsupported ? n.unsupported(fault.what) : n.malformed(fault.what);
}

/// accuracy_level allows less than is computed.
LogicalResult matMulNBits(Node &n) {
  auto found = raise::matMulNBitsView(n.op);
  if (auto *fault = std::get_if<raise::NBitsFault>(&found))
    return refuse(n, *fault);
  Factor factor = quantFactor(n, std::get<raise::QuantView>(found), n.inElement(0));
  if (!factor)
    return n.unsupported("rows of float64");
  Epilogue epilogue;
  OpFoldResult columns = n.getIndexAttr(factor.columns());
  if (n.has(5)) {
    Dims bias = n.dims(n.in(5));
    if (bias.size() != 1 || !same(bias[0], columns))
      return n.malformed("the bias has not N numbers");
    epilogue.bias = reshape(n, n.in(5), {n.getIndexAttr(1), columns});
    if (Value column = columnOf(n, n.in(5), columns))
      epilogue.bias = column;
  }
  Dims whole = n.dims(n.in(0));
  OpFoldResult depth = whole.back();
  if (!same(depth, n.getIndexAttr(factor.depth())))
    n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, depth),
                                  indexOf(n, factor.depth())),
            "the rows do not have K numbers");
  Value rows = reshape(n, n.in(0), {product(n, ArrayRef<OpFoldResult>(whole).drop_back()), depth});
  whole.back() = columns;
  return n.set(0, reshape(n, groupedProduct(n, rows, factor, epilogue, n.outElement(0)), whole));
}

LogicalResult gatherBlockQuantized(Node &n) {
  auto found = raise::gatherBlockView(n.op);
  if (auto *fault = std::get_if<raise::NBitsFault>(&found))
    return refuse(n, *fault);
  auto &view = std::get<raise::QuantView>(found);
  int64_t axis = *wrapAxis(n.op.intAttribute("gather_axis", 0), view.rank());
  return n.set(0, gatherCodes(n, view, axis, n.in(1), n.outElement(0), /*zeroOutside=*/true));
}

const Table::Row rows[] = {
    {"com.microsoft", "GatherBlockQuantized", 1, gatherBlockQuantized},
    {"com.microsoft", "MatMulNBits", 1, matMulNBits},
};
} // namespace

ArrayRef<Table::Row> convert::blockQuantizedRows() { return rows; }
