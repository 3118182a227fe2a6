// Matrix products and descent over vectors of TK_LANES values; included once by each variant, which defines vectors.
//
// A product is computed in tiles of up to TK_TILE_ROWS rows by two vectors of columns, whose sums stay in registers.

#include <math.h>
#include <string.h>

#include "elementary.h"

#define TK_STRIP (2 * TK_LANES)

// One run of TK_CHUNK or fewer values of k, for one tile: element (i, p) of A is at a[i * a_row + p * a_step], element
// (p, j) of B at b[p * b_step + j].
typedef struct tile_task {
    size_t depth;
    const float *a;
    size_t a_row, a_step;
    const float *b;
    size_t b_step;
    float *c;
    size_t c_row;
    tk_mask mask;      // of the tile's last vector, where the tile is a masked one
    int accumulate;    // the sums are added to what is in C
    int descend;       // C becomes fma(-rate, sum, C), a step of plain gradient descent
    float rate;
} tile_task;

TK_INLINE tk_vector load_column(const float *p, int vector, int vectors, int masked, tk_mask mask) {
    const float *from = p + vector * TK_LANES;
    return masked && vector == vectors - 1 ? vector_load_some(from, mask) : vector_load(from);
}

TK_INLINE void store_column(float *p, tk_vector x, int vector, int vectors, int masked, tk_mask mask) {
    float *to = p + vector * TK_LANES;
    if (masked && vector == vectors - 1) {
        vector_store_some(to, x, mask);
    } else {
        vector_store(to, x);
    }
}

// Keeps the compiler from turning independent addresses into one chain of additions, which is slower than the products.
#define TK_KEEP(REGISTER) __asm__("" : "+r"(REGISTER))

// The address of element (row, p) of A, from those of (0, p) and (5, p): a base plus 0, 1, 2, 3 or 4 times a row.
TK_INLINE float a_element(const char *a0, const char *a5, size_t row_bytes, size_t three_rows, int row) {
    const char *base = row < 5 ? a0 : a5;
    size_t offset = row % 5 == 3 ? three_rows : row_bytes * (size_t)(row % 5);
    return *(const float *)(const void *)(base + offset);
}

// `rows`, `vectors` and `masked` are constants where this is inlined, and its loops over them unrolled.
TK_INLINE void tile(const tile_task *task, const int rows, const int vectors, const int masked) {
    tk_vector sums[TK_TILE_ROWS][2];
    const tk_mask mask = task->mask;
    const size_t row_bytes = task->a_row * sizeof(float), a_step = task->a_step * sizeof(float);
    size_t three_rows = 3 * row_bytes;
    const size_t b_step = task->b_step;
    const char *a0 = (const char *)task->a, *a5 = a0 + (rows > 5 ? 5 * row_bytes : 0);
    const float *b = task->b;
    TK_KEEP(three_rows);
    TK_KEEP(a5);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) sums[i][v] = vector_zero();
    if (task->descend)
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++)
                __builtin_prefetch(task->c + (size_t)i * task->c_row + v * TK_LANES, 1);
    for (size_t p = task->depth; p > 0; p--) {
        tk_vector column[2];
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) column[v] = load_column(b, v, vectors, masked, mask);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++) {
            tk_vector value = vector_fill(a_element(a0, a5, row_bytes, three_rows, i));
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) sums[i][v] = vector_fma(value, column[v], sums[i][v]);
        }
        a0 += a_step;
        a5 += a_step;
        b += b_step;
    }
    float *c = task->c;
    if (task->descend) {
        const tk_vector rate = vector_fill(-task->rate);
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++, c += task->c_row)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++)
                store_column(c, vector_fma(rate, sums[i][v], load_column(c, v, vectors, masked, mask)), v, vectors,
                             masked, mask);
    } else if (task->accumulate) {
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++, c += task->c_row)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++)
                store_column(c, vector_add(load_column(c, v, vectors, masked, mask), sums[i][v]), v, vectors, masked,
                             mask);
    } else {
#pragma clang loop unroll(full)
        for (int i = 0; i < rows; i++, c += task->c_row)
#pragma clang loop unroll(full)
            for (int v = 0; v < vectors; v++) store_column(c, sums[i][v], v, vectors, masked, mask);
    }
}

typedef void tile_function(const tile_task *task);

#define TK_DEFINE_TILES(ROWS)                                                                       \
    static TK_TARGET void tile_##ROWS##_1(const tile_task *task) { tile(task, ROWS, 1, 0); }        \
    static TK_TARGET void tile_##ROWS##_1_masked(const tile_task *task) { tile(task, ROWS, 1, 1); } \
    static TK_TARGET void tile_##ROWS##_2(const tile_task *task) { tile(task, ROWS, 2, 0); }        \
    static TK_TARGET void tile_##ROWS##_2_masked(const tile_task *task) { tile(task, ROWS, 2, 1); }
TK_FOR_EACH_ROW_COUNT(TK_DEFINE_TILES)

#define TK_LIST_TILES(ROWS) {tile_##ROWS##_1, tile_##ROWS##_1_masked, tile_##ROWS##_2, tile_##ROWS##_2_masked},
static tile_function *const tiles[TK_TILE_ROWS][4] = {TK_FOR_EACH_ROW_COUNT(TK_LIST_TILES)};

// The columns of one strip of up to two vectors: which tile functions, and the last vector's mask.
typedef struct strip {
    size_t columns;
    int kind;
    tk_mask mask;
} strip;

TK_INLINE strip strip_at(size_t column, size_t n) {
    size_t columns = n - column < TK_STRIP ? n - column : TK_STRIP;
    size_t vectors = (columns + TK_LANES - 1) / TK_LANES;
    size_t last = columns - (vectors - 1) * TK_LANES;
    strip s = {columns, (int)(2 * (vectors - 1)) + (last < TK_LANES), vector_mask(last)};
    return s;
}

// Rows of the tile that starts at `row`: the rows are spread evenly over as few tiles as they need.
TK_INLINE size_t tile_rows(size_t row, size_t m) {
    size_t left = m - row;
    size_t count = (left + TK_TILE_ROWS - 1) / TK_TILE_ROWS;
    return (left + count - 1) / count;
}

TK_INLINE size_t chunk_at(size_t start, size_t k) { return k - start < TK_CHUNK ? k - start : TK_CHUNK; }

// All tiles of one strip for one run of k. `task` describes the strip's first row.
TK_INLINE void strip_tiles(tile_task task, size_t m, int kind) {
    const float *a = task.a;
    float *c = task.c;
    for (size_t i = 0; i < m;) {
        size_t rows = tile_rows(i, m);
        task.a = a + i * task.a_row;
        task.c = c + i * task.c_row;
        tiles[rows - 1][kind](&task);
        i += rows;
    }
}

static TK_TARGET void fill_zero(size_t m, size_t n, float *c, size_t ldc) {
    for (size_t i = 0; i < m; i++) memset(c + i * ldc, 0, n * sizeof(float));
}

// packed[p * TK_STRIP + j] = b[p * ldb + j] for the columns of one strip and one run of k.
TK_INLINE void pack(size_t columns, size_t depth, const float *b, size_t ldb, float *packed) {
    for (size_t p = 0; p < depth; p++) memcpy(packed + p * TK_STRIP, b + p * ldb, columns * sizeof(float));
}

// Rows of C from which on a strip of B is copied together before it is used.
#define TK_PACKING_ROWS (4 * TK_TILE_ROWS)

static TK_TARGET void gemm_nn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                              float *c, size_t ldc, const float *bias, int relu) {
    float packed[TK_CHUNK * TK_STRIP] __attribute__((aligned(64)));
    const int is_packed = m >= TK_PACKING_ROWS;
    if (k == 0) fill_zero(m, n, c, ldc);
    for (size_t start = 0; start < k; start += TK_CHUNK) {
        size_t depth = chunk_at(start, k);
        for (size_t j = 0; j < n; j += TK_STRIP) {
            strip s = strip_at(j, n);
            tile_task task = {
                .depth = depth, .a = a + start, .a_row = lda, .a_step = 1, .b = b + start * ldb + j, .b_step = ldb,
                .c = c + j, .c_row = ldc, .mask = s.mask, .accumulate = start > 0,
            };
            if (is_packed) {
                pack(s.columns, depth, task.b, ldb, packed);
                task.b = packed;
                task.b_step = TK_STRIP;
            }
            strip_tiles(task, m, s.kind);
        }
    }
    if (!bias && !relu) return;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j += TK_LANES) {
            tk_mask mask = vector_mask(n - j < TK_LANES ? n - j : TK_LANES);
            tk_vector y = vector_load_some(c + i * ldc + j, mask);
            if (bias) y = vector_add(y, vector_load_some(bias + j, mask));
            if (relu) y = vector_relu(y);
            vector_store_some(c + i * ldc + j, y, mask);
        }
    }
}

// All tiles of A^T B for one run of k, row of tiles by row of tiles, so that C streams through the cache once.
TK_INLINE void row_tiles(tile_task *task, size_t m, size_t n, const float *a, const float *b, float *c) {
    if (n == 0) return;
    float packed[TK_CHUNK * TK_TILE_ROWS];
    const size_t a_step = task->a_step;
    const int is_packed = task->depth >= 4 * TK_LANES && n > TK_STRIP;
    const strip last = strip_at((n - 1) / TK_STRIP * TK_STRIP, n);
    const int full_kind = 2;
    for (size_t i = 0; i < m;) {
        size_t rows = tile_rows(i, m);
        tile_function *full = tiles[rows - 1][full_kind];
        task->a = a + i;
        if (is_packed) {
            // Rows of A may be pages apart; together, the strips find them in the nearest cache.
            for (size_t p = 0; p < task->depth; p++)
                for (size_t r = 0; r < rows; r++) packed[p * rows + r] = a[p * a_step + i + r];
            task->a = packed;
            task->a_step = rows;
        }
        task->b = b;
        task->c = c + i * task->c_row;
        task->mask = last.mask;
        size_t j = 0;
        for (; j + TK_STRIP <= n; j += TK_STRIP, task->b += TK_STRIP, task->c += TK_STRIP) full(task);
        if (j < n) tiles[rows - 1][last.kind](task);
        i += rows;
    }
}

static TK_TARGET void gemm_tn(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                              float *c, size_t ldc) {
    if (k == 0) fill_zero(m, n, c, ldc);
    for (size_t start = 0; start < k; start += TK_CHUNK) {
        tile_task task = {
            .depth = chunk_at(start, k), .a_row = 1, .a_step = lda, .b_step = ldb, .c_row = ldc,
            .accumulate = start > 0,
        };
        row_tiles(&task, m, n, a + start * lda, b + start * ldb, c);
    }
}

// packed[p * TK_STRIP + j] = b[j * ldb + p] for a whole block of TK_LANES by TK_LANES.
static TK_TARGET void pack_block(const float *b, size_t ldb, float *packed) {
    tk_vector block[TK_LANES];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < TK_LANES; r++) block[r] = vector_load(b + r * ldb);
    vector_transpose(block);
#pragma clang loop unroll(full)
    for (size_t r = 0; r < TK_LANES; r++) vector_store(packed + r * TK_STRIP, block[r]);
}

// The same for a block at the edge, of `columns` by `depth`; further columns become zero.
static TK_TARGET void pack_edge(size_t columns, size_t depth, const float *b, size_t ldb, float *packed) {
    const tk_mask mask = vector_mask(depth);
    tk_vector block[TK_LANES];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < TK_LANES; r++)
        block[r] = r < columns ? vector_load_some(b + r * ldb, mask) : vector_zero();
    vector_transpose(block);
#pragma clang loop unroll(full)
    for (size_t r = 0; r < TK_LANES; r++)
        if (r < depth) vector_store(packed + r * TK_STRIP, block[r]);
}

// packed[p * TK_STRIP + j] = b[j * ldb + p] for the columns of one strip and one run of k.
static TK_TARGET void pack_transposed(size_t columns, size_t depth, const float *b, size_t ldb, float *packed) {
    for (size_t j = 0; j < columns; j += TK_LANES) {
        size_t count = columns - j < TK_LANES ? columns - j : TK_LANES;
        for (size_t p = 0; p < depth; p += TK_LANES) {
            size_t width = depth - p < TK_LANES ? depth - p : TK_LANES;
            const float *from = b + j * ldb + p;
            float *to = packed + p * TK_STRIP + j;
            if (count == TK_LANES && width == TK_LANES) {
                pack_block(from, ldb, to);
            } else {
                pack_edge(count, width, from, ldb, to);
            }
        }
    }
}

static TK_TARGET void gemm_nt(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                              float *c, size_t ldc, const float *active, size_t ld_active) {
    float packed[TK_CHUNK * TK_STRIP] __attribute__((aligned(64)));
    if (k == 0) fill_zero(m, n, c, ldc);
    for (size_t j = 0; j < n; j += TK_STRIP) {
        strip s = strip_at(j, n);
        for (size_t start = 0; start < k; start += TK_CHUNK) {
            size_t depth = chunk_at(start, k);
            pack_transposed(s.columns, depth, b + j * ldb + start, ldb, packed);
            tile_task task = {
                .depth = depth, .a = a + start, .a_row = lda, .a_step = 1, .b = packed, .b_step = TK_STRIP,
                .c = c + j, .c_row = ldc, .mask = s.mask, .accumulate = start > 0,
            };
            strip_tiles(task, m, s.kind);
        }
    }
    if (!active) return;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j += TK_LANES) {
            tk_mask mask = vector_mask(n - j < TK_LANES ? n - j : TK_LANES);
            tk_vector y = vector_load_some(c + i * ldc + j, mask);
            y = vector_where_positive(vector_load_some(active + i * ld_active + j, mask), y);
            vector_store_some(c + i * ldc + j, y, mask);
        }
    }
}

// One step on n parameters; the three flags are constants where this is inlined.
TK_INLINE void steps(size_t n, const float *gradient, float *weights, float *velocity, const float *anchor, tk_sgd sgd,
                     const int decays, const int pulls, const int glides) {
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        if (decays) g = fmaf(sgd.weight_decay, weights[i], g);
        if (pulls) g = fmaf(sgd.proximal, weights[i] - anchor[i], g);
        if (glides) {
            g = fmaf(sgd.momentum, velocity[i], g);
            g = tk_keep_normal(g);
            velocity[i] = g;
        }
        weights[i] = fmaf(-sgd.learning_rate, g, weights[i]);
    }
}

static TK_TARGET void sgd_step(size_t n, const float *gradient, tk_parameters parameters, tk_sgd sgd) {
    float *w = parameters.weights, *v = parameters.velocity;
    const float *w0 = parameters.anchor;
    int flags = (sgd.weight_decay != 0.0f) + 2 * (sgd.proximal != 0.0f) + 4 * (sgd.momentum != 0.0f);
    switch (flags) {
    case 0: steps(n, gradient, w, v, w0, sgd, 0, 0, 0); break;
    case 1: steps(n, gradient, w, v, w0, sgd, 1, 0, 0); break;
    case 2: steps(n, gradient, w, v, w0, sgd, 0, 1, 0); break;
    case 3: steps(n, gradient, w, v, w0, sgd, 1, 1, 0); break;
    case 4: steps(n, gradient, w, v, w0, sgd, 0, 0, 1); break;
    case 5: steps(n, gradient, w, v, w0, sgd, 1, 0, 1); break;
    case 6: steps(n, gradient, w, v, w0, sgd, 0, 1, 1); break;
    default: steps(n, gradient, w, v, w0, sgd, 1, 1, 1); break;
    }
}

// One step with a gradient that is stored tile by tile.
static TK_TARGET void gemm_tn_sgd_stored(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b,
                                         size_t ldb, tk_parameters parameters, size_t ldw, tk_sgd sgd) {
    float scratch[TK_TILE_ROWS * TK_STRIP] __attribute__((aligned(64)));
    for (size_t i = 0; i < m;) {
        size_t rows = tile_rows(i, m);
        for (size_t j = 0; j < n; j += TK_STRIP) {
            strip s = strip_at(j, n);
            tile_task task = {
                .a_row = 1, .a_step = lda, .b_step = ldb, .c = scratch, .c_row = TK_STRIP, .mask = s.mask,
            };
            if (k == 0) memset(scratch, 0, sizeof scratch);
            for (size_t start = 0; start < k; start += TK_CHUNK) {
                task.depth = chunk_at(start, k);
                task.a = a + start * lda + i;
                task.b = b + start * ldb + j;
                task.accumulate = start > 0;
                tiles[rows - 1][s.kind](&task);
            }
            for (size_t r = 0; r < rows; r++) {
                size_t place = (i + r) * ldw + j;
                tk_parameters at = {
                    parameters.weights + place,
                    parameters.velocity ? parameters.velocity + place : NULL,
                    parameters.anchor ? parameters.anchor + place : NULL,
                };
                sgd_step(s.columns, scratch + r * TK_STRIP, at, sgd);
            }
        }
        i += rows;
    }
}

static TK_TARGET void gemm_tn_sgd(size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                                  tk_parameters parameters, size_t ldw, tk_sgd sgd) {
    const int is_plain = sgd.weight_decay == 0.0f && sgd.proximal == 0.0f && sgd.momentum == 0.0f;
    if (is_plain && k > 0 && k <= TK_CHUNK) {
        tile_task task = {
            .depth = k, .a_row = 1, .a_step = lda, .b_step = ldb, .c_row = ldw, .descend = 1,
            .rate = sgd.learning_rate,
        };
        row_tiles(&task, m, n, a, b, parameters.weights);
    } else {
        gemm_tn_sgd_stored(m, n, k, a, lda, b, ldb, parameters, ldw, sgd);
    }
}
