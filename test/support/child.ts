import { join } from 'node:path';

/** What Node is given before a file of the tests or of the sources, to run it as mocha does. */
export const runsTypeScript = ['-r', join(__dirname, '..', '..', '.ci', 'compiled.cjs')] as const;
