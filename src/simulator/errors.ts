import { ServerConfigError, type Problem } from '../server';

export type { Problem };

/** The simulator's options are not usable; `code` is `INVALID_CONFIG`. All that is wrong, at once. */
export class SmscConfigError extends ServerConfigError {}
