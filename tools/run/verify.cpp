//===- verify.cpp - moe-run --verify --------------------------------------===//
//
// Hands what the run observed to the interpreter, a library that is loaded only for this: it links
// MLIR, which neither moe-run nor the runtime does.
//
//===----------------------------------------------------------------------===//

#include "runtime/moe_format.h"
#include "runtime/moe_verify.h"
#include "steps.h"

#include <cinttypes>
#include <cstdio>
#include <dlfcn.h>
#include <filesystem>

using namespace moe;
using namespace moe::run;

/// Looks beside the program, as installed and as built, and where the system looks.
static moe_verify_fn loadVerifier() {
  std::error_code error;
  std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  std::filesystem::path folder = program.parent_path();
  std::string reason;
  for (const std::filesystem::path &path :
       {folder / ".." / "lib" / MOE_VERIFY_LIBRARY, folder / MOE_VERIFY_LIBRARY,
        std::filesystem::path(MOE_VERIFY_LIBRARY)}) {
    void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (void *symbol = library ? dlsym(library, MOE_VERIFY_SYMBOL) : nullptr)
      return reinterpret_cast<moe_verify_fn>(symbol);
    const char *text = dlerror();
    // What is there and does not load says more than what is not there.
    if (text && (reason.empty() || std::filesystem::exists(path, error)))
      reason = text;
  }
  fail(kUser, "--verify: cannot load the interpreter: %s; install %s beside moe-run",
       reason.c_str(), MOE_VERIFY_LIBRARY);
}

static std::vector<moe_verify_observation> collect(const moe_rt_model *model,
                                                   const moe_rt_session *session) {
  std::vector<moe_verify_observation> observations;
  for (size_t i = 0, n = describe(model).observations; i < n; ++i) {
    moe_rt_observation_info info = observationInfo(model, i);
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    if (moe_rt_session_observation(session, i, &tensor))
      continue; // the interpreter says which layer lacks what
    moe_verify_observation observation = {};
    observation.layer = layerInfo(model, info.layer).name;
    observation.role = info.role;
    observation.element_type = tensor.type;
    observation.rank = tensor.rank;
    for (uint32_t j = 0; j < tensor.rank; ++j)
      observation.shape[j] = tensor.shape[j];
    observation.data = tensor.data;
    observations.push_back(observation);
  }
  return observations;
}

static moe_rt_section_info findSection(const moe_rt_model *model, uint32_t kind) {
  for (size_t i = 0, n = describe(model).sections; i < n; ++i)
    if (sectionInfo(model, i).kind == kind)
      return sectionInfo(model, i);
  return MOE_RT_INIT(moe_rt_section_info);
}

/// Asks the interpreter.
static std::vector<moe_verify_result> compare(const moe_rt_model *model,
                                              const moe_rt_session *session) {
  moe_rt_section_info reference = findSection(model, MOE_SECTION_REFERENCE);
  moe_rt_section_info weights = findSection(model, MOE_SECTION_WEIGHTS);
  if (!reference.data && describe(model).layers == 0)
    fail(kUser, "--verify: the model has no MoE layer to compare; moe-compile --remarks says why");
  if (!reference.data)
    fail(kUser, "--verify: the artifact has no reference section; compile the model again");
  moe_verify_fn verify = loadVerifier();
  std::vector<moe_verify_observation> observations = collect(model, session);
  std::vector<moe_verify_result> results(describe(model).layers);
  size_t numResults = results.size();
  char message[1024] = "";
  int code = verify(reference.data, reference.bytes, static_cast<const uint8_t *>(weights.data),
                    weights.bytes, observations.data(), observations.size(), results.data(),
                    &numResults, message, sizeof(message));
  if (code)
    fail(code == 1 ? kUser : kOurs, "--verify: %s", message);
  results.resize(numResults < results.size() ? numResults : results.size());
  return results;
}

static void print(const moe_verify_result &result, Json *json) {
  if (!json) {
    printf("verify: layer '%s': largest error %.3g, ratio to the bound %.3g, %" PRId64
           " rows, %" PRId64 " routing mismatches, %" PRId64 " near ties\n",
           result.layer, result.max_absolute_error, result.max_error_ratio, result.rows_compared,
           result.routing_mismatches, result.routing_near_ties);
    return;
  }
  json->beginObject().key("layer").text(result.layer);
  json->key("max_absolute_error").number(result.max_absolute_error);
  json->key("max_error_ratio").number(result.max_error_ratio);
  json->key("rows").integer(result.rows_compared);
  json->key("routing_mismatches").integer(result.routing_mismatches);
  json->key("routing_near_ties").integer(result.routing_near_ties).endObject();
}

std::string run::verifyRun(const moe_rt_model *model, const moe_rt_session *session, Json *json) {
  std::vector<moe_verify_result> results = compare(model, session);
  size_t layers = describe(model).layers;
  std::string problem;
  if (json)
    json->key("verify").beginArray();
  for (const moe_verify_result &result : results) {
    print(result, json);
    // Not a number is no error within the bound either.
    bool right = result.max_error_ratio <= 1 && result.routing_mismatches == 0;
    if (!right && problem.empty())
      problem = format("--verify: layer '%s': ratio to the error bound %.3g (at most 1), %" PRId64
                       " routing mismatches (none)",
                       result.layer, result.max_error_ratio, result.routing_mismatches);
  }
  if (json)
    json->endArray();
  else if (layers == 0)
    printf("verify: the model has no MoE layers\n");
  size_t idle = 0; // in branches that were not taken
  for (size_t i = 0; i < layers; ++i)
    idle += !wasObserved(model, session, i);
  if (problem.empty() && results.size() + idle < layers)
    problem = format("--verify: %zu of %zu layers were compared", results.size() + idle, layers);
  return problem;
}
