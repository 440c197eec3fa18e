//===- Harness.cpp - Runs MLIR text of the linalg stage on a GPU ----------===//

#include "test/lowering/nvptx/Harness.h"
#include "dialect/Moe.h"
#include "dialect/Onnx.h"
#include "lowering/Compile.h"
#include "lowering/Targets.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>

using namespace moe;
using namespace moe::test;

std::unique_ptr<DeviceProgram> moe::test::compileForDevice(const std::string &text,
                                                           const std::string &pipeline) {
  mlir::DialectRegistry registry;
  registerMoeDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<onnx::OnnxDialect>(); // types of inputs are compared with its own
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  mlir::PassManager manager(&context);
  if (!module || (!pipeline.empty() && failed(mlir::parsePassPipeline(pipeline, manager))) ||
      failed(manager.run(*module)))
    return nullptr;
  TargetChoice choice;
  choice.targets = {"sm_80"};
  setTargetChoice(*module, choice);
  (*module)->setAttr(kStageAttr, mlir::StringAttr::get(&context, stageName(Stage::Linalg)));

  llvm::SmallString<128> path;
  if (llvm::sys::fs::createTemporaryFile("moe", "moe", path))
    return nullptr;
  llvm::FileRemover remover(path);
  if (failed(exportArtifact(*module, path, [](const ProgressStep &) {}, /*cubin=*/false)))
    return nullptr;
  std::unique_ptr<DeviceProgram> program(new DeviceProgram);
  std::string error = program->load(path.str().str());
  if (error.empty())
    return program;
  std::cerr << "harness: " << error << "\n";
  return nullptr;
}

std::string DeviceProgram::load(const std::string &path) {
  setenv("MOE_CUDA_DRIVER", MOE_FAKE_CUDA, /*overwrite=*/1);
  auto options = MOE_RT_INIT(moe_rt_load_options);
  options.device = "cuda";
  auto error = MOE_RT_INIT(moe_rt_error);
  if (moe_rt_model_load(path.c_str(), &options, &model, &error) != MOE_RT_OK)
    return error.message;
  auto info = MOE_RT_INIT(moe_rt_model_info);
  moe_rt_model_describe(model, &info);
  auto kernel = MOE_RT_INIT(moe_rt_kernel_info);
  for (size_t i = 0; moe_rt_model_kernel(model, info.variant, i, &kernel) == MOE_RT_OK; ++i)
    names.emplace_back(kernel.name);
  return "";
}

DeviceProgram::~DeviceProgram() { moe_rt_model_free(model); }

/// Binds, runs and reads the outputs; an error's text where one of them fails.
static std::string runSession(moe_rt_model *model, moe_rt_session *session,
                              const std::vector<Tensor> &inputs, std::vector<Tensor> &outputs) {
  auto error = MOE_RT_INIT(moe_rt_error);
  auto info = MOE_RT_INIT(moe_rt_tensor_info);
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto tensor = MOE_RT_INIT(moe_rt_tensor);
    if (moe_rt_model_input(model, i, &info) != MOE_RT_OK)
      return "too many inputs";
    tensor.data = inputs[i].bytes.data();
    tensor.type = info.type;
    tensor.rank = static_cast<uint32_t>(inputs[i].shape.size());
    std::copy(inputs[i].shape.begin(), inputs[i].shape.end(), tensor.shape);
    if (moe_rt_session_bind(session, i, &tensor, &error) != MOE_RT_OK)
      return error.message;
  }
  if (moe_rt_session_run(session, &error) != MOE_RT_OK)
    return error.message;
  auto value = MOE_RT_INIT(moe_rt_tensor);
  for (size_t i = 0; moe_rt_session_output(session, i, &value) == MOE_RT_OK; ++i) {
    Tensor output;
    output.shape.assign(value.shape, value.shape + value.rank);
    const char *data = static_cast<const char *>(value.data);
    output.bytes.assign(data, data + output.size() * moe_rt_type_size(value.type));
    outputs.push_back(std::move(output));
  }
  return "";
}

std::vector<Tensor> DeviceProgram::run(const std::vector<Tensor> &inputs) {
  std::vector<Tensor> outputs;
  auto error = MOE_RT_INIT(moe_rt_error);
  moe_rt_session *session = nullptr;
  failure = moe_rt_session_create(model, nullptr, &session, &error) == MOE_RT_OK
                ? runSession(model, session, inputs, outputs)
                : error.message;
  moe_rt_session_free(session);
  return outputs;
}

std::vector<Tensor> DeviceProgram::operator()(const std::vector<Tensor> &inputs) {
  std::vector<Tensor> outputs = run(inputs);
  EXPECT_EQ(failure, "");
  return outputs;
}
