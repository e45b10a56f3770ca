// The native rival of the whole way: simdjson on-demand reads NDJSON bids, an open-addressing table counts and sums by auction and window.
//
//   g++ -O3 -march=native -std=c++17 windows.cpp -lsimdjson -o windows && ./windows bids.ndjson 10000
//
// Prints for each of RUNS: seconds groups rows sum.
#include <simdjson.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace simdjson;

namespace {

constexpr int RUNS = 3;
constexpr size_t BATCH_BYTES = 1000000;

struct Slot {
  int64_t key, count, sum;
};

struct Table {
  std::vector<Slot> slots = std::vector<Slot>(1 << 12);
  size_t used = 0;

  static size_t hash(int64_t key) { return (uint64_t(key) * 0x9e3779b97f4a7c15ull) >> 20; }

  void add(int64_t key, int64_t count, int64_t sum) {
    size_t mask = slots.size() - 1, i = hash(key) & mask;
    while (slots[i].count && slots[i].key != key) i = (i + 1) & mask;
    if (!slots[i].count) {
      slots[i].key = key;
      used++;
    }
    slots[i].count += count;
    slots[i].sum += sum;
    if (used * 2 > slots.size()) grow();
  }

  void grow() {
    std::vector<Slot> old(slots.size() * 2);
    old.swap(slots);
    used = 0;
    for (const Slot &slot : old)
      if (slot.count) add(slot.key, slot.count, slot.sum);
  }
};

struct Answer {
  size_t groups = 0;
  int64_t rows = 0, sum = 0;

  // What a window's results are: each group written out once
  void fire(Table &table, std::vector<Slot> &out) {
    out.clear();
    for (Slot &slot : table.slots)
      if (slot.count) out.push_back(slot), slot.count = 0, slot.sum = 0;
    for (const Slot &slot : out) rows += slot.count, sum += slot.sum;
    groups += out.size();
    table.used = 0;
  }
};

Answer run(ondemand::parser &parser, const padded_string &input, int64_t size_ms) {
  Answer answer;
  Table table;
  std::vector<Slot> out;
  int64_t end = INT64_MIN;
  ondemand::document_stream rows = parser.iterate_many(input, BATCH_BYTES);
  for (auto row : rows) {
    ondemand::object object = row.get_object();
    int64_t auction = object["auction"].get_int64(), price = object["price"].get_int64();
    int64_t time = object["dateTime"].get_int64();
    if (time >= end) {
      answer.fire(table, out);
      end = (time / size_ms + 1) * size_ms;
    }
    table.add(auction, 1, price);
  }
  answer.fire(table, out);
  return answer;
}

}  // namespace

int main(int, char **argv) {
  ondemand::parser parser;
  for (int i = 0; i < RUNS; i++) {
    auto start = std::chrono::steady_clock::now();
    padded_string input = padded_string::load(argv[1]);
    Answer answer = run(parser, input, atoll(argv[2]));
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    printf("%.6f %zu %lld %lld\n", seconds, answer.groups, (long long)answer.rows, (long long)answer.sum);
  }
}
