//===- TileChoice.cpp - Which tiles a grouped product is made of ----------===//
//
// Measured facts behind the numbers (per core): a tile of 3 vectors a row with all accumulators in
// registers reaches 95 % of the FMA peak; blocks of K keep a panel's block and the rows' block in
// L2; rows whose pitch is a multiple of 4 KiB share one set of L1 and cost a tenth.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/TileChoice.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <set>

using namespace moe;

/// Row addresses that stay in general registers beside the loop's own.
static constexpr int64_t kMaxRowPointers = 12;
/// FMA latency times FMAs a cycle: fewer accumulators leave the units waiting.
static constexpr int64_t kFmasInFlight = 8;
static constexpr int64_t kCacheLine = 64;
/// Bytes after which addresses meet the same set of L1.
static constexpr int64_t kL1SetPeriod = 4096;
/// A scratch panel must not fill a small thread stack, nor push the rows out of L2.
static constexpr int64_t kMaxStagedPanelBytes = 48 * 1024;
/// Below this a ticket costs more than is won by sharing: the first block of each comes
/// unannounced.
static constexpr int64_t kMinTicketBytes = 512 * 1024;
/// Enough tickets for the threads of a large machine.
static constexpr int64_t kFewTickets = 16;

std::optional<CpuIsa> moe::parseCpuIsa(llvm::StringRef name) {
  return llvm::StringSwitch<std::optional<CpuIsa>>(name)
      .Case("avx2", CpuIsa::Avx2)
      .Case("avx512", CpuIsa::Avx512)
      .Default(std::nullopt);
}

static int64_t vectorBits(CpuIsa isa) {
  switch (isa) {
  case CpuIsa::Avx2:
    return 256;
  case CpuIsa::Avx512:
    return 512;
  }
  llvm_unreachable("all instruction sets are named above");
}

static int64_t vectorRegisters(CpuIsa isa) {
  switch (isa) {
  case CpuIsa::Avx2:
    return 16;
  case CpuIsa::Avx512:
    return 32;
  }
  llvm_unreachable("all instruction sets are named above");
}

/// Why a tile cannot be taken, or nothing. One broadcast row element and the columns' vectors live
/// beside the accumulators.
static std::string whyExcluded(int64_t rows, int64_t vectors, CpuIsa isa) {
  int64_t needed = rows * vectors + vectors + 1;
  if (needed > vectorRegisters(isa))
    return "needs " + std::to_string(needed) + " of " + std::to_string(vectorRegisters(isa)) +
           " vector registers";
  if (rows > kMaxRowPointers)
    return "needs " + std::to_string(rows) + " row addresses, " + std::to_string(kMaxRowPointers) +
           " stay in registers";
  if (!llvm::isPowerOf2_64(rows))
    return "rows of padded groups come in powers of two";
  if (rows * vectors < kFmasInFlight)
    return "has " + std::to_string(rows * vectors) + " sums, the units wait below " +
           std::to_string(kFmasInFlight);
  return "";
}

llvm::SmallVector<TileCandidate> moe::tileCandidates(const TileProblem &problem) {
  llvm::SmallVector<TileCandidate> candidates;
  int64_t lanes = vectorBits(problem.isa) / problem.accumulatorBits;
  for (int64_t rows : {1, 2, 4, 6, 8, 9, 14, 16})
    for (int64_t vectors = 1; vectors * lanes <= kPanelColumns; ++vectors) {
      if (kPanelColumns % (vectors * lanes))
        continue;
      TileCandidate candidate{rows, vectors * lanes, vectors,
                              whyExcluded(rows, vectors, problem.isa), 0};
      candidate.fmasPerLoad = double(rows * vectors) / double(rows + vectors);
      candidates.push_back(candidate);
    }
  return candidates;
}

/// Whether the rows of a tile fall into so few sets of L1 that they push each other out.
static bool sharesSets(int64_t pitch, int64_t elementBytes, int64_t rows) {
  std::set<int64_t> sets;
  for (int64_t row = 0; row < rows; ++row)
    sets.insert(row * (pitch * elementBytes % kL1SetPeriod) % kL1SetPeriod / kCacheLine);
  return int64_t(sets.size()) * 2 < rows;
}

/// Decides whether rows are read where they lie.
static void chooseRowCopy(const TileProblem &problem, TilePlan &plan) {
  int64_t bytes = problem.accumulatorBits / 8, line = kCacheLine / bytes;
  plan.copyPitch = llvm::alignTo(std::max<int64_t>(problem.depth, 1), line);
  if (sharesSets(plan.copyPitch, bytes, plan.tileRows))
    plan.copyPitch += line;
  plan.copyRows = true;
  if (problem.rowIndex)
    plan.copyReason = "rows are gathered";
  else if (problem.rowsConvert)
    plan.copyReason = "rows are widened";
  else if (!problem.rowPitch)
    plan.copyReason = "the rows' pitch is not known";
  else if (sharesSets(*problem.rowPitch, bytes, plan.tileRows))
    plan.copyReason = "a pitch of " + std::to_string(*problem.rowPitch * bytes) +
                      " bytes puts the rows into one set of L1";
  else {
    plan.copyRows = false;
    plan.copyReason = "rows are dense";
  }
}

TilePlan moe::chooseTiles(const TileProblem &problem) {
  TilePlan plan;
  const int64_t bytes = problem.accumulatorBits / 8;
  plan.lanes = vectorBits(problem.isa) / problem.accumulatorBits;
  double best = 0;
  for (const TileCandidate &candidate : tileCandidates(problem))
    if (candidate.excluded.empty() && candidate.fmasPerLoad > best) {
      best = candidate.fmasPerLoad;
      plan.tileRows = candidate.rows;
      plan.tileColumns = candidate.columns;
    }
  plan.stagePanel = problem.form != WeightForm::Panels;
  // 512 f32 rows of a panel are 96 KiB: with the rows' block they stay in L2.
  plan.depthBlock = 512 * 4 / bytes;
  while (plan.stagePanel && plan.depthBlock * kPanelColumns * bytes > kMaxStagedPanelBytes)
    plan.depthBlock /= 2;
  // Blocks of the two sums of a gated expert stay in L2 beside the rows.
  plan.rowBlock = 128;
  int64_t panels = std::max<int64_t>(1, llvm::divideCeil(problem.columns, kPanelColumns));
  int64_t panelBytes =
      std::max<int64_t>(1, problem.depth) * kPanelColumns * bytes * problem.weights;
  plan.panelsPerTicket = std::clamp<int64_t>(kMinTicketBytes / panelBytes, 1, panels);
  // A dense product with few columns is shared by its rows.
  if (problem.groups == 1 && llvm::divideCeil(panels, plan.panelsPerTicket) < kFewTickets)
    plan.rowBlock = 4 * plan.tileRows;
  chooseRowCopy(problem, plan);
  return plan;
}

llvm::raw_ostream &moe::operator<<(llvm::raw_ostream &stream, const TilePlan &plan) {
  stream << plan.tileRows << "x" << plan.tileColumns << " tiles of " << plan.lanes
         << " lanes, K blocks of " << plan.depthBlock << ", row blocks of " << plan.rowBlock << ", "
         << plan.panelsPerTicket << (plan.panelsPerTicket == 1 ? " panel" : " panels")
         << " a ticket, prefetch " << plan.prefetchRows << " ahead"
         << (plan.stagePanel ? ", panels staged" : "");
  if (plan.copyRows)
    return stream << ", rows copied to pitch " << plan.copyPitch << ": " << plan.copyReason;
  return stream << ", rows in place: " << plan.copyReason;
}
