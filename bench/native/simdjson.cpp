// The native rival of the JSON parser: simdjson on-demand reads NDJSON bids into columns.
//
//   g++ -O3 -march=native -std=c++17 simdjson.cpp -lsimdjson -o simdjson && ./simdjson lookup|fields bids.ndjson
//
// lookup: asks for each of the seven fields by name, in order (the fastest way when lines keep the order).
// fields: goes over the fields of each line and compares their keys (the fastest way when they do not).
// Prints {"rows", "sum" of the prices, "seconds" (median of RUNS, after one that warms up), "implementation"}.
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

using namespace simdjson;

namespace {

constexpr int RUNS = 5;
constexpr size_t BATCH_BYTES = 1000000;

struct Columns {
  std::vector<int64_t> auction, bidder, price, date_time;
  std::vector<uint32_t> channel, channel_length, url, url_length, extra, extra_length;

  explicit Columns(size_t rows)
      : auction(rows), bidder(rows), price(rows), date_time(rows), channel(rows), channel_length(rows), url(rows),
        url_length(rows), extra(rows), extra_length(rows) {}
};

// simdjson's own errors are exceptions here: this is its fastest form
size_t by_lookup(ondemand::parser &parser, const padded_string &input, Columns &to) {
  const char *base = input.data();
  size_t i = 0;
  ondemand::document_stream rows = parser.iterate_many(input, BATCH_BYTES);
  for (auto row : rows) {
    ondemand::object object = row.get_object();
    to.auction[i] = object["auction"].get_int64();
    to.bidder[i] = object["bidder"].get_int64();
    to.price[i] = object["price"].get_int64();
    std::string_view channel = object["channel"].get_string(), url = object["url"].get_string();
    to.date_time[i] = object["dateTime"].get_int64();
    std::string_view extra = object["extra"].get_string();
    to.channel[i] = channel.data() - base, to.channel_length[i] = channel.size();
    to.url[i] = url.data() - base, to.url_length[i] = url.size();
    to.extra[i] = extra.data() - base, to.extra_length[i] = extra.size();
    i++;
  }
  return i;
}

size_t by_fields(ondemand::parser &parser, const padded_string &input, Columns &to) {
  const char *base = input.data();
  size_t i = 0;
  ondemand::document_stream rows = parser.iterate_many(input, BATCH_BYTES);
  for (auto row : rows) {
    to.price[i] = 0;
    for (auto field : row.get_object()) {
      const ondemand::raw_json_string key = field.key();
      auto value = field.value();
      std::string_view text;
      switch (key.raw()[0]) {
        case 'a': if (key == "auction") to.auction[i] = value.get_int64(); break;
        case 'b': if (key == "bidder") to.bidder[i] = value.get_int64(); break;
        case 'p': if (key == "price") to.price[i] = value.get_int64(); break;
        case 'd': if (key == "dateTime") to.date_time[i] = value.get_int64(); break;
        case 'c':
          if (key == "channel") {
            text = value.get_string();
            to.channel[i] = text.data() - base, to.channel_length[i] = text.size();
          }
          break;
        case 'u':
          if (key == "url") {
            text = value.get_string();
            to.url[i] = text.data() - base, to.url_length[i] = text.size();
          }
          break;
        case 'e':
          if (key == "extra") {
            text = value.get_string();
            to.extra[i] = text.data() - base, to.extra_length[i] = text.size();
          }
          break;
      }
    }
    i++;
  }
  return i;
}

}  // namespace

int main(int count, char **arguments) {
  if (count != 3) return 2;
  const padded_string input = padded_string::load(arguments[2]);
  Columns columns(std::count(input.data(), input.data() + input.size(), '\n') + 1);
  ondemand::parser parser;
  const bool fields = !strcmp(arguments[1], "fields");
  std::vector<double> seconds;
  size_t rows = 0;
  for (int run = 0; run <= RUNS; run++) {
    const auto start = std::chrono::steady_clock::now();
    rows = fields ? by_fields(parser, input, columns) : by_lookup(parser, input, columns);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (run) seconds.push_back(took.count());
  }
  std::sort(seconds.begin(), seconds.end());
  int64_t sum = 0;
  for (size_t i = 0; i < rows; i++) sum += columns.price[i];
  std::printf("{\"rows\":%zu,\"sum\":%lld,\"seconds\":%.9f,\"implementation\":\"%s\"}\n", rows,
              static_cast<long long>(sum), seconds[RUNS / 2], get_active_implementation()->name().c_str());
}
