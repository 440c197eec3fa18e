//===- Activation.cpp - Functions between layers --------------------------===//

#include "lowering/onnx/Formulas.h"
#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
using OneFormula = Value (*)(Node &, Value);

/// The node is a formula of its first input; of the sum of both where there is a bias.
template <OneFormula fn> LogicalResult of(Node &n) {
  SmallVector<Value> operands = {n.in(0)};
  if (n.has(1))
    operands.push_back(n.in(1));
  FailureOr<Value> result = elementwise(n, operands, n.outElement(0), [&](ValueRange args) {
    return fn(n, args.size() > 1 ? arith::AddFOp::create(n, args[0], args[1]) : args[0]);
  });
  return failed(result) ? failure() : n.set(0, *result);
}

/// Formulas without attributes.
template <Value (*fn)(formula::Builder &, Value)> Value plain(Node &n, Value x) { return fn(n, x); }

/// Formulas with an `alpha`, in thousandths where the node leaves it out.
template <Value (*fn)(formula::Builder &, Value, double), int defaultThousandths>
Value withAlpha(Node &n, Value x) {
  return fn(n, x, n.op.floatAttribute("alpha", defaultThousandths / 1000.0));
}

Value gelu(Node &n, Value x) {
  return formula::gelu(n, x, n.op.stringAttribute("approximate", "none"));
}

Value hardSigmoid(Node &n, Value x) {
  return formula::hardSigmoid(n, x, n.op.floatAttribute("alpha", 0.2),
                              n.op.floatAttribute("beta", 0.5));
}

Value selu(Node &n, Value x) {
  return formula::selu(n, x, n.op.floatAttribute("alpha", formula::kSeluAlpha),
                       n.op.floatAttribute("gamma", formula::kSeluGamma));
}

/// The slope broadcasts to the input, as a second operand does.
LogicalResult prelu(Node &n) {
  FailureOr<Value> result =
      elementwise(n, {n.in(0), n.in(1)}, n.outElement(0),
                  [&](ValueRange args) { return formula::prelu(n, args[0], args[1]); });
  return failed(result) ? failure() : n.set(0, *result);
}

Value tanh(Node &n, Value x) { return math::TanhOp::create(n, x); }

LogicalResult relu(Node &n) {
  Value result = pointwise(n, n.in(0), n.dims(n.in(0)), n.outElement(0), [&](ValueRange args) {
    return foldOnce(n, Fold::Max, args[0], scalar(n, args[0].getType(), 0), n.isUnsigned(0));
  });
  return n.set(0, result);
}

/// min(max, max(x, min)), with bounds as inputs or, before opset 11, as attributes.
LogicalResult clip(Node &n) {
  SmallVector<Value> operands = {n.in(0)};
  SmallVector<Fold> folds;
  for (auto [input, fold] : {std::pair(1u, Fold::Max), std::pair(2u, Fold::Min)})
    if (n.has(input)) {
      operands.push_back(reshape(n, n.in(input), {}));
      folds.push_back(fold);
    }
  Value result = pointwise(n, operands, n.dims(n.in(0)), n.outElement(0), [&](ValueRange args) {
    Value x = args[0];
    for (auto [bound, fold] : llvm::zip_equal(args.drop_front(), folds))
      x = foldOnce(n, fold, x, bound, n.isUnsigned(0));
    for (auto [key, fold] : {std::pair("min", Fold::Max), std::pair("max", Fold::Min)})
      if (n.op.attribute(key))
        x = foldOnce(n, fold, x, scalar(n, x.getType(), n.op.floatAttribute(key, 0)), false);
    return x;
  });
  return n.set(0, result);
}

/// Inference: the data as they are, nothing masked.
LogicalResult dropout(Node &n) {
  if (n.has(2)) {
    auto training = constantInts(n.in(2));
    if (!training || (*training)[0] != 0)
      return n.unsupported("training_mode is not known to be false");
  }
  if (n.wants(1) && failed(n.set(1, filled(n, n.dims(n.in(0)), scalar(n, n.outElement(1), 1)))))
    return failure();
  return n.set(0, n.in(0));
}

const Table::Row rows[] = {
    {"", "Celu", 12, of<withAlpha<formula::celu, 1000>>},
    {"", "Clip", 6, clip},
    {"", "Dropout", 7, dropout},
    {"", "Elu", 6, of<withAlpha<formula::elu, 1000>>},
    {"", "Gelu", 20, of<gelu>},
    {"", "HardSigmoid", 6, of<hardSigmoid>},
    {"", "HardSwish", 14, of<plain<formula::hardSwish>>},
    {"", "LeakyRelu", 6, of<withAlpha<formula::leakyRelu, 10>>},
    {"", "Mish", 18, of<plain<formula::mish>>},
    {"", "PRelu", 9, prelu},
    {"", "Relu", 6, relu},
    {"", "Selu", 6, of<selu>},
    {"", "Sigmoid", 6, of<plain<formula::sigmoid>>},
    {"", "Softplus", 1, of<plain<formula::softplus>>},
    {"", "Softsign", 1, of<plain<formula::softsign>>},
    {"", "Swish", 24, of<withAlpha<formula::swish, 1000>>},
    {"", "Tanh", 6, of<tanh>},
    {"", "ThresholdedRelu", 10, of<withAlpha<formula::thresholdedRelu, 1000>>},
    {"com.microsoft", "BiasGelu", 1, of<plain<formula::geluErf>>},
    {"com.microsoft", "FastGelu", 1, of<plain<formula::geluTanh>>},
    {"com.microsoft", "Gelu", 1, of<plain<formula::geluErf>>},
    {"com.microsoft", "QuickGelu", 1, of<withAlpha<formula::swish, 1702>>},
    {"com.microsoft", "Silu", 1, of<withAlpha<formula::swish, 1000>>},
};
} // namespace

ArrayRef<Table::Row> convert::activationRows() { return rows; }
