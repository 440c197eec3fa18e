//===- tensors.cpp - From .npy files to inputs, from outputs to files -----===//
//
// The runtime checks shapes; here stands what only the command line knows: which file is meant for
// which input, and where outputs go.
//
//===----------------------------------------------------------------------===//

#include "steps.h"

#include <cstdio>
#include <map>

using namespace moe;
using namespace moe::run;

/// The inputs' names as a list for messages.
static std::string inputList(const moe_rt_model *model) {
  std::string list;
  for (size_t i = 0, n = describe(model).inputs; i < n; ++i)
    list += (i ? ", '" : "'") + std::string(inputInfo(model, i).name) + "'";
  return list.empty() ? "none" : list;
}

static void checkMissing(const moe_rt_model *model, const std::vector<bool> &given) {
  std::string missing;
  for (size_t i = 0; i < given.size(); ++i) {
    moe_rt_tensor_info info = inputInfo(model, i);
    if (!given[i])
      missing +=
          (missing.empty() ? "'" : ", '") + std::string(info.name) + "' (" + typeText(info) + ")";
  }
  if (!missing.empty())
    fail(kUser, "no --input NAME=FILE.npy for %s", missing.c_str());
}

/// Elements of a type that NumPy lacks come as another. Numbers of a few bits must be such.
static void adoptType(Array &array, uint32_t wanted, const std::string &path) {
  if (array.tensor.type != fileType(wanted) || wanted == array.tensor.type)
    return;
  struct {
    uint32_t type;
    int least, most;
  } ranges[] = {{MOE_RT_UINT4, 0, 15},
                {MOE_RT_INT4, -8, 7},
                {MOE_RT_FLOAT4E2M1, 0, 15},
                {MOE_RT_UINT2, 0, 3},
                {MOE_RT_INT2, -2, 1}};
  for (const auto &range : ranges)
    for (int64_t i = 0, n = range.type == wanted ? countElements(array.tensor) : 0; i < n; ++i) {
      auto value = static_cast<const signed char *>(array.data.get())[i];
      if (value < range.least || value > range.most)
        fail(kUser, "%s: element %lld is %d, beyond what %s has (%d to %d)", path.c_str(),
             static_cast<long long>(i), value, moe_rt_type_name(wanted), range.least, range.most);
    }
  array.tensor.type = wanted;
}

void run::bindInputs(const moe_rt_model *model, moe_rt_session *session,
                     const std::vector<std::pair<std::string, std::string>> &files,
                     std::vector<Array> &arrays) {
  std::vector<bool> given(describe(model).inputs);
  for (const auto &[name, path] : files) {
    size_t index = 0;
    while (index < given.size() && name != inputInfo(model, index).name)
      ++index;
    if (index == given.size())
      fail(kUser, "--input: the model has no input '%s', only %s", name.c_str(),
           inputList(model).c_str());
    given[index] = true;
  }
  checkMissing(model, given);
  for (const auto &[name, path] : files) {
    size_t index = 0;
    while (name != inputInfo(model, index).name)
      ++index;
    Array array;
    std::string problem = readNpy(path, array);
    if (!problem.empty())
      fail(kUser, "%s: %s", path.c_str(), problem.c_str());
    adoptType(array, inputInfo(model, index).type, path);
    moe_rt_error error = MOE_RT_INIT(moe_rt_error);
    if (moe_rt_session_bind(session, index, &array.tensor, &error))
      fail(kUser, "%s: %s", path.c_str(), error.message);
    arrays.push_back(std::move(array));
  }
}

void run::checkOutputNames(const moe_rt_model *model) {
  std::map<std::string, std::string> names;
  for (size_t i = 0, n = describe(model).outputs; i < n; ++i) {
    std::string name = outputInfo(model, i).name;
    auto [other, isNew] = names.emplace(fileName(name), name);
    if (!isNew)
      fail(kUser, "--output-dir: outputs '%s' and '%s' would both be written to '%s.npy'",
           other->second.c_str(), name.c_str(), other->first.c_str());
  }
}

void run::writeOutputs(const moe_rt_model *model, const moe_rt_session *session,
                       const std::string &folder, Json *json) {
  if (json)
    json->key("outputs").beginArray();
  for (size_t i = 0, n = describe(model).outputs; i < n; ++i) {
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    if (moe_rt_session_output(session, i, &tensor))
      fail(kOurs, "the runtime gives no output %zu", i);
    std::string name = outputInfo(model, i).name;
    std::string path = folder.empty() ? "" : folder + "/" + fileName(name) + ".npy";
    std::string problem = path.empty() ? "" : writeNpy(path, tensor);
    if (!problem.empty())
      fail(kUser, "%s: %s", path.c_str(), problem.c_str());
    if (!json) {
      printf("%s: %s%s%s\n", name.c_str(), typeText(tensor).c_str(), path.empty() ? "" : " -> ",
             path.c_str());
      continue;
    }
    json->beginObject().key("name").text(name).key("type").text(moe_rt_type_name(tensor.type));
    json->key("shape").beginArray();
    for (uint32_t j = 0; j < tensor.rank; ++j)
      json->integer(tensor.shape[j]);
    json->endArray();
    if (!path.empty())
      json->key("file").text(path);
    json->endObject();
  }
  if (json)
    json->endArray();
}

void run::askFor(const moe_rt_model *model, moe_rt_session *session, uint32_t roles) {
  for (size_t i = 0, n = describe(model).observations; i < n; ++i) {
    uint32_t role = observationInfo(model, i).role;
    int wanted = role < 32 && roles >> role & 1;
    if (moe_rt_session_observe(session, i, wanted, nullptr))
      fail(kOurs, "the runtime refuses observation %zu", i);
  }
}

bool run::wasObserved(const moe_rt_model *model, const moe_rt_session *session, size_t layer) {
  size_t offered = 0;
  for (size_t i = 0, n = describe(model).observations; i < n; ++i) {
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    bool isOf = observationInfo(model, i).layer == layer;
    offered += isOf;
    if (isOf && !moe_rt_session_observation(session, i, &tensor))
      return true;
  }
  return offered == 0;
}

moe_rt_tensor run::observed(const moe_rt_model *model, const moe_rt_session *session, size_t layer,
                            uint32_t role) {
  for (size_t i = 0, n = describe(model).observations; i < n; ++i) {
    moe_rt_observation_info info = observationInfo(model, i);
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    if (info.layer == layer && info.role == role &&
        !moe_rt_session_observation(session, i, &tensor))
      return tensor;
  }
  fail(kOurs, "layer '%s': the code does not show what was asked for (role %u)",
       layerInfo(model, layer).name, role);
}
