//===- Dequantize.cpp - The numbers that codes stand for ------------------===//
//
// The only place where a quantised weight is numbers: every kernel computes them again, some at a
// time, and is compared with this.
//
//===----------------------------------------------------------------------===//

#include "dialect/reference/Interpret.h"
#include <cfloat>

using namespace mlir;
using namespace moe;
using namespace moe::reference;

Tensor moe::reference::dequantize(const Tensor &codes, const Tensor &scales,
                                  const Tensor &zeroPoints, double zero, int64_t block,
                                  double unit) {
  int64_t depth = codes.shape[0], width = codes.shape[1];
  size_t elements = codes.values.size();
  Tensor result{codes.shape, std::vector<double>(elements), std::vector<double>(elements)};
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t n = 0; n < width; ++n) {
      int64_t at = k * width + n, place = k / block * width + n;
      double z = zeroPoints.values.empty() ? zero : zeroPoints.values[place];
      double difference = codes.values[at] - z, scale = scales.values[place];
      // Differences of integers of few bits are exact.
      double rounded = z == std::floor(z) ? 0 : unit * std::fabs(difference);
      result.values[at] = difference * scale;
      result.errors[at] = unit * std::fabs(difference * scale) + rounded * std::fabs(scale) * 2 +
                          (unit < 1e-9 ? 0 : double(FLT_MIN));
    }
  return result;
}

/// Codes are read as two's complement where they are integers; most count from zero up.
static void readUnsigned(Tensor &codes, Type type, QuantAttr quant) {
  if (type != quant.getCode() || !type.isInteger() || quant.getIsSigned())
    return;
  for (double &code : codes.values)
    if (code < 0)
      code += std::ldexp(1.0, static_cast<int>(quant.bits()));
}

LogicalResult Interpreter::runDequantize(Operation *op) {
  auto dequantizeOp = cast<DequantizeOp>(op);
  QuantAttr quant = dequantizeOp.getQuant();
  FailureOr<Tensor> codes = get(dequantizeOp.getCodes()), scales = get(dequantizeOp.getScales());
  FailureOr<Tensor> zeroPoints = Tensor();
  if (Value given = dequantizeOp.getZeroPoints()) {
    zeroPoints = get(given);
    if (succeeded(zeroPoints))
      readUnsigned(*zeroPoints, getElementTypeOrSelf(given.getType()), quant);
  }
  if (failed(codes) || failed(scales) || failed(zeroPoints))
    return failure();
  readUnsigned(*codes, quant.getCode(), quant);
  bind(dequantizeOp.getResult(),
       dequantize(*codes, *scales, *zeroPoints, static_cast<double>(quant.getZero()),
                  quant.getBlock(), unitOf(dequantizeOp.getType())));
  return success();
}
