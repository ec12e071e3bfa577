#include "results/disk.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "memwall/config/problem.hpp"

namespace memwall::results::disk {
namespace {

using std::filesystem::path;

constexpr ::mode_t anyone_may_read = 0666;  // less what the process's umask takes away

path folder_of(const path& file) { return file.has_parent_path() ? file.parent_path() : path("."); }

void flush_folder(const path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.number() < 0) refuse(folder, errno);
  // Some network file systems cannot flush a folder, and say EINVAL.
  if (::fsync(descriptor.number()) != 0 && errno != EINVAL) refuse(folder, errno);
}

bool same_file(const Descriptor& descriptor, const path& file) {
  struct stat held {};
  struct stat named {};
  return ::fstat(descriptor.number(), &held) == 0 && ::stat(file.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/// 0 or an errno, as the next.
int rename_over(const path& from, const path& to) {
  return std::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

int rename_unless_there(const path& from, const path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without this operation.
  if (std::filesystem::exists(to)) return EEXIST;
  return rename_over(from, to);
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

void refuse(const path& file, int error) {
  if (error == ENOENT) throw config::BadFile(file.string(), "no such file or folder");
  if (error == EEXIST) throw config::BadFile(file.string(), "exists already");
  throw config::BadFile(file.string(), std::generic_category().message(error));
}

void expect_readable(const path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.number() < 0) refuse(file, errno);
  struct stat status {};
  if (::fstat(descriptor.number(), &status) != 0) refuse(file, errno);
  if (S_ISDIR(status.st_mode)) refuse(file, EISDIR);
}

void expect_free(const path& file, Existing existing) {
  struct stat status {};
  if (!file.has_filename()) refuse(file, EISDIR);
  if (::stat(file.c_str(), &status) != 0) {
    if (errno != ENOENT) refuse(file, errno);
    return;
  }
  if (S_ISDIR(status.st_mode)) refuse(file, EISDIR);
  if (!S_ISREG(status.st_mode)) throw config::BadFile(file.string(), "is no ordinary file");
  if (existing == Existing::refuse) refuse(file, EEXIST);
}

void make_folder(const path& folder) {
  constexpr ::mode_t anyone_may_enter = 0777;
  if (::mkdir(folder.c_str(), anyone_may_enter) == 0) {
    flush_folder(folder_of(folder));
    return;
  }
  const int error = errno;
  if (error != EEXIST) refuse(folder, error);
  if (!std::filesystem::is_directory(folder)) refuse(folder, ENOTDIR);
}

void publish(const path& from, const path& to, Existing existing) {
  const int error = existing == Existing::replace ? rename_over(from, to) : rename_unless_there(from, to);
  if (error != 0) refuse(to, error);
  flush_folder(folder_of(to));
}

void remove_quietly(const path& file) noexcept {
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
}

Descriptor lock(const path& lock_file, const path& owner) {
  while (true) {
    Descriptor descriptor(::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, anyone_may_read));
    if (descriptor.number() < 0) refuse(lock_file, errno);
    if (::flock(descriptor.number(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) throw config::BadFile(owner.string(), "another process is writing it");
      // A file system without locks: then nothing guards against a second run.
      return descriptor;
    }
    // Whoever held it until now may have removed it just before letting go.
    if (same_file(descriptor, lock_file)) return descriptor;
  }
}

void write_text(const path& temporary, const path& owner, std::string_view text) {
  const Descriptor descriptor(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, anyone_may_read));
  if (descriptor.number() < 0) refuse(owner, errno);
  while (!text.empty()) {
    const ::ssize_t written = ::write(descriptor.number(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse(owner, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(descriptor.number()) != 0) refuse(owner, errno);
}

}  // namespace memwall::results::disk
