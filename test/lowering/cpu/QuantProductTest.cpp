//===- QuantProductTest.cpp - Products with codes against plain loops -----===//
//
// Every width, sign, kind of zero point and shape of blocks, on every instruction set that this
// machine has. Numbers of codes have the error of one rounding each; the rest is the bound of any
// order of sums.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/cpu/Harness.h"
#include "test/lowering/cpu/WeightSection.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace moe::test;

namespace {

enum class Zeros { None, Codes, Floats };

struct Product {
  int bits;
  bool isSigned;
  Zeros zeros;
  int64_t depth, columns, block;
  std::vector<int32_t> sizes;
  std::string scale = "f32", code = {};
  bool packedAlongColumns = false;

  int64_t groups() const { return static_cast<int64_t>(sizes.size()); }
  int64_t blocks() const { return (depth + block - 1) / block; }
  int64_t rows() const { return offsets().back(); }
  std::vector<int32_t> offsets() const { return offsetsOf(sizes); }
};

uint32_t next(uint32_t &state) { return state = state * 1664525u + 1013904223u; }

/// Packed codes with what they stand for.
struct Codes {
  std::vector<char> bytes;
  std::vector<double> numbers;
};

double meaning(const Product &p, uint32_t code) {
  if (p.code == "f4E2M1FN") {
    const double magnitudes[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    return (code & 8 ? -1 : 1) * magnitudes[code & 7];
  }
  int64_t value = code;
  return static_cast<double>(p.isSigned && value >> (p.bits - 1) ? value - (1 << p.bits) : value);
}

Codes codes(const Product &p, size_t count, uint32_t seed) {
  Codes result;
  result.bytes.resize((count * p.bits + 7) / 8);
  uint32_t state = seed;
  for (size_t i = 0; i < count; ++i) {
    uint32_t code = next(state) >> 24 & ((1u << p.bits) - 1);
    result.bytes[i * p.bits / 8] |= static_cast<char>(code << (i * p.bits % 8));
    result.numbers.push_back(meaning(p, code));
  }
  return result;
}

/// Short fractions in [1/2, 3/2), which no type rounds.
std::vector<float> fractions(size_t count, uint32_t seed) {
  std::vector<float> result;
  uint32_t state = seed;
  for (size_t i = 0; i < count; ++i)
    result.push_back(0.5f + static_cast<float>(next(state) >> 26) / 64.0f);
  return result;
}

void append(std::vector<char> &bytes, const std::vector<float> &values, const std::string &type) {
  for (float value : values) {
    if (type == "f32") {
      bytes.insert(bytes.end(), reinterpret_cast<char *>(&value),
                   reinterpret_cast<char *>(&value) + 4);
      continue;
    }
    _Float16 half = static_cast<_Float16>(value);
    auto *begin =
        type == "f16" ? reinterpret_cast<char *>(&half) : reinterpret_cast<char *>(&value) + 2;
    bytes.insert(bytes.end(), begin, begin + 2);
  }
}

/// A compiled product with its operands: codes, scales and zero points lie one after the other.
struct Program {
  Product p;
  Codes weights, zeroCodes;
  std::vector<float> scales, zeroFloats, x;
  std::vector<char> file;
  size_t scaleAt = 0, zeroAt = 0;
  Call run;
  std::unique_ptr<Code> code;

  explicit Program(const Product &product) : p(product) {
    size_t perBlock = p.groups() * p.blocks() * p.columns;
    weights = codes(p, p.groups() * p.depth * p.columns, 1);
    zeroCodes = codes(p, perBlock, 2);
    scales = fractions(perBlock, 3);
    zeroFloats = fractions(perBlock, 4);
    x = fractions(p.rows() * p.depth, 5);
    for (size_t i = 0; i < x.size(); i += 2)
      x[i] = -x[i];
    file = weights.bytes;
    scaleAt = file.size();
    append(file, scales, p.scale);
    zeroAt = file.size();
    if (p.zeros == Zeros::Codes)
      file.insert(file.end(), zeroCodes.bytes.begin(), zeroCodes.bytes.end());
    else if (p.zeros == Zeros::Floats)
      append(file, zeroFloats, "f32");
    run.outputBytes = {4};
  }

  /// The place of number [g, k, n] of a G x K x N view: K is innermost, or N.
  size_t at(int64_t g, int64_t k, int64_t n, int64_t depth) const {
    return p.packedAlongColumns ? (g * depth + k) * p.columns + n : (g * p.columns + n) * depth + k;
  }

  std::string piece(const std::string &path, size_t offset, int64_t depth, const std::string &type,
                    bool inBits) const {
    auto number = [](int64_t value) { return std::to_string(value); };
    std::string k = number(p.packedAlongColumns ? p.columns : 1);
    std::string n = number(p.packedAlongColumns ? 1 : depth);
    return "moe.weight [#moe.piece<\"" + path + "\" at " + number(offset * (inBits ? 8 : 1)) +
           " shape [" + number(p.groups()) + ", " + number(depth) + ", " + number(p.columns) +
           "] strides [" + number(depth * p.columns) + ", " + k + ", " + n +
           "]>] : " + shape(depth, type) + "\n";
  }
  std::string shape(int64_t depth, const std::string &type) const {
    return "tensor<" + std::to_string(p.groups()) + "x" + std::to_string(depth) + "x" +
           std::to_string(p.columns) + "x" + type + ">";
  }

  std::string text(const std::string &path) const {
    std::string code = p.code.empty() ? "i" + std::to_string(p.bits) : p.code;
    std::string zero = p.zeros == Zeros::Floats ? "f32" : code;
    std::string x = "tensor<?x" + std::to_string(p.depth) + "xf32>";
    std::string y = "tensor<?x" + std::to_string(p.columns) + "xf32>";
    std::string offsets = "tensor<" + std::to_string(p.groups() + 1) + "xi32>";
    std::string text = "func.func @main(%x: " + x + ", %offsets: " + offsets + ") -> " + y +
                       " {\n%w = " + piece(path, 0, p.depth, code, p.bits < 8) +
                       "%s = " + piece(path, scaleAt, p.blocks(), p.scale, false);
    if (p.zeros != Zeros::None)
      text +=
          "%z = " + piece(path, zeroAt, p.blocks(), zero, p.zeros == Zeros::Codes && p.bits < 8);
    text += "%c0 = arith.constant 0 : index\n%rows = tensor.dim %x, %c0 : " + x +
            "\n%init = tensor.empty(%rows) : " + y +
            "\n%y = moe.grouped_matmul %x offsets(%offsets : " + offsets +
            ") weights(%w : " + shape(p.depth, code) +
            ") scales(%s : " + shape(p.blocks(), p.scale) + ")";
    if (p.zeros != Zeros::None)
      text += " zero_points(%z : " + shape(p.blocks(), zero) + ")";
    return text + " into(%init : " + y + ") {quant = #moe.quant<code = " + code +
           ", block = " + std::to_string(p.block) +
           ", is_signed = " + (p.isSigned ? "true" : "false") +
           ", zero = " + std::to_string(zeroNumber()) + ">} : " + x + " -> " + y +
           "\nreturn %y : " + y + "\n}\n";
  }
  int64_t zeroNumber() const {
    return p.zeros == Zeros::None && !p.isSigned && p.code.empty() ? 3 : 0;
  }

  bool compileFor(const std::string &variant) {
    TemporaryFile stored(file);
    std::string source = text(stored.path());
    auto section = weightSection(source);
    if (!section)
      return false;
    run.weights = *section;
    code = compile(source, variant, "cpu-plan-artifact");
    return code != nullptr;
  }

  std::vector<float> operator()(const std::vector<int32_t> &offsets,
                                const std::vector<float> &rows) {
    int64_t count = static_cast<int64_t>(rows.size()) / p.depth;
    return code->run({Tensor({count, p.depth}, rows), Tensor({p.groups() + 1}, offsets)}, run)
        .at(0)
        .as<float>();
  }
  std::vector<float> operator()() { return (*this)(p.offsets(), x); }

  double numberAt(int64_t g, int64_t k, int64_t n) const {
    size_t block = at(g, k / p.block, n, p.blocks());
    double zero = p.zeros == Zeros::Codes    ? zeroCodes.numbers[block]
                  : p.zeros == Zeros::Floats ? static_cast<double>(zeroFloats[block])
                                             : static_cast<double>(zeroNumber());
    return (weights.numbers[at(g, k, n, p.depth)] - zero) * static_cast<double>(scales[block]);
  }
};

void expectRight(Program &program) {
  const Product &p = program.p;
  std::vector<float> y = program();
  ASSERT_EQ(y.size(), static_cast<size_t>(p.rows() * p.columns));
  double ku = static_cast<double>(p.depth + 3) * 0x1p-24;
  int64_t row = 0;
  for (int64_t group = 0; group < p.groups(); ++group)
    for (int32_t i = 0; i < p.sizes[group]; ++i, ++row)
      for (int64_t n = 0; n < p.columns; ++n) {
        double sum = 0, magnitude = 0;
        for (int64_t k = 0; k < p.depth; ++k) {
          double product =
              static_cast<double>(program.x[row * p.depth + k]) * program.numberAt(group, k, n);
          sum += product;
          magnitude += std::fabs(product);
        }
        ASSERT_LE(std::fabs(static_cast<double>(y[row * p.columns + n]) - sum),
                  ku / (1 - ku) * magnitude)
            << p.bits << " bits, K=" << p.depth << " N=" << p.columns << " block " << p.block
            << " row " << row << " column " << n << ": expected " << sum << ", got "
            << y[row * p.columns + n];
      }
}

class QuantProduct : public testing::TestWithParam<std::string> {
protected:
  void check(const Product &product) {
    Program program(product);
    ASSERT_TRUE(program.compileFor(GetParam()));
    expectRight(program);
  }
};
INSTANTIATE_TEST_SUITE_P(Variants, QuantProduct, testing::ValuesIn(hostVariants()),
                         [](const auto &info) { return info.param; });

const std::vector<int32_t> heights = {0, 1, 2, 3, 5, 8, 0, 9, 17};

/// Depths that neither blocks nor words nor K blocks divide.
TEST_P(QuantProduct, EveryWidth) {
  int number = 0;
  for (int bits : {2, 4, 8})
    for (bool isSigned : {false, true})
      for (Zeros zeros : {Zeros::None, Zeros::Codes, Zeros::Floats}) {
        int64_t depths[] = {40, 70, 513, 21};
        int64_t columns[] = {48, 1, 50, 97, 16};
        int64_t blocks[] = {16, 32, 1024};
        check({bits, isSigned, zeros, depths[number % 4], columns[number % 5], blocks[number % 3],
               heights, number % 2 ? "f16" : "f32"});
        if (HasFatalFailure())
          return;
        ++number;
      }
}

TEST_P(QuantProduct, Float4) {
  Product p{4, false, Zeros::None, 70, 50, 32, heights};
  p.code = "f4E2M1FN";
  check(p);
}

TEST_P(QuantProduct, ScalesOfBfloat) {
  check({4, false, Zeros::Codes, 300, 60, 48, heights, "bf16"});
}

/// Codes that lie packed along the columns, as old layouts have them.
TEST_P(QuantProduct, PackedAlongColumns) {
  for (int bits : {2, 4}) {
    Product p{bits, false, Zeros::Codes, 39, 50, 16, heights};
    p.packedAlongColumns = true;
    check(p);
  }
}

/// The same bits for a row alone and in company, and for any number of threads.
TEST_P(QuantProduct, SameBitsInAnyBatch) {
  for (int bits : {4, 8}) {
    Program program({bits, false, Zeros::Codes, 600, 100, 32, {13, 0, 9, 1}});
    ASSERT_TRUE(program.compileFor(GetParam()));
    std::vector<float> together = program();
    program.run.threads = 3;
    EXPECT_EQ(together, program());
    for (int32_t row = 0; row < 23; ++row) {
      std::vector<int32_t> alone;
      for (int32_t bound : program.p.offsets())
        alone.push_back(bound > row);
      std::vector<float> one(program.x.begin() + row * 600, program.x.begin() + (row + 1) * 600);
      std::vector<float> want(together.begin() + row * 100, together.begin() + (row + 1) * 100);
      EXPECT_EQ(program(alone, one), want) << "row " << row;
    }
  }
}

} // namespace
