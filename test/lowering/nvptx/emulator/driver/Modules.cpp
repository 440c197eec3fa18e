//===- Modules.cpp - Entry points: modules, functions, launches -----------===//

#include "Driver.h"
#include <algorithm>

using namespace moe::emulator;

namespace {

constexpr uint32_t kDefaultDynamicShared = 48 * 1024;

/// The log buffers among the options of cuModuleLoadDataEx.
void writeLog(const std::string &text, unsigned count, CUjit_option *options, void **values) {
  char *buffer = nullptr;
  void **size = nullptr;
  for (unsigned i = 0; i < count; ++i) {
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER)
      buffer = static_cast<char *>(values[i]);
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
      size = &values[i];
  }
  if (!buffer || !size || !*size)
    return;
  size_t bytes = std::min(reinterpret_cast<size_t>(*size) - 1, text.size());
  std::copy_n(text.data(), bytes, buffer);
  buffer[bytes] = 0;
  *size = reinterpret_cast<void *>(bytes);
}

CUresult loadModule(Driver &driver, CUctx_st &context, CUmodule *module, const void *image,
                    std::string &error) {
  if (!module || !image)
    return CUDA_ERROR_INVALID_VALUE;
  std::string_view text(static_cast<const char *>(image));
  if (text.substr(0, 4) == "\x7f"
                           "ELF") {
    error = "a cubin, which is not emulated";
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  }
  Module *loaded = context.emulator.load(text, error);
  if (!loaded)
    return CUDA_ERROR_INVALID_PTX;
  if (loaded->arch > driver.arch) {
    error = ".target sm_" + std::to_string(loaded->arch) + " is newer than the device, sm_" +
            std::to_string(driver.arch);
    context.emulator.unload(loaded);
    return CUDA_ERROR_INVALID_PTX;
  }
  *module = new CUmod_st{loaded, {}};
  context.modules.insert(*module);
  return CUDA_SUCCESS;
}

/// Is it a function of a module that is loaded?
bool knows(const CUctx_st &context, CUfunction function) {
  for (CUmodule module : context.modules)
    for (const auto &[name, each] : module->functions)
      if (&each == function)
        return true;
  return false;
}

/// The values that kernelParams points at.
Arguments readArguments(const Kernel &kernel, void **parameters) {
  Arguments arguments;
  for (size_t i = 0; i < kernel.parameters.size(); ++i) {
    const auto *from = static_cast<const unsigned char *>(parameters[i]);
    arguments.values.emplace_back(from, from + kernel.parameters[i].bytes);
  }
  return arguments;
}

CUresult launchKernel(CUctx_st &context, CUfunction function, const CUlaunchConfig &config,
                      void **parameters) {
  if (!knows(context, function))
    return CUDA_ERROR_INVALID_HANDLE;
  const Kernel &kernel = *function->kernel;
  if (!parameters && !kernel.parameters.empty())
    return CUDA_ERROR_INVALID_VALUE;
  for (unsigned i = 0; i < config.numAttrs; ++i)
    if (config.attrs[i].id == CU_LAUNCH_ATTRIBUTE_COOPERATIVE ||
        config.attrs[i].id == CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION)
      return CUDA_ERROR_NOT_SUPPORTED;
  if (config.sharedMemBytes > function->maximumDynamicShared)
    return CUDA_ERROR_INVALID_VALUE;
  Dimensions grid{config.gridDimX, config.gridDimY, config.gridDimZ};
  Dimensions threads{config.blockDimX, config.blockDimY, config.blockDimZ};
  Arguments arguments = readArguments(kernel, parameters);
  if (!Emulator::checkLaunch(kernel, grid, threads, config.sharedMemBytes, arguments).empty())
    return CUDA_ERROR_INVALID_VALUE;
  uint32_t shared = config.sharedMemBytes;
  return context.enqueue(config.hStream, [=, &kernel](CUctx_st &context) {
    if (auto error = context.emulator.launch(kernel, grid, threads, shared, arguments))
      context.fail(*error);
  });
}

} // namespace

MOE_CUDA_EXPORT CUresult cuModuleLoadData(CUmodule *module, const void *image) {
  return enter("cuModuleLoadData", Needs::Unsafe, [&](Driver &driver, CUctx_st *context) {
    std::string error;
    CUresult result = loadModule(driver, *context, module, image, error);
    if (result)
      fprintf(stderr, "emulator: %s\n", error.c_str());
    return result;
  });
}

MOE_CUDA_EXPORT CUresult cuModuleLoadDataEx(CUmodule *module, const void *image, unsigned count,
                                            CUjit_option *options, void **values) {
  return enter("cuModuleLoadDataEx", Needs::Unsafe, [&](Driver &driver, CUctx_st *context) {
    std::string error;
    CUresult result = loadModule(driver, *context, module, image, error);
    writeLog(error, count, options, values);
    return result;
  });
}

MOE_CUDA_EXPORT CUresult cuModuleUnload(CUmodule module) {
  return enter("cuModuleUnload", Needs::Unsafe, [&](Driver &, CUctx_st *context) {
    if (!context->modules.erase(module))
      return CUDA_ERROR_INVALID_HANDLE;
    context->emulator.unload(module->module);
    delete module;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuModuleGetFunction(CUfunction *function, CUmodule module,
                                             const char *name) {
  return enter("cuModuleGetFunction", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!function || !name)
      return CUDA_ERROR_INVALID_VALUE;
    if (!context->modules.count(module))
      return CUDA_ERROR_INVALID_HANDLE;
    const Kernel *kernel = module->module->kernel(name);
    if (!kernel)
      return CUDA_ERROR_NOT_FOUND;
    uint32_t dynamic = kDefaultDynamicShared - std::min(kDefaultDynamicShared, kernel->sharedBytes);
    auto [found, isNew] = module->functions.try_emplace(name, CUfunc_st{module, kernel, dynamic});
    *function = &found->second;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuModuleGetGlobal_v2(CUdeviceptr *address, size_t *bytes, CUmodule module,
                                              const char *name) {
  return enter("cuModuleGetGlobal_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!context->modules.count(module))
      return CUDA_ERROR_INVALID_HANDLE;
    auto found = module->module->variables.find(name);
    if (found == module->module->variables.end())
      return CUDA_ERROR_NOT_FOUND;
    if (address)
      *address = found->second.first;
    if (bytes)
      *bytes = found->second.second;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute which,
                                            int value) {
  return enter("cuFuncSetAttribute", Needs::Context, [&](Driver &driver, CUctx_st *context) {
    if (!knows(*context, function))
      return CUDA_ERROR_INVALID_HANDLE;
    if (which == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT)
      return CUDA_SUCCESS;
    int most = mostSharedOf(driver.arch) - static_cast<int>(function->kernel->sharedBytes);
    if (which != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || value < 0 || value > most)
      return CUDA_ERROR_INVALID_VALUE;
    function->maximumDynamicShared = static_cast<uint32_t>(value);
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuFuncGetAttribute(int *value, CUfunction_attribute which,
                                            CUfunction function) {
  return enter("cuFuncGetAttribute", Needs::Context, [&](Driver &driver, CUctx_st *context) {
    if (!value)
      return CUDA_ERROR_INVALID_VALUE;
    if (!knows(*context, function))
      return CUDA_ERROR_INVALID_HANDLE;
    const Kernel &kernel = *function->kernel;
    const int values[] = {static_cast<int>(kernel.maximumThreads),
                          static_cast<int>(kernel.sharedBytes),
                          0,
                          static_cast<int>(kernel.localBytes),
                          64, // registers are not allocated here
                          80,
                          static_cast<int>(driver.arch),
                          0,
                          static_cast<int>(function->maximumDynamicShared),
                          -1};
    if (which < 0 || which > CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT)
      return CUDA_ERROR_INVALID_VALUE;
    *value = values[which];
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY,
                                        unsigned gridZ, unsigned blockX, unsigned blockY,
                                        unsigned blockZ, unsigned shared, CUstream stream,
                                        void **parameters, void **extra) {
  return enter("cuLaunchKernel", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (extra)
      return CUDA_ERROR_NOT_SUPPORTED;
    CUlaunchConfig config{gridX, gridY, gridZ, blockX, blockY, blockZ, shared, stream, nullptr, 0};
    return launchKernel(*context, function, config, parameters);
  });
}

MOE_CUDA_EXPORT CUresult cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function,
                                          void **parameters, void **extra) {
  return enter("cuLaunchKernelEx", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!config)
      return CUDA_ERROR_INVALID_VALUE;
    if (extra)
      return CUDA_ERROR_NOT_SUPPORTED;
    return launchKernel(*context, function, *config, parameters);
  });
}

MOE_CUDA_EXPORT CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks,
                                                                     CUfunction function,
                                                                     int threads, size_t) {
  return enter("cuOccupancyMaxActiveBlocksPerMultiprocessor", Needs::Context,
               [&](Driver &, CUctx_st *context) {
                 if (!blocks || threads <= 0)
                   return CUDA_ERROR_INVALID_VALUE;
                 if (!knows(*context, function))
                   return CUDA_ERROR_INVALID_HANDLE;
                 *blocks = 1;
                 return CUDA_SUCCESS;
               });
}
