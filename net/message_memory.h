// Ordinary memory in place of libsodium's guarded one. libzmq opens each frame of an encrypted connection in memory of
// sodium_allocarray(): pages of their own, locked, between two that cannot be touched, which is some eight system calls
// a frame and more than its decryption takes. What it guards so is copied to ordinary memory a moment later. So the
// program has these functions itself, where the loader finds them first; what they free is overwritten, as libsodium's.
// Any thread.
#pragma once

namespace sqlcast::net {

// That it is called keeps the file in every program that has sockets. True, unless libzmq uses libsodium's all the
// same.
bool messages_use_ordinary_memory();

}  // namespace sqlcast::net
