//===- session.cpp - Binding inputs, running, reading results -------------===//
//
// All that a caller hands over is checked here, by name, before generated code sees it: the code
// itself checks only what it cannot know before the run.
//
//===----------------------------------------------------------------------===//

#include "session.h"

#include <inttypes.h>

using namespace moe::rt;
namespace meta = moe::meta;

static const meta::Tensor *inputAt(const moe_rt_session &session, size_t index) {
  return session.model->meta->inputs()->Get(static_cast<uint32_t>(index));
}

static bool allocateTables(moe_rt_session &session) {
  const meta::Model &model = *session.model->meta;
  const Allocator &allocator = session.allocator;
  session.numInputs = sizeOf(model.inputs());
  session.numOutputs = sizeOf(model.outputs());
  session.numObservations = sizeOf(model.observations());
  session.inputs = allocator.allocateArray<moe_abi_tensor>(session.numInputs);
  session.bound = allocator.allocateArray<bool>(session.numInputs);
  session.inputMemory = allocator.allocateArray<uint32_t>(session.numInputs);
  session.outputs = allocator.allocateArray<moe_abi_tensor>(session.numOutputs);
  session.observed = allocator.allocateArray<uint8_t>(session.numObservations);
  session.observations = allocator.allocateArray<moe_abi_tensor>(session.numObservations);
  session.delivered = allocator.allocateArray<bool>(session.numObservations);
  return session.inputs && session.bound && session.inputMemory && session.outputs &&
         session.observed && session.observations && session.delivered;
}

moe_rt_status moe_rt_session_create(moe_rt_model *model,
                                    const moe_rt_session_options *callerOptions,
                                    moe_rt_session **result, moe_rt_error *error) {
  constexpr uint32_t knownFlags = MOE_RT_SESSION_DEVICE_OUTPUTS | MOE_RT_SESSION_NO_GRAPH |
                                  MOE_RT_SESSION_PROFILE | MOE_RT_SESSION_TIME;
  moe_rt_session_options options;
  Allocator allocator;
  if (!model || !result || !readOptions(callerOptions, options) || options.flags & ~knownFlags ||
      !makeAllocator(options.allocator, model->allocator, allocator))
    return report(error, MOE_RT_INVALID_ARGUMENT,
                  "session: no model, no place for the result, or options that this runtime does "
                  "not know");
  if (!model->code.entry)
    return report(error, MOE_RT_INVALID_ARGUMENT, "session: the model was loaded for inspection");
  void *memory = allocator.allocate(sizeof(moe_rt_session));
  if (!memory)
    return report(error, MOE_RT_OUT_OF_MEMORY, "session: out of memory");
  moe_rt_session *session = new (memory) moe_rt_session(model, allocator);
  retain(model);
  moe_rt_status status = allocateTables(*session)
                             ? model->backend->open(*session, options, error)
                             : report(error, MOE_RT_OUT_OF_MEMORY, "session: out of memory");
  if (status) {
    moe_rt_session_free(session);
    return status;
  }
  *result = session;
  return MOE_RT_OK;
}

/// Tables that were never allocated are null.
template <typename T> static void releaseTable(moe_rt_session &session, T *table, size_t count) {
  if (table)
    session.allocator.releaseArray(table, count);
}

void moe_rt_session_free(moe_rt_session *session) {
  if (!session)
    return;
  session->model->backend->close(*session);
  releaseTable(*session, session->inputs, session->numInputs);
  releaseTable(*session, session->bound, session->numInputs);
  releaseTable(*session, session->inputMemory, session->numInputs);
  releaseTable(*session, session->outputs, session->numOutputs);
  releaseTable(*session, session->observed, session->numObservations);
  releaseTable(*session, session->observations, session->numObservations);
  releaseTable(*session, session->delivered, session->numObservations);
  Allocator allocator = session->allocator;
  moe_rt_model *model = session->model;
  session->~moe_rt_session();
  allocator.release(session, sizeof(moe_rt_session));
  release(model);
}

/// The message for an input whose type, rank or fixed sizes differ from the signature's.
static moe_rt_status reportMismatch(const moe_rt_tensor_info &expected, const moe_rt_tensor &given,
                                    moe_rt_error *error) {
  Line line;
  line.append("input '%s': expected %s[", expected.name, moe_rt_type_name(expected.type));
  for (uint32_t i = 0; i < expected.rank; ++i)
    if (line.append("%s", i ? ", " : ""); expected.dims[i] >= 0)
      line.append("%" PRId64, expected.dims[i]);
    else
      line.append("%s", *expected.symbols[i] ? expected.symbols[i] : "?");
  line.append("], found %s[", moe_rt_type_name(given.type));
  for (uint32_t i = 0; i < given.rank && i < MOE_RT_MAX_RANK; ++i)
    line.append("%s%" PRId64, i ? ", " : "", given.shape[i]);
  return report(error, MOE_RT_INVALID_INPUT, "%s]", line.text());
}

static bool fits(const moe_rt_tensor_info &expected, const moe_rt_tensor &given) {
  if (given.type != expected.type || given.rank != expected.rank)
    return false;
  for (uint32_t i = 0; i < given.rank; ++i)
    if (given.shape[i] < 0 || (expected.dims[i] >= 0 && expected.dims[i] != given.shape[i]))
      return false;
  return true;
}

static moe_rt_status checkData(const char *name, const moe_rt_tensor &given, moe_rt_error *error) {
  size_t bytes;
  if (!byteSize(given.shape, given.rank, given.type, bytes))
    return report(error, MOE_RT_INVALID_INPUT, "input '%s': its size in bytes does not fit 63 bits",
                  name);
  if (bytes && !given.data)
    return report(error, MOE_RT_INVALID_INPUT, "input '%s': has no data", name);
  if (reinterpret_cast<uintptr_t>(given.data) % moe_rt_type_size(given.type))
    return report(error, MOE_RT_INVALID_INPUT,
                  "input '%s': its data is not aligned to the %zu bytes of an element", name,
                  moe_rt_type_size(given.type));
  return MOE_RT_OK;
}

static moe_rt_status checkMemory(const moe_rt_session &session, const char *name,
                                 const moe_rt_tensor &given, moe_rt_error *error) {
  if (given.memory == MOE_RT_HOST || (given.memory == MOE_RT_DEVICE_MEMORY && session.model->cuda))
    return MOE_RT_OK;
  return report(error, MOE_RT_INVALID_ARGUMENT,
                "input '%s': its memory is of kind %u, which the model's device does not read",
                name, given.memory);
}

static moe_rt_status refuseBusy(const moe_rt_session &session, moe_rt_error *error) {
  if (!session.busy.load())
    return MOE_RT_OK;
  return report(error, MOE_RT_INVALID_ARGUMENT, "session: is running in another thread");
}

moe_rt_status moe_rt_session_bind(moe_rt_session *session, size_t input,
                                  const moe_rt_tensor *callerTensor, moe_rt_error *error) {
  moe_rt_tensor tensor;
  if (!session || !callerTensor || !readOptions(callerTensor, tensor))
    return report(error, MOE_RT_INVALID_ARGUMENT,
                  "bind: no session, no tensor, or one that this runtime does not know");
  if (moe_rt_status status = refuseBusy(*session, error))
    return status;
  if (input >= session->numInputs)
    return report(error, MOE_RT_INVALID_ARGUMENT, "bind: input %zu of %zu", input,
                  session->numInputs);
  moe_rt_tensor_info expected = describeTensor(inputAt(*session, input));
  if (moe_rt_status status = checkMemory(*session, expected.name, tensor, error))
    return status;
  if (!fits(expected, tensor))
    return reportMismatch(expected, tensor, error);
  if (moe_rt_status status = checkData(expected.name, tensor, error))
    return status;
  moe_abi_tensor &bound = session->inputs[input];
  bound.data = const_cast<void *>(tensor.data); // generated code only reads inputs
  bound.rank = tensor.rank;
  memcpy(bound.shape, tensor.shape, sizeof(bound.shape));
  session->inputMemory[input] = tensor.memory;
  session->bound[input] = true;
  return MOE_RT_OK;
}

moe_rt_status moe_rt_session_observe(moe_rt_session *session, size_t observation, int wanted,
                                     moe_rt_error *error) {
  if (!session)
    return report(error, MOE_RT_INVALID_ARGUMENT, "observe: no session");
  if (moe_rt_status status = refuseBusy(*session, error))
    return status;
  if (observation >= session->numObservations)
    return report(error, MOE_RT_INVALID_ARGUMENT, "observe: observation %zu of %zu", observation,
                  session->numObservations);
  session->observed[observation] = wanted != 0;
  return MOE_RT_OK;
}

/// Compares the dimension with the first one of the same symbol, which is looked for in the inputs
/// up to this one.
static moe_rt_status checkSymbol(const moe_rt_session &session, size_t input, uint32_t dimension,
                                 moe_rt_error *error) {
  moe_rt_tensor_info info = describeTensor(inputAt(session, input));
  const char *symbol = info.symbols[dimension];
  if (!*symbol)
    return MOE_RT_OK;
  for (size_t i = 0; i <= input; ++i) {
    moe_rt_tensor_info other = describeTensor(inputAt(session, i));
    for (uint32_t j = 0; j < other.rank; ++j) {
      if (strcmp(other.symbols[j], symbol))
        continue;
      int64_t expected = session.inputs[i].shape[j], found = session.inputs[input].shape[dimension];
      if (expected == found)
        return MOE_RT_OK;
      return report(error, MOE_RT_INVALID_INPUT,
                    "input '%s': dimension %u ('%s') is %" PRId64
                    ", but dimension %u of input '%s' says that '%s' is %" PRId64,
                    info.name, dimension, symbol, found, j, other.name, symbol, expected);
    }
  }
  return MOE_RT_OK;
}

static moe_rt_status checkInputs(const moe_rt_session &session, moe_rt_error *error) {
  for (size_t i = 0; i < session.numInputs; ++i)
    if (!session.bound[i])
      return report(error, MOE_RT_INVALID_INPUT, "input '%s': nothing is bound to it",
                    inputAt(session, i)->name()->c_str());
  for (size_t i = 0; i < session.numInputs; ++i)
    for (uint32_t j = 0; j < session.inputs[i].rank; ++j)
      if (moe_rt_status status = checkSymbol(session, i, j, error))
        return status;
  return MOE_RT_OK;
}

static moe_rt_status run(moe_rt_session &session, moe_rt_error *error) {
  session.hasOutputs = false;
  if (moe_rt_status status = checkInputs(session, error))
    return status;
  if (moe_rt_status status = session.model->backend->run(session, error))
    return status;
  session.hasOutputs = true;
  ++session.stats.runs;
  return MOE_RT_OK;
}

moe_rt_status moe_rt_session_run(moe_rt_session *session, moe_rt_error *error) {
  if (!session)
    return report(error, MOE_RT_INVALID_ARGUMENT, "run: no session");
  if (session->busy.exchange(true))
    return report(error, MOE_RT_INVALID_ARGUMENT, "session: is running in another thread");
  moe_rt_status status = run(*session, error);
  session->busy.store(false);
  return status;
}

static moe_rt_status giveTensor(const moe_rt_session &session, const moe_abi_tensor &value,
                                const meta::Tensor *tensor, moe_rt_tensor *result) {
  moe_rt_tensor view = {};
  view.data = value.data;
  view.type = static_cast<uint32_t>(tensor->type());
  view.rank = static_cast<uint32_t>(value.rank);
  for (uint32_t i = 0; i < view.rank; ++i)
    view.shape[i] = value.shape[i];
  view.memory = session.outputMemory;
  return give(view, result);
}

moe_rt_status moe_rt_session_output(const moe_rt_session *session, size_t index,
                                    moe_rt_tensor *tensor) {
  if (!session || session->busy.load() || !session->hasOutputs || index >= session->numOutputs)
    return MOE_RT_INVALID_ARGUMENT;
  return giveTensor(*session, session->outputs[index],
                    session->model->meta->outputs()->Get(static_cast<uint32_t>(index)), tensor);
}

moe_rt_status moe_rt_session_observation(const moe_rt_session *session, size_t index,
                                         moe_rt_tensor *tensor) {
  if (!session || session->busy.load() || !session->hasOutputs ||
      index >= session->numObservations || !session->delivered[index])
    return MOE_RT_INVALID_ARGUMENT;
  const auto *observation = session->model->meta->observations()->Get(static_cast<uint32_t>(index));
  return giveTensor(*session, session->observations[index], observation->tensor(), tensor);
}

moe_rt_status moe_rt_session_stats(const moe_rt_session *session, moe_rt_stats *stats) {
  if (!session || session->busy.load())
    return MOE_RT_INVALID_ARGUMENT;
  return give(session->stats, stats);
}

moe_rt_status moe_rt_session_profile(const moe_rt_session *session, size_t kernel,
                                     moe_rt_profile_info *result) {
  if (!session || session->busy.load() || !session->profile || kernel >= session->numKernels)
    return MOE_RT_INVALID_ARGUMENT;
  const auto *variants = session->model->meta->variants();
  const meta::Variant *variant = variants->Get(static_cast<uint32_t>(session->model->variant));
  moe_rt_profile_info info = {};
  info.kernel = variant->kernels()->Get(static_cast<uint32_t>(kernel))->name()->c_str();
  info.count = session->profile[kernel].count;
  info.microseconds = session->profile[kernel].microseconds;
  return give(info, result);
}
