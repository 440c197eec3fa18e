//===- RoutingAssemblyTest.cpp - What routing's kernels cost ---------------===//
//
// Every kernel through ptxas: no spill, no warning, so many registers at most.
//
//===----------------------------------------------------------------------===//

#include "lowering/Compile.h"
#include "lowering/Lowerings.h"
#include "lowering/nvptx/Codegen.h"
#include "mlir/Parser/Parser.h"
#include "test/lowering/nvptx/Cubin.h"
#include <gtest/gtest.h>

using namespace moe;
using namespace moe::test;

namespace {

/// `moe_routing_0` and so on, in this order.
constexpr char kRouting[] = R"(
func.func @main(%l: tensor<?x256xf32>, %b: tensor<256xf32>, %d: tensor<?x40xf64>, %x: tensor<?x2048xbf16>)
    -> (tensor<?x2048xbf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x3xf64>, tensor<?xi32>) {
  %w, %e, %s, %o = moe.route %l bias %b : tensor<256xf32>
      <score = sigmoid, k = 8, normalize = true, groups = 8, top_groups = 4, group_best = 2> {tile = 16 : i64}
      : tensor<?x256xf32> -> tensor<?x8xf32>, tensor<?x8xi32>, tensor<?xi32>, tensor<257xi32>
  %w1, %e1, %s1, %o1 = moe.route %l <score = softmax, k = 8, normalize = true>
      {tile = 16 : i64, capacity = 40 : i64, rank_major}
      : tensor<?x256xf32> -> tensor<?x8xf32>, tensor<?x8xi32>, tensor<?xi32>, tensor<257xi32>
  %w2, %e2, %s2, %o2 = moe.route %d <score = sqrt_softplus, k = 3> {tile = 1 : i64}
      : tensor<?x40xf64> -> tensor<?x3xf64>, tensor<?x3xi32>, tensor<?xi32>, tensor<41xi32>
  %w3, %e3, %s3, %o3 = moe.route %l <score = sparsemixer, k = 2> {tile = 1 : i64}
      : tensor<?x256xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<257xi32>
  %r = moe.gather %x, %s {k = 8 : i64} : tensor<?x2048xbf16>, tensor<?xi32> -> tensor<?x2048xbf16>
  %y = moe.combine %r, %s, %w : tensor<?x2048xbf16>, tensor<?xi32>, tensor<?x8xf32> -> tensor<?x2048xbf16>
  return %y, %s1, %s2, %w2, %s3 : tensor<?x2048xbf16>, tensor<?xi32>, tensor<?xi32>, tensor<?x3xf64>, tensor<?xi32>
}
)";

struct Row {
  const char *kernel;
  int registers; ///< at most
};

const Row rows[] = {
    // 48 KB of shared memory and 22 warps a block.
    {"moe_routing_0_block", 64},
    {"moe_routing_0_gate", 40},
    {"moe_routing_0_count", 40},
    {"moe_routing_0_sum", 40},
    {"moe_routing_0_place", 40},
    {"moe_routing_1_block", 64},
    {"moe_routing_1_gate", 40},
    {"moe_routing_1_count_kept", 40},
    {"moe_routing_1_place_kept", 40},
    // Scores in double precision.
    {"moe_routing_2_block", 64},
    {"moe_routing_2_gate", 64},
    {"moe_routing_3_gate", 40},
    {"moe_routing_4_gather", 32},
    {"moe_routing_5_combine", 64},
};

/// The PTX for both architectures.
std::vector<GpuCode> compileRouting() {
  mlir::DialectRegistry registry;
  registerMoeDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(kRouting, &context);
  mlir::PassManager manager(&context);
  ConvertMoeToLinalgOptions convert;
  convert.functions = true;
  manager.addPass(createConvertMoeToLinalg(convert));
  buildNvptxTargetPipeline(manager, "f32");
  buildNvptxLlvmPipeline(manager);
  if (!module || failed(manager.run(*module)))
    return {};
  auto program = emitGpuProgram(*module, {80, 90}, /*cubin=*/false);
  return failed(program) ? std::vector<GpuCode>() : std::move(program->codes);
}

TEST(RoutingAssembly, Costs) {
  std::string ptxas = findPtxas();
  if (ptxas.empty())
    GTEST_SKIP() << "no ptxas";
  std::vector<GpuCode> codes = compileRouting();
  ASSERT_EQ(codes.size(), 2u);
  for (const GpuCode &code : codes) {
    std::string log;
    auto cubin = assemblePtx(ptxas, code.ptx, code.architecture, log);
    ASSERT_TRUE(bool(cubin)) << llvm::toString(cubin.takeError());
    EXPECT_EQ(log.find("warning"), std::string::npos) << log;
    auto notes = readAssemblerLog(log);
    for (const Row &row : rows) {
      SCOPED_TRACE(std::string(row.kernel) + ", sm_" + std::to_string(code.architecture));
      ASSERT_TRUE(notes.count(row.kernel));
      EXPECT_EQ(notes[row.kernel].spilledBytes, 0);
      EXPECT_LE(notes[row.kernel].registers, row.registers);
      EXPECT_GT(notes[row.kernel].registers, 0);
    }
  }
}

} // namespace
