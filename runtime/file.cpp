//===- file.cpp - Checks of header, section table and checksums -----------===//
//
// After these checks every section lies in the file, apart from the others, and holds the bytes
// that were written. The rules are numbered in moe_format.h.
//
//===----------------------------------------------------------------------===//

#include "model.h"

#include <inttypes.h>
#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace moe::rt;

/// Kinds of which each variant has one.
static bool isOfVariant(uint32_t kind) {
  return kind == MOE_SECTION_CODE || kind == MOE_SECTION_PTX || kind == MOE_SECTION_CUBIN;
}

const moe_file_section *moe::rt::findSection(const moe_rt_model &model, uint32_t kind,
                                             size_t variant) {
  for (uint32_t i = 0; i < model.header->sections; ++i) {
    const moe_file_section &section = model.sections[i];
    if (section.kind == kind && (!isOfVariant(kind) || section.variant == variant))
      return &section;
  }
  return nullptr;
}

static bool isZero(const uint8_t *bytes, uint64_t size) {
  for (uint64_t i = 0; i < size; ++i)
    if (bytes[i])
      return false;
  return true;
}

static moe_rt_status checkVersion(Loading &loading, const moe_file_header &header) {
  if (header.major > MOE_FORMAT_MAJOR)
    return report(
        loading.error, MOE_RT_UNSUPPORTED,
        "%s: unsupported: format version %u.%u, this runtime reads up to %u.x; use a newer "
        "runtime or compile the model again",
        loading.name, header.major, header.minor, MOE_FORMAT_MAJOR);
  if (header.major == 0 || header.major + 1 < MOE_FORMAT_MAJOR)
    return report(loading.error, MOE_RT_UNSUPPORTED,
                  "%s: unsupported: format version %u.%u, this runtime reads from %u.0 on; compile "
                  "the model again",
                  loading.name, header.major, header.minor,
                  MOE_FORMAT_MAJOR > 1 ? MOE_FORMAT_MAJOR - 1 : 1);
  return MOE_RT_OK;
}

static moe_rt_status checkHeader(Loading &loading) {
  const moe_rt_model &model = loading.model;
  if (model.size < sizeof(moe_file_header))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: expected at least the %zu bytes of a header, found %zu",
                  loading.name, sizeof(moe_file_header), model.size);
  const moe_file_header &header = *model.header;
  if (memcmp(header.magic, MOE_FILE_MAGIC, sizeof(header.magic)))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: does not begin as an artifact does (magic number)", loading.name);
  if (moe_rt_status status = checkVersion(loading, header))
    return status;
  if (header.file_size != model.size)
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: the header says %" PRIu64 " bytes, the file has %zu",
                  loading.name, header.file_size, model.size);
  if (header.sections < 1 || header.sections > MOE_MAX_SECTIONS)
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: expected 1 to %u sections, found %u", loading.name,
                  MOE_MAX_SECTIONS, header.sections);
  if (sizeof(header) + header.sections * sizeof(moe_file_section) > model.size)
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: the table of %u sections ends beyond the %zu bytes of the file",
                  loading.name, header.sections, model.size);
  return MOE_RT_OK;
}

static moe_rt_status checkTable(Loading &loading) {
  moe_file_header header = *loading.model.header;
  header.table_hash = 0;
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, &header, sizeof(header));
  XXH3_64bits_update(&state, loading.model.sections, header.sections * sizeof(moe_file_section));
  if (XXH3_64bits_digest(&state) != loading.model.header->table_hash)
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: the checksum of header and section table differs", loading.name);
  // Later minor versions may give the reserved bytes a meaning.
  bool known = header.minor <= MOE_FORMAT_MINOR;
  if (known && !isZero(header.reserved, sizeof(header.reserved)))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: reserved bytes of the header are not zero", loading.name);
  for (uint32_t i = 0; known && i < header.sections; ++i)
    if (!isZero(loading.model.sections[i].reserved, sizeof(header.reserved)))
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: reserved bytes of section %u (%s) are not zero", loading.name,
                    i, moe_section_name(loading.model.sections[i].kind));
  return MOE_RT_OK;
}

/// `end` is where the section before ends.
static moe_rt_status checkPlace(Loading &loading, uint32_t index, uint64_t end) {
  const moe_file_section &section = loading.model.sections[index];
  const char *kind = moe_section_name(section.kind);
  unsigned alignment =
      section.kind == MOE_SECTION_WEIGHTS ? MOE_WEIGHT_ALIGNMENT : MOE_SECTION_ALIGNMENT;
  if (section.offset % alignment)
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: section %u (%s) begins at %" PRIu64 ", no multiple of %u",
                  loading.name, index, kind, section.offset, alignment);
  uint64_t sectionEnd;
  if (__builtin_add_overflow(section.offset, section.size, &sectionEnd) ||
      sectionEnd > loading.model.size)
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: section %u (%s) of %" PRIu64 " bytes at %" PRIu64
                  " ends beyond the %zu bytes of the file",
                  loading.name, index, kind, section.size, section.offset, loading.model.size);
  if (section.offset < end)
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: section %u (%s) begins at %" PRIu64
                  ", before the end of what stands before it, %" PRIu64,
                  loading.name, index, kind, section.offset, end);
  if (!isZero(loading.model.data + end, section.offset - end))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: the gap before section %u (%s) is not zero", loading.name, index,
                  kind);
  return MOE_RT_OK;
}

/// Sections are read in parts of this size, so that a large one is never all in memory.
static constexpr uint64_t kWindow = uint64_t(64) << 20, kPage = 4096;

/// Whether most of these pages were in memory before anyone asked for them here.
static bool isCached(const uint8_t *data, uint64_t size) {
  static_assert(kWindow % kPage == 0, "whole pages");
  unsigned char present[kWindow / kPage];
  uint64_t pages = size / kPage, count = 0;
  if (mincore(const_cast<uint8_t *>(data), size, present))
    return true;
  for (uint64_t i = 0; i < pages; ++i)
    count += present[i] & 1;
  return 2 * count >= pages;
}

/// Pages of a mapped file that were read once go; they come back when they are needed. What was not
/// in the system's cache before does not stay there either. Advice only: that it fails costs memory
/// and nothing else.
static void giveBack(const uint8_t *data, uint64_t size, bool cached) {
  (void)madvise(const_cast<uint8_t *>(data), size, cached ? MADV_DONTNEED : MADV_PAGEOUT);
}

static moe_rt_status checkHash(Loading &loading, uint32_t index) {
  const moe_file_section &section = loading.model.sections[index];
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (uint64_t done = 0; done < section.size; done += kWindow) {
    uint64_t size = section.size - done < kWindow ? section.size - done : kWindow;
    const uint8_t *part = loading.model.data + section.offset + done;
    bool whole = loading.model.mapped && size == kWindow && section.offset % kPage == 0;
    bool cached = !whole || isCached(part, size);
    XXH3_64bits_update(&state, part, static_cast<size_t>(size));
    if (whole)
      giveBack(part, size, cached);
  }
  if (XXH3_64bits_digest(&state) == section.hash)
    return MOE_RT_OK;
  return report(loading.error, MOE_RT_MALFORMED,
                "%s: malformed: the checksum of section %u (%s) differs; the file is damaged",
                loading.name, index, moe_section_name(section.kind));
}

/// One metadata section, at most one of the others, code and kernels of one variant only once.
static moe_rt_status checkKinds(Loading &loading) {
  const moe_rt_model &model = loading.model;
  for (uint32_t i = 0; i < model.header->sections; ++i) {
    const moe_file_section &section = model.sections[i];
    bool known = section.kind >= MOE_SECTION_METADATA && section.kind <= MOE_SECTION_CUBIN;
    if (known && findSection(model, section.kind, section.variant) != &section)
      return report(loading.error, MOE_RT_MALFORMED,
                    "%s: malformed: section %u (%s) is there twice", loading.name, i,
                    moe_section_name(section.kind));
  }
  if (!findSection(model, MOE_SECTION_METADATA))
    return report(loading.error, MOE_RT_MALFORMED, "%s: malformed: has no metadata section",
                  loading.name);
  return MOE_RT_OK;
}

moe_rt_status moe::rt::checkFile(Loading &loading, bool checkWeights) {
  moe_rt_model &model = loading.model;
  model.header = reinterpret_cast<const moe_file_header *>(model.data);
  if (moe_rt_status status = checkHeader(loading))
    return status;
  model.sections = reinterpret_cast<const moe_file_section *>(model.data + sizeof(moe_file_header));
  if (moe_rt_status status = checkTable(loading))
    return status;
  uint64_t end = sizeof(moe_file_header) + model.header->sections * sizeof(moe_file_section);
  for (uint32_t i = 0; i < model.header->sections; ++i) {
    if (moe_rt_status status = checkPlace(loading, i, end))
      return status;
    end = model.sections[i].offset + model.sections[i].size;
    // Weights are mapped, not read: their checksum costs as much as reading them.
    if (model.sections[i].kind == MOE_SECTION_WEIGHTS && !checkWeights)
      continue;
    if (moe_rt_status status = checkHash(loading, i))
      return status;
  }
  if (!isZero(model.data + end, model.size - end))
    return report(loading.error, MOE_RT_MALFORMED,
                  "%s: malformed: what follows the last section is not zero", loading.name);
  if (const moe_file_section *weights = findSection(model, MOE_SECTION_WEIGHTS))
    model.weights = model.data + weights->offset;
  return checkKinds(loading);
}
