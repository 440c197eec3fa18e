//===- Constant.cpp - Types of constants, casts and shapes as values ------===//
//
// Where the numbers of shape computations come from, and where they change their type.
//
//===----------------------------------------------------------------------===//

#include "dialect/ElementTypes.h"
#include "lowering/onnx/infer/Infer.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace moe::onnx;

static Type int64Of(Inference &n) { return IntegerType::get(n.node.getContext(), 64); }

/// The constant that one of the attributes spells; null where it is none that we know.
static ElementsAttr spelled(Inference &n) {
  Builder b(n.node.getContext());
  if (ElementsAttr value = n.elements("value"))
    return value;
  if (n.hasAttribute("value_int"))
    return DenseElementsAttr::get(RankedTensorType::get({}, b.getI64Type()),
                                  n.integer("value_int", 0));
  if (n.hasAttribute("value_float"))
    return DenseElementsAttr::get(RankedTensorType::get({}, b.getF32Type()),
                                  static_cast<float>(n.real("value_float", 0)));
  if (auto ints = n.node.getOnnxAttributes().getAs<DenseI64ArrayAttr>("value_ints"))
    return DenseElementsAttr::get(RankedTensorType::get({ints.size()}, b.getI64Type()),
                                  ints.asArrayRef());
  if (auto floats = n.node.getOnnxAttributes().getAs<DenseF32ArrayAttr>("value_floats"))
    return DenseElementsAttr::get(RankedTensorType::get({floats.size()}, b.getF32Type()),
                                  floats.asArrayRef());
  return {};
}

static void constant(Inference &n) {
  if (!n.arity(0, 0))
    return;
  ElementsAttr value = spelled(n);
  if (n.failed())
    return;
  if (!value)
    return n.unsupported("a constant without value, value_int, value_ints, value_float or "
                         "value_floats");
  n.result(0, value.getElementType(), llvm::to_vector_of<Number>(value.getShapedType().getShape()));
  n.setConstant(0, value);
}

static void identity(Inference &n) {
  if (!n.arity(1, 1))
    return;
  n.like(0, 0);
  if (n.constant(0))
    n.setConstant(0, n.constant(0));
  else if (const Numbers *values = n.values(0))
    n.setValues(0, *values);
}

//===----------------------------------------------------------------------===//
// Casts
//===----------------------------------------------------------------------===//

/// `value` as `type` has it: rounded to nearest even, as ONNX casts.
static APFloat toFloat(int64_t value, bool isSigned, FloatType type) {
  APFloat result(type.getFloatSemantics());
  result.convertFromAPInt(APInt(64, value, true), isSigned, APFloat::rmNearestTiesToEven);
  return result;
}

/// A small constant of floats made of integers or other floats.
static DenseElementsAttr castToFloat(DenseElementsAttr value, FloatType type) {
  auto shape = RankedTensorType::get(value.getType().getShape(), type);
  llvm::SmallVector<APFloat> result;
  if (isa<FloatType>(value.getElementType())) {
    for (APFloat one : value.getValues<APFloat>()) {
      bool losesInfo;
      one.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
      result.push_back(one);
    }
  } else {
    Numbers integers = *integersOf(value);
    for (Number one : integers)
      result.push_back(toFloat(one.factor, true, type));
  }
  return DenseElementsAttr::get(shape, result);
}

/// The integers that floats are truncated to; nothing where one is out of range.
static std::optional<Numbers> truncate(DenseElementsAttr value) {
  Numbers result;
  for (const APFloat &one : value.getValues<APFloat>()) {
    llvm::APSInt integer(64, false);
    bool isExact;
    if (one.convertToInteger(integer, APFloat::rmTowardZero, &isExact) & APFloat::opInvalidOp)
      return std::nullopt;
    result.push_back(integer.getExtValue());
  }
  return result;
}

static Numbers truthOf(Inference &n, const Numbers &values) {
  Numbers result;
  for (Number value : values)
    result.push_back(value.isKnown() ? Number(value.factor != 0) : n.symbols.fresh(true));
  return result;
}

static void castTo(Inference &n, Type type) {
  n.result(0, type, n.in(0).shape);
  const Numbers *values = n.values(0);
  if (values && isa<IntegerType>(type))
    return n.setValues(0, type.isInteger(1) ? truthOf(n, *values) : *values);
  auto value = dyn_cast_or_null<DenseElementsAttr>(n.constant(0));
  if (!value || value.getNumElements() > 16 || n.failed())
    return;
  // What is beyond the range of a small type is decided where the cast is converted.
  if (const moe::ElementType *to = moe::elementTypeOf(type); !to || to->isSmall())
    return;
  if (isa<FloatType>(type) && (values || isa<FloatType>(value.getElementType())))
    n.setConstant(0, castToFloat(value, cast<FloatType>(type)));
  else if (isa<FloatType>(value.getElementType()) && isa<IntegerType>(type) && !type.isInteger(1))
    if (std::optional<Numbers> numbers = truncate(value))
      n.setValues(0, std::move(*numbers));
}

static void castOp(Inference &n) {
  if (!n.arity(1, 1))
    return;
  int64_t to = n.requiredInteger("to");
  Type type = elemOf(to, n.node.getContext());
  if (n.failed())
    return;
  if (!type)
    return n.unsupported("casts to data type " + llvm::Twine(to));
  castTo(n, type);
}

static void castLike(Inference &n) {
  if (n.arity(2, 2))
    castTo(n, n.elem(1));
}

//===----------------------------------------------------------------------===//
// Shapes as values
//===----------------------------------------------------------------------===//

/// `start` and `end` came at 15; both are clamped.
static void shapeOf(Inference &n) {
  if (!n.arity(1, 1))
    return;
  int64_t rank = n.in(0).rank();
  auto place = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  int64_t start = place(n.integer("start", 0)), end = place(n.integer("end", rank));
  llvm::ArrayRef<Number> dims(n.in(0).shape);
  dims = dims.slice(start, std::max<int64_t>(end - start, 0));
  n.result(0, int64Of(n), Number(dims.size()));
  n.setValues(0, Numbers(dims));
}

static void sizeOf(Inference &n) {
  if (!n.arity(1, 1))
    return;
  n.result(0, int64Of(n), {});
  n.setValues(0, {n.count(n.in(0).shape)});
}

static void constantOfShape(Inference &n) {
  if (!n.arity(1, 1))
    return;
  ElementsAttr value = n.elements("value");
  if (value && value.getNumElements() != 1)
    return n.malformed("attribute 'value' must have one element");
  Type elem = value ? value.getElementType() : Float32Type::get(n.node.getContext());
  std::optional<int64_t> rank = n.rankFrom(0, elem);
  if (!rank)
    return;
  Numbers shape;
  for (int64_t dim = 0; dim < *rank; ++dim)
    shape.push_back(n.dimFrom(0, dim));
  n.result(0, elem, shape);
  if (n.failed())
    return;
  Number size = n.count(shape);
  std::optional<Numbers> fill = integersOf(value);
  if (fill && size.isKnown() && size.factor <= kMaxKnown)
    n.setValues(0, Numbers(size.factor, fill->front()));
}

/// Elements of a range of known floats; computed as ONNX says, in double.
static std::optional<Number> floatSteps(Inference &n) {
  double bounds[3];
  for (unsigned input : {0, 1, 2}) {
    auto value = dyn_cast_or_null<DenseElementsAttr>(n.constant(input));
    if (!value || value.getNumElements() != 1 || !isa<FloatType>(value.getElementType()))
      return std::nullopt;
    APFloat one = *value.getValues<APFloat>().begin();
    bool losesInfo;
    one.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
    bounds[input] = one.convertToDouble();
  }
  double steps = std::ceil((bounds[1] - bounds[0]) / bounds[2]);
  if (!(steps < 1e15))
    return std::nullopt;
  return Number(static_cast<int64_t>(std::max(steps, 0.0)));
}

/// Elements of a range of integers.
static std::optional<Number> intSteps(Inference &n, Number start, Number limit, Number delta) {
  if (!delta.isKnown())
    return std::nullopt;
  Number length = n.symbols.sub(limit, start);
  if (delta.is(1))
    return n.symbols.max(length, 0);
  if (!length.isKnown() || length.factor == std::numeric_limits<int64_t>::min())
    return std::nullopt;
  bool isForward = (length.factor > 0) == (delta.factor > 0);
  if (length.is(0) || !isForward)
    return Number(0);
  auto magnitudeOf = [](int64_t value) { return value < 0 ? -uint64_t(value) : uint64_t(value); };
  uint64_t magnitude = magnitudeOf(length.factor), step = magnitudeOf(delta.factor);
  return Number(static_cast<int64_t>((magnitude - 1) / step + 1));
}

static void range(Inference &n) {
  if (!n.arity(3, 3) || !n.sameElem() || !n.numeric(0))
    return;
  for (unsigned input : {0, 1, 2})
    if (!n.count(n.in(input).shape).is(1))
      return n.malformed("input " + llvm::Twine(input) + " must be a scalar");
  std::optional<Number> steps;
  const Numbers *start = n.values(0), *limit = n.values(1), *delta = n.values(2);
  if (delta && delta->front().is(0))
    return n.malformed("the step of a range is 0");
  if (start && limit && delta)
    steps = intSteps(n, start->front(), limit->front(), delta->front());
  else
    steps = floatSteps(n);
  n.result(0, n.elem(0), steps.value_or(n.symbols.fresh(true)));
  if (!start || !delta || !steps || !steps->isKnown() || steps->factor > kMaxKnown)
    return;
  Numbers values;
  for (int64_t step = 0; step < steps->factor; ++step)
    values.push_back(n.symbols.add(start->front(), n.symbols.mul(delta->front(), step)));
  n.setValues(0, std::move(values));
}

static void eyeLike(Inference &n) {
  if (!n.arity(1, 1) || !n.rankIs(0, 2))
    return;
  Type elem =
      n.hasAttribute("dtype") ? elemOf(n.integer("dtype", 0), n.node.getContext()) : n.elem(0);
  if (!elem)
    return n.unsupported("data type " + llvm::Twine(n.integer("dtype", 0)));
  n.result(0, elem, n.in(0).shape);
}

llvm::ArrayRef<InferRow> moe::onnx::inferConstantRows() {
  static const InferRow rows[] = {
      {"", "Constant", 1, constant},
      {"", "Identity", 1, identity},
      {"", "Cast", 6, castOp},
      {"", "CastLike", 15, castLike},
      {"", "Shape", 1, shapeOf},
      {"", "Size", 1, sizeOf},
      {"", "ConstantOfShape", 9, constantOfShape},
      {"", "Range", 11, range},
      {"", "EyeLike", 9, eyeLike},
  };
  return rows;
}
