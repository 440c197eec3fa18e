/* moe_abi.h - How generated code is called, and what it may call.
 *
 * Shared by the runtime (which fills these structs) and lowering/cpu (which generates code that
 * reads them). Changing a struct means changing both sides and MOE_ABI_VERSION; the sizes and
 * offsets are checked on both sides.
 *
 * A code section of an artifact is one ELF shared object without undefined symbols. It exports
 * MOE_ENTRY_SYMBOL, of type moe_entry_fn. Code for a device runs on the host as well: it computes
 * sizes, takes device memory and launches the kernels of its variant. It also exports
 * MOE_PREPARE_SYMBOL, of type moe_prepare_fn, which is called once, before the first run.
 *
 * Version log: 1 first version; 2 adds what code for a device calls.
 */
#ifndef MOE_ABI_H
#define MOE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOE_ABI_VERSION 2
#define MOE_MAX_RANK 8
#define MOE_ENTRY_SYMBOL "moe_entry"
#define MOE_PREPARE_SYMBOL "moe_prepare"

/* A dense row-major tensor, in device memory for code of a device. Element types are the artifact's
 * business. */
typedef struct moe_abi_tensor {
  void *data;                  /* 64-byte aligned when it comes from `alloc` */
  int64_t rank;                /* 0 .. MOE_MAX_RANK */
  int64_t shape[MOE_MAX_RANK]; /* elements a dimension; entries from `rank` on are unspecified */
} moe_abi_tensor;

typedef struct moe_context moe_context;

/* Runs items begin .. end - 1. Called from any thread; must not call alloc, free, observe or fail.
 */
typedef void (*moe_body_fn)(void *closure, int64_t begin, int64_t end);

/* One run of one model. The first argument of every generated function.
 * alloc, free, parallel_for, observe and fail are called on the thread that entered the code. */
struct moe_context {
  uint32_t version;     /* MOE_ABI_VERSION */
  uint32_t num_threads; /* workers that parallel_for uses, the caller among them; >= 1 */
  /* 4096-byte aligned, read only: the weight section; for a device its weight memory, of as many
   * bytes as the variant's `device_bytes`, which moe_prepare fills. */
  const uint8_t *weights;
  /* observed[i] != 0: whoever runs the model asked for observation i (see moe.observe). */
  const uint8_t *observed;
  /* `bytes` >= 0, aligned to 64; device memory for code of a device (aligned to 256). Never returns
   * on failure. Blocks still held at the end of a run are freed by the runtime. */
  void *(*alloc)(moe_context *context, int64_t bytes);
  void (*free)(moe_context *context, void *block);
  /* Splits 0 .. items - 1 into ranges of at most `grain` items (>= 1), taken in ascending order by
   * the workers as they come free. Returns when all are done. Not nested. */
  void (*parallel_for)(moe_context *context, int64_t items, int64_t grain, moe_body_fn body,
                       void *closure);
  /* Copies an observed tensor out. */
  void (*observe)(moe_context *context, int32_t observation, const moe_abi_tensor *value);
  /* Ends the run with a message (a constant string of the code). Never returns. */
  void (*fail)(moe_context *context, const char *message);

  /* From here on for code of a device only. All work is in the order of one stream; none of these
   * returns on failure. */

  /* The weight section in host memory; in moe_prepare only, else null. */
  const uint8_t *section;
  /* Starts kernel `number` of the variant with a grid of x, y, z blocks (none where one is 0);
   * params[i] points to the i-th parameter's value, which is copied. */
  void (*launch)(moe_context *context, int32_t number, const int64_t *grid, void *const *params);
  /* Copies to the device; the host's bytes may change after the return. */
  void (*upload)(moe_context *context, void *device, const void *host, int64_t bytes);
  /* Copies from the device, and waits for it. */
  void (*fetch)(moe_context *context, void *host, const void *device, int64_t bytes);
};

/* `inputs` and `outputs` in the order of the artifact's signature. For a device an input is aligned
 * to 16 bytes at least, and one without elements has an address too. The code's work on a device
 * must depend on the inputs' shapes, on `observed` and on what it fetches, and on nothing else:
 * runs that fetch nothing may be repeated by launching again what they launched. The code fills
 * `outputs` completely; their data comes from `alloc`, is an input's own data, or lies in the
 * weights, and stays valid until the run's context ends. */
typedef void (*moe_entry_fn)(moe_context *context, const moe_abi_tensor *inputs,
                             moe_abi_tensor *outputs);
/* Fills the weight memory of a device: context->weights, from context->section. */
typedef void (*moe_prepare_fn)(moe_context *context);

#ifdef __cplusplus
#define MOE_ABI_CHECK(condition) static_assert(condition, #condition)
#else
#define MOE_ABI_CHECK(condition) _Static_assert(condition, #condition)
#endif
MOE_ABI_CHECK(sizeof(moe_abi_tensor) == 80);
MOE_ABI_CHECK(offsetof(moe_abi_tensor, shape) == 16);
MOE_ABI_CHECK(sizeof(moe_context) == 96);
MOE_ABI_CHECK(offsetof(moe_context, weights) == 8);
MOE_ABI_CHECK(offsetof(moe_context, observed) == 16);
MOE_ABI_CHECK(offsetof(moe_context, alloc) == 24);
MOE_ABI_CHECK(offsetof(moe_context, free) == 32);
MOE_ABI_CHECK(offsetof(moe_context, parallel_for) == 40);
MOE_ABI_CHECK(offsetof(moe_context, observe) == 48);
MOE_ABI_CHECK(offsetof(moe_context, fail) == 56);
MOE_ABI_CHECK(offsetof(moe_context, section) == 64);
MOE_ABI_CHECK(offsetof(moe_context, launch) == 72);
MOE_ABI_CHECK(offsetof(moe_context, upload) == 80);
MOE_ABI_CHECK(offsetof(moe_context, fetch) == 88);

#ifdef __cplusplus
}
#endif
#endif /* MOE_ABI_H */
