/*
 * npm run fuzz [-- DECODER …] [--seed N] [--runs N]: feeds each decoder with octets that are nearly right. Prints the
 * seed, by which the same octets come again.
 */
import { parseArgs } from 'node:util';
import { DECODERS } from './decoders';
import { describeFailure, fuzz } from './fuzz';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, runs: { type: 'string', default: '20000' } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed);
const runs = Number(values.runs);
const unknown = positionals.filter((name) => !DECODERS.some((decoder) => decoder.name === name));
if (unknown.length > 0 || !Number.isInteger(seed) || !Number.isInteger(runs)) {
  console.error(
    `npm run fuzz [-- DECODER …] [--seed N] [--runs N]; decoders: ${DECODERS.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
console.log(`seed ${seed}, ${runs} runs for each decoder`);
for (const decoder of DECODERS) {
  if (positionals.length > 0 && !positionals.includes(decoder.name)) continue;
  const started = performance.now();
  const failure = fuzz(decoder, seed, runs);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(failure ? `FAILED ${describeFailure(failure)}` : `ok     ${decoder.name} (${seconds} s)`);
  if (failure) process.exitCode = 1;
}
