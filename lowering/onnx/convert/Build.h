//===- Build.h - What conversions are made of -------------------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_CONVERT_BUILD_H
#define MOE_LOWERING_ONNX_CONVERT_BUILD_H

#include "lowering/onnx/convert/Node.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace moe::convert {

using mlir::ArrayRef;
using mlir::FailureOr;
using mlir::LogicalResult;
using mlir::SmallVector;
using mlir::Type;
using mlir::ValueRange;

/// Computes a scalar from scalars, with the node as the builder. Floats come in, and go out, as
/// `computeType` says: f16 and bf16 are computed in f32.
using ScalarFn = llvm::function_ref<Value(ValueRange)>;

//===- Constants ----------------------------------------------------------===//

/// A number as a scalar of `type` (signless integer, index or float).
Value scalar(Node &n, Type type, double number);
Value integer(Node &n, Type type, int64_t number);
inline Value indexOf(Node &n, int64_t number) { return integer(n, n.getIndexType(), number); }
/// The elements of a constant integer tensor, where it is one.
std::optional<SmallVector<int64_t>> constantInts(Value value);
/// Scalars of an integer tensor of at most 16 elements that is made of scalars: what shapes and
/// axes are computed from. Nothing where it is not.
std::optional<SmallVector<Value>> scalarsOf(Node &n, Value value);
/// Element `linear` (row-major) of a static tensor: its scalar where it is made of scalars.
Value elementAt(Node &n, Value tensor, int64_t linear);
/// An i64 or i32 scalar as an index.
Value toIndex(Node &n, Value value);
/// A list whose length the type may not know, as one of `length` numbers; checked at run time.
Value listOf(Node &n, Value list, int64_t length);
/// A list of `length` integers as dimensions, looked through.
Dims dimsFrom(Node &n, Value list, int64_t length);

//===- Types --------------------------------------------------------------===//

/// f32 for f16 and bf16, else the type itself.
Type computeType(Type element);
mlir::RankedTensorType typeOf(ArrayRef<OpFoldResult> dims, Type element);
/// Extends to `computeType`, or rounds from it.
Value widen(Node &n, Value scalar);
Value narrow(Node &n, Value scalar, Type element);

//===- Tensors ------------------------------------------------------------===//

Value empty(Node &n, ArrayRef<OpFoldResult> dims, Type element);
Value filled(Node &n, ArrayRef<OpFoldResult> dims, Value scalar);
/// A cast of static dimensions of `value` to those of `dims` where they differ in being static.
Value castTo(Node &n, Value value, ArrayRef<OpFoldResult> dims);
/// The same elements in the same order in other dimensions. Number of elements is not checked.
Value reshape(Node &n, Value value, ArrayRef<OpFoldResult> dims);
Value transpose(Node &n, Value value, ArrayRef<int64_t> permutation);
/// `size` elements along `axis` from `offset` on, each `step` behind the one before.
Value sliceAlong(Node &n, Value value, int64_t axis, OpFoldResult offset, OpFoldResult size,
                 int64_t step = 1);
/// `into` with `part` in the place that `sliceAlong` would read.
Value insertAlong(Node &n, Value part, Value into, int64_t axis, OpFoldResult offset,
                  int64_t step = 1);
/// `linalg.generic`; the body sees scalars as they are stored. Results have the dimensions of outs.
SmallVector<Value> generic(Node &n, ValueRange ins, ValueRange outs, ArrayRef<mlir::AffineMap> maps,
                           ArrayRef<mlir::utils::IteratorType> iterators,
                           llvm::function_ref<SmallVector<Value>(ValueRange)> body);
/// Each element from its place: a generic without inputs. `body` gets the indices.
Value compute(Node &n, ArrayRef<OpFoldResult> dims, Type element, ScalarFn body);
/// Loops over all of `dims` in order, carrying tensors. `body` gets indices, then what is carried.
SmallVector<Value> loops(Node &n, ArrayRef<OpFoldResult> dims, ValueRange carried,
                         llvm::function_ref<SmallVector<Value>(ValueRange, ValueRange)> body);
/// The indices of the enclosing generic's iteration.
SmallVector<Value> iterationIndices(Node &n, unsigned rank);

//===- Broadcasting -------------------------------------------------------===//

/// The dimensions that operands of these dimensions broadcast to; checks at run time what is not
/// known. Fails, with the error reported, where they cannot.
FailureOr<Dims> broadcast(Node &n, ArrayRef<Dims> operands);
/// Operands broadcast to `mine`, not beyond it: what they broadcast to, `all`, is the same. Where
/// that is not known it is checked at run time; where it is not so, `what` is the error.
LogicalResult keepsDims(Node &n, ArrayRef<OpFoldResult> mine, ArrayRef<OpFoldResult> all,
                        const llvm::Twine &what);
/// `value` and the map by which a generic over `dims` reads it. Where a dimension may turn out to
/// be 1 at run time, what is read is `value` or a broadcast copy of it.
std::pair<Value, mlir::AffineMap> fit(Node &n, Value value, ArrayRef<OpFoldResult> dims);
/// One generic over the broadcast operands.
FailureOr<Value> elementwise(Node &n, ValueRange operands, Type element, ScalarFn body);
/// The same where the operands are known to fit: never fails.
Value pointwise(Node &n, ValueRange operands, ArrayRef<OpFoldResult> dims, Type element,
                ScalarFn body);
/// Elements converted between float types.
Value convertFloat(Node &n, Value value, Type element);

//===- Reductions ---------------------------------------------------------===//

enum class Fold { Sum, Product, Max, Min, Or, And };
/// The neutral scalar of a fold.
Value neutral(Node &n, Fold fold, Type type, bool isUnsigned);
Value foldOnce(Node &n, Fold fold, Value a, Value b, bool isUnsigned);
/// Reduces `axes` (ascending, counted from the front) in `computeType`; the result lacks them.
/// `before`, where given, is applied to each element first.
Value reduce(Node &n, Value value, ArrayRef<int64_t> axes, Fold fold, bool isUnsigned = false,
             ScalarFn before = nullptr);
/// `dims` with 1 at `axes`.
Dims withOnes(Node &n, Dims dims, ArrayRef<int64_t> axes);

//===- Indices ------------------------------------------------------------===//

/// Checks that every element i of `indices` lies in [-size, size), where `size` is that of the
/// element's place along the last dimension of `indices`, or the one size there is.
LogicalResult checkIndices(Node &n, Value indices, ArrayRef<OpFoldResult> sizes);
/// A scalar index, counted from the end where it is negative.
Value wrapIndex(Node &n, Value index, OpFoldResult size);

//===- Weights ------------------------------------------------------------===//

/// The weight that `value` is, row-major; null where it is none.
WeightOp weightOf(Value value);
/// A view of `weight` with its dimensions permuted; null where its pieces do not allow one.
Value permutedWeight(Node &n, WeightOp weight, ArrayRef<int64_t> permutation);
/// A view of a weight of one piece with a leading dimension of 1; null where it has more pieces.
Value stackedWeight(Node &n, WeightOp weight);

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_BUILD_H
