/* Inside the reading of what an act delivers: parcel.c takes it apart, parcel_inline.c makes files
 * of what stands in the answer itself. */
#ifndef PROVIDER_PARCEL_H
#define PROVIDER_PARCEL_H

#include "provider/member.h"
#include "provider/spec.h"

/* A parcel being packed. */
struct packing {
	const struct deliver_spec *spec;
	struct parcel *out;
	struct taken taken;
	struct problem *why;
};

/* A new file at folder/stem+suffix, made unique; NULL without memory. stem is safe already. */
struct parcel_file *parcel_add(struct packing *p, const char *folder, const char *stem,
			       const char *suffix);
/* All that stands in the answer itself. */
int parcel_pack_inline(struct packing *p, const struct doc *root);

#endif
