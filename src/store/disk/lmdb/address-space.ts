import { readFileSync } from 'node:fs';
import { SmppError } from '../../../protocol';

/** For threads, their memory and what else the process does meanwhile. */
const MARGIN = 256 * 2 ** 20;
const PAGE = 4096;

/** Octets of address space that this process may have; Infinity: as much as there is. */
let limit: number | undefined;

/**
 * Throws `QUEUE_UNAVAILABLE` where `octets` more do not fit into what a limit (ulimit -v, LimitAS) leaves of the address
 * space. lmdb maps its whole file, and twice as much whenever it outgrows that; where it cannot, its native code ends
 * the process. Where there is no limit, which is the rule, nothing is looked at.
 */
export function checkAddressSpace(directory: string, octets: number): void {
  limit ??= readLimit();
  if (limit === Infinity) return;
  const used = readUsed();
  if (used + octets + MARGIN <= limit) return;
  const mib = (value: number): string => `${Math.ceil(value / 2 ** 20)} MiB`;
  throw new SmppError(
    'QUEUE_UNAVAILABLE',
    `The queue in ${directory} takes ${mib(octets + MARGIN)} of address space, and of ${mib(limit)} (ulimit -v, LimitAS) ` +
      `${mib(Math.max(0, limit - used))} are left. Raise that limit; memory is better bounded by a cgroup (MemoryMax).`,
    { retriable: true },
  );
}

function readLimit(): number {
  if (process.platform !== 'linux') return Infinity;
  const soft = /^Max address space +(\d+)/m.exec(read('/proc/self/limits'))?.[1];
  return soft === undefined ? Infinity : Number(soft);
}

const readUsed = (): number => PAGE * (Number(read('/proc/self/statm').split(' ')[0]) || 0);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
