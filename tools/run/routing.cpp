//===- routing.cpp - moe-run --routing ------------------------------------===//
//
// Routing as files and as a table: which expert got which token, with which weight, and how evenly
// the experts are loaded.
//
//===----------------------------------------------------------------------===//

#include "steps.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

using namespace moe;
using namespace moe::run;

namespace {
/// What the table says of a layer.
struct Balance {
  int64_t slots = 0, dropped = 0;
  /// Rows an expert.
  std::vector<int64_t> load;

  int64_t most() const { return load.empty() ? 0 : *std::max_element(load.begin(), load.end()); }
  int64_t least() const { return load.empty() ? 0 : *std::min_element(load.begin(), load.end()); }
  int64_t idle() const { return std::count(load.begin(), load.end(), 0); }
  double mean() const {
    return load.empty() ? 0
                        : static_cast<double>(slots - dropped) / static_cast<double>(load.size());
  }
  /// 1 where all experts have the same load, 1/experts where one has all.
  double evenness() const { return most() ? mean() / static_cast<double>(most()) : 1; }
};
} // namespace

static Balance count(const moe_rt_layer_info &layer, const moe_rt_tensor &experts) {
  constexpr int64_t mostExperts = 1 << 24;
  if (experts.type != MOE_RT_INT32 || layer.experts < 0 || layer.experts > mostExperts)
    fail(kOurs, "layer '%s': expected int32 ids of experts, found %s", layer.name,
         typeText(experts).c_str());
  Balance balance;
  balance.slots = countElements(experts);
  balance.load.resize(static_cast<size_t>(layer.experts));
  const int32_t *ids = static_cast<const int32_t *>(experts.data);
  for (int64_t i = 0; i < balance.slots; ++i) {
    if (ids[i] < -1 || ids[i] >= layer.experts)
      fail(kOurs, "layer '%s': a token was routed to expert %d of %" PRId64, layer.name, ids[i],
           layer.experts);
    if (ids[i] < 0)
      ++balance.dropped;
    else
      ++balance.load[static_cast<size_t>(ids[i])];
  }
  return balance;
}

static void write(const std::string &path, const moe_rt_tensor &tensor) {
  std::string problem = writeNpy(path, tensor);
  if (!problem.empty())
    fail(kUser, "%s: %s", path.c_str(), problem.c_str());
}

static void writeLoad(const std::string &path, const Balance &balance) {
  moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
  tensor.data = balance.load.data();
  tensor.type = MOE_RT_INT64;
  tensor.rank = 1;
  tensor.shape[0] = static_cast<int64_t>(balance.load.size());
  write(path, tensor);
}

static void print(const moe_rt_layer_info &layer, int64_t tokens, const Balance &balance,
                  Json *json) {
  if (!json) {
    printf("%-24s %8" PRId64 " %4" PRId64 " %8" PRId64 " %8" PRId64 " %8.1f %8" PRId64 " %6" PRId64
           " %9.2f\n",
           layer.name, tokens, layer.top_k, balance.dropped, balance.least(), balance.mean(),
           balance.most(), balance.idle(), balance.evenness());
    return;
  }
  json->beginObject().key("layer").text(layer.name).key("tokens").integer(tokens);
  json->key("top_k").integer(layer.top_k).key("dropped").integer(balance.dropped);
  json->key("idle_experts").integer(balance.idle()).key("evenness").number(balance.evenness());
  json->key("load").beginArray();
  for (int64_t rows : balance.load)
    json->integer(rows);
  json->endArray().endObject();
}

/// A layer in a branch that was not taken, or in a loop without rounds.
static void printIdle(const moe_rt_layer_info &layer, Json *json) {
  if (json)
    print(layer, 0, Balance(), json);
  else
    printf("%-24s %8s\n", layer.name, "not run");
}

void run::writeRouting(const moe_rt_model *model, const moe_rt_session *session,
                       const std::string &folder, Json *json) {
  size_t layers = describe(model).layers;
  if (json)
    json->key("routing").beginArray();
  else if (layers)
    printf("%-24s %8s %4s %8s %8s %8s %8s %6s %9s\n", "layer", "tokens", "k", "dropped", "least",
           "mean", "most", "idle", "evenness");
  else
    printf("the model has no MoE layers\n");
  for (size_t i = 0; i < layers; ++i) {
    moe_rt_layer_info layer = layerInfo(model, i);
    if (!wasObserved(model, session, i)) {
      printIdle(layer, json);
      continue;
    }
    moe_rt_tensor experts = observed(model, session, i, MOE_RT_EXPERTS);
    Balance balance = count(layer, experts);
    std::string base = folder + "/" + fileName(layer.name);
    write(base + ".experts.npy", experts);
    write(base + ".weights.npy", observed(model, session, i, MOE_RT_WEIGHTS));
    writeLoad(base + ".load.npy", balance);
    print(layer, experts.rank ? experts.shape[0] : 0, balance, json);
  }
  if (json)
    json->endArray();
}
