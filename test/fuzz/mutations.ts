import type { Random } from './random';

/** Octets that sit at the edges of lengths, signs, escapes and surrogates. */
const EDGES = [0x00, 0x01, 0x02, 0x0a, 0x1b, 0x24, 0x25, 0x28, 0x40, 0x7f, 0x80, 0xd8, 0xdc, 0xfe, 0xff];

type Mutation = (octets: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

/** Each knows something of how octets are put together here: lengths, elements, numbers. */
const MUTATIONS: readonly Mutation[] = [
  // One octet is another one.
  (octets, random) => changed(octets, random, () => random.below(256)),
  (octets, random) => changed(octets, random, () => random.of(EDGES)),
  (octets, random) => changed(octets, random, (octet) => octet ^ (1 << random.below(8))),
  // A length or count is a little off.
  (octets, random) => changed(octets, random, (octet) => octet + random.of([-2, -1, 1, 2])),
  // A number of two or four octets is at an edge.
  (octets, random) => numbered(octets, random),
  // It ends too early, or goes on.
  (octets, random) => octets.subarray(0, random.below(octets.length + 1)),
  (octets, random) => Buffer.concat([octets, random.octets(20)]),
  // A piece is lost, comes twice, or is somewhere else.
  (octets, random) => spliced(octets, random, 0),
  (octets, random) => spliced(octets, random, 2),
  (octets, random, others) => {
    const other = random.of(others);
    const at = random.below(octets.length + 1);
    return Buffer.concat([octets.subarray(0, at), other.subarray(random.below(other.length + 1))]);
  },
];

/** A seed after one to four mutations; every eighth has nothing of a seed. */
export function mutated(seeds: readonly Buffer[], random: Random, most: number): Buffer {
  if (random.below(8) === 0) return random.octets(Math.min(most, 300));
  let octets = Buffer.from(random.of(seeds));
  for (let times = 1 + random.below(4); times > 0; times--) {
    octets = Buffer.from(random.of(MUTATIONS)(octets, random, seeds));
  }
  return octets.subarray(0, most);
}

function changed(octets: Buffer, random: Random, change: (octet: number) => number): Buffer {
  if (octets.length === 0) return octets;
  const at = random.below(octets.length);
  octets[at] = change(octets[at] ?? 0) & 0xff;
  return octets;
}

function numbered(octets: Buffer, random: Random): Buffer {
  const size = random.of([2, 4]);
  if (octets.length < size) return octets;
  const highest = 2 ** (8 * size) - 1;
  const value = random.of([0, 1, 15, 16, octets.length, highest, (highest + 1) / 2, (highest - 1) / 2]);
  octets.writeUIntBE(Math.min(value, highest), random.below(octets.length - size + 1), size);
  return octets;
}

function spliced(octets: Buffer, random: Random, copies: number): Buffer {
  const start = random.below(octets.length + 1);
  const end = start + random.below(Math.min(32, octets.length - start) + 1);
  const piece = octets.subarray(start, end);
  const pieces = Array.from({ length: copies }, () => piece);
  return Buffer.concat([octets.subarray(0, start), ...pieces, octets.subarray(end)]);
}
