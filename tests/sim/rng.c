/* rng - splitmix64 (Steele, Lea and Flood, 2014) and UUIDs drawn from it. */
#include "rng.h"

void rng_seed(struct rng *rng, uint64_t seed)
{
	rng->state = seed;
}

uint64_t rng_next(struct rng *rng)
{
	uint64_t z = 0;

	rng->state += UINT64_C(0x9e3779b97f4a7c15);
	z = rng->state;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

double rng_unit(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) / 9007199254740992.0; /* 2^53 */
}

void rng_uuid(struct rng *rng, char out[RNG_UUID_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	uint64_t half[2] = { rng_next(rng), rng_next(rng) };
	int digit = 0;
	int at = 0;

	half[0] = (half[0] & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
	half[1] = (half[1] & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62);
	for (digit = 0; digit < 32; digit++) {
		if (digit == 8 || digit == 12 || digit == 16 || digit == 20)
			out[at++] = '-';
		out[at++] = hex[(half[digit / 16] >> (60 - 4 * (digit % 16))) & 15];
	}
	out[at] = '\0';
}
