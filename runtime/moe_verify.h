/* moe_verify.h - The interpreter that checks a run, as moe-run --verify sees it.
 *
 * libmoe_verify.so (it links MLIR) implements moe_verify_model; moe-run loads it by dlopen, so that
 * neither moe-run nor the runtime ever needs LLVM. All pointers are the caller's and are only read,
 * `results`, `num_results` and `message` excepted.
 */
#ifndef MOE_VERIFY_H
#define MOE_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOE_VERIFY_LIBRARY "libmoe_verify.so"
#define MOE_VERIFY_SYMBOL "moe_verify_model"
#define MOE_VERIFY_MAX_RANK 8

/* What a run observed of one layer: a dense row-major tensor. */
typedef struct moe_verify_observation {
  const char *layer;     /* its name in moe.layers */
  uint32_t role;         /* Role of moe_meta.fbs: logits, tokens, experts, weights, output */
  uint32_t element_type; /* ElementType of moe_meta.fbs; unsigned types keep their ONNX name */
  uint32_t rank;         /* 0 .. MOE_VERIFY_MAX_RANK */
  int64_t shape[MOE_VERIFY_MAX_RANK];
  const void *data;
} moe_verify_observation;

/* What the comparison of one layer found. Arithmetic is compared given the observed routing,
 * routing given the observed logits. */
typedef struct moe_verify_result {
  const char *layer;         /* one of the observations' `layer` pointers */
  double max_absolute_error; /* of |y - y64| over the layer's output */
  double
      max_error_ratio; /* of |y - y64| / (c * gamma_K * sum|a*b|); right when <= 1; NaN is wrong */
  int64_t rows_compared; /* rows of the output */
  int64_t
      routing_mismatches; /* slots whose expert differs from the reference's, near ties excluded */
  int64_t
      routing_near_ties; /* slots that differ where two scores are within rounding of each other */
} moe_verify_result;

/* Interprets the layers of `reference` (the REFERENCE section: MLIR bytecode of the moe stage,
 * whose moe.weight pieces lie in `weights`, the WEIGHTS section) on the observed inputs, in double,
 * and compares with what was observed. Layers without observations are left out.
 *
 * `num_results` holds the room in `results` on entry (one a layer suffices) and the number written
 * on return. Returns 0 when the comparison was made (whatever it found), 1 when the reference or an
 * observation is malformed or unsupported, 2 for a fault of its own; then `message` (of
 * `message_size` bytes, ended by a zero) says what. Threads: may be called from one at a time. */
int moe_verify_model(const void *reference, size_t size, const uint8_t *weights,
                     size_t weights_size, const moe_verify_observation *observations, size_t count,
                     moe_verify_result *results, size_t *num_results, char *message,
                     size_t message_size);

typedef int (*moe_verify_fn)(const void *reference, size_t size, const uint8_t *weights,
                             size_t weights_size, const moe_verify_observation *observations,
                             size_t count, moe_verify_result *results, size_t *num_results,
                             char *message, size_t message_size);

#ifdef __cplusplus
}
#endif
#endif /* MOE_VERIFY_H */
