import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BEGIN, END, logTables } from './log-table';

/** Writes the tables of docs/logging.md: `npm run log-table`. */
const path = resolve(__dirname, '../../docs/logging.md');
const text = readFileSync(path, 'utf8');
const [before = '', rest = ''] = text.split(BEGIN);
const [, after = '\n'] = rest.split(END);
writeFileSync(path, `${before}${BEGIN}\n\n${logTables()}\n\n${END}${after}`);
