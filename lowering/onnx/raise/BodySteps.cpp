//===- BodySteps.cpp - Products and elementwise steps of a body -----------===//
//
// A product is any contraction of the rows' features with a weight: each dimension gets a letter,
// as in Einsum, and the letters say which labels meet.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/BodyReader.h"
#include "lowering/onnx/raise/Letters.h"
#include "lowering/onnx/raise/ScalarMath.h"

using namespace mlir;

namespace moe::raise {

using Operand = Body::Operand;

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// A constant as a weight: of three dimensions or more, one that counts as many as there are
/// experts is theirs, the first if several do.
std::optional<BodyValue> BodyReader::constantWeight(Value value) {
  auto view = weightView(value);
  if (!view)
    return quantisedWeight(value);
  int64_t expert = -1;
  for (int64_t dim = view->rank() - 1; dim >= 0 && view->rank() > 2; --dim)
    if (view->shape[dim] == counts.experts && counts.experts > 1)
      expert = dim;
  BodyValue result;
  result.weight = Body::Weight{*view, expert >= 0};
  SmallVector<int64_t> order;
  if (expert >= 0)
    order.push_back(expert);
  for (int64_t dim = 0; dim < view->rank(); ++dim) {
    if (dim != expert)
      order.push_back(dim);
    result.axes.push_back(dim == expert ? dimOf(Atom::Expert) : freeDim(view->shape[dim]));
  }
  WeightView &moved = result.weight->view;
  moved = moved.permuted(order);
  for (int64_t dim = moved.rank() - 1; dim >= (expert >= 0); --dim)
    if (moved.shape[dim] == 1)
      moved = moved.selected(dim, 0);
  return result;
}

/// The dimension that has `letter`, or one of size 1.
static Dim dimAt(const Axes &axes, ArrayRef<int> letters, int letter) {
  auto it = llvm::find(letters, letter);
  return it == letters.end() ? Dim() : axes[it - letters.begin()];
}

FailureOr<BodyValue> BodyReader::product(onnx::NodeOp node, const BodyValue &rows,
                                         ArrayRef<int> rowLetters, const BodyValue &weight,
                                         ArrayRef<int> weightLetters, ArrayRef<int> out) {
  // The letter of the rows' features, which go, and of the weight's other dimension, which stays.
  int summed = -1, made = -1;
  bool summedFirst = false;
  for (auto [letter, dim] : llvm::zip_equal(rowLetters, rows.axes))
    if (dim.free)
      summed = letter;
  for (auto [letter, dim] : llvm::zip_equal(weightLetters, weight.axes)) {
    if (dim.free && letter != summed)
      made = letter;
    else if (dim.free)
      summedFirst = made == -1;
  }
  auto isUnit = [&](const Axes &axes, ArrayRef<int> letters) {
    return llvm::all_of(llvm::zip_equal(letters, axes), [&](auto pair) {
      int letter = std::get<0>(pair);
      return letter == summed || llvm::is_contained(out, letter) || std::get<1>(pair).isUnit();
    });
  };
  bool fits = weight.freeSizes().size() == 2 && made != -1 && !llvm::is_contained(out, summed) &&
              dimAt(weight.axes, weightLetters, summed).free && llvm::is_contained(out, made) &&
              isUnit(rows.axes, rowLetters) && isUnit(weight.axes, weightLetters);
  Axes left, right;
  for (int letter : out) {
    left.push_back(dimAt(rows.axes, rowLetters, letter));
    right.push_back(letter == made ? Dim() : dimAt(weight.axes, weightLetters, letter));
    fits &= letter != made || left.back().isUnit();
  }
  auto axes = fits ? broadcast(left, right) : std::nullopt;
  if (!axes)
    return miss(node, "is no product of rows and a matrix of their expert");
  auto operand = columnsOf(node, rows);
  if (failed(operand))
    return failure();
  Body::Weight matrix = *weight.weight;
  SmallVector<int64_t> turned =
      matrix.stacked ? SmallVector<int64_t>{0, 2, 1} : SmallVector<int64_t>{1, 0};
  if (!summedFirst)
    matrix.view = matrix.view.permuted(turned);
  if (!summedFirst && matrix.quant)
    matrix.quant = matrix.quant->permuted(turned);
  int64_t columns = matrix.view.shape.back();
  if (matrix.view.shape[matrix.stacked] != rows.sizes.front())
    return miss(node, "has rows whose width is not known to fit its matrix");
  (*axes)[llvm::find(out, made) - out.begin()] = freeDim(columns);
  if (llvm::count_if(*axes, [](const Dim &dim) { return dim.has(Atom::Slot); }) > 1 ||
      llvm::count_if(*axes, [](const Dim &dim) { return dim.has(Atom::Expert); }) > 1)
    return miss(node, "pairs the experts of some rows with other rows");
  DictionaryAttr rule;
  auto operands = matrixOperands(node, matrix, rule);
  if (failed(operands))
    return failure();
  operands->insert(operands->begin(), *operand);
  return BodyValue::whole(addStep("", "", rule, *operands, columns), *axes, columns);
}

/// What a Gemm or FusedMatMul does besides: alpha, and an addend.
LogicalResult BodyReader::addAffine(onnx::NodeOp gemm, BodyValue &result) {
  int64_t columns = result.sizes.front();
  DictionaryAttr none = DictionaryAttr::get(context);
  if (double alpha = gemm.floatAttribute("alpha", 1.0); alpha != 1.0)
    result.operand = addStep("Mul", "", none, {result.operand, literal(alpha)}, columns);
  if (!gemm.input(2))
    return success();
  if (gemm.floatAttribute("beta", 1.0) != 1.0)
    return miss(gemm, "has beta");
  auto side = sideOperand(gemm, gemm.input(2), result.axes, columns);
  if (failed(side))
    return failure();
  result.operand = addStep("Add", "", none, {result.operand, *side}, columns);
  return success();
}

LogicalResult BodyReader::readProduct(onnx::NodeOp node, Value value) {
  auto letters = lettersOf(node);
  std::optional<BodyValue> sides[2];
  for (unsigned side : {0u, 1u}) {
    auto it = known.find(node.input(side));
    sides[side] = it != known.end() ? std::optional(it->second) : constantWeight(node.input(side));
  }
  if (!letters || !sides[0] || !sides[1] || !!sides[0]->weight == !!sides[1]->weight)
    return miss(node, "is no product of rows and a constant matrix");
  bool swapped = !!sides[0]->weight;
  auto result = swapped ? product(node, *sides[1], letters->b, *sides[0], letters->a, letters->out)
                        : product(node, *sides[0], letters->a, *sides[1], letters->b, letters->out);
  bool isAffine = node.is("Gemm") || node.is("FusedMatMul", "com.microsoft");
  if (failed(result) || (isAffine && failed(addAffine(node, *result))))
    return failure();
  known.insert({value, *result});
  return success();
}

//===----------------------------------------------------------------------===//
// Elementwise steps
//===----------------------------------------------------------------------===//

/// A constant operand of an elementwise step: one number, or one for each column, and expert.
FailureOr<Operand> BodyReader::sideOperand(onnx::NodeOp node, Value value, const Axes &axes,
                                           int64_t columns) {
  if (auto number = constantNumber(value))
    return literal(*number);
  auto view = weightView(value);
  if (!view || view->rank() > static_cast<int64_t>(axes.size()))
    return miss(node, "has a constant that is neither one number nor one a column");
  Body::Weight side{*view, false};
  int64_t column = -1, expert = -1;
  for (int64_t dim = 0; dim < view->rank(); ++dim) {
    const Dim &label = axes[axes.size() - view->rank() + dim];
    if (view->shape[dim] == 1)
      continue;
    if (label.free && view->shape[dim] == columns)
      column = dim;
    else if (label.isJust(Atom::Expert) && view->shape[dim] == counts.experts)
      expert = dim;
    else
      return miss(node, "has a constant that differs between rows");
  }
  if (column < 0)
    return miss(node, "has a constant that is neither one number nor one a column");
  side.stacked = expert >= 0;
  SmallVector<int64_t> order;
  if (side.stacked)
    order.push_back(expert);
  order.push_back(column);
  for (int64_t dim = 0; dim < view->rank(); ++dim)
    if (dim != column && dim != expert)
      order.push_back(dim);
  side.view = view->permuted(order);
  while (side.view.rank() > 1 + side.stacked)
    side.view = side.view.selected(side.view.rank() - 1, 0);
  return weight(side);
}

/// Whether a result of type `type` can have the labels `axes`: sizes of 1 have none.
static bool fitsType(const Axes &axes, RankedTensorType type) {
  return type.getRank() == static_cast<int64_t>(axes.size()) &&
         llvm::all_of(llvm::zip_equal(axes, type.getShape()), [](auto pair) {
           return std::get<0>(pair).isUnit() == (std::get<1>(pair) == 1);
         });
}

LogicalResult BodyReader::readElementwise(onnx::NodeOp node, Value value) {
  const ElementwiseOperator *row = findElementwise(node.getOp(), node.getDomain());
  if (!row || node.getInputs().size() < row->least || node.getInputs().size() > row->most ||
      !llvm::all_of(llvm::seq(0u, row->least), [&](unsigned i) { return !!node.input(i); }))
    return miss(node, "is no part of an expert's body");
  RankedTensorType type = tensorType(value);
  std::optional<Axes> axes = Axes();
  bool hasRows = false;
  for (Value input : node.getInputs())
    if (auto it = known.find(input); axes && it != known.end()) {
      axes = broadcast(*axes, it->second.axes);
      hasRows |= !it->second.weight;
    }
  if (!hasRows)
    return miss(node, "does not depend on the rows");
  auto feature =
      !axes ? -1 : llvm::find_if(*axes, [](const Dim &d) { return d.free; }) - axes->begin();
  if (!axes || !fitsType(*axes, type) || feature >= type.getRank() || type.isDynamicDim(feature) ||
      !isa<FloatType>(type.getElementType()))
    return miss(node, "broadcasts rows");
  int64_t columns = type.getDimSize(feature);
  SmallVector<Operand> operands;
  for (unsigned i = 0; i < node.getInputs().size(); ++i) {
    Value input = node.input(i);
    if (!input) {
      operands.push_back({Operand::Absent});
      continue;
    }
    auto it = known.find(input);
    FailureOr<Operand> operand = failure();
    if (it == known.end())
      operand = sideOperand(node, input, *axes, columns);
    else if (it->second.freeSizes() != SmallVector<int64_t, 2>{columns})
      operand = miss(node, "broadcasts rows");
    else
      operand = it->second.weight ? FailureOr<Operand>(weight(*it->second.weight))
                                  : columnsOf(node, it->second);
    if (failed(operand))
      return failure();
    operands.push_back(*operand);
  }
  known.insert({value, BodyValue::whole(addStep(node.getOp(), node.getDomain(),
                                                node.getOnnxAttributes(), operands, columns),
                                        *axes, columns)});
  return success();
}

} // namespace moe::raise
