#include "storage/line.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "base/mutex.h"
#include "storage/connection.h"

namespace sqlcast::storage {
namespace {

using namespace std::chrono_literals;

constexpr auto kTurn = 10s;     // to wait for others who open connections
constexpr auto kOpening = 15s;  // above the connector's time-outs

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool leads_to(int socket, const Address& address) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
  if (!address.socket.empty()) {
    // The server may know the folder by another path.
    const auto& local = reinterpret_cast<const sockaddr_un&>(peer);
    return peer.ss_family == AF_UNIX && size > offsetof(sockaddr_un, sun_path) &&
           file_name(local.sun_path) == file_name(address.socket);
  }
  if (peer.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(peer).sin_port) == address.port;
  if (peer.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(peer).sin6_port) == address.port;
  return false;
}

std::map<ino_t, int> sockets_to(const Address& address) {
  std::map<ino_t, int> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (!folder) return found;
  while (const dirent* entry = readdir(folder.get())) {
    const int socket = std::atoi(entry->d_name);  // NOLINT(cert-err34-c): "." is 0, standard input
    struct stat about {};
    if (leads_to(socket, address) && fstat(socket, &about) == 0) found[about.st_ino] = socket;
  }
  return found;
}

// Of a socket that may have been closed meanwhile, and its number given to another file: -1 then.
int duplicate(ino_t inode, int socket) {
  const int copy = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  struct stat about {};
  if (copy >= 0 && fstat(copy, &about) == 0 && about.st_ino == inode) return copy;
  if (copy >= 0) close(copy);
  return -1;
}

std::timed_mutex opening_turn;
Mutex current_mutex;
const Opening* current SQLCAST_GUARDED_BY(current_mutex) = nullptr;

}  // namespace

Line::~Line() {
  if (socket_ >= 0) close(socket_);
}

void Line::cut() {
  cut_.store(true, std::memory_order_release);
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

bool Line::quiet() const {
  int unsent = 0;
  int unread = 0;
  if (socket_ < 0 || ioctl(socket_, SIOCOUTQ, &unsent) != 0 || ioctl(socket_, FIONREAD, &unread) != 0) return true;
  return unsent == 0 && unread == 0;
}

void Line::when_waiting(WaitHook hook) {
  const MutexLock lock(hook_mutex_);
  hook_ = std::move(hook);
}

void Line::tell_waiting(const std::string& what) {
  const MutexLock lock(hook_mutex_);
  if (hook_) hook_(what);
}

Opening::Opening(const Address& address) : address_(address), turn_(opening_turn, kTurn) {
  if (!ok()) return;
  since_ = Clock::now();
  before_ = sockets_to(address);
  const MutexLock lock(current_mutex);
  current = this;
}

Opening::~Opening() {
  if (!ok()) return;
  const MutexLock lock(current_mutex);
  current = nullptr;
}

Opening::Sockets Opening::new_sockets() const {
  Sockets sockets = sockets_to(address_);
  std::erase_if(sockets, [this](const auto& socket) { return before_.contains(socket.first); });
  return sockets;
}

int Opening::socket() const {
  const Sockets sockets = new_sockets();
  return sockets.size() == 1 ? duplicate(sockets.begin()->first, sockets.begin()->second) : -1;
}

void Opening::end_stuck() { end_after(kOpening); }

void Opening::end() { end_after(0s); }

void Opening::end_after(Clock::duration time) {
  const MutexLock lock(current_mutex);
  if (current == nullptr || Clock::now() - current->since_ < time) return;
  for (const auto& [inode, socket] : current->new_sockets()) Line(duplicate(inode, socket)).cut();
}

}  // namespace sqlcast::storage
