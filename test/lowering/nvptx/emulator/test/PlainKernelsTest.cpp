//===- PlainKernelsTest.cpp - Kernels as a compiler prints them -----------===//

#include "Machine.h"
#include <cmath>
#include <numeric>

using namespace moe::emulator;

namespace {

std::vector<float> ramp(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = float(i) * 0.25f - 3.0f;
  return values;
}

TEST(PlainKernels, ElementwiseWithARest) {
  Machine machine;
  // p1[i] = p0[i] * 2 + 1 for i below p2.
  const Kernel *kernel = machine.load(kernelText(R"(
    mov.u32 %r1, %ctaid.x;
    mov.u32 %r2, %ntid.x;
    mov.u32 %r3, %tid.x;
    mad.lo.s32 %r4, %r1, %r2, %r3;
    ld.param.b64 %d3, [p2];
    cvt.u64.u32 %d4, %r4;
    setp.ge.u64 %p1, %d4, %d3;
    @%p1 bra $L__END;
    ld.param.b64 %d1, [p0];
    ld.param.b64 %d2, [p1];
    cvta.to.global.u64 %d5, %d1;
    cvta.to.global.u64 %d6, %d2;
    shl.b64 %d7, %d4, 2;
    add.s64 %d8, %d5, %d7;
    ld.global.f32 %r5, [%d8];
    fma.rn.f32 %r6, %r5, 0f40000000, 0f3F800000;
    add.s64 %d9, %d6, %d7;
    st.global.f32 [%d9], %r6;
$L__END:
    ret;)",
                                                 3));
  for (size_t count : {1, 31, 32, 33, 100, 1000}) {
    std::vector<float> in = ramp(count);
    uint64_t from = machine.upload(in), to = machine.emulator.allocate(count * 4);
    uint32_t blocks = static_cast<uint32_t>((count + 127) / 128);
    EXPECT_EQ(machine.launch(kernel, {blocks, 1, 1}, {128, 1, 1}, {from, to, count}), "");
    std::vector<float> out = machine.download<float>(to, count);
    for (size_t i = 0; i < count; ++i)
      EXPECT_EQ(out[i], in[i] * 2 + 1);
  }
}

TEST(PlainKernels, ThreadsLoopDifferentlyOften) {
  Machine machine;
  uint64_t to = machine.emulator.allocate(64 * 4);
  // p0[tid] = sum of 0..tid, by a loop of tid + 1 rounds.
  EXPECT_EQ(machine.run(kernelText(R"(
    mov.u32 %r1, %tid.x;
    mov.b32 %r2, 0;
    mov.b32 %r3, 0;
$L__LOOP:
    add.s32 %r3, %r3, %r2;
    add.s32 %r2, %r2, 1;
    setp.le.u32 %p1, %r2, %r1;
    @%p1 bra $L__LOOP;
    ld.param.b64 %d1, [p0];
    mul.wide.u32 %d2, %r1, 4;
    add.s64 %d1, %d1, %d2;
    st.global.b32 [%d1], %r3;
    ret;)"),
                        64, {to}),
            "");
  std::vector<uint32_t> out = machine.download<uint32_t>(to, 64);
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(out[i], i * (i + 1) / 2);
}

/// The sum of 256 floats by a tree in shared memory, the last 32 by shuffles.
const char *const kReduce = R"(
    mov.u32 %r1, %tid.x;
    ld.param.b64 %d1, [p0];
    mul.wide.u32 %d2, %r1, 4;
    add.s64 %d3, %d1, %d2;
    ld.global.b32 %r2, [%d3];
    mov.b64 %d4, sums;
    add.s64 %d5, %d4, %d2;
    st.shared.b32 [%d5], %r2;
    mov.b32 %r3, 128;
$L__TREE:
    bar.sync 0;
    setp.ge.u32 %p1, %r1, %r3;
    @%p1 bra $L__NEXT;
    mul.wide.u32 %d6, %r3, 4;
    add.s64 %d7, %d5, %d6;
    ld.shared.b32 %r4, [%d7];
    ld.shared.b32 %r5, [%d5];
    add.rn.f32 %r6, %r4, %r5;
    st.shared.b32 [%d5], %r6;
$L__NEXT:
    shr.u32 %r3, %r3, 1;
    setp.gt.u32 %p2, %r3, 16;
    @%p2 bra $L__TREE;
    bar.sync 0;
    setp.gt.u32 %p3, %r1, 31;
    @%p3 bra $L__END;
    ld.shared.b32 %r7, [%d5];
    shfl.sync.bfly.b32 %r8, %r7, 16, 31, -1;
    add.rn.f32 %r7, %r7, %r8;
    shfl.sync.bfly.b32 %r8, %r7, 8, 31, -1;
    add.rn.f32 %r7, %r7, %r8;
    shfl.sync.bfly.b32 %r8, %r7, 4, 31, -1;
    add.rn.f32 %r7, %r7, %r8;
    shfl.sync.bfly.b32 %r8, %r7, 2, 31, -1;
    add.rn.f32 %r7, %r7, %r8;
    shfl.sync.bfly.b32 %r8, %r7, 1, 31, -1;
    add.rn.f32 %r7, %r7, %r8;
    ld.param.b64 %d8, [p1];
    setp.eq.b32 %p4, %r1, 0;
    @%p4 st.global.b32 [%d8], %r7;
$L__END:
    ret;)";

TEST(PlainKernels, ReductionThroughSharedMemoryAndShuffles) {
  std::vector<float> in = ramp(256);
  float sum = std::accumulate(in.begin(), in.end(), 0.0f);
  for (const char *declaration :
       {".shared .align 4 .b8 sums[1024];", ".extern .shared .align 16 .b8 sums[];"}) {
    Machine machine;
    uint64_t from = machine.upload(in), to = machine.emulator.allocate(4);
    uint32_t dynamic = declaration[1] == 'e' ? 1024 : 0;
    EXPECT_EQ(machine.run(kernelText(kReduce, 2, declaration), 256, {from, to}, dynamic), "");
    EXPECT_EQ(machine.download<float>(to, 1)[0], sum);
  }
}

TEST(PlainKernels, FunctionsConstantsLocalMemoryAndTablesOfBranches) {
  Machine machine;
  const std::string text = R"(
.version 8.0
.target sm_80
.address_size 64
.const .align 16 .b8 lut[16] = {0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64};
.global .align 8 .u64 where[2] = {lut, lut+8};
.func (.param .b32 func_retval0) twice(.param .b32 twice_param_0, .param .b64 twice_param_1)
{
  .reg .b32 %r<4>;
  .reg .b64 %rd<2>;
  ld.param.b32 %r1, [twice_param_0];
  ld.param.b64 %rd1, [twice_param_1];
  ld.b32 %r2, [%rd1];
  add.rn.f32 %r3, %r1, %r2;
  st.param.b32 [func_retval0], %r3;
  ret;
}
.visible .entry k(.param .u64 .ptr .global .align 1 k_param_0, .param .align 4 .b8 k_param_1[8])
.reqntid 64
.minnctapersm 1
{
  .local .align 4 .b8 __local_depot0[8];
  .reg .b64 %SP;
  .reg .b64 %SPL;
  .reg .pred %p<3>;
  .reg .b32 %r<17>;
  .reg .b64 %rd<17>;
  mov.b64 %SPL, __local_depot0;
  cvta.local.u64 %SP, %SPL;
  mov.u32 %r1, %tid.x;
  and.b32 %r2, %r1, 3;
  mul.wide.u32 %rd1, %r2, 4;
  mov.b64 %rd2, lut;
  add.s64 %rd3, %rd2, %rd1;
  ld.const.b32 %r3, [%rd3];
  ld.param.b32 %r4, [k_param_1+4];
  st.local.b32 [%SPL+4], %r4;
  add.u64 %rd4, %SP, 4;
  { // callseq 0, 0
  .param .b32 param0;
  .param .b64 param1;
  .param .b32 retval0;
  st.param.b32 [param0], %r3;
  st.param.b64 [param1], %rd4;
  call.uni (retval0), twice, (param0, param1);
  ld.param.b32 %r5, [retval0];
  } // callseq 0
  $L_brx_0: .branchtargets $L__A, $L__B, $L__A, $L__C;
  brx.idx %r2, $L_brx_0;
$L__A:
  mov.b32 %r6, 0f3F800000;
  bra.uni $L__D;
$L__B:
  mov.b32 %r6, 0f41200000;
  bra.uni $L__D;
$L__C:
  mov.b32 %r6, 0f42C80000;
$L__D:
  mul.rn.f32 %r7, %r5, %r6;
  ld.param.b64 %rd5, [k_param_0];
  mul.wide.u32 %rd6, %r1, 4;
  add.s64 %rd7, %rd5, %rd6;
  st.global.b32 [%rd7], %r7;
  ld.global.b64 %rd8, [where+8];
  ld.global.b32 %r8, [%rd8];
  st.global.b32 [%rd7+256], %r8;
  ret;
})";
  const Kernel *kernel = machine.load(text);
  ASSERT_TRUE(kernel);
  uint64_t to = machine.emulator.allocate(512);
  Arguments arguments;
  struct {
    float unused = 0, half = 0.5f;
  } pair;
  arguments.add(to).add(pair);
  auto error = machine.emulator.launch(*kernel, {}, {64, 1, 1}, 0, arguments);
  EXPECT_FALSE(error) << error->message;
  std::vector<float> out = machine.download<float>(to, 128);
  const float factors[] = {1, 10, 1, 100};
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(out[i], (1.0f + i % 4 + 0.5f) * factors[i % 4]);
    EXPECT_EQ(out[64 + i], 3.0f);
  }
}

TEST(PlainKernels, ThreeDimensions) {
  Machine machine;
  uint64_t to = machine.emulator.allocate(2 * 3 * 2 * 4 * 2 * 3 * 4);
  // One number a thread, from all its coordinates.
  const Kernel *kernel = machine.load(kernelText(R"(
    mov.u32 %r1, %ctaid.z;
    mov.u32 %r2, %nctaid.y;
    mov.u32 %r3, %ctaid.y;
    mad.lo.s32 %r1, %r1, %r2, %r3;
    mov.u32 %r2, %nctaid.x;
    mov.u32 %r3, %ctaid.x;
    mad.lo.s32 %r1, %r1, %r2, %r3;
    mov.u32 %r2, %ntid.z;
    mov.u32 %r3, %tid.z;
    mad.lo.s32 %r1, %r1, %r2, %r3;
    mov.u32 %r2, %ntid.y;
    mov.u32 %r3, %tid.y;
    mad.lo.s32 %r1, %r1, %r2, %r3;
    mov.u32 %r2, %ntid.x;
    mov.u32 %r3, %tid.x;
    mad.lo.s32 %r1, %r1, %r2, %r3;
    ld.param.b64 %d1, [p0];
    mul.wide.u32 %d2, %r1, 4;
    add.s64 %d1, %d1, %d2;
    st.global.b32 [%d1], %r1;
    ret;)"));
  EXPECT_EQ(machine.launch(kernel, {2, 3, 2}, {4, 2, 3}, {to}), "");
  std::vector<uint32_t> out = machine.download<uint32_t>(to, 2 * 3 * 2 * 4 * 2 * 3);
  for (uint32_t i = 0; i < out.size(); ++i)
    EXPECT_EQ(out[i], i);
}

TEST(PlainKernels, UnknownInstructionsAreNamedWhenTheModuleIsLoaded) {
  Machine machine;
  std::string error;
  EXPECT_FALSE(machine.emulator.load(kernelText("ret;\n  frob.b32 %r1, %r2;"), error));
  EXPECT_EQ(error, "line 10: unknown instruction 'frob.b32'");
  EXPECT_FALSE(machine.emulator.load(kernelText("add.s32 %r1, %r2;"), error));
  EXPECT_EQ(error, "line 9: 'add.s32' with 2 operands is not emulated");
  EXPECT_FALSE(machine.emulator.load(kernelText("add.s32 %r1, %r2, %d3;\n  bra x;"), error));
  EXPECT_FALSE(machine.emulator.load(kernelText("bra $L__NOWHERE;"), error));
  EXPECT_NE(error.find("unknown label '$L__NOWHERE'"), std::string::npos) << error;
  EXPECT_FALSE(machine.emulator.load(kernelText("mov.b32 %r1, %r99;"), error));
  EXPECT_EQ(error, "line 9: unknown name '%r99'");
}

} // namespace
