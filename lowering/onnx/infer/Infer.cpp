//===- Infer.cpp - Questions and rules of one node's inference ------------===//
//
// The rules that many operators share (arity, one element type, axes, broadcasting), so that each
// is checked and worded once.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"
#include "dialect/ElementTypes.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace moe::onnx;

RankedTensorType Tensor::type() const {
  llvm::SmallVector<int64_t> dims;
  for (Number number : shape)
    dims.push_back(number.dim());
  return RankedTensorType::get(dims, elem);
}

std::string moe::onnx::elemName(Type elem) {
  if (const ElementType *known = elementTypeOf(elem))
    return known->name.str();
  std::string text;
  llvm::raw_string_ostream(text) << elem;
  return text;
}

Type moe::onnx::elemOf(int64_t dataType, MLIRContext *context) {
  const ElementType *known = llvm::isInt<32>(dataType) ? elementTypeByCode(dataType) : nullptr;
  return known ? known->type(context) : Type();
}

std::optional<Numbers> moe::onnx::integersOf(ElementsAttr constant) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(constant);
  if (!dense || dense.getNumElements() > kMaxKnown)
    return std::nullopt;
  auto type = dyn_cast<IntegerType>(dense.getElementType());
  if (!type || type.getWidth() > 64)
    return std::nullopt;
  bool isSigned = !type.isUnsigned() && type.getWidth() != 1;
  Numbers numbers;
  for (const APInt &value : dense.getValues<APInt>()) {
    // What an int64_t cannot hold is no size or index.
    if (!isSigned && value.getActiveBits() > 63)
      return std::nullopt;
    numbers.push_back(isSigned ? value.getSExtValue() : int64_t(value.getZExtValue()));
  }
  return numbers;
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

void Inference::fail(llvm::StringRef kind, const llvm::Twine &what) {
  hasFailed = true;
  InFlightDiagnostic error = node.emitError();
  error << "node ";
  if (!node.getName().empty())
    error << "'" << node.getName() << "' ";
  error << "(" << node.qualifiedName() << ", opset " << node.getVersion() << "): " << kind << ": "
        << what;
}

//===----------------------------------------------------------------------===//
// Questions
//===----------------------------------------------------------------------===//

const Numbers *Inference::values(unsigned input) const {
  return has(input) && inputs[input]->values ? &*inputs[input]->values : nullptr;
}

std::optional<llvm::SmallVector<int64_t>> Inference::knownValues(unsigned input) const {
  const Numbers *numbers = values(input);
  if (!numbers || !llvm::all_of(*numbers, [](Number number) { return number.isKnown(); }))
    return std::nullopt;
  llvm::SmallVector<int64_t> known;
  for (Number number : *numbers)
    known.push_back(number.factor);
  return known;
}

ElementsAttr Inference::constant(unsigned input) const {
  return has(input) ? inputs[input]->constant : ElementsAttr();
}

/// The attribute as an `Attr`; null where absent, an error where of another kind.
template <typename Attr> static Attr typed(Inference &n, llvm::StringRef name, const char *kind) {
  Attribute attribute = n.node.attribute(name);
  if (!attribute)
    return {};
  auto found = dyn_cast<Attr>(attribute);
  if (!found)
    n.malformed("attribute '" + name + "' must be " + kind);
  return found;
}

int64_t Inference::integer(llvm::StringRef name, int64_t otherwise) {
  auto value = typed<IntegerAttr>(*this, name, "an integer");
  return value ? value.getValue().getSExtValue() : otherwise;
}

int64_t Inference::requiredInteger(llvm::StringRef name) {
  if (!hasAttribute(name))
    malformed("attribute '" + name + "' is missing");
  return integer(name, 0);
}

double Inference::real(llvm::StringRef name, double otherwise) {
  auto value = typed<FloatAttr>(*this, name, "a float");
  return value ? value.getValueAsDouble() : otherwise;
}

llvm::StringRef Inference::text(llvm::StringRef name, llvm::StringRef otherwise) {
  auto value = typed<StringAttr>(*this, name, "a string");
  return value ? value.getValue() : otherwise;
}

std::optional<llvm::SmallVector<int64_t>> Inference::integers(llvm::StringRef name) {
  auto value = typed<DenseI64ArrayAttr>(*this, name, "a list of integers");
  if (!value)
    return std::nullopt;
  return llvm::to_vector(value.asArrayRef());
}

ElementsAttr Inference::elements(llvm::StringRef name) {
  return typed<ElementsAttr>(*this, name, "a tensor");
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

bool Inference::attributesAmong(llvm::ArrayRef<llvm::StringRef> names) {
  for (NamedAttribute attribute : node.getOnnxAttributes())
    if (!llvm::is_contained(names, attribute.getName().getValue()))
      unsupported("attribute '" + attribute.getName().getValue() + "'");
  return !hasFailed;
}

bool Inference::arity(unsigned least, unsigned most, unsigned outputs) {
  if (numInputs() < least || numInputs() > most) {
    std::string range = std::to_string(least);
    if (most != least)
      range = most == ~0u ? "at least " + range : range + " to " + std::to_string(most);
    malformed("expects " + range + " inputs, but has " + llvm::Twine(numInputs()));
    return false;
  }
  unsigned needed = most == ~0u ? numInputs() : least;
  for (unsigned input = 0; input < needed; ++input)
    if (!has(input)) {
      malformed("input " + llvm::Twine(input) + " is left out, but not optional");
      return false;
    }
  if (numResults() > outputs)
    malformed("expects at most " + llvm::Twine(outputs) + " outputs, but has " +
              llvm::Twine(numResults()));
  return !failed();
}

bool Inference::sameElem(llvm::ArrayRef<unsigned> which) {
  std::optional<unsigned> first;
  for (unsigned input : which) {
    if (!has(input))
      continue;
    if (!first)
      first = input;
    if (elem(input) == elem(*first))
      continue;
    malformed("inputs " + llvm::Twine(*first) + " and " + llvm::Twine(input) +
              " must have one element type, but have " + elemName(elem(*first)) + " and " +
              elemName(elem(input)) + ": export it with a Cast of one of them");
    return false;
  }
  return true;
}

bool Inference::sameElem() {
  return sameElem(llvm::to_vector(llvm::seq<unsigned>(0, numInputs())));
}

bool Inference::expect(unsigned input, bool fits, llvm::StringRef expected) {
  if (!fits)
    malformed("input " + llvm::Twine(input) + " must have " + expected + " elements, but has " +
              elemName(elem(input)));
  return fits;
}

bool Inference::floating(unsigned input) {
  return expect(input, isa<FloatType>(elem(input)), "floating-point");
}

bool Inference::integral(unsigned input) {
  return expect(input, isa<IntegerType>(elem(input)) && !elem(input).isInteger(1), "integer");
}

bool Inference::boolean(unsigned input) { return expect(input, elem(input).isInteger(1), "bool"); }

bool Inference::numeric(unsigned input) {
  return expect(input, elem(input).isIntOrFloat() && !elem(input).isInteger(1), "numeric");
}

bool Inference::index(unsigned input) {
  return expect(input, elem(input).isSignlessInteger(32) || elem(input).isSignlessInteger(64),
                "int32 or int64");
}

bool Inference::rankIs(unsigned input, int64_t rank) {
  if (in(input).rank() != rank)
    malformed("input " + llvm::Twine(input) + " must have rank " + llvm::Twine(rank) +
              ", but has rank " + llvm::Twine(in(input).rank()));
  return in(input).rank() == rank;
}

bool Inference::rankAtLeast(unsigned input, int64_t rank) {
  if (in(input).rank() < rank)
    malformed("input " + llvm::Twine(input) + " must have rank " + llvm::Twine(rank) +
              " or more, but has rank " + llvm::Twine(in(input).rank()));
  return in(input).rank() >= rank;
}

int64_t Inference::axis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  malformed("axis " + llvm::Twine(axis) + " is out of range for rank " + llvm::Twine(rank));
  return 0;
}

std::optional<llvm::SmallVector<int64_t>> Inference::axes(llvm::ArrayRef<int64_t> given,
                                                          int64_t rank) {
  llvm::SmallVector<int64_t> result;
  llvm::SmallBitVector seen(rank);
  for (int64_t one : given) {
    int64_t found = axis(one, rank);
    if (failed())
      return std::nullopt;
    if (seen[found]) {
      malformed("axis " + llvm::Twine(one) + " is given twice");
      return std::nullopt;
    }
    seen.set(found);
    result.push_back(found);
  }
  return result;
}

std::optional<llvm::SmallVector<int64_t>> Inference::axesOf(unsigned input, int64_t since,
                                                            int64_t rank) {
  llvm::SmallVector<int64_t> given;
  if (version() < since) {
    given = integers("axes").value_or(given);
  } else if (has(input)) {
    std::optional<llvm::SmallVector<int64_t>> known = knownValues(input);
    if (!known) {
      unsupported("the axes (input " + llvm::Twine(input) + ") depend on data");
      return std::nullopt;
    }
    given = *known;
  }
  return axes(given, rank);
}

std::optional<int64_t> Inference::unknownAxes(unsigned input) const {
  if (!has(input) || knownValues(input) || in(input).rank() != 1 || !in(input).shape[0].isKnown())
    return std::nullopt;
  return in(input).shape[0].factor;
}

Numbers Inference::unknownShape(int64_t rank) {
  Numbers shape;
  for (int64_t dim = 0; dim < rank; ++dim)
    shape.push_back(symbols.fresh(true));
  return shape;
}

std::optional<int64_t> Inference::rankFrom(unsigned input, Type elem) {
  if (!rankIs(input, 1) || !index(input))
    return std::nullopt;
  Number rank = in(input).shape[0];
  if (!rank.isKnown())
    declared(0, elem,
             "the shape, input " + llvm::Twine(input) + ", has an unknown number of elements");
  else if (rank.factor > kMaxRank)
    unsupported("a tensor of rank " + llvm::Twine(rank.factor));
  else
    return rank.factor;
  return std::nullopt;
}

Number Inference::dimFrom(unsigned input, size_t place) {
  const Numbers *numbers = values(input);
  bool usable = numbers && ((*numbers)[place].isKnown() || symbols.isNatural((*numbers)[place]));
  return usable ? (*numbers)[place] : symbols.fresh(true);
}

/// A dimension as people read it.
static std::string spell(Number number) {
  return number.isKnown() ? std::to_string(number.factor) : "?";
}

static std::string spell(llvm::ArrayRef<Number> shape) {
  std::string text = "[";
  for (Number number : shape)
    text += (text.size() > 1 ? ", " : "") + spell(number);
  return text + "]";
}

Number Inference::same(Number a, Number b, const llvm::Twine &what) {
  if (a.isKnown() && b.isKnown() && a != b)
    malformed(what + " must be equal, but are " + llvm::Twine(spell(a)) + " and " +
              llvm::Twine(spell(b)));
  return a.isKnown() ? a : b;
}

Numbers Inference::broadcast(llvm::ArrayRef<Number> a, llvm::ArrayRef<Number> b) {
  Numbers result(a.size() < b.size() ? b : a);
  llvm::ArrayRef<Number> shorter = a.size() < b.size() ? a : b;
  size_t offset = result.size() - shorter.size();
  for (auto [place, dim] : llvm::enumerate(shorter)) {
    std::optional<Number> joined = symbols.broadcast(result[offset + place], dim);
    if (!joined) {
      malformed("shapes " + llvm::Twine(spell(a)) + " and " + llvm::Twine(spell(b)) +
                " cannot be broadcast together");
      return result;
    }
    result[offset + place] = *joined;
  }
  return result;
}

Numbers Inference::broadcast(llvm::ArrayRef<unsigned> which) {
  Numbers result;
  for (unsigned input : which)
    if (has(input) && !failed())
      result = broadcast(result, in(input).shape);
  return result;
}

Number Inference::count(llvm::ArrayRef<Number> shape) {
  Number total(1);
  for (Number dim : shape)
    total = symbols.mul(total, dim);
  return total;
}

//===----------------------------------------------------------------------===//
// Answers
//===----------------------------------------------------------------------===//

void Inference::result(unsigned result, Type elem, llvm::ArrayRef<Number> shape) {
  if (result >= results.size())
    return;
  if (shape.size() > kMaxRank)
    return unsupported("a tensor of rank " + llvm::Twine(shape.size()));
  for (Number dim : shape)
    if (dim.isKnown() && dim.factor < 0)
      return malformed("a dimension of result " + llvm::Twine(result) +
                       " is negative: " + llvm::Twine(spell(shape)));
  results[result] = Known{{elem, Numbers(shape)}, std::nullopt, {}};
}

/// Whether `value` is one of the type's.
static bool fits(int64_t value, IntegerType type) {
  if (type.isUnsigned() || type.getWidth() == 1)
    return value >= 0 && llvm::isUIntN(std::min(type.getWidth(), 63u), value);
  return llvm::isIntN(type.getWidth(), value);
}

void Inference::setValues(unsigned result, Numbers values) {
  if (result >= results.size() || !results[result])
    return;
  Tensor &tensor = results[result]->tensor;
  auto type = dyn_cast<IntegerType>(tensor.elem);
  Number size = count(tensor.shape);
  if (!type || !size.isKnown() || size.factor != int64_t(values.size()) || size.factor > kMaxKnown)
    return;
  // Arithmetic here is that of int64_t: what wraps around in the type is not known.
  for (Number &value : values)
    if (value.isKnown() && !fits(value.factor, type))
      value = symbols.fresh(type.isUnsigned());
  results[result]->values = std::move(values);
}

void Inference::setConstant(unsigned result, ElementsAttr constant) {
  if (result >= results.size() || !results[result])
    return;
  results[result]->constant = constant;
  results[result]->values = integersOf(constant);
}

void Inference::declared(unsigned result, Type elem, const llvm::Twine &why) {
  auto type = dyn_cast<RankedTensorType>(node->getResult(result).getType());
  if (!type)
    return unsupported("the rank of result " + llvm::Twine(result) + " depends on data: " + why);
  Numbers shape;
  for (int64_t dim : type.getShape())
    shape.push_back(ShapedType::isDynamic(dim) ? symbols.fresh(true) : Number(dim));
  this->result(result, elem, shape);
}
