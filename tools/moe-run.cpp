//===- moe-run.cpp - Runs an artifact from the command line ---------------===//
//
// The order of the steps; each stands in a file of its own in tools/run.
//
//===----------------------------------------------------------------------===//

#include "tools/run/options.h"
#include "tools/run/steps.h"

#include <cstdio>
#include <new>
#include <unistd.h>

using namespace moe::run;

namespace {
/// Time of the steps, for --profile.
struct Profile {
  std::vector<std::pair<const char *, double>> steps;
  double last = seconds();

  void step(const char *name) {
    double time = seconds();
    steps.emplace_back(name, time - last);
    last = time;
  }
  void print(Json *json) const {
    if (json)
      json->key("profile").beginObject();
    for (const auto &[name, time] : steps)
      if (json)
        json->key(std::string(name) + "_s").number(time);
      else
        printf("profile: %-8s %.6g s\n", name, time);
    if (json)
      json->endObject();
  }
};
} // namespace

static Model loadModel(const Options &options) {
  moe_rt_load_options load = MOE_RT_INIT(moe_rt_load_options);
  load.flags =
      (options.info ? MOE_RT_LOAD_INSPECT : 0) | (options.verify ? MOE_RT_LOAD_CHECK_WEIGHTS : 0);
  load.device = options.device.c_str();
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  moe_rt_model *model = nullptr;
  if (moe_rt_model_load(options.model.c_str(), &load, &model, &error))
    fail(options.model, error);
  return Model(model);
}

static Session createSession(moe_rt_model *model, const Options &options) {
  moe_rt_session_options wanted = MOE_RT_INIT(moe_rt_session_options);
  wanted.threads = options.threads;
  wanted.flags =
      (options.profile ? MOE_RT_SESSION_PROFILE : 0) | (options.bench ? MOE_RT_SESSION_TIME : 0);
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  moe_rt_session *session = nullptr;
  if (moe_rt_session_create(model, &wanted, &session, &error))
    fail(options.model, error);
  return Session(session);
}

static void runOnce(moe_rt_session *session, const Options &options) {
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  if (moe_rt_session_run(session, &error))
    fail(options.model, error);
}

/// Runs once more where kernels are timed: their first launches take longer. Returns the times of
/// the first run.
static KernelTimes warmUp(moe_rt_session *session, const Options &options) {
  if (options.device == "cpu" || !options.profile)
    return {};
  runOnce(session, options);
  return kernelTimes(session);
}

/// Runs and does what was asked for. Returns what --verify found wrong, or "".
static std::string runModel(const Options &options, Json *json) {
  Profile profile;
  Model model = loadModel(options);
  Session session = createSession(model.get(), options);
  profile.step("load");
  std::vector<Array> arrays;
  bindInputs(model.get(), session.get(), options.inputs, arrays);
  profile.step("input");
  // Folders first: what cannot be written is better known before a long run.
  if (!options.outputDir.empty()) {
    checkOutputNames(model.get());
    makeFolder(options.outputDir);
  }
  if (!options.routingDir.empty())
    makeFolder(options.routingDir);
  if (options.bench) {
    runBench(model.get(), session.get(), options, json);
    profile.step("bench");
  }
  askFor(model.get(), session.get(),
         (options.routingDir.empty() ? 0 : kRoutingRoles) | (options.verify ? kVerifyRoles : 0));
  KernelTimes first = warmUp(session.get(), options);
  if (!first.empty())
    profile.step("first");
  runOnce(session.get(), options);
  profile.step("run");
  writeOutputs(model.get(), session.get(), options.outputDir, json);
  if (!options.routingDir.empty())
    writeRouting(model.get(), session.get(), options.routingDir, json);
  profile.step("output");
  std::string problem;
  if (options.verify) {
    problem = verifyRun(model.get(), session.get(), json);
    profile.step("verify");
  }
  if (options.profile)
    profile.print(json);
  if (options.profile && options.device != "cpu")
    printKernelTimes(session.get(), first, json);
  if (options.stats)
    printStats(model.get(), session.get(), json);
  return problem;
}

int main(int argc, char **argv) {
  std::set_new_handler([] {
    static const char text[] = "moe-run: error: out of memory\n";
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(kUser);
  });
  Options options = parseOptions(argc, argv);
  std::string problem;
  if (options.info) {
    Model model = loadModel(options);
    printInfo(model.get(), options.model, options.json);
  } else {
    Json json;
    json.beginObject();
    problem = runModel(options, options.json ? &json : nullptr);
    json.endObject();
    if (options.json)
      printf("%s\n", json.str().c_str());
  }
  if (fflush(stdout) || ferror(stdout))
    fail(kUser, "cannot write to stdout");
  if (!problem.empty())
    fail(kOurs, "%s", problem.c_str());
  return kRight;
}
