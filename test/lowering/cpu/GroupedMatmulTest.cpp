//===- GroupedMatmulTest.cpp - Grouped products against plain loops -------===//
//
// Every type, tile height, tail of the depth and of the columns, on every instruction set that this
// machine has. The bound is the one of any order of sums: gamma_K * sum |a * b|, carried through
// the epilogue by its slope, plus the rounding of the result's own type.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/cpu/Harness.h"
#include "test/lowering/cpu/WeightSection.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace moe::test;

namespace {

/// An element type: how tests make, read and bound its numbers.
struct Kind {
  const char *name, *accumulator;
  size_t bytes;
  double unit;     ///< half the distance from 1 to the next number
  double smallest; ///< half the smallest number
  double sumUnit;  ///< the accumulator's
};

const Kind kinds[] = {
    {"f32", "f32", 4, 0x1p-24, 0x1p-150, 0x1p-24},
    {"f64", "f64", 8, 0x1p-53, 0x0p0, 0x1p-53},
    {"f16", "f32", 2, 0x1p-11, 0x1p-25, 0x1p-24},
    {"bf16", "f32", 2, 0x1p-8, 0x1p-134, 0x1p-24},
};

void append(std::vector<char> &bytes, const void *number, size_t size) {
  bytes.insert(bytes.end(), static_cast<const char *>(number),
               static_cast<const char *>(number) + size);
}

/// Appends `value` in the type; it is a short fraction, so that no type rounds it.
void appendNumber(std::vector<char> &bytes, const Kind &kind, double value) {
  if (kind.bytes == 8)
    return append(bytes, &value, 8);
  float single = static_cast<float>(value);
  if (kind.bytes == 4)
    return append(bytes, &single, 4);
  if (kind.unit == 0x1p-11) {
    _Float16 half = static_cast<_Float16>(value);
    return append(bytes, &half, 2);
  }
  append(bytes, reinterpret_cast<const char *>(&single) + 2, 2);
}

double numberAt(const std::vector<char> &bytes, const Kind &kind, size_t i) {
  const char *at = bytes.data() + i * kind.bytes;
  if (kind.bytes == 8) {
    double value;
    std::memcpy(&value, at, 8);
    return value;
  }
  float single = 0;
  if (kind.bytes == 4) {
    std::memcpy(&single, at, 4);
    return single;
  }
  if (kind.unit == 0x1p-11) {
    _Float16 half;
    std::memcpy(&half, at, 2);
    return static_cast<double>(half);
  }
  std::memcpy(reinterpret_cast<char *>(&single) + 2, at, 2);
  return single;
}

/// Numbers of seven bits in (-1, 1), the same for the same seed.
std::vector<char> numbers(const Kind &kind, size_t count, uint32_t seed) {
  std::vector<char> bytes;
  uint32_t state = seed * 2654435761u + 12345u;
  for (size_t i = 0; i < count; ++i) {
    state = state * 1664525u + 1013904223u;
    appendNumber(bytes, kind, (static_cast<int>(state >> 25) - 64) / 64.0);
  }
  return bytes;
}

enum class Body { None, Bias, Gated, Gelu, Swiglu };
constexpr int kBodies = 5;

bool isGated(Body body) { return body == Body::Gated || body == Body::Swiglu; }

/// One product: its shape, its operands, and what it should give.
struct Product {
  const Kind *kind;
  int64_t depth, columns;
  std::vector<int32_t> sizes;
  Body body = Body::None;
  bool rowIndex = false;

  int64_t groups() const { return static_cast<int64_t>(sizes.size()); }
  int64_t rows() const { return offsets().back(); }
  std::vector<int32_t> offsets() const { return offsetsOf(sizes); }
  size_t weightElements() const { return static_cast<size_t>(groups() * depth * columns); }
};

std::string bodyText(Body body, const std::string &type) {
  auto one = [&](const std::string &text) {
    std::string result = text;
    for (size_t at; (at = result.find('$')) != std::string::npos;)
      result.replace(at, 1, type);
    return result;
  };
  switch (body) {
  case Body::None:
    return "";
  case Body::Bias:
    return one(R"( epilogue {
      ^bb0(%acc: $, %bias: $):
        %zero = arith.constant 0.0 : $
        %sum = arith.addf %acc, %bias : $
        %relu = arith.maximumf %sum, %zero : $
        moe.yield %relu : $
      })");
  case Body::Gated:
    return one(R"( epilogue {
      ^bb0(%gate: $, %up: $, %bias: $):
        %half = arith.constant 0.5 : $
        %open = arith.addf %gate, %bias : $
        %scaled = arith.mulf %up, %half : $
        %y = arith.mulf %open, %scaled : $
        moe.yield %y : $
      })");
  case Body::Gelu:
    return one(R"( epilogue {
      ^bb0(%acc: $, %bias: $):
        %one = arith.constant 1.0 : $
        %half = arith.constant 0.5 : $
        %root = arith.constant 0.70710678118654752 : $
        %sum = arith.addf %acc, %bias : $
        %scaled = arith.mulf %sum, %root : $
        %erf = math.erf %scaled : $
        %open = arith.addf %erf, %one : $
        %part = arith.mulf %sum, %half : $
        %y = arith.mulf %part, %open : $
        moe.yield %y : $
      })");
  case Body::Swiglu:
    return one(R"( epilogue {
      ^bb0(%gate: $, %up: $, %bias: $):
        %one = arith.constant 1.0 : $
        %sum = arith.addf %gate, %bias : $
        %minus = arith.negf %sum : $
        %exp = math.exp %minus : $
        %below = arith.addf %exp, %one : $
        %silu = arith.divf %sum, %below : $
        %y = arith.mulf %silu, %up : $
        moe.yield %y : $
      })");
  }
  return "";
}

/// The product as text, its weights in `path`: W, then U.
std::string text(const Product &p, const std::string &path) {
  std::string type = p.kind->name, g = std::to_string(p.groups());
  std::string k = std::to_string(p.depth), n = std::to_string(p.columns);
  std::string offsets = "tensor<" + std::to_string(p.groups() + 1) + "xi32>";
  std::string weight = "tensor<" + g + "x" + k + "x" + n + "x" + type + ">";
  std::string bias = "tensor<" + g + "x" + n + "x" + type + ">";
  std::string x = "tensor<?x" + k + "x" + type + ">", y = "tensor<?x" + n + "x" + type + ">";
  auto piece = [&](size_t at) {
    return "moe.weight [#moe.piece<\"" + path + "\" at " + std::to_string(at) + " shape [" + g +
           ", " + k + ", " + n + "] strides [" + std::to_string(p.depth * p.columns) + ", " + n +
           ", 1]>] : " + weight + "\n";
  };
  bool two = isGated(p.body), biased = p.body != Body::None;
  std::string code =
      "func.func @main(%x: " + x + ", %offsets: " + offsets +
      ", %index: tensor<?xi32>, %columns: " + bias + ") -> " + y + " {\n" + "%w = " + piece(0) +
      "%u = " + piece(p.weightElements() * p.kind->bytes) + "%c0 = arith.constant 0 : index\n" +
      "%rows = tensor.dim %index, %c0 : tensor<?xi32>\n" + "%init = tensor.empty(%rows) : " + y +
      "\n" + "%y = moe.grouped_matmul %x offsets(%offsets : " + offsets + ")";
  if (p.rowIndex)
    code += " row_index(%index : tensor<?xi32>)";
  code +=
      two ? " weights(%w, %u : " + weight + ", " + weight + ")" : " weights(%w : " + weight + ")";
  if (biased)
    code += " columns(%columns : " + bias + ")";
  code += " into(%init : " + y + ") {divisor = 2 : i64} : " + x + " -> " + y;
  return code + bodyText(p.body, p.kind->accumulator) + "\nreturn %y : " + y + "\n}\n";
}

/// A compiled product with its operands.
struct Program {
  Product p;
  std::vector<char> x, bias, weights;
  std::vector<int32_t> index;
  Call run;
  std::unique_ptr<Code> code;

  explicit Program(const Product &product) : p(product) {
    int64_t tokens = p.rowIndex ? p.rows() / 2 + 1 : p.rows();
    x = numbers(*p.kind, tokens * p.depth, 1);
    bias = numbers(*p.kind, p.groups() * p.columns, 2);
    weights = numbers(*p.kind, 2 * p.weightElements(), 3);
    for (int64_t row = 0; row < p.rows(); ++row)
      index.push_back(row % 11 == 5 ? -1 : static_cast<int32_t>((row * 7) % (2 * tokens)));
    run.outputBytes = {p.kind->bytes};
  }

  bool compileFor(const std::string &variant) {
    TemporaryFile file(weights);
    std::string source = text(p, file.path());
    auto section = weightSection(source);
    if (!section)
      return false;
    run.weights = *section;
    code = compile(source, variant, "cpu-plan-artifact");
    return code != nullptr;
  }

  /// Runs on rows of these groups instead of the product's own.
  std::vector<char> operator()(const std::vector<int32_t> &offsets,
                               const std::vector<int32_t> &rowIndex,
                               const std::vector<char> &rows) {
    int64_t count = static_cast<int64_t>(rows.size() / p.kind->bytes) / p.depth;
    Tensor input;
    input.shape = {count, p.depth};
    input.bytes = rows;
    Tensor columns;
    columns.shape = {p.groups(), p.columns};
    columns.bytes = bias;
    return code
        ->run({input, Tensor({p.groups() + 1}, offsets),
               Tensor({static_cast<int64_t>(rowIndex.size())}, rowIndex), columns},
              run)
        .at(0)
        .bytes;
  }
  std::vector<char> operator()() { return (*this)(p.offsets(), index, x); }
};

/// A value and how far from it a right answer may lie.
struct Bounded {
  double value, error;
};

/// sum of a * b over the depth, in double.
Bounded expectedSum(const Program &program, int64_t row, int64_t group, int64_t column,
                    bool second) {
  const Product &p = program.p;
  int64_t source = p.rowIndex ? program.index[row] : row;
  if (source < 0)
    return {0, 0};
  source = p.rowIndex ? source / 2 : source;
  double sum = 0, magnitude = 0;
  for (int64_t k = 0; k < p.depth; ++k) {
    size_t at = (group * p.depth + k) * p.columns + column + (second ? p.weightElements() : 0);
    double product =
        numberAt(program.x, *p.kind, source * p.depth + k) * numberAt(program.weights, *p.kind, at);
    sum += product;
    magnitude += std::fabs(product);
  }
  double ku = static_cast<double>(p.depth) * p.kind->sumUnit;
  return {sum, ku / (1 - ku) * magnitude};
}

/// Roundings of an activation's own arithmetic, in units of its largest intermediate value.
constexpr double kActivationRoundings = 16;

/// f of a bounded value: `slope` bounds |f'|, `scale` what f's intermediate values reach.
Bounded activate(Bounded x, double value, double slope, double scale, double unit) {
  return {value, slope * x.error + kActivationRoundings * unit * scale};
}

Bounded times(Bounded a, Bounded b, double unit) {
  double value = a.value * b.value;
  return {value, a.error * (std::fabs(b.value) + b.error) + std::fabs(a.value) * b.error +
                     2 * unit * std::fabs(value)};
}

Bounded expected(const Program &program, int64_t row, int64_t group, int64_t column) {
  const Product &p = program.p;
  double u = p.kind->sumUnit;
  Bounded y = expectedSum(program, row, group, column, false);
  Bounded up{1, 0};
  if (isGated(p.body))
    up = expectedSum(program, row, group, column, true);
  if (p.body != Body::None) {
    y.value += numberAt(program.bias, *p.kind, group * p.columns + column);
    y.error += u * std::fabs(y.value);
  }
  double x = y.value;
  switch (p.body) {
  case Body::None:
    break;
  case Body::Bias:
    y.value = std::max(0.0, x);
    break;
  case Body::Gated:
    y = times(y, {up.value * 0.5, up.error * 0.5}, u);
    break;
  case Body::Gelu:
    y = activate(y, 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))), 1.13, std::fabs(x), u);
    break;
  case Body::Swiglu:
    y = times(activate(y, x / (1 + std::exp(-x)), 1.1, std::fabs(x), u), up, u);
    break;
  }
  y.error += p.kind->unit * (std::fabs(y.value) + y.error) + p.kind->smallest;
  return y;
}

void expectRight(Program &program, const std::vector<char> &y) {
  const Product &p = program.p;
  ASSERT_EQ(y.size(), static_cast<size_t>(p.rows() * p.columns) * p.kind->bytes);
  double worst = 0;
  int64_t row = 0;
  for (int64_t group = 0; group < p.groups(); ++group)
    for (int32_t i = 0; i < p.sizes[group]; ++i, ++row)
      for (int64_t column = 0; column < p.columns; ++column) {
        Bounded want = expected(program, row, group, column);
        double found = numberAt(y, *p.kind, row * p.columns + column);
        double error = std::fabs(found - want.value);
        if (want.error > 0)
          worst = std::max(worst, error / want.error);
        ASSERT_LE(error, want.error) << p.kind->name << " K=" << p.depth << " N=" << p.columns
                                     << " row " << row << " of " << p.sizes[group] << " column "
                                     << column << ": expected " << want.value << ", got " << found;
      }
  testing::Test::RecordProperty(std::string("worst_") + p.kind->name, std::to_string(worst));
}

class GroupedMatmul : public testing::TestWithParam<std::string> {
protected:
  void check(const Product &product) {
    Program program(product);
    ASSERT_TRUE(program.compileFor(GetParam()));
    expectRight(program, program());
  }
};
INSTANTIATE_TEST_SUITE_P(Variants, GroupedMatmul, testing::ValuesIn(hostVariants()),
                         [](const auto &info) { return info.param; });

const int64_t depths[] = {1, 7, 512, 513, 1030};
const int64_t columnCounts[] = {1, 15, 16, 17, 47, 48, 49, 100};
/// Every height of two tiles, and empty groups at both ends and in between.
const std::vector<int32_t> heights = {0, 1,  2,  3,  4,  5,  6,  7,  8,  9,
                                      0, 10, 11, 12, 13, 14, 15, 16, 17, 0};

/// All depths and column counts for f32; each of them at least once for the others.
TEST_P(GroupedMatmul, EveryShape) {
  int number = 0;
  for (const Kind &kind : kinds)
    for (size_t k = 0; k < std::size(depths); ++k)
      for (size_t n = 0; n < std::size(columnCounts); ++n) {
        if (&kind != kinds && (k + n) % 4 != 0)
          continue;
        Body body = static_cast<Body>(number % kBodies);
        check({&kind, depths[k], columnCounts[n], heights, body, number % 2 == 1});
        if (HasFatalFailure())
          return;
        ++number;
      }
}

/// Groups of more than one row block, shared between tickets.
TEST_P(GroupedMatmul, LargeGroups) {
  check({&kinds[0], 70, 100, {300, 0, 129, 1}, Body::Swiglu, true});
  check({&kinds[3], 70, 100, {300, 0, 129, 1}, Body::Gated, false});
}

/// One group: the dense product, whose rows are shared in smaller parts.
TEST_P(GroupedMatmul, OneGroup) { check({&kinds[0], 1024, 49, {77}, Body::Bias, false}); }

TEST_P(GroupedMatmul, NoRows) {
  Program program({&kinds[0], 16, 16, {0, 0}, Body::None, false});
  ASSERT_TRUE(program.compileFor(GetParam()));
  EXPECT_TRUE(program().empty());
}

/// The same bits for a row alone and in company, and for any number of threads.
TEST_P(GroupedMatmul, SameBitsInAnyBatch) {
  for (const Kind &kind : kinds) {
    Program program({&kind, 1030, 100, {13, 0, 9, 1}, Body::Swiglu, false});
    ASSERT_TRUE(program.compileFor(GetParam()));
    std::vector<char> together = program();
    program.run.threads = 3;
    EXPECT_EQ(together, program()) << kind.name;
    size_t rowBytes = 1030 * kind.bytes, outBytes = 100 * kind.bytes;
    std::vector<int32_t> bounds = program.p.offsets();
    for (int32_t row = 0; row < 23; ++row) {
      std::vector<int32_t> alone;
      for (int32_t bound : bounds)
        alone.push_back(bound > row);
      std::vector<char> one(program.x.begin() + row * rowBytes,
                            program.x.begin() + (row + 1) * rowBytes);
      std::vector<char> want(together.begin() + row * outBytes,
                             together.begin() + (row + 1) * outBytes);
      EXPECT_EQ(program(alone, {0}, one), want) << kind.name << " row " << row;
    }
  }
}

/// Nothing is written behind the last group's rows, be they room for padding or not.
TEST_P(GroupedMatmul, LeavesRowsBehindTheLastGroup) {
  Program program({&kinds[0], 33, 20, {3, 2}, Body::Bias, false});
  ASSERT_TRUE(program.compileFor(GetParam()));
  std::vector<char> rows = numbers(kinds[0], 9 * 33, 1);
  std::vector<char> y = program({0, 3, 5}, std::vector<int32_t>(9), rows);
  for (size_t i = 5 * 20 * 4; i < y.size(); ++i)
    ASSERT_EQ(static_cast<unsigned char>(y[i]), 0xcd); // what the harness fills memory with
}

} // namespace
