// Tumbling count and sum by key in C: what one core can do with an open-addressing table of 16-byte slots, and software prefetch.
//
//   gcc -O3 -march=native hashagg.c -o hashagg && ./hashagg ROWS KEYS WINDOW_ROWS REPEATS
//
// Prints for each repeat: seconds groups count sum. Row i has the time i, a key and a value from xorshift32 (Marsaglia, 2003).
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AHEAD 16

typedef struct {
  uint32_t key_plus_one;  // 0 = empty
  uint32_t count;
  int64_t sum;
} slot;

static uint32_t *times, *keys;
static int64_t *values;
static slot *table;
static uint32_t slots, mask, shift;

static uint32_t *out_keys, *out_counts;
static int64_t *out_sums;
static uint64_t groups, total_count;
static int64_t total_sum;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static inline uint32_t place(uint32_t key) { return (key * 2654435769u) >> shift; }

static void fire(void) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < slots; i++) {
    if (!table[i].key_plus_one) continue;
    out_keys[n] = table[i].key_plus_one - 1;
    out_counts[n] = table[i].count;
    out_sums[n++] = table[i].sum;
  }
  memset(table, 0, (size_t)slots * sizeof(slot));
  groups += n;
  for (uint32_t i = 0; i < n; i++) {
    total_count += out_counts[i];
    total_sum += out_sums[i];
  }
}

static inline void add(uint32_t key, int64_t value) {
  for (uint32_t at = place(key);; at = (at + 1) & mask) {
    slot *s = &table[at];
    if (s->key_plus_one == key + 1) {
      s->count++;
      s->sum += value;
      return;
    }
    if (!s->key_plus_one) {
      *s = (slot){key + 1, 1, value};
      return;
    }
  }
}

static void aggregate(uint32_t rows, uint32_t window) {
  uint32_t end = window;
  for (uint32_t i = 0; i < rows; i++) {
    if (i + AHEAD < rows) __builtin_prefetch(&table[place(keys[i + AHEAD])], 1);
    if (__builtin_expect(times[i] >= end, 0)) {
      fire();
      end = (times[i] / window + 1) * window;
    }
    add(keys[i], values[i]);
  }
  fire();
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: hashagg ROWS KEYS WINDOW_ROWS REPEATS\n");
    return 2;
  }
  uint32_t rows = atoi(argv[1]), distinct = atoi(argv[2]), window = atoi(argv[3]), x = 2463534242u;
  times = malloc(4ull * rows);
  keys = malloc(4ull * rows);
  values = malloc(8ull * rows);
  for (uint32_t i = 0; i < rows; i++) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    times[i] = i;
    keys[i] = x % distinct;
    values[i] = (x >> 8) & 0xffff;
  }
  slots = 1024;
  while (slots < 2 * distinct) slots *= 2;
  mask = slots - 1;
  shift = 32 - __builtin_ctz(slots);
  table = aligned_alloc(64, (size_t)slots * sizeof(slot));
  memset(table, 0, (size_t)slots * sizeof(slot));
  out_keys = malloc(4ull * distinct);
  out_counts = malloc(4ull * distinct);
  out_sums = malloc(8ull * distinct);
  for (int repeat = atoi(argv[4]); repeat > 0; repeat--) {
    groups = total_count = 0;
    total_sum = 0;
    double start = now();
    aggregate(rows, window);
    printf("%.6f %lu %lu %ld\n", now() - start, groups, total_count, total_sum);
  }
  return 0;
}
