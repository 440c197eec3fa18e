//===- Read.cpp - Numbers of weights and observations ---------------------===//
//
// Both come from outside: sizes are multiplied with checks, and no byte is read that was not asked
// for before.
//
//===----------------------------------------------------------------------===//

#include "tools/verify/Verify.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;
using namespace moe::verify;
using reference::Tensor;

double verify::decode(Type type, const uint8_t *bytes) {
  unsigned width = std::max(type.getIntOrFloatBitWidth(), 8u);
  uint64_t bits = 0;
  for (unsigned i = 0; i < width / 8; ++i)
    bits |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  // Numbers below a byte have the low bits of it.
  unsigned used = type.isInteger(1) ? width : type.getIntOrFloatBitWidth();
  if (used < width)
    bits &= (1u << used) - 1;
  width = used;
  if (auto floating = dyn_cast<FloatType>(type)) {
    llvm::APFloat number(floating.getFloatSemantics(), llvm::APInt(width, bits));
    bool loses;
    number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &loses);
    return number.convertToDouble();
  }
  if (type.isInteger(1))
    return bits != 0;
  return static_cast<double>(llvm::SignExtend64(bits, width));
}

/// The number of elements, or nothing where it overflows.
static std::optional<int64_t> elementsOf(ArrayRef<int64_t> shape) {
  int64_t elements = 1;
  for (int64_t size : shape)
    if (size < 0 || llvm::MulOverflow(elements, size, elements))
      return std::nullopt;
  return elements;
}

namespace {

/// Where the elements of a weight lie in the section.
class WeightPlaces {
public:
  static FailureOr<WeightPlaces> find(WeightOp weight, const WeightSection &section) {
    WeightPlaces places(weight);
    std::optional<int64_t> elements = elementsOf(places.packedShape());
    int64_t bytes, end, offset = weight.getOffset().value_or(-1);
    if (offset < 0)
      return weight.emitOpError("has no place in the artifact's weight section");
    int64_t each = places.layout == Layout::WordPanels ? 4 : places.width;
    if (!elements || llvm::MulOverflow(*elements, each, bytes) ||
        llvm::AddOverflow(bytes, offset, end) || end > static_cast<int64_t>(section.size))
      return weight.emitOpError("ends beyond the artifact's weight section of ")
             << section.size << " bytes";
    return places;
  }

  /// The byte of element `index` of the unpacked shape, counted from the weight's offset.
  int64_t byteOf(int64_t index) const {
    if (layout == Layout::Rows)
      return index * width;
    int64_t n = index % shape[2], m = index / shape[2] % shape[1], g = index / shape[2] / shape[1];
    int64_t panels = llvm::divideCeil(shape[2], panel), place = g * panels + n / panel;
    if (layout == Layout::Panels)
      return ((place * shape[1] + m) * panel + n % panel) * width;
    if (layout == Layout::WordPanels) {
      int64_t word = place * llvm::divideCeil(shape[1], together) + m / together;
      return (word * panel + n % panel) * 4 + m % together * bits / 8;
    }
    place = place * llvm::divideCeil(shape[1], 2) + m / 2;
    return ((place * panel + n % panel) * 2 + m % 2) * width;
  }

  /// How far element `index` is from the low end of that byte.
  unsigned shiftOf(int64_t index) const {
    if (layout != Layout::WordPanels)
      return 0;
    return index / shape[2] % shape[1] % together * bits % 8;
  }

  SmallVector<int64_t> shape; ///< unpacked

private:
  explicit WeightPlaces(WeightOp weight)
      : shape(weight.getUnpackedShape()), layout(weight.getLayout()),
        panel(weight.getPanel().value_or(1)), bits(weight.getNumberType().getIntOrFloatBitWidth()),
        width(llvm::divideCeil(bits, 8)), together(std::max<int64_t>(1, 32 / bits)) {}

  SmallVector<int64_t> packedShape() const {
    if (layout == Layout::Rows)
      return shape;
    int64_t panels = llvm::divideCeil(shape[2], panel);
    if (layout == Layout::Panels)
      return {shape[0], panels, shape[1], panel};
    if (layout == Layout::WordPanels)
      return {shape[0], panels, static_cast<int64_t>(llvm::divideCeil(shape[1], together)), panel};
    return {shape[0], panels, static_cast<int64_t>(llvm::divideCeil(shape[1], 2)), panel, 2};
  }

  Layout layout;
  int64_t panel, bits, width, together;
};

} // namespace

FailureOr<Tensor> verify::readWeight(WeightOp weight, std::optional<int64_t> leading,
                                     const WeightSection &section) {
  if (weight.getLayout() != Layout::Rows &&
      (weight.getUnpackedShape().size() != 3 || static_cast<int64_t>(*weight.getPanel()) < 1))
    return weight.emitOpError("is packed in a way that is not known; unsupported");
  FailureOr<WeightPlaces> places = WeightPlaces::find(weight, section);
  if (failed(places))
    return failure();
  ArrayRef<int64_t> shape = places->shape;
  int64_t begin = 0;
  if (leading) {
    if (shape.empty() || *leading < 0 || *leading >= shape.front())
      return weight.emitOpError("has no index ") << *leading << " of its leading dimension";
    shape = shape.drop_front();
    begin = *leading * elementsOf(shape).value_or(0);
  }
  Type type = weight.getNumberType();
  Tensor tensor{{shape.begin(), shape.end()}, {}, {}};
  int64_t elements = elementsOf(shape).value_or(0);
  tensor.values.reserve(elements);
  const uint8_t *data = section.data + *weight.getOffset();
  for (int64_t i = begin; i < begin + elements; ++i) {
    const uint8_t *bytes = data + places->byteOf(i);
    uint8_t shifted = *bytes >> places->shiftOf(i);
    bool whole = type.getIntOrFloatBitWidth() >= 8;
    tensor.values.push_back(decode(type, whole ? bytes : &shifted));
  }
  return tensor;
}

/// ElementType of moe_meta.fbs as a type; null where routing and rows have no such numbers.
static Type typeOf(MLIRContext *context, uint32_t element) {
  switch (element) {
  case 1:
    return Float32Type::get(context);
  case 6:
    return IntegerType::get(context, 32);
  case 10:
    return Float16Type::get(context);
  case 11:
    return Float64Type::get(context);
  case 16:
    return BFloat16Type::get(context);
  default:
    return {};
  }
}

FailureOr<Tensor> verify::readObservation(Location loc, Type expected,
                                          const moe_verify_observation &observation) {
  auto wanted = cast<RankedTensorType>(expected);
  auto error = [&]() -> InFlightDiagnostic {
    return emitError(loc) << "layer '" << observation.layer << "', role " << observation.role
                          << ": ";
  };
  if (observation.rank > MOE_VERIFY_MAX_RANK || observation.rank != wanted.getRank())
    return error() << "expects rank " << wanted.getRank() << ", but got " << observation.rank;
  Type type = typeOf(loc.getContext(), observation.element_type);
  if (type != wanted.getElementType())
    return error() << "expects elements of " << wanted.getElementType() << ", but got element type "
                   << observation.element_type;
  ArrayRef<int64_t> shape(observation.shape, observation.rank);
  for (auto [found, size] : llvm::zip_equal(shape, wanted.getShape()))
    if (!ShapedType::isDynamic(size) && size != found)
      return error() << "expects the shape of " << wanted << ", but got a size of " << found;
  std::optional<int64_t> elements = elementsOf(shape);
  if (!elements || (*elements && !observation.data))
    return error() << "has a malformed shape or no data";
  Tensor tensor{{shape.begin(), shape.end()}, {}, {}};
  auto *bytes = static_cast<const uint8_t *>(observation.data);
  for (int64_t i = 0; i < *elements; ++i)
    tensor.values.push_back(decode(type, bytes + i * (type.getIntOrFloatBitWidth() / 8)));
  return tensor;
}
