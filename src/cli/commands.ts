import type { Command } from './command';
import { decode } from './decode';
import { doctor } from './doctor';
import { listen } from './listen';
import { run } from './run';
import { send } from './send';
import { simulate } from './simulate';

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [send, listen, run, simulate, decode, doctor];
