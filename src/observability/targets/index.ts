/** Where finished lines go that nobody takes: standard output, standard error, a file. */
export { LogFile } from './log-file';
export { standardStream } from './standard-stream';
