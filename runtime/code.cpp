//===- code.cpp - From a code section to a function pointer ---------------===//
//
// The section becomes an anonymous file that the system's own loader opens, so that debuggers and
// profilers see it like any library, and nothing is left on disk.
//
//===----------------------------------------------------------------------===//

#include "code.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace moe::rt;

/// An anonymous file that may be executed, also where the system's default says otherwise.
static int createFile() {
  constexpr unsigned executable = 0x10; // MFD_EXEC, since Linux 6.3
  int file = memfd_create("moe-code", MFD_CLOEXEC | executable);
  return file < 0 && errno == EINVAL ? memfd_create("moe-code", MFD_CLOEXEC) : file;
}

static bool writeAll(int file, const uint8_t *bytes, size_t size) {
  while (size) {
    ssize_t written = write(file, bytes, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

/// The loader trusts what it opens, so at least what kind of file it is gets checked here.
static bool isSharedObject(const uint8_t *bytes, size_t size) {
  Elf64_Ehdr header;
  if (size < sizeof(header))
    return false;
  memcpy(&header, bytes, sizeof(header));
  return !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_ident[EI_DATA] == ELFDATA2LSB && header.e_type == ET_DYN &&
         header.e_machine == EM_X86_64;
}

static moe_rt_status openLibrary(const char *where, Code &code, moe_rt_error *error) {
  // The loader knows libraries by path. The file stays open as long as its library, so that no
  // other library can come to have the same path.
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", code.file);
  code.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!code.library) {
    const char *reason = dlerror();
    return report(error, MOE_RT_IO, "%s: cannot load: %s", where, reason ? reason : "no reason");
  }
  code.entry = reinterpret_cast<moe_entry_fn>(dlsym(code.library, MOE_ENTRY_SYMBOL));
  if (!code.entry)
    return report(error, MOE_RT_MALFORMED, "%s: malformed: has no symbol '%s'", where,
                  MOE_ENTRY_SYMBOL);
  code.prepare = reinterpret_cast<moe_prepare_fn>(dlsym(code.library, MOE_PREPARE_SYMBOL));
  return MOE_RT_OK;
}

moe_rt_status moe::rt::loadCode(const uint8_t *bytes, size_t size, const char *where, Code &code,
                                moe_rt_error *error) {
  if (!isSharedObject(bytes, size))
    return report(error, MOE_RT_MALFORMED, "%s: malformed: is no ELF shared object for x86-64",
                  where);
  code.file = createFile();
  if (code.file < 0 || !writeAll(code.file, bytes, size)) {
    int reason = errno;
    unloadCode(code);
    return report(error, MOE_RT_IO, "%s: cannot load: %s", where, strerror(reason));
  }
  moe_rt_status status = openLibrary(where, code, error);
  if (status != MOE_RT_OK)
    unloadCode(code);
  return status;
}

void moe::rt::unloadCode(Code &code) {
  if (code.library)
    dlclose(code.library);
  if (code.file >= 0)
    close(code.file);
  code = Code();
}
