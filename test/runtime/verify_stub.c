/* verify_stub.c - Stands in for the interpreter, so that moe-run --verify is tested without MLIR.
 *
 * Says of the demo model what its first output value decides: 3.75 is right, anything else has a
 * ratio of 2. Fails where an argument is not what moe-run should hand over.
 */
#include "runtime/moe_verify.h"

#include <stdio.h>
#include <string.h>

__attribute__((visibility("default"))) int
moe_verify_model(const void *reference, size_t size, const uint8_t *weights, size_t weights_size,
                 const moe_verify_observation *observations, size_t count,
                 moe_verify_result *results, size_t *num_results, char *message,
                 size_t message_size) {
  float scale;
  memcpy(&scale, weights, sizeof(scale));
  if (size != 9 || memcmp(reference, "reference", 9) || weights_size != 16 || scale != 1 ||
      count != 5 || *num_results < 1) {
    snprintf(message, message_size, "unexpected arguments");
    return 1;
  }
  const moe_verify_observation *output = &observations[4];
  if (output->role != 4 || output->element_type != 1 || output->rank != 2 ||
      output->shape[1] != 4) {
    snprintf(message, message_size, "unexpected output");
    return 2;
  }
  float first = *(const float *)output->data;
  results[0].layer = output->layer;
  results[0].max_absolute_error = 1e-7;
  results[0].max_error_ratio = first == 3.75f ? 0.5 : 2;
  results[0].rows_compared = output->shape[0];
  results[0].routing_mismatches = 0;
  results[0].routing_near_ties = 1;
  *num_results = 1;
  return 0;
}
