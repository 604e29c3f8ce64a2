/*
 * Four words of state begin as the key and four constants. Each word of data
 * is mixed in between two halves of a lock: xored into one word before two
 * rounds, into another behind them, so that nobody can undo a round without
 * knowing the rest. A round adds, rotates and xors, twice in each pair:
 *
 *	v0 += v1    v1 = rotated ^ v0    v2 += v3    v3 = rotated ^ v2
 *	v0 += v3    v3 = rotated ^ v0    v2 += v1    v1 = rotated ^ v2
 *
 * The last word holds the bytes that are left over and the length. The result
 * is the state folded into one word after four rounds more, twice.
 */
#include <lib/siphash.h>
#include <lib/string.h>

struct state {
	u64 v0, v1, v2, v3;
};

static u64 rotate_left(u64 word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

static void rounds(struct state *s, unsigned int n)
{
	while (n--) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate_left(s->v1, 13) ^ s->v0;
		s->v3 = rotate_left(s->v3, 16) ^ s->v2;
		s->v0 = rotate_left(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate_left(s->v1, 17) ^ s->v2;
		s->v3 = rotate_left(s->v3, 21) ^ s->v0;
		s->v2 = rotate_left(s->v2, 32);
	}
}

static void absorb(struct state *s, u64 word)
{
	s->v3 ^= word;
	rounds(s, 2);
	s->v0 ^= word;
}

static u64 squeeze(struct state *s)
{
	rounds(s, 4);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* The machine is little-endian, as the algorithm is. */
static u64 load_word(const u8 *p)
{
	u64 word;

	__builtin_memcpy(&word, p, sizeof(word));	/* one instruction */
	return word;
}

static u64 load_rest(const u8 *p, size_t n)
{
	u64 word = 0;

	memcpy(&word, p, n);
	return word;
}

void siphash128(const struct siphash_key *key, const void *data, size_t n,
		struct siphash_key *out)
{
	u64 k0 = key->word[0], k1 = key->word[1], last = (u64)n << 56;
	/* the second one for results of 128 bits */
	struct state s = {
		k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL ^ 0xee,
		k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL,
	};
	const u8 *p = data;

	for (; n >= 8; n -= 8, p += 8)
		absorb(&s, load_word(p));
	absorb(&s, last | load_rest(p, n));
	s.v2 ^= 0xee;
	out->word[0] = squeeze(&s);
	s.v1 ^= 0xdd;
	out->word[1] = squeeze(&s);
}
