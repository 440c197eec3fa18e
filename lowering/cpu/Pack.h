//===- Pack.h - The bytes of a weight as the artifact has them ---*- C++ -*-===//
//
// Weights stay in the model's files until the artifact is written; here they are read through
// memory maps and packed a bounded part at a time, on any thread, so that a model larger than
// memory is no problem.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_PACK_H
#define MOE_LOWERING_CPU_PACK_H

#include "dialect/Moe.h"
#include "lowering/cpu/WeightFiles.h"

namespace moe {

/// `moe.weight_bytes`: the size of the artifact's weight section, on the module.
inline constexpr llvm::StringLiteral kWeightBytesAttr = "moe.weight_bytes";

/// The size of a weight as laid out, in bytes. Reports what overflows.
mlir::FailureOr<int64_t> weightBytes(WeightOp weight);

/// The numbers of a piece where they are. Distances are counted in bits, since codes of fewer than
/// eight have no address of their own.
struct WeightView {
  const char *data;
  int64_t firstBit;
  unsigned bits;
  /// Shape, and bits from number to number.
  llvm::SmallVector<int64_t> shape, strides;
  /// `data` is one number (or one byte of codes), which stands for all.
  bool splat = false;
  /// The file, or null where a constant holds the numbers.
  WeightFile *file = nullptr;

  int64_t numbers() const;
  /// The bytes from the first number to the last.
  llvm::StringRef extent() const;
};

/// Numbers that follow each other in the artifact: elements of rows, or lines of panels. A line has
/// the elements of one row in all columns of a panel (of two rows in pairs, of a word in words).
struct WeightPart {
  size_t piece;
  int64_t first, count;
  int64_t bytes;
};

/// A weight that is ready to be packed: its pieces are open and within their sources.
class PackedWeight {
public:
  static constexpr int64_t kPartBytes = int64_t(4) << 20;

  /// Reports what cannot be read: a missing file, a view that ends beyond it.
  static mlir::FailureOr<PackedWeight> open(WeightOp weight, WeightFiles &files);

  /// All of the weight in order, in parts of about `partBytes`.
  std::vector<WeightPart> parts(int64_t partBytes = kPartBytes) const;
  /// Whether the part is known to be zero without reading it.
  bool isZero(const WeightPart &part) const;
  /// Packs a part. Any number of threads may do so at a time.
  void pack(const WeightPart &part, char *out) const;
  /// Whether what a part reads is in the system's cache; asked before it is packed.
  bool isCached(const WeightPart &part) const;
  /// Gives back what was read for a part, after those before it are packed. What was not in the
  /// system's cache before need not stay there either.
  void release(const WeightPart &part, bool wasCached) const;

private:
  WeightView source(const WeightPart &part) const;
  int64_t linesOfPanel(const WeightView &view) const;
  int64_t linesOfGroup(const WeightView &view) const;
  int64_t lineBytes() const;
  void packLines(const WeightView &view, int64_t line, int64_t count, int64_t left,
                 char *out) const;

  bool inRows() const { return layout == Layout::Rows; }
  /// Codes leave as words, or with a byte each.
  bool inWords() const { return layout == Layout::WordPanels; }
  bool areCodes() const { return bits < 8; }
  /// Rows of the matrix in a line.
  int64_t together() const;

  llvm::SmallVector<WeightView, 1> pieces;
  Layout layout;
  unsigned bits;
  bool isSigned;
  int64_t width = 0;
};

/// Takes the next bytes of a weight.
using WeightSink = llvm::function_ref<mlir::LogicalResult(llvm::ArrayRef<char>)>;

/// Hands the bytes of a weight to `sink`, in order and in parts.
mlir::LogicalResult packWeight(WeightOp weight, WeightFiles &files, WeightSink sink,
                               int64_t partBytes = PackedWeight::kPartBytes);

} // namespace moe

#endif // MOE_LOWERING_CPU_PACK_H
