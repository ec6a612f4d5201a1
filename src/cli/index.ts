/**
 * The command line `smpp`: what the library can do, for a shell.
 *
 * - `main`           the process: its streams and signals
 * - `dispatch`       from the words of the command line to an exit code
 * - `commands`       the table of commands; a command is a row there, its work a file of its name
 * - `command`        what a command is, and what it is given
 * - `exit-codes`     what the shell hears
 * - `parser`         the table as a parser of arguments, with its help
 * - `output`         what is printed, and where
 * - `configuration`  file, environment and options become the options of a client
 * - `pcap`           captures of networks, down to the PDUs in them; `decode` shows these
 * - `doctor`         looks at a configuration from outside, with a connection of its own
 * - `libraries`      the one importer of the libraries that are bundled
 */
export { dispatch, type Surroundings } from './dispatch';
export { COMMANDS } from './commands';
export { EXIT_CODES, type ExitCode } from './exit-codes';
