//===- status.cpp - Statuses, types and their names -----------------------===//
//
// The small tables behind the C API: what a status and an element type are called, and how a
// message reaches the caller.
//
//===----------------------------------------------------------------------===//

#include "status.h"

#include <stdarg.h>
#include <stdio.h>

using namespace moe::rt;

moe_rt_status moe::rt::report(moe_rt_error *error, moe_rt_status status, const char *format, ...) {
  constexpr size_t header = offsetof(moe_rt_error, message);
  if (!error || error->size <= header)
    return status;
  error->status = status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, error->size - header, format, arguments);
  va_end(arguments);
  return status;
}

void Line::append(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int written = vsnprintf(buffer + length, sizeof(buffer) - length, format, arguments);
  va_end(arguments);
  if (written > 0)
    length += static_cast<size_t>(written);
  if (length >= sizeof(buffer))
    length = sizeof(buffer) - 1;
}

uint32_t moe_rt_version(void) { return MOE_RT_VERSION_MAJOR << 16 | MOE_RT_VERSION_MINOR; }

const char *moe_rt_status_name(uint32_t status) {
  static const char *const names[] = {
      "ok",          "invalid argument", "invalid input", "io",       "malformed",
      "unsupported", "no memory",        "run failed",    "internal", "device"};
  return status < sizeof(names) / sizeof(names[0]) ? names[status] : "unknown";
}

namespace {
struct TypeRow {
  moe_rt_type type;
  const char *name;
  size_t size;
};
} // namespace

static const TypeRow *findType(uint32_t type) {
  static const TypeRow rows[] = {{MOE_RT_FLOAT32, "float32", 4},
                                 {MOE_RT_UINT8, "uint8", 1},
                                 {MOE_RT_INT8, "int8", 1},
                                 {MOE_RT_UINT16, "uint16", 2},
                                 {MOE_RT_INT16, "int16", 2},
                                 {MOE_RT_INT32, "int32", 4},
                                 {MOE_RT_INT64, "int64", 8},
                                 {MOE_RT_BOOL, "bool", 1},
                                 {MOE_RT_FLOAT16, "float16", 2},
                                 {MOE_RT_FLOAT64, "float64", 8},
                                 {MOE_RT_UINT32, "uint32", 4},
                                 {MOE_RT_UINT64, "uint64", 8},
                                 {MOE_RT_BFLOAT16, "bfloat16", 2},
                                 {MOE_RT_FLOAT8E4M3FN, "float8e4m3fn", 1},
                                 {MOE_RT_FLOAT8E4M3FNUZ, "float8e4m3fnuz", 1},
                                 {MOE_RT_FLOAT8E5M2, "float8e5m2", 1},
                                 {MOE_RT_FLOAT8E5M2FNUZ, "float8e5m2fnuz", 1},
                                 {MOE_RT_UINT4, "uint4", 1},
                                 {MOE_RT_INT4, "int4", 1},
                                 {MOE_RT_FLOAT4E2M1, "float4e2m1", 1},
                                 {MOE_RT_FLOAT8E8M0, "float8e8m0", 1},
                                 {MOE_RT_UINT2, "uint2", 1},
                                 {MOE_RT_INT2, "int2", 1}};
  for (const TypeRow &row : rows)
    if (static_cast<uint32_t>(row.type) == type)
      return &row;
  return nullptr;
}

const char *moe_rt_type_name(uint32_t type) {
  const TypeRow *row = findType(type);
  return row ? row->name : "unknown";
}

size_t moe_rt_type_size(uint32_t type) {
  const TypeRow *row = findType(type);
  return row ? row->size : 0;
}
