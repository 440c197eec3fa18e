//===- Activation.cpp - Functions between layers --------------------------===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// Formulas read as they are written in ONNX: scalars of one float type.
struct Formula {
  Node &n;
  Type type;

  Value number(double value) { return scalar(n, type, value); }
  Value add(Value a, Value b) { return arith::AddFOp::create(n, a, b); }
  Value sub(Value a, Value b) { return arith::SubFOp::create(n, a, b); }
  Value mul(Value a, Value b) { return arith::MulFOp::create(n, a, b); }
  Value div(Value a, Value b) { return arith::DivFOp::create(n, a, b); }
  Value max(Value a, Value b) { return arith::MaximumFOp::create(n, a, b); }
  Value min(Value a, Value b) { return arith::MinimumFOp::create(n, a, b); }
  Value exp(Value a) { return math::ExpOp::create(n, a); }
  Value tanh(Value a) { return math::TanhOp::create(n, a); }
  Value sigmoid(Value x) {
    return div(number(1), add(number(1), exp(arith::NegFOp::create(n, x))));
  }
  Value ifNegative(Value x, Value then, Value otherwise) {
    Value negative = arith::CmpFOp::create(n, arith::CmpFPredicate::OLT, x, number(0));
    return arith::SelectOp::create(n, negative, then, otherwise);
  }
  Value geluErf(Value x) {
    Value erf = math::ErfOp::create(n, mul(x, number(0.70710678118654752440)));
    return mul(mul(number(0.5), x), add(number(1), erf));
  }
  Value geluTanh(Value x) {
    Value cube = mul(mul(x, x), x);
    Value inner = mul(number(0.79788456080286535588), add(x, mul(number(0.044715), cube)));
    return mul(mul(number(0.5), x), add(number(1), tanh(inner)));
  }
};

using OneFormula = Value (*)(Formula, Node &, Value);

/// The node is a formula of its first input; of the sum of both where there is a bias.
template <OneFormula fn> LogicalResult formula(Node &n) {
  SmallVector<Value> operands = {n.in(0)};
  if (n.has(1))
    operands.push_back(n.in(1));
  FailureOr<Value> result = elementwise(n, operands, n.outElement(0), [&](ValueRange args) {
    Formula f{n, args[0].getType()};
    return fn(f, n, args.size() > 1 ? f.add(args[0], args[1]) : args[0]);
  });
  return failed(result) ? failure() : n.set(0, *result);
}

Value tanhOf(Formula f, Node &, Value x) { return f.tanh(x); }
Value sigmoidOf(Formula f, Node &, Value x) { return f.sigmoid(x); }
Value geluErfOf(Formula f, Node &, Value x) { return f.geluErf(x); }
Value geluTanhOf(Formula f, Node &, Value x) { return f.geluTanh(x); }

Value gelu(Formula f, Node &n, Value x) {
  return n.op.stringAttribute("approximate", "none") == "tanh" ? f.geluTanh(x) : f.geluErf(x);
}

Value quickGelu(Formula f, Node &n, Value x) {
  return f.mul(x, f.sigmoid(f.mul(f.number(n.op.floatAttribute("alpha", 1.702)), x)));
}

Value swish(Formula f, Node &n, Value x) {
  return f.mul(x, f.sigmoid(f.mul(f.number(n.op.floatAttribute("alpha", 1.0)), x)));
}

Value leakyRelu(Formula f, Node &n, Value x) {
  return f.ifNegative(x, f.mul(f.number(n.op.floatAttribute("alpha", 0.01)), x), x);
}

Value elu(Formula f, Node &n, Value x) {
  Value alpha = f.number(n.op.floatAttribute("alpha", 1.0));
  return f.ifNegative(x, f.mul(alpha, math::ExpM1Op::create(n, x)), x);
}

Value hardSigmoidOf(Formula f, double alpha, double beta, Value x) {
  Value line = f.add(f.mul(f.number(alpha), x), f.number(beta));
  return f.max(f.number(0), f.min(f.number(1), line));
}

Value hardSigmoid(Formula f, Node &n, Value x) {
  return hardSigmoidOf(f, n.op.floatAttribute("alpha", 0.2), n.op.floatAttribute("beta", 0.5), x);
}

Value hardSwish(Formula f, Node &, Value x) {
  return f.mul(x, hardSigmoidOf(f, 1.0 / 6.0, 0.5, x));
}

/// log(1 + exp(x)) without overflow: max(x, 0) + log1p(exp(-|x|)).
Value softplus(Formula f, Node &n, Value x) {
  Value small = f.exp(arith::NegFOp::create(n, math::AbsFOp::create(n, x)));
  return f.add(f.max(x, f.number(0)), math::Log1pOp::create(n, small));
}

Value mish(Formula f, Node &n, Value x) { return f.mul(x, f.tanh(softplus(f, n, x))); }

Value silu(Formula f, Node &, Value x) { return f.mul(x, f.sigmoid(x)); }

Value softsign(Formula f, Node &n, Value x) {
  return f.div(x, f.add(f.number(1), math::AbsFOp::create(n, x)));
}

Value selu(Formula f, Node &n, Value x) {
  Value alpha = f.number(n.op.floatAttribute("alpha", 1.67326319217681884765625));
  Value gamma = f.number(n.op.floatAttribute("gamma", 1.05070102214813232421875));
  return f.mul(gamma, f.ifNegative(x, f.mul(alpha, math::ExpM1Op::create(n, x)), x));
}

Value celu(Formula f, Node &n, Value x) {
  Value alpha = f.number(n.op.floatAttribute("alpha", 1.0));
  return f.ifNegative(x, f.mul(alpha, math::ExpM1Op::create(n, f.div(x, alpha))), x);
}

/// NaN is not above the threshold, and stays what it is.
Value thresholdedRelu(Formula f, Node &n, Value x) {
  Value alpha = f.number(n.op.floatAttribute("alpha", 1.0));
  Value below = arith::CmpFOp::create(n, arith::CmpFPredicate::OLE, x, alpha);
  return arith::SelectOp::create(n, below, f.number(0), x);
}

/// The slope broadcasts to the input, as a second operand does.
LogicalResult prelu(Node &n) {
  FailureOr<Value> result =
      elementwise(n, {n.in(0), n.in(1)}, n.outElement(0), [&](ValueRange args) {
        Formula f{n, args[0].getType()};
        return f.ifNegative(args[0], f.mul(args[1], args[0]), args[0]);
      });
  return failed(result) ? failure() : n.set(0, *result);
}

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
    {"", "Celu", 12, formula<celu>},
    {"", "Clip", 6, clip},
    {"", "Dropout", 7, dropout},
    {"", "Elu", 6, formula<elu>},
    {"", "Gelu", 20, formula<gelu>},
    {"", "HardSigmoid", 6, formula<hardSigmoid>},
    {"", "HardSwish", 14, formula<hardSwish>},
    {"", "LeakyRelu", 6, formula<leakyRelu>},
    {"", "Mish", 18, formula<mish>},
    {"", "PRelu", 9, prelu},
    {"", "Relu", 6, relu},
    {"", "Selu", 6, formula<selu>},
    {"", "Sigmoid", 6, formula<sigmoidOf>},
    {"", "Softplus", 1, formula<softplus>},
    {"", "Softsign", 1, formula<softsign>},
    {"", "Swish", 24, formula<swish>},
    {"", "Tanh", 6, formula<tanhOf>},
    {"", "ThresholdedRelu", 10, formula<thresholdedRelu>},
    {"com.microsoft", "BiasGelu", 1, formula<geluErfOf>},
    {"com.microsoft", "FastGelu", 1, formula<geluTanhOf>},
    {"com.microsoft", "Gelu", 1, formula<geluErfOf>},
    {"com.microsoft", "QuickGelu", 1, formula<quickGelu>},
    {"com.microsoft", "Silu", 1, formula<silu>},
};
} // namespace

ArrayRef<Table::Row> convert::activationRows() { return rows; }
