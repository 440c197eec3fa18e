//===- kernels.cpp - What moe-run says of a GPU ---------------------------===//
//
// Kernels and launches for --info, times for --profile, counters for --stats.
//
//===----------------------------------------------------------------------===//

#include "steps.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>

using namespace moe;
using namespace moe::run;

static moe_rt_kernel_info kernelInfo(const moe_rt_model *model, size_t variant, size_t index) {
  moe_rt_kernel_info info = MOE_RT_INIT(moe_rt_kernel_info);
  if (moe_rt_model_kernel(model, variant, index, &info))
    fail(kOurs, "the runtime refuses kernel %zu", index);
  return info;
}

static moe_rt_launches_info launchesInfo(const moe_rt_model *model, size_t variant, size_t index) {
  moe_rt_launches_info info = MOE_RT_INIT(moe_rt_launches_info);
  if (moe_rt_model_launches(model, variant, index, &info))
    fail(kOurs, "the runtime refuses launches %zu", index);
  return info;
}

static void printText(const moe_rt_model *model, size_t variant, const moe_rt_variant_info &info) {
  printf("    ptx %" PRIu64 " bytes, cubin %" PRIu64 " bytes, weights on the device %" PRIu64
         " bytes\n",
         info.ptx_size, info.cubin_size, info.device_bytes);
  for (size_t i = 0; i < info.kernels; ++i) {
    moe_rt_kernel_info kernel = kernelInfo(model, variant, i);
    printf("    kernel %s: %u threads, %u bytes of shared memory\n", kernel.name, kernel.threads,
           kernel.shared);
  }
  for (size_t i = 0; i < info.launches; ++i) {
    moe_rt_launches_info launches = launchesInfo(model, variant, i);
    printf("    layer '%s': %zu kernels, of which a run starts those for its sizes:",
           layerInfo(model, launches.layer).name, launches.count);
    for (size_t j = 0; j < launches.count; ++j)
      printf("%s %s", j ? "," : "", kernelInfo(model, variant, launches.kernels[j]).name);
    printf("\n");
  }
}

void run::printKernels(const moe_rt_model *model, size_t variant, Json *json) {
  moe_rt_variant_info info = variantInfo(model, variant);
  if (!json)
    return printText(model, variant, info);
  json->key("architecture").integer(info.architecture);
  json->key("ptx_bytes").integer(static_cast<int64_t>(info.ptx_size));
  json->key("cubin_bytes").integer(static_cast<int64_t>(info.cubin_size));
  json->key("device_bytes").integer(static_cast<int64_t>(info.device_bytes));
  json->key("kernels").beginArray();
  for (size_t i = 0; i < info.kernels; ++i) {
    moe_rt_kernel_info kernel = kernelInfo(model, variant, i);
    json->beginObject().key("name").text(kernel.name).key("threads").integer(kernel.threads);
    json->key("shared_bytes").integer(kernel.shared).endObject();
  }
  json->endArray().key("launches").beginArray();
  for (size_t i = 0; i < info.launches; ++i) {
    moe_rt_launches_info launches = launchesInfo(model, variant, i);
    json->beginObject().key("layer").text(layerInfo(model, launches.layer).name);
    json->key("kernels").beginArray();
    for (size_t j = 0; j < launches.count; ++j)
      json->text(kernelInfo(model, variant, launches.kernels[j]).name);
    json->endArray().endObject();
  }
  json->endArray();
}

KernelTimes run::kernelTimes(const moe_rt_session *session) {
  KernelTimes times;
  moe_rt_profile_info info = MOE_RT_INIT(moe_rt_profile_info);
  for (size_t i = 0; !moe_rt_session_profile(session, i, &info); ++i)
    times.push_back(info);
  return times;
}

/// What was added, without kernels that did not run.
static KernelTimes subtract(const KernelTimes &before, KernelTimes times) {
  for (size_t i = 0; i < times.size() && i < before.size(); ++i) {
    times[i].count -= before[i].count;
    times[i].microseconds -= before[i].microseconds;
  }
  auto isIdle = [](const moe_rt_profile_info &kernel) { return kernel.count == 0; };
  times.erase(std::remove_if(times.begin(), times.end(), isIdle), times.end());
  return times;
}

void run::printKernelTimes(const moe_rt_session *session, const KernelTimes &before, Json *json) {
  KernelTimes times = subtract(before, kernelTimes(session));
  std::sort(times.begin(), times.end(), [](const auto &a, const auto &b) {
    return a.microseconds != b.microseconds ? a.microseconds > b.microseconds
                                            : strcmp(a.kernel, b.kernel) < 0;
  });
  double total = 0;
  for (const moe_rt_profile_info &kernel : times)
    total += kernel.microseconds;
  if (json)
    json->key("kernels").beginArray();
  else
    printf("profile: %-40s %8s %12s %7s\n", "kernel", "launches", "us", "share");
  for (const moe_rt_profile_info &kernel : times) {
    double share = total > 0 ? kernel.microseconds / total : 0;
    if (!json) {
      printf("profile: %-40s %8" PRIu64 " %12.1f %6.1f%%\n", kernel.kernel, kernel.count,
             kernel.microseconds, 100 * share);
      continue;
    }
    json->beginObject().key("name").text(kernel.kernel);
    json->key("launches").integer(static_cast<int64_t>(kernel.count));
    json->key("microseconds").number(kernel.microseconds).key("share").number(share).endObject();
  }
  if (json)
    json->endArray();
}

void run::printStats(const moe_rt_model *model, const moe_rt_session *session, Json *json) {
  moe_rt_stats stats = MOE_RT_INIT(moe_rt_stats);
  if (moe_rt_session_stats(session, &stats))
    fail(kOurs, "the runtime refuses its counters");
  moe_rt_model_info info = describe(model);
  const std::pair<const char *, uint64_t> counters[] = {{"runs", stats.runs},
                                                        {"launches", stats.launches},
                                                        {"graphs", stats.graphs},
                                                        {"graph_launches", stats.graph_launches},
                                                        {"graph_kernels", stats.graph_kernels},
                                                        {"uploads", stats.uploads},
                                                        {"fetches", stats.fetches},
                                                        {"device_bytes", stats.device_bytes}};
  if (json)
    json->key("stats").beginObject().key("device").text(info.device);
  else
    printf("stats: device %s%s%s%s", info.device, *info.device_name ? " (" : "", info.device_name,
           *info.device_name ? ")" : "");
  for (const auto &[name, count] : counters)
    if (json)
      json->key(name).integer(static_cast<int64_t>(count));
    else
      printf(", %s %" PRIu64, name, count);
  if (json)
    json->endObject();
  else
    printf("\n");
}
