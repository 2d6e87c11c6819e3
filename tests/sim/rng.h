/*
 * rng - the simulator's dice: repeatable from a seed, never for secrets.
 *
 * Fault rules and object ids draw from generators of their own, so that a
 * fault with a probability falls on the same requests however many objects
 * were made in between.
 */
#ifndef RNG_H
#define RNG_H

#include <stdint.h>

#define RNG_UUID_SIZE 37

struct rng {
	uint64_t state;
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_next(struct rng *rng);
double rng_unit(struct rng *rng); /* at least 0, below 1 */

/* A version 4 UUID (RFC 9562, 5.4) in lower case. */
void rng_uuid(struct rng *rng, char out[RNG_UUID_SIZE]);

#endif
