/* A pool of threads that share the tasks of one call at a time, and the memory that tasks work in.

   An idle worker looks for work for a while before it sleeps, because the next kernel of a training step follows within
   microseconds. A call that finds the pool busy with a call from another Python thread runs its tasks by itself. After
   a fork, the child starts workers of its own when it first needs them. */
#include "array.h"
#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <pthread.h>
#endif

enum {
    MOST_THREADS = 256,
    LOOKS = 4000,           /* for work before a worker sleeps, with a short pause after each */
    MOST_SHARED = 16 << 20, /* floats, 64 MB: more is not kept for the next call */
    CACHE_LINE = 64,        /* bytes */
};

const array *none;
const void *ndarray;
const dtype *float32, *int64;

/* Remember Python objects that kernels compare with: None, NumPy's class of arrays, and two dtypes. */
EXPORT void set_objects(const array *nothing, const array *class, const array *float_dtype, const array *int_dtype) {
    none = nothing, ndarray = class, float32 = (const dtype *)float_dtype, int64 = (const dtype *)int_dtype;
}

#ifdef _WIN32
typedef SRWLOCK lock_t;
typedef CONDITION_VARIABLE signal_t;
#define LOCK_INIT SRWLOCK_INIT
#define SIGNAL_INIT CONDITION_VARIABLE_INIT
static void lock(lock_t *l) { AcquireSRWLockExclusive(l); }
static int try_lock(lock_t *l) { return TryAcquireSRWLockExclusive(l); }
static void unlock(lock_t *l) { ReleaseSRWLockExclusive(l); }
static void wait_for(signal_t *s, lock_t *l) { SleepConditionVariableSRW(s, l, INFINITE, 0); }
static void wake_all(signal_t *s) { WakeAllConditionVariable(s); }
static void *aligned_memory(size_t bytes) { return _aligned_malloc(bytes, CACHE_LINE); }
static void free_aligned(void *memory) { _aligned_free(memory); }
#define RETURNS DWORD WINAPI
#else
typedef pthread_mutex_t lock_t;
typedef pthread_cond_t signal_t;
#define LOCK_INIT PTHREAD_MUTEX_INITIALIZER
#define SIGNAL_INIT PTHREAD_COND_INITIALIZER
static void lock(lock_t *l) { pthread_mutex_lock(l); }
static int try_lock(lock_t *l) { return !pthread_mutex_trylock(l); }
static void unlock(lock_t *l) { pthread_mutex_unlock(l); }
static void wait_for(signal_t *s, lock_t *l) { pthread_cond_wait(s, l); }
static void wake_all(signal_t *s) { pthread_cond_broadcast(s); }
static void *aligned_memory(size_t bytes) {
    void *memory = 0;
    return posix_memalign(&memory, CACHE_LINE, bytes) ? 0 : memory;
}
static void free_aligned(void *memory) { free(memory); }
#define RETURNS void *
#endif

static lock_t calling = LOCK_INIT;       /* held by the call whose tasks the pool runs */
static lock_t sleeping = LOCK_INIT;      /* held to change `asleep`, or to wait for `work_came` */
static lock_t first_scratch = LOCK_INIT; /* held to see whether any thread had scratch memory yet */
static signal_t work_came = SIGNAL_INIT;
static int wanted = 1, started; /* threads, including the caller's; workers that run */

/* One call's work. `round_number` is odd while there is work, and even while there is none. */
static struct {
    void (*task)(void *, idx);
    void *context;
    idx count;
    int failed; /* whether a task had no memory */
} job;
static unsigned round_number;

/* Each thread begins with its own share of the tasks, the same in every call with as many tasks: neighbouring tasks
   work on neighbouring memory, which is then still in that processor's cache from the kernel before. A thread that has
   finished its share takes tasks of the others. */
static struct {
    idx next, end;
} __attribute__((aligned(2 * CACHE_LINE))) shares[MOST_THREADS]; /* processors fetch lines in pairs */
static int share_count;

static int inside, asleep; /* workers that may read the job; workers that sleep */

#if defined(_MSC_VER) && !defined(__clang__)
#define THREAD_LOCAL __declspec(thread)
#else
#define THREAD_LOCAL __thread
#endif

static THREAD_LOCAL int had_no_memory; /* whether a task got none since the running thread began its tasks */

#define LOADED(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORED(x, value) __atomic_store_n(&(x), value, __ATOMIC_SEQ_CST)
#define ADDED(x, value) __atomic_fetch_add(&(x), value, __ATOMIC_SEQ_CST)

/* Tell the processor that this loop waits. */
static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Run tasks of the job as thread number `me`, those of its own share first, until none is left. */
static void run_tasks(int me) {
    had_no_memory = 0;
    for (int k = 0; k < share_count; k++) {
        int owner = (me + k) % share_count;
        for (idx i; (i = ADDED(shares[owner].next, 1)) < shares[owner].end;) job.task(job.context, i);
    }
    if (had_no_memory) STORED(job.failed, 1);
}

/* A worker's loop: wait for a round, run its tasks. */
static RETURNS work(void *number) {
    unsigned seen = 0;
    int me = (int)(intptr_t)number;
    for (;;) {
        unsigned now;
        for (int looks = 0; (now = LOADED(round_number)) == seen || !(now & 1) || me >= LOADED(wanted);) {
            if (looks++ < LOOKS) {
                pause_briefly();
                continue;
            }
            lock(&sleeping);
            ADDED(asleep, 1);
            while ((now = LOADED(round_number)) == seen || !(now & 1) || me >= LOADED(wanted))
                wait_for(&work_came, &sleeping);
            ADDED(asleep, -1);
            unlock(&sleeping);
            break;
        }
        ADDED(inside, 1);
        if (LOADED(round_number) == now) run_tasks(me); /* else the call is over: leave its job alone */
        ADDED(inside, -1);
        seen = now;
    }
    return 0;
}

/* In a child after a fork: its parent's workers do not exist there. */
static void forget_workers(void) {
    calling = (lock_t)LOCK_INIT;
    sleeping = (lock_t)LOCK_INIT;
    first_scratch = (lock_t)LOCK_INIT;
    work_came = (signal_t)SIGNAL_INIT;
    started = inside = asleep = 0;
    round_number = 0;
}

/* Start workers until there are `wanted` threads; `calling` is held. */
static void start_workers(void) {
    while (started < wanted - 1) {
        void *number = (void *)(intptr_t)(started + 1);
#ifdef _WIN32
        HANDLE thread = CreateThread(0, 0, work, number, 0, 0);
        if (!thread) return;
        CloseHandle(thread);
#else
        static int registered;
        pthread_t thread;
        pthread_attr_t attributes;
        if (!registered) registered = !pthread_atfork(0, 0, forget_workers);
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        int failed = pthread_create(&thread, &attributes, work, number);
        pthread_attr_destroy(&attributes);
        if (failed) return; /* fewer threads do the same work */
#endif
        started++;
    }
}

/* See array.h. */
int parallel(void (*task)(void *, idx), void *context, idx count, double work) {
    if (count < 2 || work < LEAST_WORK || LOADED(wanted) < 2 || !try_lock(&calling)) {
        had_no_memory = 0;
        for (idx i = 0; i < count && !had_no_memory; i++) task(context, i);
        return had_no_memory ? NO_MEMORY : DONE;
    }
    start_workers();
    job.task = task, job.context = context, job.count = count, job.failed = 0;
    share_count = wanted;
    for (idx i = 0; i < share_count; i++) {
        shares[i].next = i * count / share_count;
        shares[i].end = (i + 1) * count / share_count;
    }
    ADDED(round_number, 1);
    if (LOADED(asleep)) {
        lock(&sleeping);
        wake_all(&work_came);
        unlock(&sleeping);
    }
    run_tasks(0);
    ADDED(round_number, 1); /* no worker begins from here on */
    while (LOADED(inside)) pause_briefly();
    int failed = job.failed;
    unlock(&calling);
    return failed ? NO_MEMORY : DONE;
}

/* Use `count` threads from the next call on, of 1…MOST_THREADS. */
EXPORT void set_threads(idx count) {
    lock(&calling);
    STORED(wanted, (int)min_idx(max_idx(count, 1), MOST_THREADS));
    unlock(&calling);
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

/* What a thread keeps in one slot. */
typedef struct {
    float *memory;
    idx count;
} piece;

static void free_pieces(void *pieces) {
    for (int slot = 0; slot < SCRATCH_SLOTS; slot++) free_aligned(((piece *)pieces)[slot].memory);
    free(pieces);
}

/* Have `pieces` freed when the running thread ends, because programs may start one thread after another. */
#ifdef _WIN32
static void WINAPI thread_ends(void *pieces) { free_pieces(pieces); }
static void free_at_end(piece *pieces) {
    static DWORD key = FLS_OUT_OF_INDEXES;
    lock(&first_scratch);
    if (key == FLS_OUT_OF_INDEXES) key = FlsAlloc(thread_ends);
    unlock(&first_scratch);
    FlsSetValue(key, pieces);
}
#else
static void free_at_end(piece *pieces) {
    static pthread_key_t key;
    static int failed = -1;
    lock(&first_scratch);
    if (failed < 0) failed = pthread_key_create(&key, free_pieces);
    unlock(&first_scratch);
    if (!failed) pthread_setspecific(key, pieces);
}
#endif

static THREAD_LOCAL piece *pieces; /* a pointer: thread-local memory itself may be gone before the pieces are freed */

/* Return at least `count` floats of the running thread's memory of that slot, or NULL if there is no memory. */
static float *memory_of(int slot, idx count) {
    if (!pieces) {
        pieces = calloc(SCRATCH_SLOTS, sizeof *pieces);
        if (!pieces) return 0;
        free_at_end(pieces);
    }
    piece *kept = &pieces[slot];
    if (kept->count < count) {
        free_aligned(kept->memory);
        kept->memory = aligned_memory((size_t)count * sizeof(float));
        kept->count = kept->memory ? count : 0;
    }
    return kept->memory;
}

/* See array.h for these three. */
float *scratch(int slot, idx count) {
    float *memory = memory_of(slot, max_idx(count, 1));
    if (!memory) had_no_memory = 1;
    return memory;
}

float *shared(idx count) {
    if (count <= MOST_SHARED) return memory_of(SCRATCH_SHARED, max_idx(count, 1));
    return aligned_memory((size_t)count * sizeof(float));
}

void release(float *memory) {
    if (!pieces || memory != pieces[SCRATCH_SHARED].memory) free_aligned(memory);
}
