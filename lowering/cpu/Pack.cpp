//===- Pack.cpp - The bytes of a weight as the artifact has them ----------===//
//
// Every place is computed from numbers that a file gave, so the extent of each view is checked
// against its source before the first byte is read.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Pack.h"
#include "lowering/cpu/CopyGrid.h"
#include "lowering/cpu/PackCodes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;
using namespace moe;

/// Lines that are packed of one panel before the next one, where rows of the source run through
/// several panels.
static constexpr int64_t kBlockLines = 64;

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

int64_t WeightView::numbers() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

llvm::StringRef WeightView::extent() const {
  int64_t last = firstBit;
  for (auto [size, stride] : llvm::zip_equal(shape, strides))
    last += (size - 1) * stride;
  return {data + firstBit / 8, static_cast<size_t>((last + bits - 1) / 8 - firstBit / 8 + 1)};
}

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

/// The view of a piece in `bytes`. Where there is nothing to step over, or one number stands for
/// all, strides are zero; others are within the source, so that counting them in bits is safe.
static WeightView makeView(PieceAttr piece, unsigned bits, ArrayRef<char> bytes, bool splat) {
  WeightView view{bytes.data(), 0, bits, SmallVector<int64_t>(piece.getShape()), {}, splat};
  if (!splat)
    view.firstBit = bits < 8 ? piece.getOffset() : piece.getOffset() * 8;
  else if (bits < 8)
    view.firstBit = piece.getOffset() % 8;
  for (auto [size, stride] : llvm::zip_equal(piece.getShape(), piece.getStrides())) {
    bool still = size <= 1 || (splat && bits >= 8);
    view.strides.push_back(still ? 0 : (splat ? stride % 8 : stride) * bits);
  }
  return view;
}

/// Opens a piece and checks that it lies within its source.
static FailureOr<WeightView> openPiece(WeightOp weight, PieceAttr piece, WeightFiles &files) {
  unsigned bits = weight.getNumberType().getIntOrFloatBitWidth();
  ArrayRef<char> bytes;
  std::string where = "a constant";
  WeightFile *source = nullptr;
  bool splat = false;
  if (auto path = dyn_cast<StringAttr>(piece.getSource())) {
    where = "'" + path.str() + "'";
    llvm::ErrorOr<WeightFile *> file = files.open(path.getValue());
    if (!file)
      return weight.emitOpError("cannot read its numbers from ")
             << where << ": " << file.getError().message();
    source = *file;
    bytes = ArrayRef<char>(source->bytes().data(), source->bytes().size());
  } else {
    std::optional<ArrayRef<char>> held = constantBytes(piece.getSource());
    if (!held)
      return weight.emitOpError("is unsupported: its constant holds no plain bytes");
    bytes = *held;
    auto dense = dyn_cast<DenseElementsAttr>(piece.getSource());
    splat = dense && dense.isSplat();
  }
  int64_t end = splat ? 0 : extent(piece, pieceUnits(weight.getNumberType()));
  if (bits < 8)
    end = llvm::divideCeilSigned(end, 8);
  if (end > static_cast<int64_t>(bytes.size()))
    return weight.emitOpError("is malformed: a piece ends at byte ")
           << end << " of " << where << ", which has " << bytes.size();
  WeightView view = makeView(piece, bits, bytes, splat);
  view.file = source;
  return view;
}

/// The same numbers in the same order with as few dimensions as possible: at least one.
static void collapse(WeightView &view) {
  SmallVector<int64_t> shape, strides;
  for (auto [size, stride] : llvm::zip_equal(view.shape, view.strides)) {
    if (size == 1)
      continue;
    if (!shape.empty() && strides.back() == size * stride && !view.splat) {
      shape.back() *= size;
      strides.back() = stride;
      continue;
    }
    shape.push_back(size);
    strides.push_back(stride);
  }
  if (shape.empty()) {
    shape.push_back(1);
    strides.push_back(0);
  }
  view.shape = shape;
  view.strides = strides;
}

FailureOr<PackedWeight> PackedWeight::open(WeightOp weight, WeightFiles &files) {
  PackedWeight packed;
  packed.layout = weight.getLayout();
  packed.bits = weight.getNumberType().getIntOrFloatBitWidth();
  packed.isSigned = weight.getNumberType().isSignlessInteger();
  packed.width = weight.getPanel().value_or(0);
  for (auto piece : weight.getPieces().getAsRange<PieceAttr>()) {
    FailureOr<WeightView> view = openPiece(weight, piece, files);
    if (failed(view))
      return failure();
    if (packed.inRows())
      collapse(*view);
    else if (view->shape.size() != 3)
      return weight.emitOpError("expects pieces of rank 3 with a packed layout, but got rank ")
             << view->shape.size();
    packed.pieces.push_back(std::move(*view));
  }
  return packed;
}

int64_t PackedWeight::together() const {
  if (inWords())
    return 32 / bits;
  return layout == Layout::PairPanels && !areCodes() ? 2 : 1;
}

int64_t PackedWeight::lineBytes() const {
  if (inWords())
    return width * 4;
  return areCodes() ? width : width * together() * bits / 8;
}

int64_t PackedWeight::linesOfPanel(const WeightView &view) const {
  return llvm::divideCeilSigned(view.shape[1], together());
}

int64_t PackedWeight::linesOfGroup(const WeightView &view) const {
  return linesOfPanel(view) * llvm::divideCeilSigned(view.shape[2], width);
}

/// Cuts `count` units into parts of about `partBytes`: whole runs of `run` units where one fits.
static void cut(size_t piece, int64_t first, int64_t count, int64_t run, int64_t unitBytes,
                int64_t partBytes, std::vector<WeightPart> &parts) {
  int64_t most = std::max<int64_t>(1, partBytes / unitBytes);
  if (run > 0 && run <= most)
    most = most / run * run;
  for (int64_t done = 0; done < count; done += most) {
    int64_t here = std::min(most, count - done);
    parts.push_back({piece, first + done, here, here * unitBytes});
  }
}

std::vector<WeightPart> PackedWeight::parts(int64_t partBytes) const {
  std::vector<WeightPart> parts;
  for (auto [index, view] : llvm::enumerate(pieces)) {
    if (inRows()) {
      int64_t bytes = std::max(1u, bits / 8);
      cut(index, 0, view.numbers(), view.shape.back(), bytes, partBytes, parts);
      continue;
    }
    int64_t lines = linesOfGroup(view);
    for (int64_t group = 0; group < view.shape[0]; ++group)
      cut(index, group * lines, lines, linesOfPanel(view), lineBytes(), partBytes, parts);
  }
  return parts;
}

/// What of a piece a part reads, or a little more.
WeightView PackedWeight::source(const WeightPart &part) const {
  WeightView view = pieces[part.piece];
  auto narrow = [&](size_t dim, int64_t first, int64_t end) {
    view.firstBit += first * view.strides[dim];
    view.shape[dim] = end - first;
  };
  int64_t last = part.first + part.count - 1;
  if (inRows()) {
    int64_t columns = view.shape.back();
    if (view.shape.size() == 1)
      narrow(0, part.first, last + 1);
    else if (view.shape.size() == 2)
      narrow(0, part.first / columns, last / columns + 1);
    return view;
  }
  int64_t inPanel = linesOfPanel(view), inGroup = linesOfGroup(view);
  int64_t group = part.first / inGroup, line = part.first % inGroup, end = last % inGroup;
  narrow(0, group, group + 1);
  narrow(2, line / inPanel * width, std::min((end / inPanel + 1) * width, view.shape[2]));
  if (line / inPanel == end / inPanel)
    narrow(1, line % inPanel * together(),
           std::min((end % inPanel + 1) * together(), view.shape[1]));
  return view;
}

bool PackedWeight::isZero(const WeightPart &part) const {
  WeightView view = source(part);
  return view.file && view.file->isHole(view.extent());
}

bool PackedWeight::isCached(const WeightPart &part) const {
  WeightView view = source(part);
  llvm::StringRef read = view.extent();
  return !view.file || static_cast<int64_t>(read.size()) > part.bytes || view.file->isCached(read);
}

void PackedWeight::release(const WeightPart &part, bool wasCached) const {
  WeightView view = source(part);
  if (!view.file)
    return;
  llvm::StringRef read = view.extent();
  // Between numbers that lie apart there are others, which another part may be going to read.
  if (static_cast<int64_t>(read.size()) <= part.bytes)
    view.file->drop(read, wasCached);
  else
    view.file->passed(part.bytes);
}

/// Packs elements row-major: whole rows at a time where they begin at one.
static void packRows(const WeightView &view, int64_t first, int64_t count, char *out) {
  int64_t bytes = view.bits / 8, columns = view.shape.back(), rank = view.shape.size();
  GridSteps from{rank > 1 ? view.strides[rank - 2] / 8 : 0, view.strides.back() / 8};
  while (count > 0) {
    int64_t line = first / columns, column = first % columns, rows = 1;
    int64_t width = std::min(columns - column, count), above = line;
    if (rank > 1 && column == 0 && count >= columns)
      rows = std::min(count / columns, view.shape[rank - 2] - line % view.shape[rank - 2]);
    const char *data = view.data + view.firstBit / 8 + column * from.column;
    for (int64_t dim = rank - 1; dim-- > 0; above /= view.shape[dim])
      data += above % view.shape[dim] * (view.strides[dim] / 8);
    copyGrid(data, from, out, {columns * bytes, bytes}, rows, width, bytes);
    first += rows * width;
    count -= rows * width;
    out += rows * width * bytes;
  }
}

/// Two rows of 16-bit elements, `step` bytes apart, beside each other. The constant makes vectors.
template <int64_t constantStep = 0>
static void pairWords(const char *even, const char *odd, int64_t step, int64_t columns, char *out) {
  step = constantStep ? constantStep : step;
  for (int64_t c = 0; c < columns; ++c) {
    uint16_t pair[2];
    std::memcpy(&pair[0], even + c * step, 2);
    std::memcpy(&pair[1], odd + c * step, 2);
    std::memcpy(out + c * 4, pair, 4);
  }
}

/// Packs lines of pairs: elements of two neighbouring rows lie beside each other. An odd last row
/// has zeros beside it, which are there already.
static void packPairs(const char *data, GridSteps from, int64_t rows, int64_t columns, char *out,
                      int64_t pitch, int64_t bytes) {
  GridSteps pairs{2 * from.row, from.column}, half{pitch, 2 * bytes};
  int64_t whole = rows / 2;
  if (from.row == bytes) // along K, a pair is one element twice as wide
    copyGrid(data, pairs, out, half, whole, columns, 2 * bytes);
  else if (bytes == 2)
    for (int64_t r = 0; r < whole; ++r)
      (from.column == 2 ? pairWords<2> : pairWords<>)(data + 2 * r * from.row,
                                                      data + (2 * r + 1) * from.row, from.column,
                                                      columns, out + r * pitch);
  else
    for (int64_t odd = 0; odd < 2; ++odd)
      copyGrid(data + odd * from.row, pairs, out + odd * bytes, half, whole, columns, bytes);
  if (rows % 2)
    copyGrid(data + 2 * whole * from.row, pairs, out + whole * pitch, half, 1, columns, bytes);
}

/// Packs `count` lines from `line` on of the panel whose first column is `left`, with zeros beyond
/// the matrix.
void PackedWeight::packLines(const WeightView &view, int64_t line, int64_t count, int64_t left,
                             char *out) const {
  int64_t depth = view.shape[1], columns = std::min(width, view.shape[2] - left);
  int64_t pitch = lineBytes(), bytes = bits / 8;
  if (columns < width || (line + count) * together() > depth)
    std::memset(out, 0, count * pitch);
  int64_t bit = view.firstBit + left * view.strides[2];
  CodeMatrix codes{view.data,       bits,  bit,     view.strides[1],
                   view.strides[2], depth, columns, view.splat};
  const char *data = view.data + bit / 8;
  GridSteps from{view.strides[1] / 8, view.strides[2] / 8};
  if (inWords())
    packCodeWords(codes, line, count, out, pitch);
  else if (areCodes())
    packCodeBytes(codes, line, count, out, pitch);
  else if (together() == 2)
    packPairs(data + 2 * line * from.row, from, std::min(2 * count, depth - 2 * line), columns, out,
              pitch, bytes);
  else
    copyGrid(data + line * from.row, from, out, {pitch, bytes}, count, columns, bytes);
}

void PackedWeight::pack(const WeightPart &part, char *out) const {
  WeightView view = pieces[part.piece];
  if (inRows()) {
    if (areCodes())
      packCodeRows(view, isSigned, part.first, part.count, out);
    else
      packRows(view, part.first, part.count, out);
    return;
  }
  int64_t inPanel = linesOfPanel(view), inGroup = linesOfGroup(view);
  view.firstBit += part.first / inGroup * view.strides[0];
  int64_t first = part.first % inGroup, end = first + part.count;
  bool along = view.strides[1] <= view.strides[2];
  int64_t block = along ? inPanel : kBlockLines;
  for (int64_t from = 0; from < inPanel; from += block)
    for (int64_t panel = first / inPanel; panel * inPanel < end; ++panel) {
      int64_t start = std::max(panel * inPanel + from, first);
      int64_t stop = std::min(panel * inPanel + std::min(from + block, inPanel), end);
      if (start < stop)
        packLines(view, start - panel * inPanel, stop - start, panel * width,
                  out + (start - first) * lineBytes());
    }
}

LogicalResult moe::packWeight(WeightOp weight, WeightFiles &files, WeightSink sink,
                              int64_t partBytes) {
  FailureOr<PackedWeight> packed = PackedWeight::open(weight, files);
  if (failed(packed))
    return failure();
  SmallVector<char, 0> bytes;
  for (const WeightPart &part : packed->parts(partBytes)) {
    bytes.resize_for_overwrite(part.bytes);
    bool wasCached = packed->isCached(part);
    packed->pack(part, bytes.data());
    packed->release(part, wasCached);
    if (failed(sink(bytes)))
      return failure();
  }
  return success();
}
