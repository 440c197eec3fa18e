//===- cpu_device.cpp - The CPU as a device -------------------------------===//
//
// The choice of a variant by what this CPU has, and the threads of a session.
//
//===----------------------------------------------------------------------===//

#include "session.h"

using namespace moe::rt;
namespace meta = moe::meta;

static bool accepts(const char *device) { return !strcmp(device, "cpu"); }

static moe_rt_status choose(Loading &loading, const char *, const char *wanted) {
  const auto *variants = loading.model.meta->variants();
  Line reasons, names;
  bool found = false;
  for (uint32_t i = 0; i < sizeOf(variants); ++i) {
    const meta::Variant *variant = variants->Get(i);
    if (variant->target()->string_view() != "cpu")
      continue;
    names.append("%s'%s'", *names.text() ? ", " : "", variant->name()->c_str());
    if (wanted && variant->name()->string_view() != wanted)
      continue;
    found = true;
    Line missing;
    if (!listMissing(*variant, missing)) {
      loading.model.variant = i;
      return MOE_RT_OK;
    }
    reasons.append("%s'%s' lacks %s", *reasons.text() ? "; " : "", variant->name()->c_str(),
                   missing.text());
  }
  if (wanted && !found)
    return report(loading.error, MOE_RT_INVALID_ARGUMENT, "%s: has no code variant '%s', only %s",
                  loading.name, wanted, *names.text() ? names.text() : "none for a CPU");
  if (!found)
    return report(loading.error, MOE_RT_UNSUPPORTED,
                  "%s: unsupported: has no code for a CPU; compile it with --target=cpu",
                  loading.name);
  return report(loading.error, MOE_RT_UNSUPPORTED,
                "%s: unsupported: this CPU runs no code variant: %s; compile with --cpu=all, or on "
                "this machine with --cpu=native",
                loading.name, reasons.text());
}

/// The code is all that it takes.
static moe_rt_status load(Loading &) { return MOE_RT_OK; }
static void unload(moe_rt_model &) {}

static bool runs(const moe_rt_model &, const meta::Variant &variant) {
  Line missing;
  return variant.target()->string_view() == "cpu" && !listMissing(variant, missing);
}

static void describe(const moe_rt_model &, moe_rt_model_info &info) {
  info.device = "cpu";
  info.device_name = "";
}

/// More threads than any machine has: a mistake that would otherwise take all memory.
static constexpr uint32_t kMaxThreads = 4096;

static moe_rt_status startThreads(moe_rt_session &session, const moe_rt_session_options &options,
                                  moe_rt_error *error) {
  uint32_t threads = options.threads ? options.threads : moe_rt_cpu_count();
  if (threads > kMaxThreads)
    return report(error, MOE_RT_INVALID_ARGUMENT, "session: %u threads, at most %u are possible",
                  threads, kMaxThreads);
  session.context.num_threads = threads;
  session.hostParallelFor = options.parallel_for;
  session.hostUser = options.parallel_for_user;
  if (session.hostParallelFor)
    return MOE_RT_OK;
  session.pool = Pool::create(session.allocator, threads);
  if (!session.pool)
    return report(error, MOE_RT_OUT_OF_MEMORY, "session: no memory or no threads for %u threads",
                  threads);
  return MOE_RT_OK;
}

static moe_rt_status open(moe_rt_session &session, const moe_rt_session_options &options,
                          moe_rt_error *error) {
  if (options.stream || options.flags & MOE_RT_SESSION_DEVICE_OUTPUTS)
    return report(error, MOE_RT_INVALID_ARGUMENT,
                  "session: a stream or outputs on the device are asked for, but the model was "
                  "loaded for the cpu");
  connectCpu(session);
  return startThreads(session, options, error);
}

static void close(moe_rt_session &session) { Pool::destroy(session.pool); }

static moe_rt_status run(moe_rt_session &session, moe_rt_error *error) {
  session.blocks.beginRun();
  return execute(session, session.inputs, error);
}

const Backend moe::rt::cpuBackend = {accepts,  choose, load,  unload, runs,
                                     describe, open,   close, run};
