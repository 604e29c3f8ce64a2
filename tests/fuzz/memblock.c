/*
 * Fuzz target: memblock against a byte map of the address space. The stream of
 * operations, the model and the comparison after each operation are those of
 * the program that plays random ones.
 */
#define LIBFUZZER
#include "../host/memblock_model.c"
