// Writes a result file chunk by chunk, for survival.py to kill.
//
//     survival FILE POINTS CHUNK
//
// With MEMWALL_DIE_AT=n in the environment it kills itself just before its n-th call that changes the disk.
// Prints how many points an earlier run had finished.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "memwall/config/problem.hpp"
#include "memwall/results/writer.hpp"

namespace {

void count_and_die() {
  static const char* const at = std::getenv("MEMWALL_DIE_AT");
  static int calls = 0;
  if (at != nullptr && ++calls == std::atoi(at)) ::kill(::getpid(), SIGKILL);
}

}  // namespace

// These stand before the C library's for everything in the process.
extern "C" {

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  count_and_die();
  return ::syscall(SYS_pwrite64, file, bytes, size, at);
}
int fsync(int file) {
  count_and_die();
  return static_cast<int>(::syscall(SYS_fsync, file));
}
int ftruncate(int file, off_t size) noexcept {
  count_and_die();
  return static_cast<int>(::syscall(SYS_ftruncate, file, size));
}
int mkdir(const char* path, mode_t mode) noexcept {
  count_and_die();
  return static_cast<int>(::syscall(SYS_mkdir, path, mode));
}
int rename(const char* from, const char* to) noexcept {
  count_and_die();
  return static_cast<int>(::syscall(SYS_rename, from, to));
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  count_and_die();
  return static_cast<int>(::syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}
int remove(const char* path) noexcept {
  count_and_die();
  const int result = ::unlink(path);
  return result == 0 ? 0 : ::rmdir(path);
}

}  // extern "C"

namespace {

namespace results = memwall::results;

std::vector<results::Table> schemas() {
  return {
      {"estimates",
       "Estimates",
       {results::integer_column("point", "", "index"), results::text_column("model", "name"),
        results::real_column("time_s", "s", "of a step", results::Show::quantity),
        results::truth_column("fits", "whether it fits")}},
      {"operators",
       "Operators",
       {results::integer_column("point", "", "index"), results::integer_column("operator", "", "index")}}};
}

/// A row of estimates and up to four rows of operators a point.
std::vector<results::Table> rows_of(results::Points points) {
  std::vector<results::Table> tables = schemas();
  for (std::int64_t point = points.first; point < points.first + points.count; ++point) {
    tables[0].add_row(
        {point, "modèle " + std::to_string(point), 0.5 * static_cast<double>(point), point % 2 == 0});
    for (std::int64_t i = 0; i < point % 5; ++i) tables[1].add_row({point, i});
  }
  return tables;
}

void run(const std::string& file, std::int64_t points, std::int64_t chunk) {
  const results::Header header{
      {"survival", "1", "survival", ""}, "survival", {{"study.yaml", "id: survival\n"}}};
  results::Writer writer(file, header, schemas());
  std::printf("%lld\n", static_cast<long long>(writer.complete_points()));
  std::fflush(stdout);
  for (const results::Points gap : writer.missing(points)) {
    for (std::int64_t first = gap.first; first < gap.first + gap.count; first += chunk) {
      const results::Points some{first, std::min(chunk, gap.first + gap.count - first)};
      writer.write(some, rows_of(some));
    }
  }
  writer.finish(points);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  try {
    run(arguments[1], std::atoll(arguments[2]), std::atoll(arguments[3]));
  } catch (const memwall::config::BadFile& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
  return 0;
}
