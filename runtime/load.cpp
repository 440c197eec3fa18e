//===- load.cpp - From a file to a model ----------------------------------===//
//
// Maps, has everything checked, chooses the code and loads it, in this order, so that no byte of a
// damaged file is ever executed.
//
//===----------------------------------------------------------------------===//

#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace moe::rt;

void moe::rt::retain(moe_rt_model *model) { model->references.fetch_add(1); }

void moe::rt::release(moe_rt_model *model) {
  if (!model || model->references.fetch_sub(1) != 1)
    return;
  model->backend->unload(*model);
  unloadCode(model->code);
  if (model->mapped)
    munmap(const_cast<uint8_t *>(model->data), model->size);
  Allocator allocator = model->allocator;
  model->~moe_rt_model();
  allocator.release(model, sizeof(moe_rt_model));
}

static moe_rt_status mapFile(const char *path, int file, Loading &loading) {
  struct stat status;
  if (fstat(file, &status))
    return report(loading.error, MOE_RT_IO, "%s: cannot read: %s", path, strerror(errno));
  if (!S_ISREG(status.st_mode))
    return report(loading.error, MOE_RT_IO, "%s: cannot read: is no regular file", path);
  if (status.st_size == 0)
    return report(loading.error, MOE_RT_MALFORMED, "%s: malformed: the file is empty", path);
  size_t size = static_cast<size_t>(status.st_size);
  void *data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (data == MAP_FAILED)
    return report(loading.error, MOE_RT_IO, "%s: cannot map: %s", path, strerror(errno));
  loading.model.data = static_cast<const uint8_t *>(data);
  loading.model.size = size;
  loading.model.mapped = true;
  return MOE_RT_OK;
}

static moe_rt_status openFile(const char *path, Loading &loading) {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0)
    return report(loading.error, MOE_RT_IO, "%s: cannot open: %s", path, strerror(errno));
  moe_rt_status status = mapFile(path, file, loading);
  close(file);
  return status;
}

static moe_rt_status loadVariant(Loading &loading) {
  const moe_rt_model &model = loading.model;
  const moe_file_section *section = findSection(model, MOE_SECTION_CODE, model.variant);
  char where[512];
  const moe::meta::Variant *variant =
      model.meta->variants()->Get(static_cast<uint32_t>(model.variant));
  snprintf(where, sizeof(where), "%s: code of variant '%s'", loading.name,
           variant->name()->c_str());
  return loadCode(model.data + section->offset, static_cast<size_t>(section->size), where,
                  loading.model.code, loading.error);
}

/// Null where there is no such kind of device.
static const Backend *findBackend(const char *device) {
  for (const Backend *backend : {&cpuBackend, &cudaBackend})
    if (backend->accepts(device))
      return backend;
  return nullptr;
}

static moe_rt_status check(Loading &loading, const moe_rt_load_options &options) {
  const char *device = options.device ? options.device : "cpu";
  const Backend *found = findBackend(device);
  if (!found)
    return report(loading.error, MOE_RT_INVALID_ARGUMENT,
                  "%s: expected the device cpu, cuda or cuda:N, found '%s'", loading.name, device);
  const Backend &backend = *found;
  loading.model.backend = found;
  if (moe_rt_status status = checkFile(loading, options.flags & MOE_RT_LOAD_CHECK_WEIGHTS))
    return status;
  if (moe_rt_status status = checkMetadata(loading))
    return status;
  bool inspect = options.flags & MOE_RT_LOAD_INSPECT;
  if (inspect) {
    // Queries say which variant would run; that none does is no failure here.
    loading.error = nullptr;
    (void)backend.choose(loading, device, options.variant);
    return MOE_RT_OK;
  }
  if (moe_rt_status status = backend.choose(loading, device, options.variant))
    return status;
  if (moe_rt_status status = loadVariant(loading))
    return status;
  return backend.load(loading);
}

/// Loads from `path`, or where it is null from memory.
static moe_rt_status load(const char *path, const void *data, size_t size,
                          const moe_rt_load_options *callerOptions, moe_rt_model **result,
                          moe_rt_error *error) {
  constexpr uint32_t knownFlags = MOE_RT_LOAD_CHECK_WEIGHTS | MOE_RT_LOAD_INSPECT;
  moe_rt_load_options options;
  Allocator allocator;
  if (!result || !readOptions(callerOptions, options) || options.flags & ~knownFlags ||
      !makeAllocator(options.allocator, systemAllocator, allocator))
    return report(error, MOE_RT_INVALID_ARGUMENT,
                  "load: no place for the result, or options that this runtime does not know");
  void *memory = allocator.allocate(sizeof(moe_rt_model));
  if (!memory)
    return report(error, MOE_RT_OUT_OF_MEMORY, "load: out of memory");
  moe_rt_model *model = new (memory) moe_rt_model;
  model->allocator = allocator;
  model->data = static_cast<const uint8_t *>(data);
  model->size = size;
  Loading loading = {*model, options.name ? options.name : path ? path : "artifact", error};
  moe_rt_status status = path ? openFile(path, loading) : MOE_RT_OK;
  if (!status)
    status = check(loading, options);
  if (status) {
    release(model);
    return status;
  }
  *result = model;
  return MOE_RT_OK;
}

moe_rt_status moe_rt_model_load(const char *path, const moe_rt_load_options *options,
                                moe_rt_model **model, moe_rt_error *error) {
  if (!path)
    return report(error, MOE_RT_INVALID_ARGUMENT, "load: no path");
  return load(path, nullptr, 0, options, model, error);
}

moe_rt_status moe_rt_model_load_memory(const void *data, size_t size,
                                       const moe_rt_load_options *options, moe_rt_model **model,
                                       moe_rt_error *error) {
  if (!data || reinterpret_cast<uintptr_t>(data) % MOE_WEIGHT_ALIGNMENT)
    return report(error, MOE_RT_INVALID_ARGUMENT,
                  "load: the artifact in memory must be aligned to %d bytes", MOE_WEIGHT_ALIGNMENT);
  return load(nullptr, data, size, options, model, error);
}

void moe_rt_model_free(moe_rt_model *model) { release(model); }
