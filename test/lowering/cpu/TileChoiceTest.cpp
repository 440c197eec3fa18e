//===- TileChoiceTest.cpp - Decisions of the tile choice, as a table ------===//

#include "lowering/cpu/TileChoice.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace moe;

namespace {

std::string say(const TileProblem &problem) {
  std::string text;
  llvm::raw_string_ostream(text) << chooseTiles(problem);
  return text;
}

TileProblem qwen(CpuIsa isa, unsigned bits = 32, WeightForm form = WeightForm::Panels) {
  TileProblem problem;
  problem.groups = 128;
  problem.depth = 2048;
  problem.columns = 768;
  problem.weights = 2;
  problem.accumulatorBits = bits;
  problem.form = form;
  problem.rowIndex = true;
  problem.isa = isa;
  return problem;
}

TEST(TileChoice, GatedProduct) {
  EXPECT_EQ(
      say(qwen(CpuIsa::Avx512)),
      "8x48 tiles of 16 lanes, K blocks of 512, row blocks of 128, 1 panel a ticket, prefetch "
      "48 ahead, rows copied to pitch 2064: rows are gathered");
  EXPECT_EQ(say(qwen(CpuIsa::Avx2)),
            "4x24 tiles of 8 lanes, K blocks of 512, row blocks of 128, 1 panel a ticket, prefetch "
            "48 ahead, rows copied to pitch 2064: rows are gathered");
}

TEST(TileChoice, DoublesHaveHalfTheLanes) {
  EXPECT_EQ(chooseTiles(qwen(CpuIsa::Avx512, 64)).lanes, 8);
  EXPECT_EQ(chooseTiles(qwen(CpuIsa::Avx2, 64)).lanes, 4);
  EXPECT_EQ(chooseTiles(qwen(CpuIsa::Avx512, 64)).depthBlock, 256);
}

TEST(TileChoice, NarrowWeightsAreStagedInLessThanASmallStack) {
  TilePlan plan = chooseTiles(qwen(CpuIsa::Avx512, 32, WeightForm::PairPanels));
  EXPECT_TRUE(plan.stagePanel);
  EXPECT_EQ(plan.depthBlock % 2, 0) << "pairs are not torn apart";
  EXPECT_LE((plan.depthBlock + 2 * plan.rowBlock) * kPanelColumns * 4, 128 * 1024);
}

TEST(TileChoice, RowsStayWhereTheirPitchIsGood) {
  TileProblem problem = qwen(CpuIsa::Avx512);
  problem.rowIndex = false;
  problem.rowPitch = problem.depth = 768;
  EXPECT_FALSE(chooseTiles(problem).copyRows);
  problem.rowPitch = problem.depth = 1024;
  EXPECT_EQ(chooseTiles(problem).copyReason,
            "a pitch of 4096 bytes puts the rows into one set of L1");
  problem.rowPitch.reset();
  EXPECT_EQ(chooseTiles(problem).copyReason, "the rows' pitch is not known");
  problem.rowPitch = problem.depth = 768;
  problem.rowsConvert = true;
  EXPECT_EQ(chooseTiles(problem).copyReason, "rows are widened");
}

/// Whatever the depth, a copy does not put the rows of a tile into one set.
TEST(TileChoice, PitchOfACopyIsGood) {
  for (int64_t depth = 1; depth < 5000; ++depth) {
    TileProblem problem = qwen(CpuIsa::Avx512);
    problem.depth = depth;
    int64_t pitch = chooseTiles(problem).copyPitch;
    EXPECT_GE(pitch, depth);
    EXPECT_EQ(pitch % 16, 0);
    EXPECT_NE(pitch * 4 % 4096, 0) << depth;
  }
}

TEST(TileChoice, SmallProductsShareTickets) {
  TileProblem problem = qwen(CpuIsa::Avx512);
  problem.depth = 64;
  EXPECT_EQ(chooseTiles(problem).panelsPerTicket, 16) << "all panels of a small expert";
  problem.groups = 1;
  EXPECT_EQ(chooseTiles(problem).rowBlock, 32) << "the rows are shared instead";
}

TEST(TileChoice, ExclusionsHaveReasons) {
  auto reason = [](CpuIsa isa, int64_t rows, int64_t columns) {
    for (const TileCandidate &candidate : tileCandidates(qwen(isa)))
      if (candidate.rows == rows && candidate.columns == columns)
        return candidate.excluded;
    return std::string("not considered");
  };
  EXPECT_EQ(reason(CpuIsa::Avx512, 8, 48), "");
  EXPECT_EQ(reason(CpuIsa::Avx512, 9, 48), "rows of padded groups come in powers of two");
  EXPECT_EQ(reason(CpuIsa::Avx512, 14, 48), "needs 46 of 32 vector registers");
  EXPECT_EQ(reason(CpuIsa::Avx512, 14, 16), "needs 14 row addresses, 12 stay in registers");
  EXPECT_EQ(reason(CpuIsa::Avx512, 1, 48), "has 3 sums, the units wait below 8");
  EXPECT_EQ(reason(CpuIsa::Avx2, 8, 48), "needs 55 of 16 vector registers");
  EXPECT_EQ(reason(CpuIsa::Avx2, 4, 24), "");
}

TEST(TileChoice, NamesOfInstructionSets) {
  EXPECT_EQ(parseCpuIsa("avx2"), CpuIsa::Avx2);
  EXPECT_EQ(parseCpuIsa("avx512"), CpuIsa::Avx512);
  EXPECT_EQ(parseCpuIsa("sse2"), std::nullopt);
}

} // namespace
