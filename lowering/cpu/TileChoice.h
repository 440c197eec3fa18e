//===- TileChoice.h - Which tiles a grouped product is made of ---*- C++ -*-===//
//
// The decision apart from the emission: a pure function from a small description of the product to
// a plan, so that it can be read, printed and tested without running code.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_TILECHOICE_H
#define MOE_LOWERING_CPU_TILECHOICE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace moe {

/// Columns of a packed panel: whole vectors for every instruction set, f32 and f64.
inline constexpr int64_t kPanelColumns = 48;

enum class CpuIsa { Avx2, Avx512 };

/// "avx2", "avx512" as the pass option spells them, or nothing.
std::optional<CpuIsa> parseCpuIsa(llvm::StringRef name);

/// How the weight lies in memory.
enum class WeightForm {
  Panels,     ///< packed, elements of the accumulator's type
  WidePanels, ///< packed, narrower elements
  PairPanels, ///< packed in pairs along K, 16-bit elements
  WordPanels, ///< packed, codes in words along K
  Rows,       ///< not packed: a value of the run
};

/// What the choice depends on.
struct TileProblem {
  int64_t groups = 1, depth = 0, columns = 0;
  int64_t weights = 1;
  unsigned accumulatorBits = 32;
  WeightForm form = WeightForm::Panels;
  bool rowIndex = false;    ///< rows are gathered
  bool rowsConvert = false; ///< rows are narrower than the accumulator
  /// Elements from row to row, where it is known and the rows are dense.
  std::optional<int64_t> rowPitch;
  CpuIsa isa = CpuIsa::Avx512;
};

/// One register tile that was considered, and why it is out where it is.
struct TileCandidate {
  int64_t rows = 0, columns = 0, vectors = 0;
  std::string excluded;   ///< empty: it may be taken
  double fmasPerLoad = 0; ///< the higher, the better
};

/// What the emission needs to know.
struct TilePlan {
  int64_t lanes = 16;       ///< elements of a vector
  int64_t tileRows = 8;     ///< exact heights 1 .. tileRows are generated
  int64_t tileColumns = 48; ///< divides the panel
  int64_t depthBlock = 512; ///< K is walked in blocks of so many
  int64_t rowBlock = 128;   ///< a ticket takes at most so many rows
  int64_t panelsPerTicket = 1;
  int64_t prefetchRows = 48; ///< rows of the panel's own block fetched ahead
  int64_t nextLines =
      3; ///< lines of the next block asked for a round: one tile may have to fetch it all
  bool stagePanel = false; ///< blocks are widened or copied to a scratch panel first
  bool copyRows = false;   ///< rows are copied to a scratch buffer first
  int64_t copyPitch = 0;   ///< its elements from row to row
  std::string copyReason;  ///< why the rows are copied, or why not
};

/// All tiles that were considered, in ascending order of rows and columns.
llvm::SmallVector<TileCandidate> tileCandidates(const TileProblem &problem);

/// The best of the candidates and everything that follows.
TilePlan chooseTiles(const TileProblem &problem);

/// "8x48 tiles, K blocks of 512, ...": one line for remarks and tests.
llvm::raw_ostream &operator<<(llvm::raw_ostream &stream, const TilePlan &plan);

} // namespace moe

#endif // MOE_LOWERING_CPU_TILECHOICE_H
