import type { Command } from './command';
import { simulate } from './simulate';

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [simulate];
