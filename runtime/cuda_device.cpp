//===- cuda_device.cpp - A GPU as a device --------------------------------===//
//
// Finds the GPU, chooses the variant that it runs, and brings kernels and weights there. What goes
// wrong with a driver or a device is said here, each with a way out.
//
//===----------------------------------------------------------------------===//

#include "cuda_device.h"

#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

using namespace moe;
using namespace moe::cuda;
using rt::Line;
using rt::Loading;
using rt::report;
using rt::sizeOf;

static bool accepts(const char *device) {
  if (strncmp(device, "cuda", 4))
    return false;
  if (!device[4])
    return true;
  size_t digits = device[4] == ':' ? strspn(device + 5, "0123456789") : 0;
  return digits >= 1 && digits <= 4 && !device[5 + digits];
}

bool cuda::isSet(const char *variable) {
  const char *value = getenv(variable);
  return value && *value && strcmp(value, "0");
}

void cuda::explain(Line &line, Model &model, const Outcome &outcome) {
  append(line, *model.driver, outcome);
  if (!isSticky(outcome.result))
    return;
  model.lost = true;
  if (statusOf(outcome.result) == MOE_RT_INTERNAL && !isSet("MOE_CUDA_SYNC"))
    line.append("; MOE_CUDA_SYNC=1 in the environment tells which kernel failed");
  line.append("; the device is lost to this process, which must end before it is used again; "
              "--device cpu still works");
}

moe_rt_status cuda::reportFailure(const char *where, Model &model, const char *doing,
                                  const Outcome &outcome, moe_rt_error *error) {
  Line line;
  explain(line, model, outcome);
  return report(error, statusOf(outcome.result), "%s: device %s (%s): %s: %s", where, model.id,
                model.name, doing, line.text());
}

moe_rt_status cuda::reportMemory(const char *where, Model &model, const char *doing, uint64_t bytes,
                                 const Outcome &outcome, moe_rt_error *error) {
  size_t free = 0, total = 0;
  if (outcome.result != kOutOfMemory || model.driver->cuMemGetInfo(&free, &total))
    return reportFailure(where, model, doing, outcome, error);
  return report(error, MOE_RT_OUT_OF_MEMORY,
                "%s: device %s (%s): %s: out of memory, %" PRIu64 " bytes asked for, %zu of %zu "
                "bytes free; use smaller inputs, free the device, or run with --device cpu",
                where, model.id, model.name, doing, bytes, free, total);
}

/// The letter that ends a target's name where it is for one kind of GPU only, or a digit.
static char suffixOf(const meta::Variant &variant) {
  flatbuffers::string_view target = variant.target()->string_view();
  return target[target.size() - 1];
}

/// Whether a GPU of this capability runs the variant.
static bool fits(const meta::Variant &variant, uint32_t capability) {
  uint32_t architecture = variant.architecture();
  if (suffixOf(variant) == 'a') // for this architecture alone
    return architecture == capability;
  if (suffixOf(variant) == 'f') // for its family
    return architecture / 10 == capability / 10 && architecture <= capability;
  return architecture && architecture <= capability;
}

/// Chooses the best of the variants; lists those that do not run. False where none does.
static bool findVariant(Loading &loading, const char *wanted, Line &others) {
  const auto *variants = loading.model.meta->variants();
  const meta::Variant *best = nullptr;
  for (uint32_t i = 0; i < sizeOf(variants); ++i) {
    const meta::Variant &variant = *variants->Get(i);
    uint32_t architecture = variant.architecture();
    if (!architecture || (wanted && variant.name()->string_view() != wanted))
      continue;
    Line missing;
    const char *comma = *others.text() ? ", " : "";
    if (rt::listMissing(variant, missing)) {
      others.append("%s'%s' needs %s of the CPU", comma, variant.name()->c_str(), missing.text());
    } else if (!fits(variant, loading.model.cuda->capability)) {
      bool exactly = suffixOf(variant) == 'a' || suffixOf(variant) == 'f';
      others.append("%s'%s' needs %u.%u%s", comma, variant.name()->c_str(), architecture / 10,
                    architecture % 10, exactly ? " and no later" : "");
    } else if (!best || architecture > best->architecture()) {
      best = &variant;
      loading.model.variant = i;
    }
  }
  return best;
}

/// Before any driver is asked: whether the artifact has code for a GPU, or the one that is wanted.
static moe_rt_status checkTargets(Loading &loading, const char *wanted) {
  const auto *variants = loading.model.meta->variants();
  Line names;
  for (uint32_t i = 0; i < sizeOf(variants); ++i) {
    const meta::Variant &variant = *variants->Get(i);
    if (!variant.architecture())
      continue;
    if (!wanted || variant.name()->string_view() == wanted)
      return MOE_RT_OK;
    names.append("%s'%s'", *names.text() ? ", " : "", variant.name()->c_str());
  }
  if (!*names.text())
    return report(loading.error, MOE_RT_UNSUPPORTED,
                  "%s: unsupported: has no code for a GPU; compile it with --target=cpu,sm_80, or "
                  "run it with --device cpu",
                  loading.name);
  return report(loading.error, MOE_RT_INVALID_ARGUMENT,
                "%s: has no code variant '%s' for a GPU, only %s", loading.name, wanted,
                names.text());
}

static Outcome describeDevice(Model &model, int ordinal) {
  const Driver &driver = *model.driver;
  int major, minor;
  MOE_CUDA_TRY(driver, cuDeviceGet, &model.device, ordinal);
  MOE_CUDA_TRY(driver, cuDeviceGetName, model.name, static_cast<int>(sizeof(model.name)),
               model.device);
  model.name[sizeof(model.name) - 1] = 0;
  MOE_CUDA_TRY(driver, cuDeviceGetAttribute, &major, kComputeCapabilityMajor, model.device);
  MOE_CUDA_TRY(driver, cuDeviceGetAttribute, &minor, kComputeCapabilityMinor, model.device);
  model.capability = static_cast<uint32_t>(major * 10 + minor);
  return {};
}

static moe_rt_status findDevice(Loading &loading, int ordinal) {
  Model &model = *loading.model.cuda;
  if (moe_rt_status status = openDriver(loading.name, model.driver, loading.error))
    return status;
  int count = 0;
  if (Outcome outcome = {model.driver->cuDeviceGetCount(&count), "cuDeviceGetCount"})
    return reportFailure(loading.name, model, "cannot be found", outcome, loading.error);
  if (count < 1)
    return report(loading.error, MOE_RT_DEVICE,
                  "%s: device %s: the CUDA driver finds no GPU; see nvidia-smi and "
                  "CUDA_VISIBLE_DEVICES, or run with --device cpu",
                  loading.name, model.id);
  if (ordinal >= count)
    return report(loading.error, MOE_RT_INVALID_ARGUMENT,
                  "%s: device %s: the CUDA driver finds %d, cuda:0 to cuda:%d", loading.name,
                  model.id, count, count - 1);
  if (Outcome outcome = describeDevice(model, ordinal))
    return reportFailure(loading.name, model, "cannot be found", outcome, loading.error);
  return MOE_RT_OK;
}

static moe_rt_status choose(Loading &loading, const char *device, const char *wanted) {
  if (moe_rt_status status = checkTargets(loading, wanted))
    return status;
  void *memory = loading.model.allocator.allocate(sizeof(Model));
  if (!memory)
    return report(loading.error, MOE_RT_OUT_OF_MEMORY, "load: out of memory");
  Model &model = *(loading.model.cuda = new (memory) Model());
  int ordinal = device[4] ? atoi(device + 5) : 0;
  snprintf(model.id, sizeof(model.id), "cuda:%d", ordinal);
  snprintf(model.name, sizeof(model.name), "unknown");
  if (moe_rt_status status = findDevice(loading, ordinal))
    return status;
  Line others;
  if (findVariant(loading, wanted, others))
    return MOE_RT_OK;
  return report(loading.error, MOE_RT_UNSUPPORTED,
                "%s: unsupported: device %s (%s, compute capability %u.%u) runs no code variant: "
                "%s; compile for an older --target, or run with --device cpu",
                loading.name, model.id, model.name, model.capability / 10, model.capability % 10,
                others.text());
}

/// The weight memory, filled by the code's own moe_prepare, which runs as a session does.
static moe_rt_status loadWeights(Loading &loading) {
  Model &model = *loading.model.cuda;
  const auto *variants = loading.model.meta->variants();
  uint64_t bytes = variants->Get(static_cast<uint32_t>(loading.model.variant))->device_bytes();
  if (bytes)
    if (Outcome outcome = {model.driver->cuMemAlloc(&model.weights, bytes), "cuMemAlloc"})
      return reportMemory(loading.name, model, "weights", bytes, outcome, loading.error);
  moe_rt_session_options options = MOE_RT_INIT(moe_rt_session_options);
  options.flags = MOE_RT_SESSION_NO_GRAPH;
  moe_rt_session *session = nullptr;
  if (moe_rt_status status =
          moe_rt_session_create(&loading.model, &options, &session, loading.error))
    return status;
  moe_rt_status status = prepareSession(*session, loading.error);
  moe_rt_session_free(session);
  return status;
}

static moe_rt_status load(Loading &loading) {
  Model &model = *loading.model.cuda;
  if (!loading.model.code.prepare)
    return report(loading.error, MOE_RT_MALFORMED, "%s: malformed: the code has no symbol '%s'",
                  loading.name, MOE_PREPARE_SYMBOL);
  Outcome outcome = {model.driver->cuDevicePrimaryCtxRetain(&model.context, model.device),
                     "cuDevicePrimaryCtxRetain"};
  if (outcome)
    return reportFailure(loading.name, model, "cannot be used", outcome, loading.error);
  model.retained = true;
  Current current(model);
  if (current.outcome)
    return reportFailure(loading.name, model, "cannot be used", current.outcome, loading.error);
  if (moe_rt_status status = loadKernels(loading))
    return status;
  return loadWeights(loading);
}

/// With the context current. What fails here has nobody left to be told.
static void giveBack(const rt::Allocator &allocator, Model &model) {
  Current current(model);
  if (model.weights)
    model.driver->cuMemFree(model.weights);
  if (model.module)
    model.driver->cuModuleUnload(model.module);
  if (model.kernels)
    allocator.releaseArray(model.kernels, model.numKernels);
}

static void unload(moe_rt_model &model) {
  if (!model.cuda)
    return;
  Model &gone = *model.cuda;
  if (gone.retained) {
    giveBack(model.allocator, gone);
    gone.driver->cuDevicePrimaryCtxRelease(gone.device);
  }
  gone.~Model();
  model.allocator.release(&gone, sizeof(Model));
  model.cuda = nullptr;
}

static bool runs(const moe_rt_model &model, const meta::Variant &variant) {
  Line missing;
  return model.cuda && fits(variant, model.cuda->capability) && !rt::listMissing(variant, missing);
}

static void describe(const moe_rt_model &model, moe_rt_model_info &info) {
  info.device = model.cuda ? model.cuda->id : "cuda";
  info.device_name = model.cuda && model.cuda->driver ? model.cuda->name : "";
}

const rt::Backend rt::cudaBackend = {accepts,  choose,      load,         unload,    runs,
                                     describe, openSession, closeSession, runSession};
