//===- support.h - What the parts of moe-run share --------------*- C++ -*-===//

#ifndef MOE_TOOLS_RUN_SUPPORT_H
#define MOE_TOOLS_RUN_SUPPORT_H

#include "runtime/moe_rt.h"

#include <memory>
#include <string>
#include <vector>

namespace moe::run {

/// Exit codes: the user's input is at fault, or we are.
enum Exit { kRight = 0, kUser = 1, kOurs = 2 };

/// Prints one `error:` line and ends the program.
[[noreturn, gnu::format(printf, 2, 3)]] void fail(Exit code, const char *format, ...);
/// The same for a failure of the runtime, which happened to `file`.
[[noreturn]] void fail(const std::string &file, const moe_rt_error &error);

/// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string format(const char *format, ...);

/// The name with `_` for what cannot stand in a file name.
std::string fileName(const std::string &name);
/// Makes a folder and those above it; ends the program where that fails.
void makeFolder(const std::string &path);

/// Seconds of a clock that only goes forward.
double seconds();

struct FreeModel {
  void operator()(moe_rt_model *model) const { moe_rt_model_free(model); }
};
struct FreeSession {
  void operator()(moe_rt_session *session) const { moe_rt_session_free(session); }
};
using Model = std::unique_ptr<moe_rt_model, FreeModel>;
using Session = std::unique_ptr<moe_rt_session, FreeSession>;

/// Queries whose indices are known to be right.
moe_rt_model_info describe(const moe_rt_model *model);
moe_rt_tensor_info inputInfo(const moe_rt_model *model, size_t index);
moe_rt_tensor_info outputInfo(const moe_rt_model *model, size_t index);
moe_rt_layer_info layerInfo(const moe_rt_model *model, size_t index);
moe_rt_observation_info observationInfo(const moe_rt_model *model, size_t index);
moe_rt_variant_info variantInfo(const moe_rt_model *model, size_t index);
moe_rt_section_info sectionInfo(const moe_rt_model *model, size_t index);

/// "float32[tokens, 4]"
std::string typeText(const moe_rt_tensor_info &info);
std::string typeText(const moe_rt_tensor &tensor);
/// Elements of a tensor that a session gave.
int64_t countElements(const moe_rt_tensor &tensor);

} // namespace moe::run

#endif // MOE_TOOLS_RUN_SUPPORT_H
