#pragma once
#include <stddef.h>

// The optical digits as text that is compiled in, so that the program needs no file beside it; see NOTICE.md.

/// Characters of one row: 64 pixels ('A' = 0 … 'Q' = 16), then the label ('0' … '9').
#define TRIBUTARY_DIGITS_ROW_LENGTH 65

/// The rows one after the other, without separators.
const char *tributary_digits_rows(void);

/// Number of rows: 1,797.
size_t tributary_digits_count(void);
