// Jobs for intel-ipsec-mb, sixteen at a time. What it answers is believed only after a known answer, once for each of
// its managers; a manager that ever fails is not used again.

#include "CMultiBuffer.h"

#if defined(__x86_64__)

// The names of old versions of the library clash with those of OpenSSL.
#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// As many as AVX-512 has; AVX2 has eight, and takes them in two goes.
#define LANES 16
#define DIGEST_BYTES 32
// An odd number of cache lines, so that the lanes do not all fall into the same sets of the cache.
#define LANE_BYTES (TMB_MESSAGE_BYTES + 64)

// What one thread needs to hash. `next` belongs to whoever holds `pool_lock`, the rest to whoever took it.
typedef struct hasher {
    struct hasher *next;
    IMB_MGR *manager;
    uint8_t lanes[LANES][LANE_BYTES];
    uint8_t digests[LANES][DIGEST_BYTES];
} hasher;

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
// Those that nobody uses now. There are never more than threads that hashed at the same time.
static hasher *pool;

// Hashes the first `count` lanes. false if the library did not do all of it.
static bool hash_lanes(hasher *h, size_t count, size_t length) {
    size_t done = 0;
    for (size_t lane = 0; lane < count; lane++) {
        IMB_JOB *job = IMB_GET_NEXT_JOB(h->manager);
        job->cipher_mode = IMB_CIPHER_NULL;
        job->cipher_direction = IMB_DIR_ENCRYPT;
        job->chain_order = IMB_ORDER_HASH_CIPHER;
        job->hash_alg = IMB_AUTH_SHA_256;
        job->src = h->lanes[lane];
        job->hash_start_src_offset_in_bytes = 0;
        job->msg_len_to_hash_in_bytes = length;
        job->auth_tag_output = h->digests[lane];
        job->auth_tag_output_len_in_bytes = DIGEST_BYTES;
        const IMB_JOB *finished = IMB_SUBMIT_JOB(h->manager);
        if (finished) done += finished->status == IMB_STATUS_COMPLETED;
    }
    for (const IMB_JOB *finished; (finished = IMB_FLUSH_JOB(h->manager));) {
        done += finished->status == IMB_STATUS_COMPLETED;
    }
    return done == count;
}

// SHA-256 of the sixteen digests, in order, of sixteen messages of 16,385 bytes, by libcrypto: byte i of message m is
// (31 * i + 7 * m + (i >> 8)) mod 256.
static const uint8_t known_answer[DIGEST_BYTES] = {
    0x76, 0x7c, 0x16, 0x32, 0xe9, 0x30, 0x34, 0xe0, 0x9e, 0xeb, 0x1a, 0x14, 0x7c, 0xea, 0x60, 0xda,
    0xff, 0x44, 0x0b, 0x1c, 0x78, 0x23, 0x26, 0xfa, 0x03, 0xbf, 0xa7, 0x78, 0xa9, 0x77, 0x9b, 0xa7,
};

static bool knows_answer(hasher *h) {
    for (size_t lane = 0; lane < LANES; lane++) {
        for (size_t i = 0; i <= TMB_MESSAGE_BYTES; i++) {
            h->lanes[lane][i] = (uint8_t)(31 * i + 7 * lane + (i >> 8));
        }
    }
    memset(h->digests, 0, sizeof h->digests);
    if (!hash_lanes(h, LANES, TMB_MESSAGE_BYTES + 1)) return false;
    memcpy(h->lanes[0], h->digests, sizeof h->digests);
    return hash_lanes(h, 1, sizeof h->digests) && memcmp(h->digests[0], known_answer, DIGEST_BYTES) == 0;
}

static void free_hasher(hasher *h) {
    if (h->manager) free_mb_mgr(h->manager);
    free(h);
}

// NULL where the processor gains nothing, memory is short, or the library's answer is wrong.
static hasher *make_hasher(void) {
    if (!__builtin_cpu_supports("avx2")) return NULL;
    hasher *h = aligned_alloc(64, (sizeof *h + 63) / 64 * 64);
    if (!h) return NULL;
    h->next = NULL;
    h->manager = alloc_mb_mgr(0);
    if (h->manager && !(h->manager->features & IMB_FEATURE_SHANI)) {
        IMB_ARCH arch = IMB_ARCH_NONE;
        init_mb_mgr_auto(h->manager, &arch);
        if ((arch == IMB_ARCH_AVX2 || arch == IMB_ARCH_AVX512) && knows_answer(h)) return h;
    }
    free_hasher(h);
    return NULL;
}

static void give_back(hasher *h) {
    pthread_mutex_lock(&pool_lock);
    h->next = pool;
    pool = h;
    pthread_mutex_unlock(&pool_lock);
}

static bool is_useful;

static void try_once(void) {
    hasher *first = make_hasher();
    if (!first) return;
    give_back(first);
    is_useful = true;
}

bool tmb_is_useful(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, try_once);
    return is_useful;
}

static hasher *take(void) {
    if (!tmb_is_useful()) return NULL;
    pthread_mutex_lock(&pool_lock);
    hasher *h = pool;
    if (h) pool = h->next;
    pthread_mutex_unlock(&pool_lock);
    return h ? h : make_hasher();
}

bool tmb_sha256(uint8_t prefix, const void *const *messages, size_t count, size_t length, void *digests) {
    if (length > TMB_MESSAGE_BYTES) return false;
    hasher *h = take();
    if (!h) return false;
    for (size_t next = 0; next < count;) {
        uint8_t *places[LANES];
        size_t used = 0;
        for (; next < count && used < LANES; next++) {
            if (!messages[next]) continue;
            places[used] = (uint8_t *)digests + next * DIGEST_BYTES;
            h->lanes[used][0] = prefix;
            memcpy(h->lanes[used] + 1, messages[next], length);
            used++;
        }
        if (!hash_lanes(h, used, length + 1)) {
            free_hasher(h);
            return false;
        }
        for (size_t lane = 0; lane < used; lane++) memcpy(places[lane], h->digests[lane], DIGEST_BYTES);
    }
    give_back(h);
    return true;
}

#else

bool tmb_is_useful(void) { return false; }

bool tmb_sha256(uint8_t prefix, const void *const *messages, size_t count, size_t length, void *digests) {
    (void)prefix, (void)messages, (void)count, (void)length, (void)digests;
    return false;
}

#endif
