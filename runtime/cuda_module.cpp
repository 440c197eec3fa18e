//===- cuda_module.cpp - From PTX or a cubin to kernels -------------------===//
//
// A cubin of the device's own kind loads at once; everywhere else the driver compiles the PTX.
//
//===----------------------------------------------------------------------===//

#include "cuda_device.h"

using namespace moe;
using namespace moe::cuda;
using rt::Line;
using rt::Loading;
using rt::report;
using rt::sizeOf;

namespace {
/// What the driver's compiler says.
struct Log {
  char text[400];
};
} // namespace

static Outcome loadImage(Model &model, const void *image, Log &log) {
  int options[] = {kJitErrorLogBuffer, kJitErrorLogBufferSizeBytes};
  void *values[] = {log.text, reinterpret_cast<void *>(sizeof(log.text))};
  log.text[0] = 0;
  MOE_CUDA_TRY(*model.driver, cuModuleLoadDataEx, &model.module, image, 2, options, values);
  return {};
}

/// The driver takes text that ends with a zero.
static Outcome loadText(Loading &loading, const moe_file_section &ptx, Log &log) {
  const rt::Allocator &allocator = loading.model.allocator;
  size_t size = static_cast<size_t>(ptx.size);
  char *text = static_cast<char *>(allocator.allocate(size + 1));
  if (!text)
    return {kNoHostMemory, ""};
  memcpy(text, loading.model.data + ptx.offset, size);
  text[size] = 0;
  Outcome outcome = loadImage(*loading.model.cuda, text, log);
  allocator.release(text, size + 1);
  return outcome;
}

/// One line of the log: its own ends become spaces.
static void flatten(Log &log) {
  log.text[sizeof(log.text) - 1] = 0;
  size_t end = 0;
  for (size_t i = 0; log.text[i]; ++i) {
    if (static_cast<unsigned char>(log.text[i]) < ' ')
      log.text[i] = ' ';
    if (log.text[i] != ' ')
      end = i + 1;
  }
  log.text[end] = 0;
}

static moe_rt_status loadModule(Loading &loading, const meta::Variant &variant) {
  Model &model = *loading.model.cuda;
  size_t index = loading.model.variant;
  const moe_file_section *ptx = rt::findSection(loading.model, MOE_SECTION_PTX, index);
  const moe_file_section *cubin = rt::findSection(loading.model, MOE_SECTION_CUBIN, index);
  // A later minor architecture runs an earlier one's cubin, another major one does not.
  if (ptx && cubin && variant.architecture() / 10 != model.capability / 10)
    cubin = nullptr;
  Log log;
  Outcome outcome;
  if (cubin)
    outcome = loadImage(model, loading.model.data + cubin->offset, log);
  bool refused = outcome.result == kNoBinaryForGpu || outcome.result == kInvalidImage;
  if (ptx && (!cubin || refused))
    outcome = loadText(loading, *ptx, log);
  if (!outcome)
    return MOE_RT_OK;
  flatten(log);
  Line line;
  explain(line, model, outcome);
  const char *way = statusOf(outcome.result) == MOE_RT_UNSUPPORTED
                        ? "; install a newer driver, or run with --device cpu"
                        : "";
  return report(loading.error, statusOf(outcome.result),
                "%s: device %s (%s): the kernels of variant '%s' do not load: %s%s%s%s",
                loading.name, model.id, model.name, variant.name()->c_str(), line.text(),
                *log.text ? ": " : "", log.text, way);
}

static Outcome findKernel(Model &model, Kernel &kernel, const meta::Kernel &meta) {
  const Driver &driver = *model.driver;
  kernel.meta = &meta;
  MOE_CUDA_TRY(driver, cuModuleGetFunction, &kernel.function, model.module, meta.name()->c_str());
  // More than 48 KB has to be asked for.
  constexpr uint32_t granted = 48 << 10;
  if (meta.shared() > granted)
    MOE_CUDA_TRY(driver, cuFuncSetAttribute, kernel.function, kMaxDynamicSharedSizeBytes,
                 static_cast<int>(meta.shared()));
  return {};
}

moe_rt_status cuda::loadKernels(Loading &loading) {
  Model &model = *loading.model.cuda;
  const auto *variants = loading.model.meta->variants();
  const meta::Variant &variant = *variants->Get(static_cast<uint32_t>(loading.model.variant));
  model.numKernels = sizeOf(variant.kernels());
  if (!model.numKernels)
    return MOE_RT_OK;
  if (moe_rt_status status = loadModule(loading, variant))
    return status;
  model.kernels = loading.model.allocator.allocateArray<Kernel>(model.numKernels);
  if (!model.kernels)
    return report(loading.error, MOE_RT_OUT_OF_MEMORY, "load: out of memory");
  for (uint32_t i = 0; i < model.numKernels; ++i) {
    const meta::Kernel &meta = *variant.kernels()->Get(i);
    Outcome outcome = findKernel(model, model.kernels[i], meta);
    if (!outcome)
      continue;
    Line line;
    explain(line, model, outcome);
    return report(loading.error, statusOf(outcome.result),
                  "%s: device %s (%s): kernel '%s' (%u bytes of shared memory) cannot be used: %s",
                  loading.name, model.id, model.name, meta.name()->c_str(), meta.shared(),
                  line.text());
  }
  return MOE_RT_OK;
}
