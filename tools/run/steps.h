//===- steps.h - What moe-run does, one file a step -------------*- C++ -*-===//

#ifndef MOE_TOOLS_RUN_STEPS_H
#define MOE_TOOLS_RUN_STEPS_H

#include "json.h"
#include "npy.h"
#include "options.h"
#include "support.h"

#include <utility>

namespace moe::run {

/// Prints what a model is made of.
void printInfo(const moe_rt_model *model, const std::string &path, bool json);

/// The kernels of a GPU variant and what each layer launches, as lines or as keys of an object.
void printKernels(const moe_rt_model *model, size_t variant, Json *json);

/// The time of each kernel so far.
using KernelTimes = std::vector<moe_rt_profile_info>;
/// Empty where the session times none.
KernelTimes kernelTimes(const moe_rt_session *session);
/// Prints a table of what was added since `before`, the slowest first; `json` gets a key `kernels`.
void printKernelTimes(const moe_rt_session *session, const KernelTimes &before, Json *json);
/// Prints the session's counters; `json` gets a key `stats`.
void printStats(const moe_rt_model *model, const moe_rt_session *session, Json *json);

/// Reads and binds the files; `arrays` keeps their data. Ends the program where one is missing, not
/// known, or does not fit.
void bindInputs(const moe_rt_model *model, moe_rt_session *session,
                const std::vector<std::pair<std::string, std::string>> &files,
                std::vector<Array> &arrays);

/// Ends the program where two outputs would become one file.
void checkOutputNames(const moe_rt_model *model);
/// Writes the outputs to a folder ("": nowhere) and lists them, in `json` as a key `outputs`.
void writeOutputs(const moe_rt_model *model, const moe_rt_session *session,
                  const std::string &folder, Json *json);

/// Asks for the observations of `roles` (a bit a role) of all layers.
void askFor(const moe_rt_model *model, moe_rt_session *session, uint32_t roles);
/// Whether the last run came by the layer: it may stand in a branch that was not taken.
bool wasObserved(const moe_rt_model *model, const moe_rt_session *session, size_t layer);
/// An observation of the last run; ends the program where the code did not deliver it.
moe_rt_tensor observed(const moe_rt_model *model, const moe_rt_session *session, size_t layer,
                       uint32_t role);

/// Runs again and again; `json` gets median_s, min_s, runs and more, on a device also the time
/// without the copies of inputs and outputs.
void runBench(const moe_rt_model *model, moe_rt_session *session, const Options &options,
              Json *json);

constexpr uint32_t kRoutingRoles = 1u << MOE_RT_EXPERTS | 1u << MOE_RT_WEIGHTS;
/// Writes who was routed where, and prints a table; `json` gets a key `routing`.
void writeRouting(const moe_rt_model *model, const moe_rt_session *session,
                  const std::string &folder, Json *json);

constexpr uint32_t kVerifyRoles = 31; // all five
/// Compares the last run with the reference, prints a line a layer; `json` gets a key `verify`.
/// Returns what is wrong, or "".
std::string verifyRun(const moe_rt_model *model, const moe_rt_session *session, Json *json);

} // namespace moe::run

#endif // MOE_TOOLS_RUN_STEPS_H
