//===- ImportSkeleton.cpp - An ONNX file without its weights --------------===//
//
// Walks the wire format: fields of (number, type, payload), where a message's payload is fields
// again. Only messages on the way to a tensor are entered.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/ImportSkeleton.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"

using namespace moe;

namespace {

enum class Message { Model, Graph, Node, Attribute, Function, Sparse, Tensor };

/// A field that holds a message on the way to a tensor, or that the importer ignores.
struct Field {
  Message holder;
  uint32_t number;
  Message held;
  bool ignored = false;
};

const Field fields[] = {
    {Message::Model, 7, Message::Graph},             // graph
    {Message::Model, 20, Message::Graph, true},      // training_info
    {Message::Model, 25, Message::Function},         // functions
    {Message::Graph, 1, Message::Node},              // node
    {Message::Graph, 5, Message::Tensor},            // initializer
    {Message::Graph, 15, Message::Sparse},           // sparse_initializer
    {Message::Node, 5, Message::Attribute},          // attribute
    {Message::Attribute, 5, Message::Tensor},        // t
    {Message::Attribute, 6, Message::Graph},         // g
    {Message::Attribute, 10, Message::Tensor, true}, // tensors
    {Message::Attribute, 11, Message::Graph, true},  // graphs
    {Message::Attribute, 22, Message::Sparse, true}, // sparse_tensor
    {Message::Attribute, 23, Message::Sparse, true}, // sparse_tensors
    {Message::Function, 7, Message::Node},           // node
    {Message::Function, 11, Message::Attribute},     // attribute_proto
    {Message::Sparse, 1, Message::Tensor},           // values
    {Message::Sparse, 2, Message::Tensor, true},     // indices
};

/// Field numbers of TensorProto: the specification's bytes, and our place for them.
constexpr uint32_t rawData = 9, rawPlace = 100000;
/// protobuf itself parses no deeper.
constexpr unsigned maxDepth = 100;

enum WireType : uint32_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

/// A part of the file: [at, end).
struct Span {
  uint64_t at, end;
};

class Walker {
public:
  explicit Walker(llvm::StringRef file) : file(file) {}

  /// Appends the skeleton of the message in `span` to `out`. False where `error` is set.
  bool walk(Message message, Span span, unsigned depth, std::string &out);

  std::string error;

private:
  bool walkField(Message message, Span &span, unsigned depth, std::string &out);
  bool walkBytes(Message message, uint32_t number, Span payload, unsigned depth, std::string &out);
  bool readVarint(Span &span, uint64_t &value);
  bool fail(uint64_t at, const llvm::Twine &what) {
    error = (what + " at byte " + llvm::Twine(at)).str();
    return false;
  }

  llvm::StringRef file;
};

void appendVarint(std::string &out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void appendTag(std::string &out, uint32_t number, WireType type) {
  appendVarint(out, (uint64_t(number) << 3) | type);
}

void appendMessage(std::string &out, uint32_t number, llvm::StringRef payload) {
  appendTag(out, number, Bytes);
  appendVarint(out, payload.size());
  out.append(payload.data(), payload.size());
}

} // namespace

bool Walker::readVarint(Span &span, uint64_t &value) {
  value = 0;
  uint64_t start = span.at;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (span.at == span.end)
      return fail(start, span.end == file.size() ? "the file ends early: a number is cut off"
                                                 : "a number is cut off");
    uint8_t byte = file[span.at++];
    value |= uint64_t(byte & 0x7f) << shift;
    if (byte < 0x80)
      return true;
  }
  return fail(start, "a number has more than 64 bits");
}

bool Walker::walkBytes(Message message, uint32_t number, Span payload, unsigned depth,
                       std::string &out) {
  if (message == Message::Tensor && number == rawData) {
    std::string place;
    appendTag(place, 1, Varint);
    appendVarint(place, payload.at);
    appendTag(place, 2, Varint);
    appendVarint(place, payload.end - payload.at);
    appendMessage(out, rawPlace, place);
    return true;
  }
  // Our own field has no meaning in a file.
  if (message == Message::Tensor && number == rawPlace)
    return true;
  const Field *field = llvm::find_if(
      fields, [&](const Field &row) { return row.holder == message && row.number == number; });
  if (field == std::end(fields)) {
    appendMessage(out, number, file.slice(payload.at, payload.end));
    return true;
  }
  if (field->ignored)
    return true;
  std::string held;
  if (!walk(field->held, payload, depth + 1, held))
    return false;
  appendMessage(out, number, held);
  return true;
}

bool Walker::walkField(Message message, Span &span, unsigned depth, std::string &out) {
  uint64_t start = span.at, tag, value;
  if (!readVarint(span, tag))
    return false;
  uint64_t number = tag >> 3;
  if (number == 0 || number >= (1u << 29))
    return fail(start, "a field has the number " + llvm::Twine(number) + ", which cannot be,");
  uint64_t size = 0;
  switch (static_cast<uint32_t>(tag & 7)) {
  case Varint:
    if (!readVarint(span, value))
      return false;
    appendTag(out, number, Varint);
    appendVarint(out, value);
    return true;
  case Fixed64:
    size = 8;
    break;
  case Fixed32:
    size = 4;
    break;
  case Bytes:
    if (!readVarint(span, size))
      return false;
    break;
  default:
    return fail(start,
                "a field has the wire type " + llvm::Twine(tag & 7) + ", which ONNX does not use,");
  }
  if (size > span.end - span.at)
    return fail(start, (span.end == file.size() ? "the file ends early: a field needs "
                                                : "a message ends early: a field needs ") +
                           llvm::Twine(size) + " bytes, but " + llvm::Twine(span.end - span.at) +
                           " are left");
  Span payload{span.at, span.at + size};
  span.at = payload.end;
  if ((tag & 7) == Bytes)
    return walkBytes(message, number, payload, depth, out);
  appendTag(out, number, static_cast<WireType>(tag & 7));
  out.append(file.data() + payload.at, size);
  return true;
}

bool Walker::walk(Message message, Span span, unsigned depth, std::string &out) {
  if (depth >= maxDepth)
    return fail(span.at, "messages are nested deeper than " + llvm::Twine(maxDepth));
  while (span.at != span.end)
    if (!walkField(message, span, depth, out))
      return false;
  return true;
}

std::string moe::makeSkeleton(llvm::StringRef file, std::string &skeleton) {
  Walker walker(file);
  skeleton.clear();
  walker.walk(Message::Model, {0, file.size()}, 0, skeleton);
  return walker.error;
}
