//===- GatherCodes.cpp - Reading quantised data at positions --------------===//
//
// The table of an embedding is read a few rows at a time. Its codes are bytes to the artifact, and
// where a code begins in them is arithmetic on positions.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/GatherCodes.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {

Value weightOf(Node &n, const raise::WeightView &view, Type held, TypeAttr element) {
  Attribute piece =
      PieceAttr::get(n.getContext(), view.source, view.offset, view.shape, view.strides);
  return WeightOp::create(n, RankedTensorType::get(view.shape, held), n.getArrayAttr(piece),
                          n.getStringAttr(n.op.getName()),
                          LayoutAttr::get(n.getContext(), Layout::Rows), IntegerAttr(),
                          IntegerAttr(), IntegerAttr(), IntegerAttr(), element);
}

/// Reads one element of quantised data.
class CodeReader {
public:
  CodeReader(Node &n, const raise::QuantView &view) : n(n), view(view) {
    makeBytes();
    scales = parameter(view.scales);
    if (view.zeroPoints)
      zeroPoints = parameter(*view.zeroPoints);
  }

  /// The number at `place`, in f32.
  Value at(ValueRange place) {
    SmallVector<Value> block(place);
    block[view.axis] =
        arith::DivUIOp::create(n, block[view.axis], indexOf(n, view.quant.getBlock()));
    Value code = codeAt(place);
    Type f32 = n.getF32Type();
    Value scale = widen(n, read(scales, view.scales, block));
    if (view.zeroPoints && isa<FloatType>(view.zeroPoints->elementType)) {
      Value zero = widen(n, read(zeroPoints, *view.zeroPoints, block));
      code = arith::SubFOp::create(n, arith::SIToFPOp::create(n, f32, code), zero);
      return arith::MulFOp::create(n, code, scale);
    }
    Value zero = view.zeroPoints ? wide(read(zeroPoints, *view.zeroPoints, block))
                                 : integer(n, n.getI32Type(), view.quant.getZero());
    Value difference = arith::SubIOp::create(n, code, zero);
    return arith::MulFOp::create(n, arith::SIToFPOp::create(n, f32, difference), scale);
  }

private:
  bool isSigned() { return view.quant.getIsSigned(); }
  int64_t bits() { return view.quant.bits(); }

  /// All bytes from the first code's to the last one's.
  void makeBytes() {
    raise::WeightView whole = view.codes;
    int64_t start = bits() < 8 ? whole.offset : whole.offset * 8, length = bits();
    firstBit = start % 8;
    for (auto [size, stride] : llvm::zip_equal(whole.shape, whole.strides))
      length += (size - 1) * stride * bits();
    whole.offset = start / 8;
    whole.shape.assign(1, llvm::divideCeilSigned(firstBit + length, 8));
    whole.strides.assign(1, 1);
    bytes = weightOf(n, whole, n.getI8Type(), TypeAttr());
  }

  /// Scales or zero points; what repeats along a dimension is stored once.
  Value parameter(raise::WeightView stored) {
    for (auto [size, stride] : llvm::zip_equal(stored.shape, stored.strides))
      size = stride == 0 ? 1 : size;
    auto type = dyn_cast<IntegerType>(stored.elementType);
    if (!type || type.getWidth() >= 8)
      return weightOf(n, stored, stored.elementType, TypeAttr());
    // In a byte each, with their sign where they have one.
    auto sign = isSigned() ? IntegerType::Signless : IntegerType::Unsigned;
    return weightOf(n, stored, n.getI8Type(),
                    TypeAttr::get(IntegerType::get(n.getContext(), type.getWidth(), sign)));
  }

  Value read(Value tensor, const raise::WeightView &stored, ArrayRef<Value> block) {
    SmallVector<Value> place(block);
    for (auto [index, stride] : llvm::zip_equal(place, stored.strides))
      if (stride == 0)
        index = indexOf(n, 0);
    return tensor::ExtractOp::create(n, tensor, place);
  }

  Value wide(Value byte) {
    if (isSigned())
      return arith::ExtSIOp::create(n, n.getI32Type(), byte);
    return arith::ExtUIOp::create(n, n.getI32Type(), byte);
  }

  Value codeAt(ValueRange place) {
    Value bit = indexOf(n, firstBit);
    for (auto [index, stride] : llvm::zip_equal(place, view.codes.strides)) {
      Value far = arith::MulIOp::create(n, index, indexOf(n, stride * bits()));
      bit = arith::AddIOp::create(n, bit, far);
    }
    Value where = arith::DivUIOp::create(n, bit, indexOf(n, 8));
    Value byte = tensor::ExtractOp::create(n, bytes, where);
    if (bits() == 8)
      return wide(byte);
    Type i32 = n.getI32Type();
    Value low = arith::RemUIOp::create(n, bit, indexOf(n, 8));
    Value shift = arith::IndexCastOp::create(n, i32, low);
    Value word = arith::ShRUIOp::create(n, arith::ExtUIOp::create(n, i32, byte), shift);
    Value unused = integer(n, i32, 32 - bits());
    word = arith::ShLIOp::create(n, word, unused);
    if (isSigned())
      return arith::ShRSIOp::create(n, word, unused);
    return arith::ShRUIOp::create(n, word, unused);
  }

  Node &n;
  const raise::QuantView &view;
  Value bytes, scales, zeroPoints;
  int64_t firstBit = 0;
};

} // namespace

Value convert::gatherCodes(Node &n, const raise::QuantView &view, int64_t axis, Value indices,
                           Type element, bool zeroOutside) {
  Dims at = n.dims(indices), dims;
  for (auto [i, size] : llvm::enumerate(view.codes.shape)) {
    if (static_cast<int64_t>(i) == axis)
      dims.append(at);
    else
      dims.push_back(n.getIndexAttr(size));
  }
  SmallVector<AffineExpr> reads;
  for (size_t i = 0; i < at.size(); ++i)
    reads.push_back(n.getAffineDimExpr(axis + i));
  AffineMap maps[] = {AffineMap::get(dims.size(), 0, reads, n.getContext()),
                      n.getMultiDimIdentityMap(dims.size())};
  SmallVector<utils::IteratorType> iterators(dims.size(), utils::IteratorType::parallel);
  CodeReader reader(n, view);
  int64_t size = view.codes.shape[axis];
  Value init = empty(n, dims, element);
  return generic(n, indices, init, maps, iterators, [&](ValueRange args) {
    SmallVector<Value> place = iterationIndices(n, dims.size());
    Type type = args[0].getType();
    Value index = args[0], inside;
    if (zeroOutside) {
      Value low =
          arith::CmpIOp::create(n, arith::CmpIPredicate::sge, index, integer(n, type, -size));
      Value high =
          arith::CmpIOp::create(n, arith::CmpIPredicate::slt, index, integer(n, type, size));
      inside = arith::AndIOp::create(n, low, high);
      index = arith::SelectOp::create(n, inside, index, integer(n, type, 0));
    }
    Value position = wrapIndex(n, index, n.getIndexAttr(size));
    place.erase(place.begin() + axis, place.begin() + axis + at.size());
    place.insert(place.begin() + axis, position);
    Value number = reader.at(place);
    if (inside)
      number = arith::SelectOp::create(n, inside, number, scalar(n, n.getF32Type(), 0));
    return SmallVector<Value>{narrow(n, number, element)};
  })[0];
}
