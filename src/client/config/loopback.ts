import { isIP } from 'node:net';

/** RFC 1122 and 4291, and the name that RFC 6761 keeps for them. */
const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/i;

/** Whether a host is this machine alone, so that no other can reach it. */
export function isLoopback(host: string): boolean {
  return isIP(host) === 0 ? host.toLowerCase() === 'localhost' : LOOPBACK.test(host);
}
