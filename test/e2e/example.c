/* Classifies one handwritten digit with the model of tools/demo.
 * cc digit.c $(pkg-config --cflags --libs moe_rt) -o digit && ./digit digits.moe */
#include <moe_rt.h>
#include <stdio.h>

static const char picture[] = "  .##.  "
                              " .#..#. "
                              " #.  .# "
                              " #.  .# "
                              " #.  .# "
                              " #.  #. "
                              " .#.#.  "
                              "  .##.  ";

int main(int argc, char **argv) {
  float pixels[64];
  for (int i = 0; i < 64; ++i)
    pixels[i] = picture[i] == '#' ? 1.0f : picture[i] == '.' ? 0.4f : 0.0f;
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  moe_rt_tensor image = MOE_RT_INIT(moe_rt_tensor), logits = MOE_RT_INIT(moe_rt_tensor);
  image.data = pixels, image.type = MOE_RT_FLOAT32;
  image.rank = 2, image.shape[0] = 1, image.shape[1] = 64;

  moe_rt_model *model = NULL;
  moe_rt_session *session = NULL;
  if (moe_rt_model_load(argc > 1 ? argv[1] : "digits.moe", NULL, &model, &error) ||
      moe_rt_session_create(model, NULL, &session, &error) ||
      moe_rt_session_bind(session, 0, &image, &error) || moe_rt_session_run(session, &error) ||
      moe_rt_session_output(session, 0, &logits))
    return fprintf(stderr, "error: %s\n", error.message), 1;
  int best = 0;
  for (int digit = 1; digit < 10; ++digit)
    best = ((const float *)logits.data)[digit] > ((const float *)logits.data)[best] ? digit : best;
  printf("this is a %d\n", best);
  moe_rt_session_free(session);
  moe_rt_model_free(model);
}
