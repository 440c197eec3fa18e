//===- ImportTensor.cpp - The numbers of an ONNX tensor -------------------===//

#include "lowering/onnx/ImportTensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;
using onnx_pb::TensorProto;

bool moe::fitsInIR(RankedTensorType type) {
  Type element = type.getElementType();
  int64_t limit = isa<IntegerType>(element) ? 1024 : 16;
  // Booleans and strings have no form on disk that could be referenced, and views of complex
  // numbers are nothing that an operator takes yet.
  const ElementType *row = elementTypeOf(element);
  bool canView = row && (row->isPlain() || row->isPacked());
  return element.isInteger(1) || !canView || type.getNumElements() <= limit;
}

bool moe::readShape(const google::protobuf::RepeatedField<int64_t> &dims, const Site &site,
                    ImportErrors &errors, SmallVectorImpl<int64_t> &shape) {
  // Counted in bytes of the largest element, so that sizes in bytes fit as well; an empty tensor's
  // other dimensions may be multiplied by someone.
  int64_t bytes = 16;
  for (int64_t dim : dims) {
    if (dim < 0) {
      errors.malformed(site) << "expected dimensions of 0 or more, but got " << dim;
      return false;
    }
    if (dim != 0 && llvm::MulOverflow(bytes, dim, bytes)) {
      errors.malformed(site) << "the product of its dimensions overflows";
      return false;
    }
    shape.push_back(dim);
  }
  return true;
}

const ElementType *TensorReader::elementType(const TensorProto &tensor, const Site &site) {
  const ElementType *element = elementTypeByCode(tensor.data_type());
  if (!element) {
    auto error = tensor.data_type() == 0 ? errors.malformed(site) : errors.unsupported(site);
    error << "element type " << tensor.data_type();
    return nullptr;
  }
  return element;
}

/// How many ways of giving numbers a tensor uses; the specification allows one.
static unsigned countSources(const TensorProto &tensor) {
  return (tensor.data_location() == TensorProto::EXTERNAL) + tensor.has_raw_place() +
         !tensor.float_data().empty() + !tensor.int32_data().empty() +
         !tensor.int64_data().empty() + !tensor.uint64_data().empty() +
         !tensor.double_data().empty() + !tensor.string_data().empty();
}

/// Numbers below a byte lie packed in a file, the last byte filled up.
static std::optional<uint64_t> bytesInFile(RankedTensorType type, const ElementType &element) {
  uint64_t count = type.getNumElements();
  if (element.bits < 8)
    return llvm::divideCeil(count, 8 / element.bits);
  return llvm::checkedMulUnsigned<uint64_t>(count, element.bits / 8);
}

/// The numbers of packed bytes, low bits first, in a byte each, as the IR holds them.
static SmallVector<char> unpack(ArrayRef<char> packed, unsigned bits, uint64_t count) {
  SmallVector<char> bytes;
  for (uint64_t i = 0; i < count; ++i) {
    unsigned shift = i * bits % 8;
    bytes.push_back(static_cast<uint8_t>(packed[i * bits / 8]) >> shift & ((1u << bits) - 1));
  }
  return bytes;
}

std::optional<Numbers> TensorReader::read(const TensorProto &tensor, const Site &site,
                                          bool always) {
  const ElementType *element = elementType(tensor, site);
  SmallVector<int64_t> shape;
  if (!readShape(tensor.dims(), site, errors, shape) || !element)
    return {};
  if (tensor.has_segment()) {
    errors.unsupported(site) << "a tensor in segments";
    return {};
  }
  if (countSources(tensor) > 1) {
    errors.malformed(site) << "its numbers are given in more than one way";
    return {};
  }
  auto type = RankedTensorType::get(shape, element->type(context));
  if (element->name == "string")
    return readStrings(tensor, type, site);
  if (tensor.data_location() != TensorProto::EXTERNAL && !tensor.has_raw_place())
    return readSpelled(tensor, *element, type, site);
  std::optional<Place> place = findPlace(tensor, site);
  if (!place)
    return {};
  std::optional<uint64_t> bytes = bytesInFile(type, *element);
  if (!bytes || *bytes != place->length) {
    auto error = errors.malformed(site) << "expected ";
    if (bytes)
      error << *bytes << " bytes";
    else
      error << "more than 2^64 bytes";
    error << " for " << type << ", but got " << place->length;
    return {};
  }
  return readPlace(*place, type, *bytes, tensor.name(), site, always);
}

std::optional<Numbers> TensorReader::readStrings(const TensorProto &tensor, RankedTensorType type,
                                                 const Site &site) {
  if (tensor.string_data_size() != type.getNumElements()) {
    errors.malformed(site) << "expected " << type.getNumElements() << " strings, but got "
                           << tensor.string_data_size();
    return {};
  }
  SmallVector<llvm::StringRef> strings(tensor.string_data().begin(), tensor.string_data().end());
  return Numbers{type, cast<ElementsAttr>(DenseStringElementsAttr::get(type, strings)), {}};
}

/// Appends the low `width` bytes of `value`.
static void appendLow(SmallVectorImpl<char> &bytes, uint64_t value, unsigned width) {
  for (unsigned i = 0; i < width; ++i)
    bytes.push_back(static_cast<char>(value >> (8 * i)));
}

/// Appends the numbers of `field` in `width` bytes each. False where one does not fit.
template <typename Field>
static bool appendNumbers(const Field &field, unsigned width, SmallVectorImpl<char> &bytes) {
  using Value = typename Field::value_type;
  bytes.reserve(field.size() * width);
  for (Value value : field) {
    if constexpr (std::is_integral_v<Value>) {
      // f16 and its kind are given as their bits: signed or unsigned, both are seen.
      bool fits = width >= sizeof(Value) || llvm::isIntN(8 * width, value) ||
                  llvm::isUIntN(8 * width, value);
      if (!fits)
        return false;
      appendLow(bytes, value, width);
    } else {
      auto *begin = reinterpret_cast<const char *>(&value);
      bytes.append(begin, begin + sizeof(Value));
    }
  }
  return true;
}

/// Appends the numbers of the field that `element` is spelled in.
static bool appendSpelled(const TensorProto &tensor, const ElementType &element,
                          SmallVectorImpl<char> &bytes) {
  // A packed type has a byte of numbers in each entry, a complex one a part of a number.
  unsigned width = std::max(element.bits / 8, 1u);
  if (element.name == "float32" || element.name == "complex64")
    return appendNumbers(tensor.float_data(), width, bytes);
  if (element.name == "float64" || element.name == "complex128")
    return appendNumbers(tensor.double_data(), width, bytes);
  if (element.name == "int64")
    return appendNumbers(tensor.int64_data(), width, bytes);
  if (element.name == "uint32" || element.name == "uint64")
    return appendNumbers(tensor.uint64_data(), width, bytes);
  return appendNumbers(tensor.int32_data(), width, bytes);
}

std::optional<Numbers> TensorReader::readSpelled(const TensorProto &tensor,
                                                 const ElementType &element, RankedTensorType type,
                                                 const Site &site) {
  if (auto known = blobs.find(&tensor); known != blobs.end())
    return known->second;
  SmallVector<char> bytes;
  if (!appendSpelled(tensor, element, bytes)) {
    errors.malformed(site) << "a number does not fit in " << element.name;
    return {};
  }
  std::optional<uint64_t> wanted = bytesInFile(type, element);
  if (!wanted || bytes.size() != *wanted) {
    uint64_t found = bytes.size() * 8 / element.bits;
    errors.malformed(site) << "expected " << type.getNumElements() << " numbers for " << type
                           << ", but got " << found;
    return {};
  }
  Numbers numbers = fromBytes(type, bytes, tensor.name());
  blobs[&tensor] = numbers;
  return numbers;
}

/// A dense constant of `bytes`, which are the elements of `type`.
static ElementsAttr makeDense(RankedTensorType type, ArrayRef<char> bytes) {
  if (type.getNumElements() == 0)
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (!type.getElementType().isInteger(1))
    return DenseElementsAttr::getFromRawBuffer(type, bytes);
  SmallVector<bool> bools;
  for (char byte : bytes)
    bools.push_back(byte != 0);
  return DenseElementsAttr::get(type, bools);
}

/// A view of all of `type`, row by row.
static PieceAttr makePiece(Attribute source, uint64_t offset, RankedTensorType type) {
  const ElementType *element = elementTypeOf(type.getElementType());
  if (element && element->isPacked())
    offset *= 8;
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (int64_t i = type.getRank() - 1; i > 0; --i)
    strides[i - 1] = strides[i] * type.getDimSize(i);
  return PieceAttr::get(type.getContext(), source, static_cast<int64_t>(offset), type.getShape(),
                        strides);
}

Numbers TensorReader::fromBytes(RankedTensorType type, ArrayRef<char> bytes, llvm::StringRef name) {
  const ElementType *element = elementTypeOf(type.getElementType());
  bool packed = element && element->isPacked();
  if (packed && fitsInIR(type))
    return {type, makeDense(type, unpack(bytes, element->bits, type.getNumElements())), {}};
  if (fitsInIR(type))
    return {type, makeDense(type, bytes), {}};
  constexpr size_t alignment = 64;
  auto held = packed ? RankedTensorType::get(static_cast<int64_t>(bytes.size()),
                                             IntegerType::get(context, 8))
                     : type;
  auto blob = DenseResourceElementsAttr::get(
      held, name, HeapAsmResourceBlob::allocateAndCopyWithAlign(bytes, alignment));
  return {type, {}, makePiece(blob, 0, type)};
}

std::optional<TensorReader::Place> TensorReader::findPlace(const TensorProto &tensor,
                                                           const Site &site) {
  if (tensor.data_location() == TensorProto::EXTERNAL)
    return findExternal(tensor, site);
  return Place{file.getBufferIdentifier().str(), tensor.raw_place().offset(),
               tensor.raw_place().length(), std::nullopt};
}

/// Parses entry `key`. False where it is no number.
static bool readEntry(const TensorProto &tensor, llvm::StringRef key,
                      std::optional<uint64_t> &value, const Site &site, ImportErrors &errors) {
  for (const auto &entry : tensor.external_data()) {
    uint64_t number;
    if (entry.key() != key)
      continue;
    if (llvm::StringRef(entry.value()).getAsInteger(10, number)) {
      errors.malformed(site) << "expected a number as '" << key
                             << "' of its external data, but got '" << entry.value() << "'";
      return false;
    }
    value = number;
  }
  return true;
}

std::optional<TensorReader::Place> TensorReader::findExternal(const TensorProto &tensor,
                                                              const Site &site) {
  llvm::StringRef location;
  for (const auto &entry : tensor.external_data())
    if (entry.key() == "location")
      location = entry.value();
  std::optional<uint64_t> offset, length;
  if (!readEntry(tensor, "offset", offset, site, errors) ||
      !readEntry(tensor, "length", length, site, errors))
    return {};
  ExternalData::File &found = external.find(location);
  if (!found.error.empty()) {
    // One line a file: the other tensors in it have the same fault.
    if (found.reported)
      errors.repeated();
    else
      errors.malformed(site) << "external data '" << location << "' " << found.error;
    found.reported = true;
    return {};
  }
  uint64_t begin = offset.value_or(0);
  if (begin > found.size || length.value_or(0) > found.size - begin) {
    errors.malformed(site) << "external data '" << location << "' is too short: offset " << begin
                           << " and length " << length.value_or(0) << " do not fit in "
                           << found.size << " bytes";
    return {};
  }
  return Place{found.path, begin, length.value_or(found.size - begin), location};
}

std::optional<Numbers> TensorReader::readPlace(const Place &place, RankedTensorType type,
                                               uint64_t bytes, llvm::StringRef name,
                                               const Site &site, bool always) {
  // That an accumulator starts at zero is worth knowing; the first other number ends the look.
  bool isZero = !place.location && isa<FloatType>(type.getElementType()) &&
                type.getElementTypeBitWidth() >= 8 && bytes != 0 &&
                llvm::all_of(ArrayRef<char>(file.getBufferStart() + place.offset, bytes),
                             [](char byte) { return byte == 0; });
  if (!fitsInIR(type) && !always && isZero)
    return Numbers{type, {}, makePiece(Builder(context).getZeroAttr(type), 0, type)};
  if (!fitsInIR(type) && !always)
    return Numbers{type, {}, makePiece(StringAttr::get(context, place.path), place.offset, type)};
  SmallVector<char> copy;
  ArrayRef<char> data;
  if (!place.location) {
    data = ArrayRef<char>(file.getBufferStart() + place.offset, bytes);
  } else {
    copy.resize_for_overwrite(bytes);
    data = copy;
    if (!external.read(*place.location, place.offset, copy)) {
      errors.malformed(site) << "external data '" << *place.location << "' cannot be read";
      return {};
    }
  }
  return fromBytes(type, data, name);
}
