//===- ChecksTest.cpp - What a GPU would not tell -------------------------===//
//
// Each check has a kernel that breaks it and one next to it that does not.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

using namespace moe::emulator;

namespace {

/// Shared memory of 4 bytes a thread: %r0 is the thread, %d1 its own place, %d2 the next thread's.
const char *const kHead = R"(
    mov.u32 %r0, %tid.x;
    mul.wide.u32 %d0, %r0, 4;
    mov.b64 %d1, cells;
    add.s64 %d1, %d1, %d0;
    add.s32 %r9, %r0, 1;
    and.b32 %r9, %r9, 63;
    mul.wide.u32 %d0, %r9, 4;
    mov.b64 %d2, cells;
    add.s64 %d2, %d2, %d0;
    ld.param.b64 %d3, [p0];
)";

class Checks : public testing::Test {
protected:
  /// The message of 64 threads, without what names the place.
  std::string run(const std::string &body, uint32_t threads = 64) {
    std::string message =
        machine.run(kernelText(kHead + body + "\nret;", 1, ".shared .align 16 .b8 cells[1024];"),
                    threads, {buffer});
    size_t colon = message.find(": ");
    return colon == message.npos ? message : message.substr(colon + 2);
  }
  Machine machine;
  uint64_t before = machine.emulator.allocate(64);
  uint64_t buffer = machine.emulator.allocate(64);
};

TEST_F(Checks, MessagesNameThePlace) {
  std::string message = machine.run(
      kernelText("\n  ld.shared.b32 %r1, [cells+8];\n  ret;", 1, ".shared .align 4 .b8 cells[64];"),
      32, {buffer});
  EXPECT_EQ(message,
            "kernel k, line 10, block (0,0,0), thread 0: reads shared memory at 0x408 that "
            "no thread has written");
}

TEST_F(Checks, SharedMemoryIsWrittenBeforeItIsRead) {
  EXPECT_EQ(run("ld.shared.b32 %r1, [%d1];"),
            "reads shared memory at 0x400 that no thread has written");
  EXPECT_EQ(run("st.shared.b32 [%d1], %r0;\nld.shared.b32 %r1, [%d1];"), "");
  // Bytes beside the ones that were written.
  EXPECT_EQ(run("st.shared.b16 [%d1], %h0;\nld.shared.b32 %r1, [%d1];"),
            "reads shared memory at 0x400 that no thread has written");
  // What another block wrote is gone.
  const Kernel *kernel = machine.load(kernelText(R"(
    mov.u32 %r1, %ctaid.x;
    setp.ne.b32 %p1, %r1, 0;
    @!%p1 st.shared.b32 [cells], %r1;
    @%p1 ld.shared.b32 %r2, [cells];
    ret;)",
                                                 0, ".shared .align 4 .b8 cells[64];"));
  setenv("MOE_EMULATOR_THREADS", "1", 1);
  EXPECT_NE(machine.launch(kernel, {2, 1, 1}, {1, 1, 1}, {}).find("block (1,0,0)"),
            std::string::npos);
  unsetenv("MOE_EMULATOR_THREADS");
}

TEST_F(Checks, SharedMemoryHasAnEnd) {
  EXPECT_EQ(run("st.shared.b32 [cells+1020], %r0;", 1), "");
  EXPECT_EQ(
      run("st.shared.b32 [cells+1024], %r0;", 1),
      "4 bytes of shared memory at 0x800 are outside of its 1024 bytes, which start at 0x400");
  EXPECT_EQ(
      run("st.shared.b32 [cells+-4], %r0;", 1),
      "4 bytes of shared memory at 0x3fc are outside of its 1024 bytes, which start at 0x400");
  EXPECT_EQ(run("mov.b64 %d4, 0;\nst.shared.b32 [%d4], %r0;", 1).substr(0, 31),
            "4 bytes of shared memory at 0x0");
}

TEST_F(Checks, GlobalMemoryHasAnEnd) {
  EXPECT_EQ(run("st.global.b32 [%d3+60], %r0;", 1), "");
  EXPECT_NE(run("st.global.b32 [%d3+64], %r0;", 1).find("outside of all live allocations"),
            std::string::npos);
  EXPECT_NE(run("ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%d3+64];", 1).find("outside"),
            std::string::npos);
  EXPECT_NE(run("ld.global.b32 %r1, [%d3+-4];", 1).find("outside"), std::string::npos);
  int host = 0;
  std::string text = kernelText("ld.param.b64 %d1, [p0];\nld.global.b32 %r1, [%d1];\nret;");
  EXPECT_NE(machine.run(text, 1, {reinterpret_cast<uint64_t>(&host)}).find("are no device memory"),
            std::string::npos);
  machine.emulator.release(buffer);
  EXPECT_NE(run("ld.global.b32 %r1, [%d3];", 1).find("outside of all live allocations"),
            std::string::npos);
}

TEST_F(Checks, AllLanesOfAnAccessAreChecked) {
  std::string text = kernelText(R"(
    mov.u32 %r0, %tid.x;
    mul.wide.u32 %d0, %r0, 4;
    ld.param.b64 %d3, [p0];
    add.s64 %d3, %d3, %d0;
    st.global.b32 [%d3], %r0;
    ret;)");
  EXPECT_EQ(machine.run(text, 16, {buffer}), "");
  EXPECT_NE(machine.run(text, 32, {buffer}).find("thread 16: 4 bytes"), std::string::npos);
}

TEST_F(Checks, LocalMemoryHasAnEnd) {
  const std::string local = ".local .align 4 .b8 mine[16];\n";
  EXPECT_EQ(run(local + "mov.b64 %d4, mine;\nst.local.b32 [%d4+12], %r0;"), "");
  EXPECT_EQ(run(local + "mov.b64 %d4, mine;\nst.local.b32 [%d4+16], %r0;"),
            "4 bytes at 0x10 are outside of the 16 bytes of local memory");
}

TEST_F(Checks, ParametersAreReadOnly) {
  EXPECT_EQ(run("mov.b64 %d4, p0;\nld.param.b32 %r1, [%d4+4];"), "");
  EXPECT_NE(run("ld.param.b32 %r1, [p0+8];").find("outside of the parameters"), std::string::npos);
  EXPECT_NE(run("mov.b64 %d4, p0;\nst.b32 [%d4], %r1;").find("are a parameter, which is written"),
            std::string::npos);
}

TEST_F(Checks, Alignment) {
  EXPECT_EQ(run("st.shared.v2.b32 [%d1], {%r0, %r0};", 64),
            "8 bytes of shared memory at 0x404 are misaligned");
  EXPECT_NE(run("ld.global.b32 %r1, [%d3+2];").find("are misaligned"), std::string::npos);
  EXPECT_NE(run("ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%d3+8];").find("16 bytes"),
            std::string::npos);
  EXPECT_EQ(run("ld.global.v2.b32 {%r1, %r2}, [%d3+8];"), "");
}

TEST_F(Checks, FreshMemoryIsNan) {
  EXPECT_EQ(machine.download<uint32_t>(buffer, 16), std::vector<uint32_t>(16, 0xFFFFFFFFu));
}

TEST_F(Checks, TwoWritersNeedABarrier) {
  EXPECT_EQ(run("st.shared.b32 [cells], %r0;"),
            "writes shared memory at 0x400 that thread 0 wrote without a barrier between them");
  EXPECT_EQ(run("setp.eq.b32 %p1, %r0, 3;\nsetp.eq.b32 %p2, %r0, 40;\n"
                "@%p1 st.shared.b32 [cells], %r0;\nbar.sync 0;\n@%p2 st.shared.b32 [cells], %r0;"),
            "");
  EXPECT_EQ(run("setp.eq.b32 %p1, %r0, 3;\nsetp.eq.b32 %p2, %r0, 40;\n"
                "@%p1 st.shared.b32 [cells], %r0;\n@%p2 st.shared.b32 [cells], %r0;"),
            "writes shared memory at 0x400 that thread 3 wrote without a barrier between them");
}

TEST_F(Checks, NeighboursInOneWordAreNoRace) {
  // 16 bits a thread.
  EXPECT_EQ(run("sub.s64 %d4, %d1, %d0;\nmul.wide.u32 %d5, %r0, 2;\nmov.b64 %d4, cells;\n"
                "add.s64 %d4, %d4, %d5;\nst.shared.b16 [%d4], %h0;\nld.shared.b16 %h1, [%d4];"),
            "");
}

TEST_F(Checks, AReaderNeedsABarrierBehindTheWriter) {
  EXPECT_EQ(run("st.shared.b32 [%d1], %r0;\nld.shared.b32 %r1, [%d2];"),
            "reads shared memory at 0x404 that thread 1 wrote without a barrier between them");
  EXPECT_EQ(run("st.shared.b32 [%d1], %r0;\nbar.sync 0;\nld.shared.b32 %r1, [%d2];"), "");
}

TEST_F(Checks, ReadersOfOnePlaceAreOthersThanItsWriter) {
  const std::string write = "setp.eq.b32 %p1, %r0, 0;\n@%p1 st.shared.b32 [cells], %r0;\n";
  EXPECT_EQ(run(write + "ld.shared.b32 %r1, [cells];", 32),
            "reads shared memory at 0x400 that thread 0 wrote without a barrier between them");
  EXPECT_EQ(run(write + "@%p1 ld.shared.b32 %r1, [cells];", 32), "");
  EXPECT_EQ(run(write + "bar.warp.sync -1;\nld.shared.b32 %r1, [cells];", 32), "");
}

TEST_F(Checks, AWriterNeedsABarrierBehindTheReader) {
  const std::string read = "st.shared.b32 [%d1], %r0;\nbar.sync 0;\nld.shared.b32 %r1, [%d2];\n";
  EXPECT_EQ(run(read + "st.shared.b32 [%d1], %r0;"),
            "writes shared memory at 0x484 that thread 32 read without a barrier between them");
  EXPECT_EQ(run(read + "bar.sync 0;\nst.shared.b32 [%d1], %r0;"), "");
  EXPECT_EQ(run(read + "st.shared.b32 [%d2], %r0;"), "");
  // Read by all.
  const std::string all = "st.shared.b32 [%d1], %r0;\nbar.sync 0;\nld.shared.b32 %r1, [cells];\n"
                          "setp.eq.b32 %p1, %r0, 0;\n";
  EXPECT_EQ(run(all + "@%p1 st.shared.b32 [cells], %r0;"),
            "writes shared memory at 0x400 that other threads read without a barrier between them");
  EXPECT_EQ(run(all + "bar.sync 0;\n@%p1 st.shared.b32 [cells], %r0;"), "");
}

TEST_F(Checks, ABarrierOfTheWarpCountsWithinIt) {
  const std::string next =
      "add.s32 %r8, %r0, 1;\nand.b32 %r8, %r8, 31;\nmul.wide.u32 %d4, %r8, 4;\n"
      "mov.b64 %d5, cells;\nadd.s64 %d4, %d4, %d5;\nst.shared.b32 [%d1], %r0;\n";
  EXPECT_EQ(run(next + "bar.warp.sync -1;\nld.shared.b32 %r1, [%d4];", 32), "");
  EXPECT_EQ(run(next + "ld.shared.b32 %r1, [%d4];", 32),
            "reads shared memory at 0x404 that thread 1 wrote without a barrier between them");
  EXPECT_EQ(
      run("st.shared.b32 [%d1], %r0;\nbar.warp.sync -1;\nld.shared.b32 %r1, [%d2];"),
      "reads shared memory at 0x480 that no thread has written"); // warps run one after another
}

TEST_F(Checks, AtomicsAreNoRaceAmongThemselves) {
  const std::string zero =
      "setp.eq.b32 %p1, %r0, 0;\n@%p1 st.shared.b32 [cells], 0;\nbar.sync 0;\n";
  EXPECT_EQ(run(zero + "atom.shared.add.u32 %r1, [cells], 1;\nbar.sync 0;\n"
                       "ld.shared.b32 %r2, [cells];"),
            "");
  EXPECT_EQ(run(zero + "red.shared.add.u32 [cells], 1;\nld.shared.b32 %r2, [cells];"),
            "reads shared memory at 0x400 that an atomic operation wrote without a barrier between "
            "them");
  EXPECT_EQ(run("atom.shared.add.u32 %r1, [cells], 1;"),
            "reads shared memory at 0x400 that no thread has written");
}

TEST_F(Checks, AllThreadsReachABarrier) {
  EXPECT_EQ(run("setp.gt.u32 %p1, %r0, 31;\n@%p1 ret;\nbar.sync 0;"),
            "waits at a barrier that not all its threads reach: 1 of 2 warps have exited");
  EXPECT_EQ(run("setp.gt.u32 %p1, %r0, 47;\n@%p1 ret;\nbar.sync 0;"),
            "a warp operation waits for lanes 0xffff0000, which have exited");
  EXPECT_EQ(run("setp.gt.u32 %p1, %r0, 31;\n@%p1 ret;\nbar.sync 1, 32;"), "");
  EXPECT_EQ(run("bar.sync 0;\nbar.sync 0;"), "");
  EXPECT_EQ(run("bar.sync 0;", 50), "");
  EXPECT_EQ(run("mov.b32 %r1, 16;\nbar.sync %r1;"), "there is no barrier 16");
  EXPECT_EQ(run("bar.sync 1, 48;"), "a barrier of 48 threads in a block of 64");
}

TEST_F(Checks, TwoSidesOfABranchMeetAtOneBarrierOnly) {
  const std::string branch = "and.b32 %r1, %r0, 1;\nsetp.eq.b32 %p1, %r1, 0;\n@%p1 bra $L__EVEN;\n";
  EXPECT_EQ(run(branch + "bar.sync 0;\nbra $L__END;\n$L__EVEN: bar.sync 0;\n$L__END:"),
            "lanes 0x55555555 wait at a warp operation that lanes 0xaaaaaaaa do not reach");
  EXPECT_EQ(run(branch + "add.s32 %r1, %r1, 1;\n$L__EVEN: bar.sync 0;"), "");
}

TEST_F(Checks, AllLanesOfAMaskReachAWarpOperation) {
  const std::string shuffle = "shfl.sync.idx.b32 %r2, %r0, 0, 31, ";
  EXPECT_EQ(run(shuffle + "-1;"), "");
  EXPECT_EQ(run("setp.eq.b32 %p1, %r0, 5;\n@%p1 ret;\n" + shuffle + "-1;"),
            "a warp operation waits for lanes 0x20, which have exited");
  EXPECT_EQ(
      run("setp.eq.b32 %p1, %r0, 5;\n@!%p1 bra $L__ON;\nbar.sync 0;\n$L__ON:" + shuffle + "-1;"),
      "lanes 0xffffffdf wait at a warp operation that lanes 0x20 do not reach");
  EXPECT_EQ(run(shuffle + "0xFFFF;"), "the thread is not in its own mask 0xffff");
  EXPECT_EQ(run("and.b32 %r1, %r0, 31;\nsetp.gt.u32 %p1, %r1, 15;\n"
                "@!%p1 shfl.sync.idx.b32 %r2, %r0, 0, 31, 0xFFFF;"),
            "");
  EXPECT_EQ(run("and.b32 %r1, %r0, 31;\nsetp.gt.u32 %p1, %r1, 15;\n"
                "@!%p1 shfl.sync.idx.b32 %r2, %r0, 16, 31, 0xFFFF;"),
            "shfl reads lane 16, which is not in its mask 0xffff");
}

TEST_F(Checks, Trap) { EXPECT_EQ(run("setp.eq.b32 %p1, %r0, 7;\n@%p1 trap;"), "trap"); }

TEST_F(Checks, BlocksThatWriteOnePlaceDifferently) {
  auto launch = [&](const char *value) {
    return machine.launch(machine.load(kernelText(std::string("mov.u32 %r1, %ctaid.x;\n") +
                                                  "ld.param.b64 %d1, [p0];\nst.global.b32 [%d1], " +
                                                  value + ";\nret;")),
                          {3, 1, 1}, {1, 1, 1}, {buffer});
  };
  EXPECT_EQ(launch("%r1"), "");
  setenv("MOE_EMULATOR_GLOBAL_RACES", "1", 1);
  EXPECT_NE(launch("%r1").find("writes another value than block"), std::string::npos);
  EXPECT_EQ(launch("7"), "");
  unsetenv("MOE_EMULATOR_GLOBAL_RACES");
}

TEST_F(Checks, TheFirstFaultOfALaunchCounts) {
  const Kernel *kernel = machine.load(
      kernelText("mov.u32 %r1, %ctaid.x;\nsetp.gt.u32 %p1, %r1, 20;\n@%p1 trap;\nret;", 0));
  for (const char *threads : {"1", "2", "4"}) {
    setenv("MOE_EMULATOR_THREADS", threads, 1);
    EXPECT_EQ(machine.launch(kernel, {100, 1, 1}, {32, 1, 1}, {}),
              "kernel k, line 11, block (21,0,0), thread 0: trap");
  }
  unsetenv("MOE_EMULATOR_THREADS");
}

} // namespace
