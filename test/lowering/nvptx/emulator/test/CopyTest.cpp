//===- CopyTest.cpp - cp.async: groups, waits, and what is forgotten ------===//

#include "Machine.h"
#include <numeric>

using namespace moe::emulator;

namespace {

/// 32 threads copy 16 bytes each to their own places, `wait` comes, and then each reads its own.
const char *const kHead = R"(
    mov.u32 %r0, %tid.x;
    mul.wide.u32 %d0, %r0, 16;
    mov.b64 %d1, tile;
    add.s64 %d1, %d1, %d0;
    ld.param.b64 %d2, [p0];
    add.s64 %d2, %d2, %d0;
    ld.param.b64 %d3, [p1];
    add.s64 %d3, %d3, %d0;
)";
const char *const kTail = R"(
    ld.shared.v4.b32 {%r1, %r2, %r3, %r4}, [%d1];
    st.global.v4.b32 [%d3], {%r1, %r2, %r3, %r4};
    ret;)";

class Copy : public testing::Test {
protected:
  Copy() : in(128) { std::iota(in.begin(), in.end(), 1000); }

  std::string run(const std::string &body, uint32_t threads = 32) {
    uint64_t from = machine.upload(in);
    to = machine.emulator.allocate(512);
    std::string message =
        machine.run(kernelText(kHead + body + kTail, 2, ".shared .align 16 .b8 tile[2048];"),
                    threads, {from, to});
    size_t colon = message.find(": ");
    return colon == message.npos ? message : message.substr(colon + 2);
  }
  std::vector<uint32_t> out() { return machine.download<uint32_t>(to, 128); }

  Machine machine;
  std::vector<uint32_t> in;
  uint64_t to = 0;
};

TEST_F(Copy, ArrivesAtTheWait) {
  for (const char *wait :
       {"cp.async.commit_group;\ncp.async.wait_group 0;", "cp.async.wait_all;"}) {
    EXPECT_EQ(run("cp.async.cg.shared.global [%d1], [%d2], 16;\n" + std::string(wait)), "");
    EXPECT_EQ(out(), in);
  }
}

TEST_F(Copy, AMissingWaitIsFound) {
  const char *const message = "reads shared memory at 0x400 whose cp.async nobody has waited for";
  EXPECT_EQ(run("cp.async.cg.shared.global [%d1], [%d2], 16;"), message);
  EXPECT_EQ(run("cp.async.cg.shared.global [%d1], [%d2], 16;\ncp.async.commit_group;"), message);
  EXPECT_EQ(run("cp.async.cg.shared.global [%d1], [%d2], 16;\ncp.async.commit_group;\nbar.sync 0;"),
            message);
  // A group that is not committed is not waited for.
  EXPECT_EQ(run("cp.async.cg.shared.global [%d1], [%d2], 16;\ncp.async.wait_group 0;"), message);
  EXPECT_EQ(run("cp.async.cg.shared.global [%d1], [%d2], 16;\ncp.async.commit_group;\n"
                "cp.async.wait_group 1;"),
            message);
}

TEST_F(Copy, OlderGroupsArriveFirst) {
  const std::string two =
      "cp.async.cg.shared.global [%d1], [%d2], 16;\ncp.async.commit_group;\n"
      "cp.async.cg.shared.global [%d1+512], [%d2], 16;\ncp.async.commit_group;\n";
  EXPECT_EQ(run(two + "cp.async.wait_group 1;"), "");
  EXPECT_EQ(out(), in);
  EXPECT_EQ(run(two + "cp.async.wait_group 1;\nld.shared.b32 %r1, [%d1+512];"),
            "reads shared memory at 0x600 whose cp.async nobody has waited for");
  EXPECT_EQ(run(two + "cp.async.wait_group 0;\nld.shared.b32 %r1, [%d1+512];"), "");
  // An empty group counts.
  EXPECT_EQ(run("cp.async.cg.shared.global [%d1], [%d2], 16;\ncp.async.commit_group;\n"
                "cp.async.commit_group;\ncp.async.wait_group 1;"),
            "");
}

TEST_F(Copy, OthersNeedABarrierBehindTheWait) {
  const std::string read = "mov.b64 %d4, tile;\nld.shared.b32 %r5, [%d4+256];\n";
  const std::string copy = "cp.async.cg.shared.global [%d1], [%d2], 16;\ncp.async.wait_all;\n";
  EXPECT_EQ(run(copy + read),
            "reads shared memory at 0x500 that thread 16 wrote without a barrier between them");
  EXPECT_EQ(run(copy + "bar.sync 0;\n" + read), "");
}

TEST_F(Copy, NobodyWritesWhereACopyGoes) {
  EXPECT_EQ(run("cp.async.cg.shared.global [%d1], [%d2], 16;\nst.shared.b32 [%d1], %r0;"),
            "writes shared memory at 0x400 that a cp.async nobody has waited for writes too");
  EXPECT_EQ(run("st.shared.b32 [%d1], %r0;\nbar.sync 0;\nmov.b64 %d4, tile;\n"
                "ld.shared.b32 %r1, [%d4];\ncp.async.cg.shared.global [%d1], [%d2], 16;\n"
                "cp.async.wait_all;"),
            "writes shared memory at 0x400 that other threads read without a barrier between them");
}

TEST_F(Copy, ShortSourcesAreFilledWithZeros) {
  EXPECT_EQ(run("setp.gt.u32 %p1, %r0, 15;\nselp.b32 %r5, 0, 16, %p1;\n"
                "setp.eq.b32 %p1, %r0, 3;\nselp.b32 %r5, 8, %r5, %p1;\n"
                "cp.async.ca.shared.global [%d1], [%d2], 16, %r5;\ncp.async.wait_all;"),
            "");
  std::vector<uint32_t> expected = in;
  std::fill(expected.begin() + 64, expected.end(), 0);
  expected[14] = expected[15] = 0;
  EXPECT_EQ(out(), expected);
}

TEST_F(Copy, FourAndEightBytes) {
  EXPECT_EQ(run("cp.async.ca.shared.global [%d1], [%d2], 4;\n"
                "cp.async.ca.shared.global [%d1+4], [%d2+4], 4;\n"
                "cp.async.ca.shared.global [%d1+8], [%d2+8], 8;\ncp.async.wait_all;"),
            "");
  EXPECT_EQ(out(), in);
}

TEST_F(Copy, SourcesHaveAnEndToo) {
  EXPECT_NE(run("cp.async.ca.shared.global [%d1], [%d2+16], 16;\ncp.async.wait_all;")
                .find("outside of all live allocations"),
            std::string::npos);
  // Nothing is read where the size is 0.
  EXPECT_EQ(run("cp.async.ca.shared.global [%d1], [%d2+512], 16, 0;\ncp.async.wait_all;"), "");
  EXPECT_NE(run("cp.async.ca.shared.global [%d1], [%d2+4], 16;").find("is misaligned"),
            std::string::npos);
  EXPECT_NE(run("cp.async.ca.shared.global [%d1], [%d2], 8, 16;").find("of 8 bytes reads 16"),
            std::string::npos);
}

} // namespace
