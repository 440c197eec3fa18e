//===- Remainder.cpp - The remainder of floats ----------------------------===//
//
// Generated code calls nobody, so that fmod is spelled out: the divisor is doubled until it would
// pass the dividend, then subtracted where it fits and halved again. Each step is exact.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Remainder.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
using P = arith::CmpFPredicate;

Value compare(Node &n, P predicate, Value a, Value b) {
  return arith::CmpFOp::create(n, predicate, a, b);
}

/// Repeats `step` on the carried floats while `goesOn`.
SmallVector<Value> repeat(Node &n, ValueRange carried, llvm::function_ref<Value(ValueRange)> goesOn,
                          llvm::function_ref<SmallVector<Value>(ValueRange)> step) {
  auto loop = scf::WhileOp::create(n, carried.getTypes(), carried);
  OpBuilder::InsertionGuard guard(n);
  SmallVector<Location> places(carried.size(), n.getLoc());
  Block *before = n.createBlock(&loop.getBefore(), {}, carried.getTypes(), places);
  scf::ConditionOp::create(n, goesOn(before->getArguments()), before->getArguments());
  Block *after = n.createBlock(&loop.getAfter(), {}, carried.getTypes(), places);
  scf::YieldOp::create(n, step(after->getArguments()));
  return loop.getResults();
}
} // namespace

Value convert::remainderOf(Node &n, Value a, Value b) {
  Type type = a.getType();
  auto number = [&](double value) { return scalar(n, type, value); };
  Value inf = scalar(n, type, std::numeric_limits<double>::infinity());
  Value size = math::AbsFOp::create(n, a), divisor = math::AbsFOp::create(n, b);
  Value finite = compare(n, P::OLT, size, inf);
  Value good = arith::AndIOp::create(n, finite, compare(n, P::OGT, divisor, number(0)));
  // Nothing is left to do where the divisor is larger, and nothing may be done where it is 0 or
  // NaN.
  Value works = arith::AndIOp::create(n, good, compare(n, P::OLE, divisor, size));
  Value start = arith::SelectOp::create(n, works, size, number(0));
  Value unit = arith::SelectOp::create(n, works, divisor, number(1));
  Value top = repeat(
      n, {unit},
      [&](ValueRange c) {
        return compare(n, P::OLE, arith::MulFOp::create(n, c[0], number(2)), start);
      },
      [&](ValueRange c) -> SmallVector<Value> {
        return {arith::MulFOp::create(n, c[0], number(2))};
      })[0];
  Value rest = repeat(
      n, {start, top}, [&](ValueRange c) { return compare(n, P::OGE, c[1], unit); },
      [&](ValueRange c) -> SmallVector<Value> {
        Value less = arith::SubFOp::create(n, c[0], c[1]);
        Value fits = compare(n, P::OGE, c[0], c[1]);
        return {arith::SelectOp::create(n, fits, less, c[0]),
                arith::MulFOp::create(n, c[1], number(0.5))};
      })[0];
  Value result = arith::SelectOp::create(n, works, rest, size);
  result = math::CopySignOp::create(n, result, a);
  Value nan = scalar(n, type, std::numeric_limits<double>::quiet_NaN());
  return arith::SelectOp::create(n, good, result, nan);
}
