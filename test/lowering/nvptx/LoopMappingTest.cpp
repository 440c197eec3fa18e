//===- LoopMappingTest.cpp - Decisions of the mapping, as a table ---------===//

#include "lowering/nvptx/loops/LoopMapping.h"
#include <gtest/gtest.h>

using namespace moe;

namespace {

LoopFacts sum(std::optional<int64_t> length) {
  LoopFacts facts;
  facts.reduces = facts.reducesSimply = facts.alongMemory = true;
  facts.length = length;
  return facts;
}

LoopFacts product(std::optional<int64_t> rows, std::optional<int64_t> columns) {
  LoopFacts facts = sum(std::nullopt);
  facts.product = true;
  facts.rows = rows;
  facts.columns = columns;
  return facts;
}

LoopFacts loop(LoopKind kind, int64_t elements = 0, std::optional<int64_t> bytes = 0) {
  LoopFacts facts;
  facts.kind = kind;
  facts.structured = elements != 0;
  facts.elements = elements;
  facts.bufferBytes = bytes;
  return facts;
}

TEST(LoopMapping, WithoutReductionAThreadEach) {
  EXPECT_EQ(chooseLoopMapping({}), LoopMapping::ElementEach);
}

TEST(LoopMapping, ArithmeticOfShapesIsTheHosts) {
  LoopFacts facts;
  facts.shapeArithmetic = true;
  EXPECT_EQ(chooseLoopMapping(facts), LoopMapping::Host);
}

TEST(LoopMapping, LongSumsAlongMemoryAreABlocks) {
  EXPECT_EQ(chooseLoopMapping(sum(64)), LoopMapping::BlockEach);
  EXPECT_EQ(chooseLoopMapping(sum(std::nullopt)), LoopMapping::BlockEach);
  EXPECT_EQ(chooseLoopMapping(sum(63)), LoopMapping::ElementEach);
  LoopFacts across = sum(1000), ordered = sum(1000);
  across.alongMemory = false;
  ordered.reducesSimply = false;
  EXPECT_EQ(chooseLoopMapping(across), LoopMapping::ElementEach);
  EXPECT_EQ(chooseLoopMapping(ordered), LoopMapping::ElementEach);
}

TEST(LoopMapping, ProductsHaveTilesUnlessTheyAreThin) {
  EXPECT_EQ(chooseLoopMapping(product(std::nullopt, std::nullopt)), LoopMapping::ProductTiles);
  EXPECT_EQ(chooseLoopMapping(product(8, 8)), LoopMapping::ProductTiles);
  EXPECT_EQ(chooseLoopMapping(product(7, 64)), LoopMapping::BlockEach);
  EXPECT_EQ(chooseLoopMapping(product(64, 1)), LoopMapping::BlockEach);
}

TEST(LoopMapping, TurnsByWhatTheyHold) {
  EXPECT_EQ(chooseLoopMapping(loop(LoopKind::Parallel)), LoopMapping::ThreadPerTurn);
  EXPECT_EQ(chooseLoopMapping(loop(LoopKind::Parallel, 64, 2048)), LoopMapping::ThreadPerTurn);
  EXPECT_EQ(chooseLoopMapping(loop(LoopKind::Parallel, 65)), LoopMapping::BlockPerTurn);
  EXPECT_EQ(chooseLoopMapping(loop(LoopKind::Parallel, 1, 2049)), LoopMapping::BlockPerTurn);
  EXPECT_EQ(chooseLoopMapping(loop(LoopKind::Parallel, 1, {})), LoopMapping::BlockPerTurn);
}

TEST(LoopMapping, SequencesByWhatTheyCompute) {
  EXPECT_EQ(chooseLoopMapping(loop(LoopKind::Sequence)), LoopMapping::OneThread);
  EXPECT_EQ(chooseLoopMapping(loop(LoopKind::Sequence, 1000)), LoopMapping::OneBlock);
  LoopFacts much = loop(LoopKind::Sequence, 1 << 18);
  EXPECT_EQ(chooseLoopMapping(much), LoopMapping::HostLoop);
  // The host would have to fetch what control depends on.
  much.loads = true;
  EXPECT_EQ(chooseLoopMapping(much), LoopMapping::OneBlock);
}

TEST(LoopMapping, WhatNoKernelCanIsTheHosts) {
  for (LoopKind kind : {LoopKind::Parallel, LoopKind::Sequence}) {
    LoopFacts checks = loop(kind), grows = loop(kind);
    checks.onlyHost = true;
    grows.bounded = false;
    EXPECT_EQ(chooseLoopMapping(checks), LoopMapping::HostLoop);
    EXPECT_EQ(chooseLoopMapping(grows), LoopMapping::HostLoop);
  }
}

} // namespace
