//===- variant.cpp - Checks of the code variants --------------------------===//
//
// What the metadata says of code and kernels, against the sections and against what any CPU or GPU
// can have.
//
//===----------------------------------------------------------------------===//

#include "model.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>

using namespace moe::rt;
namespace meta = moe::meta;

bool moe::rt::listMissing(const meta::Variant &variant, Line &line) {
  bool missing = false;
  for (uint32_t i = 0; i < sizeOf(variant.features()); ++i) {
    const char *feature = variant.features()->Get(i)->c_str();
    if (moe_rt_cpu_has(feature))
      continue;
    line.append("%s%s", missing ? ", " : "", feature);
    missing = true;
  }
  return missing;
}

static const char *nameOf(const meta::Variant &variant) { return variant.name()->c_str(); }

/// Code, ptx and cubin belong to a variant, the latter two to one of a GPU; each variant has code.
static moe_rt_status checkSections(Loading &loading) {
  const moe_rt_model &model = loading.model;
  const auto *variants = model.meta->variants();
  for (uint32_t i = 0; i < model.header->sections; ++i) {
    const moe_file_section &section = model.sections[i];
    bool kernels = section.kind == MOE_SECTION_PTX || section.kind == MOE_SECTION_CUBIN;
    if (!kernels && section.kind != MOE_SECTION_CODE)
      continue;
    if (section.variant >= sizeOf(variants))
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: section %u (%s) is of variant %u, there are %zu variants",
                    loading.name, i, moe_section_name(section.kind), section.variant,
                    sizeOf(variants));
    const meta::Variant &variant = *variants->Get(section.variant);
    if (kernels && !variant.architecture())
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: section %u (%s) is of variant '%s', which is not for a GPU",
                    loading.name, i, moe_section_name(section.kind), nameOf(variant));
  }
  for (uint32_t i = 0; i < sizeOf(variants); ++i)
    if (!findSection(model, MOE_SECTION_CODE, i))
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: variant '%s' has no code section", loading.name,
                    nameOf(*variants->Get(i)));
  return MOE_RT_OK;
}

/// A target is sm_ with the architecture, and a letter where it is for one kind of GPU only.
static bool isSane(const meta::Variant &variant) {
  const char *target = variant.target()->c_str();
  if (strncmp(target, "sm_", 3))
    return variant.architecture() == 0;
  char *end;
  unsigned long number = strtoul(target + 3, &end, 10);
  constexpr unsigned long least = 50, most = 999;
  return number >= least && number <= most && number == variant.architecture() &&
         (!*end || !strcmp(end, "a") || !strcmp(end, "f"));
}

static moe_rt_status checkImages(Loading &loading, uint32_t index) {
  const meta::Variant &variant = *loading.model.meta->variants()->Get(index);
  const moe_file_section *ptx = findSection(loading.model, MOE_SECTION_PTX, index);
  const moe_file_section *cubin = findSection(loading.model, MOE_SECTION_CUBIN, index);
  if (!ptx && !cubin && sizeOf(variant.kernels()))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: variant '%s' has kernels, but neither a ptx nor a cubin section",
                  loading.name, nameOf(variant));
  const uint8_t *text = ptx ? loading.model.data + ptx->offset : nullptr;
  // A zero at the end is as good as none.
  if (ptx && (ptx->size < 2 || memchr(text, 0, static_cast<size_t>(ptx->size) - 1)))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: the ptx of variant '%s' is empty or no text", loading.name,
                  nameOf(variant));
  constexpr Elf64_Half cuda = 190; // EM_CUDA
  Elf64_Ehdr header = {};
  if (cubin && cubin->size >= sizeof(header))
    memcpy(&header, loading.model.data + cubin->offset, sizeof(header));
  if (cubin && (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_machine != cuda))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: the cubin of variant '%s' is no ELF file for a GPU", loading.name,
                  nameOf(variant));
  return MOE_RT_OK;
}

static moe_rt_status checkKernels(Loading &loading, const meta::Variant &variant) {
  constexpr uint32_t mostThreads = 1024, mostShared = 1u << 20;
  for (uint32_t i = 0; i < sizeOf(variant.kernels()); ++i) {
    const meta::Kernel &kernel = *variant.kernels()->Get(i);
    if (kernel.threads() < 1 || kernel.threads() > mostThreads || kernel.shared() > mostShared)
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: kernel '%s' of variant '%s' has %u threads and %u bytes of "
                    "shared memory, possible are 1 to %u and up to %u",
                    loading.name, kernel.name()->c_str(), nameOf(variant), kernel.threads(),
                    kernel.shared(), mostThreads, mostShared);
  }
  for (uint32_t i = 0; i < sizeOf(variant.launches()); ++i) {
    const meta::Launches &launches = *variant.launches()->Get(i);
    if (launches.layer() >= sizeOf(loading.model.meta->layers()))
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: launches %u of variant '%s' are of layer %u, there are %zu "
                    "layers",
                    loading.name, i, nameOf(variant), launches.layer(),
                    sizeOf(loading.model.meta->layers()));
    for (uint32_t j = 0; j < sizeOf(launches.kernels()); ++j)
      if (launches.kernels()->Get(j) >= sizeOf(variant.kernels()))
        return report(loading.error, MOE_RT_MALFORMED,
                      "%s: malformed: launches %u of variant '%s' are of kernel %u, there are %zu "
                      "kernels",
                      loading.name, i, nameOf(variant), launches.kernels()->Get(j),
                      sizeOf(variant.kernels()));
  }
  return MOE_RT_OK;
}

static moe_rt_status checkVariant(Loading &loading, uint32_t index) {
  const meta::Variant &variant = *loading.model.meta->variants()->Get(index);
  if (!isSane(variant))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: variant '%s' has target '%s' and architecture %u", loading.name,
                  nameOf(variant), variant.target()->c_str(), variant.architecture());
  constexpr uint64_t mostBytes = uint64_t(1) << 46;
  if (variant.device_bytes() > mostBytes)
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: variant '%s' has weights of %" PRIu64 " bytes, at most %" PRIu64
                  " are possible",
                  loading.name, nameOf(variant), variant.device_bytes(), mostBytes);
  if (moe_rt_status status = checkImages(loading, index))
    return status;
  return checkKernels(loading, variant);
}

moe_rt_status moe::rt::checkVariants(Loading &loading) {
  if (moe_rt_status status = checkSections(loading))
    return status;
  for (uint32_t i = 0; i < sizeOf(loading.model.meta->variants()); ++i)
    if (moe_rt_status status = checkVariant(loading, i))
      return status;
  return MOE_RT_OK;
}
