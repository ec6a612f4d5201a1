/**
 * Messages out of a file: octets become text, text becomes rows, and the columns of a row the fields of a message.
 * A row that is bad is told with its line, and the next one follows. Memory stays flat however long the file is.
 *
 * - `characters`  octets to text, line ends to LF; what is not of the encoding is told with its line
 * - `csv`, `jsonl` text to rows
 * - `mapping`     columns to fields
 */
export { readRows, formatOf, FORMATS, type Format, type RowOptions } from './rows';
export type { Row } from './row';
export { mappingOf, type Mapping } from './mapping';
