//===- status.h - How the runtime's parts report failures -------*- C++ -*-===//

#ifndef MOE_RUNTIME_STATUS_H
#define MOE_RUNTIME_STATUS_H

#include "moe_rt.h"

#include <string.h>

namespace moe::rt {

/// Writes the message into the caller's error object, if there is one, and returns the status.
[[gnu::format(printf, 3, 4)]] moe_rt_status report(moe_rt_error *error, moe_rt_status status,
                                                   const char *format, ...);

/// Appends to a line of bounded length; what does not fit is dropped.
class Line {
public:
  [[gnu::format(printf, 2, 3)]] void append(const char *format, ...);
  const char *text() const { return buffer; }

private:
  char buffer[900] = "";
  size_t length = 0;
};

/// Copies a caller's options, of whichever version of the header, into ours: what the caller's
/// lacks stays zero. Null pointers are empty options. False where the caller's struct holds
/// something that this runtime does not know.
template <typename T> bool readOptions(const T *caller, T &options) {
  memset(&options, 0, sizeof(T));
  if (!caller)
    return true;
  if (caller->size < sizeof(size_t))
    return false;
  const char *bytes = reinterpret_cast<const char *>(caller);
  for (size_t i = sizeof(T); i < caller->size; ++i)
    if (bytes[i])
      return false;
  memcpy(&options, caller, caller->size < sizeof(T) ? caller->size : sizeof(T));
  return true;
}

/// Gives as much of `value` as the caller's version of the struct holds.
template <typename T> moe_rt_status give(const T &value, T *caller) {
  if (!caller || caller->size < sizeof(size_t))
    return MOE_RT_INVALID_ARGUMENT;
  size_t size = caller->size;
  memcpy(caller, &value, size < sizeof(T) ? size : sizeof(T));
  caller->size = size;
  return MOE_RT_OK;
}

} // namespace moe::rt

#endif // MOE_RUNTIME_STATUS_H
