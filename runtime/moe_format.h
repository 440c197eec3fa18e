/* moe_format.h - The artifact, a .moe file.
 *
 *  1. All numbers are little endian. Every number is checked before it is used.
 *  2. At 0: moe_file_header (64 bytes): magic, version, size of the file, number of sections.
 *  3. At 64: `sections` entries of moe_file_section (64 bytes each), in file order.
 *  4. Sections begin at multiples of 64, the weight section at a multiple of 4096 (it is mapped,
 * not read). They do not overlap each other or the table; the gaps are zero.
 *  5. `hash` is XXH3 (64 bits) of a section's bytes; `table_hash` in the header that of the header
 *     with `table_hash` zero, followed by the table.
 *  6. Kinds: metadata (one, FlatBuffers, moe_meta.fbs), code (one for each variant: an ELF shared
 *     object, see moe_abi.h; `variant` indexes the metadata's `variants`), weights (at most one),
 *     reference (at most one: the moe stage as MLIR bytecode, for moe-run --verify), ptx and cubin
 *     (at most one for each variant of a GPU target: its kernels, as text that the driver compiles
 *     and for one architecture). Unknown kinds are skipped.
 *  7. A reader takes its own major version and the one before; a newer minor version is fine.
 *
 * Version log: 1.0 first version; 1.1 ptx and cubin.
 */
#ifndef MOE_FORMAT_H
#define MOE_FORMAT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOE_FILE_MAGIC "\x89MOE\r\n\x1a\n" /* 8 bytes; text-mode transfers break it visibly */
#define MOE_FORMAT_MAJOR 1
#define MOE_FORMAT_MINOR 1
#define MOE_SECTION_ALIGNMENT 64
#define MOE_WEIGHT_ALIGNMENT 4096
#define MOE_MAX_SECTIONS 1024

enum moe_section_kind {
  MOE_SECTION_METADATA = 1,
  MOE_SECTION_CODE = 2,
  MOE_SECTION_WEIGHTS = 3,
  MOE_SECTION_REFERENCE = 4,
  MOE_SECTION_PTX = 5,
  MOE_SECTION_CUBIN = 6,
};

/* What messages call a kind. */
static inline const char *moe_section_name(uint32_t kind) {
  switch (kind) {
  case MOE_SECTION_METADATA:
    return "metadata";
  case MOE_SECTION_CODE:
    return "code";
  case MOE_SECTION_WEIGHTS:
    return "weights";
  case MOE_SECTION_REFERENCE:
    return "reference";
  case MOE_SECTION_PTX:
    return "ptx";
  case MOE_SECTION_CUBIN:
    return "cubin";
  }
  return "unknown kind"; /* an open set: newer minor versions may add kinds */
}

typedef struct moe_file_header {
  uint8_t magic[8];
  uint16_t major, minor;
  uint32_t sections;
  uint64_t file_size;
  uint64_t table_hash;
  uint8_t reserved[32]; /* zero */
} moe_file_header;

typedef struct moe_file_section {
  uint32_t kind; /* moe_section_kind */
  uint32_t variant;
  uint64_t offset, size; /* bytes */
  uint64_t hash;
  uint8_t reserved[32]; /* zero */
} moe_file_section;

#ifdef __cplusplus
static_assert(sizeof(moe_file_header) == 64 && sizeof(moe_file_section) == 64, "fixed sizes");
}
#else
_Static_assert(sizeof(moe_file_header) == 64 && sizeof(moe_file_section) == 64, "fixed sizes");
#endif
#endif /* MOE_FORMAT_H */
