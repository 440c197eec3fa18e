/* Runs a model with inputs float32[tokens, 4] and int64[tokens] and prints its first output.
 * cc example.c $(pkg-config --cflags --libs moe_rt) */
#include <moe_rt.h>
#include <stdio.h>

int main(int argc, char **argv) {
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  moe_rt_model *model = NULL;
  moe_rt_session *session = NULL;
  float x[2][4] = {{1, 2, 3, 4}, {9, 1, 1, 2}};
  int64_t keep[2] = {7, 8};
  moe_rt_tensor input = MOE_RT_INIT(moe_rt_tensor), second = input, output = input;
  input.data = x, input.type = MOE_RT_FLOAT32;
  input.rank = 2, input.shape[0] = 2, input.shape[1] = 4;
  second.data = keep, second.type = MOE_RT_INT64;
  second.rank = 1, second.shape[0] = 2;

  if (moe_rt_model_load(argc > 1 ? argv[1] : "demo.moe", NULL, &model, &error) ||
      moe_rt_session_create(model, NULL, &session, &error) ||
      moe_rt_session_bind(session, 0, &input, &error) ||
      moe_rt_session_bind(session, 1, &second, &error) || moe_rt_session_run(session, &error)) {
    fprintf(stderr, "error: %s\n", error.message);
  } else if (moe_rt_session_output(session, 0, &output) == MOE_RT_OK) {
    for (int64_t i = 0; i < output.shape[0] * output.shape[1]; ++i)
      printf("%g\n", ((const float *)output.data)[i]);
  }
  moe_rt_session_free(session);
  moe_rt_model_free(model);
  return error.status;
}
