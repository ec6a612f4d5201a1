import { count, type Packet, type Passed, type Segment } from './types';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
const TCP = 6;

/** Where the packet of IP begins in a frame, and what it is by its EtherType; undefined type: look at the version. */
type Link = (octets: Buffer) => { at: number; type?: number } | undefined;

const byVersion =
  (at: number): Link =>
  () => ({ at });

/** By LINKTYPE (https://www.tcpdump.org/linktypes.html). */
const LINKS: ReadonlyMap<number, Link> = new Map<number, Link>([
  [0, byVersion(4)], // BSD loopback: its family differs by system, the version of IP does not
  [108, byVersion(4)], // OpenBSD loopback
  [1, ethernet],
  [12, byVersion(0)], // raw IP, as some systems number it
  [14, byVersion(0)],
  [101, byVersion(0)],
  [228, byVersion(0)],
  [229, byVersion(0)],
  [113, (octets) => tagged(octets, 14)], // Linux cooked
  [276, (octets) => (octets.length < 20 ? undefined : { at: 20, type: octets.readUInt16BE(0) })], // Linux cooked 2
]);

function ethernet(octets: Buffer): ReturnType<Link> {
  return tagged(octets, 12);
}

/** The EtherType at `at`, behind any tags of VLANs. */
function tagged(octets: Buffer, at: number): ReturnType<Link> {
  for (let place = at; place + 2 <= octets.length; place += 4) {
    const type = octets.readUInt16BE(place);
    if (!VLAN.has(type)) return { at: place + 2, type };
  }
  return undefined;
}

/** The TCP segment of a packet. What is none is counted in `passed` by its reason. */
export function segmentOf(packet: Packet, passed: Passed): Segment | undefined {
  const link = LINKS.get(packet.linkType);
  if (!link) return count(passed, `of link type ${packet.linkType}, which is not known here`);
  const found = link(packet.octets);
  const version = found && (packet.octets[found.at] ?? 0) >> 4;
  if (!found || (found.type !== undefined && found.type !== IPV4 && found.type !== IPV6)) {
    return count(passed, 'not of IP');
  }
  const octets = packet.octets.subarray(found.at);
  if (version === 4) return ofIpv4(packet, octets, passed);
  return version === 6 ? ofIpv6(packet, octets, passed) : count(passed, 'not of IP');
}

function ofIpv4(packet: Packet, octets: Buffer, passed: Passed): Segment | undefined {
  const header = ((octets[0] ?? 0) & 0x0f) * 4;
  if (header < 20 || octets.length < header) return count(passed, 'cut short');
  if ((octets.readUInt16BE(6) & 0x3fff) !== 0) return count(passed, FRAGMENTS);
  if (octets[9] !== TCP) return count(passed, 'not of TCP');
  // 0: the network card has divided it after it was captured.
  const total = octets.readUInt16BE(2) || octets.length;
  const [source, destination] = [octets.subarray(12, 16).join('.'), octets.subarray(16, 20).join('.')];
  return ofTcp(packet, octets.subarray(header, total), total - header, [source, destination], passed);
}

const FRAGMENT = 44;
const FRAGMENTS = 'fragments of IP, which are not put together';

const inEights = (length: number): number => (length + 1) * 8;

/** Headers that may stand before TCP (RFC 8200 section 4), and their octets by the length that they give. */
const HEADERS: ReadonlyMap<number, (length: number) => number> = new Map([
  [0, inEights],
  [43, inEights],
  [60, inEights],
  [135, inEights],
  [FRAGMENT, () => 8],
  [51, (length) => (length + 2) * 4],
]);

function ofIpv6(packet: Packet, octets: Buffer, passed: Passed): Segment | undefined {
  if (octets.length < 40) return count(passed, 'cut short');
  const total = (octets.readUInt16BE(4) || octets.length - 40) + 40;
  let next = octets.readUInt8(6);
  let at = 40;
  while (next !== TCP) {
    if (!HEADERS.has(next) || at + 8 > octets.length) return count(passed, 'not of TCP');
    if (next === FRAGMENT && (octets.readUInt16BE(at + 2) & 0xfff9) !== 0) return count(passed, FRAGMENTS);
    const size = HEADERS.get(next)?.(octets.readUInt8(at + 1)) ?? 8;
    next = octets.readUInt8(at);
    at += size;
  }
  const addresses = [ipv6(octets.subarray(8, 24)), ipv6(octets.subarray(24, 40))] as const;
  return ofTcp(packet, octets.subarray(at, total), total - at, addresses, passed);
}

/** RFC 5952: the longest run of zeros is left out. */
function ipv6(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => octets.readUInt16BE(at * 2).toString(16));
  let [from, length] = [0, 1];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (groups[end] === '0') end++;
    if (end - start > length) [from, length] = [start, end - start];
  }
  if (length === 1) return groups.join(':');
  return `${groups.slice(0, from).join(':')}::${groups.slice(from + length).join(':')}`;
}

function ofTcp(
  { number, time }: Packet,
  octets: Buffer,
  total: number,
  [source, destination]: readonly [string, string],
  passed: Passed,
): Segment | undefined {
  if (octets.length < 20) return count(passed, 'cut short');
  const header = (octets.readUInt8(12) >> 4) * 4;
  if (header < 20 || total < header) return count(passed, 'malformed');
  const flags = octets.readUInt8(13);
  return {
    number,
    time,
    source: { address: source, port: octets.readUInt16BE(0) },
    destination: { address: destination, port: octets.readUInt16BE(2) },
    sequence: octets.readUInt32BE(4),
    acknowledged: flags & 0x10 ? octets.readUInt32BE(8) : undefined,
    syn: (flags & 0x02) !== 0,
    fin: (flags & 0x01) !== 0,
    rst: (flags & 0x04) !== 0,
    payload: octets.subarray(header),
    length: total - header,
  };
}
