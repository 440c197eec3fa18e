//===- ProductsTest.cpp - A device's products against plain loops ---------===//
//
// Numbers are short fractions, so that every sum is exact in f32 and no order of additions, and no
// tensor unit, may change a bit: results are compared for equality. Shapes reach each kernel: many
// and few rows, whole chunks and odd ends, one and several weights, all types.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/nvptx/Harness.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace moe::test;

namespace {

/// An element type: how tests make and read its numbers.
struct Kind {
  const char *name;
  size_t bytes;
};

constexpr Kind f16{"f16", 2}, bf16{"bf16", 2}, f32{"f32", 4}, f64{"f64", 8};

/// `value` as the type has it; ties to even.
void append(std::vector<char> &bytes, const Kind &kind, double value) {
  char raw[8];
  float single = static_cast<float>(value);
  if (kind.bytes == 8) {
    std::memcpy(raw, &value, 8);
  } else if (kind.bytes == 4) {
    std::memcpy(raw, &single, 4);
  } else if (&kind == &f16) {
    _Float16 half = static_cast<_Float16>(single);
    std::memcpy(raw, &half, 2);
  } else {
    uint32_t bits;
    std::memcpy(&bits, &single, 4);
    bits += 0x7FFF + (bits >> 16 & 1);
    std::memcpy(raw, reinterpret_cast<char *>(&bits) + 2, 2);
  }
  bytes.insert(bytes.end(), raw, raw + kind.bytes);
}

/// Numbers of seven bits in (-1, 1), the same for the same seed.
std::vector<double> fractions(size_t count, uint32_t seed) {
  std::vector<double> values(count);
  uint32_t state = seed * 2654435761u + 12345u;
  for (double &value : values) {
    state = state * 1664525u + 1013904223u;
    value = (static_cast<int>(state >> 25) - 64) / 64.0;
  }
  return values;
}

Tensor tensorOf(const Kind &kind, std::vector<int64_t> shape, const std::vector<double> &values) {
  Tensor tensor;
  tensor.shape = std::move(shape);
  for (double value : values)
    append(tensor.bytes, kind, value);
  return tensor;
}

/// One product. Groups are `sizes` rows, each padded to `pad`.
struct Product {
  const char *name;
  const Kind *rows, *weight, *result;
  int64_t depth, columns;
  std::vector<int32_t> sizes; ///< one without offsets: `dense`
  int64_t weights = 1;
  bool biased = false, indexed = false, dense = false;
  int64_t pitch = 0; ///< of rows, and
  int64_t start = 0; ///< where they start in it; 0: dense
  int32_t pad = 16;
  bool tf32 = false; ///< asked for

  int64_t groups() const { return static_cast<int64_t>(sizes.size()); }
  std::vector<int32_t> offsets() const {
    std::vector<int32_t> padded;
    for (int32_t size : sizes)
      padded.push_back((size + pad - 1) / pad * pad);
    return offsetsOf(padded);
  }
  int64_t count() const { return dense ? sizes[0] : offsets().back(); }
  std::string accumulator() const { return rows == &f64 ? "f64" : "f32"; }
};

std::string shaped(const std::string &shape, const Kind &kind) {
  return "tensor<" + shape + "x" + kind.name + ">";
}

std::string list(const std::string &name, int64_t count, const std::string &between = ", ") {
  std::string text;
  for (int64_t i = 0; i < count; ++i)
    text += (i ? between : "") + name + (name[0] == '%' ? std::to_string(i) : "");
  return text;
}

/// acc0 + 2 * acc1 + 3 * acc2 + ... + bias, nothing below zero where there is a bias.
std::string epilogue(const Product &p) {
  if (p.weights == 1 && !p.biased)
    return "";
  std::string type = p.accumulator(), code = " epilogue {\n^bb0(";
  for (int64_t i = 0; i < p.weights; ++i)
    code += (i ? ", %a" : "%a") + std::to_string(i) + ": " + type;
  code += (p.biased ? ", %add: " + type : "") + "):\n";
  std::string sum = "%a0";
  for (int64_t i = 1; i < p.weights; ++i) {
    std::string n = std::to_string(i);
    code += "%f" + n + " = arith.constant " + std::to_string(i + 1) + ".0 : " + type + "\n%m" + n +
            " = arith.mulf %a" + n + ", %f" + n + " : " + type + "\n%s" + n + " = arith.addf " +
            sum + ", %m" + n + " : " + type + "\n";
    sum = "%s" + n;
  }
  if (p.biased) {
    code += "%zero = arith.constant 0.0 : " + type + "\n%b = arith.addf " + sum +
            ", %add : " + type + "\n%r = arith.maximumf %b, %zero : " + type + "\n";
    sum = "%r";
  }
  return code + "moe.yield " + sum + " : " + type + "\n}";
}

/// A module whose inputs are all of the product's operands.
std::string text(const Product &p) {
  std::string g = std::to_string(p.groups()), k = std::to_string(p.depth);
  std::string n = std::to_string(p.columns), pitch = std::to_string(p.pitch);
  std::string offsets = "tensor<" + std::to_string(p.groups() + 1) + "xi32>";
  std::string x = shaped("?x" + k, *p.rows), y = shaped("?x" + n, *p.result);
  std::string wide = shaped("?x" + pitch, *p.rows), w = shaped(g + "x" + k + "x" + n, *p.weight);
  std::string bias = shaped(g + "x" + n, *p.weight);
  std::string code = "func.func @main(%wide: " + (p.pitch ? wide : x) + ", %offsets: " + offsets +
                     ", %index: tensor<?xi32>, %bias: " + bias;
  for (int64_t i = 0; i < p.weights; ++i)
    code += ", %w" + std::to_string(i) + ": " + w;
  code += ") -> " + y +
          " {\n%c0 = arith.constant 0 : index\n%count = tensor.dim %index, %c0 : "
          "tensor<?xi32>\n%init = tensor.empty(%count) : " +
          y + "\n";
  std::string source = "%wide";
  if (p.pitch) {
    source = "%x";
    code += "%height = tensor.dim %wide, %c0 : " + wide + "\n%x = tensor.extract_slice %wide[0, " +
            std::to_string(p.start) + "] [%height, " + k + "] [1, 1] : " + wide + " to " + x + "\n";
  }
  code += "%y = moe.grouped_matmul " + source;
  if (!p.dense)
    code += " offsets(%offsets : " + offsets + ")";
  if (p.indexed)
    code += " row_index(%index : tensor<?xi32>)";
  code += " weights(" + list("%w", p.weights) + " : " + list(w, p.weights) + ")";
  if (p.biased)
    code += " columns(%bias : " + bias + ")";
  code += " into(%init : " + y + ")" + (p.indexed ? " {divisor = 2 : i64}" : "") + " : " + x +
          " -> " + y + epilogue(p);
  code += "\nreturn %y : " + y + "\n}\n";
  return p.tf32 ? "module attributes {moe.precision = \"tf32\"} {\n" + code + "}\n" : code;
}

/// The operands and what they should give.
struct Trial {
  explicit Trial(const Product &product);
  double expected(int64_t group, int64_t row, int64_t column) const;
  void check(const Tensor &result) const;

  Product p;
  int64_t pitch, sources;
  std::vector<double> x, bias;
  std::vector<std::vector<double>> w;
  std::vector<int32_t> index;
  std::vector<Tensor> inputs;
};

Trial::Trial(const Product &product)
    : p(product), pitch(p.pitch ? p.pitch : p.depth),
      sources(p.indexed ? p.count() / 2 + 1 : p.count()),
      x(fractions(static_cast<size_t>(sources * pitch), 1)),
      bias(fractions(static_cast<size_t>(p.groups() * p.columns), 2)) {
  for (int64_t r = 0; r < p.count(); ++r)
    index.push_back(r % 7 == 3 ? -1 : static_cast<int32_t>((r * 5) % (sources * 2)));
  inputs = {tensorOf(*p.rows, {sources, pitch}, x), Tensor({p.groups() + 1}, p.offsets()),
            Tensor({p.count()}, index), tensorOf(*p.weight, {p.groups(), p.columns}, bias)};
  for (int64_t i = 0; i < p.weights; ++i) {
    w.push_back(fractions(static_cast<size_t>(p.groups() * p.depth * p.columns),
                          static_cast<uint32_t>(i) + 3));
    inputs.push_back(tensorOf(*p.weight, {p.groups(), p.depth, p.columns}, w.back()));
  }
}

double Trial::expected(int64_t group, int64_t row, int64_t column) const {
  int64_t source = row;
  if (p.indexed)
    source = index[row] < 0 ? -1 : index[row] / 2;
  double sum = 0;
  for (int64_t i = 0; i < p.weights; ++i)
    for (int64_t k = 0; k < p.depth && source >= 0; ++k)
      sum += (i + 1) * x[source * pitch + p.start + k] *
             w[i][(group * p.depth + k) * p.columns + column];
  return p.biased ? std::max(sum + bias[group * p.columns + column], 0.0) : sum;
}

void Trial::check(const Tensor &result) const {
  ASSERT_EQ(result.shape, (std::vector<int64_t>{p.count(), p.columns}));
  std::vector<int32_t> offsets = p.dense ? std::vector<int32_t>{0} : p.offsets();
  for (int64_t group = 0; group < p.groups(); ++group)
    for (int64_t row = offsets[group]; row < offsets[group] + p.sizes[group]; ++row)
      for (int64_t column = 0; column < p.columns; ++column) {
        std::vector<char> bytes;
        append(bytes, *p.result, expected(group, row, column));
        size_t at = static_cast<size_t>(row * p.columns + column) * bytes.size();
        ASSERT_EQ(std::memcmp(result.bytes.data() + at, bytes.data(), bytes.size()), 0)
            << "group " << group << ", row " << row << ", column " << column;
      }
}

const std::vector<int32_t> kFew = {5, 0, 3}, kUneven = {200, 0, 1, 17, 0, 130};

// name, rows, weights, results, K, N, groups' rows, weights, biased, indexed, dense, pitch, start
const Product products[] = {
    {"decode", &f16, &f16, &f16, 64, 128, kFew, 1, false, true},
    {"odd decode", &bf16, &bf16, &bf16, 33, 41, kFew, 1, true, true},
    {"gated decode", &bf16, &bf16, &bf16, 72, 72, kFew, 2, true, true},
    {"prefill", &f16, &f16, &f16, 104, 264, kUneven, 1, true},
    {"gated prefill", &bf16, &bf16, &bf16, 64, 136, kUneven, 2, true, true},
    {"odd depth", &f16, &f16, &f16, 39, 128, kUneven, 1, false, true},
    {"odd columns", &f16, &f16, &f16, 40, 131, kUneven, 2},
    {"eight weights", &f16, &f16, &f32, 24, 40, kUneven, 8, false, true},
    {"results of f32", &bf16, &bf16, &f32, 24, 40, kFew, 1, true},
    {"a slice of rows", &f16, &f16, &f16, 32, 64, kUneven, 1, false, true, false, 48, 8},
    {"an odd slice", &f16, &f16, &f16, 32, 64, kUneven, 1, false, false, false, 48, 3},
    {"dense", &f16, &f16, &f16, 64, 96, {150}, 1, false, false, true},
    {"dense f32", &f32, &f32, &f32, 33, 41, {150}, 1, true, false, true},
    {"one row", &f32, &f32, &f32, 64, 96, {1}, 1, false, false, true},
    {"no rows", &f16, &f16, &f16, 64, 96, {0}, 1, false, false, true},
    {"no rows in groups", &f32, &f32, &f32, 16, 16, {0, 0, 0}, 1, false, true},
    {"f32", &f32, &f32, &f32, 72, 264, kUneven, 1, true, true},
    {"gated f32", &f32, &f32, &f32, 36, 100, kUneven, 2, true, true},
    {"odd f32", &f32, &f32, &f32, 37, 33, kFew, 3, false, false, false, 39, 1},
    {"tf32", &f32, &f32, &f32, 72, 264, kUneven, 1, true, true, false, 0, 0, 16, true},
    {"gated tf32", &f32, &f32, &f32, 36, 100, kUneven, 2, true, true, false, 0, 0, 16, true},
    {"odd tf32", &f32, &f32, &f32, 37, 33, kFew, 3, false, false, false, 39, 1, 16, true},
    {"f64", &f64, &f64, &f64, 33, 65, kUneven, 2, true, true},
    {"few f64", &f64, &f64, &f64, 16, 40, kFew},
    {"dequantised weights", &f16, &f32, &f16, 40, 72, kUneven, 2, true, true},
    {"few dequantised", &bf16, &f32, &bf16, 31, 35, kFew, 1, true, true},
    {"no depth", &f16, &f16, &f16, 0, 40, kFew, 1, true},
    {"a router", &f32, &f32, &f32, 40, 6, {70}, 1, false, false, true},
};

void PrintTo(const Product &product, std::ostream *stream) { *stream << product.name; }

class Products : public testing::TestWithParam<Product> {};

TEST_P(Products, EqualPlainLoops) {
  auto program = compileForDevice(text(GetParam()));
  ASSERT_TRUE(program) << text(GetParam());
  Trial trial(GetParam());
  std::vector<Tensor> results = (*program)(trial.inputs);
  ASSERT_EQ(results.size(), 1u);
  trial.check(results[0]);
}

std::string caseName(const testing::TestParamInfo<Product> &info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Products, testing::ValuesIn(products), caseName);

/// One program, whatever the number of rows and where they go.
TEST(ProductsAtRun, AnyRows) {
  Product p{"", &f16, &f16, &f16, 24, 40, {0, 0, 0, 0}, 1, false, true};
  auto program = compileForDevice(text(p));
  ASSERT_TRUE(program);
  for (std::vector<int32_t> sizes : {std::vector<int32_t>{0, 0, 0, 0},
                                     {1, 0, 0, 0},
                                     {0, 0, 0, 300},
                                     {31, 33, 0, 64},
                                     {128, 129, 127, 1}}) {
    p.sizes = sizes;
    Trial trial(p);
    trial.check((*program)(trial.inputs).at(0));
  }
}

/// Groups are found among more than a warp looks at at once, and more than that squared.
TEST(ProductsAtRun, ManyGroups) {
  for (int64_t groups : {32, 33, 512, 1100}) {
    std::vector<int32_t> sizes(static_cast<size_t>(groups));
    sizes[3] = 20;
    sizes[31] = 5;
    sizes.back() = 17;
    Trial trial({"", &f32, &f32, &f32, 4, 8, sizes, 1, false, true});
    auto program = compileForDevice(text(trial.p));
    ASSERT_TRUE(program);
    trial.check((*program)(trial.inputs).at(0));
  }
}

/// Groups that are not padded start anywhere; a tile's rows behind its group's end are not stored.
TEST(ProductsAtRun, GroupsNextToEachOther) {
  for (std::vector<int32_t> sizes : {std::vector<int32_t>{3, 1, 0, 7}, {150, 1, 131, 5}}) {
    Trial trial({"", &f16, &f16, &f16, 24, 40, sizes, 1, true, true, false, 0, 0, /*pad=*/1});
    auto program = compileForDevice(text(trial.p));
    ASSERT_TRUE(program);
    trial.check((*program)(trial.inputs).at(0));
  }
}

/// Numbers whose sums of products are not exact; the first are the same, however many.
std::vector<float> uneven(int64_t count, uint32_t state) {
  std::vector<float> values(static_cast<size_t>(count));
  for (float &value : values) {
    state = state * 1664525u + 1013904223u;
    value = (static_cast<int32_t>(state >> 8) - (1 << 23)) / 8388609.0f;
  }
  return values;
}

/// f32 is a chain of fused multiply-adds in ascending depth: the CPU's bits.
TEST(ProductsAtRun, ExactChains) {
  constexpr int64_t depth = 77, columns = 40;
  Product p{"", &f32, &f32, &f32, depth, columns, {70}, 1, false, false, true};
  auto program = compileForDevice(text(p));
  ASSERT_TRUE(program);
  std::vector<float> w = uneven(depth * columns, 3);
  for (int64_t rows : {3, 70}) {
    std::vector<float> x = uneven(rows * depth, 7), expected;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t n = 0; n < columns; ++n) {
        float sum = 0;
        for (int64_t k = 0; k < depth; ++k)
          sum = std::fma(x[r * depth + k], w[k * columns + n], sum);
        expected.push_back(sum);
      }
    std::vector<Tensor> results = (*program)(
        {Tensor({rows, depth}, x), Tensor({2}, std::vector<int32_t>{0, 0}),
         Tensor({rows}, std::vector<int32_t>(rows)),
         Tensor({1, columns}, std::vector<float>(columns)), Tensor({1, depth, columns}, w)});
    EXPECT_EQ(results.at(0).as<float>(), expected) << rows << " rows";
  }
}

/// A row's bits do not depend on the rows beside it, nor on the kernel that they lead to.
TEST(ProductsAtRun, RowsAreAlone) {
  for (const Kind *kind : {&f16, &bf16, &f32, &f64}) {
    constexpr int64_t depth = 200, columns = 48;
    Product p{"", kind, kind, kind, depth, columns, {0}, 1, false, false, true};
    auto program = compileForDevice(text(p));
    ASSERT_TRUE(program);
    auto numbers = [&](std::vector<int64_t> shape) {
      std::vector<float> values =
          uneven(shape[0] * shape[1] * (shape.size() > 2 ? shape[2] : 1), 7);
      return tensorOf(*kind, shape, {values.begin(), values.end()});
    };
    std::vector<char> first;
    for (int64_t rows : {200, 40, 5}) {
      Tensor x = numbers({rows, depth});
      std::vector<Tensor> results = (*program)(
          {x, Tensor({2}, std::vector<int32_t>{0, 0}), Tensor({rows}, std::vector<int32_t>(rows)),
           numbers({1, columns}), numbers({1, depth, columns})});
      std::vector<char> &bytes = results.at(0).bytes;
      if (first.empty())
        first = bytes;
      EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), first.begin())) << rows << " rows";
    }
  }
}

} // namespace
