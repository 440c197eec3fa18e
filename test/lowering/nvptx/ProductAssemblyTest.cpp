//===- ProductAssemblyTest.cpp - What products' kernels cost -------------===//
//
// Every kernel through ptxas, for each architecture: no spill, no warning, so many registers at
// most, so many tensor and copy instructions at least.
//
//===----------------------------------------------------------------------===//

#include "lowering/Compile.h"
#include "lowering/nvptx/Codegen.h"
#include "mlir/Parser/Parser.h"
#include "test/lowering/nvptx/Cubin.h"
#include <gtest/gtest.h>

using namespace moe;
using namespace moe::test;

namespace {

/// `moe_kernel_0` and so on, in this order.
constexpr char kProducts[] = R"(
func.func @main(
    %x0: tensor<?x4096xf16>, %w0: tensor<1x4096x14336xf16>, %y0: tensor<?x14336xf16>,
    %offsets: tensor<129xi32>, %index: tensor<?xi32>,
    %x1: tensor<?x2048xbf16>, %w1: tensor<128x2048x768xbf16>, %y1: tensor<?x768xbf16>,
    %x2: tensor<?x1023xf16>, %w2: tensor<128x1023x767xf16>, %b2: tensor<128x767xf16>, %y2: tensor<?x767xf16>,
    %x3: tensor<?x2048xf32>, %w3: tensor<128x2048x768xf32>, %y3: tensor<?x768xf32>,
    %x4: tensor<?x1023xf32>, %w4: tensor<128x1023x767xf32>, %y4: tensor<?x767xf32>,
    %x5: tensor<?x512xf64>, %w5: tensor<128x512x256xf64>, %y5: tensor<?x256xf64>,
    %w6: tensor<128x2048x768xf32>, %y6: tensor<?x768xbf16>)
    -> (tensor<?x14336xf16>, tensor<?x768xbf16>, tensor<?x767xf16>, tensor<?x768xf32>, tensor<?x767xf32>, tensor<?x256xf64>, tensor<?x768xbf16>) {
  %r0 = moe.grouped_matmul %x0 weights(%w0 : tensor<1x4096x14336xf16>) into(%y0 : tensor<?x14336xf16>)
      : tensor<?x4096xf16> -> tensor<?x14336xf16>
  %r1 = moe.grouped_matmul %x1 offsets(%offsets : tensor<129xi32>) row_index(%index : tensor<?xi32>)
      weights(%w1, %w1 : tensor<128x2048x768xbf16>, tensor<128x2048x768xbf16>) into(%y1 : tensor<?x768xbf16>)
      {divisor = 8 : i64} : tensor<?x2048xbf16> -> tensor<?x768xbf16> epilogue {
    ^bb0(%gate: f32, %up: f32):
      %one = arith.constant 1.0 : f32
      %minus = arith.negf %gate : f32
      %exp = math.exp %minus : f32
      %below = arith.addf %exp, %one : f32
      %silu = arith.divf %gate, %below : f32
      %y = arith.mulf %silu, %up : f32
      moe.yield %y : f32
    }
  %r2 = moe.grouped_matmul %x2 offsets(%offsets : tensor<129xi32>) weights(%w2 : tensor<128x1023x767xf16>)
      columns(%b2 : tensor<128x767xf16>) into(%y2 : tensor<?x767xf16>) : tensor<?x1023xf16> -> tensor<?x767xf16> epilogue {
    ^bb0(%acc: f32, %bias: f32):
      %half = arith.constant 0.5 : f32
      %one = arith.constant 1.0 : f32
      %sum = arith.addf %acc, %bias : f32
      %erf = math.erf %sum : f32
      %open = arith.addf %erf, %one : f32
      %part = arith.mulf %sum, %half : f32
      %y = arith.mulf %part, %open : f32
      moe.yield %y : f32
    }
  %r3 = moe.grouped_matmul %x3 offsets(%offsets : tensor<129xi32>) row_index(%index : tensor<?xi32>)
      weights(%w3, %w3 : tensor<128x2048x768xf32>, tensor<128x2048x768xf32>) into(%y3 : tensor<?x768xf32>)
      {divisor = 8 : i64} : tensor<?x2048xf32> -> tensor<?x768xf32> epilogue {
    ^bb0(%gate: f32, %up: f32):
      %exp = math.exp %gate : f32
      %y = arith.mulf %exp, %up : f32
      moe.yield %y : f32
    }
  %r4 = moe.grouped_matmul %x4 offsets(%offsets : tensor<129xi32>) weights(%w4 : tensor<128x1023x767xf32>)
      into(%y4 : tensor<?x767xf32>) : tensor<?x1023xf32> -> tensor<?x767xf32>
  %r5 = moe.grouped_matmul %x5 offsets(%offsets : tensor<129xi32>) weights(%w5 : tensor<128x512x256xf64>)
      into(%y5 : tensor<?x256xf64>) : tensor<?x512xf64> -> tensor<?x256xf64>
  %r6 = moe.grouped_matmul %x1 offsets(%offsets : tensor<129xi32>) row_index(%index : tensor<?xi32>)
      weights(%w6 : tensor<128x2048x768xf32>) into(%y6 : tensor<?x768xbf16>) : tensor<?x2048xbf16> -> tensor<?x768xbf16>
  return %r0, %r1, %r2, %r3, %r4, %r5, %r6 : tensor<?x14336xf16>, tensor<?x768xbf16>, tensor<?x767xf16>, tensor<?x768xf32>, tensor<?x767xf32>, tensor<?x256xf64>, tensor<?x768xbf16>
}
)";

struct Row {
  const char *kernel;
  int registers;                ///< at most
  int tensor, matrices, copies; ///< at least
};

const Row rows[] = {
    // f16, dense: 64 x 64 of a warp, whole chunks.
    {"moe_kernel_0_many", 255, 64, 16, 24},
    {"moe_kernel_0_few", 96, 16, 12, 36},
    // bf16, gathered, two weights and SwiGLU.
    {"moe_kernel_1_many", 255, 64, 16, 24},
    {"moe_kernel_1_few", 128, 16, 12, 36},
    // f16 with odd sizes: elements come through registers.
    {"moe_kernel_2_many", 255, 32, 12, 0},
    {"moe_kernel_2_few", 128, 8, 8, 0},
    // f32, gathered, two weights.
    {"moe_kernel_3_many", 224, 0, 0, 12},
    {"moe_kernel_3_few", 128, 0, 0, 12},
    // f32 with odd sizes: an element a copy.
    {"moe_kernel_4_many", 224, 0, 0, 24},
    {"moe_kernel_4_few", 224, 0, 0, 24},
    // f64.
    {"moe_kernel_5_many", 224, 0, 0, 12},
    {"moe_kernel_5_few", 160, 0, 0, 12},
    // bf16 rows, dequantised weights.
    {"moe_kernel_6_many", 224, 0, 0, 6},
    {"moe_kernel_6_few", 224, 0, 0, 12},
};

/// The products' PTX for both architectures.
std::vector<GpuCode> compileProducts() {
  mlir::DialectRegistry registry;
  registerMoeDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(kProducts, &context);
  mlir::PassManager manager(&context);
  buildNvptxTargetPipeline(manager);
  buildNvptxLlvmPipeline(manager);
  if (!module || failed(manager.run(*module)))
    return {};
  auto program = emitGpuProgram(*module, {80, 90}, /*cubin=*/false);
  return failed(program) ? std::vector<GpuCode>() : std::move(program->codes);
}

TEST(ProductAssembly, Costs) {
  std::string ptxas = findPtxas();
  if (ptxas.empty())
    GTEST_SKIP() << "no ptxas";
  std::vector<GpuCode> codes = compileProducts();
  ASSERT_EQ(codes.size(), 2u);
  for (const GpuCode &code : codes) {
    std::string log;
    auto cubin = assemblePtx(ptxas, code.ptx, code.architecture, log);
    ASSERT_TRUE(bool(cubin)) << llvm::toString(cubin.takeError());
    EXPECT_EQ(log.find("warning"), std::string::npos) << log;
    EXPECT_EQ(log.find("C75"), std::string::npos) << log;
    auto notes = readAssemblerLog(log);
    auto counts = countSass({cubin->begin(), cubin->end()});
    for (const Row &row : rows) {
      SCOPED_TRACE(std::string(row.kernel) + ", sm_" + std::to_string(code.architecture));
      ASSERT_TRUE(notes.count(row.kernel) && counts.count(row.kernel));
      auto &count = counts[row.kernel];
      EXPECT_EQ(notes[row.kernel].spilledBytes, 0);
      EXPECT_EQ(count[kStoreLocal] + count[kLoadLocal], 0);
      EXPECT_LE(notes[row.kernel].registers, row.registers);
      EXPECT_GT(notes[row.kernel].registers, 0);
      EXPECT_GE(count[kTensorMultiply], row.tensor);
      EXPECT_GE(count[kLoadMatrix], row.matrices);
      EXPECT_GE(count[kCopyAsync], row.copies);
    }
  }
}

} // namespace
