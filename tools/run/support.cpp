//===- support.cpp - Errors, names, and queries without statuses ----------===//
//
// moe-run is a short-lived program: it ends at the first error, with one line and an exit code.
//
//===----------------------------------------------------------------------===//

#include "support.h"

#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace moe;
using namespace moe::run;

static std::string formatList(const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(nullptr, 0, format, arguments);
  std::string text(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  return text;
}

std::string run::format(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string text = formatList(format, arguments);
  va_end(arguments);
  return text;
}

void run::fail(Exit code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string text = formatList(format, arguments);
  va_end(arguments);
  // Names come from files; an error stays one line whatever they hold.
  for (char &c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
      c = '?';
  fflush(stdout);
  fprintf(stderr, "moe-run: error: %s\n", text.c_str());
  exit(code);
}

void run::fail(const std::string &file, const moe_rt_error &error) {
  Exit code = error.status == MOE_RT_INTERNAL ? kOurs : kUser;
  // Loading names the file itself.
  bool named = std::string(error.message).rfind(file + ":", 0) == 0;
  fail(code, "%s%s%s", named ? "" : file.c_str(), named ? "" : ": ", error.message);
}

std::string run::fileName(const std::string &name) {
  std::string result = name.empty() ? "_" : name;
  for (char &c : result)
    if (c == '/' || static_cast<unsigned char>(c) < ' ' || c == 0x7f)
      c = '_';
  return result;
}

void run::makeFolder(const std::string &path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    fail(kUser, "%s: cannot make the folder: %s", path.c_str(), error.message().c_str());
  if (!std::filesystem::is_directory(path, error))
    fail(kUser, "%s: is no folder", path.c_str());
}

double run::seconds() {
  std::chrono::duration<double> time = std::chrono::steady_clock::now().time_since_epoch();
  return time.count();
}

/// Fills one of the runtime's structs.
template <typename Info, typename Query, typename... Index>
static Info ask(Query query, const moe_rt_model *model, Index... index) {
  Info info = MOE_RT_INIT(Info);
  if (query(model, index..., &info))
    fail(kOurs, "the runtime refuses a query");
  return info;
}

moe_rt_model_info run::describe(const moe_rt_model *model) {
  return ask<moe_rt_model_info>(moe_rt_model_describe, model);
}
moe_rt_tensor_info run::inputInfo(const moe_rt_model *model, size_t index) {
  return ask<moe_rt_tensor_info>(moe_rt_model_input, model, index);
}
moe_rt_tensor_info run::outputInfo(const moe_rt_model *model, size_t index) {
  return ask<moe_rt_tensor_info>(moe_rt_model_output, model, index);
}
moe_rt_layer_info run::layerInfo(const moe_rt_model *model, size_t index) {
  return ask<moe_rt_layer_info>(moe_rt_model_layer, model, index);
}
moe_rt_observation_info run::observationInfo(const moe_rt_model *model, size_t index) {
  return ask<moe_rt_observation_info>(moe_rt_model_observation, model, index);
}
moe_rt_variant_info run::variantInfo(const moe_rt_model *model, size_t index) {
  return ask<moe_rt_variant_info>(moe_rt_model_variant, model, index);
}
moe_rt_section_info run::sectionInfo(const moe_rt_model *model, size_t index) {
  return ask<moe_rt_section_info>(moe_rt_model_section, model, index);
}

std::string run::typeText(const moe_rt_tensor_info &info) {
  std::string text = std::string(moe_rt_type_name(info.type)) + "[";
  for (uint32_t i = 0; i < info.rank; ++i) {
    text += i ? ", " : "";
    if (info.dims[i] >= 0)
      text += std::to_string(info.dims[i]);
    else
      text += *info.symbols[i] ? info.symbols[i] : "?";
  }
  return text + "]";
}

std::string run::typeText(const moe_rt_tensor &tensor) {
  std::string text = std::string(moe_rt_type_name(tensor.type)) + "[";
  for (uint32_t i = 0; i < tensor.rank; ++i)
    text += (i ? ", " : "") + std::to_string(tensor.shape[i]);
  return text + "]";
}

int64_t run::countElements(const moe_rt_tensor &tensor) {
  int64_t count = 1;
  for (uint32_t i = 0; i < tensor.rank; ++i)
    count *= tensor.shape[i];
  return count;
}
