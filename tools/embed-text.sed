# Turn a text file into the lines of a C string literal: `static const char x[] =` + #include of the result + `;`.
s/\\/\\\\/g
s/"/\\"/g
s/^/"/
s/$/\\n"/
