//===- PackLayoutsTest.cpp - Packed bytes against their definition --------===//
//
// Every layout, width of numbers and order of the source, sizes around the blocks of the copies,
// and parts that end anywhere, against loops that compute each bit's place as MoeOps.td says.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/cpu/WeightSection.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace moe::test;

namespace {

enum class Form { Rows, Panels, Pairs, Words };

/// A strided G x K x N view of numbers of `bits` bits; distances in numbers.
struct View {
  int64_t groups, depth, columns, offset, group, row, column;

  int64_t at(int64_t g, int64_t k, int64_t n) const {
    return offset + g * group + k * row + n * column;
  }
  std::string piece(const std::string &path, int bits) const {
    int64_t unit = bits < 8 ? bits : bits / 8;
    auto list = [](int64_t a, int64_t b, int64_t c) {
      return "[" + std::to_string(a) + ", " + std::to_string(b) + ", " + std::to_string(c) + "]";
    };
    return "#moe.piece<\"" + path + "\" at " + std::to_string(offset * unit) + " shape " +
           list(groups, depth, columns) + " strides " + list(group, row, column) + ">";
  }
};

/// The ways that files lay out a matrix: along the columns, along the depth, every other number of
/// either, with a gap between rows, and a group after the other or in between.
std::vector<View> views(int64_t groups, int64_t depth, int64_t columns) {
  int64_t size = depth * columns;
  return {{groups, depth, columns, 0, size, columns, 1},
          {groups, depth, columns, 1, size, 1, depth},
          {groups, depth, columns, 1, 2 * size, 2 * columns, 2},
          {groups, depth, columns, 0, 2 * size, 1, 2 * depth},
          {groups, depth, columns, 8, (depth + 3) * (columns + 8), columns + 8, 1},
          {groups, depth, columns, 3, 1, groups * columns, groups},
          {groups, depth, columns, 2, 0, 0, 1}};
}

struct Case {
  Form form;
  int bits;
  int64_t panel;
  std::vector<View> pieces;

  int64_t depth() const { return pieces.front().depth; }
  int64_t columns() const { return pieces.front().columns; }
  int64_t panels() const { return (columns() + panel - 1) / panel; }
  int64_t together() const { return form == Form::Words ? 32 / bits : form == Form::Pairs ? 2 : 1; }
  int64_t lines() const { return (depth() + together() - 1) / together(); }
  int64_t groups() const {
    int64_t count = 0;
    for (const View &view : pieces)
      count += view.groups;
    return count;
  }
  std::string text(const std::string &path) const;
};

std::string Case::text(const std::string &path) const {
  std::string list, shape = std::to_string(groups()) + "x", attributes;
  for (const View &view : pieces)
    list += (list.empty() ? "" : ", ") + view.piece(path, bits);
  if (form == Form::Rows) {
    shape += std::to_string(depth()) + "x" + std::to_string(columns()) + "x";
  } else {
    const char *name = form == Form::Panels  ? "panels"
                       : form == Form::Pairs ? "pair_panels"
                                             : "word_panels";
    shape += std::to_string(panels()) + "x" + std::to_string(lines()) + "x" +
             std::to_string(panel) + (form == Form::Pairs ? "x2x" : "x");
    attributes = "layout = #moe<layout " + std::string(name) +
                 ">, panel = " + std::to_string(panel) + ", depth = " + std::to_string(depth()) +
                 ", columns = " + std::to_string(columns());
  }
  std::string number = (bits == 32 || bits == 64 ? "f" : "i") + std::to_string(bits), held = number;
  if (form == Form::Words || bits < 8) {
    held = form == Form::Words ? "i32" : "i8";
    attributes += std::string(attributes.empty() ? "" : ", ") + "element = " + number;
  }
  std::string type = "tensor<" + shape + held + ">";
  return "func.func @main() -> " + type + " {\n%w = moe.weight [" + list + "] {" + attributes +
         "} : " + type + "\nreturn %w : " + type + "\n}";
}

/// A number by its place, bit by bit.
uint64_t number(const std::vector<char> &file, int64_t index, int bits) {
  uint64_t value = 0;
  for (int64_t i = 0; i < bits; ++i) {
    int64_t bit = index * bits + i;
    value |= static_cast<uint64_t>(file[bit / 8] >> (bit % 8) & 1) << i;
  }
  return value;
}

/// What MoeOps.td says of the layouts, number by number.
std::vector<uint8_t> reference(const Case &c, const std::vector<char> &file) {
  int64_t unit = std::max(c.bits, 8) / 8, lineBytes = c.panel * unit * c.together();
  if (c.form == Form::Words)
    lineBytes = c.panel * 4;
  int64_t groupBytes =
      c.form == Form::Rows ? c.depth() * c.columns() * unit : c.panels() * c.lines() * lineBytes;
  std::vector<uint8_t> bytes(c.groups() * groupBytes);
  uint8_t *out = bytes.data();
  for (const View &view : c.pieces)
    for (int64_t g = 0; g < view.groups; ++g, out += groupBytes)
      for (int64_t k = 0; k < c.depth(); ++k)
        for (int64_t n = 0; n < c.columns(); ++n) {
          uint64_t value = number(file, view.at(g, k, n), c.bits);
          int64_t line = (n / c.panel * c.lines() + k / c.together()) * lineBytes;
          int64_t inLine = n % c.panel * c.together() + k % c.together();
          if (c.form == Form::Rows) {
            // A byte each, with the sign of signless integers.
            if (c.bits < 8 && value >> (c.bits - 1))
              value |= ~uint64_t(0) << c.bits;
            std::memcpy(out + (k * c.columns() + n) * unit, &value, unit);
          } else if (c.form == Form::Words) {
            uint32_t word;
            uint8_t *at = out + line + n % c.panel * 4;
            std::memcpy(&word, at, 4);
            word |= static_cast<uint32_t>(value) << (k % c.together() * c.bits);
            std::memcpy(at, &word, 4);
          } else {
            std::memcpy(out + line + inLine * unit, &value, unit);
          }
        }
  return bytes;
}

class PackLayouts : public ::testing::Test {
protected:
  static constexpr size_t kBytes = 2 << 20;
  PackLayouts() : numbers(kBytes), file(fill(numbers)) {}

  void check(const Case &c) {
    std::vector<uint8_t> want = reference(c, numbers);
    for (int64_t partBytes : {int64_t(1), int64_t(1000), int64_t(4) << 20}) {
      auto got = packedBytes(c.text(file.path()), partBytes);
      ASSERT_TRUE(got) << c.text(file.path());
      ASSERT_TRUE(*got == want) << c.text(file.path()) << "\nin parts of " << partBytes;
    }
  }

  /// Two pieces of different orders, for all pairs of sizes.
  void sweep(Form form, int bits, int64_t panel, llvm::ArrayRef<int64_t> depths,
             llvm::ArrayRef<int64_t> columns) {
    for (int64_t depth : depths)
      for (int64_t width : columns) {
        std::vector<View> one = views(1, depth, width), two = views(2, depth, width);
        for (size_t i = 0; i < one.size(); ++i)
          check({form, bits, panel, {two[i], one[(i + 1) % one.size()]}});
      }
  }

  std::vector<char> numbers;
  TemporaryFile file;

private:
  static const std::vector<char> &fill(std::vector<char> &bytes) {
    std::mt19937 random(1);
    for (char &byte : bytes)
      byte = static_cast<char>(random());
    return bytes;
  }
};

const std::vector<int64_t> kDepths = {1, 2, 7, 16, 67, 130}, kColumns = {1, 4, 47, 48, 49, 101};

TEST_F(PackLayouts, Rows) {
  for (int bits : {2, 4, 8, 16, 32, 64})
    sweep(Form::Rows, bits, 48, {1, 5, 67}, {1, 4, 49});
}

TEST_F(PackLayouts, Panels) {
  for (int bits : {2, 4, 8, 16, 32, 64})
    sweep(Form::Panels, bits, 48, kDepths, kColumns);
  sweep(Form::Panels, 32, 5, {3, 64}, {4, 11});
}

TEST_F(PackLayouts, Pairs) {
  for (int bits : {8, 16, 32})
    sweep(Form::Pairs, bits, 48, kDepths, kColumns);
}

TEST_F(PackLayouts, Words) {
  for (int bits : {2, 4, 8})
    sweep(Form::Words, bits, 48, kDepths, kColumns);
}

/// Dimensions that are broadcast, or of one number, are no distances.
TEST_F(PackLayouts, Strides) {
  check({Form::Panels, 32, 48, {{3, 1, 50, 7, 50, 1 << 20, 1}}});
  check({Form::Rows, 16, 48, {{1, 40, 3, 7, 1 << 20, 0, 5}}});
  check({Form::Words, 4, 48, {{1, 40, 1, 8, 0, 1, 1 << 20}}});
}

/// Nothing to pack is no error.
TEST_F(PackLayouts, EmptyWeights) {
  EXPECT_EQ(packedBytes("func.func @main() -> tensor<0x3xf32> {\n%w = moe.weight [#moe.piece<"
                        "dense<> : tensor<0xf32> at 0 shape [0, 3] strides [3, 1]>] : "
                        "tensor<0x3xf32>\nreturn %w : tensor<0x3xf32>\n}",
                        1000),
            std::vector<uint8_t>());
}

} // namespace
