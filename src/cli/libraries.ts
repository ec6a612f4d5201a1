/**
 * The libraries of the command line. Only this file imports them: the build bundles it with all that it imports into
 * one file, so that they are no dependencies of the package. Their licences lie beside it (libraries.licences.txt).
 */
export { Command as Parser, CommanderError, InvalidArgumentError, Option } from 'commander';
export { parse as parseCsv, type Parser as CsvParser } from 'csv-parse';
export { LineCounter, isMap, isScalar, parseDocument } from 'yaml';
export { SingleBar } from 'cli-progress';
