// SHA-256 of many messages of one length at a time, each in a lane of the vector unit, by the library intel-ipsec-mb.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Longest message, without its prefix; the library takes no job of 64 KiB or more.
#define TMB_MESSAGE_BYTES 16384

// Whether this processor gains by it: x86-64 with AVX2, without SHA instructions of its own, and the library gave the
// right answers when it was tried.
bool tmb_is_useful(void);

// digests[i] = SHA-256(prefix || messages[i][0..<length]), 32 bytes each; a message that is NULL is left out, and its
// digest as it was. Safe from any thread. The digests may not lie where messages do.
//
// false if it cannot be done here, or the library failed: then the digests are of no use.
bool tmb_sha256(uint8_t prefix, const void *const *messages, size_t count, size_t length, void *digests);
