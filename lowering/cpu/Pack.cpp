//===- Pack.cpp - The bytes of a weight as the artifact has them ----------===//
//
// Every place is computed from numbers that a file gave, so the extent of each view is checked
// against its source before the first byte is read.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Pack.h"
#include "lowering/cpu/PackCodes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include <cstring>
#include <sys/mman.h>

using namespace mlir;
using namespace moe;

/// Rows of small weights are handed over together, up to about so many bytes.
static constexpr int64_t kPartBytes = 1 << 20;

FailureOr<int64_t> moe::weightBytes(WeightOp weight) {
  auto type = cast<ShapedType>(weight.getType());
  if (type.getElementTypeBitWidth() < 8)
    return weight.emitOpError("is unsupported: no product packs its numbers of fewer than 8 bits");
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  for (int64_t size : type.getShape())
    if (llvm::MulOverflow(bytes, size, bytes))
      return weight.emitOpError("has a size that overflows: ") << type;
  return bytes;
}

llvm::ErrorOr<llvm::StringRef> WeightFiles::map(llvm::StringRef path) {
  auto &buffer = files[path];
  if (!buffer) {
    auto opened = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                              /*RequiresNullTerminator=*/false);
    if (!opened)
      return opened.getError();
    buffer = std::move(*opened);
  }
  return buffer->getBuffer();
}

void WeightFiles::forget() {
  for (auto &entry : files) {
    llvm::MemoryBuffer *buffer = entry.second.get();
    // Small files were read into memory of our own, which must stay.
    if (!buffer || buffer->getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap)
      continue;
    auto page = static_cast<uintptr_t>(llvm::sys::Process::getPageSizeEstimate());
    uintptr_t start = reinterpret_cast<uintptr_t>(buffer->getBufferStart()) & ~(page - 1);
    uintptr_t end = reinterpret_cast<uintptr_t>(buffer->getBufferEnd());
    // Advice only: that it fails costs memory and nothing else.
    (void)madvise(reinterpret_cast<void *>(start), end - start, MADV_DONTNEED);
  }
}

namespace {

/// A piece with its bytes: where they start, and how far it is from element to element.
struct View {
  const char *data;
  SmallVector<int64_t> shape, strides; // strides in bytes
  bool splat = false;
};

} // namespace

/// The bytes of a constant, or nothing where it does not hold them as such.
static std::optional<ArrayRef<char>> constantBytes(Attribute source) {
  if (auto dense = dyn_cast<DenseElementsAttr>(source))
    return dense.getRawData();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(source))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return blob->getData();
  return std::nullopt;
}

/// One past the last byte (or bit) of the view, relative to its source. The verifier has checked
/// overflow.
static int64_t extent(PieceAttr piece, int64_t elementBytes) {
  int64_t last = 0;
  for (auto [size, stride] : llvm::zip_equal(piece.getShape(), piece.getStrides())) {
    if (size == 0)
      return piece.getOffset();
    last += (size - 1) * stride;
  }
  return piece.getOffset() + (last + 1) * elementBytes;
}

/// Opens a piece and checks that it lies within its source. The view of numbers below a byte starts
/// where the source does, and its strides count elements.
static FailureOr<View> open(WeightOp weight, PieceAttr piece, WeightFiles &files) {
  unsigned bits = weight.getNumberType().getIntOrFloatBitWidth();
  int64_t unit = bits < 8 ? 1 : bits / 8;
  ArrayRef<char> bytes;
  std::string where = "a constant";
  bool splat = false;
  if (auto path = dyn_cast<StringAttr>(piece.getSource())) {
    where = "'" + path.str() + "'";
    llvm::ErrorOr<llvm::StringRef> file = files.map(path.getValue());
    if (!file)
      return weight.emitOpError("cannot read its numbers from ")
             << where << ": " << file.getError().message();
    bytes = ArrayRef<char>(file->data(), file->size());
  } else {
    std::optional<ArrayRef<char>> held = constantBytes(piece.getSource());
    if (!held)
      return weight.emitOpError("is unsupported: its constant holds no plain bytes");
    bytes = *held;
    auto dense = dyn_cast<DenseElementsAttr>(piece.getSource());
    splat = dense && dense.isSplat();
  }
  View view{bytes.data(), SmallVector<int64_t>(piece.getShape()), {}, splat};
  for (int64_t stride : piece.getStrides())
    view.strides.push_back(splat && bits >= 8 ? 0 : stride * unit);
  if (splat)
    return view;
  int64_t end = extent(piece, pieceUnits(weight.getNumberType()));
  if (bits < 8)
    end = llvm::divideCeilSigned(end, 8);
  if (end > static_cast<int64_t>(bytes.size()))
    return weight.emitOpError("is malformed: a piece ends at byte ")
           << end << " of " << where << ", which has " << bytes.size();
  if (bits >= 8)
    view.data += piece.getOffset();
  return view;
}

/// Appends the elements of `view` from dimension `dim` on, row-major.
static void appendRows(const View &view, const char *data, size_t dim, int64_t elementBytes,
                       SmallVectorImpl<char> &out) {
  if (dim == view.shape.size()) {
    out.append(data, data + elementBytes);
    return;
  }
  bool last = dim + 1 == view.shape.size();
  if (last && view.strides[dim] == elementBytes) {
    out.append(data, data + view.shape[dim] * elementBytes);
    return;
  }
  for (int64_t i = 0; i < view.shape[dim]; ++i)
    appendRows(view, data + i * view.strides[dim], dim + 1, elementBytes, out);
}

/// Hands over a piece row-major, some leading rows at a time.
static LogicalResult packRows(const View &view, int64_t elementBytes, WeightSink sink) {
  SmallVector<char, 0> part;
  if (view.shape.empty()) {
    appendRows(view, view.data, 0, elementBytes, part);
    return sink(part);
  }
  for (int64_t row = 0; row < view.shape.front(); ++row) {
    appendRows(view, view.data + row * view.strides.front(), 1, elementBytes, part);
    if (static_cast<int64_t>(part.size()) < kPartBytes && row + 1 < view.shape.front())
      continue;
    if (failed(sink(part)))
      return failure();
    part.clear();
  }
  return success();
}

template <typename WordT>
static void copyWords(const char *from, int64_t step, char *to, int64_t stepTo, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(to + i * stepTo, from + i * step, sizeof(WordT));
}

/// Copies `count` elements; most bytes of a model go this way.
static void copyStrided(const char *from, int64_t step, char *to, int64_t stepTo, int64_t count,
                        int64_t elementBytes) {
  if (step == elementBytes && stepTo == elementBytes)
    std::memcpy(to, from, count * elementBytes);
  else if (elementBytes == 4)
    copyWords<uint32_t>(from, step, to, stepTo, count);
  else if (elementBytes == 2)
    copyWords<uint16_t>(from, step, to, stepTo, count);
  else
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(to + i * stepTo, from + i * step, elementBytes);
}

/// Hands over one K x N matrix as panels of `width` columns. With `pairs`, elements of two
/// neighbouring rows lie beside each other. What lies beyond the matrix is zero.
static LogicalResult packPanels(const View &view, const char *matrix, int64_t width, bool pairs,
                                int64_t elementBytes, WeightSink sink) {
  int64_t depth = view.shape[1], columns = view.shape[2], together = pairs ? 2 : 1;
  int64_t paddedDepth = llvm::alignTo(depth, together);
  for (int64_t first = 0; first < columns; first += width) {
    SmallVector<char, 0> panel(paddedDepth * width * elementBytes, 0);
    int64_t used = std::min(width, columns - first);
    for (int64_t k = 0; k < depth; ++k) {
      const char *row = matrix + k * view.strides[1] + first * view.strides[2];
      char *to = panel.data() + (k / together * width * together + k % together) * elementBytes;
      copyStrided(row, view.strides[2], to, together * elementBytes, used, elementBytes);
    }
    if (failed(sink(panel)))
      return failure();
  }
  return success();
}

/// The view of a piece whose numbers are codes, by bits.
static CodeView codesOf(const View &view, PieceAttr piece, unsigned bits) {
  CodeView codes{view.data, bits < 8 ? piece.getOffset() : 0, bits, view.shape, {}, view.splat};
  for (int64_t stride : view.strides)
    codes.strides.push_back(stride * bits);
  return codes;
}

LogicalResult moe::packWeight(WeightOp weight, WeightFiles &files, WeightSink sink) {
  int64_t elementBytes = cast<ShapedType>(weight.getType()).getElementTypeBitWidth() / 8;
  unsigned bits = weight.getNumberType().getIntOrFloatBitWidth();
  bool isSigned = weight.getNumberType().isSignlessInteger();
  Layout layout = weight.getLayout();
  for (auto piece : weight.getPieces().getAsRange<PieceAttr>()) {
    FailureOr<View> view = open(weight, piece, files);
    if (failed(view))
      return failure();
    if (bits < 8 && layout == Layout::Rows) {
      if (failed(packCodeRows(codesOf(*view, piece, bits), isSigned, sink)))
        return failure();
      continue;
    }
    if (layout == Layout::Rows) {
      if (failed(packRows(*view, elementBytes, sink)))
        return failure();
      continue;
    }
    if (view->shape.size() != 3)
      return weight.emitOpError("expects pieces of rank 3 with a packed layout, but got rank ")
             << view->shape.size();
    if (bits < 8 || layout == Layout::WordPanels) {
      bool bytes = layout != Layout::WordPanels;
      if (failed(packCodePanels(codesOf(*view, piece, bits), *weight.getPanel(), bytes, sink)))
        return failure();
      continue;
    }
    for (int64_t group = 0; group < view->shape.front(); ++group)
      if (failed(packPanels(*view, view->data + group * view->strides.front(), *weight.getPanel(),
                            layout == Layout::PairPanels, elementBytes, sink)))
        return failure();
  }
  return success();
}
