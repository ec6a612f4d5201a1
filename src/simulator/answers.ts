import type { Answer } from '../session';

export const OK = { command_status: 'ESME_ROK' } as const;

export const refuse = (command_status: string): Answer => ({ command_status });
