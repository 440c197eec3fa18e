//===- MatrixTest.cpp - ldmatrix and mma.sync against plain products ------===//
//
// The matrices reach the registers as the PTX document draws its fragments, written down here once
// more, by hand and from the figures; ldmatrix is held against them, then whole products.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "test/lowering/nvptx/emulator/Half.h"
#include <random>

using namespace moe::emulator;

namespace {

uint16_t f16(float value) { return toF16(value).bits; }
uint16_t bf16(float value) { return toBF16(value).bits; }

/// Small whole numbers: every sum is exact in every type.
std::vector<int> numbers(size_t count, int seed, int least = -8, int most = 8) {
  std::mt19937 random(seed);
  std::vector<int> values(count);
  for (int &value : values)
    value = least + static_cast<int>(random() % (most - least + 1));
  return values;
}

std::vector<int> product(const std::vector<int> &a, const std::vector<int> &b,
                         const std::vector<int> &c, int m, int n, int k) {
  std::vector<int> d = c;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j)
      for (int l = 0; l < k; ++l)
        d[i * n + j] += a[i * k + l] * b[l * n + j];
  return d;
}

/// Loads `regs` words a lane from p0, runs `text`, stores `results` words a lane to p1.
std::string fragmentKernel(const std::string &text, int regs, int results) {
  std::string body = "mov.u32 %r0, %tid.x;\n mul.wide.u32 %d1, %r0, " + std::to_string(4 * regs) +
                     ";\n ld.param.b64 %d2, [p0];\n add.s64 %d2, %d2, %d1;\n";
  for (int i = 0; i < regs; ++i)
    body +=
        "ld.global.b32 %r" + std::to_string(10 + i) + ", [%d2+" + std::to_string(4 * i) + "];\n";
  body += text + "\nmul.wide.u32 %d1, %r0, " + std::to_string(4 * results) +
          ";\n ld.param.b64 %d2, [p1];\n add.s64 %d2, %d2, %d1;\n";
  for (int i = 0; i < results; ++i)
    body +=
        "st.global.b32 [%d2+" + std::to_string(4 * i) + "], %r" + std::to_string(30 + i) + ";\n";
  return kernelText(body + "ret;", 2);
}

std::vector<uint32_t> runFragments(const std::string &text, const std::vector<uint32_t> &in,
                                   int results) {
  Machine machine;
  uint64_t from = machine.upload(in), to = machine.emulator.allocate(32 * 4 * results);
  std::string kernel = fragmentKernel(text, static_cast<int>(in.size() / 32), results);
  EXPECT_EQ(machine.run(kernel, 32, {from, to}), "");
  return machine.download<uint32_t>(to, 32 * results);
}

uint32_t pair(uint16_t low, uint16_t high) { return uint32_t(high) << 16 | low; }
uint32_t word(float value) { return bitCast<uint32_t>(value); }
float real(uint32_t bits) { return bitCast<float>(bits); }

/// m16n8k16 of 16-bit elements: figures of A (a0 to a7), B (b0 to b3) and C (c0 to c3).
template <class Half> void checkK16(const char *type, Half half) {
  std::vector<int> a = numbers(256, 1), b = numbers(128, 2), c = numbers(128, 3);
  std::vector<uint32_t> in;
  for (int lane = 0; lane < 32; ++lane) {
    int g = lane >> 2, t = lane & 3;
    auto atA = [&](int row, int col) { return half(float(a[row * 16 + col])); };
    auto atB = [&](int row, int col) { return half(float(b[row * 8 + col])); };
    auto atC = [&](int row, int col) { return word(float(c[row * 8 + col])); };
    for (uint32_t value :
         {pair(atA(g, 2 * t), atA(g, 2 * t + 1)), pair(atA(g + 8, 2 * t), atA(g + 8, 2 * t + 1)),
          pair(atA(g, 2 * t + 8), atA(g, 2 * t + 9)),
          pair(atA(g + 8, 2 * t + 8), atA(g + 8, 2 * t + 9)),
          pair(atB(2 * t, g), atB(2 * t + 1, g)), pair(atB(2 * t + 8, g), atB(2 * t + 9, g)),
          atC(g, 2 * t), atC(g, 2 * t + 1), atC(g + 8, 2 * t), atC(g + 8, 2 * t + 1)})
      in.push_back(value);
  }
  std::vector<uint32_t> out =
      runFragments(std::string("mma.sync.aligned.m16n8k16.row.col.f32.") + type + "." + type +
                       ".f32 {%r30, %r31, %r32, %r33}, {%r10, %r11, %r12, %r13}, {%r14, %r15}, "
                       "{%r16, %r17, %r18, %r19};",
                   in, 4);
  std::vector<int> d = product(a, b, c, 16, 8, 16);
  for (int lane = 0; lane < 32; ++lane) {
    int g = lane >> 2, t = lane & 3;
    EXPECT_EQ(real(out[lane * 4]), d[g * 8 + 2 * t]) << type << " " << lane;
    EXPECT_EQ(real(out[lane * 4 + 1]), d[g * 8 + 2 * t + 1]);
    EXPECT_EQ(real(out[lane * 4 + 2]), d[(g + 8) * 8 + 2 * t]);
    EXPECT_EQ(real(out[lane * 4 + 3]), d[(g + 8) * 8 + 2 * t + 1]);
  }
}

TEST(Matrix, ProductsOfHalvesK16) {
  checkK16("f16", f16);
  checkK16("bf16", bf16);
}

template <class Half> void checkK8(const char *type, Half half) {
  std::vector<int> a = numbers(128, 4), b = numbers(64, 5), c = numbers(128, 6);
  std::vector<uint32_t> in;
  for (int lane = 0; lane < 32; ++lane) {
    int g = lane >> 2, t = lane & 3;
    auto atA = [&](int row, int col) { return half(float(a[row * 8 + col])); };
    auto atB = [&](int row, int col) { return half(float(b[row * 8 + col])); };
    auto atC = [&](int row, int col) { return word(float(c[row * 8 + col])); };
    for (uint32_t value :
         {pair(atA(g, 2 * t), atA(g, 2 * t + 1)), pair(atA(g + 8, 2 * t), atA(g + 8, 2 * t + 1)),
          pair(atB(2 * t, g), atB(2 * t + 1, g)), atC(g, 2 * t), atC(g, 2 * t + 1),
          atC(g + 8, 2 * t), atC(g + 8, 2 * t + 1)})
      in.push_back(value);
  }
  std::vector<uint32_t> out =
      runFragments(std::string("mma.sync.aligned.m16n8k8.row.col.f32.") + type + "." + type +
                       ".f32 {%r30, %r31, %r32, %r33}, {%r10, %r11}, {%r12}, "
                       "{%r13, %r14, %r15, %r16};",
                   in, 4);
  std::vector<int> d = product(a, b, c, 16, 8, 8);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(real(out[lane * 4 + i]),
                d[((lane >> 2) + 8 * (i >> 1)) * 8 + 2 * (lane & 3) + (i & 1)]);
}

TEST(Matrix, ProductsOfHalvesK8) {
  checkK8("f16", f16);
  checkK8("bf16", bf16);
}

TEST(Matrix, HalfSums) {
  std::vector<int> a = numbers(256, 7), b = numbers(128, 8), c = numbers(128, 9);
  std::vector<uint32_t> in;
  for (int lane = 0; lane < 32; ++lane) {
    int g = lane >> 2, t = lane & 3;
    auto atA = [&](int row, int col) { return f16(float(a[row * 16 + col])); };
    auto atB = [&](int row, int col) { return f16(float(b[row * 8 + col])); };
    auto atC = [&](int row, int col) { return f16(float(c[row * 8 + col])); };
    for (int i = 0; i < 4; ++i) {
      int row = g + 8 * (i & 1), col = 2 * t + 8 * (i >> 1);
      in.push_back(pair(atA(row, col), atA(row, col + 1)));
    }
    for (int i = 0; i < 2; ++i)
      in.push_back(pair(atB(2 * t + 8 * i, g), atB(2 * t + 8 * i + 1, g)));
    for (int i = 0; i < 2; ++i)
      in.push_back(pair(atC(g + 8 * i, 2 * t), atC(g + 8 * i, 2 * t + 1)));
  }
  std::vector<uint32_t> out =
      runFragments("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%r30, %r31}, "
                   "{%r10, %r11, %r12, %r13}, {%r14, %r15}, {%r16, %r17};",
                   in, 2);
  std::vector<int> d = product(a, b, c, 16, 8, 16);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(toFloat(F16{static_cast<uint16_t>(out[lane * 2 + i / 2] >> 16 * (i & 1))}),
                d[((lane >> 2) + 8 * (i >> 1)) * 8 + 2 * (lane & 3) + (i & 1)]);
}

TEST(Matrix, ProductsOfTf32) {
  for (int k : {4, 8}) {
    std::vector<int> a = numbers(16 * k, 10), b = numbers(k * 8, 11), c = numbers(128, 12);
    std::vector<uint32_t> in;
    for (int lane = 0; lane < 32; ++lane) {
      int g = lane >> 2, t = lane & 3;
      // Bits that tf32 lacks are there, and do not count.
      auto atA = [&](int row, int col) { return word(float(a[row * k + col])) | 0x1FFF; };
      auto atB = [&](int row, int col) { return word(float(b[row * 8 + col])) | 0x1000; };
      for (int col = t; col < k; col += 4)
        for (int row : {g, g + 8})
          in.push_back(atA(row, col));
      for (int row = t; row < k; row += 4)
        in.push_back(atB(row, g));
      for (int i = 0; i < 4; ++i)
        in.push_back(word(float(c[(g + 8 * (i >> 1)) * 8 + 2 * t + (i & 1)])));
    }
    std::vector<uint32_t> out = runFragments(
        k == 8 ? "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%r30, %r31, %r32, %r33}, "
                 "{%r10, %r11, %r12, %r13}, {%r14, %r15}, {%r16, %r17, %r18, %r19};"
               : "mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%r30, %r31, %r32, %r33}, "
                 "{%r10, %r11}, {%r12}, {%r13, %r14, %r15, %r16};",
        in, 4);
    std::vector<int> d = product(a, b, c, 16, 8, k);
    for (int lane = 0; lane < 32; ++lane)
      for (int i = 0; i < 4; ++i)
        EXPECT_EQ(real(out[lane * 4 + i]),
                  d[((lane >> 2) + 8 * (i >> 1)) * 8 + 2 * (lane & 3) + (i & 1)]);
  }
}

TEST(Matrix, ProductsOfBytes) {
  std::vector<int> a = numbers(16 * 32, 13, -128, 127), b = numbers(32 * 8, 14, 0, 255);
  std::vector<int> c = numbers(128, 15, -1000, 1000);
  std::vector<uint32_t> in;
  for (int lane = 0; lane < 32; ++lane) {
    int g = lane >> 2, t = lane & 3;
    auto quad = [](auto at) {
      uint32_t bits = 0;
      for (int i = 0; i < 4; ++i)
        bits |= uint32_t(at(i) & 0xFF) << 8 * i;
      return bits;
    };
    for (int i = 0; i < 4; ++i)
      in.push_back(
          quad([&](int j) { return a[(g + 8 * (i & 1)) * 32 + 16 * (i >> 1) + 4 * t + j]; }));
    for (int i = 0; i < 2; ++i)
      in.push_back(quad([&](int j) { return b[(16 * i + 4 * t + j) * 8 + g]; }));
    for (int i = 0; i < 4; ++i)
      in.push_back(static_cast<uint32_t>(c[(g + 8 * (i >> 1)) * 8 + 2 * t + (i & 1)]));
  }
  std::vector<uint32_t> out =
      runFragments("mma.sync.aligned.m16n8k32.row.col.s32.s8.u8.s32 {%r30, %r31, %r32, %r33}, "
                   "{%r10, %r11, %r12, %r13}, {%r14, %r15}, {%r16, %r17, %r18, %r19};",
                   in, 4);
  std::vector<int> d = product(a, b, c, 16, 8, 32);
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i)
      EXPECT_EQ(static_cast<int>(out[lane * 4 + i]),
                d[((lane >> 2) + 8 * (i >> 1)) * 8 + 2 * (lane & 3) + (i & 1)]);
}

TEST(Matrix, TensorMultiplyAddsAreCounted) {
  Machine machine;
  std::string text =
      kernelText("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r30, %r31, %r32, %r33}, "
                 "{%r10, %r11, %r12, %r13}, {%r14, %r15}, {%r16, %r17, %r18, %r19};\n"
                 "fma.rn.f32 %r1, %r2, %r3, %r4;\n ret;",
                 0);
  EXPECT_EQ(machine.launch(machine.load(text), {3, 1, 1}, {64, 1, 1}, {}), "");
  const KernelCounters &counters = machine.emulator.counters.kernels["k"];
  EXPECT_EQ(counters.tensorMultiplyAdds, 3u * 2 * 16 * 8 * 16);
  EXPECT_EQ(counters.fmaMultiplyAdds, 3u * 64);
  EXPECT_EQ(counters.launches, 1u);
  EXPECT_EQ(counters.blocks, 3u);
}

/// A 16 x 16 tile of halves in shared memory, pitch 48 bytes, then ldmatrix.x4 as for operand A.
std::vector<uint32_t> loadTile(const char *trans) {
  std::vector<uint16_t> tile(256);
  for (int i = 0; i < 256; ++i)
    tile[i] = static_cast<uint16_t>(i);
  Machine machine;
  uint64_t from = machine.upload(tile), to = machine.emulator.allocate(32 * 16);
  std::string body = R"(
    mov.u32 %r0, %tid.x;
    shr.u32 %r1, %r0, 1;
    and.b32 %r2, %r0, 1;
    ld.param.b64 %d1, [p0];
    mul.wide.u32 %d2, %r0, 16;
    add.s64 %d1, %d1, %d2;
    ld.global.v4.b32 {%r3, %r4, %r5, %r6}, [%d1];
    mul.lo.s32 %r7, %r1, 48;
    mad.lo.s32 %r7, %r2, 16, %r7;
    cvt.u64.u32 %d3, %r7;
    mov.b64 %d4, tile;
    add.s64 %d5, %d4, %d3;
    st.shared.v4.b32 [%d5], {%r3, %r4, %r5, %r6};
    bar.sync 0;
    and.b32 %r8, %r0, 15;
    shr.u32 %r9, %r0, 4;
    mul.lo.s32 %r10, %r8, 48;
    mad.lo.s32 %r10, %r9, 16, %r10;
    cvt.u64.u32 %d6, %r10;
    add.s64 %d7, %d4, %d6;
    ldmatrix.sync.aligned.m8n8.x4)" +
                     std::string(trans) + R"(.shared.b16 {%r20, %r21, %r22, %r23}, [%d7];
    ld.param.b64 %d8, [p1];
    add.s64 %d8, %d8, %d2;
    st.global.v4.b32 [%d8], {%r20, %r21, %r22, %r23};
    ret;)";
  EXPECT_EQ(machine.run(kernelText(body, 2, ".shared .align 16 .b8 tile[768];"), 32, {from, to}),
            "");
  return machine.download<uint32_t>(to, 128);
}

TEST(Matrix, LdmatrixGivesTheFragmentsOfA) {
  std::vector<uint32_t> out = loadTile("");
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      int row = (lane >> 2) + 8 * (i & 1), col = 2 * (lane & 3) + 8 * (i >> 1);
      EXPECT_EQ(out[lane * 4 + i], pair(row * 16 + col, row * 16 + col + 1));
    }
}

TEST(Matrix, LdmatrixTransposedGivesTheFragmentsOfB) {
  std::vector<uint32_t> out = loadTile(".trans");
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i) {
      int row = 2 * (lane & 3) + 8 * (i & 1), col = (lane >> 2) + 8 * (i >> 1);
      EXPECT_EQ(out[lane * 4 + i], pair(row * 16 + col, (row + 1) * 16 + col));
    }
}

} // namespace
