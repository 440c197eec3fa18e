//===- EmitProgram.cpp - A program for host and device --------------------===//

#include "lowering/host/DeviceCalls.h"
#include "lowering/nvptx/Codegen.h"
#include "lowering/nvptx/Device.h"
#include "mlir/IR/OwningOpRef.h"

using namespace mlir;
using namespace moe;

/// The host allocates and launches, and computes with few numbers: the least of the CPU's variants.
static const CpuVariant &hostVariant() { return cpuVariants().back(); }

/// Takes the kernels out of `module`, into one of their own.
static OwningOpRef<ModuleOp> takeDeviceModule(ModuleOp module) {
  OwningOpRef<ModuleOp> device = ModuleOp::create(module.getLoc());
  for (auto kernels : llvm::make_early_inc_range(module.getOps<gpu::GPUModuleOp>()))
    kernels->moveBefore(device->getBody(), device->getBody()->end());
  module->removeAttr(gpu::GPUDialect::getContainerModuleAttrName());
  return device;
}

static std::vector<KernelInfo> kernelsOf(ModuleOp module) {
  std::vector<KernelInfo> kernels;
  auto number = [](DictionaryAttr row, StringRef name) {
    return static_cast<uint32_t>(row.getAs<IntegerAttr>(name).getInt());
  };
  if (auto list = module->getAttrOfType<ArrayAttr>(kKernelsAttr))
    for (auto row : list.getAsRange<DictionaryAttr>())
      kernels.push_back(
          {row.getAs<StringAttr>("name").str(), number(row, "threads"), number(row, "shared")});
  return kernels;
}

static std::vector<LaunchesInfo> launchesOf(ModuleOp module) {
  std::vector<LaunchesInfo> launches;
  if (auto list = module->getAttrOfType<ArrayAttr>(kLaunchesAttr))
    for (auto row : list.getAsRange<DictionaryAttr>()) {
      ArrayRef<int32_t> kernels = row.getAs<DenseI32ArrayAttr>("kernels").asArrayRef();
      launches.push_back({static_cast<uint32_t>(row.getAs<IntegerAttr>("layer").getInt()),
                          {kernels.begin(), kernels.end()}});
    }
  return launches;
}

static LogicalResult assemble(ModuleOp module, GpuCode &code) {
  std::string ptxas = findPtxas(), log;
  if (ptxas.empty() || code.ptx.empty())
    return success();
  auto cubin = assemblePtx(ptxas, code.ptx, code.architecture, log);
  if (!cubin)
    return module.emitError("internal error: cubin for sm_")
           << code.architecture << ": " << llvm::toString(cubin.takeError());
  code.cubin = std::move(*cubin);
  return success();
}

FailureOr<GpuProgram> moe::emitGpuProgram(ModuleOp module, ArrayRef<unsigned> architectures,
                                          bool cubin) {
  GpuProgram program;
  program.hostFeatures = hostVariant().required;
  program.kernels = kernelsOf(module);
  program.launches = launchesOf(module);
  if (auto bytes = module->getAttrOfType<IntegerAttr>(kDeviceBytesAttr))
    program.deviceBytes = static_cast<uint64_t>(bytes.getInt());
  OwningOpRef<ModuleOp> device = takeDeviceModule(module);
  std::future<MachineCode> host = startCpuCode(module, hostVariant());
  bool sound = true;
  for (unsigned architecture : architectures) {
    FailureOr<std::string> ptx = emitPtx(*device, architecture);
    if (failed(ptx)) {
      sound = false;
      break;
    }
    program.codes.push_back({architecture, std::move(*ptx), {}});
    if (cubin && failed(assemble(module, program.codes.back()))) {
      sound = false;
      break;
    }
  }
  auto object = finishCpuCode(module, hostVariant(), std::move(host));
  if (!sound || failed(object))
    return failure();
  program.host = std::move(*object);
  return program;
}
