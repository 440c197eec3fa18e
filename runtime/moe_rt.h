/* moe_rt.h - Loading and running artifacts (.moe files) from C.
 *
 *  1. A model is loaded once and never changes; any number of threads may query it and make
 * sessions of it. A session runs it: one run at a time in a session, as many sessions as wanted.
 *  2. Functions that can fail return a status and, where `error` is not NULL, fill it. They change
 *     nothing when they fail, and set no global state; nothing prints, and nothing ends the
 * process.
 *  3. Strings and pointers that a model gives live as long as the model; outputs and observations
 *     that a session gives live until its next run or its end.
 *  4. Structs begin with their size, `sizeof` in the caller's version of this header, so that they
 *     may grow at the end: MOE_RT_INIT(type) gives an empty one. Options may be NULL.
 *  5. The interface is stable within a major version.
 *  6. A child process made by fork must not use the sessions of its parent.
 *  7. An artifact holds machine code: load only what you would also execute. Damage by accident is
 *     found by checksums, malice is not.
 */
#ifndef MOE_RT_H
#define MOE_RT_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MOE_RT_API __attribute__((visibility("default")))
#else
#define MOE_RT_API
#endif

#ifdef __cplusplus
/* A struct that is empty but for its size. */
template <typename T> inline T moe_rt_init() {
  T value = T();
  value.size = sizeof(T);
  return value;
}
#define MOE_RT_INIT(type) (moe_rt_init<type>())
extern "C" {
#else
#define MOE_RT_INIT(type) ((type){.size = sizeof(type)})
#endif

#define MOE_RT_VERSION_MAJOR 1
#define MOE_RT_VERSION_MINOR 1
#define MOE_RT_MAX_RANK 8

typedef struct moe_rt_model moe_rt_model;
typedef struct moe_rt_session moe_rt_session;

typedef enum moe_rt_status {
  MOE_RT_OK = 0,
  MOE_RT_INVALID_ARGUMENT = 1, /* the call itself: a null pointer, an index out of range */
  MOE_RT_INVALID_INPUT = 2,    /* a tensor does not fit the model's signature */
  MOE_RT_IO = 3,               /* the system refused to open, map or execute */
  MOE_RT_MALFORMED = 4,        /* the artifact breaks a rule of its format */
  MOE_RT_UNSUPPORTED = 5,      /* a newer format, a CPU that no variant fits */
  MOE_RT_OUT_OF_MEMORY = 6,
  MOE_RT_RUN_FAILED = 7, /* the model's own check failed for these inputs */
  MOE_RT_INTERNAL = 8,   /* a fault of the compiler or the runtime, a kernel's too */
  MOE_RT_DEVICE = 9,     /* a device or its driver is not there, refuses, or has failed */
} moe_rt_status;

/* Filled where a call fails: one line that says where, which rule, and what was found. */
typedef struct moe_rt_error {
  size_t size; /* as all structs here; longer messages are cut to what fits */
  moe_rt_status status;
  char message[1012];
} moe_rt_error;

/* Element types, with the numbers that ONNX gives them. */
typedef enum moe_rt_type {
  MOE_RT_FLOAT32 = 1,
  MOE_RT_UINT8 = 2,
  MOE_RT_INT8 = 3,
  MOE_RT_UINT16 = 4,
  MOE_RT_INT16 = 5,
  MOE_RT_INT32 = 6,
  MOE_RT_INT64 = 7,
  MOE_RT_BOOL = 9, /* a byte an element, 0 or 1 */
  MOE_RT_FLOAT16 = 10,
  MOE_RT_FLOAT64 = 11,
  MOE_RT_UINT32 = 12,
  MOE_RT_UINT64 = 13,
  MOE_RT_BFLOAT16 = 16,
  /* A byte an element: int4 and int2 as int8, the others as their bits in the low end. */
  MOE_RT_FLOAT8E4M3FN = 17,
  MOE_RT_FLOAT8E4M3FNUZ = 18,
  MOE_RT_FLOAT8E5M2 = 19,
  MOE_RT_FLOAT8E5M2FNUZ = 20,
  MOE_RT_UINT4 = 21,
  MOE_RT_INT4 = 22,
  MOE_RT_FLOAT4E2M1 = 23,
  MOE_RT_FLOAT8E8M0 = 24,
  MOE_RT_UINT2 = 25,
  MOE_RT_INT2 = 26,
} moe_rt_type;

/* The runtime's version as (major << 16 | minor), to compare with the header's. */
MOE_RT_API uint32_t moe_rt_version(void);
/* "malformed", ...; "unknown" for other numbers. */
MOE_RT_API const char *moe_rt_status_name(uint32_t status);
/* "float32", ...; "unknown" for other numbers. */
MOE_RT_API const char *moe_rt_type_name(uint32_t type);
/* Bytes an element; 0 for unknown types. */
MOE_RT_API size_t moe_rt_type_size(uint32_t type);
/* Whether this CPU and system have a feature, spelled as /proc/cpuinfo does (avx2, avx512f, ...).
 * Asks Linux for the use of AMX tiles where the name begins with amx_. */
MOE_RT_API int moe_rt_cpu_has(const char *feature);
/* Cores that the process may use, at least 1. */
MOE_RT_API uint32_t moe_rt_cpu_count(void);

/*===-------------------------------- Loading -----------------------------------===*/

/* Where memory comes from. `allocate` returns NULL when there is none left; `alignment` is a power
 * of two, at least 64. Called on whichever thread calls the runtime, never from pool workers. */
typedef struct moe_rt_allocator {
  size_t size;
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*release)(void *user, void *block, size_t bytes);
  void *user;
} moe_rt_allocator;

enum moe_rt_load_flags {
  MOE_RT_LOAD_CHECK_WEIGHTS = 1, /* read all weights and compare their checksum */
  MOE_RT_LOAD_INSPECT = 2,       /* do not load code: for queries only, on any CPU */
};

typedef struct moe_rt_load_options {
  size_t size;
  uint32_t flags;      /* moe_rt_load_flags */
  const char *name;    /* what messages call the artifact; NULL: its path */
  const char *variant; /* the code variant to use; NULL: the best that the device runs */
  const moe_rt_allocator *allocator; /* copied; NULL: the C library's */
  /* Where to run: "cpu" or NULL; "cuda" or "cuda:N" for a GPU, by the CUDA driver, which is opened
   * only then. There is no other way than the one asked for. */
  const char *device;
} moe_rt_load_options;

/* Maps a file and checks it. The file must not change while the model lives. */
MOE_RT_API moe_rt_status moe_rt_model_load(const char *path, const moe_rt_load_options *options,
                                           moe_rt_model **model, moe_rt_error *error);
/* The same for an artifact in memory, aligned to 4096 bytes, which stays the caller's and must live
 * and stay unchanged as long as the model and its sessions. */
MOE_RT_API moe_rt_status moe_rt_model_load_memory(const void *data, size_t size,
                                                  const moe_rt_load_options *options,
                                                  moe_rt_model **model, moe_rt_error *error);
/* Gives the model back; sessions still alive keep what they need. NULL is fine. */
MOE_RT_API void moe_rt_model_free(moe_rt_model *model);

/*===-------------------------------- Queries -----------------------------------===*/
/* From any thread. Each fills a struct and returns MOE_RT_INVALID_ARGUMENT for an index beyond the
 * count. */

typedef struct moe_rt_model_info {
  size_t size;
  uint32_t format_major, format_minor;
  const char *producer, *source; /* compiler, ONNX file; "" where not given */
  uint64_t file_size;
  size_t inputs, outputs, layers, observations, variants, sections; /* counts */
  size_t variant;          /* the chosen one; SIZE_MAX where loaded for inspection and none fits */
  const char *device;      /* "cpu", "cuda:0", ... */
  const char *device_name; /* the product's; "" for the CPU and where it is not known */
} moe_rt_model_info;

typedef struct moe_rt_tensor_info {
  size_t size;
  const char *name;
  uint32_t type; /* moe_rt_type */
  uint32_t rank;
  int64_t dims[MOE_RT_MAX_RANK];        /* -1: any size */
  const char *symbols[MOE_RT_MAX_RANK]; /* equal names are equal sizes in a run; "" where unnamed */
} moe_rt_tensor_info;

/* A Mixture-of-Experts layer. */
typedef struct moe_rt_layer_info {
  size_t size;
  const char *name;
  int64_t experts, top_k, hidden, intermediate;
  const char *gate, *form, *node; /* kind of gate, of graph, and place in the ONNX file */
  const char *quantisation;       /* of its weights; "" where they are floats */
} moe_rt_layer_info;

typedef enum moe_rt_role {
  MOE_RT_LOGITS = 0,
  MOE_RT_TOKENS = 1,
  MOE_RT_EXPERTS = 2,
  MOE_RT_WEIGHTS = 3,
  MOE_RT_OUTPUT = 4,
} moe_rt_role;

/* An optional output: something of a layer that a session can ask for. */
typedef struct moe_rt_observation_info {
  size_t size;
  size_t layer;
  uint32_t role; /* moe_rt_role */
  uint32_t type; /* moe_rt_type */
} moe_rt_observation_info;

/* The code for one kind of CPU or GPU. */
typedef struct moe_rt_variant_info {
  size_t size;
  const char *name, *target;
  size_t features;    /* count, see moe_rt_model_variant_feature */
  uint64_t code_size; /* bytes */
  int runnable;       /* whether the device that the model was loaded for runs it */
  /* Of GPUs only, else 0: */
  uint32_t architecture;         /* 80 for sm_80 */
  uint64_t device_bytes;         /* of weights in device memory */
  uint64_t ptx_size, cubin_size; /* bytes; 0 where the artifact has none */
  size_t kernels;                /* count, see moe_rt_model_kernel */
  size_t launches;               /* count, see moe_rt_model_launches */
} moe_rt_variant_info;

/* A kernel of a GPU variant. */
typedef struct moe_rt_kernel_info {
  size_t size;
  const char *name;
  uint32_t threads; /* of a block */
  uint32_t shared;  /* bytes of dynamic shared memory of a block */
} moe_rt_kernel_info;

/* What a layer launches, in order. */
typedef struct moe_rt_launches_info {
  size_t size;
  size_t layer;
  size_t count;
  const uint32_t *kernels; /* `count` indices of the variant's kernels */
} moe_rt_launches_info;

typedef struct moe_rt_section_info {
  size_t size;
  uint32_t kind;   /* moe_section_kind of moe_format.h */
  size_t variant;  /* of code */
  uint64_t offset; /* in the file */
  uint64_t bytes;
  const void *data; /* lives as long as the model */
} moe_rt_section_info;

MOE_RT_API moe_rt_status moe_rt_model_describe(const moe_rt_model *model, moe_rt_model_info *info);
MOE_RT_API moe_rt_status moe_rt_model_input(const moe_rt_model *model, size_t index,
                                            moe_rt_tensor_info *info);
MOE_RT_API moe_rt_status moe_rt_model_output(const moe_rt_model *model, size_t index,
                                             moe_rt_tensor_info *info);
MOE_RT_API moe_rt_status moe_rt_model_layer(const moe_rt_model *model, size_t index,
                                            moe_rt_layer_info *info);
MOE_RT_API moe_rt_status moe_rt_model_observation(const moe_rt_model *model, size_t index,
                                                  moe_rt_observation_info *info);
MOE_RT_API moe_rt_status moe_rt_model_variant(const moe_rt_model *model, size_t index,
                                              moe_rt_variant_info *info);
MOE_RT_API moe_rt_status moe_rt_model_section(const moe_rt_model *model, size_t index,
                                              moe_rt_section_info *info);
MOE_RT_API moe_rt_status moe_rt_model_kernel(const moe_rt_model *model, size_t variant,
                                             size_t index, moe_rt_kernel_info *info);
/* For each layer whose launches the compiler knows. */
MOE_RT_API moe_rt_status moe_rt_model_launches(const moe_rt_model *model, size_t variant,
                                               size_t index, moe_rt_launches_info *info);
/* A CPU feature that a variant needs; NULL beyond the last. */
MOE_RT_API const char *moe_rt_model_variant_feature(const moe_rt_model *model, size_t variant,
                                                    size_t index);

/*===-------------------------------- Running -----------------------------------===*/

/* Work shared among the host's threads: calls body(closure, begin, end) for ranges of at most
 * `grain` items that cover 0 .. items - 1 once, begun in ascending order, and returns when all are
 * done. */
typedef void (*moe_rt_parallel_for_fn)(void *user, int64_t items, int64_t grain,
                                       void (*body)(void *closure, int64_t begin, int64_t end),
                                       void *closure);

enum moe_rt_session_flags {
  /* Outputs and observations stay in device memory, and run does not wait for them: they are valid
   * in the order of the session's stream. On a device only. */
  MOE_RT_SESSION_DEVICE_OUTPUTS = 1,
  MOE_RT_SESSION_NO_GRAPH = 2, /* launch kernels one by one, also where shapes repeat */
  /* Time each kernel (moe_rt_session_profile); without graphs, and each run waits for its end. */
  MOE_RT_SESSION_PROFILE = 4,
  /* Time each run on the device (moe_rt_stats.microseconds); each run waits for its end. */
  MOE_RT_SESSION_TIME = 8,
};

typedef struct moe_rt_session_options {
  size_t size;
  uint32_t threads;                    /* the caller among them; 0: moe_rt_cpu_count() */
  moe_rt_parallel_for_fn parallel_for; /* NULL: a pool of `threads` threads of the session's own */
  void *parallel_for_user;
  const moe_rt_allocator *allocator; /* copied; NULL: the model's */
  uint32_t flags;                    /* moe_rt_session_flags */
  /* On a device: the stream (a CUstream) that all work is put on, which must live as long as the
   * session; NULL: one of the session's own, which does not wait for the legacy stream. */
  void *stream;
} moe_rt_session_options;

typedef enum moe_rt_memory {
  MOE_RT_HOST = 0,
  MOE_RT_DEVICE_MEMORY = 1, /* of the device that the model was loaded for */
} moe_rt_memory;

/* A dense row-major tensor in memory. */
typedef struct moe_rt_tensor {
  size_t size;
  const void *data; /* aligned to the element size; may be NULL for a tensor without elements */
  uint32_t type;    /* moe_rt_type */
  uint32_t rank;
  int64_t shape[MOE_RT_MAX_RANK];
  uint32_t memory; /* moe_rt_memory: where `data` points to */
} moe_rt_tensor;

/* A session may move between threads, but only one may use it at a time. */
MOE_RT_API moe_rt_status moe_rt_session_create(moe_rt_model *model,
                                               const moe_rt_session_options *options,
                                               moe_rt_session **session, moe_rt_error *error);
/* NULL is fine. Frees outputs and observations. */
MOE_RT_API void moe_rt_session_free(moe_rt_session *session);

/* Checks a tensor against the input's type, rank and fixed sizes, and keeps the pointer: the data
 * is read by each run, stays the caller's, and must stay as long as outputs are read (an output may
 * be an input's own data). Device memory is read in the order of the session's stream, in place or
 * through a copy. */
MOE_RT_API moe_rt_status moe_rt_session_bind(moe_rt_session *session, size_t input,
                                             const moe_rt_tensor *tensor, moe_rt_error *error);
/* Asks for an observation in the next runs, or (wanted = 0) no longer. */
MOE_RT_API moe_rt_status moe_rt_session_observe(moe_rt_session *session, size_t observation,
                                                int wanted, moe_rt_error *error);
/* Computes all outputs. Fails where an input is unbound or sizes of one symbol differ. After a
 * failed run there are no outputs, and the session may run again. */
MOE_RT_API moe_rt_status moe_rt_session_run(moe_rt_session *session, moe_rt_error *error);

/* What a session has done so far. All but `runs` count only what was done on a device. */
typedef struct moe_rt_stats {
  size_t size;
  uint64_t runs;           /* that ended well */
  uint64_t launches;       /* kernels started one by one */
  uint64_t graphs;         /* runs that were captured as a graph */
  uint64_t graph_launches; /* runs that were one launch of a graph */
  uint64_t graph_kernels;  /* kernels that these ran */
  uint64_t uploads;        /* copies to the device that the model's own code asked for */
  uint64_t fetches;        /* waits for the device that the model's own code asked for */
  uint64_t device_bytes;   /* device memory that the session holds, without weights */
  /* With MOE_RT_SESSION_TIME: what the last run took on the device, without the copies of inputs
   * and outputs; else 0. */
  double microseconds;
} moe_rt_stats;

/* The time of one kernel, summed over all runs of a session with MOE_RT_SESSION_PROFILE. */
typedef struct moe_rt_profile_info {
  size_t size;
  const char *kernel;
  uint64_t count; /* launches */
  double microseconds;
} moe_rt_profile_info;

MOE_RT_API moe_rt_status moe_rt_session_stats(const moe_rt_session *session, moe_rt_stats *stats);
/* By the kernels' numbers in the variant; MOE_RT_INVALID_ARGUMENT beyond the last, and where the
 * session times none (on the CPU it has none). */
MOE_RT_API moe_rt_status moe_rt_session_profile(const moe_rt_session *session, size_t kernel,
                                                moe_rt_profile_info *info);

/* What the last run computed. */
MOE_RT_API moe_rt_status moe_rt_session_output(const moe_rt_session *session, size_t index,
                                               moe_rt_tensor *tensor);
/* A layer in a loop gives the rows of all rounds, one after the other. MOE_RT_INVALID_ARGUMENT
 * where the last run was not asked for it, or did not come by it (a branch that was not taken). */
MOE_RT_API moe_rt_status moe_rt_session_observation(const moe_rt_session *session, size_t index,
                                                    moe_rt_tensor *tensor);

#ifdef __cplusplus
}
#endif
#endif /* MOE_RT_H */
