import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = join(__dirname, '../fixtures/tls');

/** A certificate or key of the fixtures, such as `server.cert` (localhost, signed by `ca.cert`). */
export function pem(name: string): string {
  return readFileSync(join(DIRECTORY, `${name}.pem`), 'latin1');
}

/** Where it lies. */
export function pemFile(name: string): string {
  return join(DIRECTORY, `${name}.pem`);
}

/** Key and certificate of a centre: `server`, `expired`, `elsewhere` (another name) or `self-signed`. */
export function identity(name = 'server'): { key: string; cert: string } {
  return { key: pem('server.key'), cert: pem(`${name}.cert`) };
}
