/* moe_abi.h - How generated code is called, and what it may call.
 *
 * Shared by the runtime (which fills these structs) and lowering/cpu (which generates code that
 * reads them). Changing a struct means changing both sides and MOE_ABI_VERSION; the sizes and
 * offsets are checked on both sides.
 *
 * A code section of an artifact is one ELF shared object without undefined symbols. It exports
 * one function, MOE_ENTRY_SYMBOL, of type moe_entry_fn.
 */
#ifndef MOE_ABI_H
#define MOE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOE_ABI_VERSION 1
#define MOE_MAX_RANK 8
#define MOE_ENTRY_SYMBOL "moe_entry"

/* A dense row-major tensor in host memory. Element types are the artifact's business. */
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
  uint32_t version;       /* MOE_ABI_VERSION */
  uint32_t num_threads;   /* workers that parallel_for uses, the caller among them; >= 1 */
  const uint8_t *weights; /* the weight section, 4096-byte aligned, read only */
  /* observed[i] != 0: whoever runs the model asked for observation i (see moe.observe). */
  const uint8_t *observed;
  /* `bytes` >= 0, aligned to 64. Never returns on failure. Blocks still held at the end of a run
   * are freed by the runtime. */
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
};

/* `inputs` and `outputs` in the order of the artifact's signature. The code fills `outputs`
 * completely; their data comes from `alloc`, is an input's own data, or lies in the weights, and
 * stays valid until the run's context ends. */
typedef void (*moe_entry_fn)(moe_context *context, const moe_abi_tensor *inputs,
                             moe_abi_tensor *outputs);

#ifdef __cplusplus
#define MOE_ABI_CHECK(condition) static_assert(condition, #condition)
#else
#define MOE_ABI_CHECK(condition) _Static_assert(condition, #condition)
#endif
MOE_ABI_CHECK(sizeof(moe_abi_tensor) == 80);
MOE_ABI_CHECK(offsetof(moe_abi_tensor, shape) == 16);
MOE_ABI_CHECK(sizeof(moe_context) == 64);
MOE_ABI_CHECK(offsetof(moe_context, weights) == 8);
MOE_ABI_CHECK(offsetof(moe_context, observed) == 16);
MOE_ABI_CHECK(offsetof(moe_context, alloc) == 24);
MOE_ABI_CHECK(offsetof(moe_context, free) == 32);
MOE_ABI_CHECK(offsetof(moe_context, parallel_for) == 40);
MOE_ABI_CHECK(offsetof(moe_context, observe) == 48);
MOE_ABI_CHECK(offsetof(moe_context, fail) == 56);

#ifdef __cplusplus
}
#endif
#endif /* MOE_ABI_H */
