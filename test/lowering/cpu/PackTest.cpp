//===- PackTest.cpp - Bytes of weights from their pieces ------------------===//

#include "test/lowering/cpu/WeightSection.h"
#include <cstring>
#include <gtest/gtest.h>

using namespace moe::test;

namespace {

std::vector<char> ramp(size_t count) {
  std::vector<char> bytes(count * 4);
  for (size_t i = 0; i < count; ++i) {
    float value = static_cast<float>(i + 1);
    std::memcpy(bytes.data() + i * 4, &value, 4);
  }
  return bytes;
}

std::vector<float> floats(const std::vector<uint8_t> &bytes) {
  std::vector<float> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), values.size() * 4);
  return values;
}

/// A function that returns one weight; `$` in the pieces is the file.
std::string weight(const std::string &pieces, const std::string &type, const std::string &path,
                   const std::string &attributes = "") {
  std::string text = "func.func @main() -> tensor<" + type + "> {\n%w = moe.weight [" + pieces +
                     "] " + attributes + " : tensor<" + type + ">\nreturn %w : tensor<" + type +
                     ">\n}";
  for (size_t at; (at = text.find('$')) != std::string::npos;)
    text.replace(at, 1, "\"" + path + "\"");
  return text;
}

TEST(Pack, RowsOfStridedPieces) {
  TemporaryFile file(ramp(12));
  // Two experts of 2x3: the first transposed, the second every other number.
  auto bytes = weightSection(weight("#moe.piece<$ at 0 shape [1, 2, 3] strides [6, 1, 2]>, "
                                    "#moe.piece<$ at 4 shape [1, 2, 3] strides [0, 6, 2]>",
                                    "2x2x3xf32", file.path()));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(floats(*bytes), (std::vector<float>{1, 3, 5, 2, 4, 6, 2, 4, 6, 8, 10, 12}));
}

TEST(Pack, ScalarsAndConstants) {
  auto bytes = weightSection(weight("#moe.piece<dense<[1.0, 2.0, 3.0]> : tensor<3xf32> at 4 shape "
                                    "[2] strides [1]>, #moe.piece<dense<7.0> : tensor<9xf32> at 8 "
                                    "shape [2] strides [1]>",
                                    "4xf32", ""));
  ASSERT_TRUE(bytes);
  EXPECT_EQ(floats(*bytes), (std::vector<float>{2, 3, 7, 7}));
}

TEST(Pack, PanelsAreZeroBeyondTheColumns) {
  TemporaryFile file(ramp(2 * 50));
  auto bytes = weightSection(
      "func.func @main(%x: tensor<?x2xf32>, %y: tensor<?x50xf32>) -> tensor<?x50xf32> {\n"
      "%w = moe.weight [#moe.piece<\"" +
      file.path() +
      "\" at 0 shape [1, 2, 50] strides [100, 50, 1]>] : tensor<1x2x50xf32>\n"
      "%r = moe.grouped_matmul %x weights(%w : tensor<1x2x50xf32>) into(%y : tensor<?x50xf32>) : "
      "tensor<?x2xf32> -> tensor<?x50xf32>\nreturn %r : tensor<?x50xf32>\n}");
  ASSERT_TRUE(bytes);
  std::vector<float> values = floats(*bytes);
  ASSERT_EQ(values.size(), 2u * 2 * 48);
  for (int panel = 0; panel < 2; ++panel)
    for (int k = 0; k < 2; ++k)
      for (int c = 0; c < 48; ++c) {
        int column = panel * 48 + c;
        float want = column < 50 ? static_cast<float>(k * 50 + column + 1) : 0.0f;
        ASSERT_EQ(values[(panel * 2 + k) * 48 + c], want) << panel << " " << k << " " << c;
      }
}

TEST(Pack, PairsAlongTheDepth) {
  std::vector<char> halves;
  for (uint16_t i = 1; i <= 3 * 2; ++i)
    halves.insert(halves.end(), reinterpret_cast<char *>(&i), reinterpret_cast<char *>(&i) + 2);
  TemporaryFile file(halves);
  auto bytes = weightSection(
      "func.func @main(%x: tensor<?x3xbf16>, %y: tensor<?x2xbf16>) -> tensor<?x2xbf16> {\n"
      "%w = moe.weight [#moe.piece<\"" +
      file.path() +
      "\" at 0 shape [1, 3, 2] strides [6, 2, 1]>] : tensor<1x3x2xbf16>\n"
      "%r = moe.grouped_matmul %x weights(%w : tensor<1x3x2xbf16>) into(%y : tensor<?x2xbf16>) : "
      "tensor<?x3xbf16> -> tensor<?x2xbf16>\nreturn %r : tensor<?x2xbf16>\n}");
  ASSERT_TRUE(bytes);
  ASSERT_EQ(bytes->size(), 2u * 48 * 2 * 2);
  auto at = [&](int pair, int column, int which) {
    uint16_t value;
    std::memcpy(&value, bytes->data() + ((pair * 48 + column) * 2 + which) * 2, 2);
    return value;
  };
  EXPECT_EQ(at(0, 0, 0), 1);
  EXPECT_EQ(at(0, 0, 1), 3);
  EXPECT_EQ(at(0, 1, 0), 2);
  EXPECT_EQ(at(1, 1, 0), 6);
  EXPECT_EQ(at(1, 0, 1), 0) << "the depth is odd";
  EXPECT_EQ(at(0, 2, 0), 0) << "beyond the columns";
}

/// A product with codes of 4 bits, 10 x 2, whose view is `view`; then its scales.
std::string codedProduct(const std::string &path, const std::string &view) {
  return "func.func @main(%x: tensor<?x10xf32>, %y: tensor<?x2xf32>) -> tensor<?x2xf32> {\n"
         "%w = moe.weight [#moe.piece<" +
         view + ">] : tensor<1x10x2xi4>\n%s = moe.weight [#moe.piece<\"" + path +
         "\" at 0 shape [1, 1, 2] strides [0, 0, 0]>] : tensor<1x1x2xf32>\n"
         "%r = moe.grouped_matmul %x weights(%w : tensor<1x10x2xi4>) scales(%s : "
         "tensor<1x1x2xf32>) into(%y : tensor<?x2xf32>) {quant = #moe.quant<code = i4, block = "
         "10>} "
         ": tensor<?x10xf32> -> tensor<?x2xf32>\nreturn %r : tensor<?x2xf32>\n}";
}

uint32_t wordAt(const std::vector<uint8_t> &bytes, int word, int column) {
  uint32_t value;
  std::memcpy(&value, bytes.data() + (word * 48 + column) * 4, 4);
  return value;
}

/// Columns of ten codes lie five bytes apart, the second one an odd number of codes from the start.
TEST(Pack, WordsOfCodesAlongTheDepth) {
  std::vector<char> bytes{'\x21', '\x43', '\x65', '\x07', '\x98', '\x0b',
                          '\x3c', '\x1d', '\x2e', '\x4f', '\x05'};
  TemporaryFile file(bytes);
  auto packed = weightSection(codedProduct(
      file.path(), "\"" + file.path() + "\" at 0 shape [1, 10, 2] strides [0, 1, 11]"));
  ASSERT_TRUE(packed);
  EXPECT_EQ(wordAt(*packed, 0, 0), 0x07654321u);
  EXPECT_EQ(wordAt(*packed, 1, 0), 0x98u) << "the last word is not full";
  EXPECT_EQ(wordAt(*packed, 0, 1), 0xf2e1d3c0u) << "begins at the high half of byte 5";
  EXPECT_EQ(wordAt(*packed, 1, 1), 0x54u);
  EXPECT_EQ(wordAt(*packed, 0, 2), 0u) << "beyond the columns";
}

TEST(Pack, WordsOfCodesAlongTheColumns) {
  TemporaryFile file(
      {'\x21', '\x43', '\x65', '\x07', '\x98', '\x0b', '\x3c', '\x1d', '\x2e', '\x4f'});
  auto packed = weightSection(
      codedProduct(file.path(), "\"" + file.path() + "\" at 0 shape [1, 10, 2] strides [0, 2, 1]"));
  ASSERT_TRUE(packed);
  EXPECT_EQ(wordAt(*packed, 0, 0), 0xdcb87531u);
  EXPECT_EQ(wordAt(*packed, 1, 1), 0x42u);
}

/// A constant holds the packed bytes; one byte may stand for all.
TEST(Pack, CodesOfConstants) {
  TemporaryFile file(ramp(1));
  auto packed = weightSection(codedProduct(
      file.path(), "dense<33> : tensor<10xi8> at 0 shape [1, 10, 2] strides [0, 1, 10]"));
  ASSERT_TRUE(packed);
  EXPECT_EQ(wordAt(*packed, 0, 1), 0x21212121u);
}

/// Rows have a byte each: with the sign of signless numbers, without one for unsigned ones.
TEST(Pack, BytesOfCodes) {
  TemporaryFile file({'\xf1', '\x08'});
  auto bytes = [&](const std::string &element) {
    return weightSection(weight("#moe.piece<$ at 4 shape [3] strides [1]>", "3xi8", file.path(),
                                "{element = " + element + "}"));
  };
  EXPECT_EQ(bytes("i4"), (std::vector<uint8_t>{0xff, 0xf8, 0}));
  EXPECT_EQ(bytes("ui4"), (std::vector<uint8_t>{0x0f, 0x08, 0}));
}

TEST(Pack, CodesBeyondTheFile) {
  TemporaryFile file({'\x21', '\x43'});
  EXPECT_EQ(packingErrors(weight("#moe.piece<$ at 8 shape [3] strides [1]>", "3xi8", file.path(),
                                 "{element = i4}")),
            "'moe.weight' op is malformed: a piece ends at byte 3 of '" + file.path() +
                "', which has 2\n");
}

TEST(Pack, ViewsBeyondTheFile) {
  TemporaryFile file(ramp(4));
  std::string fits = "#moe.piece<$ at 0 shape [4] strides [1]>";
  EXPECT_EQ(packingErrors(weight(fits, "4xf32", file.path())), "");
  EXPECT_EQ(packingErrors(weight("#moe.piece<$ at 4 shape [4] strides [1]>", "4xf32", file.path())),
            "'moe.weight' op is malformed: a piece ends at byte 20 of '" + file.path() +
                "', which has 16\n");
  EXPECT_EQ(packingErrors(weight(fits, "4xf32", "/nowhere/weights")),
            "'moe.weight' op cannot read its numbers from '/nowhere/weights': No such file or "
            "directory\n");
}

} // namespace
