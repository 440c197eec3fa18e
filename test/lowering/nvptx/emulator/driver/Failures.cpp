//===- Failures.cpp - Calls that are to fail ------------------------------===//

#include "Failures.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace moe::emulator;

Failures::Failures() {
  const char *text = getenv("MOE_FAKE_CUDA_FAIL");
  if (!text || !*text)
    return;
  const char *colon = strrchr(text, ':'), *equals = colon ? strchr(colon, '=') : nullptr;
  if (equals) {
    name.assign(text, colon);
    number = strtoull(colon + 1, nullptr, 10);
    error = static_cast<CUresult>(strtol(equals + 1, nullptr, 10));
  }
  if (number && error)
    return;
  fprintf(stderr, "fake cuda: MOE_FAKE_CUDA_FAIL is '%s', expected NAME:N=ERROR\n", text);
  exit(2);
}

CUresult Failures::next(const char *entry) {
  if (!number || (name != "*" && name != entry))
    return CUDA_SUCCESS;
  return ++calls == number ? error : CUDA_SUCCESS;
}
