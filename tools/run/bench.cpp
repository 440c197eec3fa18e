//===- bench.cpp - moe-run --bench ----------------------------------------===//
//
// Times whole runs of one session. The first runs fault memory in and wake the threads, so they do
// not count.
//
//===----------------------------------------------------------------------===//

#include "steps.h"

#include <algorithm>
#include <cstdio>

using namespace moe;
using namespace moe::run;

static double timeRun(moe_rt_session *session, const Options &options) {
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  double start = seconds();
  if (moe_rt_session_run(session, &error))
    fail(options.model, error);
  return seconds() - start;
}

/// What the last run took on the device; 0 on the CPU.
static double deviceTime(const moe_rt_session *session) {
  moe_rt_stats stats = MOE_RT_INIT(moe_rt_stats);
  if (moe_rt_session_stats(session, &stats))
    fail(kOurs, "the runtime refuses its counters");
  return stats.microseconds * 1e-6;
}

/// Sorts the times.
static double median(std::vector<double> &times) {
  std::sort(times.begin(), times.end());
  size_t half = times.size() / 2;
  return times.size() % 2 ? times[half] : (times[half - 1] + times[half]) / 2;
}

static void print(const moe_rt_model *model, const Options &options, std::vector<double> &times,
                  std::vector<double> &deviceTimes, Json *json) {
  moe_rt_model_info info = describe(model);
  const char *variant = variantInfo(model, info.variant).name;
  uint32_t threads = options.threads ? options.threads : moe_rt_cpu_count();
  double middle = median(times), deviceMiddle = median(deviceTimes);
  bool onDevice = options.device != "cpu";
  if (!json) {
    printf("bench: median %.6g s, min %.6g s, max %.6g s, %zu runs, %u threads, variant %s, "
           "device %s\n",
           middle, times.front(), times.back(), times.size(), threads, variant, info.device);
    if (onDevice)
      printf("bench: on the device alone: median %.6g s, min %.6g s, max %.6g s\n", deviceMiddle,
             deviceTimes.front(), deviceTimes.back());
    return;
  }
  json->key("median_s").number(middle).key("min_s").number(times.front());
  json->key("max_s").number(times.back()).key("runs").integer(static_cast<int64_t>(times.size()));
  json->key("threads").integer(threads).key("variant").text(variant);
  json->key("device").text(info.device);
  if (onDevice)
    json->key("device_median_s")
        .number(deviceMiddle)
        .key("device_min_s")
        .number(deviceTimes.front());
}

void run::runBench(const moe_rt_model *model, moe_rt_session *session, const Options &options,
                   Json *json) {
  constexpr size_t leastRuns = 3, mostRuns = 1000000;
  double warmUpEnd = seconds() + options.benchSeconds / 5;
  do
    timeRun(session, options);
  while (seconds() < warmUpEnd);
  std::vector<double> times, deviceTimes;
  double end = seconds() + options.benchSeconds;
  while (times.size() < leastRuns || (seconds() < end && times.size() < mostRuns)) {
    times.push_back(timeRun(session, options));
    deviceTimes.push_back(deviceTime(session));
  }
  print(model, options, times, deviceTimes, json);
}
