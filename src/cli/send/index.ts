/**
 * `smpp send`: one message, or those of a file.
 *
 * - `send`      the command: its options, and what they come to
 * - `input`, `connection`  where the messages come from, and what they are sent by
 * - `sending`   rows to messages, so many at a time; interruption
 * - `journal`   what became of each row, in a file that outlives the process
 * - `report`    outcomes and summary, in words or JSON
 * - `progress`  a bar, or lines every few seconds
 * - `dry-run`   what the messages would come to
 */
export { send } from './send';
