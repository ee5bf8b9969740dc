#include "net/key_pair.h"

#include <zmq.h>

#include <array>
#include <cstring>

namespace sqlcast::net {
namespace {

constexpr std::size_t kZ85 = 41;  // with its final NUL

}  // namespace

Result<access::KeyPair> make_key_pair() {
  std::array<char, kZ85> public_text{};
  std::array<char, kZ85> secret_text{};
  access::KeyPair pair;
  const bool made = zmq_curve_keypair(public_text.data(), secret_text.data()) == 0 &&
                    zmq_z85_decode(pair.public_key.data(), public_text.data()) != nullptr &&
                    zmq_z85_decode(pair.secret_key.data(), secret_text.data()) != nullptr;
  if (made) return pair;
  return Status::error(Code::io, "no key can be made: libzmq was built without CURVE; use Debian's libzmq5");
}

bool belong_together(const access::KeyPair& pair) {
  std::array<char, kZ85> secret_text{};
  std::array<char, kZ85> public_text{};
  access::PublicKey found{};
  return zmq_z85_encode(secret_text.data(), pair.secret_key.data(), pair.secret_key.size()) != nullptr &&
         zmq_curve_public(public_text.data(), secret_text.data()) == 0 &&
         zmq_z85_decode(found.data(), public_text.data()) != nullptr && found == pair.public_key;
}

}  // namespace sqlcast::net
