//===- Elementwise.cpp - linalg.generic, element by element ---------------===//

#include "dialect/reference/Interpret.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace moe;
using namespace moe::reference;

namespace {

/// The places of an operand in a loop nest: loop `loops[i]` counts dimension i.
struct Access {
  SmallVector<int64_t> loops; ///< -1 where the map has the constant 0
  Tensor tensor;

  size_t place(ArrayRef<int64_t> indices) const {
    size_t place = 0;
    for (auto [dim, loop] : llvm::enumerate(loops))
      place = place * tensor.shape[dim] + (loop < 0 ? 0 : indices[loop]);
    return place;
  }
};

/// Counts `indices` on, the last loop fastest; false after the last.
bool advance(SmallVectorImpl<int64_t> &indices, ArrayRef<int64_t> sizes) {
  for (size_t loop = sizes.size(); loop-- > 0;) {
    if (++indices[loop] < sizes[loop])
      return true;
    indices[loop] = 0;
  }
  return false;
}

/// The sizes of the loops, from the operands that they run over; operands that do not agree, or
/// that do not lie within the maps the reference knows, are an error.
FailureOr<SmallVector<int64_t>> loopSizes(linalg::GenericOp op, MutableArrayRef<Access> accesses) {
  SmallVector<int64_t> sizes(op.getNumLoops(), -1);
  for (auto [access, map] : llvm::zip_equal(accesses, op.getIndexingMapsArray()))
    for (auto [dim, result] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(result);
      access.loops.push_back(loop ? loop.getPosition() : -1);
      if (!loop && result != getAffineConstantExpr(0, op.getContext()))
        return op.emitOpError("has an indexing map that the reference does not know; unsupported");
      int64_t extent = access.tensor.shape[dim];
      if (loop && sizes[loop.getPosition()] >= 0 && sizes[loop.getPosition()] != extent)
        return op.emitOpError("has operands whose sizes do not agree");
      if (loop)
        sizes[loop.getPosition()] = extent;
    }
  if (llvm::is_contained(sizes, -1))
    return op.emitOpError("has a loop that no operand gives a size");
  return sizes;
}

} // namespace

LogicalResult Interpreter::runGeneric(Operation *op) {
  auto generic = cast<linalg::GenericOp>(op);
  SmallVector<Access> accesses;
  for (Value operand : op->getOperands()) {
    FailureOr<Tensor> tensor = get(operand);
    if (failed(tensor))
      return failure();
    accesses.push_back({{}, std::move(*tensor)});
  }
  FailureOr<SmallVector<int64_t>> sizes = loopSizes(generic, accesses);
  if (failed(sizes))
    return failure();
  auto outside = [&](Value value) -> FailureOr<Tensor> {
    if (auto constant = value.getDefiningOp<arith::ConstantOp>())
      if (failed(runConstant(constant)))
        return failure();
    return get(value);
  };
  FailureOr<ScalarProgram> program = ScalarProgram::compile(*generic.getBody(), outside);
  if (failed(program))
    return failure();
  MutableArrayRef<Access> outs = MutableArrayRef<Access>(accesses).take_back(op->getNumResults());
  for (Access &out : outs)
    out.tensor.errors.resize(out.tensor.values.size());
  SmallVector<int64_t> indices(sizes->size(), 0);
  SmallVector<ScalarProgram::Number> arguments(accesses.size()), results;
  for (bool more = !llvm::is_contained(*sizes, 0); more; more = advance(indices, *sizes)) {
    for (auto [argument, access] : llvm::zip_equal(arguments, accesses)) {
      size_t place = access.place(indices);
      argument = {access.tensor.values[place], access.tensor.error(place)};
    }
    program->run(arguments, results);
    for (auto [out, result] : llvm::zip_equal(outs, results)) {
      size_t place = out.place(indices);
      out.tensor.values[place] = result.value;
      out.tensor.errors[place] = result.error;
    }
  }
  for (auto [result, out] : llvm::zip_equal(op->getResults(), outs))
    bind(result, std::move(out.tensor));
  return success();
}
