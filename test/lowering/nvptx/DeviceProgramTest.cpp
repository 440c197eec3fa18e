//===- DeviceProgramTest.cpp - A module's way through host and device -----===//
//
// Weights and constants on the device, numbers that the host reads, failures: what is beside the
// kernels themselves.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/nvptx/Harness.h"
#include <gtest/gtest.h>

using namespace moe::test;

namespace {

TEST(DeviceProgram, WeightsAndConstantsAreOnTheDevice) {
  auto program = compileForDevice(R"(
    #id = affine_map<(d0) -> (d0)>
    func.func @main(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<4xf32>) {
      %c0 = arith.constant 0 : index
      %four = arith.constant 4 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %fits = arith.cmpi eq, %n, %four : index
      cf.assert %fits, "node \22add\22: expected 4 elements"
      %w = moe.weight [#moe.piece<dense<[2.0, 3.0, 5.0, 7.0]> : tensor<4xf32> at 0 shape [4] strides [1]>] : tensor<4xf32>
      %c = arith.constant dense<[0.5, 0.25, 0.125, 1.0]> : tensor<4xf32>
      %e = tensor.empty(%n) : tensor<?xf32>
      %y = linalg.generic {indexing_maps = [#id, #id, #id, #id], iterator_types = ["parallel"]}
          ins(%x, %w, %c : tensor<?xf32>, tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<?xf32>) {
      ^bb0(%a: f32, %b: f32, %d: f32, %o: f32):
        %v = arith.mulf %a, %b : f32
        %s = arith.addf %v, %d : f32
        linalg.yield %s : f32
      } -> tensor<?xf32>
      return %y, %w : tensor<?xf32>, tensor<4xf32>
    })");
  ASSERT_TRUE(program);
  auto got = (*program)({Tensor({4}, std::vector<float>{1, 10, 100, 1000})});
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].as<float>(), (std::vector<float>{2.5, 30.25, 500.125, 7001}));
  EXPECT_EQ(got[1].as<float>(), (std::vector<float>{2, 3, 5, 7}));
  program->run({Tensor({3}, std::vector<float>{1, 2, 3})});
  EXPECT_NE(program->failure.find("node \"add\": expected 4 elements"), std::string::npos);
}

} // namespace
