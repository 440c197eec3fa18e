//===- WarpOpsTest.cpp - Shuffles, votes, divergence ----------------------===//

#include "Machine.h"

using namespace moe::emulator;

namespace {

/// What 32 threads store after `body`, which leaves it in %r30; %r0 is the lane.
std::vector<uint32_t> lanesOf(const std::string &body) {
  Machine machine;
  uint64_t to = machine.emulator.allocate(128);
  EXPECT_EQ(machine.run(kernelText("mov.u32 %r0, %laneid;\n" + body +
                                   "\nld.param.b64 %d1, [p0];\nmul.wide.u32 %d2, %r0, 4;\n"
                                   "add.s64 %d1, %d1, %d2;\nst.global.b32 [%d1], %r30;\nret;"),
                        32, {to}),
            "")
      << body;
  return machine.download<uint32_t>(to, 32);
}

template <class F> void check(const std::string &body, F f) {
  std::vector<uint32_t> got = lanesOf(body);
  for (uint32_t lane = 0; lane < 32; ++lane)
    EXPECT_EQ(got[lane], static_cast<uint32_t>(f(lane))) << body << ", lane " << lane;
}

TEST(WarpOps, Shuffles) {
  const std::string value = "mul.lo.s32 %r1, %r0, 10;\n";
  check(value + "shfl.sync.bfly.b32 %r30, %r1, 5, 31, -1;", [](int l) { return 10 * (l ^ 5); });
  check(value + "shfl.sync.down.b32 %r30, %r1, 3, 31, -1;",
        [](int l) { return 10 * (l + 3 < 32 ? l + 3 : l); });
  check(value + "shfl.sync.up.b32 %r30, %r1, 3, 0, -1;",
        [](int l) { return 10 * (l >= 3 ? l - 3 : l); });
  check(value + "shfl.sync.idx.b32 %r30, %r1, 7, 31, -1;", [](int) { return 70; });
  check(value + "xor.b32 %r2, %r0, 31;\nshfl.sync.idx.b32 %r30, %r1, %r2, 31, -1;",
        [](int l) { return 10 * (31 - l); });
}

TEST(WarpOps, ShufflesInSegments) {
  // Segments of 8: the mask 0x18 in bits 8 to 12 of the clamp.
  const std::string value = "mul.lo.s32 %r1, %r0, 10;\n";
  check(value + "shfl.sync.down.b32 %r30, %r1, 2, 0x1807, -1;",
        [](int l) { return 10 * (l % 8 < 6 ? l + 2 : l); });
  check(value + "shfl.sync.up.b32 %r30, %r1, 2, 0x1800, -1;",
        [](int l) { return 10 * (l % 8 >= 2 ? l - 2 : l); });
  check(value + "shfl.sync.idx.b32 %r30, %r1, 3, 0x1807, -1;",
        [](int l) { return 10 * (l / 8 * 8 + 3); });
}

TEST(WarpOps, ShufflesTellWhatIsInRange) {
  check("shfl.sync.down.b32 %r1|%p1, %r0, 4, 31, -1;\nselp.b32 %r30, 1, 0, %p1;",
        [](int l) { return l + 4 < 32; });
  check("shfl.sync.up.b32 %r1|%p1, %r0, 4, 0, -1;\nselp.b32 %r30, 1, 0, %p1;",
        [](int l) { return l >= 4; });
}

TEST(WarpOps, Votes) {
  const std::string odd = "and.b32 %r1, %r0, 1;\nsetp.eq.b32 %p1, %r1, 1;\n";
  check(odd + "vote.sync.ballot.b32 %r30, %p1, -1;", [](int) { return 0xAAAAAAAAu; });
  check(odd + "vote.sync.any.pred %p2, %p1, -1;\nselp.b32 %r30, 1, 0, %p2;", [](int) { return 1; });
  check(odd + "vote.sync.all.pred %p2, %p1, -1;\nselp.b32 %r30, 1, 0, %p2;", [](int) { return 0; });
  check(odd + "vote.sync.uni.pred %p2, %p1, -1;\nselp.b32 %r30, 1, 0, %p2;", [](int) { return 0; });
  // The odd lanes among themselves.
  check(odd + "mov.b32 %r30, 9;\n@%p1 vote.sync.ballot.b32 %r30, %p1, 0xAAAAAAAA;",
        [](int l) { return l & 1 ? 0xAAAAAAAAu : 9; });
}

TEST(WarpOps, MatchesAndReductions) {
  const std::string third = "rem.u32 %r1, %r0, 3;\n";
  check(third + "match.any.sync.b32 %r30, %r1, -1;", [](int l) {
    uint32_t same = 0;
    for (int i = l % 3; i < 32; i += 3)
      same |= 1u << i;
    return same;
  });
  check("mov.b32 %r1, 4;\nmatch.all.sync.b32 %r30|%p1, %r1, -1;", [](int) { return ~0u; });
  check(third + "match.all.sync.b32 %r30|%p1, %r1, -1;", [](int) { return 0; });
  check("redux.sync.add.u32 %r30, %r0, -1;", [](int) { return 496; });
  check("sub.s32 %r1, %r0, 5;\nredux.sync.min.s32 %r30, %r1, -1;", [](int) { return -5; });
  check("sub.s32 %r1, %r0, 5;\nredux.sync.max.u32 %r30, %r1, -1;", [](int) { return -1; });
  check("activemask.b32 %r30;", [](int) { return ~0u; });
  check("elect.sync %r1|%p1, 0xFFFFFFFF;\nselp.b32 %r30, 1, 0, %p1;", [](int l) { return l == 0; });
}

TEST(WarpOps, LanesMeetBehindABranch) {
  // The even lanes make a detour; the shuffle that follows needs all.
  check("and.b32 %r1, %r0, 1;\nsetp.eq.b32 %p1, %r1, 1;\nmov.b32 %r2, %r0;\n@%p1 bra $L__JOIN;\n"
        "add.s32 %r2, %r2, 100;\nactivemask.b32 %r3;\n$L__JOIN:\n"
        "shfl.sync.bfly.b32 %r30, %r2, 1, 31, -1;",
        [](int l) { return (l ^ 1) + ((l ^ 1) & 1 ? 0 : 100); });
  check("and.b32 %r1, %r0, 1;\nsetp.eq.b32 %p1, %r1, 1;\nmov.b32 %r30, 0;\n@%p1 bra $L__JOIN;\n"
        "activemask.b32 %r30;\n$L__JOIN:",
        [](int l) { return l & 1 ? 0 : 0x55555555u; });
}

TEST(WarpOps, LanesMeetBehindALoopAndBranchesWithinIt) {
  // Lane l sums i below l, odd ones twice.
  check("mov.b32 %r1, 0;\nmov.b32 %r30, 0;\n$L__LOOP:\nsetp.ge.u32 %p1, %r1, %r0;\n@%p1 bra "
        "$L__END;\n"
        "and.b32 %r2, %r1, 1;\nsetp.eq.b32 %p2, %r2, 0;\n@%p2 bra $L__ONCE;\nadd.s32 %r30, %r30, "
        "%r1;\n"
        "$L__ONCE:\nadd.s32 %r30, %r30, %r1;\nadd.s32 %r1, %r1, 1;\nbra.uni $L__LOOP;\n$L__END:\n"
        "shfl.sync.idx.b32 %r30, %r30, %r0, 31, -1;",
        [](int l) {
          int sum = 0;
          for (int i = 0; i < l; ++i)
            sum += i & 1 ? 2 * i : i;
          return sum;
        });
}

TEST(WarpOps, HalvesOfAWarpSynchroniseApart) {
  // Both halves run the same shuffle, each with its own mask, from different sides of a branch.
  check("setp.gt.u32 %p1, %r0, 15;\nmov.b32 %r2, 0xFFFF;\n@%p1 mov.b32 %r2, 0xFFFF0000;\n"
        "shfl.sync.bfly.b32 %r30, %r0, 1, 31, %r2;",
        [](int l) { return l ^ 1; });
}

TEST(WarpOps, NamedBarriersOfSomeWarps) {
  Machine machine;
  uint64_t to = machine.emulator.allocate(4);
  // Warps 0 and 1 hand a value over by barrier 3 while warp 2 is long gone.
  EXPECT_EQ(machine.run(kernelText(R"(
    mov.u32 %r0, %tid.x;
    setp.gt.u32 %p1, %r0, 63;
    @%p1 ret;
    setp.gt.u32 %p2, %r0, 31;
    @%p2 bra $L__CONSUME;
    setp.eq.b32 %p3, %r0, 0;
    @%p3 st.shared.b32 [cell], 42;
    bar.arrive 3, 64;
    ret;
$L__CONSUME:
    bar.sync 3, 64;
    ld.shared.b32 %r1, [cell];
    ld.param.b64 %d1, [p0];
    setp.eq.b32 %p3, %r0, 32;
    @%p3 st.global.b32 [%d1], %r1;
    ret;)",
                                   1, ".shared .align 4 .b8 cell[4];"),
                        96, {to}),
            "");
  EXPECT_EQ(machine.download<uint32_t>(to, 1)[0], 42u);
}

TEST(WarpOps, BarriersThatCount) {
  const std::string odd = "mov.u32 %r0, %tid.x;\nand.b32 %r1, %r0, 1;\nsetp.eq.b32 %p1, %r1, 1;\n";
  const struct {
    const char *text;
    uint32_t expected;
  } rows[] = {
      {"bar.red.popc.u32 %r30, 0, %p1;", 25},
      {"barrier.cta.red.popc.aligned.u32 %r30, 0, !%p1;", 25},
      {"bar.red.and.pred %p2, 0, %p1;\nselp.b32 %r30, 1, 0, %p2;", 0},
      {"bar.red.or.pred %p2, 0, %p1;\nselp.b32 %r30, 1, 0, %p2;", 1},
      {"setp.lt.u32 %p1, %r0, 99;\nbar.red.and.pred %p2, 1, 64, %p1;\nselp.b32 %r30, 1, 0, %p2;",
       1},
  };
  for (const auto &row : rows) {
    Machine machine;
    uint64_t to = machine.emulator.allocate(200);
    EXPECT_EQ(machine.run(kernelText(odd + row.text +
                                     "\nld.param.b64 %d1, [p0];\nmul.wide.u32 %d2, %r0, 4;\n"
                                     "add.s64 %d1, %d1, %d2;\nst.global.b32 [%d1], %r30;\nret;"),
                          50, {to}),
              "")
        << row.text;
    EXPECT_EQ(machine.download<uint32_t>(to, 50), std::vector<uint32_t>(50, row.expected))
        << row.text;
  }
}

TEST(WarpOps, AWarpMayWaitForAnothersFlag) {
  Machine machine;
  uint64_t to = machine.emulator.allocate(4);
  EXPECT_EQ(machine.run(kernelText(R"(
    mov.u32 %r0, %tid.x;
    ld.param.b64 %d1, [p0];
    setp.eq.b32 %p1, %r0, 63;
    @%p1 st.release.gpu.global.b32 [%d1], 5;
    setp.gt.u32 %p2, %r0, 31;
    @%p2 ret;
$L__SPIN:
    ld.acquire.gpu.global.b32 %r1, [%d1];
    setp.ne.b32 %p3, %r1, 5;
    @%p3 bra $L__SPIN;
    ret;)"),
                        64, {to}),
            "");
}

TEST(WarpOps, AtomicsOfAllBlocks) {
  const std::pair<const char *, uint32_t> rows[] = {
      {"atom.global.add.u32 %r1, [%d1], %r0;", 100 + 10 * 496},
      {"red.global.add.u32 [%d1], 2;", 100 + 640},
      {"red.relaxed.gpu.global.max.s32 [%d1], %r0;", 100},
      {"atom.global.min.u32 %r1, [%d1], %r0;", 0},
      {"atom.global.exch.b32 %r1, [%d1], 7;", 7},
      {"atom.global.cas.b32 %r1, [%d1], 100, 8;", 8},
      {"atom.global.inc.u32 %r1, [%d1], 100;", (0 + 319) % 101},
      {"red.global.xor.b32 [%d1], 3;", 100},
  };
  for (const auto &[text, expected] : rows) {
    Machine machine;
    uint64_t to = machine.upload<uint32_t>({100});
    const Kernel *kernel = machine.load(kernelText(
        std::string("mov.u32 %r0, %tid.x;\nld.param.b64 %d1, [p0];\n") + text + "\nret;"));
    EXPECT_EQ(machine.launch(kernel, {10, 1, 1}, {32, 1, 1}, {to}), "");
    EXPECT_EQ(machine.download<uint32_t>(to, 1)[0], expected) << text;
  }
  Machine machine;
  uint64_t to = machine.upload<float>({0.5f});
  EXPECT_EQ(machine.run(kernelText("ld.param.b64 %d1, [p0];\n"
                                   "atom.global.add.f32 %r1, [%d1], 0f3F800000;\nret;"),
                        32, {to}),
            "");
  EXPECT_EQ(machine.download<float>(to, 1)[0], 32.5f);
}

TEST(WarpOps, ResultsDoNotDependOnThreadsOrOrder) {
  const std::string text = kernelText(R"(
    mov.u32 %r0, %tid.x;
    mov.u32 %r1, %ctaid.x;
    mad.lo.s32 %r2, %r1, 64, %r0;
    mul.lo.s32 %r3, %r2, %r2;
    ld.param.b64 %d1, [p0];
    mul.wide.u32 %d2, %r2, 4;
    add.s64 %d1, %d1, %d2;
    st.global.b32 [%d1], %r3;
    ret;)");
  for (const char *threads : {"1", "3"})
    for (const char *seed : {"0", "1", "2"}) {
      setenv("MOE_EMULATOR_THREADS", threads, 1);
      setenv("MOE_EMULATOR_SHUFFLE", seed, 1);
      Machine machine;
      uint64_t to = machine.emulator.allocate(64 * 50 * 4);
      EXPECT_EQ(machine.launch(machine.load(text), {50, 1, 1}, {64, 1, 1}, {to}), "");
      std::vector<uint32_t> out = machine.download<uint32_t>(to, 64 * 50);
      for (uint32_t i = 0; i < out.size(); ++i)
        EXPECT_EQ(out[i], i * i);
    }
  unsetenv("MOE_EMULATOR_THREADS");
  unsetenv("MOE_EMULATOR_SHUFFLE");
}

} // namespace
